//! Template versions and field names are stored once and referred to by number.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use cerebrate_core::error::Result;
use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::model::TemplateKey;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::failure::{corrupt, failed};

const READ: &str = "read name directory";
const WRITE: &str = "write name directory";

/// Numbers that were looked up before. A number never changes its meaning, so what is remembered
/// stays true until a transaction that made new ones is undone.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    versions: HashMap<i64, TemplateKey>,
    version_numbers: HashMap<TemplateKey, i64>,
    fields: HashMap<i64, (MetaTemplateId, Box<str>)>,
    field_numbers: HashMap<MetaTemplateId, HashMap<Box<str>, i64>>,
}

impl Dictionary {
    /// Forgets everything: for after a transaction that was undone.
    pub(super) fn forget(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    /// The template version behind a number.
    pub(super) fn version(&self, connection: &Connection, number: i64) -> Result<TemplateKey> {
        if let Some(key) = self.read(|known| known.versions.get(&number).copied()) {
            return Ok(key);
        }
        let key = connection
            .prepare_cached("SELECT template, version FROM name_directory WHERE id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([number], |row| {
                        Ok(TemplateKey::new(
                            MetaTemplateId::new(row.get::<_, Uuid>(0)?),
                            row.get(1)?,
                        ))
                    })
                    .optional()
            })
            .map_err(failed(READ))?
            .ok_or_else(|| corrupt(READ, "a value refers to an unknown template version"))?;
        self.write(|known| {
            known.versions.insert(number, key);
            known.version_numbers.insert(key, number);
        });
        Ok(key)
    }

    /// The number of a template version; made if `create`, else `None` if there is none.
    pub(super) fn version_number(
        &self,
        connection: &Connection,
        key: TemplateKey,
        create: bool,
    ) -> Result<Option<i64>> {
        if let Some(number) = self.read(|known| known.version_numbers.get(&key).copied()) {
            return Ok(Some(number));
        }
        let find = || {
            connection
                .prepare_cached(
                    "SELECT id FROM name_directory WHERE template = ?1 AND version = ?2",
                )
                .and_then(|mut statement| {
                    statement
                        .query_row(params![key.id.uuid(), key.version], |row| row.get(0))
                        .optional()
                })
                .map_err(failed(READ))
        };
        let number: Option<i64> = match find()? {
            None if create => connection
                .prepare_cached(
                    "INSERT INTO name_directory (template, version, name, namespace)
                         VALUES (?1, ?2, '', '')",
                )
                .and_then(|mut statement| statement.insert(params![key.id.uuid(), key.version]))
                .map(Some)
                .map_err(failed(WRITE))?,
            found => found,
        };
        if let Some(number) = number {
            self.write(|known| {
                known.versions.insert(number, key);
                known.version_numbers.insert(key, number);
            });
        }
        Ok(number)
    }

    /// The template and name behind the number of a field.
    pub(super) fn field(
        &self,
        connection: &Connection,
        number: i64,
    ) -> Result<(MetaTemplateId, String)> {
        let known = self.read(|known| {
            known.fields.get(&number).map(|(template, name)| (*template, name.to_string()))
        });
        if let Some(field) = known {
            return Ok(field);
        }
        let (template, name) = connection
            .prepare_cached("SELECT template, name FROM field_name WHERE id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([number], |row| {
                        Ok((MetaTemplateId::new(row.get::<_, Uuid>(0)?), row.get::<_, String>(1)?))
                    })
                    .optional()
            })
            .map_err(failed(READ))?
            .ok_or_else(|| corrupt(READ, "a value refers to an unknown field"))?;
        self.remember_field(template, &name, number);
        Ok((template, name))
    }

    /// The number of a field; made if `create`, else `None` if there is none.
    pub(super) fn field_number(
        &self,
        connection: &Connection,
        template: MetaTemplateId,
        name: &str,
        create: bool,
    ) -> Result<Option<i64>> {
        let known = self.read(|known| {
            known.field_numbers.get(&template).and_then(|names| names.get(name)).copied()
        });
        if known.is_some() {
            return Ok(known);
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT id FROM field_name WHERE template = ?1 AND name = ?2")
            .and_then(|mut statement| {
                statement.query_row(params![template.uuid(), name], |row| row.get(0)).optional()
            })
            .map_err(failed(READ))?;
        let number = match found {
            None if create => Some(
                connection
                    .prepare_cached("INSERT INTO field_name (template, name) VALUES (?1, ?2)")
                    .and_then(|mut statement| statement.insert(params![template.uuid(), name]))
                    .map_err(failed(WRITE))?,
            ),
            found => found,
        };
        if let Some(number) = number {
            self.remember_field(template, name, number);
        }
        Ok(number)
    }

    fn remember_field(&self, template: MetaTemplateId, name: &str, number: i64) {
        self.write(|known| {
            known.fields.insert(number, (template, name.into()));
            known.field_numbers.entry(template).or_default().insert(name.into(), number);
        });
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, note: impl FnOnce(&mut Known)) {
        note(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}
