//! How the store is asked who is responsible.

use std::fmt;

use cerebrate_core::error::Result;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::subject::Subject;

use super::answer::Responsibility;
use super::candidate::{Answers, by_query};
use super::snapshot::Snapshot;
use crate::backend::UnreadableClaim;
use crate::store::Store;

/// From this many subjects on a bulk question waits for an index.
const MANY_SUBJECTS: usize = 1_024;

/// Asks who is responsible, with options; see [`Store::lookup`].
#[derive(Clone)]
#[must_use]
pub struct Lookup<'s> {
    store: &'s Store,
    sector: Option<String>,
}

impl Store {
    /// Who is responsible for an address, a network, an AS number, a domain or a country, best
    /// first; see [`Responsibility`] for the order. A subject with several aspects is answered by
    /// every organisation that one of them leads to.
    ///
    /// The answer shows the store as it is now, whoever changed it. The first questions are put to
    /// the store itself; when there are more, an index is built in the background.
    ///
    /// ```
    /// use cerebrate_core::model::{MetaField, Organisation, TemplateKey};
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let id = "faca6acc-23e0-4585-8fd8-4379e3a6250d".parse()?;
    /// let constituency = TemplateKey { id, version: 1 };
    /// let mut circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// circl.meta_fields = vec![MetaField::new(constituency, "AS Number", "AS197869")];
    /// store.organisations().insert(circl)?;
    ///
    /// let answer = store.responsible_for("asn 197869".parse()?)?;
    /// assert_eq!(answer.matches()[0].organisation.name, "CIRCL");
    /// assert_eq!(answer.matches()[0].basis.to_string(), "asn AS197869");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn responsible_for(&self, subject: Subject) -> Result<Responsibility> {
        self.lookup().responsible_for(subject)
    }

    /// The same for many subjects, in their order, all as of one moment.
    pub fn responsible_for_all(
        &self,
        subjects: impl IntoIterator<Item = Subject>,
    ) -> Result<Vec<Responsibility>> {
        self.lookup().responsible_for_all(subjects)
    }

    /// Lookup with options, snapshots for bulk work, and what could not be indexed.
    ///
    /// ```
    /// # let store = cerebrate_store::Store::in_memory()?;
    /// let answer = store.lookup().sector("energy").responsible_for("AT".parse()?)?;
    /// assert!(answer.is_empty());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup { store: self, sector: None }
    }
}

impl Lookup<'_> {
    /// Puts organisations that claim this sector before all others, without regard to case and
    /// accents. A sector refines: it makes nobody responsible who would not be without it.
    pub fn sector(mut self, sector: impl Into<String>) -> Self {
        self.sector = Some(sector.into());
        self
    }

    /// As [`Store::responsible_for`].
    pub fn responsible_for(&self, subject: Subject) -> Result<Responsibility> {
        let whole = self.store.whole()?;
        let state = self.store.inner().lookup().at(self.store, whole.as_ref())?;
        self.store.looking(whole.as_ref(), |read| {
            let found = match state {
                Some(state) => state.matching(&subject, self.sees()),
                None => by_query(read, &subject)?,
            };
            Answers::new(read, self.sector.as_deref())?.answer(subject, found)
        })
    }

    /// As [`Store::responsible_for_all`].
    pub fn responsible_for_all(
        &self,
        subjects: impl IntoIterator<Item = Subject>,
    ) -> Result<Vec<Responsibility>> {
        let whole = self.store.whole()?;
        let service = self.store.inner().lookup();
        let mut state = service.at(self.store, whole.as_ref())?;
        self.store.looking(whole.as_ref(), |read| {
            let mut answers = Answers::new(read, self.sector.as_deref())?;
            let mut given = Vec::new();
            for subject in subjects {
                if state.is_none() && given.len() == MANY_SUBJECTS {
                    state = service.built_at(self.store, whole.as_ref())?;
                }
                let found = match &state {
                    Some(state) => state.matching(&subject, self.sees()),
                    None => by_query(read, &subject)?,
                };
                given.push(answers.answer(subject, found)?);
            }
            Ok(given)
        })
    }

    /// As [`Store::responsible_for`], always put to the store itself: for a program that asks once
    /// and ends.
    pub fn responsible_by_query(&self, subject: Subject) -> Result<Responsibility> {
        let read = self.store.read()?;
        let found = by_query(read.as_ref(), &subject)?;
        Answers::new(read.as_ref(), self.sector.as_deref())?.answer(subject, found)
    }

    /// A view in memory that does not change, for bulk work. The first one takes as long as it
    /// takes to read all constituencies.
    ///
    /// It has what this process committed before, and what other processes committed up to 250 ms
    /// ago; after [`Self::refresh`] it has that too.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let state = self.store.inner().lookup().recent(self.store)?;
        Ok(Snapshot::of(state, self.store.viewer()))
    }

    /// Makes the next snapshot have everything that anybody committed, and answers it.
    pub fn refresh(&self) -> Result<Snapshot> {
        let state = self.store.inner().lookup().newest(self.store)?;
        Ok(Snapshot::of(state, self.store.viewer()))
    }

    /// The constituency values, or parts of them, that cannot be read, in the order of names, at
    /// most `limit`: nobody is found by them.
    pub fn unreadable(&self, limit: usize) -> Result<Vec<UnreadableClaim>> {
        self.store.read()?.unreadable_claims(limit)
    }

    /// Whether an organisation is seen.
    fn sees(&self) -> impl Fn(OrganisationId) -> bool {
        let viewer = self.store.viewer();
        move |id| viewer.is_none_or(|viewer| viewer.sees_organisation(id))
    }
}

impl fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").field("sector", &self.sector).finish_non_exhaustive()
    }
}
