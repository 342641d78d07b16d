//! `key rotate-node-key`: the file and the database are a pair, whatever happens in between.

use std::fs;

use cerebrate_core::node_key::NodeKey;
use cerebrate_store::Store;
use cerebrate_store::store::RetiredKeys;

use crate::Place;

fn key_in(place: &Place, name: &str) -> NodeKey {
    NodeKey::from_text(&fs::read_to_string(place.path(name)).unwrap()).unwrap()
}

fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path(".")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.contains(".key"));
    names.sort();
    names
}

#[test]
fn a_node_key_is_rotated_and_the_old_one_kept() {
    let place = Place::sample();
    place.ok(&["audit", "head", "-o", "head.json"]);
    let old = key_in(&place, "cerebrate.db.key").id();
    let rotated = place.ok(&["key", "rotate-node-key"]);
    let new = key_in(&place, "cerebrate.db.key").id();
    assert_eq!(rotated.out, format!("{new}\n"));
    assert!(rotated.err.contains(&old.to_string()), "{rotated:?}");
    assert_ne!(old, new);
    let kept = format!("cerebrate.db.key.{old}.old");
    assert_eq!(names(&place), ["cerebrate.db.key".to_owned(), kept.clone()]);
    assert_eq!(key_in(&place, &kept).id(), old);
    let verified = place.ok(&["audit", "verify"]);
    assert!(verified.out.contains("checked against the node key"), "{verified:?}");
    place.ok(&["audit", "verify", "--head", "head.json"]);
    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=energy"]);
    place.write("cerebrate.db.key.0123456789abcdef.new", "left over");
    let json = place.ok(&["key", "rotate-node-key", "--revoke-auth-keys", "--json"]).json();
    assert_eq!(json["before"], new.to_string());
    assert_eq!(json["after"], key_in(&place, "cerebrate.db.key").id().to_string());
    assert_eq!(json["secrets"], 0);
    assert!(
        names(&place).iter().all(|name| !name.contains("0123456789abcdef")),
        "{:?}",
        names(&place)
    );
    place.ok(&["audit", "verify"]);
}

#[test]
fn a_rotation_that_was_interrupted_is_finished_by_whoever_opens_next() {
    for arguments in [["audit", "verify"].as_slice(), &["organisation", "add", "X"], &["init"]] {
        let place = Place::sample();
        let old = key_in(&place, "cerebrate.db.key");
        let new = NodeKey::new([9; 32]);
        let (before, after) = (old.id(), new.id());
        // The new key is on disk, the database took it, and then the power went.
        let next = format!("cerebrate.db.key.{after}.new");
        place.write(&next, new.to_text().expose());
        let store = Store::options().key(old).open(place.path("cerebrate.db")).unwrap();
        store.rotate_node_key(new, RetiredKeys::Keep).unwrap();
        drop(store);
        place.ok(arguments);
        assert_eq!(key_in(&place, "cerebrate.db.key").id(), after);
        assert_eq!(key_in(&place, &format!("cerebrate.db.key.{before}.old")).id(), before);
        assert!(!place.path(&next).exists());
        let verified = place.ok(&["audit", "verify"]);
        assert!(verified.out.contains("checked against the node key"), "{verified:?}");
    }
}

#[test]
fn a_key_that_waits_in_vain_changes_nothing() {
    let place = Place::sample();
    let old = key_in(&place, "cerebrate.db.key").id();
    let new = NodeKey::new([9; 32]);
    let next = format!("cerebrate.db.key.{}.new", new.id());
    place.write(&next, new.to_text().expose());
    place.ok(&["audit", "verify"]);
    assert_eq!(key_in(&place, "cerebrate.db.key").id(), old);
    assert!(place.path(&next).exists());
    // Under the name of the right key stands another.
    place.write("cerebrate.db.key", NodeKey::new([8; 32]).to_text().expose());
    place.write(&format!("cerebrate.db.key.{old}.new"), new.to_text().expose());
    let denied = place.fails(3, &["audit", "verify"]);
    assert!(denied.err.contains("hint:"), "{denied:?}");
    assert_eq!(key_in(&place, "cerebrate.db.key").id(), NodeKey::new([8; 32]).id());
}

#[test]
fn nothing_is_rotated_without_the_key_or_over_a_break() {
    let place = Place::sample();
    let text = fs::read_to_string(place.path("cerebrate.db.key")).unwrap();
    fs::rename(place.path("cerebrate.db.key"), place.path("away")).unwrap();
    let denied = place.fails(3, &["key", "rotate-node-key"]);
    assert!(denied.err.contains("CEREBRATE_KEY_FILE"), "{denied:?}");
    assert!(names(&place).is_empty());
    fs::rename(place.path("away"), place.path("cerebrate.db.key")).unwrap();
    rusqlite::Connection::open(place.path("cerebrate.db"))
        .unwrap()
        .execute_batch("UPDATE feed SET local_id = 99 WHERE seq = 3")
        .unwrap();
    let broken = place.fails(1, &["key", "rotate-node-key"]);
    assert!(broken.err.contains("row 3") && broken.err.contains("audit verify"), "{broken:?}");
    assert_eq!(names(&place), ["cerebrate.db.key"], "the key made in vain is gone");
    assert_eq!(fs::read_to_string(place.path("cerebrate.db.key")).unwrap(), text);
}
