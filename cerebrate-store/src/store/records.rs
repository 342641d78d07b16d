use std::marker::PhantomData;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::AlignmentId;
use cerebrate_core::model::{Alignment, Entity, EntityKind, Record};
use serde::Serialize;
use uuid::Uuid;

use super::Store;
use super::find::Find;
use super::transaction::{Author, not_found, taken};
use super::unit::Unit;
use crate::backend::{FeedQuery, LocalId, Read};
use crate::feed::{Change, Payload};

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The record is new.
    Inserted,
    /// The record was there and changed.
    Updated,
    /// The record was there just so.
    Unchanged,
}

/// What a bulk write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bulk {
    /// Records that are new.
    pub inserted: u64,
    /// Records that changed.
    pub updated: u64,
    /// Records that were there just so.
    pub unchanged: u64,
}

/// The records of one kind, through a store (each call by itself) or through a transaction.
#[derive(Debug)]
pub struct Records<'a, E> {
    pub(super) access: Access<'a>,
    kind: PhantomData<fn() -> E>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Access<'a> {
    Store(&'a Store),
    Transaction(&'a dyn Unit),
}

impl Access<'_> {
    pub(super) fn ask<T>(self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        match self {
            Access::Store(store) => question(store.read()?.as_ref()),
            Access::Transaction(unit) => unit.ask(question),
        }
    }

    pub(super) fn write<T>(self, work: impl FnOnce(&dyn Unit) -> Result<T>) -> Result<T> {
        match self {
            Access::Store(store) => {
                store.transaction_by(&Author::local(), |transaction| work(transaction))
            }
            Access::Transaction(unit) => work(unit),
        }
    }
}

impl<'a, E: Entity + Into<Record> + TryFrom<Record>> Records<'a, E> {
    pub(super) fn of_store(store: &'a Store) -> Self {
        Records { access: Access::Store(store), kind: PhantomData }
    }

    pub(super) fn of_transaction(unit: &'a dyn Unit) -> Self {
        Records { access: Access::Transaction(unit), kind: PhantomData }
    }

    /// The record of that identity, if there is one.
    pub fn get(&self, id: E::Id) -> Result<Option<E>> {
        self.access.ask(|read| read.get(E::KIND, id.into()))?.map(one).transpose()
    }

    /// The record of that identity.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn require(&self, id: E::Id) -> Result<E> {
        self.get(id)?.ok_or_else(|| not_found(E::KIND, id))
    }

    /// Starts a question for several records.
    pub fn find(&self) -> Find<'a, E> {
        Find::new(self.access)
    }

    /// Stores a new record; answers it as stored.
    ///
    /// # Errors
    /// `Conflict` if the identity is taken, or if it makes a tag that peers cannot tell from another
    /// one ([`TagName::distinct_beginning`]); `Invalid` if it refers to what is not there.
    ///
    /// [`TagName::distinct_beginning`]: cerebrate_core::model::TagName::distinct_beginning
    pub fn insert(&self, record: E) -> Result<E> {
        self.access.write(|unit| {
            let id: Uuid = record.id().into();
            if unit.ask(|read| read.local_id(E::KIND, id))?.is_some() {
                return Err(taken(E::KIND, id));
            }
            one(unit.put_over(record.into(), None, None)?.0)
        })
    }

    /// Stores a record over the one of the same identity; answers it as stored.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn update(&self, record: E) -> Result<E> {
        self.access.write(|unit| {
            let id = record.id();
            match unit.standing(E::KIND, id.into())? {
                None => Err(not_found(E::KIND, id)),
                standing => one(unit.put_over(record.into(), standing.as_ref(), None)?.0),
            }
        })
    }

    /// Stores a record, new or not; answers it as stored, and what happened.
    pub fn upsert(&self, record: E) -> Result<(E, Outcome)> {
        self.access.write(|unit| {
            let (record, outcome) = unit.put(record.into())?;
            Ok((one(record)?, outcome))
        })
    }

    /// Stores many records, new or not, as one transaction.
    pub fn upsert_all(&self, records: impl IntoIterator<Item = E>) -> Result<Bulk> {
        self.access.write(|unit| {
            let mut bulk = Bulk::default();
            for record in records {
                match unit.put(record.into())?.1 {
                    Outcome::Inserted => bulk.inserted += 1,
                    Outcome::Updated => bulk.updated += 1,
                    Outcome::Unchanged => bulk.unchanged += 1,
                }
            }
            Ok(bulk)
        })
    }

    /// Takes a record out; answers it as it was. What cannot be without it goes with it, in the
    /// same change set.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Conflict` if others depend on it.
    pub fn remove(&self, id: E::Id) -> Result<E> {
        self.access.write(|unit| one(unit.remove(E::KIND, id.into())?))
    }

    /// The number of the record on this node.
    pub fn local_id(&self, id: E::Id) -> Result<Option<LocalId>> {
        self.access.ask(|read| read.local_id(E::KIND, id.into()))
    }

    /// The record behind a number of this node.
    pub fn by_local_id(&self, local: LocalId) -> Result<Option<E>> {
        self.access
            .ask(|read| match read.by_local_id(E::KIND, local)? {
                Some(id) => read.get(E::KIND, id),
                None => Ok(None),
            })?
            .map(one)
            .transpose()
    }

    /// Everything that happened to a record, oldest first.
    pub fn history(&self, id: E::Id) -> Result<Vec<Change>> {
        self.access.ask(|read| read.changes(FeedQuery::Entity(E::KIND, id.into()), usize::MAX))
    }

    /// What happened to one field of a record, oldest first: the record coming and going, and each
    /// change of the field. A template field is `meta_fields/<template>/<field>`.
    pub fn history_of(&self, id: E::Id, field: &str) -> Result<Vec<Change>> {
        let mut history = self.history(id)?;
        history.retain_mut(|change| match &mut change.payload {
            Payload::Updated(changes) => {
                changes.retain(|change| change.field == field);
                !changes.is_empty()
            }
            _ => true,
        });
        Ok(history)
    }
}

/// What only alignments can do.
impl Records<'_, Alignment> {
    /// Puts an alignment in the place of another one, whose identity is another because the role or
    /// an end of it is. Whoever may edit all ends may do so, even if the person is seen by that
    /// alignment only.
    ///
    /// # Errors
    /// `NotFound` if the one to be replaced is not there, `Conflict` if the other one is.
    pub fn replace(&self, id: AlignmentId, with: Alignment) -> Result<Alignment> {
        const KIND: EntityKind = EntityKind::Alignment;
        self.access.write(|unit| {
            let standing = unit.standing(KIND, id.into())?;
            if standing.is_none() {
                return Err(not_found(KIND, id));
            }
            if with.id() == id {
                return one(unit.put_over(with.into(), standing.as_ref(), None)?.0);
            }
            if unit.standing(KIND, with.id().into())?.is_some() {
                return Err(taken(KIND, with.id()));
            }
            // The new one first: until then the old one is why the person is seen.
            let (record, _) = unit.put_over(with.into(), None, None)?;
            unit.remove(KIND, id.into())?;
            one(record)
        })
    }
}

pub(super) fn one<E: Entity + TryFrom<Record>>(record: Record) -> Result<E> {
    let kind = record.kind();
    E::try_from(record).map_err(|_| {
        Error::new(Kind::Corrupt, "read record", "it is of another kind than asked for")
            .with("asked", E::KIND)
            .with("found", kind)
    })
}

pub(super) fn typed<E: Entity + TryFrom<Record>>(records: Vec<Record>) -> Result<Vec<E>> {
    records.into_iter().map(one).collect()
}
