//! The audit trail: every edit is found and named, with the file, the node key or an exported head.

use std::path::{Path, PathBuf};

use cerebrate_core::Kind;
use cerebrate_core::audit::chain::{Finding, Part, Reference};
use cerebrate_core::node_key::NodeKey;
use cerebrate_store::Store;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{id, options, organisation};

/// Five rows in three change sets.
fn five_rows(store: &Store) {
    store
        .transaction(|transaction| {
            transaction.organisations().insert(organisation(1, "A"))?;
            transaction.organisations().insert(organisation(2, "B"))
        })
        .unwrap();
    let mut changed = store.organisations().require(id(1)).unwrap();
    changed.sector = Some("energy".to_owned());
    store.organisations().update(changed).unwrap();
    store
        .transaction(|transaction| {
            transaction.organisations().remove(id(2))?;
            transaction.organisations().insert(organisation(3, "C"))
        })
        .unwrap();
}

fn in_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    five_rows(&options().open(&path).unwrap());
    (folder, path)
}

fn edit(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn findings(path: &Path, reference: Reference) -> Vec<Finding> {
    let store = Store::options().read_only(true).open(path).unwrap();
    store.verify(reference).unwrap().findings
}

fn key(number: u8) -> NodeKey {
    NodeKey::new([number; 32])
}

#[test]
fn whatever_is_edited_the_row_is_named() {
    let edited = |seq, part| vec![Finding::Edited { seq, part }];
    let flip = |column: &str| {
        format!(
            "UPDATE feed SET {column} = unhex(
                 CASE substr(hex({column}), 1, 1) WHEN '0' THEN '1' ELSE '0' END
                 || substr(hex({column}), 2)) WHERE seq = 3"
        )
    };
    for (sql, expected) in [
        ("UPDATE feed SET local_id = 7 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET kind = 2 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET kind = 99 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET action = 0 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET action = 'x' WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET entity = x'00' WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET change_set = 99 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE feed SET change_set = 1 WHERE seq = 3".to_owned(), edited(3, Part::Metadata)),
        (flip("entity"), edited(3, Part::Metadata)),
        (flip("digest"), edited(3, Part::PayloadDigest)),
        (flip("hash"), edited(3, Part::Hash)),
        ("UPDATE feed SET hash = x'00' WHERE seq = 3".to_owned(), edited(3, Part::Hash)),
        ("UPDATE change_set SET actor = 'eve' WHERE id = 2".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE change_set SET actor = x'ff' WHERE id = 2".to_owned(), edited(3, Part::Metadata)),
        ("UPDATE change_set SET origin = 'x' WHERE id = 2".to_owned(), edited(3, Part::Metadata)),
        (
            "UPDATE change_set SET time = 9000000000000 WHERE id = 2".to_owned(),
            edited(3, Part::Metadata),
        ),
        (
            "UPDATE feed_payload SET json = replace(CAST(json AS TEXT), 'energy', 'health')
             WHERE seq = 3"
                .to_owned(),
            edited(3, Part::Payload),
        ),
        ("UPDATE feed_payload SET json = 3 WHERE seq = 3".to_owned(), edited(3, Part::Payload)),
        ("UPDATE feed_payload SET salt = NULL WHERE seq = 3".to_owned(), edited(3, Part::Payload)),
        ("DELETE FROM feed_payload WHERE seq = 3".to_owned(), edited(3, Part::PayloadMissing)),
        (
            "DELETE FROM feed WHERE seq BETWEEN 2 AND 3".to_owned(),
            vec![Finding::Dropped { first: 2, last: 3 }],
        ),
        ("DELETE FROM feed WHERE seq = 1".to_owned(), vec![Finding::Dropped { first: 1, last: 1 }]),
    ] {
        let (_folder, path) = in_file();
        assert_eq!(findings(&path, Reference::FileAlone), []);
        edit(&path, &sql);
        assert_eq!(findings(&path, Reference::FileAlone), expected, "{sql}");
    }
}

#[test]
fn numbers_that_are_none_and_payloads_of_nothing_do_not_stop_it() {
    let (_folder, path) = in_file();
    edit(
        &path,
        "INSERT INTO feed (seq, change_set, kind, entity, local_id, action)
             VALUES (-9, 1, 1, x'', 'x', 1);
         INSERT INTO feed_payload (seq, json) VALUES (-3, 'x'), (77, 'y')",
    );
    let named: Vec<u64> = findings(&path, Reference::FileAlone).iter().map(Finding::seq).collect();
    assert_eq!(named, [0, 0, 77]);
}

#[test]
fn rows_moved_against_each_other_are_reordered() {
    let (_folder, path) = in_file();
    edit(
        &path,
        "UPDATE feed SET seq = 99 WHERE seq = 2; UPDATE feed SET seq = 2 WHERE seq = 3;
         UPDATE feed SET seq = 3 WHERE seq = 99;
         UPDATE feed_payload SET seq = 99 WHERE seq = 2;
         UPDATE feed_payload SET seq = 2 WHERE seq = 3;
         UPDATE feed_payload SET seq = 3 WHERE seq = 99",
    );
    let found = findings(&path, Reference::FileAlone);
    assert!(!found.is_empty());
    assert!(found.iter().all(|finding| matches!(finding, Finding::Reordered { .. })), "{found:?}");
}

#[test]
fn a_trail_that_was_cut_shows_against_key_and_exported_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let store = options().key(key(1)).open(&path).unwrap();
    five_rows(&store);
    let exported = store.head().unwrap();
    assert_eq!(store.reference().unwrap().head().unwrap().seq, 5);
    drop(store);
    edit(
        &path,
        "DELETE FROM feed WHERE seq > 3; DELETE FROM feed_payload WHERE seq > 3;
         UPDATE sqlite_sequence SET seq = 3 WHERE name = 'feed'",
    );
    let cut = [Finding::Truncated { last: 3, head: 5 }];
    let store = Store::options().key(key(1)).open(&path).unwrap();
    assert_eq!(findings(&path, Reference::FileAlone), []);
    assert_eq!(findings(&path, Reference::Exported(exported.head)), cut);
    assert_eq!(findings(&path, store.reference().unwrap()), cut);
    assert_eq!(store.head().unwrap_err().kind(), Kind::Untrusted, "nothing is signed over it");

    // Writing goes on, and never covers it up.
    for (number, expected) in [
        (11, Finding::Truncated { last: 4, head: 5 }),
        (12, Finding::Rewritten { seq: 5 }),
        (13, Finding::Rewritten { seq: 5 }),
    ] {
        store.organisations().insert(organisation(number, "Later")).unwrap();
        assert_eq!(findings(&path, store.reference().unwrap()), [expected]);
        assert_eq!(findings(&path, Reference::Exported(exported.head)), [expected]);
    }
    assert_eq!(findings(&path, Reference::FileAlone), []);
}

