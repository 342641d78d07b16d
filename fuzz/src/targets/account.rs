//! Users, and what says what they may do.

use cerebrate_core::access::{Permission, Permissions, accept_password, says_yes};
use cerebrate_core::model::{Bookmark, EntityKind, Record, Username};
use cerebrate_core::secret::SecretText;
use serde_json::Value;

use super::record::survives_storage;
use super::values::survives_a_round;

pub(super) const NAME_TOKENS: &[&str] = &[
    "alice",
    "@example.lu",
    "İ",
    "ẞ",
    "Σ",
    "ΑΣ",
    "\u{212a}",
    "団体の連絡",
    "\u{3000}",
    "\u{ad}",
    "\u{feff}",
    "\t",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
];

pub(super) const PASSWORD_TOKENS: &[&str] =
    &["Password", "1234", "_", "-", "\n", "é", "\u{a0}", "A", "a", "            "];

pub(super) const RECORD_TOKENS: &[&str] = &[
    "\n",
    "\"id\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"username\":\"alice\"",
    "\"permissions\":{",
    "\"admin\":true",
    "\"community_admin\":",
    "\"scope\":\"organisation\"",
    "\"max\":1",
    "4294967295",
    "\"name\":\"ui.bookmarks\"",
    "\"value\":\"[{\\\"label\\\":\\\"l\\\",\\\"name\\\":\\\"n\\\",\\\"url\\\":\\\"https://m.example\\\"}]\"",
    "\"start\":\"5bf1\"",
    "\"expires\":",
    "\"2026-11-24T05:49:25Z\"",
    "\"meta_fields\":[",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    ",",
];

const KINDS: [EntityKind; 5] = [
    EntityKind::Role,
    EntityKind::User,
    EntityKind::AuthKey,
    EntityKind::UserSetting,
    EntityKind::PermissionLimitation,
];

/// A name to log in with: nobody has a second spelling of it.
pub(super) fn username(bytes: &[u8]) {
    survives_a_round::<Username>(bytes);
    survives_a_round::<Permission>(bytes);
    let text = String::from_utf8_lossy(bytes);
    let Ok(name) = text.parse::<Username>() else { return };
    let shown = name.as_str();
    let length = shown.chars().count();
    assert!((Username::SHORTEST..=Username::LONGEST).contains(&length), "{text:?} has {length}");
    assert_eq!(shown, shown.to_lowercase().trim(), "{text:?}");
    assert!(!shown.contains(char::is_control), "{text:?}");
    for spelling in [shown.to_lowercase(), format!(" {shown}\n"), text.to_lowercase()] {
        assert_eq!(spelling.parse().ok().as_ref(), Some(&name), "{text:?} as {spelling:?}");
    }
    let json = serde_json::to_string(&name).expect("a name is a text");
    assert_eq!(serde_json::from_str::<Username>(&json).ok(), Some(name));
}

/// A password: one that may be chosen may be longer too, and none is told.
pub(super) fn password(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let judge = |text: &str| accept_password(&SecretText::from(text));
    match judge(&text) {
        Ok(()) => {
            assert!(text.len() >= 12);
            for longer in [format!("{text} "), format!("x{text}"), format!("{text}é")] {
                assert!(judge(&longer).is_ok(), "{longer:?}");
            }
        }
        Err(error) => {
            assert!(text.len() < 16, "{text:?}");
            let told = format!("{error} {error:?}");
            // Shorter ones may be words of the message.
            assert!(text.len() < 12 || !told.contains(&*text), "{told}");
        }
    }
    assert!(!says_yes(&format!("{text}\n")) || says_yes(&text), "{text:?}");
}

/// Lines: records of accounts. What can be read is the same after it was stored, whole and field by
/// field.
pub(super) fn account_records(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.split('\n').take(6) {
        if let Ok(bookmarks) = Bookmark::list(line) {
            let written = serde_json::to_string(&bookmarks).expect("bookmarks are plain data");
            assert_eq!(Bookmark::list(&written).ok(), Some(bookmarks));
        }
        if let Ok(permissions) = serde_json::from_str::<Permissions>(line) {
            sets(permissions);
        }
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        for kind in KINDS {
            let Ok(record) = Record::from_json(kind, value.clone()) else { continue };
            survives_storage(&record);
            let text = record.to_json_text().expect("a record is plain data");
            let again = serde_json::from_slice(&text).map(|value| Record::from_json(kind, value));
            assert_eq!(again.ok().and_then(Result::ok).as_ref(), Some(&record), "{kind}");
            match record {
                Record::Role(role) => sets(role.permissions),
                Record::User(user) => username(user.username.as_str().as_bytes()),
                Record::UserSetting(setting) => drop(setting.check()),
                _ => {}
            }
        }
    }
}

fn sets(permissions: Permissions) {
    assert_eq!(permissions.iter().collect::<Permissions>(), permissions);
    assert!(permissions.is_within(Permissions::all()));
    assert!(permissions.beyond(permissions).is_empty());
    assert_eq!(permissions.is_empty(), permissions.iter().next().is_none());
    for permission in Permission::ALL {
        assert!(permissions.with(permission).has(permission));
        assert!(!permissions.without(permission).has(permission));
    }
}
