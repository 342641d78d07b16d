use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::audit::chain::{Head, RowHash};
use crate::value::Timestamp;

const RECORD: Uuid = Uuid::from_u128(3);
const COLUMN: &str = "brood.auth_key";

fn key() -> NodeKey {
    NodeKey::new(std::array::from_fn(|index| u8::try_from(index).unwrap()))
}

fn head() -> Head {
    Head {
        seq: 2,
        hash: "3728b7e2b60115fb3b1352bf5c853ed49fb022e952628a61580f4bc80c8116c8".parse().unwrap(),
        time: Timestamp::from_unix(1_795_495_765),
        node: Uuid::from_u128(1),
        key_id: Some(key().id()),
    }
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    hex::write(&mut text, bytes).unwrap();
    text
}

// The known values were made from the description of the formats, by other means than this code.

#[test]
fn what_is_derived_from_a_key_is_the_known_value() {
    assert_eq!(key().id().to_string(), "46802efae3d76bae");
    let auth_key = SecretText::from("0123456789abcdef0123456789abcdef01234567");
    assert_eq!(
        text(key().auth_key_digest(&auth_key).as_bytes()),
        "a039bde405e38e0455fc5160c43f664d07a18553f7d4c211e43b65804370c492"
    );
    assert_eq!(
        key().sign_head(&head()).to_string(),
        "c86c467a6893a5e42d3d7df4c1251c3848142c79f34913222772aef5afa161f6"
    );
    let nonce = std::array::from_fn(|index| u8::try_from(index + 100).unwrap());
    assert_eq!(
        text(&key().seal(b"hunter2", RECORD, COLUMN, nonce)),
        "46802efae3d76bae6465666768696a6b6c6d6e6f707172737475767778797a7b\
         7c484ed1a3b6cc62c98bd086061df6d01959fd80f76d55"
    );
}

#[test]
fn a_key_is_read_as_its_file_spells_it() {
    let file = key().to_text();
    assert_eq!(file.expose(), format!("{}\n", text(&*key().root)));
    let line = file.expose().trim();
    for spelled in [
        line.to_owned(),
        format!("  {line}\r\n\n"),
        format!("\t{}\n", line.to_uppercase()),
        format!("\u{feff}{line}\n"),
    ] {
        assert_eq!(NodeKey::from_text(&spelled).unwrap().id(), key().id());
    }
}

#[test]
fn what_is_no_key_is_refused_without_being_repeated() {
    let file = key().to_text();
    let line = file.expose().trim();
    for spelled in [
        String::new(),
        " \n".to_owned(),
        line[..62].to_owned(),
        format!("{line}00"),
        format!("{}g", &line[..63]),
        format!("{line}\n{line}"),
        format!("{} {}", &line[..32], &line[32..]),
        format!("0x{line}"),
        "é".repeat(64),
        "\0".repeat(64),
    ] {
        let error = NodeKey::from_text(&spelled).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        let shown = format!("{error} {error:?} {}", error.advice().unwrap());
        assert!(!shown.contains("0001020304") && !shown.contains('é'), "{shown}");
    }
}

#[test]
fn nothing_that_prints_shows_a_byte_of_a_key() {
    let key = NodeKey::new([0xa7; 32]);
    let digest = key.auth_key_digest(&"hunter2".into());
    let shown =
        format!("{key:?} {key:#?} {digest:?} {:?} {}", key.to_text(), key.to_text()).to_lowercase();
    for byte in ["a7a7", "167", "hunter", &text(&digest.as_bytes()[..4])] {
        assert!(!shown.contains(byte), "{shown}");
    }
    assert!(shown.contains(&key.id().to_string()), "{shown}");
}

#[test]
fn sub_keys_and_ids_have_nothing_in_common() {
    let key = key();
    let same = SecretText::from("x");
    let digest = key.auth_key_digest(&same);
    assert_ne!(key.sign_head(&head()).as_bytes(), digest.as_bytes());
    assert!(!text(&*key.root).contains(&key.id().to_string()));
    let other = NodeKey::new([1; 32]);
    assert_ne!(other.id(), key.id());
    assert!(other.auth_key_digest(&same) != digest);
}

#[test]
fn a_secret_opens_only_under_its_key_in_its_place() {
    let key = key();
    let sealed = key.seal(b"hunter2", RECORD, COLUMN, [5; 24]);
    assert_eq!(key.open(&sealed, RECORD, COLUMN).unwrap().expose(), b"hunter2");
    for (record, column) in [
        (Uuid::nil(), COLUMN),
        (RECORD, "brood.auth_kez"),
        (RECORD, ""),
        (RECORD, "brood.auth_key "),
    ] {
        assert_eq!(key.open(&sealed, record, column).unwrap_err().kind(), Kind::Untrusted);
    }
    let other = NodeKey::new([1; 32]);
    let error = other.open(&sealed, RECORD, COLUMN).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    let advice = error.advice().unwrap();
    assert!(advice.contains(&key.id().to_string()) && advice.contains(&other.id().to_string()));
    // Another key under the name of this one.
    let mut forged = other.seal(b"hunter2", RECORD, COLUMN, [5; 24]);
    forged[..8].copy_from_slice(key.id().as_bytes());
    assert_eq!(key.open(&forged, RECORD, COLUMN).unwrap_err().kind(), Kind::Untrusted);
}

#[test]
fn a_head_is_verified_by_the_key_that_signed_it_alone() {
    let (key, head) = (key(), head());
    let signature = key.sign_head(&head);
    key.verify_head(&head, &signature).unwrap();
    key.verify_head(&Head { key_id: None, ..head }, &signature).unwrap();
    let changed = [
        Head { seq: 3, ..head },
        Head { hash: RowHash::from_bytes([0; 32]), ..head },
        Head { time: Timestamp::from_unix(0), ..head },
        Head { node: Uuid::nil(), ..head },
    ];
    for head in changed {
        assert_eq!(key.verify_head(&head, &signature).unwrap_err().kind(), Kind::Untrusted);
    }
    let other = NodeKey::new([1; 32]);
    assert_eq!(other.verify_head(&head, &signature).unwrap_err().kind(), Kind::Denied);
    let unnamed = Head { key_id: None, ..head };
    assert_eq!(other.verify_head(&unnamed, &signature).unwrap_err().kind(), Kind::Untrusted);
    let read: HeadSignature = signature.to_string().parse().unwrap();
    assert!(read == signature);
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_any_changed_byte_is_seen(
        bytes: [u8; 32],
        nonce: [u8; 24],
        plain in prop::collection::vec(any::<u8>(), 0..200),
        record: u128,
        column in ".{0,20}",
        changed: prop::sample::Index,
        bit in 0_u32..8,
    ) {
        let (key, record) = (NodeKey::new(bytes), Uuid::from_u128(record));
        let mut sealed = key.seal(&plain, record, &column, nonce);
        prop_assert_eq!(sealed.len(), plain.len() + 48);
        prop_assert_eq!(NodeKeyId::of_sealed(&sealed), Some(key.id()));
        let opened = key.open(&sealed, record, &column).unwrap();
        prop_assert_eq!(opened.expose(), plain);
        let changed = changed.index(sealed.len());
        for cut in [changed, sealed.len() - 1] {
            let error = key.open(&sealed[..cut], record, &column).unwrap_err();
            prop_assert_eq!(error.kind(), Kind::Untrusted);
        }
        sealed[changed] ^= 1_u8 << bit;
        let kind = key.open(&sealed, record, &column).unwrap_err().kind();
        prop_assert_eq!(kind, if changed < 8 { Kind::Denied } else { Kind::Untrusted });
    }
}
