//! The hash chain of the feed in SQLite: where it begins, where it ends, and what to verify.

use cerebrate_core::audit::chain::{
    Genesis, GenesisBuilder, PayloadDigest, Row as ChainRow, RowHash, RowMetadata, StoredPayload,
    payload_digest, row_hash,
};
use cerebrate_core::clock::IdSource;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::value::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::failure::{corrupt, failed};
use super::{feed, rows};
use crate::backend::{Entry, NewChangeSet, StoredRow};

const READ: &str = "read audit trail";
const BEGIN: &str = "begin audit trail";

/// The setting that keeps the genesis, as JSON.
const GENESIS: &str = "genesis";

/// How many rows older than the chain are looked at together.
const TOGETHER: i64 = 1_000;

/// What the next row follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// The largest number ever given.
    seq: i64,
    hash: RowHash,
}

/// The salt and digest that a row older than the chain gets.
type Digested = ([u8; 16], PayloadDigest);

/// A row that is about to be written.
pub(super) struct NextRow {
    pub(super) seq: i64,
    pub(super) digest: PayloadDigest,
    pub(super) hash: RowHash,
}

impl End {
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let last = connection
            .prepare_cached(
                "SELECT seq, hash, (SELECT max(seq) FROM sqlite_sequence WHERE name = 'feed')
                 FROM feed ORDER BY seq DESC LIMIT 1",
            )
            .and_then(|mut statement| {
                let read = |row: &Row<'_>| Ok((row.get(0)?, hash_at(row, 1)?, row.get(2)?));
                statement.query_row([], read).optional()
            })
            .map_err(failed(READ))?;
        let (seq, hash, given): (i64, _, Option<i64>) = last.unwrap_or_default();
        let hash = hash.map_or_else(|| expected(connection), Ok)?;
        Ok(End { seq: seq.max(given.unwrap_or_default()), hash })
    }

    /// Chains a row to the end, which it is from now on.
    pub(super) fn chain(&mut self, set: &NewChangeSet, entry: &Entry<'_>) -> Result<NextRow> {
        let seq = self.seq.checked_add(1).ok_or_else(|| {
            Error::new(Kind::Exhausted, "append to feed", "the numbers of changes are used up")
        })?;
        let digest = payload_digest(&entry.salt, entry.payload);
        let metadata = RowMetadata {
            seq: seq.unsigned_abs(),
            change_set: set.id.uuid(),
            time: set.time,
            actor: set.actor.as_deref(),
            origin: &set.origin,
            kind: entry.kind,
            entity: entry.entity,
            local_id: entry.local.0,
            action: entry.action.as_str(),
        };
        *self = End { seq, hash: row_hash(&self.hash, &metadata, Some(&digest)) };
        Ok(NextRow { seq, digest, hash: self.hash })
    }
}

/// The hash that the last row ought to have, if it has none: that it is gone is told by whoever
/// verifies, and shall be told of no later row.
fn expected(connection: &Connection) -> Result<RowHash> {
    let genesis = genesis(connection)?;
    let through = i64::try_from(genesis.through).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| Ok((row.get(0)?, hash_at(row, 1)?));
    let last: Option<(i64, Option<RowHash>)> = connection
        .prepare_cached(
            "SELECT seq, hash FROM feed WHERE seq > ?1 AND typeof(hash) = 'blob'
             AND length(hash) = 32 ORDER BY seq DESC LIMIT 1",
        )
        .and_then(|mut statement| statement.query_row([through], read).optional())
        .map_err(failed(READ))?;
    let (after, hash) = last.unwrap_or((through, None));
    let mut previous = hash.unwrap_or(genesis.hash);
    scan(connection, after, -1, &mut |_, row| {
        if let StoredRow::Readable(row) = row {
            previous = row_hash(&previous, &row.metadata, row.payload_digest.as_ref());
        }
    })?;
    Ok(previous)
}

