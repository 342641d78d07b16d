//! A file of which somebody changed the trail: what is found with the file alone, with the node key,
//! and with an exported head, and which row is named.

use std::path::{Path, PathBuf};

use cerebrate_core::Kind;
use cerebrate_core::audit::chain::{
    Finding, Genesis, Part, Reference, RowHash, RowMetadata, payload_digest, row_hash,
};
use cerebrate_core::clock::Clock;
use cerebrate_core::model::EntityKind;
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use rusqlite::{Connection, params};
use tempfile::TempDir;
use uuid::Uuid;

use crate::world::{id, options, organisation};

const KEY: [u8; 32] = [7; 32];

/// Eight rows, four change sets, signed; and the head that was exported after row 6.
fn world() -> (TempDir, PathBuf, Reference) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let store = options().key(NodeKey::new(KEY)).open(&path).unwrap();
    let insert = |numbers: &[u128]| {
        store
            .transaction(|transaction| {
                for number in numbers {
                    let name = format!("Team {number}");
                    transaction.organisations().insert(organisation(*number, &name))?;
                }
                Ok(())
            })
            .unwrap();
    };
    insert(&[1, 2, 3]);
    insert(&[4, 5]);
    store.organisations().remove(id(2)).unwrap();
    let exported = Reference::Exported(store.head().unwrap().head);
    insert(&[6, 7]);
    (folder, path, exported)
}

/// What a test expects of the findings.
type Expected = Vec<Finding>;

struct Found {
    alone: Expected,
    key: Expected,
    exported: Expected,
}

fn look(path: &Path, exported: Reference) -> Found {
    let store = Store::options().key(NodeKey::new(KEY)).read_only(true).open(path).unwrap();
    let verify = |reference| store.verify(reference).unwrap().findings;
    let key = store.reference().unwrap();
    assert!(matches!(key, Reference::Key(_)));
    Found { alone: verify(Reference::FileAlone), key: verify(key), exported: verify(exported) }
}

fn edited(seq: u64, part: Part) -> Expected {
    vec![Finding::Edited { seq, part }]
}

/// One byte of a column changed.
fn flip(table: &str, column: &str, seq: u64) -> String {
    format!(
        "UPDATE {table} SET {column} = unhex(substr(hex({column}), 1, 4)
             || CASE substr(hex({column}), 5, 1) WHEN '0' THEN '1' ELSE '0' END
             || substr(hex({column}), 6)) WHERE seq = {seq}"
    )
}

/// Two rows exchanged, with their payloads.
fn swap(a: u64, b: u64) -> String {
    let of = |table| {
        format!(
            "UPDATE {table} SET seq = 99 WHERE seq = {a};
             UPDATE {table} SET seq = {a} WHERE seq = {b};
             UPDATE {table} SET seq = {b} WHERE seq = 99;"
        )
    };
    ["feed", "feed_payload"].map(of).concat()
}

/// The rows from one on with other numbers.
fn renumber(from: u64, by: i64) -> String {
    let of = |table| {
        format!(
            "UPDATE {table} SET seq = -seq WHERE seq >= {from};
             UPDATE {table} SET seq = -seq + {by} WHERE seq < 0;"
        )
    };
    ["feed", "feed_payload"].map(of).concat()
}

