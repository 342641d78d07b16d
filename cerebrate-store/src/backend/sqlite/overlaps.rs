//! Claims in the order in which overlaps are found, and organisations that claim nothing.

use cerebrate_core::access::Actor;
use cerebrate_core::constituency::BasisKind;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql, params_from_iter};

use super::claims::{self, DOMAIN};
use super::failure::failed;
use super::{hanging, rows};
use crate::backend::{Population, Unclaimed};

const READ: &str = "read constituencies";

/// Hands out the claims of a kind in order, as long as `each` wants more.
pub(super) fn in_order(
    connection: &Connection,
    basis: BasisKind,
    reader: Option<&Actor>,
    each: claims::Each<'_>,
) -> Result<()> {
    let seen = hanging::seen(EntityKind::Organisation, reader)?
        .map(|seen| seen.within("owner", "id", EntityKind::Organisation));
    let (seen, values) = match seen {
        Some(seen) => (format!("WHERE {}", seen.text), seen.values),
        None => ("WHERE 1".to_owned(), Vec::new()),
    };
    let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
    let by_key = format!("{seen} ORDER BY key, owner, position");
    match basis {
        BasisKind::Prefix => {
            if claims::prefixes4(connection, (&by_key, &values), each)? {
                claims::prefixes6(connection, (&by_key, &values), each)?;
            }
        }
        BasisKind::Asn => {
            let text = format!("{seen} ORDER BY first, last, owner, position");
            claims::asns(connection, (&text, &values), each)?;
        }
        BasisKind::Domain => {
            let text = format!("{seen} AND kind = {DOMAIN} ORDER BY text, owner, position");
            claims::texts(connection, (&text, &values), each)?;
        }
        _ => return Err(Error::new(Kind::Unsupported, READ, "these claims have no order")),
    }
    Ok(())
}

/// Organisations of a population that claim nothing, in name order.
pub(super) fn unclaimed(
    connection: &Connection,
    population: &Population,
    reader: Option<&Actor>,
    limit: usize,
) -> Result<Vec<Unclaimed>> {
    let mut tests: Vec<String> = claims::READABLE
        .iter()
        .map(|table| format!("NOT EXISTS (SELECT 1 FROM {table} AS c WHERE c.owner = t.id)"))
        .collect();
    let mut values: Vec<Value> = Vec::new();
    match population {
        Population::Everybody => {}
        Population::Members(id) => {
            tests.push(
                "t.uuid IN (SELECT m.organisation FROM sharing_group_member AS m
                 JOIN sharing_group AS g ON g.id = m.sharing_group WHERE g.uuid = ?)"
                    .to_owned(),
            );
            values.push(id.uuid().as_bytes().to_vec().into());
        }
        Population::Tagged(name) => {
            tests.push(format!(
                "t.id IN (SELECT m.owner FROM tagging AS m JOIN tag ON tag.id = m.tag
                 WHERE m.kind = {} AND tag.folded = ?)",
                rows::code(EntityKind::Organisation)
            ));
            values.push(name.folded().into());
        }
    }
    if let Some(seen) = hanging::seen(EntityKind::Organisation, reader)? {
        tests.push(seen.text);
        values.extend(seen.values);
    }
    values.push(rows::clamp(limit).into());
    let sql = format!(
        "SELECT t.uuid, t.name,
             (SELECT count(*) FROM claim_unreadable AS u WHERE u.owner = t.id)
         FROM organisation AS t WHERE {} ORDER BY t.folded, t.id LIMIT ?",
        tests.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let found = statement
        .query_map(params_from_iter(values), |row| {
            Ok(Unclaimed {
                organisation: OrganisationId::new(row.get(0)?),
                name: row.get(1)?,
                unreadable: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
    found.map_err(failed(READ))
}
