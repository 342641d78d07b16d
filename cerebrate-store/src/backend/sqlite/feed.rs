//! The change feed in SQLite.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::ChangeSetId;
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use uuid::Uuid;

use super::chain::NextRow;
use super::failure::{corrupt, failed};
use super::rows;
use crate::backend::{Entry, FeedQuery, LocalId, NewChangeSet, Touched};
use crate::feed::{Action, Change, ChangeSet, Payload, SetFilter, actor_of};

const READ: &str = "read feed";
const APPEND: &str = "append to feed";

/// The number of [`Action::Erase`]; SQL has it too.
pub(super) const ERASE: i64 = 4;

pub(super) fn newest(connection: &Connection) -> Result<u64> {
    let newest: i64 = connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM feed")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed(READ))?;
    Ok(newest.unsigned_abs())
}

pub(super) fn touched(
    connection: &Connection,
    kind: EntityKind,
    after: u64,
    limit: usize,
) -> Result<Vec<Touched>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT seq, entity, local_id, action FROM feed
             WHERE seq > ?1 AND kind = ?2 AND action <> 4 ORDER BY seq LIMIT ?3",
        )
        .map_err(failed(READ))?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut rows = statement
        .query(params![after, rows::code(kind), rows::clamp(limit)])
        .map_err(failed(READ))?;
    let mut touched = Vec::new();
    while let Some(row) = rows.next().map_err(failed(READ))? {
        touched.push(Touched {
            seq: row.get::<_, i64>(0).map_err(failed(READ))?.unsigned_abs(),
            entity: row.get(1).map_err(failed(READ))?,
            local: LocalId(row.get(2).map_err(failed(READ))?),
            action: action(row.get(3).map_err(failed(READ))?)
                .ok_or_else(|| corrupt(READ, "the feed names an unknown action"))?,
        });
    }
    Ok(touched)
}

const TEMPLATES: &str = "templates";

pub(super) fn templates_mark(connection: &Connection) -> Result<u64> {
    let mark = setting(connection, TEMPLATES)?;
    Ok(mark.and_then(|mark| mark.parse().ok()).unwrap_or(0))
}

pub(super) fn mark_templates(connection: &Connection, mark: u64) -> Result<()> {
    set_setting(connection, TEMPLATES, Some(&mark.to_string()))
}

pub(super) fn setting(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")
        .and_then(|mut statement| statement.query_row([name], |row| row.get(0)).optional())
        .map_err(failed("read setting"))
}

pub(super) fn set_setting(connection: &Connection, name: &str, value: Option<&str>) -> Result<()> {
    let sql = if value.is_some() {
        "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)"
    } else {
        "DELETE FROM setting WHERE name = ?1 AND ?2 IS NULL"
    };
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![name, value]))
        .map(|_| ())
        .map_err(failed("keep setting"))
}

pub(super) fn begin(connection: &Connection, set: &NewChangeSet) -> Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO change_set (uuid, time, actor, origin) VALUES (?1, ?2, ?3, ?4)",
        )
        .and_then(|mut statement| {
            statement.insert(params![set.id.uuid(), set.time.unix(), set.actor, set.origin])
        })
        .map_err(failed(APPEND))
}

pub(super) fn summarise(connection: &Connection, set: i64, summary: &str) -> Result<()> {
    connection
        .prepare_cached("UPDATE change_set SET summary = ?2 WHERE id = ?1")
        .and_then(|mut statement| statement.execute(params![set, summary]))
        .map(|_| ())
        .map_err(failed(APPEND))
}

pub(super) fn append(
    connection: &Connection,
    set: i64,
    entry: &Entry<'_>,
    row: &NextRow,
) -> Result<u64> {
    connection
        .prepare_cached(
            "INSERT INTO feed (seq, change_set, kind, entity, local_id, action, digest, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                row.seq,
                set,
                rows::code(entry.kind),
                entry.entity,
                entry.local.0,
                action_code(entry.action),
                row.digest.as_bytes(),
                row.hash.as_bytes(),
            ])
        })
        .map_err(failed(APPEND))?;
    connection
        .prepare_cached("INSERT INTO feed_payload (seq, json, salt) VALUES (?1, ?2, ?3)")
        .and_then(|mut statement| statement.execute(params![row.seq, entry.payload, entry.salt]))
        .map_err(|source| match source.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => stray(row.seq),
            _ => failed(APPEND)(source),
        })?;
    Ok(row.seq.unsigned_abs())
}

fn stray(seq: i64) -> Error {
    Error::new(Kind::Corrupt, APPEND, "the feed holds a payload of a row that was never written")
        .with("row", seq)
        .hint("`cerebrate audit verify` tells what was changed")
}

