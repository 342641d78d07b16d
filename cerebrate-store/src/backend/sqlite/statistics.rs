//! What figures are made of: counted in SQL or on the way out of it, never as records.

use std::collections::HashMap;

use cerebrate_core::access::Actor;
use cerebrate_core::error::Result;
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use foldhash::fast::RandomState;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::hanging::{Condition, seen};
use super::{feed, rows};
use crate::backend::{Aspect, DayCount, FieldCount, Tally};

const READ: &str = "read statistics";

/// As much of a text as tells it from others, in characters: what every peer stores of one.
const LABEL: usize = 191;

/// How many records of a kind are seen.
fn count(connection: &Connection, kind: EntityKind, reader: Option<&Actor>) -> Result<u64> {
    let (text, values) = only(seen(kind, reader)?);
    let sql = format!("SELECT count(*) FROM {} AS t{text}", rows::table(kind));
    let count: i64 = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(params_from_iter(values), |row| row.get(0)))
        .map_err(failed(READ))?;
    Ok(count.unsigned_abs())
}

/// Changes from `from` on, counted per day.
pub(super) fn activity(
    connection: &Connection,
    from: Timestamp,
    days: u32,
    reader: Option<&Actor>,
) -> Result<Vec<DayCount>> {
    let mut whole = Vec::new();
    let mut tests = Vec::new();
    let mut values =
        vec![Value::from(from.unix()), Value::from(from.unix() + i64::from(days) * 86_400)];
    for kind in EntityKind::ALL {
        let number = rows::code(kind);
        match seen(kind, reader)? {
            None => whole.push(number.to_string()),
            Some(seen) => {
                let seen = seen.within("f.entity", "uuid", kind);
                tests.push(format!("(f.kind = {number} AND {})", seen.text));
                values.extend(seen.values);
            }
        }
    }
    tests.push(format!("f.kind IN ({})", whole.join(", ")));
    let sql = format!(
        "SELECT (c.time - ?1) / 86400, f.kind, f.action, count(*)
         FROM change_set AS c CROSS JOIN feed AS f ON f.change_set = c.id
         WHERE c.time >= ?1 AND c.time < ?2 AND ({})
         GROUP BY 1, 2, 3",
        numbered(&tests.join(" OR "), 3)
    );
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut answer = statement.query(params_from_iter(values)).map_err(failed(READ))?;
    let mut counts = Vec::new();
    while let Some(row) = answer.next().map_err(failed(READ))? {
        let get = |column: usize| row.get::<_, i64>(column).map_err(failed(READ));
        counts.push(DayCount {
            day: u32::try_from(get(0)?).unwrap_or(u32::MAX),
            kind: rows::kind(get(1)?)
                .ok_or_else(|| corrupt(READ, "the feed names an unknown kind of record"))?,
            action: feed::action(get(2)?)
                .ok_or_else(|| corrupt(READ, "the feed names an unknown action"))?,
            count: get(3)?.unsigned_abs(),
        });
    }
    Ok(counts)
}

/// How often each value occurs, for several aspects of one kind in one walk.
pub(super) fn tally(
    connection: &Connection,
    kind: EntityKind,
    aspects: &[Aspect],
    reader: Option<&Actor>,
) -> Result<Vec<Tally>> {
    let columns: Vec<&str> = aspects.iter().map(|aspect| column(*aspect)).collect();
    let (text, values) = only(seen(kind, reader)?);
    let sql = format!("SELECT {} FROM {} AS t{text}", columns.join(", "), rows::table(kind));
    let mut tallies = vec![Tally::default(); aspects.len()];
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut answer = statement.query(params_from_iter(values)).map_err(failed(READ))?;
    while let Some(row) = answer.next().map_err(failed(READ))? {
        for (place, tally) in tallies.iter_mut().enumerate() {
            match row.get_ref(place).map_err(failed(READ))? {
                ValueRef::Null => tally.empty += 1,
                ValueRef::Integer(number) => {
                    count_text(tally, if number == 0 { "false" } else { "true" });
                }
                text => {
                    let text = text.as_str().map_err(|source| {
                        corrupt(READ, "a stored text is none").caused_by(source)
                    })?;
                    count_text(tally, text);
                }
            }
        }
    }
    Ok(tallies)
}

fn column(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Nationality => "coalesce(t.country, t.nationality)",
        Aspect::Sector => "t.sector",
        Aspect::Kind => "t.kind",
        Aspect::Position => "t.position",
        Aspect::Active => "t.active",
    }
}

