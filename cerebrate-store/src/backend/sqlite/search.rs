//! Substring search: trigrams find candidates, each candidate is looked at before it is an answer.

use std::collections::BTreeSet;

use cerebrate_core::error::Result;
use cerebrate_core::fold::fold;
use cerebrate_core::model::{EntityKind, Record};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};

use super::dictionary::Dictionary;
use super::failure::failed;
use super::rows;
use crate::backend::LocalId;

const SEARCH: &str = "search";
const INDEX: &str = "index for search";

/// More candidates than this are not sorted: the table is walked in name order instead, which is
/// then the quicker way to the first answers.
const CANDIDATES: usize = 2_000;

/// How many trigrams of a needle are asked for.
const TRIGRAMS: usize = 12;

/// How many trigrams that begin with a short needle are asked for.
const BEGINNINGS: usize = 200;

/// How many rows are looked at first for a short needle: if it is common, they are enough.
const GLANCE: usize = 500;

/// Adds `fold(text)` to SQL: text without case and accents.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection
        .create_scalar_function(
            "fold",
            1,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
            |context| {
                let text =
                    context.get_raw(0).as_str_or_null().unwrap_or_default().unwrap_or_default();
                Ok(fold(text))
            },
        )
        .map_err(failed("open store"))
}

fn row_id(kind: EntityKind, local: LocalId) -> Option<i64> {
    match kind {
        EntityKind::Organisation => Some(local.0 * 4),
        EntityKind::Individual => Some(local.0 * 4 + 1),
        _ => None,
    }
}

/// Indexes the searched text of a record in place of the old one.
pub(super) fn put(
    connection: &Connection,
    kind: EntityKind,
    local: LocalId,
    text: &str,
    old: Option<&str>,
) -> Result<()> {
    let Some(row) = row_id(kind, local) else {
        return Ok(());
    };
    if old == Some(text) {
        return Ok(());
    }
    if let Some(old) = old.filter(|old| !old.is_empty()) {
        connection
            .prepare_cached("INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)")
            .and_then(|mut statement| statement.execute(params![row, old]))
            .map_err(failed(INDEX))?;
    }
    if !text.is_empty() {
        connection
            .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![row, text]))
            .map_err(failed(INDEX))?;
    }
    Ok(())
}

/// Rewrites the index, so that nothing is left in it of what was taken out.
pub(super) fn compact(connection: &Connection) -> Result<()> {
    connection
        .execute("INSERT INTO search (search) VALUES ('optimize')", [])
        .map(|_| ())
        .map_err(failed(INDEX))
}

/// Records whose searched text holds `needle`: exact, prefix, any other, each in name order.
pub(super) fn search(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    needle: &str,
    limit: usize,
) -> Result<Vec<Record>> {
    if needle.is_empty() || limit == 0 || row_id(kind, LocalId(0)).is_none() {
        return Ok(Vec::new());
    }
    let mut found = exact_then_prefix(connection, kind, needle, limit)?;
    if found.len() < limit {
        let others = others(connection, kind, needle, &found, limit - found.len())?;
        found.extend(others);
    }
    let mut records = Vec::with_capacity(found.len());
    for local in found {
        records.extend(rows::read(connection, dictionary, kind, LocalId(local))?);
    }
    Ok(records)
}

fn exact_then_prefix(
    connection: &Connection,
    kind: EntityKind,
    needle: &str,
    limit: usize,
) -> Result<Vec<i64>> {
    // In order of `folded`, a text comes before every longer one that begins with it.
    let sql = format!(
        "SELECT id FROM {} WHERE folded >= ?1 AND folded < ?2 ORDER BY folded, id LIMIT ?3",
        rows::table(kind)
    );
    let end = format!("{needle}\u{10ffff}");
    numbers(connection, &sql, params![needle, end, rows::clamp(limit)])
}

/// Records that hold the needle but do not begin with it, in name order.
fn others(
    connection: &Connection,
    kind: EntityKind,
    needle: &str,
    found: &[i64],
    limit: usize,
) -> Result<Vec<i64>> {
    let expression = if needle.chars().count() > 2 {
        trigrams(needle)
    } else {
        let near = walked(connection, kind, needle, limit, Some(GLANCE))?;
        if near.len() == limit {
            return Ok(near);
        }
        beginnings(connection, needle)?
    };
    let candidates = match expression {
        Some(expression) => candidates(connection, kind, &expression)?,
        None => None,
    };
    match candidates {
        Some(candidates) => verified(connection, kind, needle, candidates, found, limit),
        None => walked(connection, kind, needle, limit, None),
    }
}

/// Local ids that pass a full-text expression; `None` if they are too many.
fn candidates(
    connection: &Connection,
    kind: EntityKind,
    expression: &str,
) -> Result<Option<Vec<i64>>> {
    let sql = "SELECT rowid FROM search WHERE search MATCH ?1 LIMIT ?2";
    let found = numbers(connection, sql, params![expression, rows::clamp(CANDIDATES * 2 + 1)])?;
    if found.len() > CANDIDATES * 2 {
        return Ok(None);
    }
    let wanted = row_id(kind, LocalId(0)).unwrap_or_default();
    Ok(Some(found.into_iter().filter(|row| row % 4 == wanted).map(|row| row / 4).collect()))
}