pub(super) fn changes(
    connection: &Connection,
    query: FeedQuery,
    limit: usize,
) -> Result<Vec<Change>> {
    const COLUMNS: &str = "SELECT f.seq, c.uuid, c.time, c.actor, c.origin, f.kind, f.entity,
            f.local_id, f.action, p.json";
    const FEED: &str = "feed AS f JOIN change_set AS c ON c.id = f.change_set";
    // Change sets first: their rows follow each other in the feed as they do themselves.
    const SETS: &str = "change_set AS c CROSS JOIN feed AS f ON f.change_set = c.id";
    let number = |seq: u64| Value::from(i64::try_from(seq).unwrap_or(i64::MAX));
    let blob = |id: Uuid| Value::from(id.as_bytes().to_vec());
    let (from, condition, order, values) = match query {
        FeedQuery::After(seq) => (FEED, "f.seq > ?2", "f.seq", vec![number(seq)]),
        FeedQuery::AfterBy(seq, user) => (
            SETS,
            "c.actor = ?3 AND f.seq > ?2 AND c.id >=
                (SELECT n.change_set FROM feed AS n WHERE n.seq > ?2 ORDER BY n.seq LIMIT 1)",
            "c.id, f.seq",
            vec![number(seq), actor_of(user).into()],
        ),
        FeedQuery::Entity(kind, id) => (
            FEED,
            "f.entity = ?2 AND f.kind = ?3",
            "f.seq",
            vec![blob(id), rows::code(kind).into()],
        ),
        FeedQuery::ChangeSet(id, before) => (
            FEED,
            "f.change_set = (SELECT id FROM change_set WHERE uuid = ?2) AND f.seq < ?3",
            "f.seq DESC",
            vec![blob(id.uuid()), number(before)],
        ),
    };
    let sql = format!(
        "{COLUMNS} FROM {from} LEFT JOIN feed_payload AS p ON p.seq = f.seq
         WHERE {condition} ORDER BY {order} LIMIT ?1"
    );
    let values = std::iter::once(rows::clamp(limit).into()).chain(values);
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed(READ))?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next().map_err(failed(READ))? {
        changes.push(change(row).map_err(|error| named(row, error))?);
    }
    if matches!(query, FeedQuery::Entity(..)) {
        hide_restored(&mut changes);
    }
    Ok(changes)
}

/// Says which row cannot be read.
fn named(row: &Row<'_>, error: Error) -> Error {
    let seq: i64 = row.get(0).unwrap_or_default();
    let error = error.with("row", seq);
    if error.kind() == Kind::Corrupt {
        return error.hint("`cerebrate audit verify` tells what was changed");
    }
    error
}

/// Takes what was erased, as a later row of the same record says, for erased though it is there again.
fn hide_restored(changes: &mut [Change]) {
    let mut erased: Vec<(u64, u64)> = Vec::new();
    for change in changes.iter_mut().rev() {
        if let Payload::Erasure(erasure) = &change.payload {
            let before = change.seq.saturating_sub(1);
            let rows = erasure.rows.as_slice().iter();
            erased.extend(rows.map(|(first, last)| (*first, before.min(*last))));
        } else if erased.iter().any(|(first, last)| (*first..=*last).contains(&change.seq)) {
            change.payload = Payload::Erased;
        }
    }
}

fn change(row: &Row<'_>) -> Result<Change> {
    let get = |result: rusqlite::Result<i64>| result.map_err(failed(READ));
    let kind = rows::kind(get(row.get(5))?)
        .ok_or_else(|| corrupt(READ, "the feed names an unknown kind of record"))?;
    let action = action(get(row.get(8))?)
        .ok_or_else(|| corrupt(READ, "the feed names an unknown action"))?;
    let payload = match row.get_ref(9).map_err(failed(READ))? {
        rusqlite::types::ValueRef::Null => Payload::Erased,
        json => {
            let bytes = json.as_bytes().map_err(|source| {
                corrupt(READ, "a payload of the feed is not JSON").caused_by(source)
            })?;
            payload(action, bytes)?
        }
    };
    Ok(Change {
        seq: get(row.get(0))?.unsigned_abs(),
        change_set: ChangeSetId::new(row.get(1).map_err(failed(READ))?),
        time: Timestamp::from_unix(get(row.get(2))?),
        actor: row.get(3).map_err(failed(READ))?,
        origin: row.get(4).map_err(failed(READ))?,
        kind,
        entity: row.get(6).map_err(failed(READ))?,
        local_id: LocalId(get(row.get(7))?),
        action,
        payload,
    })
}