/// The largest number that was ever given to a row.
pub(super) fn given(connection: &Connection) -> Result<u64> {
    let given: Option<i64> = connection
        .prepare_cached("SELECT max(seq) FROM sqlite_sequence WHERE name = 'feed'")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed(READ))?;
    Ok(given.and_then(|given| u64::try_from(given).ok()).unwrap_or_default())
}

/// Where the chain of the file begins.
pub(super) fn genesis(connection: &Connection) -> Result<Genesis> {
    let text = feed::setting(connection, GENESIS)?
        .ok_or_else(|| corrupt(READ, "the beginning of the audit trail is missing"))?;
    serde_json::from_str(&text).map_err(|source| {
        corrupt(READ, "the beginning of the audit trail cannot be read").caused_by(source)
    })
}

/// The hash of a row, if there is such a row and what stands there is one.
pub(super) fn hash_of(connection: &Connection, seq: u64) -> Result<Option<RowHash>> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    connection
        .prepare_cached("SELECT hash FROM feed WHERE seq = ?1")
        .and_then(|mut statement| {
            statement.query_row([seq], |row| hash_at(row, 0)).optional().map(Option::flatten)
        })
        .map_err(failed(READ))
}

/// Begins the chain: rows that are there get a salted digest, so that what they wrote can be erased
/// like that of any other, and one genesis covers them. Part of the upgrade to version 2; it reads
/// the tables as they are then.
pub(super) fn begin(connection: &Connection, ids: &dyn IdSource) -> Result<()> {
    let mut builder = GenesisBuilder::new(ids.next_id());
    let mut after = i64::MIN;
    loop {
        let mut digested: Vec<(i64, Option<Digested>)> = Vec::new();
        scan(connection, after, TOGETHER, &mut |seq, row| {
            let digest = match row {
                StoredRow::Readable(row) => {
                    let digest = match row.payload {
                        StoredPayload::Kept { payload, .. } => {
                            let salt = ids.next_id().into_bytes();
                            Some((salt, payload_digest(&salt, payload)))
                        }
                        StoredPayload::Absent => None,
                    };
                    builder.push(&row.metadata, digest.as_ref().map(|(_, digest)| digest));
                    digest
                }
                StoredRow::Unreadable { .. } | StoredRow::Stray { .. } => None,
            };
            digested.push((seq, digest));
        })?;
        let Some((last, _)) = digested.last() else { break };
        after = *last;
        for (seq, digest) in &digested {
            if let Some((salt, digest)) = digest {
                keep_digest(connection, *seq, salt, digest).map_err(failed(BEGIN))?;
            }
        }
    }
    let text = serde_json::to_string(&builder.finish())
        .map_err(|source| corrupt(BEGIN, "it cannot be written").caused_by(source))?;
    feed::set_setting(connection, GENESIS, Some(&text))
}

fn keep_digest(
    connection: &Connection,
    seq: i64,
    salt: &[u8; 16],
    digest: &PayloadDigest,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE feed SET digest = ?2 WHERE seq = ?1")?
        .execute(params![seq, digest.as_bytes()])?;
    connection
        .prepare_cached("UPDATE feed_payload SET salt = ?2 WHERE seq = ?1")?
        .execute(params![seq, salt])?;
    Ok(())
}

