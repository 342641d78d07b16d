//! Whom organisations serve: the tables that `who` asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cerebrate_core::constituency::Claim;
use cerebrate_core::error::Result;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::value::{Asn, AsnRange, CountryCode, DomainSuffix, IpPrefix};
use rusqlite::{Connection, OptionalExtension, params};

use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::rows;
use crate::backend::{ClaimQuery, ClaimText, Facts, LocalId, StoredClaim, UnreadableClaim};

const READ: &str = "read constituencies";
const WRITE: &str = "write constituencies";

pub(super) const DOMAIN: i64 = 1;
const COUNTRY: i64 = 2;
const SECTOR: i64 = 3;

/// Where what could be read is kept.
pub(super) const READABLE: [&str; 4] =
    ["claim_prefix4", "claim_prefix6", "claim_asn", "claim_text"];

const UNREADABLE: &str = "claim_unreadable";

/// Takes out the claims of an organisation.
pub(super) fn remove(connection: &Connection, owner: LocalId) -> Result<()> {
    for table in READABLE.into_iter().chain([UNREADABLE]) {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE owner = ?1"))
            .and_then(|mut statement| statement.execute([owner.0]))
            .map_err(failed(WRITE))?;
    }
    Ok(())
}

/// Stores the claims of an organisation that has none.
pub(super) fn put(connection: &Connection, owner: LocalId, facts: &Facts) -> Result<()> {
    for (position, claim) in &facts.claims {
        insert(connection, owner, *position, claim).map_err(failed(WRITE))?;
    }
    for (position, _, problem) in &facts.unreadable {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO claim_unreadable (owner, position, problem)
                 VALUES (?1, ?2, ?3)",
            )
            .and_then(|mut statement| {
                statement.execute(params![owner.0, position, problem.message()])
            })
            .map_err(failed(WRITE))?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    owner: LocalId,
    position: u32,
    claim: &Claim,
) -> rusqlite::Result<()> {
    let text = |kind: i64, text: &str| {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO claim_text (kind, text, owner, position)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![kind, text, owner.0, position])
    };
    match claim {
        Claim::Prefix(prefix) => match prefix.address() {
            IpAddr::V4(address) => connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO claim_prefix4 (key, owner, position) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![key4(address, prefix.len()), owner.0, position]),
            IpAddr::V6(address) => connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO claim_prefix6 (key, owner, position) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![key6(address, prefix.len()), owner.0, position]),
        },
        Claim::Asn(range) => connection
            .prepare_cached(
                "INSERT OR IGNORE INTO claim_asn (first, last, owner, position)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![range.first().0, range.last().0, owner.0, position]),
        Claim::Domain(suffix) => text(DOMAIN, suffix.as_str()),
        Claim::Country(code) => text(COUNTRY, code.as_str()),
        Claim::Sector(sector) => text(SECTOR, sector),
        // A kind of claim that this schema has no table for is found in the value itself only.
        _ => Ok(0),
    }
    .map(|_| ())
}

fn key4(address: Ipv4Addr, len: u8) -> i64 {
    i64::from(u32::from(address)) << 6 | i64::from(len)
}

fn key6(address: Ipv6Addr, len: u8) -> Vec<u8> {
    let mut key = address.octets().to_vec();
    key.push(len);
    key
}

fn prefix4(key: i64) -> Result<IpPrefix> {
    let address = u32::try_from(key >> 6).ok().map(Ipv4Addr::from);
    let len = u8::try_from(key & 63).ok();
    address
        .zip(len)
        .and_then(|(address, len)| IpPrefix::new(IpAddr::V4(address), len).ok())
        .ok_or_else(|| corrupt(READ, "a stored network is none"))
}

fn prefix6(key: &[u8]) -> Result<IpPrefix> {
    key.split_last_chunk::<1>()
        .and_then(|(address, [len])| Some((<[u8; 16]>::try_from(address).ok()?, *len)))
        .and_then(|(address, len)| IpPrefix::new(IpAddr::V6(address.into()), len).ok())
        .ok_or_else(|| corrupt(READ, "a stored network is none"))
}

