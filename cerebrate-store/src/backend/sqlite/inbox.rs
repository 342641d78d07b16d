//! What stands beside the messages of the inbox: hashes of passwords, and what came lately.

use cerebrate_core::error::Result;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::failure::failed;
use crate::backend::{Arrival, LocalId};

const RECEIVE: &str = "receive message";

/// The hash of the password that came with a message.
pub(super) fn password(connection: &Connection, message: LocalId) -> Result<Option<SecretText>> {
    connection
        .prepare_cached("SELECT hash FROM inbox_password WHERE message = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([message.0], |row| row.get::<_, String>(0).map(SecretText::from))
                .optional()
        })
        .map_err(failed(RECEIVE))
}

pub(super) fn set_password(
    connection: &Connection,
    message: LocalId,
    hash: &SecretText,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO inbox_password (message, hash) VALUES (?1, ?2)
             ON CONFLICT (message) DO UPDATE SET hash = excluded.hash",
        )
        .and_then(|mut statement| statement.execute(params![message.0, hash.expose()]))
        .map(|_| ())
        .map_err(failed(RECEIVE))
}

/// How many came from there, behind `since` and not behind `until`.
pub(super) fn arrivals(
    connection: &Connection,
    arrival: &Arrival<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM arrival
             WHERE scope = ?1 AND \"action\" = ?2 AND origin = ?3 AND time > ?4 AND time <= ?5",
        )
        .and_then(|mut statement| {
            let Arrival { scope, action, origin } = arrival;
            let place = params![scope, action, origin, since.unix(), until.unix()];
            statement.query_row(place, |row| row.get::<_, i64>(0))
        })
        .map(i64::unsigned_abs)
        .map_err(failed(RECEIVE))
}

/// Notes that something came at `now`, and forgets what no longer counts: what is not behind
/// `since`, and what is behind `now` because a clock was set back.
pub(super) fn note(
    connection: &Connection,
    arrival: &Arrival<'_>,
    since: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let Arrival { scope, action, origin } = arrival;
    let work = || -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "DELETE FROM arrival
                 WHERE scope = ?1 AND \"action\" = ?2 AND (time <= ?3 OR time > ?4)",
            )?
            .execute(params![scope, action, since.unix(), now.unix()])?;
        connection
            .prepare_cached(
                "INSERT INTO arrival (scope, \"action\", origin, time) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![scope, action, origin, now.unix()])?;
        Ok(())
    };
    work().map_err(failed(RECEIVE))
}
