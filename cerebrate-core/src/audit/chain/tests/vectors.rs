//! What was hashed once hashes to the same for ever: these values were made from the description
//! of the format, by other means than this code.

use super::*;

fn first() -> RowMetadata<'static> {
    RowMetadata {
        seq: 1,
        change_set: Uuid::from_u128(2),
        time: Timestamp::from_unix(1_795_495_765),
        actor: Some("ada"),
        origin: "local",
        kind: EntityKind::Organisation,
        entity: Uuid::from_u128(3),
        local_id: 1,
        action: "insert",
    }
}

const EMPTY_GENESIS: &str = "dccea975c72d5d7fdb481a80d9b5a2889a053bdbf89a231b65fb9e04cad25d80";
const DIGEST: &str = "f440396099b6519a9db1280aba62fd7429b04ea4eb1bc8d57cfa4f03307c5d11";
const FIRST: &str = "ccefdb08cc792599bff8200a89dcd4fc5a319c568e08e05ac3e04a470ccf0d5e";
const SECOND: &str = "3728b7e2b60115fb3b1352bf5c853ed49fb022e952628a61580f4bc80c8116c8";
const GENESIS_OF_ONE: &str = "9f54c074f959ad598618554558fadd7148f3581d00d91874360daf64aa6c685f";

#[test]
fn rows_hash_to_the_known_values() {
    let genesis = Genesis::empty(NODE);
    assert_eq!(genesis.hash.to_string(), EMPTY_GENESIS);
    let digest = payload_digest(&[4; 16], br#"{"name":"CIRCL"}"#);
    assert_eq!(digest.to_string(), DIGEST);
    let hash = row_hash(&genesis.hash, &first(), Some(&digest));
    assert_eq!(hash.to_string(), FIRST);
    let second = RowMetadata {
        seq: 2,
        actor: None,
        origin: "import members.csv",
        kind: EntityKind::MetaTemplate,
        local_id: -1,
        action: "remove",
        ..first()
    };
    assert_eq!(row_hash(&hash, &second, None).to_string(), SECOND);
}

#[test]
fn the_genesis_of_old_rows_is_the_known_value() {
    let mut builder = GenesisBuilder::new(NODE);
    builder.push(&first(), Some(&DIGEST.parse().unwrap()));
    let genesis = builder.finish();
    assert_eq!(genesis.hash.to_string(), GENESIS_OF_ONE);
    let json = serde_json::to_value(genesis).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "node": NODE, "rows": 1, "through": 1, "hash": GENESIS_OF_ONE })
    );
    assert_eq!(serde_json::from_value::<Genesis>(json).unwrap(), genesis);
}

#[test]
fn hashes_are_read_in_either_case_and_rubbish_is_refused() {
    let hash: RowHash = FIRST.to_uppercase().parse().unwrap();
    assert_eq!(hash.to_string(), FIRST);
    assert_eq!(serde_json::to_value(hash).unwrap(), FIRST);
    assert_eq!(serde_json::from_value::<RowHash>(FIRST.into()).unwrap(), hash);
    for text in ["", "00", &FIRST[1..], &format!("{FIRST}0"), &FIRST.replace('a', "g")] {
        assert_eq!(text.parse::<RowHash>().unwrap_err().kind(), crate::Kind::Invalid);
    }
}
