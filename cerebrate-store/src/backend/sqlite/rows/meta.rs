//! Meta-fields as rows.

use cerebrate_core::error::Result;
use cerebrate_core::fold::fold;
use cerebrate_core::model::{EntityKind, MetaField, Record};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, params};

use super::super::dictionary::Dictionary;
use super::super::failure::{corrupt, failed};
use super::{READ, WRITE, code, flags, flags_text};
use crate::backend::LocalId;
use crate::derive::text_key;

pub(super) fn values(record: &Record) -> &[MetaField] {
    match record {
        Record::Organisation(organisation) => &organisation.meta_fields,
        Record::Individual(individual) => &individual.meta_fields,
        Record::User(user) => &user.meta_fields,
        _ => &[],
    }
}

pub(super) fn put(
    connection: &Connection,
    dictionary: &Dictionary,
    record: &Record,
    before: Option<&Record>,
    local: LocalId,
    now: Timestamp,
) -> Result<()> {
    let (old, new) = (before.map(values).unwrap_or_default(), values(record));
    if old == new {
        return Ok(());
    }
    let kind = code(record.kind());
    if !old.is_empty() {
        connection
            .prepare_cached("DELETE FROM meta_field WHERE kind = ?1 AND owner = ?2")
            .and_then(|mut statement| statement.execute(params![kind, local.0]))
            .map_err(failed(WRITE))?;
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut statement = connection
        .prepare_cached(
            "INSERT INTO meta_field (kind, owner, position, directory, field, value, normalised,
                 value_key, flags, created, modified)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .map_err(failed(WRITE))?;
    for (position, value) in (0_i64..).zip(new) {
        let directory = dictionary.version_number(connection, value.template, true)?;
        let field = dictionary.field_number(connection, value.template.id, &value.field, true)?;
        statement
            .execute(params![
                kind,
                local.0,
                position,
                directory,
                field,
                value.value,
                value.normalised,
                text_key(&fold(&value.value)),
                flags_text(&value.flags),
                value.created.unwrap_or(now).unix(),
                value.modified.unwrap_or(now).unix(),
            ])
            .map_err(failed(WRITE))?;
    }
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    owner: i64,
) -> Result<Vec<MetaField>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT directory, field, value, normalised, flags, created, modified
             FROM meta_field WHERE kind = ?1 AND owner = ?2 ORDER BY position",
        )
        .map_err(failed(READ))?;
    let mut rows = statement.query(params![code(kind), owner]).map_err(failed(READ))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let template = dictionary.version(connection, row.get(0).map_err(failed(READ))?)?;
        let (owner_template, field) =
            dictionary.field(connection, row.get(1).map_err(failed(READ))?)?;
        if owner_template != template.id {
            return Err(corrupt(READ, "a value and its field belong to different templates"));
        }
        let mut value =
            MetaField::new(template, field, row.get::<_, String>(2).map_err(failed(READ))?);
        value.normalised = row.get(3).map_err(failed(READ))?;
        let stored_flags = row.get_ref(4).map_err(failed(READ))?;
        value.flags = flags(stored_flags.as_str_or_null().unwrap_or_default());
        value.created = Some(Timestamp::from_unix(row.get(5).map_err(failed(READ))?));
        value.modified = Some(Timestamp::from_unix(row.get(6).map_err(failed(READ))?));
        found.push(value);
    }
    Ok(found)
}
