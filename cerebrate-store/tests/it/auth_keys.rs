//! Auth keys: issued once, recognised under the node key, gone at once.

use cerebrate_core::error::{Error, Kind};
use cerebrate_core::model::AuthKey;
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_testkit::builders::{
    individual, organisation, organisation_group, organisation_id, role, user, user_id,
};
use cerebrate_testkit::check;
use cerebrate_testkit::clock::START;
use cerebrate_testkit::world::options;

pub(crate) fn key() -> NodeKey {
    NodeKey::new([7; 32])
}

fn filled(store: Store) -> Store {
    store.organisations().insert(organisation(1, "Team").build()).unwrap();
    store.roles().insert(role(1, "Reader").build()).unwrap();
    for (number, name) in [(1, "alice"), (2, "bobby")] {
        let email = format!("{name}@example.org");
        store.individuals().insert(individual(number, &email).build()).unwrap();
        store.users().insert(user(number, name, 1).organisation(1).build()).unwrap();
    }
    store
}

fn store() -> Store {
    filled(options().key(key()).in_memory().unwrap())
}

fn in_file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    filled(Store::options().key(key()).open(&path).unwrap());
    (folder, path)
}

fn shown(error: &Error) -> String {
    format!("{error} {error:?} {:?}", error.advice())
}

