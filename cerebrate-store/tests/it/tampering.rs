//! A file of which somebody changed the trail: what is found with the file alone, with the node key,
//! and with an exported head, and which row is named.

use std::path::{Path, PathBuf};

use cerebrate_core::audit::chain::{
    Finding, Genesis, Part, Reference, RowHash, RowMetadata, payload_digest, row_hash,
};
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
            action: ["", "insert", "update", "remove"][usize::try_from(action).unwrap()],
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
