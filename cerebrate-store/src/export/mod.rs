//! Records to files, as imports read them again.
//!
//! What is written depends on nothing but what the store holds: records stand in the order of their
//! UUIDs, members and columns in a fixed order. Nothing is ever held in memory as a whole.

mod alignments;
mod csv;
mod json;

use std::fmt;
use std::io::{self, Write};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::query::Query;
use uuid::Uuid;

use crate::Store;
use crate::backend::Read;

/// How many records are read at once to learn their identities.
const PAGE: usize = 500;

/// An export: say what, then write it.
///
/// ```
/// # use cerebrate_store::Store;
/// # use cerebrate_core::model::Organisation;
/// # let store = Store::in_memory()?;
/// # store.organisations().insert(Organisation::new(store.next_id().into(), "=CIRCL".parse()?))?;
/// let mut text = Vec::new();
/// store.export().organisations().csv(&mut text)?;
/// let text = String::from_utf8(text).expect("it is UTF-8");
/// assert!(text.starts_with("uuid,name,url,nationality,sector,kind,contacts,tags,created,modified\n"));
/// assert!(text.contains(",'=CIRCL,"), "a spreadsheet takes it for text");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "an export does nothing until it is written"]
pub struct Export<'s> {
    store: &'s Store,
}

impl<'s> Export<'s> {
    /// Organisations.
    pub fn organisations(self) -> Exporting<'s> {
        self.of(Scope::One(EntityKind::Organisation))
    }

    /// Individuals.
    pub fn individuals(self) -> Exporting<'s> {
        self.of(Scope::One(EntityKind::Individual))
    }

    /// Sharing groups with their members.
    pub fn sharing_groups(self) -> Exporting<'s> {
        self.of(Scope::One(EntityKind::SharingGroup))
    }

    /// Everything that is not about this node alone: one JSON object with a list for each kind. Roles,
    /// users and what belongs to them are of this node; a backup has them.
    pub fn all(self) -> Exporting<'s> {
        self.of(Scope::All)
    }

    fn of(self, scope: Scope) -> Exporting<'s> {
        Exporting { store: self.store, scope, pretty: false }
    }
}

/// An export of certain records.
#[derive(Debug, Clone, Copy)]
#[must_use = "an export does nothing until it is written"]
pub struct Exporting<'s> {
    store: &'s Store,
    scope: Scope,
    pretty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    One(EntityKind),
    All,
}

impl Exporting<'_> {
    /// JSON with a line for each member instead of one for each record.
    pub fn pretty(mut self, pretty: bool) -> Self {
        self.pretty = pretty;
        self
    }

    /// Writes JSON: a list, or for [`Export::all`] an object of lists. Answers how many records
    /// were written.
    ///
    /// # Errors
    /// `Exhausted` if the disk is full, `Unavailable` if the target cannot be written otherwise.
    pub fn json(self, target: impl Write) -> Result<u64> {
        let read = self.store.read()?;
        let mut writer = json::JsonWriter::new(target, self.pretty);
        match self.scope {
            Scope::One(kind) => {
                writer.open_list(None)?;
                each(read.as_ref(), kind, &mut |record| writer.record(read.as_ref(), &record))?;
                writer.close_list()?;
            }
            Scope::All => {
                writer.open_object()?;
                for (key, kind) in KINDS {
                    writer.open_list(Some(key))?;
                    each(read.as_ref(), kind, &mut |record| writer.record(read.as_ref(), &record))?;
                    writer.close_list()?;
                }
                writer.close_object()?;
            }
        }
        writer.finish()
    }

    /// Writes CSV: a line of headers, then a line for each record. Cells that a spreadsheet would
    /// take for formulas have an apostrophe in front. Answers how many records were written.
    ///
    /// # Errors
    /// As [`Self::json`]; `Unsupported` for [`Export::all`], which no table can hold.
    pub fn csv(self, target: impl Write) -> Result<u64> {
        let Scope::One(kind) = self.scope else {
            return Err(Error::new(
                Kind::Unsupported,
                EXPORT,
                "records of several kinds make no one table",
            )
            .hint("export them to JSON, or one kind at a time"));
        };
        let read = self.store.read()?;
        let library = self.store.library_of(read.as_ref())?;
        csv::write(read.as_ref(), kind, &library, target)
    }
}

impl Store {
    /// Starts an export; see [`Export`].
    pub fn export(&self) -> Export<'_> {
        Export { store: self }
    }
}

const EXPORT: &str = "export";

/// What an export of everything holds, in its order: what others refer to comes first.
/// For whom people work stands with the people.
const KINDS: [(&str, EntityKind); 9] = [
    ("meta_templates", EntityKind::MetaTemplate),
    ("tags", EntityKind::Tag),
    ("organisations", EntityKind::Organisation),
    ("individuals", EntityKind::Individual),
    ("encryption_keys", EntityKind::EncryptionKey),
    ("sharing_groups", EntityKind::SharingGroup),
    ("organisation_groups", EntityKind::OrganisationGroup),
    ("mailing_lists", EntityKind::MailingList),
    ("enumeration_collections", EntityKind::EnumerationCollection),
];

/// Hands out every record of a kind in the order of the UUIDs.
fn each(
    read: &dyn Read,
    kind: EntityKind,
    take: &mut dyn FnMut(Record) -> Result<()>,
) -> Result<()> {
    for id in identities(read, kind)? {
        if let Some(record) = read.get(kind, id)? {
            take(record)?;
        }
    }
    Ok(())
}

fn identities(read: &dyn Read, kind: EntityKind) -> Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    pages(read, Query::new(kind), &mut |record| ids.push(record.id()))?;
    ids.sort_unstable();
    Ok(ids)
}

/// Shows every record that a query asks for, in the order in which pages have them.
fn pages(read: &dyn Read, mut query: Query, see: &mut dyn FnMut(&Record)) -> Result<()> {
    query.limit = PAGE;
    loop {
        let page = read.query(&query)?;
        page.records.iter().for_each(&mut *see);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

fn unwritten(source: io::Error) -> Error {
    let kind = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::Exhausted,
        io::ErrorKind::PermissionDenied => Kind::Denied,
        _ => Kind::Unavailable,
    };
    Error::new(kind, EXPORT, "the export cannot be written").caused_by(source)
}

fn unspellable(source: impl fmt::Display) -> Error {
    Error::new(Kind::Corrupt, EXPORT, "a record cannot be written as JSON").with("reason", source)
}