#[test]
fn what_is_changed_in_the_file_is_found_with_the_file_alone() {
    let moved = |pairs: &[(u64, u64)]| -> Expected {
        pairs
            .iter()
            .map(|(seq, belongs)| Finding::Reordered { seq: *seq, belongs: *belongs })
            .collect()
    };
    let dropped = |first, last| vec![Finding::Dropped { first, last }];
    let forged = "INSERT INTO feed (seq, change_set, kind, entity, local_id, action, digest, hash)
             SELECT 9, change_set, kind, entity, local_id, action, digest, hash FROM feed WHERE seq = 8;
         INSERT INTO feed_payload (seq, json, salt)
             SELECT 9, json, salt FROM feed_payload WHERE seq = 8";
    for (what, sql, expected) in [
        ("a byte of a payload", flip("feed_payload", "json", 4), edited(4, Part::Payload)),
        ("a byte of a salt", flip("feed_payload", "salt", 4), edited(4, Part::Payload)),
        ("a byte of a digest", flip("feed", "digest", 4), edited(4, Part::PayloadDigest)),
        ("a byte of a hash", flip("feed", "hash", 4), edited(4, Part::Hash)),
        ("a byte of the record", flip("feed", "entity", 4), edited(4, Part::Metadata)),
        (
            "the kind of what happened",
            "UPDATE feed SET action = 4 WHERE seq = 4".to_owned(),
            edited(4, Part::Metadata),
        ),
        (
            "a payload taken away",
            "DELETE FROM feed_payload WHERE seq = 4".to_owned(),
            edited(4, Part::PayloadMissing),
        ),
        (
            "the last payload taken away",
            "DELETE FROM feed_payload WHERE seq = 8".to_owned(),
            edited(8, Part::PayloadMissing),
        ),
        (
            "payload and digest taken away",
            "DELETE FROM feed_payload WHERE seq = 4; UPDATE feed SET digest = NULL WHERE seq = 4"
                .to_owned(),
            edited(4, Part::Metadata),
        ),
        (
            "a row",
            "DELETE FROM feed WHERE seq = 4; DELETE FROM feed_payload WHERE seq = 4".to_owned(),
            dropped(4, 4),
        ),
        ("a row but not its payload", "DELETE FROM feed WHERE seq = 4".to_owned(), dropped(4, 4)),
        (
            "rows, and the rest numbered anew",
            format!(
                "DELETE FROM feed WHERE seq IN (3, 4); DELETE FROM feed_payload WHERE seq IN (3, 4);{}",
                renumber(5, -2)
            ),
            dropped(3, 4),
        ),
        ("two rows exchanged", swap(2, 3), moved(&[(2, 3), (3, 2)])),
        ("two rows far from each other exchanged", swap(2, 7), moved(&[(2, 7), (7, 2)])),
        ("rows numbered anew", renumber(5, 3), moved(&[(8, 5)])),
        ("a copy of a row at the end", forged.to_owned(), edited(9, Part::Metadata)),
        (
            "a row of rubbish",
            "INSERT INTO feed (seq, change_set, kind, entity, local_id, action, digest, hash)
                 VALUES (9, 4, 1, zeroblob(16), 9, 1, zeroblob(32), zeroblob(32))"
                .to_owned(),
            vec![
                Finding::Edited { seq: 9, part: Part::Metadata },
                Finding::Edited { seq: 9, part: Part::PayloadMissing },
            ],
        ),
        (
            "a row without hash",
            "INSERT INTO feed (seq, change_set, kind, entity, local_id, action)
                 VALUES (9, 4, 1, zeroblob(16), 9, 1)"
                .to_owned(),
            edited(9, Part::Hash),
        ),
        (
            "a payload without a row",
            "INSERT INTO feed_payload (seq, json) VALUES (9, '{}')".to_owned(),
            vec![Finding::Stray { seq: 9 }],
        ),
    ] {
        let (_folder, path, exported) = world();
        let clean = look(&path, exported);
        assert!(clean.alone.is_empty() && clean.key.is_empty() && clean.exported.is_empty());
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let found = look(&path, exported);
        assert_eq!(found.alone, expected, "{what}");
        assert_eq!(found.key, expected, "{what}, with the key");
        assert_eq!(found.exported, expected, "{what}, with the exported head");
    }
}

