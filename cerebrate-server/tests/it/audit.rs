use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::Place;

fn edit(place: &Place, sql: &str) {
    Connection::open(place.path("cerebrate.db")).unwrap().execute_batch(sql).unwrap();
}

/// The file with one byte of a column changed, as somebody with an editor would.
fn flip(place: &Place, table: &str, column: &str, seq: u64) {
    let connection = Connection::open(place.path("cerebrate.db")).unwrap();
    let read = format!("SELECT {column} FROM {table} WHERE seq = {seq}");
    let mut bytes: Vec<u8> = connection.query_row(&read, [], |row| row.get(0)).unwrap();
    bytes[3] ^= 1;
    let write = format!("UPDATE {table} SET {column} = ?1 WHERE seq = {seq}");
    connection.execute(&write, [bytes]).unwrap();
}

fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        path.metadata().unwrap().permissions().mode() & 0o777
    }
    #[cfg(not(unix))]
    {
        assert!(path.is_file());
        0o600
    }
}

#[test]
fn a_row_of_which_one_byte_was_flipped_is_named() {
    for (table, column) in [
        ("feed", "entity"),
        ("feed", "digest"),
        ("feed", "hash"),
        ("feed_payload", "json"),
        ("feed_payload", "salt"),
    ] {
        let place = Place::sample();
        let clean = place.ok(&["audit", "verify"]);
        assert!(clean.out.contains("checked against the node key"), "{clean:?}");
        flip(&place, table, column, 7);
        let ran = place.run(&["audit", "verify"]);
        assert_eq!(ran.code, 1, "{table}.{column}: {ran:?}");
        assert!(ran.out.starts_with("row 7: edited: "), "{table}.{column}: {ran:?}");
        assert!(ran.out.contains(": 1 finding\n"), "{table}.{column}: {ran:?}");
        let found = place.run(&["audit", "verify", "--json"]);
        assert_eq!(found.code, 1);
        let found = found.json();
        assert_eq!(found["clean"], false);
        assert_eq!(found["findings"][0]["seq"], 7);
        assert_eq!(found["findings"][1], Value::Null);
        assert_eq!(found["reference"]["kind"], "key");
    }
}