#[test]
fn what_is_written_without_the_key_is_covered_by_the_next_signature() {
    let (_folder, path) = in_file();
    let signed = |number: u128| {
        let store = Store::options().key(key(1)).open(&path).unwrap();
        store.organisations().insert(organisation(number, "Signed")).unwrap();
    };
    signed(11);
    Store::open(&path).unwrap().organisations().insert(organisation(12, "Not")).unwrap();
    let store = Store::options().key(key(1)).open(&path).unwrap();
    let reference = store.reference().unwrap();
    assert_eq!(store.verify(reference).unwrap().after_head, 1);
    drop(store);
    signed(13);
    let store = Store::options().key(key(1)).read_only(true).open(&path).unwrap();
    let report = store.verify(store.reference().unwrap()).unwrap();
    assert!(report.is_clean() && report.after_head == 0, "{report}");
}

#[test]
fn a_database_has_one_key_and_works_without() {
    let (_folder, path) = in_file();
    let plain = Store::open(&path).unwrap();
    assert_eq!(plain.node_key_id().unwrap(), None);
    let error = plain.node_key().unwrap_err();
    assert!(error.kind() == Kind::Denied && error.advice().is_some());
    assert_eq!(plain.reference().unwrap(), Reference::FileAlone);
    assert_eq!(plain.head().unwrap().signature, None);
    let read_only = Store::options().key(key(1)).read_only(true).open(&path).unwrap();
    assert_eq!(read_only.node_key_id().unwrap(), None, "reading changes nothing");
    assert_eq!(read_only.reference().unwrap(), Reference::FileAlone);

    let keyed = Store::options().key(key(1)).open(&path).unwrap();
    assert_eq!(keyed.node_key_id().unwrap(), Some(key(1).id()));
    assert_eq!(keyed.reference().unwrap().head().unwrap().seq, 5);
    for read_only in [false, true] {
        let error = Store::options().key(key(2)).read_only(read_only).open(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.to_string().contains(&key(1).id().to_string()), "{error}");
        assert!(error.advice().unwrap().contains("CEREBRATE_KEY_FILE"));
    }
    plain.organisations().insert(organisation(20, "Still")).unwrap();
}