#[test]
fn what_holds_together_is_found_with_key_and_exported_head() {
    let cut = |last: u64| {
        format!(
            "DELETE FROM feed WHERE seq > {last}; DELETE FROM feed_payload WHERE seq > {last};
             UPDATE sqlite_sequence SET seq = {last} WHERE name = 'feed'"
        )
    };
    let truncated = |last, head| vec![Finding::Truncated { last, head }];
    let rewritten = |seq| vec![Finding::Rewritten { seq }];
    let edit = "UPDATE feed_payload SET json = replace(CAST(json AS TEXT), 'Team 4', 'Team X')
                WHERE seq = 4";
    for (what, sql, again, by_key, by_head) in [
        ("the tail", cut(7), false, truncated(7, 8), vec![]),
        ("the tail from before the export", cut(3), false, truncated(3, 8), truncated(3, 6)),
        ("everything", cut(0), false, truncated(0, 8), truncated(0, 6)),
        (
            "a payload, and all of it chained anew",
            edit.to_owned(),
            true,
            rewritten(8),
            rewritten(6),
        ),
        ("nothing but the salts", String::new(), true, rewritten(8), rewritten(6)),
        (
            "the beginning",
            "UPDATE feed SET local_id = 9 WHERE seq = 1".to_owned(),
            true,
            rewritten(8),
            rewritten(6),
        ),
    ] {
        let (_folder, path, exported) = world();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&sql).unwrap();
        if again {
            chain_again(&connection, 1);
        }
        let found = look(&path, exported);
        assert_eq!(found.alone, [], "{what}");
        assert_eq!(found.key, by_key, "{what}");
        assert_eq!(found.exported, by_head, "{what}");
    }
    // From behind the exported head on, only the key knows.
    let (_folder, path, exported) = world();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE feed SET local_id = 99 WHERE seq = 7").unwrap();
    chain_again(&connection, 7);
    let found = look(&path, exported);
    assert_eq!((found.alone, found.key, found.exported), (vec![], rewritten(8), vec![]));
}

#[test]
fn a_forged_row_that_holds_together_is_told_as_younger_than_the_head() {
    let (_folder, path, exported) = world();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "INSERT INTO feed (seq, change_set, kind, entity, local_id, action)
                 VALUES (9, 4, 1, zeroblob(16), 9, 3);
             INSERT INTO feed_payload (seq, json) VALUES (9, '{}')",
        )
        .unwrap();
    chain_again(&connection, 9);
    let store = Store::options().key(NodeKey::new(KEY)).read_only(true).open(&path).unwrap();
    let report = store.verify(store.reference().unwrap()).unwrap();
    assert!(report.is_clean() && report.after_head == 1, "{report}");
    assert_eq!(store.verify(exported).unwrap().after_head, 3);
}

/// After everything that the world did.
struct Late;

impl Clock for Late {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_900_000_000)
    }
}

fn open(path: &Path) -> Store {
    Store::options().clock(Late).key(NodeKey::new(KEY)).open(path).unwrap()
}

/// What is found against the head that is kept under the key.
fn by_key(path: &Path) -> Expected {
    let store = Store::options().key(NodeKey::new(KEY)).read_only(true).open(path).unwrap();
    store.verify(store.reference().unwrap()).unwrap().findings
}

/// A row that says that others were erased, well chained and without the key.
fn forge_erasure(connection: &Connection, seq: u64, rows: &str) {
    connection
        .execute_batch(&format!(
            "INSERT INTO feed (seq, change_set, kind, entity, local_id, action)
                 VALUES ({seq}, 4, 1, zeroblob(16), 9, 4);
             INSERT INTO feed_payload (seq, json)
                 VALUES ({seq}, CAST('{{\"cause\":\"person\",\"rows\":[{rows}]}}' AS BLOB))"
        ))
        .unwrap();
    chain_again(connection, seq);
}