fn payload(action: Action, json: &[u8]) -> Result<Payload> {
    let read = match action {
        Action::Insert => serde_json::from_slice(json).map(Payload::Inserted),
        Action::Update => serde_json::from_slice(json).map(Payload::Updated),
        Action::Remove => serde_json::from_slice(json).map(Payload::Removed),
        Action::Erase => serde_json::from_slice(json).map(Payload::Erasure),
    };
    read.map_err(|source| corrupt(READ, "a payload of the feed is not JSON").caused_by(source))
}

const SET_COLUMNS: &str = "SELECT uuid, time, actor, origin, summary,
    (SELECT count(*) FROM feed WHERE feed.change_set = change_set.id) FROM change_set";

fn set(row: &Row<'_>) -> rusqlite::Result<ChangeSet> {
    Ok(ChangeSet {
        id: ChangeSetId::new(row.get(0)?),
        time: Timestamp::from_unix(row.get(1)?),
        actor: row.get(2)?,
        origin: row.get(3)?,
        summary: row.get(4)?,
        changes: row.get::<_, i64>(5)?.unsigned_abs(),
    })
}

pub(super) fn change_set(connection: &Connection, id: ChangeSetId) -> Result<Option<ChangeSet>> {
    connection
        .prepare_cached(&format!("{SET_COLUMNS} WHERE uuid = ?1"))
        .and_then(|mut statement| statement.query_row([id.uuid()], set).optional())
        .map_err(failed(READ))
}

pub(super) fn changes_of_kind(
    connection: &Connection,
    id: ChangeSetId,
    kind: EntityKind,
) -> Result<u64> {
    const COUNT: &str = "SELECT count(*) FROM feed WHERE kind = ?2
         AND change_set = (SELECT id FROM change_set WHERE uuid = ?1)";
    let values = params![id.uuid(), rows::code(kind)];
    connection
        .prepare_cached(COUNT)
        .and_then(|mut statement| statement.query_row(values, |row| row.get::<_, i64>(0)))
        .map(i64::unsigned_abs)
        .map_err(failed(READ))
}

pub(super) fn change_sets(
    connection: &Connection,
    filter: &SetFilter,
    before: Option<ChangeSetId>,
    limit: usize,
) -> Result<Vec<ChangeSet>> {
    let mut values: Vec<Value> = vec![rows::clamp(limit).into()];
    let mut conditions = String::new();
    let mut add = |condition: &str, more: Vec<Value>| {
        let first = values.len() + 1;
        let marks: Vec<String> = (first..first + more.len()).map(|at| format!("?{at}")).collect();
        conditions.push_str(if conditions.is_empty() { " WHERE " } else { " AND " });
        conditions.push_str(&condition.replace("??", &marks.join(", ")));
        values.extend(more);
    };
    let blob = |id: Uuid| Value::from(id.as_bytes().to_vec());
    if let Some(before) = before {
        let condition = "change_set.id < (SELECT s.id FROM change_set AS s WHERE s.uuid = ??)";
        add(condition, vec![blob(before.uuid())]);
    }
    let actors = filter.actors();
    if !actors.is_empty() {
        add("actor IN (??)", actors.into_iter().map(Value::from).collect());
    }
    if let Some(origin) = &filter.origin {
        add("origin = ??", vec![origin.clone().into()]);
    }
    if let Some(since) = filter.since {
        add("time >= ??", vec![since.unix().into()]);
    }
    if let Some(record) = filter.record {
        let condition = "change_set.id IN (SELECT f.change_set FROM feed AS f WHERE f.entity = ??)";
        add(condition, vec![blob(record)]);
    }
    if let Some(kind) = filter.kind {
        let condition = "EXISTS (SELECT 1 FROM feed AS f
             WHERE f.change_set = change_set.id AND f.kind = ??)";
        add(condition, vec![rows::code(kind).into()]);
    }
    connection
        .prepare_cached(&format!("{SET_COLUMNS}{conditions} ORDER BY id DESC LIMIT ?1"))
        .and_then(|mut statement| {
            statement
                .query_map(rusqlite::params_from_iter(values), set)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(failed(READ))
}

fn action_code(action: Action) -> i64 {
    match action {
        Action::Insert => 1,
        Action::Update => 2,
        Action::Remove => 3,
        Action::Erase => ERASE,
    }
}

pub(super) fn action(code: i64) -> Option<Action> {
    match code {
        1 => Some(Action::Insert),
        2 => Some(Action::Update),
        3 => Some(Action::Remove),
        ERASE => Some(Action::Erase),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_actions_agree_and_rubbish_is_corrupt() {
        for known in [Action::Insert, Action::Update, Action::Remove, Action::Erase] {
            assert_eq!(action(action_code(known)), Some(known));
        }
        assert_eq!(action(0), None);
        let error = payload(Action::Update, b"{").unwrap_err();
        assert_eq!(error.kind(), cerebrate_core::Kind::Corrupt);
    }
}