fn count_text(tally: &mut Tally, text: &str) {
    if text.trim().is_empty() {
        tally.empty += 1;
        return;
    }
    let label = match text.char_indices().nth(LABEL) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    };
    match tally.values.get_mut(label) {
        Some(count) => *count += 1,
        None => {
            tally.values.insert(label.to_owned(), 1);
        }
    }
}

/// How many records of a kind carry each tag.
pub(super) fn tags(
    connection: &Connection,
    kind: EntityKind,
    reader: Option<&Actor>,
) -> Result<Tally> {
    let (text, values) = and_owner_seen(kind, reader)?;
    let sql = format!(
        "SELECT m.owner, m.tag FROM tagging AS m WHERE m.kind = {}{text} ORDER BY m.owner",
        rows::code(kind)
    );
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut answer = statement.query(params_from_iter(values)).map_err(failed(READ))?;
    let (mut numbers, mut tagged, mut last) = (HashMap::<i64, u64>::new(), 0, None);
    while let Some(row) = answer.next().map_err(failed(READ))? {
        let (owner, tag): (i64, i64) = pair(row)?;
        *numbers.entry(tag).or_default() += 1;
        if last.replace(owner) != Some(owner) {
            tagged += 1;
        }
    }
    let mut tally = Tally {
        empty: count(connection, kind, reader)?.saturating_sub(tagged),
        ..Tally::default()
    };
    let mut names = connection.prepare_cached("SELECT id, name FROM tag").map_err(failed(READ))?;
    let mut names = names.query([]).map_err(failed(READ))?;
    while let Some(row) = names.next().map_err(failed(READ))? {
        let (number, name): (i64, String) = pair(row)?;
        if let Some(count) = numbers.remove(&number) {
            tally.values.insert(name, count);
        }
    }
    Ok(tally)
}

/// How many records hold values of each field.
pub(super) fn fields(
    connection: &Connection,
    dictionary: &Dictionary,
    reader: Option<&Actor>,
) -> Result<Vec<FieldCount>> {
    let mut counts: HashMap<i64, (u64, u64), RandomState> = HashMap::default();
    for kind in rows::HOLDERS {
        let (text, values) = and_owner_seen(kind, reader)?;
        // Values stand by their owner: what one owner has comes together, and nothing is sorted.
        let sql = format!(
            "SELECT m.owner, m.field FROM meta_field AS m WHERE m.kind = {}{text} ORDER BY m.owner",
            rows::code(kind)
        );
        let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
        let mut answer = statement.query(params_from_iter(values)).map_err(failed(READ))?;
        let (mut last, mut of_owner) = (None, Vec::new());
        while let Some(row) = answer.next().map_err(failed(READ))? {
            let (owner, field): (i64, i64) = pair(row)?;
            if last.replace(owner) != Some(owner) {
                of_owner.clear();
            }
            let (records, values) = counts.entry(field).or_default();
            *values += 1;
            if !of_owner.contains(&field) {
                of_owner.push(field);
                *records += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    counts
        .into_iter()
        .map(|(number, (records, values))| {
            let (template, field) = dictionary.field(connection, number)?;
            Ok(FieldCount { template, field, records, values })
        })
        .collect()
}

fn pair<A: rusqlite::types::FromSql, B: rusqlite::types::FromSql>(row: &Row<'_>) -> Result<(A, B)> {
    row.get(0).and_then(|a| Ok((a, row.get(1)?))).map_err(failed(READ))
}

/// Nothing, or ` AND …`: whether the owner of the row `m` is seen.
fn and_owner_seen(kind: EntityKind, reader: Option<&Actor>) -> Result<(String, Vec<Value>)> {
    let seen = seen(kind, reader)?.map(|seen| seen.within("m.owner", "id", kind));
    Ok(seen.map_or_else(Default::default, |seen| (format!(" AND {}", seen.text), seen.values)))
}

/// Nothing, or ` WHERE …`.
fn only(seen: Option<Condition>) -> (String, Vec<Value>) {
    match seen {
        Some(seen) => (format!(" WHERE {}", seen.text), seen.values),
        None => Default::default(),
    }
}

/// Question marks with numbers from `first` on, beside others that are numbered.
fn numbered(text: &str, first: usize) -> String {
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        numbered.push('?');
        numbered.push_str(&(first + place).to_string());
        numbered.push_str(part);
    }
    numbered
}
