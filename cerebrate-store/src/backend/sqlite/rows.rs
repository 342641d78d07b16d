//! Records as rows: what is common to all kinds, and the dispatch to each.

mod account;
mod contact;
mod group;
mod message;
mod meta;
mod other;

use cerebrate_core::error::Result;
use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::model::{EntityKind, Name, NameDirectoryEntry, Record, TagName, TemplateKey};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use uuid::Uuid;

use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::{claims, search};
use crate::backend::{Facts, LocalId, Standing};

pub(super) const READ: &str = "read record";
pub(super) const WRITE: &str = "write record";

/// The number of a kind in the database.
pub(super) fn code(kind: EntityKind) -> i64 {
    match kind {
        EntityKind::Organisation => 1,
        EntityKind::Individual => 2,
        EntityKind::Alignment => 3,
        EntityKind::Tag => 4,
        EntityKind::MetaTemplate => 5,
        EntityKind::SharingGroup => 6,
        EntityKind::MailingList => 7,
        EntityKind::OrganisationGroup => 8,
        EntityKind::EnumerationCollection => 9,
        EntityKind::EncryptionKey => 10,
        EntityKind::Role => 11,
        EntityKind::User => 12,
        EntityKind::AuthKey => 13,
        EntityKind::UserSetting => 14,
        EntityKind::PermissionLimitation => 15,
        EntityKind::InboxMessage => 16,
        EntityKind::OutboxMessage => 17,
        _ => 0,
    }
}

/// The kinds of records that hold values of template fields.
pub(super) const HOLDERS: [EntityKind; 3] =
    [EntityKind::Organisation, EntityKind::Individual, EntityKind::User];

/// The kind behind its number.
pub(super) fn kind(number: i64) -> Option<EntityKind> {
    EntityKind::ALL.into_iter().find(|kind| code(*kind) == number)
}

/// The table of a kind: it has the name of the kind.
pub(super) fn table(kind: EntityKind) -> &'static str {
    kind.as_str()
}

/// A limit as SQLite takes it.
pub(super) fn clamp(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The number of the record of that identity.
pub(super) fn find(connection: &Connection, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>> {
    let sql = match kind {
        EntityKind::Organisation => "SELECT id FROM organisation WHERE uuid = ?1",
        EntityKind::Individual => "SELECT id FROM individual WHERE uuid = ?1",
        other => &format!("SELECT id FROM {} WHERE uuid = ?1", table(other)),
    };
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_row([id], |row| row.get(0).map(LocalId)).optional()
        })
        .map_err(failed(READ))
}

/// The record with that number.
pub(super) fn read(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    local: LocalId,
) -> Result<Option<Record>> {
    let sql = format!("{} WHERE t.id = ?1", columns(kind));
    let mut statement = connection.prepare_cached(&sql).map_err(failed(READ))?;
    let mut rows = statement.query([local.0]).map_err(failed(READ))?;
    match rows.next().map_err(failed(READ))? {
        Some(row) => record(connection, dictionary, kind, row).map(Some),
        None => Ok(None),
    }
}

/// The record of that identity.
pub(super) fn get(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<Record>> {
    let sql = match kind {
        EntityKind::Organisation => contact::ORGANISATION_BY_UUID,
        EntityKind::Individual => contact::INDIVIDUAL_BY_UUID,
        other => &format!("{} WHERE t.uuid = ?1", columns(other)),
    };
    let mut statement = connection.prepare_cached(sql).map_err(failed(READ))?;
    let mut rows = statement.query([id]).map_err(failed(READ))?;
    match rows.next().map_err(failed(READ))? {
        Some(row) => record(connection, dictionary, kind, row).map(Some),
        None => Ok(None),
    }
}

/// `SELECT … FROM` for a kind, with the table named `t` and its number as first column.
pub(super) fn columns(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Organisation => contact::ORGANISATION,
        EntityKind::Individual => contact::INDIVIDUAL,
        EntityKind::SharingGroup => group::SHARING_GROUP,
        EntityKind::OrganisationGroup => group::ORGANISATION_GROUP,
        EntityKind::MailingList => group::MAILING_LIST,
        EntityKind::Alignment => other::ALIGNMENT,
        EntityKind::Tag => other::TAG,
        EntityKind::MetaTemplate => other::META_TEMPLATE,
        EntityKind::EnumerationCollection => other::ENUMERATION_COLLECTION,
        EntityKind::Role => account::ROLE,
        EntityKind::User => account::USER,
        EntityKind::AuthKey => account::AUTH_KEY,
        EntityKind::UserSetting => account::USER_SETTING,
        EntityKind::PermissionLimitation => account::PERMISSION_LIMITATION,
        EntityKind::InboxMessage => message::INBOX_MESSAGE,
        EntityKind::OutboxMessage => message::OUTBOX_MESSAGE,
        _ => other::ENCRYPTION_KEY,
    }
}