#[test]
fn an_erasure_that_nobody_signed_absolves_nothing_and_is_never_signed_over() {
    for rows in ["[4,4]", "[0,9223372036854775807]"] {
        let (_folder, path, exported) = world();
        let connection = Connection::open(&path).unwrap();
        forge_erasure(&connection, 9, rows);
        connection.execute_batch("DELETE FROM feed_payload WHERE seq = 4").unwrap();
        let unsigned = Finding::UnsignedErasure { seq: 9 };
        let head = |path: &Path| {
            let store = Store::options().read_only(true).open(path).unwrap();
            store.verify(exported).unwrap().findings
        };
        assert!(by_key(&path).contains(&unsigned) && head(&path).contains(&unsigned));
        let store = open(&path);
        let before = store.reference().unwrap();
        store.organisations().insert(organisation(10, "Next")).unwrap();
        assert_eq!(store.reference().unwrap(), before, "not signed");
        assert_eq!(store.head().unwrap_err().kind(), Kind::Untrusted);
        assert!(by_key(&path).contains(&unsigned) && head(&path).contains(&unsigned));
    }
}

#[test]
fn rows_that_do_not_continue_the_signed_head_are_never_signed_over() {
    let copy = "INSERT INTO feed (seq, change_set, kind, entity, local_id, action, digest, hash)
             SELECT 9, change_set, kind, entity, local_id, action, digest, randomblob(32)
             FROM feed WHERE seq = 8";
    for sql in [
        copy.to_owned(),
        copy.replace("randomblob(32)", "NULL"),
        copy.replace("digest, randomblob", "NULL, randomblob"),
        copy.replace("SELECT 9, change_set", "SELECT 9, 1"),
    ] {
        let (_folder, path, _) = world();
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let store = open(&path);
        let before = store.reference().unwrap();
        store.organisations().insert(organisation(10, "Next")).unwrap();
        store.organisations().insert(organisation(11, "One more")).unwrap();
        assert_eq!(store.reference().unwrap(), before, "{sql}");
        assert!(by_key(&path).iter().any(|finding| finding.seq() == 9), "{sql}");
        assert!(by_key(&path).iter().all(|finding| finding.seq() == 9), "{sql}");
    }
}

#[test]
fn nothing_is_erased_over_a_trail_that_does_not_verify() {
    for sql in [
        "DELETE FROM feed_payload WHERE seq = 4",
        "UPDATE feed_payload SET json = replace(CAST(json AS TEXT), 'Team 4', 'Team X')
             WHERE seq = 4",
    ] {
        let (_folder, path, _) = world();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let found = by_key(&path);
        assert_eq!(found.len(), 1);
        let store = open(&path);
        let now = store.change_sets(1).unwrap()[0].time;
        let first = found[0].to_string();
        for refused in [store.prune(now).unwrap_err(), store.prune_preview(now).unwrap_err()] {
            assert_eq!(refused.kind(), Kind::Untrusted);
            assert!(refused.to_string().contains(&first), "{refused}");
            assert!(refused.advice().unwrap().contains("audit verify"), "{refused}");
        }
        assert_eq!(by_key(&path), found);
    }
    let (_folder, path, _) = world();
    let keyless = Store::options().clock(Late).open(&path).unwrap();
    let now = keyless.change_sets(1).unwrap()[0].time;
    let refused = keyless.prune(now).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
    assert!(refused.advice().is_some());
    drop(keyless);
    let store = open(&path);
    let report = store.prune(now).unwrap();
    assert!(report.rows > 0 && by_key(&path).is_empty(), "signed at once");
    assert_eq!(store.verify(store.reference().unwrap()).unwrap().after_head, 0);
}

#[test]
fn what_was_erased_and_is_there_again_is_found() {
    let (folder, path, _) = world();
    let copy = folder.path().join("copy.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
    let store = open(&path);
    store.prune(store.change_sets(1).unwrap()[0].time).unwrap();
    drop(store);
    let connection = Connection::open(&path).unwrap();
    connection.execute("ATTACH ?1 AS copy", [copy.to_str()]).unwrap();
    connection
        .execute_batch("INSERT INTO feed_payload SELECT * FROM copy.feed_payload WHERE seq = 3")
        .unwrap();
    assert_eq!(by_key(&path), [Finding::Restored { seq: 3 }]);
}

#[test]
fn a_payload_without_row_in_the_way_is_told() {
    let (_folder, path, _) = world();
    Connection::open(&path)
        .unwrap()
        .execute_batch("INSERT INTO feed_payload (seq, json) VALUES (9, '{}')")
        .unwrap();
    let error = open(&path).organisations().insert(organisation(10, "Next")).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt, "{error}");
    assert!(error.to_string().contains('9') && error.advice().unwrap().contains("audit verify"));
}