/// Every row of the feed with what is left of what it wrote, in order.
pub(super) fn all(connection: &Connection, each: &mut dyn FnMut(StoredRow<'_>)) -> Result<()> {
    scan(connection, i64::MIN, -1, &mut |_, row| each(row))?;
    let failed = failed(READ);
    let mut statement = connection
        .prepare_cached(
            "SELECT seq FROM feed_payload WHERE seq NOT IN (SELECT seq FROM feed) ORDER BY seq",
        )
        .map_err(&failed)?;
    let mut strays = statement.query([]).map_err(&failed)?;
    while let Some(row) = strays.next().map_err(&failed)? {
        let seq: i64 = row.get(0).map_err(&failed)?;
        each(StoredRow::Stray { seq: u64::try_from(seq).unwrap_or(0) });
    }
    Ok(())
}

/// The rows behind one and before another.
pub(super) fn between(
    connection: &Connection,
    after: u64,
    before: u64,
    each: &mut dyn FnMut(StoredRow<'_>),
) -> Result<()> {
    let (Ok(after), Ok(before)) = (i64::try_from(after), i64::try_from(before)) else {
        return Ok(());
    };
    // Each row has a number of its own.
    let limit = before.saturating_sub(after).saturating_sub(1);
    if limit < 1 {
        return Ok(());
    }
    scan(connection, after, limit, &mut |seq, row| {
        if seq < before {
            each(row);
        }
    })
}

/// At most `limit` rows behind `after`, or all for -1. Three cursors go side by side, one for each
/// table, so that a row costs no search of its own; only a change set that stands out of order is
/// looked for.
fn scan(
    connection: &Connection,
    after: i64,
    limit: i64,
    each: &mut dyn FnMut(i64, StoredRow<'_>),
) -> Result<()> {
    let failed = failed(READ);
    let mut feed = connection
        .prepare_cached(
            "SELECT seq, change_set, kind, entity, local_id, action, hash, digest FROM feed
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )
        .map_err(&failed)?;
    let mut payloads = connection
        .prepare_cached("SELECT seq, json, salt FROM feed_payload WHERE seq > ?1 ORDER BY seq")
        .map_err(&failed)?;
    let mut sets = connection
        .prepare_cached(
            "SELECT id, uuid, time, actor, origin FROM change_set
             WHERE id >= (SELECT change_set FROM feed WHERE seq > ?1 ORDER BY seq LIMIT 1)
             ORDER BY id",
        )
        .map_err(&failed)?;
    let mut feed = feed.query([after, limit]).map_err(&failed)?;
    let mut payloads = payloads.query([after]).map_err(&failed)?;
    let mut sets = sets.query([after]).map_err(&failed)?;
    let mut payload = payloads.next().map_err(&failed)?;
    let mut set_row = sets.next().map_err(&failed)?;
    let mut set = Set::default();
    while let Some(row) = feed.next().map_err(&failed)? {
        let seq: i64 = row.get(0).map_err(&failed)?;
        let stored = loop {
            let Some(kept) = payload else { break StoredPayload::Absent };
            let at: i64 = kept.get(0).map_err(&failed)?;
            if at >= seq {
                break if at == seq { kept_payload(kept)? } else { StoredPayload::Absent };
            }
            payload = payloads.next().map_err(&failed)?;
        };
        let wanted = integer(row, 1)?;
        if wanted != set.id {
            let found = loop {
                let Some(next) = set_row else { break false };
                let at: Option<i64> = next.get(0).map_err(&failed)?;
                if at >= wanted {
                    if at == wanted {
                        set.read(next)?;
                    }
                    break at == wanted;
                }
                set_row = sets.next().map_err(&failed)?;
            };
            if !found {
                set.find(connection, wanted)?;
            }
        }
        let hash = hash_at(row, 6).map_err(&failed)?;
        let metadata = match u64::try_from(seq) {
            Ok(seq) => metadata(row, seq, &set)?,
            Err(_) => None,
        };
        let Some(metadata) = metadata else {
            each(seq, StoredRow::Unreadable { seq: u64::try_from(seq).unwrap_or(0), hash });
            continue;
        };
        let payload_digest = bytes_at(row, 7)?.map(PayloadDigest::from_bytes);
        each(
            seq,
            StoredRow::Readable(ChainRow { metadata, hash, payload_digest, payload: stored }),
        );
    }
    Ok(())
}

/// What rows of the feed share with all of their change set. Kept as long as rows are of one.
#[derive(Debug, Default)]
struct Set {
    id: Option<i64>,
    uuid: Option<Uuid>,
    time: Option<Timestamp>,
    has_actor: bool,
    actor: String,
    origin: String,
}

impl Set {
    fn find(&mut self, connection: &Connection, id: Option<i64>) -> Result<()> {
        let failed = failed(READ);
        let mut statement = connection
            .prepare_cached("SELECT id, uuid, time, actor, origin FROM change_set WHERE id = ?1")
            .map_err(&failed)?;
        let mut rows = statement.query([id]).map_err(&failed)?;
        if let Some(row) = rows.next().map_err(&failed)? {
            return self.read(row);
        }
        *self = Set { id, ..Set::default() };
        Ok(())
    }

    /// Takes what a row says. Without a UUID, none of it can be read.
    fn read(&mut self, row: &Row<'_>) -> Result<()> {
        self.id = integer(row, 0)?;
        self.uuid = uuid_at(row, 1)?;
        self.time = integer(row, 2)?.and_then(|seconds| {
            // What was written is what was hashed: anything else is not a time of ours.
            let time = Timestamp::from_unix(seconds);
            (time.unix() == seconds).then_some(time)
        });
        self.has_actor = !matches!(value(row, 3)?, ValueRef::Null);
        self.actor.clear();
        self.origin.clear();
        let actor = if self.has_actor { text(row, 3)? } else { Some("") };
        match (actor, text(row, 4)?) {
            (Some(actor), Some(origin)) => {
                self.actor.push_str(actor);
                self.origin.push_str(origin);
            }
            _ => self.uuid = None,
        }
        Ok(())
    }
}

/// What a row says, if all of it can be read.
fn metadata<'s>(row: &Row<'_>, seq: u64, set: &'s Set) -> Result<Option<RowMetadata<'s>>> {
    let kind = integer(row, 2)?.and_then(rows::kind);
    let action = integer(row, 5)?.and_then(feed::action);
    let said = (set.uuid, set.time, kind, uuid_at(row, 3)?, integer(row, 4)?, action);
    let (Some(change_set), Some(time), Some(kind), Some(entity), Some(local_id), Some(action)) =
        said
    else {
        return Ok(None);
    };
    Ok(Some(RowMetadata {
        seq,
        change_set,
        time,
        actor: set.has_actor.then_some(set.actor.as_str()),
        origin: &set.origin,
        kind,
        entity,
        local_id,
        action: action.as_str(),
    }))
}

/// What is there of a payload. No erasure is known that would explain one that is not.
fn kept_payload<'r>(row: &'r Row<'_>) -> Result<StoredPayload<'r>> {
    Ok(match (value(row, 1)?, value(row, 2)?) {
        (ValueRef::Blob(payload) | ValueRef::Text(payload), ValueRef::Blob(salt)) => {
            StoredPayload::Kept { salt, payload }
        }
        (ValueRef::Blob(payload) | ValueRef::Text(payload), _) => {
            StoredPayload::Kept { salt: &[], payload }
        }
        // Something else than what was written, whatever it is.
        _ => StoredPayload::Kept { salt: &[], payload: &[] },
    })
}

fn value<'r>(row: &'r Row<'_>, column: usize) -> Result<ValueRef<'r>> {
    row.get_ref(column).map_err(failed(READ))
}

fn integer(row: &Row<'_>, column: usize) -> Result<Option<i64>> {
    Ok(match value(row, column)? {
        ValueRef::Integer(integer) => Some(integer),
        _ => None,
    })
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>> {
    Ok(match value(row, column)? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok(),
        _ => None,
    })
}

fn bytes_at<const N: usize>(row: &Row<'_>, column: usize) -> Result<Option<[u8; N]>> {
    Ok(match value(row, column)? {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        _ => None,
    })
}

fn uuid_at(row: &Row<'_>, column: usize) -> Result<Option<Uuid>> {
    Ok(bytes_at(row, column)?.map(Uuid::from_bytes))
}

fn hash_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<RowHash>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Blob(bytes) => bytes.try_into().ok().map(RowHash::from_bytes),
        _ => None,
    })
}