#[test]
fn a_signed_head_that_was_touched_is_not_trusted() {
    for sql in [
        "DELETE FROM setting WHERE name = 'head'",
        "UPDATE setting SET value = replace(value, '\"seq\":5', '\"seq\":4') WHERE name = 'head'",
        "UPDATE setting SET value = '{' WHERE name = 'head'",
    ] {
        let (_folder, path) = in_file();
        drop(Store::options().key(key(1)).open(&path).unwrap());
        edit(&path, sql);
        let store = Store::options().key(key(1)).open(&path).unwrap();
        for _ in 0..2 {
            assert_eq!(store.reference().unwrap_err().kind(), Kind::Untrusted, "{sql}");
            assert_eq!(store.head().unwrap_err().kind(), Kind::Untrusted, "{sql}");
            store.organisations().upsert(organisation(30, "Goes on")).unwrap();
        }
    }
}

#[test]
fn an_exported_head_is_checked_by_whoever_signed_it() {
    let store = options().key(key(1)).in_memory().unwrap();
    five_rows(&store);
    let mut head = store.head().unwrap();
    let text = serde_json::to_string(&head).unwrap();
    assert_eq!(serde_json::from_str::<cerebrate_store::store::SignedHead>(&text).unwrap(), head);
    assert_eq!(store.reference_of(&head).unwrap(), Reference::Exported(head.head));
    head.head.seq = 4;
    assert_eq!(store.reference_of(&head).unwrap_err().kind(), Kind::Untrusted);
    let without = options().in_memory().unwrap();
    assert_eq!(without.reference_of(&head).unwrap(), Reference::Exported(head.head));
}

#[test]
fn a_row_whose_hash_is_gone_does_not_stop_writing() {
    let (_folder, path) = in_file();
    edit(&path, "UPDATE feed SET hash = NULL WHERE seq = 5");
    let store = Store::open(&path).unwrap();
    store.organisations().insert(organisation(40, "Next")).unwrap();
    let named: Vec<u64> = findings(&path, Reference::FileAlone).iter().map(Finding::seq).collect();
    assert_eq!(named, [5], "what is written later continues the hash that it ought to have");
}

/// A database as the first version of the schema had it, with four rows; one of them cannot be read
/// if `odd`, and what another wrote is gone.
fn version_1(path: &Path, odd: bool) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("../../src/backend/sqlite/migrations/0001.sql")).unwrap();
    let kind = if odd { 77 } else { 1 };
    connection
        .execute_batch(&format!(
            "PRAGMA user_version = 1; PRAGMA application_id = 1129464402;
             INSERT INTO change_set (id, uuid, time, actor, origin) VALUES
                 (1, x'00000000000000000000000000000011', 1800000000, 'ada', 'local'),
                 (2, x'00000000000000000000000000000012', 1800000001, NULL, 'import a.csv');
             INSERT INTO feed (seq, change_set, kind, entity, local_id, action) VALUES
                 (1, 1, 1, x'00000000000000000000000000000001', 1, 1),
                 (2, 1, {kind}, x'00000000000000000000000000000002', 2, 1),
                 (3, 2, 1, x'00000000000000000000000000000001', 1, 3),
                 (4, 2, 1, x'00000000000000000000000000000002', 2, 3);
             INSERT INTO feed_payload (seq, json) VALUES
                 (1, '{{\"name\":\"A\"}}'), (2, x'7b7d'), (4, '{{\"name\":\"B\"}}')"
        ))
        .unwrap();
}