/// The record in a row selected with [`columns`].
pub(super) fn record(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    row: &Row<'_>,
) -> Result<Record> {
    Ok(match kind {
        EntityKind::Organisation => contact::organisation(connection, dictionary, row)?.into(),
        EntityKind::Individual => contact::individual(connection, dictionary, row)?.into(),
        EntityKind::SharingGroup => group::sharing_group(connection, row)?.into(),
        EntityKind::OrganisationGroup => group::organisation_group(connection, row)?.into(),
        EntityKind::MailingList => group::mailing_list(row)?.into(),
        EntityKind::Alignment => other::alignment(row)?.into(),
        EntityKind::Tag => other::tag(row)?.into(),
        EntityKind::MetaTemplate => other::meta_template(row)?.into(),
        EntityKind::EnumerationCollection => other::enumeration_collection(row)?.into(),
        EntityKind::Role => account::role(row)?.into(),
        EntityKind::User => account::user(connection, dictionary, row)?.into(),
        EntityKind::AuthKey => account::auth_key(row)?.into(),
        EntityKind::UserSetting => account::user_setting(row)?.into(),
        EntityKind::PermissionLimitation => account::permission_limitation(row)?.into(),
        EntityKind::InboxMessage => message::inbox_message(row)?.into(),
        EntityKind::OutboxMessage => message::outbox_message(row)?.into(),
        _ => other::encryption_key(row)?.into(),
    })
}

/// Stores a record over what stands there, or as a new one.
pub(super) fn put(
    connection: &Connection,
    dictionary: &Dictionary,
    record: &Record,
    facts: &Facts,
    standing: Option<&Standing<'_>>,
    wanted: Option<LocalId>,
    now: Timestamp,
) -> Result<LocalId> {
    let place = Place { standing: standing.map(|standing| standing.local), wanted, now };
    let local = match record {
        Record::Organisation(new) => contact::put_organisation(connection, new, facts, &place)?,
        Record::Individual(new) => contact::put_individual(connection, new, facts, &place)?,
        Record::SharingGroup(new) => group::put_sharing_group(connection, new, facts, &place)?,
        Record::OrganisationGroup(new) => {
            group::put_organisation_group(connection, new, facts, &place)?
        }
        Record::MailingList(new) => group::put_mailing_list(connection, new, facts, &place)?,
        Record::Alignment(new) => other::put_alignment(connection, new, &place)?,
        Record::Tag(new) => other::put_tag(connection, new, &place)?,
        Record::MetaTemplate(new) => other::put_meta_template(connection, new, &place)?,
        Record::EnumerationCollection(new) => {
            other::put_enumeration_collection(connection, new, facts, &place)?
        }
        Record::EncryptionKey(new) => other::put_encryption_key(connection, new, &place)?,
        Record::Role(new) => account::put_role(connection, new, facts, &place)?,
        Record::User(new) => account::put_user(connection, new, facts, &place)?,
        Record::AuthKey(new) => account::put_auth_key(connection, new, &place)?,
        Record::UserSetting(new) => account::put_user_setting(connection, new, facts, &place)?,
        Record::PermissionLimitation(new) => {
            account::put_permission_limitation(connection, new, facts, &place)?
        }
        Record::InboxMessage(new) => message::put_inbox_message(connection, new, facts, &place)?,
        Record::OutboxMessage(new) => message::put_outbox_message(connection, new, facts, &place)?,
        _ => return Err(corrupt(WRITE, "an unknown kind of record")),
    };
    let before = standing.map(|standing| standing.record);
    put_tags(connection, record, before, local)?;
    meta::put(connection, dictionary, record, before, local, now)?;
    let old = standing.map(|standing| standing.facts);
    if record.kind() == EntityKind::Organisation {
        // What the old values claimed depends on the templates of that time: only values that stand
        // just as they did, flags and all, surely have their claims.
        let same = before.is_some_and(|before| meta::values(before) == meta::values(record))
            && old.is_some_and(|old| {
                old.claims == facts.claims && old.unreadable == facts.unreadable
            });
        if !same {
            if before.is_some() {
                claims::remove(connection, local)?;
            }
            claims::put(connection, local, facts)?;
        }
    }
    search::put(
        connection,
        record.kind(),
        local,
        &facts.search,
        old.map(|old| old.search.as_str()),
    )?;
    Ok(local)
}

