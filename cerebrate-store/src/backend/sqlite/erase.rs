//! Taking payloads out of the feed, and what was taken out of the file.

use cerebrate_core::audit::chain::RowRanges;
use cerebrate_core::error::Result;
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::failure::{corrupt, failed};
use super::{feed, rows, search};
use crate::backend::{FeedPlace, Forgotten, Older};

const READ: &str = "read feed";
const ERASE: &str = "erase";
const UPGRADE: &str = "open store";
const SCRUB: &str = "clear the file";

/// How many texts are looked for at once.
const TEXTS: usize = 100;

/// Lets `feed_v` name erasures, whatever else it names by now. Part of the upgrade to version 5.
pub(super) fn name_erasures(connection: &Connection) -> Result<()> {
    const UNNAMED: &str = "WHEN 3 THEN 'remove' END";
    const NAMED: &str = "WHEN 3 THEN 'remove' WHEN 4 THEN 'erase' END";
    let view: String = connection
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'feed_v'", [], |row| row.get(0))
        .map_err(failed(UPGRADE))?;
    if !view.contains(UNNAMED) {
        return Ok(());
    }
    connection
        .execute_batch(&format!("DROP VIEW feed_v; {}", view.replace(UNNAMED, NAMED)))
        .map_err(failed(UPGRADE))
}

pub(super) fn payloads_with(
    connection: &Connection,
    kinds: &[EntityKind],
    texts: &[String],
    each: &mut dyn FnMut(FeedPlace, &[u8]),
) -> Result<()> {
    let failed = failed(READ);
    for texts in texts.chunks(TEXTS) {
        let kinds: Vec<String> = kinds.iter().map(|kind| rows::code(*kind).to_string()).collect();
        let holds: Vec<String> = (1..=texts.len())
            .map(|at| format!("instr(lower(CAST(p.json AS TEXT)), ?{at})"))
            .collect();
        let sql = format!(
            "SELECT f.seq, f.kind, f.entity, f.action, p.json
             FROM feed AS f JOIN feed_payload AS p ON p.seq = f.seq
             WHERE f.kind IN ({}) AND ({}) ORDER BY f.seq",
            kinds.join(","),
            holds.join(" OR ")
        );
        let mut statement = connection.prepare(&sql).map_err(&failed)?;
        let mut rows =
            statement.query(rusqlite::params_from_iter(texts.iter())).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let place = FeedPlace {
                seq: row.get::<_, i64>(0).map_err(&failed)?.unsigned_abs(),
                kind: rows::kind(row.get(1).map_err(&failed)?)
                    .ok_or_else(|| corrupt(READ, "the feed names an unknown kind of record"))?,
                entity: row.get(2).map_err(&failed)?,
                action: feed::action(row.get(3).map_err(&failed)?)
                    .ok_or_else(|| corrupt(READ, "the feed names an unknown action"))?,
            };
            let payload = row.get_ref(4).map_err(&failed)?;
            each(place, payload.as_bytes().unwrap_or_default());
        }
    }
    Ok(())
}

pub(super) fn older_than(connection: &Connection, time: Timestamp) -> Result<Older> {
    let failed = failed(READ);
    let mut statement = connection
        .prepare_cached(
            "SELECT f.seq, f.change_set, f.action <> 4 AND p.seq IS NOT NULL
             FROM feed AS f JOIN change_set AS c ON c.id = f.change_set
             LEFT JOIN feed_payload AS p ON p.seq = f.seq
             WHERE c.time < ?1 AND f.seq > 0 ORDER BY f.seq",
        )
        .map_err(&failed)?;
    let mut found = statement.query([time.unix()]).map_err(&failed)?;
    let mut older = Older::default();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut last_set = None;
    while let Some(row) = found.next().map_err(&failed)? {
        let seq = row.get::<_, i64>(0).map_err(&failed)?.unsigned_abs();
        if row.get(2).map_err(&failed)? {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == seq => *last = seq,
                _ => ranges.push((seq, seq)),
            }
            older.payloads += 1;
            let set: i64 = row.get(1).map_err(&failed)?;
            // The rows of a change set stand together.
            older.change_sets += u64::from(last_set.replace(set) != Some(set));
        }
    }
    older.rows = RowRanges::of(ranges);
    Ok(older)
}

pub(super) fn external_ids(connection: &Connection, kind: EntityKind, id: Uuid) -> Result<u64> {
    connection
        .prepare_cached("DELETE FROM external_id WHERE uuid = ?1 AND kind = ?2")
        .and_then(|mut statement| statement.execute(params![id, rows::code(kind)]))
        .map(|gone| gone as u64)
        .map_err(failed(ERASE))
}

