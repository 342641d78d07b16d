//! What stands in inbox and outbox, and what somebody says to act on it.

use std::sync::{LazyLock, Mutex, PoisonError};

use cerebrate_core::Kind;
use cerebrate_core::id::InboxMessageId;
use cerebrate_core::inbox::{
    DATA_BYTES, DATA_DEPTH, InboxView, REGISTRATION, Registration, limit_data,
};
use cerebrate_core::model::{
    EntityKind, InboxMessage, Individual, MessageData, Organisation, OutboxMessage, Record, Role,
    Severity,
};
use cerebrate_core::problem::Problem;
use cerebrate_store::Store;
use cerebrate_store::store::{Applicant, Approval};
use serde_json::Value;
use uuid::Uuid;

use super::record::survives_storage;
use super::values::survives_a_round;

pub(super) const MESSAGE_TOKENS: &[&str] = &[
    "\n",
    "\"id\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"scope\":\"User\"",
    "\"action\":\"Registration\"",
    "\"origin\":\"\"",
    "\"title\":\" \"",
    "\"data\":{",
    "\"connectorName\":",
    "\"severity\":\"danger\"",
    "\"created\":\"2026-11-24T05:49:25Z\"",
    "severity:danger",
    "My Notifications",
    "[[[[[[[[[[[[[[[[",
    "]]]]]]]]]]]]]]]]",
    "{\"a\":",
    "\\u0001\\u0002\\u0003\\u0004",
    "\\\"",
    "1.7976931348623157e308",
    "5e-324",
    "0.1",
    "null",
    "true",
    "}",
    ",",
];

pub(super) const REGISTRATION_TOKENS: &[&str] = &[
    "\n",
    "\"email\":\"a@b.example\"",
    "\"username\":\"alice\"",
    "\"first_name\":",
    "\"last_name\":",
    "\"org_name\":",
    "\"org_uuid\":\"\"",
    "\"password\":\"Password1234\"",
    "\"individual\":\"new\"",
    "\"individual\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"organisation\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"role\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"uuid\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"position\":\"CISO\"",
    "\"disabled\":true",
    "new",
    "null",
    "\" \"",
    "[]",
    "{}",
    ",",
];

/// The identity of whoever and whatever is known already.
const KNOWN: Uuid = uuid::uuid!("49e3572b-c2b4-58ac-a239-a3fb2d236b1c");

/// Lines: messages, what they carry, and names of views. Limits hold, and what the store takes is
/// what it gives.
pub(super) fn message(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.split('\n').take(6) {
        survives_a_round::<InboxView>(line.as_bytes());
        survives_a_round::<Severity>(line.as_bytes());
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        if let Some(data) = value.as_object() {
            is_limited(data);
        }
        for kind in [EntityKind::InboxMessage, EntityKind::OutboxMessage] {
            let Ok(record) = Record::from_json(kind, value.clone()) else { continue };
            survives_storage(&record);
            match record {
                Record::InboxMessage(message) => arrives(&message),
                Record::OutboxMessage(message) => leaves(&message),
                _ => {}
            }
        }
    }
}

/// What passes is neither deep nor large, and nothing else is refused.
fn is_limited(data: &MessageData) {
    let written = serde_json::to_string(data).expect("JSON is plain data");
    let depth = depth(&written);
    assert!(written.len() <= DATA_BYTES / 4, "inputs are shorter");
    let limited = limit_data(data);
    // One more may stand innermost and be empty.
    assert!(limited.is_err() || depth <= DATA_DEPTH + 1, "{written} passes");
    assert!(limited.is_ok() || depth > DATA_DEPTH, "{written}: {limited:?}");
    if let Err(error) = &limited {
        assert_eq!(error.kind(), Kind::Exhausted, "{error}");
    } else if written.len() >= 256 {
        // As often as it takes to come near the limit on either side.
        for parts in [4, 6, 30] {
            let copies = vec![Value::Object(data.clone()); DATA_BYTES * parts / 6 / written.len()];
            let much = MessageData::from_iter([("x".to_owned(), Value::Array(copies))]);
            let Ok(()) = limit_data(&much) else { continue };
            let written = serde_json::to_vec(&much).expect("JSON is plain data").len();
            assert!(written <= DATA_BYTES, "{written} bytes pass");
        }
    }
}

/// How deep lists and objects stand in each other.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for letter in json.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            '[' | '{' if !is_text => depth += 1,
            ']' | '}' if !is_text => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Never written to for good.
static STORE: LazyLock<Store> =
    LazyLock::new(|| Store::in_memory().expect("there is room for a small store"));

fn arrives(message: &InboxMessage) {
    let _ = message.connector();
    // With a password that may be chosen it would be hashed, which takes its time.
    if Registration::take_password(&mut message.data.clone()).is_ok() {
        return;
    }
    let taken = STORE.transaction(|transaction| transaction.inbox().insert(message.clone()));
    assert!(taken.is_err(), "nothing knows what to do with {message:?}");
}