/// Takes a record out, with all that hangs on it.
pub(super) fn remove(connection: &Connection, standing: &Standing<'_>) -> Result<()> {
    let kind = standing.record.kind();
    let local = standing.local;
    let run = |sql: &str| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([local.0]))
            .map_err(failed(WRITE))
    };
    match kind {
        EntityKind::Organisation | EntityKind::Individual => {
            let number = code(kind);
            run(&format!("DELETE FROM meta_field WHERE kind = {number} AND owner = ?1"))?;
            run(&format!("DELETE FROM tagging WHERE kind = {number} AND owner = ?1"))?;
            if kind == EntityKind::Organisation {
                claims::remove(connection, local)?;
            }
            search::put(connection, kind, local, "", Some(&standing.facts.search))?;
        }
        EntityKind::SharingGroup => {
            run("DELETE FROM sharing_group_member WHERE sharing_group = ?1")?;
        }
        EntityKind::OrganisationGroup => {
            run("DELETE FROM organisation_group_member WHERE organisation_group = ?1")?;
            run("DELETE FROM organisation_group_administrator WHERE organisation_group = ?1")?;
            run(&format!("DELETE FROM tagging WHERE kind = {} AND owner = ?1", code(kind)))?;
        }
        EntityKind::User => {
            run(&format!("DELETE FROM meta_field WHERE kind = {} AND owner = ?1", code(kind)))?;
            run("DELETE FROM user_password WHERE user = ?1")?;
        }
        EntityKind::AuthKey => {
            run("DELETE FROM auth_key_digest WHERE auth_key = ?1")?;
        }
        EntityKind::InboxMessage => {
            run("DELETE FROM inbox_password WHERE message = ?1")?;
        }
        EntityKind::Tag => {
            run("DELETE FROM tagging WHERE tag = ?1")?;
        }
        _ => {}
    }
    run(&format!("DELETE FROM {} WHERE id = ?1", table(kind))).map(|_| ())
}

/// Where a record goes.
pub(super) struct Place {
    /// Over this one.
    pub(super) standing: Option<LocalId>,
    /// As a new one with this number, if possible.
    pub(super) wanted: Option<LocalId>,
    /// The time for what carries none.
    pub(super) now: Timestamp,
}

impl Place {
    /// Runs the insert or the update; the number of the record is `?1` in both.
    pub(super) fn write(
        &self,
        connection: &Connection,
        insert: &str,
        update: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<LocalId> {
        let number = self.standing.or(self.wanted).map(|local| local.0);
        let mut all: Vec<&dyn rusqlite::ToSql> = Vec::with_capacity(values.len() + 1);
        all.push(&number);
        all.extend_from_slice(values);
        let sql = if self.standing.is_some() { update } else { insert };
        let mut statement = connection.prepare_cached(sql).map_err(failed(WRITE))?;
        statement.execute(all.as_slice()).map_err(failed(WRITE))?;
        Ok(self.standing.unwrap_or_else(|| LocalId(connection.last_insert_rowid())))
    }

    pub(super) fn time(&self, given: Option<Timestamp>) -> i64 {
        given.unwrap_or(self.now).unix()
    }
}

fn tags(record: &Record) -> &[TagName] {
    match record {
        Record::Organisation(organisation) => &organisation.tags,
        Record::Individual(individual) => &individual.tags,
        Record::OrganisationGroup(group) => &group.tags,
        _ => &[],
    }
}

fn put_tags(
    connection: &Connection,
    record: &Record,
    before: Option<&Record>,
    local: LocalId,
) -> Result<()> {
    let (old, new) = (before.map(tags).unwrap_or_default(), tags(record));
    if old == new {
        return Ok(());
    }
    let number = code(record.kind());
    if !old.is_empty() {
        connection
            .prepare_cached("DELETE FROM tagging WHERE kind = ?1 AND owner = ?2")
            .and_then(|mut statement| statement.execute(params![number, local.0]))
            .map_err(failed(WRITE))?;
    }
    let mut statement = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO tagging (kind, owner, tag)
             SELECT ?1, ?2, id FROM tag WHERE folded = ?3",
        )
        .map_err(failed(WRITE))?;
    for tag in new {
        statement.execute(params![number, local.0, tag.folded()]).map_err(failed(WRITE))?;
    }
    Ok(())
}

