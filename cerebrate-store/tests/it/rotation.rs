//! A database gets another node key: all of it, or nothing.

use std::path::PathBuf;

use cerebrate_core::Kind;
use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::model::{Individual, User};
use cerebrate_core::node_key::{AuthKeyDigest, NodeKey};
use cerebrate_core::secret::SecretText;
use cerebrate_store::Store;
use cerebrate_store::store::RetiredKeys;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{options, organisation};

fn key(number: u8) -> NodeKey {
    NodeKey::new([number; 32])
}

fn in_file() -> (TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let store = options().key(key(1)).open(&path).unwrap();
    for number in 1..=5 {
        store.organisations().insert(organisation(number, "Team")).unwrap();
    }
    (folder, path, store)
}

#[test]
fn the_new_key_signs_and_the_old_one_is_denied() {
    let (_folder, path, store) = in_file();
    let exported = store.head().unwrap();
    let rotation = store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap();
    assert_eq!((rotation.before, rotation.after), (key(1).id(), key(2).id()));
    assert_eq!((rotation.rows, rotation.secrets), (5, 0));
    key(2).verify_exported_head(&rotation.head.head, &rotation.head.signature.unwrap()).unwrap();
    // This store and its clones go on with the new key.
    let clone = store.clone();
    assert_eq!(clone.node_key().unwrap().id(), key(2).id());
    clone.organisations().insert(organisation(6, "Later")).unwrap();
    assert_eq!(store.head().unwrap().head.key_id, Some(key(2).id()));
    for reference in [store.reference().unwrap(), store.reference_of(&exported).unwrap()] {
        assert!(store.verify(reference).unwrap().is_clean());
    }
    drop((store, clone));
    assert_eq!(Store::options().key(key(1)).open(&path).unwrap_err().kind(), Kind::Denied);
    let store = Store::options().key(key(2)).open(&path).unwrap();
    assert!(store.verify(store.reference().unwrap()).unwrap().is_clean());
}

#[test]
fn auth_keys_go_on_working_unless_they_are_to_end() {
    let (_folder, path, store) = in_file();
    let auth_key = SecretText::from("5bf18a");
    let stored = store.node_key().unwrap().auth_key_digest(&auth_key);
    let knows = |store: &Store, digest: &AuthKeyDigest| {
        store.node_key().unwrap().auth_key_digests(&auth_key).any(|made| made == *digest)
    };
    store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap();
    let second = store.node_key().unwrap().auth_key_digest(&auth_key);
    assert!(knows(&store, &stored));
    store.rotate_node_key(key(3), RetiredKeys::Keep).unwrap();
    assert!(knows(&store, &stored) && knows(&store, &second));
    drop(store);
    for read_only in [false, true] {
        let store = Store::options().key(key(3)).read_only(read_only).open(&path).unwrap();
        assert!(knows(&store, &stored) && knows(&store, &second), "after opening it again");
    }
    let store = Store::options().key(key(3)).open(&path).unwrap();
    store.rotate_node_key(key(4), RetiredKeys::Drop).unwrap();
    assert!(!knows(&store, &stored) && !knows(&store, &second));
    drop(store);
    let store = Store::options().key(key(4)).open(&path).unwrap();
    assert!(!knows(&store, &stored));
}

#[test]
fn nothing_is_signed_over_a_trail_that_was_changed() {
    for sql in [
        "UPDATE feed SET local_id = 9 WHERE seq = 3",
        "DELETE FROM feed WHERE seq = 5; DELETE FROM feed_payload WHERE seq = 5",
        "DELETE FROM setting WHERE name = 'head'",
        "DELETE FROM feed_payload WHERE seq = 1",
    ] {
        let (_folder, path, store) = in_file();
        let file = Connection::open(&path).unwrap();
        file.execute_batch(sql).unwrap();
        let settings = || -> Vec<String> {
            let mut statement =
                file.prepare("SELECT name || value FROM setting ORDER BY name").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let before = settings();
        let error = store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap_err();
        assert_eq!(error.kind(), Kind::Untrusted, "{sql}: {error}");
        assert_eq!(settings(), before, "{sql}");
        assert_eq!(store.node_key().unwrap().id(), key(1).id());
        store.organisations().insert(organisation(9, "Goes on")).unwrap();
    }
}

#[test]
fn a_missing_or_equal_key_is_refused_and_nothing_happens() {
    let (_folder, path, store) = in_file();
    let error = store.rotate_node_key(key(1), RetiredKeys::Keep).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let without = Store::open(&path).unwrap();
    let error = without.rotate_node_key(key(2), RetiredKeys::Keep).unwrap_err();
    assert!(error.kind() == Kind::Denied && error.advice().is_some(), "{error}");
    let read_only = Store::options().key(key(1)).read_only(true).open(&path).unwrap();
    let error = read_only.rotate_node_key(key(2), RetiredKeys::Keep).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(store.node_key_id().unwrap(), Some(key(1).id()));
}

#[test]
fn whoever_still_holds_the_old_key_writes_nothing() {
    let (_folder, path, store) = in_file();
    let stale = Store::options().key(key(1)).open(&path).unwrap();
    store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap();
    for error in [
        stale.organisations().insert(organisation(9, "Stale")).unwrap_err(),
        stale.reference().unwrap_err(),
        stale.head().unwrap_err(),
        stale.rotate_node_key(key(3), RetiredKeys::Keep).unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Denied, "{error}");
        assert!(error.advice().unwrap().contains("open it again"), "{error}");
    }
    assert_eq!(stale.organisations().find().count().unwrap(), 5, "reading goes on");
    assert_eq!(stale.verify(Reference::FileAlone).unwrap().rows, 5);
    store.organisations().insert(organisation(9, "Fresh")).unwrap();
    assert!(store.verify(store.reference().unwrap()).unwrap().is_clean());
}