#[test]
fn a_trail_that_was_cut_is_found_with_an_exported_head() {
    let place = Place::sample();
    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=energy"]);
    let said = place.ok(&["audit", "head", "-o", "head.json"]).err;
    assert!(said.contains("keep it where the database is not"), "{said}");
    let head = place.ok(&["audit", "head"]).json();
    assert_eq!(head["head"]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(head["signature"].as_str().unwrap().len(), 64);
    let last = head["head"]["seq"].as_u64().unwrap();
    place.ok(&["audit", "verify", "--head", "head.json"]);
    place.fails(1, &["audit", "head", "-o", "head.json"]);
    edit(
        &place,
        &format!(
            "DELETE FROM feed WHERE seq = {last}; DELETE FROM feed_payload WHERE seq = {last};
             UPDATE sqlite_sequence SET seq = {last} - 1 WHERE name = 'feed'"
        ),
    );
    let both = place.run(&["audit", "verify", "--head", "head.json"]);
    assert_eq!(both.code, 1);
    assert!(
        both.out.contains("an exported head") && both.out.contains("and the node key"),
        "{both:?}"
    );
    std::fs::rename(place.path("cerebrate.db.key"), place.path("away")).unwrap();

    let alone = place.ok(&["audit", "verify"]);
    assert!(alone.out.contains("checked against the file alone"), "{alone:?}");
    assert!(alone.err.contains("audit head"), "{alone:?}");
    let found = place.run(&["audit", "verify", "--head", "head.json"]);
    assert_eq!(found.code, 1);
    assert!(found.out.contains(&format!("truncated: the chain went on to row {last}")));
    assert!(found.out.contains("checked against an exported head"), "{found:?}");
    assert!(found.err.contains("signature of the head was not checked"), "{found:?}");
    let found = place.run(&["audit", "verify", "--head", "head.json", "--json"]).json();
    assert_eq!(found["reference"]["kind"], "exported");
    assert_eq!(found["findings"][0]["kind"], "truncated");

    std::fs::rename(place.path("away"), place.path("cerebrate.db.key")).unwrap();
    let keyed = place.run(&["audit", "verify"]);
    assert_eq!(keyed.code, 1);
    assert!(keyed.out.contains("truncated"), "{keyed:?}");
    place.fails(1, &["audit", "head"]);
}

#[test]
fn a_head_that_is_none_or_was_changed_is_refused() {
    let place = Place::sample();
    place.write("none.json", "{}");
    let refused = place.fails(1, &["audit", "verify", "--head", "none.json"]);
    assert!(refused.err.contains("audit head -o"), "{refused:?}");
    place.fails(1, &["audit", "verify", "--head", "missing.json"]);
    let mut head = place.ok(&["audit", "head"]).json();
    head["head"]["seq"] = 1.into();
    place.write("changed.json", head.to_string());
    place.fails(1, &["audit", "verify", "--head", "changed.json"]);
    let elsewhere = Place::sample();
    let head = elsewhere.ok(&["audit", "head"]).out;
    let refused = place.fed(&head, &["audit", "verify", "--head", "-"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("another node"), "{refused:?}");
}

#[test]
fn a_signed_head_that_was_taken_away_is_a_finding() {
    let place = Place::sample();
    edit(&place, "DELETE FROM setting WHERE name = 'head'");
    let found = place.run(&["audit", "verify"]);
    assert_eq!(found.code, 1);
    assert!(found.out.contains("taken out of the database"), "{found:?}");
    let found = place.run(&["audit", "verify", "--json"]);
    assert_eq!(found.code, 1);
    assert_eq!(found.json()["clean"], false);
    assert!(found.json()["head_problem"].is_string());
}

#[test]
fn init_makes_the_key_once_and_never_another() {
    let place = Place::empty();
    let made = place.ok(&["init", "--json"]).json();
    let key = place.path("cerebrate.db.key");
    assert_eq!(
        (&made["key"]["created"], &made["key"]["file"]),
        (&true.into(), &"cerebrate.db.key".into())
    );
    assert_eq!(mode(&key), 0o600);
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!((text.len(), text.ends_with('\n')), (65, true));
    let again = place.ok(&["init", "--json"]).json();
    assert_eq!(
        (&again["key"]["created"], &again["key"]["id"]),
        (&false.into(), &made["key"]["id"])
    );
    assert_eq!(std::fs::read_to_string(&key).unwrap(), text);

    std::fs::remove_file(&key).unwrap();
    let lost = place.ok(&["init"]);
    assert!(lost.err.contains(made["key"]["id"].as_str().unwrap()), "{lost:?}");
    assert!(!key.exists(), "a new key would open nothing");
    place.ok(&["organisation", "add", "Works without"]);
}

#[test]
fn the_key_file_can_be_elsewhere_and_a_wrong_one_is_denied() {
    let place = Place::empty();
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("CEREBRATE_KEY_FILE", "node.key").output().unwrap()
    };
    assert!(run(&["init"]).status.success());
    assert!(place.path("node.key").is_file() && !place.path("cerebrate.db.key").exists());
    assert!(run(&["audit", "verify"]).status.success());
    place.write("node.key", "00".repeat(32));
    for arguments in [["audit", "verify"].as_slice(), &["organisation", "add", "X"], &["init"]] {
        let denied = run(arguments);
        let said = String::from_utf8(denied.stderr).unwrap();
        assert_eq!(denied.status.code(), Some(3), "{said}");
        assert!(said.contains("hint:") && said.contains("CEREBRATE_KEY_FILE"), "{said}");
    }
    place.write("node.key", "secret text that is no key");
    let invalid = run(&["audit", "verify"]);
    let said = String::from_utf8(invalid.stderr).unwrap();
    assert_eq!(invalid.status.code(), Some(1), "{said}");
    assert!(!said.contains("secret text"), "{said}");
}

#[test]
fn a_backup_has_no_key_and_says_so() {
    let place = Place::sample();
    let said = place.ok(&["backup", "copy.db"]).err;
    assert!(said.contains("`cerebrate.db.key` is not in it"), "{said}");
    let key = std::fs::read_to_string(place.path("cerebrate.db.key")).unwrap();
    let key = key.trim();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap()).collect();
    let copy = std::fs::read(place.path("copy.db")).unwrap();
    assert!(!copy.windows(64).any(|window| window == key.as_bytes()));
    assert!(!copy.windows(32).any(|window| window == bytes));
    let alone = place.ok(&["--db", "copy.db", "audit", "verify"]);
    assert!(alone.out.contains("the file alone"), "{alone:?}");
}