#[test]
fn a_key_is_shown_once_and_opens() {
    let store = store();
    let (alice, secret) = store.issue_auth_key(user_id(1), Some("export"), None).unwrap();
    let (bobby, other) = store.issue_auth_key(user_id(2), None, None).unwrap();
    let text = secret.expose();
    assert!(text.len() == 40 && text.bytes().all(|b| b"0123456789abcdef".contains(&b)));
    assert!(text.starts_with(&alice.start) && text.ends_with(&alice.end));
    assert_eq!((alice.start.len(), alice.end.len()), (4, 4));
    assert_eq!(alice.comment.as_deref(), Some("export"));
    assert_ne!(text, other.expose());
    assert_eq!(store.check_auth_key(&secret).unwrap().user, user_id(1));
    assert_eq!(store.check_auth_key(&other).unwrap().user, user_id(2));
    assert_eq!(store.check_auth_key(&secret).unwrap(), store.actor(user_id(1)).unwrap());
    assert_eq!(store.auth_keys().require(bobby.id).unwrap(), bobby);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn keys_are_random_whatever_makes_identities() {
    let issue = || store().issue_auth_key(user_id(1), None, None).unwrap();
    let ((first, one), (second, two)) = (issue(), issue());
    assert_eq!(first.id, second.id, "the identities of both stores count alike");
    assert_ne!(one.expose(), two.expose());
}

#[test]
fn whatever_is_wrong_has_one_answer() {
    let store = store();
    let (revoked, gone) = store.issue_auth_key(user_id(1), None, None).unwrap();
    let (_, disabled) = store.issue_auth_key(user_id(2), None, None).unwrap();
    let soon = Timestamp::from_unix(START + 100);
    let (_, expired) = store.issue_auth_key(user_id(1), None, Some(soon)).unwrap();
    let (_, good) = store.issue_auth_key(user_id(1), None, None).unwrap();
    store.auth_keys().remove(revoked.id).unwrap();
    let mut bobby = store.users().require(user_id(2)).unwrap();
    bobby.disabled = true;
    store.users().update(bobby).unwrap();
    store.check_auth_key(&expired).unwrap();
    // The clock goes on by a second whenever it is asked.
    while store.check_auth_key(&expired).is_ok() {}
    let text = good.expose();
    let flipped = if text.ends_with('0') { "1" } else { "0" };
    let wrong = [
        gone,
        disabled,
        expired,
        SecretText::from("0".repeat(40)),
        SecretText::from(""),
        SecretText::from(text.to_uppercase() + " "),
        SecretText::from(format!("{}{flipped}", &text[..39])),
        SecretText::from(format!("Bearer {text}")),
        SecretText::from("é".repeat(20)),
        SecretText::from("x".repeat(1 << 20)),
    ];
    let first = shown(&store.check_auth_key(&wrong[0]).unwrap_err());
    for key in &wrong {
        let error = store.check_auth_key(key).unwrap_err();
        assert_eq!((error.kind(), shown(&error)), (Kind::Denied, first.clone()));
    }
    store.check_auth_key(&good).unwrap();
}

#[test]
fn who_comes_in_is_what_the_user_is_now() {
    let (_folder, path) = in_file();
    let store = Store::options().key(key()).open(&path).unwrap();
    let other = Store::options().key(key()).open(&path).unwrap();
    let (alice, secret) = store.issue_auth_key(user_id(1), None, None).unwrap();
    assert_eq!(other.check_auth_key(&secret).unwrap().organisation, Some(organisation_id(1)));
    // Changes made elsewhere count with the next check.
    let group = organisation_group(1, "Nordic").organisation(1).administrator(1).build();
    store.organisation_groups().insert(group).unwrap();
    assert_eq!(other.check_auth_key(&secret).unwrap().administered.len(), 1);
    let mut user = store.users().require(user_id(1)).unwrap();
    user.organisation = None;
    let mut user = store.users().update(user).unwrap();
    assert_eq!(other.check_auth_key(&secret).unwrap().organisation, None);
    user.disabled = true;
    let mut user = store.users().update(user).unwrap();
    assert_eq!(other.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
    user.disabled = false;
    store.users().update(user).unwrap();
    other.check_auth_key(&secret).unwrap();
    store.auth_keys().remove(alice.id).unwrap();
    assert_eq!(other.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
}

#[test]
fn undo_takes_a_key_back_and_never_brings_one() {
    let store = store();
    let set = || store.change_sets(1).unwrap()[0].id;
    let (_, secret) = store.issue_auth_key(user_id(1), None, None).unwrap();
    let issued = set();
    let report = store.undo(issued).unwrap();
    assert_eq!((report.undone, report.conflicts), (1, Vec::new()));
    assert_eq!(store.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
    let report = store.undo(report.change_set.unwrap()).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (0, 1));
    assert_eq!(store.auth_keys().find().count().unwrap(), 0);
    assert_eq!(store.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
}

#[test]
fn a_key_stays_what_it_was_issued_as() {
    let store = store();
    let forged = AuthKey::new(store.next_id().into(), user_id(1), "0000", "0000");
    assert_eq!(store.auth_keys().insert(forged).unwrap_err().kind(), Kind::Invalid);
    let past = Timestamp::from_unix(START - 1);
    let late = store.issue_auth_key(user_id(1), None, Some(past));
    assert_eq!(late.unwrap_err().kind(), Kind::Invalid);
    let nobodys = store.issue_auth_key(user_id(9), None, None);
    assert_eq!(nobodys.unwrap_err().kind(), Kind::Invalid);
    let later = Timestamp::from_unix(START + 1_000_000);
    let (key, secret) = store.issue_auth_key(user_id(1), None, Some(later)).unwrap();
    let update = |change: &dyn Fn(&mut AuthKey)| {
        let mut changed = key.clone();
        change(&mut changed);
        store.auth_keys().update(changed).map_err(|error| error.kind()).err()
    };
    assert_eq!(update(&|key| key.user = user_id(2)), Some(Kind::Invalid));
    assert_eq!(update(&|key| key.start = "ffff".to_owned()), Some(Kind::Invalid));
    assert_eq!(update(&|key| key.expires = Some(past)), Some(Kind::Invalid));
    assert_eq!(update(&|key| key.comment = Some("nightly".to_owned())), None);
    assert_eq!(update(&|key| key.expires = None), None);
    assert_eq!(store.check_auth_key(&secret).unwrap().user, user_id(1));
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn an_expired_key_is_not_brought_back() {
    let store = store();
    let soon = Timestamp::from_unix(START + 60);
    let (key, secret) = store.issue_auth_key(user_id(1), None, Some(soon)).unwrap();
    while store.check_auth_key(&secret).is_ok() {}
    let mut longer = store.auth_keys().require(key.id).unwrap();
    longer.expires = None;
    assert_eq!(store.auth_keys().update(longer).unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn without_the_node_key_only_keys_are_out_of_reach() {
    let (_folder, path) = in_file();
    let (key, secret) = {
        let store = Store::options().key(key()).open(&path).unwrap();
        store.issue_auth_key(user_id(1), None, None).unwrap()
    };
    let store = Store::options().open(&path).unwrap();
    for error in [
        store.check_auth_key(&secret).unwrap_err(),
        store.check_auth_key(&"".into()).unwrap_err(),
        store.issue_auth_key(user_id(1), None, None).unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.advice().is_some(), "{error}");
    }
    store.set_password(user_id(1), &"correct horse battery".into()).unwrap();
    store.check_password("alice", &"correct horse battery".into()).unwrap();
    assert_eq!(store.auth_keys().find().all().unwrap(), std::slice::from_ref(&key));
    store.auth_keys().remove(key.id).unwrap();
    drop(store);
    let store = Store::options().key(self::key()).open(&path).unwrap();
    assert_eq!(store.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
    drop(store);
    assert_eq!(check::file(&path), Vec::<String>::new());
}

#[test]
fn secrets_never_appear() {
    let (_folder, path) = in_file();
    let store = Store::options().key(key()).open(&path).unwrap();
    let password = SecretText::from("correct horse battery");
    store.set_password(user_id(1), &password).unwrap();
    let (key, secret) = store.issue_auth_key(user_id(1), Some("export"), None).unwrap();
    let actor = store.check_auth_key(&secret).unwrap();
    let (hash, digest): (String, Vec<u8>) = {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT p.hash, d.digest FROM user_password AS p, auth_key_digest AS d";
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let users = store.users().find().all().unwrap();
    let mut seen = vec![format!("{key:?} {secret:?} {secret} {actor:?} {users:?} {store:?}")];
    seen.push(serde_json::to_string(&(&key, &secret, &users)).unwrap());
    seen.push(format!("{:?}", check::all_changes(&store)));
    seen.push(format!("{:?}", store.change_sets(1_000).unwrap()));
    let mut exported = Vec::new();
    store.export().all().json(&mut exported).unwrap();
    seen.push(String::from_utf8(exported).unwrap());
    for error in [
        store.check_password("alice", &"correct horse".into()).unwrap_err(),
        store.set_password(user_id(1), &"short".into()).unwrap_err(),
        store.issue_auth_key(user_id(9), None, None).unwrap_err(),
    ] {
        seen.push(shown(&error));
    }
    store.users().remove(user_id(1)).unwrap();
    seen.push(format!("{:?}", check::all_changes(&store)));
    drop(store);
    // Everything in the file that is not one of the two tables, byte by byte.
    let connection = rusqlite::Connection::open(&path).unwrap();
    for table in ["feed", "feed_payload", "change_set", "setting", "user", "auth_key"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let value: rusqlite::types::Value = row.get(column).unwrap();
                if let rusqlite::types::Value::Blob(bytes) = &value {
                    seen.push(String::from_utf8_lossy(bytes).into_owned());
                }
                seen.push(format!("{value:?}"));
            }
        }
    }
    let seen = seen.join("\n");
    let hex = |bytes: &[u8]| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    };
    let middle = &secret.expose()[4..36];
    let salt = hash.rsplit('$').nth(1).unwrap().to_owned();
    for needle in [
        password.expose(),
        middle,
        &hash,
        &salt,
        &hex(&digest),
        &format!("{digest:?}"),
        "$argon2id$",
    ] {
        assert!(!seen.contains(needle), "{needle} is told");
    }
}