#[test]
fn an_older_database_is_upgraded_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    version_1(&path, false);
    let store = options().key(key(1)).open(&path).unwrap();
    assert!(folder.path().join("contacts.db.before-v2").is_file());
    let before = store.head().unwrap().head;
    assert_eq!(before.seq, 4, "the genesis is the end until something is written");
    store.organisations().insert(organisation(50, "New")).unwrap();
    for reference in [Reference::FileAlone, Reference::Exported(before), store.reference().unwrap()]
    {
        let report = store.verify(reference).unwrap();
        assert!(report.is_clean(), "{report}");
        assert_eq!((report.rows, report.last_seq), (5, 5));
    }
    drop(store);
    for (sql, expected) in [
        ("UPDATE feed SET local_id = 9 WHERE seq = 2", vec![Finding::Genesis { through: 4 }]),
        ("DELETE FROM feed WHERE seq = 1", vec![Finding::Genesis { through: 4 }]),
        (
            "UPDATE feed_payload SET json = '{}' WHERE seq = 1",
            vec![Finding::Edited { seq: 1, part: Part::Payload }],
        ),
        (
            "DELETE FROM feed_payload WHERE seq = 2",
            vec![Finding::Edited { seq: 2, part: Part::PayloadMissing }],
        ),
    ] {
        let copy = folder.path().join("edited.db");
        std::fs::copy(&path, &copy).unwrap();
        edit(&copy, sql);
        assert_eq!(findings(&copy, Reference::FileAlone), expected, "{sql}");
        std::fs::remove_file(&copy).unwrap();
    }
}

#[test]
fn rows_older_than_the_chain_are_erased_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    version_1(&path, false);
    let store = options().open(&path).unwrap();
    store.organisations().insert(organisation(50, "New")).unwrap();
    // The second of the two old change sets is one second younger.
    let before = cerebrate_core::value::Timestamp::from_unix(1_800_000_001);
    let report = store.prune(before).unwrap();
    assert!(report.rows >= 2, "{report:?}");
    let verified = store.verify(Reference::FileAlone).unwrap();
    assert_eq!((verified.findings, verified.erased), (vec![], report.rows));
    edit(&path, "DELETE FROM feed_payload WHERE seq = 4");
    let missing = Finding::Edited { seq: 4, part: Part::PayloadMissing };
    assert_eq!(findings(&path, Reference::FileAlone), [missing]);
    let named: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT action FROM feed_v ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(named, "erase");
}

#[test]
fn an_older_row_that_cannot_be_read_stands_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    version_1(&path, true);
    let store = options().open(&path).unwrap();
    store.organisations().insert(organisation(50, "New")).unwrap();
    let report = store.verify(Reference::FileAlone).unwrap();
    assert_eq!(report.findings, [Finding::Edited { seq: 2, part: Part::Metadata }]);
}

#[test]
fn the_view_shows_hash_and_digest() {
    let (_folder, path) = in_file();
    let (digest, hash): (String, String) = Connection::open(&path)
        .unwrap()
        .query_row("SELECT digest, hash FROM feed_v WHERE seq = 5", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let store = Store::open(&path).unwrap();
    assert_eq!(hash, store.head().unwrap().head.hash.to_string());
    assert!(digest.len() == 64 && digest != hash);
}

#[test]
fn no_byte_of_any_row_can_be_flipped_unseen() {
    let (_folder, path) = in_file();
    let store = Store::options().read_only(true).open(&path).unwrap();
    let editor = Connection::open(&path).unwrap();
    editor.execute_batch("PRAGMA synchronous = OFF").unwrap();
    for (table, column) in [
        ("feed", "entity"),
        ("feed", "digest"),
        ("feed", "hash"),
        ("feed_payload", "json"),
        ("feed_payload", "salt"),
    ] {
        for seq in 1..=5 {
            let read = format!("SELECT {column} FROM {table} WHERE seq = {seq}");
            let bytes: Vec<u8> = editor.query_row(&read, [], |row| row.get(0)).unwrap();
            let write = format!("UPDATE {table} SET {column} = ?1 WHERE seq = {seq}");
            // Every byte of what is short, every seventh of a payload.
            for at in (0..bytes.len()).step_by(if column == "json" { 7 } else { 1 }) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                editor.execute(&write, [flipped]).unwrap();
                let findings = store.verify(Reference::FileAlone).unwrap().findings;
                let named: Vec<u64> = findings.iter().map(Finding::seq).collect();
                assert_eq!(named, [seq], "{table}.{column}, byte {at}: {findings:?}");
            }
            editor.execute(&write, [bytes]).unwrap();
        }
    }
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
}
