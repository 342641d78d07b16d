//! The life of meta-templates in a store: which are there, how they stand to the files they come
//! from, how values follow to a newer version, and which values wait for their template.
//!
//! Each version of a template is a record of its own, and a value belongs to one version. A value
//! whose version is not stored is kept as it is and *held*: flagged
//! [`ProblemKind::UnknownTemplate`], found by search and lookup, and released in the change set
//! that brings its template. A value of another version than those stored is held too, rather than
//! read as if it were of the stored one: a peer that sent it gets it back as it was. Only
//! [`Templates::update`] moves it, if it passes under the new version.
//!
//! [`ProblemKind::UnknownTemplate`]: cerebrate_core::problem::ProblemKind::UnknownTemplate

mod load;
mod moving;
mod recheck;
mod report;
mod standing;
mod update;

use std::collections::BTreeSet;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::meta::upgrade::Strategy;
use cerebrate_core::meta::{CompiledTemplate, Library};
use cerebrate_core::model::{EntityKind, MetaTemplate, Record, TemplateKey};
use cerebrate_core::words::counted;

use crate::store::{Author, Store, Transaction};

pub(crate) use recheck::{clear_default, may_withdraw, recheck, yield_default};
pub use report::{
    HeldTemplate, ListedTemplate, LoadReport, UpdateOutcome, UpdateReport, ValueConflict,
};

/// The meta-templates of a store; see [`Store::templates`].
#[derive(Debug, Clone)]
pub struct Templates<'a> {
    store: &'a Store,
    files: &'a Library,
    author: Author,
}

impl<'a> Templates<'a> {
    pub(crate) fn of(store: &'a Store) -> Self {
        Templates { store, files: Library::shipped(), author: Author::local() }
    }

    /// Compares with these files instead of those that come with cerebrate.
    #[must_use]
    pub fn against(mut self, files: &'a Library) -> Self {
        self.files = files;
        self
    }

    /// Says who writes, and where it comes from.
    #[must_use]
    pub fn written_by(mut self, author: Author) -> Self {
        self.author = author;
        self
    }

    /// The stored template of that name, short name or UUID, at its newest version unless `@` and
    /// a version follow; see [`Library::find`].
    ///
    /// # Errors
    /// `NotFound` if there is none, `Conflict` if different templates are called so.
    pub fn require(&self, name: &str) -> Result<CompiledTemplate> {
        self.store.library()?.find(name).cloned()
    }