#[test]
fn what_is_kept_of_earlier_keys_and_was_changed_stops_auth_keys_and_nothing_else() {
    let (_folder, path, store) = in_file();
    let auth_key = SecretText::from("5bf18a");
    store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap();
    assert_eq!(store.retired_node_keys().unwrap(), [key(1).id()]);
    drop(store);
    let file = Connection::open(&path).unwrap();
    for value in ["'{'", "replace(value, '\"sealed\":\"', '\"sealed\":\"00')"] {
        file.execute_batch("CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM setting").unwrap();
        let sql = format!("UPDATE setting SET value = {value} WHERE name = 'retired_node_keys'");
        file.execute_batch(&sql).unwrap();
        let store = Store::options().key(key(2)).open(&path).unwrap();
        assert!(matches!(
            store.retired_node_keys().unwrap_err().kind(),
            Kind::Untrusted | Kind::Denied
        ));
        assert_eq!(store.node_key().unwrap().auth_key_digests(&auth_key).count(), 1);
        store.organisations().upsert(organisation(9, "Goes on")).unwrap();
        assert!(store.verify(store.reference().unwrap()).unwrap().is_clean());
        file.execute_batch(
            "UPDATE setting SET value = (SELECT value FROM kept WHERE kept.name = setting.name)
             WHERE name = 'retired_node_keys'",
        )
        .unwrap();
    }
    let store = Store::options().key(key(2)).open(&path).unwrap();
    assert_eq!(store.node_key().unwrap().auth_key_digests(&auth_key).count(), 2);
    let without = Store::open(&path).unwrap();
    assert_eq!(without.retired_node_keys().unwrap_err().kind(), Kind::Denied);
}

#[test]
fn an_auth_key_comes_in_after_rotations() {
    let (_folder, path, store) = in_file();
    store.ensure_role().unwrap();
    let role = store.default_role().unwrap().id;
    let ada = store.individuals().insert(Individual::new(store.next_id().into(), "a@b.example"));
    let user =
        User::new(store.next_id().into(), "adaaccount".parse().unwrap(), ada.unwrap().id, role);
    let user = store.users().insert(user).unwrap().id;
    let issue = || store.issue_auth_key(user, None, None).unwrap().1;
    let first = issue();
    store.rotate_node_key(key(2), RetiredKeys::Keep).unwrap();
    let second = issue();
    store.rotate_node_key(key(3), RetiredKeys::Keep).unwrap();
    let third = issue();
    let again = Store::options().key(key(3)).open(&path).unwrap();
    for secret in [&first, &second, &third] {
        assert_eq!(store.check_auth_key(secret).unwrap().user, user);
        assert_eq!(again.check_auth_key(secret).unwrap().user, user);
    }
    store.rotate_node_key(key(4), RetiredKeys::Drop).unwrap();
    for secret in [&first, &second, &third] {
        assert_eq!(store.check_auth_key(secret).unwrap_err().kind(), Kind::Denied);
    }
    store.check_auth_key(&issue()).unwrap();
}

#[test]
fn a_site_admin_ends_the_auth_keys_of_everybody_in_the_same_commit() {
    let (_folder, path, store) = in_file();
    store.ensure_role().unwrap();
    let person = Individual::new(store.next_id().into(), "jane@team.example");
    let person = store.individuals().insert(person).unwrap();
    let role = store.default_role().unwrap().id;
    let user = User::new(store.next_id().into(), "jane.doe".parse().unwrap(), person.id, role);
    let user = store.users().insert(user).unwrap().id;
    let (_, secret) = store.issue_auth_key(user, None, None).unwrap();
    let (nobody, newest) = (store.next_id(), store.head().unwrap().head.seq);
    let site_admin = Permissions::NONE.with(Permission::Admin);
    let admin = Actor::new(nobody.into(), nobody.into(), None, site_admin);
    let rotation = store.as_actor(&admin).rotate_node_key(key(2), RetiredKeys::Drop).unwrap();
    assert_eq!(store.auth_keys().find().count().unwrap(), 0);
    assert_eq!(rotation.head.head.seq, newest + 1, "the head covers the removal");
    assert_eq!(store.change_sets(1).unwrap()[0].actor, Some(format!("user:{nobody}")));
    assert_eq!(store.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
    drop(store);
    let store = Store::options().key(key(2)).open(&path).unwrap();
    assert!(store.verify(store.reference().unwrap()).unwrap().is_clean());
}
