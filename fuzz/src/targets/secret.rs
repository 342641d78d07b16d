//! What people and files give as keys.

use std::sync::LazyLock;

use cerebrate_core::Kind;
use cerebrate_core::model::{Individual, User};
use cerebrate_core::node_key::{NodeKey, NodeKeyId, RetiredKey};
use cerebrate_core::secret::SecretText;
use cerebrate_store::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::values::survives_a_round;

pub(super) const NODE_KEY_TOKENS: &[&str] = &[
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "ABCDEF",
    "\u{feff}",
    "\r\n",
    "\n",
    " ",
    "\0",
    "é",
    "+1",
    "\"key_id\":",
    "\"sealed\":\"",
];

pub(super) const AUTH_KEY_TOKENS: &[&str] = &[
    "{key}",
    "{start}",
    "{end}",
    "Bearer ",
    "0123456789abcdef0123456789abcdef01234567",
    "F",
    "\0",
    " ",
    "\n",
    "é",
];

/// More hexadecimal digits than this in a row could be part of a key.
const TELLING: usize = 12;

/// Lines of a key file, and keys that were replaced as a file keeps them: what is read is written
/// again, and what is refused is not repeated.
pub(super) fn node_key(bytes: &[u8]) {
    survives_a_round::<NodeKeyId>(bytes);
    let text = String::from_utf8_lossy(bytes);
    match NodeKey::from_text(&text) {
        Ok(key) => {
            let written = key.to_text();
            let given = text.trim_start_matches('\u{feff}').trim();
            assert_eq!(written.expose().trim_end(), given.to_ascii_lowercase());
            let again = NodeKey::from_text(written.expose()).map(|key| key.id());
            assert_eq!(again.ok(), Some(key.id()));
            assert!(!format!("{key:?}").contains(written.expose().trim_end()));
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::Invalid);
            let told = format!("{error} {error:?}");
            let runs = text.split(|letter: char| !letter.is_ascii_hexdigit());
            for run in runs.filter(|run| run.len() >= TELLING) {
                assert!(!told.contains(run), "{told}");
            }
        }
    }
    retired(bytes);
}

fn retired(bytes: &[u8]) {
    static KEY: LazyLock<NodeKey> = LazyLock::new(|| NodeKey::new([8; 32]));
    for line in bytes.split(|byte| *byte == b'\n').take(4) {
        is_read_as_written::<Vec<RetiredKey>>(line);
        let Some(retired) = is_read_as_written::<RetiredKey>(line) else { continue };
        let taken = KEY.opens(Uuid::from_u128(5), std::slice::from_ref(&retired));
        if let Err(error) = taken {
            assert!(matches!(error.kind(), Kind::Denied | Kind::Untrusted), "{error:?}");
        }
    }
    // The digits as bytes, such as a column holds them.
    let _ = KEY.open(bytes, Uuid::from_u128(5), "brood.auth_key").map_err(|error| {
        assert!(matches!(error.kind(), Kind::Denied | Kind::Untrusted), "{error:?}");
    });
}

fn is_read_as_written<T: DeserializeOwned + Serialize + PartialEq>(json: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(json).ok()?;
    let text = serde_json::to_vec(&value).expect("what was read is plain data");
    let again: Option<T> = serde_json::from_slice(&text).ok();
    assert!(again.as_ref() == Some(&value), "{}", String::from_utf8_lossy(&text));
    Some(value)
}

/// The text of an auth key, `{key}` being one that was issued: that opens, and nothing else.
pub(super) fn auth_key(bytes: &[u8]) {
    static ISSUED: LazyLock<(Store, SecretText, Uuid)> = LazyLock::new(issued);
    let (store, issued, user) = &*ISSUED;
    let issued = issued.expose();
    let [start, end] = [issued.get(..20), issued.get(20..)].map(Option::unwrap_or_default);
    let text = String::from_utf8_lossy(bytes)
        .replace("{key}", issued)
        .replace("{start}", start)
        .replace("{end}", end);
    let given = SecretText::from(text.clone());
    match store.check_auth_key(&given) {
        Ok(actor) => {
            assert_eq!(actor.user.uuid(), *user);
            assert_eq!(text, issued, "opened as well");
        }
        Err(error) => {
            assert_ne!(text, issued, "{error:?}");
            assert_eq!(error.kind(), Kind::Denied, "{error:?}");
            let told = format!("{error} {error:?}");
            assert!(text.len() < TELLING || !told.contains(&text), "{told}");
        }
    }
}

fn issued() -> (Store, SecretText, Uuid) {
    let open = || -> cerebrate_core::Result<_> {
        let store = Store::options().key(NodeKey::new([7; 32])).in_memory()?;
        store.ensure_role()?;
        let person = Individual::new(store.next_id().into(), "alice@example.org");
        let person = store.individuals().insert(person)?;
        let role = store.default_role()?.id;
        let user = User::new(store.next_id().into(), "alice".parse()?, person.id, role);
        let user = store.users().insert(user)?;
        let (_, secret) = store.issue_auth_key(user.id, None, None)?;
        Ok((store, secret, user.id.uuid()))
    };
    open().expect("there is room for a small store")
}