/// An outbox message is stored as it is, with titles that peers take, or refused.
fn leaves(message: &OutboxMessage) {
    let stored = STORE.transaction(|transaction| {
        let stored = transaction.outbox().insert(message.clone());
        // Whatever came of it, the next input finds an empty store.
        Err::<(), _>(match stored {
            Ok(stored) => {
                let texts = [&stored.scope, &stored.action, &stored.title];
                let is_fit = |text: &&String| {
                    !text.trim().is_empty() && text.chars().count() <= InboxMessage::TEXT
                };
                assert!(texts.iter().all(is_fit), "{stored:?}");
                assert!(limit_data(&stored.data).is_ok(), "{stored:?}");
                assert_eq!(stored.data, message.data);
                let again = transaction.outbox().require(stored.id);
                assert_eq!(again.as_ref().ok(), Some(&stored), "{again:?}");
                cerebrate_core::Error::new(Kind::Cancelled, "fuzz", "rolled back")
            }
            Err(error) => error,
        })
    });
    let kind = stored.map_err(|error| error.kind());
    let expected = [Kind::Cancelled, Kind::Invalid, Kind::Exhausted];
    assert!(kind.is_err_and(|kind| expected.contains(&kind)), "{message:?}: {kind:?}");
}

/// Lines: what somebody sends to register, then what somebody says about a registration.
pub(super) fn registration(bytes: &[u8]) {
    survives_a_round::<Applicant>(bytes);
    let text = String::from_utf8_lossy(bytes);
    for (number, line) in text.split('\n').take(4).enumerate() {
        survives_a_round::<Applicant>(line.as_bytes());
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        if let Some(data) = value.as_object() {
            registers(data);
        }
        if let Ok(approval) = serde_json::from_value::<Approval>(value.clone()) {
            let again = serde_json::from_value::<Approval>(approval.to_request());
            assert_eq!(again.ok(), Some(approval));
        }
        if number > 0 {
            is_acted_on(&value);
        }
    }
}

fn registers(data: &MessageData) {
    let problems = Registration::check(data);
    let registration = Registration::of(data);
    if let Some(name) = registration.full_name() {
        assert!(!name.is_empty() && name.trim() == name, "{name:?}");
    }
    let mut kept = data.clone();
    let password = Registration::take_password(&mut kept);
    assert!(!kept.contains_key("password"));
    assert!(kept.iter().all(|(member, value)| data.get(member) == Some(value)));
    assert_eq!(Registration::of(&kept), registration, "{data:?}");
    assert_eq!(Registration::check(&kept), problems, "{data:?}");
    let mut again = kept.clone();
    assert!(Registration::take_password(&mut again).is_err(), "there were two passwords");
    assert_eq!(again, kept);
    if let (Err(problem), Some(Value::String(given))) = (&password, data.get("password")) {
        let told = format!("{problem} {problem:?}");
        assert!(given.len() < 12 || !told.contains(given.as_str()), "{told}");
    }
    let (scope, action) = REGISTRATION;
    match STORE.check_submission(scope, action, data.clone()) {
        Ok(told) => {
            let of_text = problems.iter().filter(|problem| !problem.is_notice()).count();
            assert_eq!(told.len(), of_text + usize::from(password.is_err()), "{told:?}");
            assert!(told.iter().all(|problem: &Problem| !problem.to_string().is_empty()));
        }
        Err(error) => assert_eq!(error.kind(), Kind::Exhausted, "{error}"),
    }
}

/// A registration is made into a user, or stays as it was; once it is undone, it waits again.
fn is_acted_on(request: &Value) {
    static WAITING: Mutex<Option<(Store, InboxMessageId)>> = Mutex::new(None);

    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    // A finding leaves nothing behind.
    let (store, id) = waiting.take().unwrap_or_else(store_with_registration);
    let answered = store.process(id, request);
    let counts = |store: &Store| {
        let counted = [store.users().find().count(), store.inbox().find().count()];
        counted.map(|count| count.expect("a store in memory can be read"))
    };
    match answered {
        Ok(done) => {
            assert!(done.is_done, "{request}");
            assert_eq!(counts(&store), [1, 0], "{request}");
            let set = store.change_sets(1).expect("a store in memory can be read").pop();
            let undone = set.map(|set| store.undo(set.id));
            assert!(matches!(undone, Some(Ok(_))), "{request}: {undone:?}");
        }
        Err(error) => {
            let expected = [Kind::Invalid, Kind::NotFound, Kind::Conflict, Kind::Exhausted];
            assert!(expected.contains(&error.kind()), "{request}: {error:?}");
        }
    }
    assert_eq!(counts(&store), [0, 1], "{request}");
    *waiting = Some((store, id));
}

fn store_with_registration() -> (Store, InboxMessageId) {
    let open = || -> cerebrate_core::Result<_> {
        let store = Store::in_memory()?;
        let mut role = Role::new(KNOWN.into(), "member".parse()?);
        role.is_default = true;
        store.roles().insert(role)?;
        store.organisations().insert(Organisation::new(KNOWN.into(), "B".parse()?))?;
        store.individuals().insert(Individual::new(KNOWN.into(), "carol@b.example"))?;
        let sent = r#"{"username":"alice","email":"alice@b.example","password":"Password1234"}"#;
        let data = serde_json::from_str(sent).unwrap_or_default();
        let (scope, action) = REGISTRATION;
        let message = store.submit(scope, action, "192.0.2.1", data)?;
        Ok((store, message.id))
    };
    open().expect("there is room for a small store")
}