    /// The same, with `None` if there is none.
    ///
    /// # Errors
    /// `Conflict` if different templates are called so.
    pub fn find(&self, name: &str) -> Result<Option<CompiledTemplate>> {
        match self.require(name) {
            Ok(template) => Ok(Some(template)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The stored template at exactly this version.
    pub fn get(&self, key: TemplateKey) -> Result<Option<CompiledTemplate>> {
        Ok(self.store.library()?.get(key).cloned())
    }

    /// Every stored version of every template and how it stands to the files, and each template of
    /// which there is only a file; by short name and version.
    pub fn list(&self) -> Result<Vec<ListedTemplate>> {
        standing::list(self.store, self.files, None)
    }

    /// The same for one template.
    ///
    /// # Errors
    /// `NotFound` if it is neither stored nor in the files.
    pub fn status(&self, id: MetaTemplateId) -> Result<Vec<ListedTemplate>> {
        let found = standing::list(self.store, self.files, Some(id))?;
        if found.is_empty() { Err(unknown(id)) } else { Ok(found) }
    }

    /// The template versions that are not stored but have values, which wait for them.
    pub fn held(&self) -> Result<Vec<HeldTemplate>> {
        standing::held(self.store)
    }

    /// What would stand in the way of an update from a stored version to the version `to` of the
    /// same template, from the files or stored.
    ///
    /// # Errors
    /// `NotFound` if one of the two is not known.
    pub fn conflicts(&self, from: TemplateKey, to: u32) -> Result<Vec<ValueConflict>> {
        standing::conflicts(self.store, self.files, from, to)
    }

    /// Stores a version of a template. Values that wait for it are checked and released; if the
    /// template says that it is the default of its scope, another that is stays it. A version that
    /// is stored just so is left alone.
    ///
    /// # Errors
    /// `Conflict` if the version is stored with other content, `Invalid` if the template has no
    /// version, name, namespace or source.
    pub fn load(&self, template: MetaTemplate) -> Result<LoadReport> {
        self.store.transaction_by(&self.author, |transaction| {
            let key = template.key;
            let report = load::load(transaction, [template])?;
            if report.differing.is_empty() {
                return Ok(report);
            }
            Err(differing("load template", key))
        })
    }

    /// Stores all templates of a library as one change set. Versions that are stored stay as they
    /// are; those that differ are listed.
    ///
    /// # Errors
    /// `Invalid` if a template has no version, name, namespace or source.
    pub fn load_library(&self, library: &Library) -> Result<LoadReport> {
        self.store.transaction_by(&self.author, |transaction| {
            load::load(transaction, library.iter().map(|template| template.template().clone()))
        })
    }

    /// See [`Store::load_shipped_templates`].
    pub(crate) fn load_shipped(&self) -> Result<LoadReport> {
        let author = Author::of("shipped templates");
        self.store.transaction_by(&author, load::load_shipped)
    }

    /// Offers this version in forms. Values are accepted either way.
    ///
    /// # Errors
    /// `NotFound` if it is not stored.
    pub fn enable(&self, key: TemplateKey) -> Result<MetaTemplate> {
        self.change(key, |template| template.enabled = true)
    }

    /// Offers this version no more. Its values stay.
    ///
    /// # Errors
    /// `NotFound` if it is not stored.
    pub fn disable(&self, key: TemplateKey) -> Result<MetaTemplate> {
        self.change(key, |template| template.enabled = false)
    }

    /// Makes this version the default of its scope, in place of any other.
    ///
    /// # Errors
    /// `NotFound` if it is not stored.
    pub fn set_default(&self, key: TemplateKey) -> Result<MetaTemplate> {
        self.change(key, |template| template.is_default = true)
    }

    /// Makes this version no default any more.
    ///
    /// # Errors
    /// `NotFound` if it is not stored.
    pub fn clear_default(&self, key: TemplateKey) -> Result<MetaTemplate> {
        self.change(key, |template| template.is_default = false)
    }

    /// Brings a template and all its values to the newest version that is known, from the files or
    /// stored. One change set, whatever the strategy:
    ///
    /// | strategy | values | the version that was in use |
    /// |---|---|---|
    /// | `update_existing` | all of an owner follow, unless one conflicts: then all of that owner stay | removed if no value is left under it, else disabled |
    /// | `keep_both` | the same | disabled |
    /// | `create_new` | all stay | disabled |
    /// | `delete_all` | the conflicting ones are removed, all others follow | removed |
    ///
    /// Values that the new version cannot check, because its pattern cannot be used here, are listed
    /// among the conflicts and stay like those, but are never removed: under `delete_all` they
    /// follow, flagged.
    ///
    /// The new version is enabled, and the default, if an older one was. Values that wait for an
    /// older version which is not stored follow if they pass, and are never removed. An older
    /// version is not removed if the new one was stored before: both are wanted then.
    ///
    /// # Errors
    /// `NotFound` if the template is neither stored nor in the files.
    pub fn update(&self, id: MetaTemplateId, strategy: Strategy) -> Result<UpdateReport> {
        self.store.transaction_by(&self.author, |transaction| {
            let _consequences = transaction.admit_upgrade()?;
            let library = transaction.library();
            let to = newer(library.newest(id), self.files.newest(id));
            update::update(transaction, to.ok_or_else(|| unknown(id))?, strategy)
        })
    }

    /// Brings every template to the newest version that is known, as [`Self::update`] does, and
    /// stores those that are only in the files. One change set; a report for each template, in the
    /// order of their UUIDs.
    pub fn update_all(&self, strategy: Strategy) -> Result<Vec<UpdateReport>> {
        self.store.transaction_by(&self.author, |transaction| {
            let _consequences = transaction.admit_upgrade()?;
            let library = transaction.library();
            let ids: BTreeSet<MetaTemplateId> =
                library.iter().chain(self.files.iter()).map(|template| template.key().id).collect();
            let newest =
                ids.into_iter().filter_map(|id| newer(library.newest(id), self.files.newest(id)));
            let reports: Vec<UpdateReport> = newest
                .map(|to| update::update(transaction, to, strategy))
                .collect::<Result<_>>()?;
            if transaction.has_changes() {
                let changed = reports.iter().filter(|report| report.change_set.is_some()).count();
                let changed = counted(changed as u64, "template");
                transaction.summarise(&format!("{changed} brought up to date"))?;
            }
            Ok(reports)
        })
    }

    /// The same for one template, with a version from a file among those that are known. If it is
    /// the newest of them, it is stored; whether it was stored before makes no difference to what
    /// becomes of the values.
    ///
    /// # Errors
    /// `Conflict` if the version is stored with other content, `Invalid` if the template has no
    /// version, name, namespace or source.
    pub fn update_to(&self, template: MetaTemplate, strategy: Strategy) -> Result<UpdateReport> {
        load::check(&template)?;
        let file = CompiledTemplate::compile(template);
        self.store.transaction_by(&self.author, |transaction| {
            let _consequences = transaction.admit_upgrade()?;
            let library = transaction.library();
            let stored = library.get(file.key());
            if stored.is_some_and(|stored| !load::is_same(stored.template(), file.template())) {
                return Err(differing("update template", file.key()));
            }
            let file = stored.unwrap_or(&file);
            let known = newer(library.newest(file.key().id), self.files.newest(file.key().id));
            let to = newer(Some(file), known).unwrap_or(file);
            update::update(transaction, to, strategy)
        })
    }

    /// Takes a version out. The name directory keeps its name.
    ///
    /// # Errors
    /// `NotFound` if it is not stored, `Conflict` if it has values.
    pub fn remove(&self, key: TemplateKey) -> Result<MetaTemplate> {
        self.store.transaction_by(&self.author, |transaction| {
            stored(transaction, key)?;
            match transaction.remove(EntityKind::MetaTemplate, key.record_id())? {
                Record::MetaTemplate(template) => Ok(template),
                _ => Err(no_version(key)),
            }
        })
    }

    fn change(
        &self,
        key: TemplateKey,
        edit: impl FnOnce(&mut MetaTemplate),
    ) -> Result<MetaTemplate> {
        self.store.transaction_by(&self.author, |transaction| {
            let mut template = stored(transaction, key)?;
            edit(&mut template);
            transaction.put(template.into(), None)?;
            stored(transaction, key)
        })
    }
}

/// The newer of the two, the first if they are of one version.
fn newer<'l>(
    first: Option<&'l CompiledTemplate>,
    second: Option<&'l CompiledTemplate>,
) -> Option<&'l CompiledTemplate> {
    match (first, second) {
        (Some(first), Some(second)) if second.key().version > first.key().version => Some(second),
        (first, second) => first.or(second),
    }
}

fn stored(transaction: &Transaction<'_>, key: TemplateKey) -> Result<MetaTemplate> {
    match transaction.standing(EntityKind::MetaTemplate, key.record_id())? {
        Some((_, Record::MetaTemplate(template))) => Ok(template),
        _ => Err(no_version(key)),
    }
}

fn differing(operation: &'static str, key: TemplateKey) -> Error {
    Error::new(Kind::Conflict, operation, "this version is stored with other content")
        .with("template", key)
        .hint("give the changed template a higher version")
}

fn no_version(key: TemplateKey) -> Error {
    Error::new(Kind::NotFound, "find meta-template", "this version is not known here")
        .with("template", key.id)
        .with("version", key.version)
        .hint("`cerebrate template list` shows what is there")
}

fn unknown(id: MetaTemplateId) -> Error {
    Error::new(Kind::NotFound, "find meta-template", "no such meta-template").with("template", id)
}