/// The tags of a record, in name order.
pub(super) fn read_tags(
    connection: &Connection,
    kind: EntityKind,
    local: i64,
) -> Result<Vec<TagName>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT g.name FROM tagging AS t JOIN tag AS g ON g.id = t.tag
             WHERE t.kind = ?1 AND t.owner = ?2 ORDER BY g.folded",
        )
        .map_err(failed(READ))?;
    let mut rows = statement.query(params![code(kind), local]).map_err(failed(READ))?;
    let mut tags = Vec::new();
    while let Some(row) = rows.next().map_err(failed(READ))? {
        let name: String = row.get(0).map_err(failed(READ))?;
        tags.push(TagName::try_from(name).map_err(|source| {
            corrupt(READ, "a stored tag has no usable name").caused_by(source)
        })?);
    }
    Ok(tags)
}

/// A stored name.
pub(super) fn name(text: String) -> Result<Name> {
    Name::try_from(text)
        .map_err(|source| corrupt(READ, "a stored record has no name").caused_by(source))
}

/// A list as it is stored.
fn to_json<T: serde::Serialize>(list: &T) -> Result<String> {
    serde_json::to_string(list)
        .map_err(|source| corrupt(WRITE, "a list cannot be written as JSON").caused_by(source))
}

/// Reads what [`to_json`] wrote.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|source| corrupt(READ, "a stored list is not JSON").caused_by(source))
}

/// Flags as they are stored: names with a blank between, or nothing.
pub(super) fn flags_text(flags: &[ProblemKind]) -> Option<String> {
    (!flags.is_empty())
        .then(|| flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(" "))
}

/// Reads what [`flags_text`] wrote; a flag of a newer program is passed over.
pub(super) fn flags(text: Option<&str>) -> Vec<ProblemKind> {
    text.unwrap_or_default().split_ascii_whitespace().filter_map(ProblemKind::from_name).collect()
}

/// The identities that a query with one column answers.
pub(super) fn uuids(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<Uuid>> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(failed(READ))
}

/// Owners of values of a template version, and the number of those values.
pub(super) fn template_usage(
    connection: &Connection,
    dictionary: &Dictionary,
    template: TemplateKey,
) -> Result<(Vec<(EntityKind, Uuid)>, u64)> {
    let Some(number) = dictionary.version_number(connection, template, false)? else {
        return Ok((Vec::new(), 0));
    };
    let mut owners = Vec::new();
    for kind in HOLDERS {
        let sql = format!(
            "SELECT t.uuid FROM {} AS t WHERE t.id IN
                 (SELECT owner FROM meta_field WHERE directory = ?1 AND kind = {}
                  AND field IN (SELECT id FROM field_name WHERE template = ?2))
             ORDER BY t.id",
            table(kind),
            code(kind)
        );
        let found = uuids(connection, &sql, params![number, template.id.uuid()])?;
        owners.extend(found.into_iter().map(|id| (kind, id)));
    }
    let values: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM meta_field WHERE directory = ?1
             AND field IN (SELECT id FROM field_name WHERE template = ?2)",
        )
        .and_then(|mut statement| {
            statement.query_row(params![number, template.id.uuid()], |row| row.get(0))
        })
        .map_err(failed(READ))?;
    Ok((owners, values.unsigned_abs()))
}

/// Everything the name directory knows.
pub(super) fn name_directory(connection: &Connection) -> Result<Vec<NameDirectoryEntry>> {
    connection
        .prepare_cached(
            "SELECT template, version, name, namespace FROM name_directory ORDER BY template, version",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(NameDirectoryEntry {
                        template: TemplateKey::new(MetaTemplateId::new(row.get(0)?), row.get(1)?),
                        name: row.get(2)?,
                        namespace: row.get(3)?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(failed(READ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_kinds_agree() {
        for known in EntityKind::ALL {
            assert_eq!(kind(code(known)), Some(known));
        }
        assert_eq!(kind(0), None);
    }

    #[test]
    fn flags_are_read_as_written() {
        let kinds = vec![ProblemKind::Mask, ProblemKind::HiddenCharacter];
        assert_eq!(flags(flags_text(&kinds).as_deref()), kinds);
        assert_eq!(flags_text(&[]), None);
        assert_eq!(flags(Some("mask of_the_future")), [ProblemKind::Mask]);
    }
}