fn claim_of_text(kind: i64, text: String) -> Result<Claim> {
    match kind {
        DOMAIN => text.parse::<DomainSuffix>().ok().map(Claim::Domain),
        COUNTRY => text.parse::<CountryCode>().ok().map(Claim::Country),
        SECTOR => Some(Claim::Sector(text)),
        _ => None,
    }
    .ok_or_else(|| corrupt(READ, "a stored constituency cannot be read"))
}

/// Which claims of a table, and the values for the condition.
pub(super) type Condition<'a> = (&'a str, &'a [&'a dyn rusqlite::ToSql]);

/// Who takes claims, and answers whether to go on.
pub(super) type Each<'a> = &'a mut dyn FnMut(StoredClaim) -> bool;

pub(super) fn prefixes4(
    connection: &Connection,
    condition: Condition<'_>,
    each: Each<'_>,
) -> Result<bool> {
    let sql = format!("SELECT owner, position, key FROM claim_prefix4 {}", condition.0);
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query(condition.1).map_err(failed(READ))?;
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let claim = Claim::Prefix(prefix4(row.get(2).map_err(failed(READ))?)?);
        if !each(stored(row, claim)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn prefixes6(
    connection: &Connection,
    condition: Condition<'_>,
    each: Each<'_>,
) -> Result<bool> {
    let sql = format!("SELECT owner, position, key FROM claim_prefix6 {}", condition.0);
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query(condition.1).map_err(failed(READ))?;
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let key = row.get_ref(2).map_err(failed(READ))?;
        let key = key
            .as_blob()
            .map_err(|source| corrupt(READ, "a stored network is none").caused_by(source))?;
        let claim = Claim::Prefix(prefix6(key)?);
        if !each(stored(row, claim)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn asns(
    connection: &Connection,
    condition: Condition<'_>,
    each: Each<'_>,
) -> Result<bool> {
    let sql = format!("SELECT owner, position, first, last FROM claim_asn {}", condition.0);
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query(condition.1).map_err(failed(READ))?;
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let (first, last): (u32, u32) =
            (row.get(2).map_err(failed(READ))?, row.get(3).map_err(failed(READ))?);
        let range = AsnRange::new(Asn(first), Asn(last))
            .map_err(|source| corrupt(READ, "a stored AS range is none").caused_by(source))?;
        if !each(stored(row, Claim::Asn(range))?) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn texts(
    connection: &Connection,
    condition: Condition<'_>,
    each: Each<'_>,
) -> Result<bool> {
    let sql = format!("SELECT owner, position, kind, text FROM claim_text {}", condition.0);
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query(condition.1).map_err(failed(READ))?;
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let claim =
            claim_of_text(row.get(2).map_err(failed(READ))?, row.get(3).map_err(failed(READ))?)?;
        if !each(stored(row, claim)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn stored(row: &rusqlite::Row<'_>, claim: Claim) -> Result<StoredClaim> {
    Ok(StoredClaim {
        owner: LocalId(row.get(0).map_err(failed(READ))?),
        position: row.get(1).map_err(failed(READ))?,
        claim,
    })
}

/// Hands out every claim.
pub(super) fn all(connection: &Connection, each: &mut dyn FnMut(StoredClaim)) -> Result<()> {
    let mut each = |claim| {
        each(claim);
        true
    };
    prefixes4(connection, ("", &[]), &mut each)?;
    prefixes6(connection, ("", &[]), &mut each)?;
    asns(connection, ("", &[]), &mut each)?;
    texts(connection, ("", &[]), &mut each)?;
    Ok(())
}

/// The claims of one organisation.
pub(super) fn of_owner(connection: &Connection, owner: LocalId) -> Result<Vec<StoredClaim>> {
    let mut found = Vec::new();
    let condition: Condition<'_> = ("WHERE owner = ?1", &[&owner.0]);
    let mut each = |claim| {
        found.push(claim);
        true
    };
    prefixes4(connection, condition, &mut each)?;
    prefixes6(connection, condition, &mut each)?;
    asns(connection, condition, &mut each)?;
    texts(connection, condition, &mut each)?;
    Ok(found)
}

/// The claims that answer a question, in no order.
pub(super) fn matching(connection: &Connection, query: &ClaimQuery) -> Result<Vec<StoredClaim>> {
    let mut found = Vec::new();
    let mut each = |claim| {
        found.push(claim);
        true
    };
    match query {
        ClaimQuery::Covering(prefix) => {
            for len in 0..=prefix.len() {
                let wider = IpPrefix::new(prefix.address(), len)?;
                match wider.address() {
                    IpAddr::V4(address) => {
                        prefixes4(
                            connection,
                            ("WHERE key = ?1", &[&key4(address, len)]),
                            &mut each,
                        )?;
                    }
                    IpAddr::V6(address) => {
                        prefixes6(
                            connection,
                            ("WHERE key = ?1", &[&key6(address, len)]),
                            &mut each,
                        )?;
                    }
                }
            }
        }
        ClaimQuery::Asn(number) => {
            asns(connection, ("WHERE first = ?1 AND last = ?1", &[number]), &mut each)?;
            asns(
                connection,
                ("WHERE last > first AND first <= ?1 AND last >= ?1", &[number]),
                &mut each,
            )?;
        }
        ClaimQuery::Domains(suffixes) => {
            for suffix in suffixes {
                texts(
                    connection,
                    ("WHERE kind = ?1 AND text = ?2", &[&DOMAIN, suffix]),
                    &mut each,
                )?;
            }
        }
        ClaimQuery::Country(code) => {
            texts(connection, ("WHERE kind = ?1 AND text = ?2", &[&COUNTRY, code]), &mut each)?;
        }
        ClaimQuery::Sector(sector) => {
            texts(connection, ("WHERE kind = ?1 AND text = ?2", &[&SECTOR, sector]), &mut each)?;
        }
    }
    Ok(found)
}

/// Organisation and value behind a claim.
pub(super) fn text(
    connection: &Connection,
    owner: LocalId,
    position: u32,
) -> Result<Option<ClaimText>> {
    connection
        .prepare_cached(
            "SELECT o.uuid, o.name, m.value FROM organisation AS o
             JOIN meta_field AS m ON m.kind = 1 AND m.owner = o.id AND m.position = ?2
             WHERE o.id = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row(params![owner.0, position], |row| {
                    Ok(ClaimText {
                        organisation: OrganisationId::new(row.get(0)?),
                        name: row.get(1)?,
                        value: row.get(2)?,
                    })
                })
                .optional()
        })
        .map_err(failed(READ))
}

/// The values from which no claim could be read.
pub(super) fn unreadable(
    connection: &Connection,
    dictionary: &Dictionary,
    limit: usize,
) -> Result<Vec<UnreadableClaim>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT o.uuid, o.name, m.field, m.value, u.problem FROM claim_unreadable AS u
             JOIN organisation AS o ON o.id = u.owner
             JOIN meta_field AS m ON m.kind = 1 AND m.owner = u.owner AND m.position = u.position
             ORDER BY o.folded, o.id, u.position LIMIT ?1",
        )
        .map_err(failed(READ))?;
    let mut answer = statement.query([rows::clamp(limit)]).map_err(failed(READ))?;
    let mut found = Vec::new();
    while let Some(row) = answer.next().map_err(failed(READ))? {
        let (_, field) = dictionary.field(connection, row.get(2).map_err(failed(READ))?)?;
        found.push(UnreadableClaim {
            organisation: OrganisationId::new(row.get(0).map_err(failed(READ))?),
            name: row.get(1).map_err(failed(READ))?,
            field,
            value: row.get(3).map_err(failed(READ))?,
            problem: row.get(4).map_err(failed(READ))?,
        });
    }
    Ok(found)
}