#[test]
fn an_exported_head_does_not_pass_for_the_one_that_is_kept() {
    let (_folder, path, _) = world();
    let store = open(&path);
    let exported = serde_json::to_string(&store.head().unwrap()).unwrap();
    drop(store);
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE setting SET value = ?1 WHERE name = 'head'", [exported])
        .unwrap();
    let error = open(&path).reference().unwrap_err();
    assert_eq!(error.kind(), Kind::Untrusted, "{error}");
}

#[test]
fn a_tail_that_was_cut_shows_by_the_numbers_that_were_given() {
    let (_folder, path, _) = world();
    Connection::open(&path)
        .unwrap()
        .execute_batch("DELETE FROM feed WHERE seq > 7; DELETE FROM feed_payload WHERE seq > 7")
        .unwrap();
    let store = Store::open(&path).unwrap();
    let found = || store.verify(Reference::FileAlone).unwrap().findings;
    assert_eq!(found(), [Finding::Truncated { last: 7, head: 8 }]);
    store.organisations().insert(organisation(10, "Next")).unwrap();
    assert_eq!(found(), [Finding::Skipped { first: 8, last: 8 }]);
}

/// Rebuilds digests and hashes from a row on, with other salts, as somebody with the program can.
fn chain_again(connection: &Connection, from: u64) {
    let genesis: String = connection
        .query_row("SELECT value FROM setting WHERE name = 'genesis'", [], |row| row.get(0))
        .unwrap();
    let genesis: Genesis = serde_json::from_str(&genesis).unwrap();
    let mut previous = genesis.hash;
    let mut statement = connection
        .prepare(
            "SELECT f.seq, c.uuid, c.time, c.actor, c.origin, f.kind, f.entity, f.local_id,
                    f.action, p.json, f.hash
             FROM feed AS f JOIN change_set AS c ON c.id = f.change_set
             JOIN feed_payload AS p ON p.seq = f.seq ORDER BY f.seq",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let seq = row.get::<_, i64>(0).unwrap().unsigned_abs();
        if seq < from {
            previous = RowHash::from_bytes(row.get(10).unwrap());
            continue;
        }
        let (actor, origin): (Option<String>, String) = (row.get(3).unwrap(), row.get(4).unwrap());
        let kind: i64 = row.get(5).unwrap();
        let action: i64 = row.get(8).unwrap();
        let payload = row.get_ref(9).unwrap().as_bytes().unwrap();
        let salt = [seq.to_le_bytes(), [9; 8]].concat();
        let digest = payload_digest(salt.as_slice().try_into().unwrap(), payload);
        let metadata = RowMetadata {
            seq,
            change_set: row.get(1).unwrap(),
            time: Timestamp::from_unix(row.get(2).unwrap()),
            actor: actor.as_deref(),
            origin: &origin,
            kind: if kind == 1 { EntityKind::Organisation } else { EntityKind::Tag },
            entity: row.get::<_, Uuid>(6).unwrap(),
            local_id: row.get(7).unwrap(),
            action: ["", "insert", "update", "remove", "erase"][usize::try_from(action).unwrap()],
        };
        previous = row_hash(&previous, &metadata, Some(&digest));
        connection
            .execute(
                "UPDATE feed SET digest = ?2, hash = ?3 WHERE seq = ?1",
                params![seq.cast_signed(), digest.as_bytes(), previous.as_bytes()],
            )
            .unwrap();
        connection
            .execute(
                "UPDATE feed_payload SET salt = ?2 WHERE seq = ?1",
                params![seq.cast_signed(), salt],
            )
            .unwrap();
    }
}