pub(super) fn payloads(connection: &Connection, rows: &RowRanges) -> Result<u64> {
    let failed = failed(ERASE);
    let mut statement = connection
        .prepare_cached(
            "DELETE FROM feed_payload WHERE seq BETWEEN ?1 AND ?2
             AND NOT EXISTS (SELECT 1 FROM feed AS f
                             WHERE f.seq = feed_payload.seq AND f.action = 4)",
        )
        .map_err(&failed)?;
    let mut gone = 0;
    for (first, last) in rows.as_slice() {
        let bound = |seq: &u64| i64::try_from(*seq).unwrap_or(i64::MAX);
        gone += statement.execute([bound(first), bound(last)]).map_err(&failed)? as u64;
    }
    Ok(gone)
}

pub(super) fn texts(
    connection: &Connection,
    is_meant: &dyn Fn(&str) -> bool,
    is_named: &dyn Fn(&str) -> bool,
) -> Result<Forgotten> {
    let failed = failed(ERASE);
    let mut forgotten = Forgotten::default();
    let mut cleared: Vec<i64> = Vec::new();
    let mut statement =
        connection.prepare("SELECT id, summary, actor, origin FROM change_set").map_err(&failed)?;
    let mut sets = statement.query([]).map_err(&failed)?;
    while let Some(row) = sets.next().map_err(&failed)? {
        let holds = |column: usize, what: &dyn Fn(&str) -> bool| -> Result<bool> {
            let text = row.get_ref(column).map_err(&failed)?;
            Ok(text.as_str_or_null().ok().flatten().is_some_and(what))
        };
        if holds(1, is_meant)? {
            cleared.push(row.get(0).map_err(&failed)?);
        }
        forgotten.kept += u64::from(holds(2, is_meant)? || holds(3, is_named)?);
    }
    forgotten.cleared = cleared.len() as u64;
    for id in cleared {
        connection
            .prepare_cached("UPDATE change_set SET summary = NULL WHERE id = ?1")
            .and_then(|mut statement| statement.execute([id]))
            .map_err(&failed)?;
    }
    forgotten.cleared += removers(connection, is_meant)?;
    Ok(forgotten)
}

/// Forgets who removed members of sharing groups: it is told, and decides nothing.
fn removers(connection: &Connection, is_meant: &dyn Fn(&str) -> bool) -> Result<u64> {
    let failed = failed(ERASE);
    let mut changed: Vec<(Value, String)> = Vec::new();
    let mut statement =
        connection.prepare("SELECT uuid, replica FROM sharing_group_replica").map_err(&failed)?;
    let mut replicas = statement.query([]).map_err(&failed)?;
    while let Some(row) = replicas.next().map_err(&failed)? {
        let text: String = row.get(1).map_err(&failed)?;
        if !is_meant(&text) {
            continue;
        }
        let Ok(mut json) = serde_json::from_str(&text) else { continue };
        if without_removers(&mut json, is_meant) {
            changed.push((row.get(0).map_err(&failed)?, json.to_string()));
        }
    }
    let count = changed.len() as u64;
    for (uuid, replica) in changed {
        connection
            .prepare_cached("UPDATE sharing_group_replica SET replica = ?2 WHERE uuid = ?1")
            .and_then(|mut statement| statement.execute(params![uuid, replica]))
            .map_err(&failed)?;
    }
    Ok(count)
}

/// Takes every `by` out that is meant; whether there was one. A replica is nested a few levels.
fn without_removers(json: &mut serde_json::Value, is_meant: &dyn Fn(&str) -> bool) -> bool {
    let mut is_gone = false;
    match json {
        serde_json::Value::Object(members) => {
            if members.get("by").and_then(|by| by.as_str()).is_some_and(is_meant) {
                is_gone = members.remove("by").is_some();
            }
            for member in members.values_mut() {
                is_gone |= without_removers(member, is_meant);
            }
        }
        serde_json::Value::Array(list) => {
            for entry in list {
                is_gone |= without_removers(entry, is_meant);
            }
        }
        _ => {}
    }
    is_gone
}

/// Writes the file anew, without what pages still hold of rows that are gone, and cuts the log;
/// `false` if a reader keeps the log from being cut.
pub(super) fn scrub(connection: &Connection) -> Result<bool> {
    let failed = failed(SCRUB);
    search::compact(connection)?;
    // The copy that is made on the way has the size of the database: not in memory.
    connection.execute_batch("PRAGMA temp_store = FILE").map_err(&failed)?;
    let written = connection.execute_batch("VACUUM").map_err(&failed);
    connection.execute_batch("PRAGMA temp_store = MEMORY").map_err(&failed)?;
    written?;
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(&failed)?;
    Ok(busy == 0)
}
