use std::fmt;
use std::sync::Arc;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::sharing::GroupReplica;
use uuid::Uuid;

use super::Outcome;
use super::groups::Merged;
use super::transaction::{Transaction, standing};
use crate::backend::{LocalId, Read};

/// A transaction seen through the handles of its records: what they need of it, without the
/// lifetime of its connection.
pub(super) trait Unit: fmt::Debug {
    /// Asks the transaction's own view.
    fn look(&self, question: &mut dyn FnMut(&dyn Read) -> Result<()>) -> Result<()>;

    /// See [`Transaction::put_over`]. What a caller writes makes no tag that peers take for another;
    /// what is imported or restored keeps the tags it has.
    fn put_over(
        &self,
        record: Record,
        before: Option<&(LocalId, Record)>,
        wanted: Option<LocalId>,
    ) -> Result<(Record, Outcome)>;

    /// See [`Transaction::remove`].
    fn remove(&self, kind: EntityKind, id: Uuid) -> Result<Record>;

    /// See [`Records::merge_replica`](super::Records::merge_replica).
    fn merge_replica(&self, theirs: &GroupReplica) -> Result<Merged>;

    /// See [`Transaction::library`].
    fn templates(&self) -> Arc<Library>;
}

impl Unit for Transaction<'_> {
    fn look(&self, question: &mut dyn FnMut(&dyn Read) -> Result<()>) -> Result<()> {
        self.ask(|read| question(read))
    }

    fn put_over(
        &self,
        record: Record,
        before: Option<&(LocalId, Record)>,
        wanted: Option<LocalId>,
    ) -> Result<(Record, Outcome)> {
        self.refuse_indistinct_tags(&record)?;
        let (record, outcome) = Transaction::put_over(self, record, before, wanted)?;
        Ok((self.shown(record)?, outcome))
    }

    fn remove(&self, kind: EntityKind, id: Uuid) -> Result<Record> {
        let removed = Transaction::remove(self, kind, id)?;
        self.shown(removed)
    }

    fn merge_replica(&self, theirs: &GroupReplica) -> Result<Merged> {
        Transaction::merge_replica(self, theirs)
    }

    fn templates(&self) -> Arc<Library> {
        self.library()
    }
}

impl dyn Unit + '_ {
    pub(super) fn ask<T>(&self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        let mut question = Some(question);
        let mut answer = None;
        self.look(&mut |read| {
            if let Some(question) = question.take() {
                answer = Some(question(read)?);
            }
            Ok(())
        })?;
        answer.ok_or_else(|| Error::new(Kind::Cancelled, "ask transaction", "it gave no answer"))
    }

    pub(super) fn standing(&self, kind: EntityKind, id: Uuid) -> Result<Option<(LocalId, Record)>> {
        self.ask(|read| standing(read, kind, id))
    }

    pub(super) fn put(&self, record: Record) -> Result<(Record, Outcome)> {
        let before = self.standing(record.kind(), record.id())?;
        self.put_over(record, before.as_ref(), None)
    }
}