/// The trigrams that begin with a short needle as a full-text expression; `None` if they are many.
fn beginnings(connection: &Connection, needle: &str) -> Result<Option<String>> {
    if needle.contains('\0') {
        // Trigrams pass over it.
        return Ok(None);
    }
    let end = format!("{needle}\u{10ffff}");
    let terms = connection
        .prepare_cached("SELECT term FROM search_term WHERE term >= ?1 AND term <= ?2 LIMIT ?3")
        .and_then(|mut statement| {
            statement
                .query_map(params![needle, end, rows::clamp(BEGINNINGS + 1)], |row| {
                    row.get::<_, String>(0)
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(failed(SEARCH))?;
    if terms.len() > BEGINNINGS {
        return Ok(None);
    }
    // No trigram begins like that, so nothing holds it: a term that no text has.
    let terms = if terms.is_empty() { vec!["\n\n\n".to_owned()] } else { terms };
    Ok(joined(terms.iter().map(String::as_str), " OR "))
}

/// Terms as a full-text expression, each quoted; `None` if one cannot be.
fn joined<'a>(terms: impl Iterator<Item = &'a str>, operator: &str) -> Option<String> {
    let mut expression = String::new();
    for term in terms {
        // NUL would end the expression.
        if term.contains('\0') {
            return None;
        }
        if !expression.is_empty() {
            expression.push_str(operator);
        }
        expression.push('"');
        expression.push_str(&term.replace('"', "\"\""));
        expression.push('"');
    }
    Some(expression)
}

/// The trigrams of a needle as a full-text expression: `"abc" AND "bcd"`; `None` if it has none.
fn trigrams(needle: &str) -> Option<String> {
    let starts: Vec<usize> =
        needle.char_indices().map(|(at, _)| at).chain(std::iter::once(needle.len())).collect();
    let count = starts.len().checked_sub(3).filter(|count| *count > 0)?;
    let step = count.div_ceil(TRIGRAMS);
    // Each once: a text that repeats itself would ask for the same rows again and again.
    let terms: BTreeSet<&str> = starts
        .windows(4)
        .step_by(step)
        .filter_map(|window| match window {
            [start, .., end] => needle.get(*start..*end),
            _ => None,
        })
        .collect();
    joined(terms.into_iter(), " AND ")
}

/// The SQL condition that the searched text of `t` holds `?1`, text by text. It has to look at what
/// `derive::facts` puts into the searched text.
fn condition(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Organisation => {
            "(instr(t.folded, ?1) OR (t.contacts IS NOT NULL AND instr(fold(t.contacts), ?1))
              OR EXISTS (SELECT 1 FROM meta_field AS m
                         WHERE m.kind = 1 AND m.owner = t.id AND instr(fold(m.value), ?1)))"
        }
        _ => {
            "(instr(t.folded, ?1) OR instr(fold(t.first_name || ' ' || t.last_name), ?1)
              OR EXISTS (SELECT 1 FROM meta_field AS m
                         WHERE m.kind = 2 AND m.owner = t.id AND instr(fold(m.value), ?1)))"
        }
    }
}

fn verified(
    connection: &Connection,
    kind: EntityKind,
    needle: &str,
    candidates: Vec<i64>,
    found: &[i64],
    limit: usize,
) -> Result<Vec<i64>> {
    let table = rows::table(kind);
    let key = format!("SELECT folded FROM {table} WHERE id = ?1");
    let mut key = connection.prepare_cached(&key).map_err(failed(SEARCH))?;
    let mut sorted = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        if found.contains(&candidate) {
            continue;
        }
        let mut answer = key.query([candidate]).map_err(failed(SEARCH))?;
        if let Some(row) = answer.next().map_err(failed(SEARCH))? {
            sorted.push((row.get::<_, String>(0).map_err(failed(SEARCH))?, candidate));
        }
    }
    sorted.sort_unstable();
    let holds = format!("SELECT 1 FROM {table} AS t WHERE t.id = ?2 AND {}", condition(kind));
    let mut holds = connection.prepare_cached(&holds).map_err(failed(SEARCH))?;
    let mut others = Vec::new();
    for (_, candidate) in sorted {
        if others.len() == limit {
            break;
        }
        if holds.exists(params![needle, candidate]).map_err(failed(SEARCH))? {
            others.push(candidate);
        }
    }
    Ok(others)
}

/// Walks the table in name order, past what begins with the needle; only the first `within` rows
/// if that is given.
fn walked(
    connection: &Connection,
    kind: EntityKind,
    needle: &str,
    limit: usize,
    within: Option<usize>,
) -> Result<Vec<i64>> {
    let table = rows::table(kind);
    let source = match within {
        Some(within) => format!("(SELECT * FROM {table} ORDER BY folded, id LIMIT {within})"),
        None => table.to_owned(),
    };
    let sql = format!(
        "SELECT t.id FROM {source} AS t WHERE NOT (t.folded >= ?1 AND t.folded < ?2) AND {}
         ORDER BY t.folded, t.id LIMIT ?3",
        condition(kind)
    );
    let end = format!("{needle}\u{10ffff}");
    numbers(connection, &sql, params![needle, end, rows::clamp(limit)])
}

fn numbers(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<i64>> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(failed(SEARCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_becomes_its_trigrams() {
        assert_eq!(trigrams("ab"), None);
        assert_eq!(trigrams("abcd").as_deref(), Some(r#""abc" AND "bcd""#));
        assert_eq!(trigrams(r#"a"b"#).as_deref(), Some(r#""a""b""#));
        assert_eq!(trigrams("añb").as_deref(), Some("\"añb\""));
        assert_eq!(trigrams("ab\0c"), None);
        assert_eq!(trigrams("ababab").as_deref(), Some(r#""aba" AND "bab""#));
        let long = trigrams(&"abcdefghij".repeat(20)).unwrap();
        assert!(long.matches("AND").count() < TRIGRAMS);
    }
}