#[test]
fn a_database_of_version_1_is_upgraded_and_verifies() {
    let place = Place::empty();
    let connection = Connection::open(place.path("cerebrate.db")).unwrap();
    let schema = include_str!("../../../cerebrate-store/src/backend/sqlite/migrations/0001.sql");
    connection.execute_batch(schema).unwrap();
    connection
        .execute_batch(
            "PRAGMA user_version = 1; PRAGMA application_id = 1129464402;
             INSERT INTO change_set (id, uuid, time, origin)
                 VALUES (1, x'00000000000000000000000000000011', 1800000000, 'local');
             INSERT INTO feed (change_set, kind, entity, local_id, action)
                 VALUES (1, 1, x'00000000000000000000000000000001', 1, 1);
             INSERT INTO feed_payload (seq, json) VALUES (1, x'7b7d')",
        )
        .unwrap();
    drop(connection);
    place.ok(&["audit", "verify"]);
    assert!(place.path("cerebrate.db.before-v2").is_file());
    let report = place.ok(&["init", "--json"]).json();
    assert_eq!((&report["created"], &report["key"]["created"]), (&false.into(), &true.into()));
    let verified = place.ok(&["audit", "verify"]);
    assert!(verified.out.contains("checked against the node key"), "{verified:?}");
    edit(&place, "UPDATE feed SET local_id = 2 WHERE seq = 1");
    let found = place.run(&["audit", "verify"]);
    assert_eq!(found.code, 1);
    assert!(found.out.contains("rows up to 1, older than the chain"), "{found:?}");
}

#[test]
fn a_beginning_that_is_gone_is_a_finding_and_reading_goes_on() {
    for name in ["genesis", "node_key"] {
        for sql in [
            format!("DELETE FROM setting WHERE name = '{name}'"),
            format!("UPDATE setting SET value = 'x' WHERE name = '{name}'"),
        ] {
            let place = Place::sample();
            edit(&place, &sql);
            let found = place.run(&["audit", "verify"]);
            assert_eq!(found.code, 1, "{sql}: {found:?}");
            assert_eq!(place.run(&["audit", "verify", "--json"]).json()["clean"], false);
            place.ok(&["organisation", "list"]);
        }
    }
}

#[test]
fn users_and_records_that_nobody_knows_are_told() {
    let place = Place::sample();
    for arguments in [
        ["--user", "nobody"],
        ["--user", "00000000-0000-4000-8000-00000000dead"],
        ["--record", "00000000-0000-4000-8000-00000000dead"],
    ] {
        let mut command = vec!["audit", "log"];
        command.extend(arguments);
        place.fails(1, &command);
    }
    place.ok(&["individual", "add", "jane@team.example"]);
    let user = ["user", "add", "janeuser1", "--set", "individual=jane@team.example"];
    place.ok(&[user.as_slice(), &["--set", "role=admin", "--set", "organisation=CIRCL"]].concat());
    place.ok(&["--as", "janeuser1", "organisation", "edit", "AEC", "--set", "sector=q"]);
    place.ok(&["user", "remove", "janeuser1"]);
    let log = place.ok(&["audit", "log", "--user", "janeuser1", "--json"]).json();
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
}
