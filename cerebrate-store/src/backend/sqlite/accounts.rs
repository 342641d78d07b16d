//! What logging in reads: passwords and digests of auth keys, apart from the records.

use cerebrate_core::error::Result;
use cerebrate_core::id::UserId;
use cerebrate_core::node_key::AuthKeyDigest;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::failure::{corrupt, failed};
use crate::backend::{AuthKeyAnswer, FieldHolder, KnownAuthKey, LocalId};

const LOG_IN: &str = "log in";

/// The user of that name.
pub(super) fn by_username(connection: &Connection, username: &str) -> Result<Option<Uuid>> {
    connection
        .prepare_cached("SELECT uuid FROM user WHERE username = ?1")
        .and_then(|mut statement| statement.query_row([username], |row| row.get(0)).optional())
        .map_err(failed(LOG_IN))
}

/// The password hash of a user.
pub(super) fn password(connection: &Connection, user: LocalId) -> Result<Option<SecretText>> {
    connection
        .prepare_cached("SELECT hash FROM user_password WHERE user = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([user.0], |row| row.get::<_, String>(0).map(SecretText::from))
                .optional()
        })
        .map_err(failed(LOG_IN))
}

/// The highest cost of a bcrypt hash that is left.
pub(super) fn bcrypt_cost(connection: &Connection) -> Result<Option<u32>> {
    connection
        .prepare_cached("SELECT max(bcrypt_cost) FROM user_password WHERE bcrypt_cost IS NOT NULL")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed(LOG_IN))
}

pub(super) fn set_password(
    connection: &Connection,
    user: LocalId,
    hash: &SecretText,
    bcrypt_cost: Option<u32>,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO user_password (user, hash, bcrypt_cost) VALUES (?1, ?2, ?3)
             ON CONFLICT (user) DO UPDATE SET hash = excluded.hash,
                 bcrypt_cost = excluded.bcrypt_cost",
        )
        .and_then(|mut statement| statement.execute(params![user.0, hash.expose(), bcrypt_cost]))
        .map(|_| ())
        .map_err(failed("set password"))
}

/// How a digest is found: by its first eight bytes, which say nothing without the node key.
fn prefix(digest: &AuthKeyDigest) -> i64 {
    digest.as_bytes().first_chunk().copied().map_or(0, i64::from_be_bytes)
}

pub(super) fn set_digest(
    connection: &Connection,
    key: LocalId,
    digest: &AuthKeyDigest,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO auth_key_digest (auth_key, prefix, digest) VALUES (?1, ?2, ?3)",
        )
        .and_then(|mut statement| {
            statement.execute(params![key.0, prefix(digest), digest.as_bytes()])
        })
        .map(|_| ())
        .map_err(failed("issue auth key"))
}

/// The key of that digest, and the newest change of the same moment: one statement.
pub(super) fn by_digest(connection: &Connection, digest: &AuthKeyDigest) -> Result<AuthKeyAnswer> {
    // A row comes even if there is no such key, so that both cost the same.
    let mut statement = connection
        .prepare_cached(
            "SELECT (SELECT max(seq) FROM feed), d.digest, k.user, k.expires
             FROM (SELECT ?1 AS wanted)
             LEFT JOIN auth_key_digest AS d ON d.prefix = wanted
             LEFT JOIN auth_key AS k ON k.id = d.auth_key",
        )
        .map_err(failed(LOG_IN))?;
    let mut rows = statement.query([prefix(digest)]).map_err(failed(LOG_IN))?;
    let mut found = AuthKeyAnswer { newest: 0, key: None };
    while let Some(row) = rows.next().map_err(failed(LOG_IN))? {
        let read = || -> rusqlite::Result<_> {
            let newest: Option<i64> = row.get(0)?;
            let stored: Option<[u8; 32]> = row.get(1)?;
            let user: Option<Uuid> = row.get(2)?;
            Ok((newest, stored, user, row.get::<_, Option<i64>>(3)?))
        };
        let (newest, stored, user, expires) = read().map_err(failed(LOG_IN))?;
        found.newest = newest.unwrap_or_default().unsigned_abs();
        let is_equal = AuthKeyDigest::from_bytes(stored.unwrap_or_default()) == *digest;
        if is_equal && stored.is_some() {
            let user = user.ok_or_else(|| corrupt(LOG_IN, "a digest belongs to no auth key"))?;
            let expires = expires.map(Timestamp::from_unix);
            found.key = Some(KnownAuthKey { user: UserId::new(user), expires });
        }
    }
    Ok(found)
}

/// Hands out every value of a field that an enabled user has.
pub(super) fn holders(
    connection: &Connection,
    field: &str,
    each: &mut dyn FnMut(FieldHolder<'_>),
) -> Result<()> {
    let mut statement = connection
        .prepare_cached(
            "SELECT u.uuid, u.organisation, m.value FROM meta_field AS m
             JOIN user AS u ON u.id = m.owner
             WHERE m.kind = 12 AND u.disabled = 0
               AND m.field IN (SELECT id FROM field_name WHERE name = ?1)",
        )
        .map_err(failed("count holders"))?;
    let mut rows = statement.query([field]).map_err(failed("count holders"))?;
    while let Some(row) = rows.next().map_err(failed("count holders"))? {
        let read = || -> rusqlite::Result<_> {
            Ok((row.get::<_, Uuid>(0)?, row.get::<_, Option<Uuid>>(1)?))
        };
        let (user, organisation) = read().map_err(failed("count holders"))?;
        let value = row.get_ref(2).map_err(failed("count holders"))?;
        each(FieldHolder {
            user: user.into(),
            organisation: organisation.map(Into::into),
            value: value.as_str().unwrap_or_default(),
        });
    }
    Ok(())
}
