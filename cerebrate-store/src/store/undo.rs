//! Taking back change sets, as a new one.

use std::collections::{HashMap, HashSet};

use cerebrate_core::audit::{Document, FieldChange, reverse};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::ChangeSetId;
use cerebrate_core::inbox::REGISTRATION;
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::words::counted;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Store;
use super::external;
use super::transaction::{Author, Transaction, not_found};
use crate::backend::FeedQuery;
use crate::feed::{Action, Change, Payload, SetFilter};
use crate::templates;

/// How many changes are taken back at a time.
const STRETCH: usize = 1_000;

/// The field that tells when a password was set.
const PASSWORD: &str = "password_changed";

/// What is said of a record that is hidden, and of one that is not there.
const NOT_THERE: &str = "it is not there";

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoReport {
    /// The change set that takes the other one back; `None` if there was nothing to take back.
    pub change_set: Option<ChangeSetId>,
    /// Changes taken back, whole or in part.
    pub undone: u64,
    /// What was left alone.
    pub conflicts: Vec<UndoConflict>,
}

/// A change, or a part of one, that was not taken back. Of a record that the user who undoes may not
/// put back there is one, whatever the number of its changes, and nothing of it was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoConflict {
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub id: Uuid,
    /// Why, in a sentence.
    pub reason: String,
    /// The fields edited since: `before` is what undo wanted, `after` what stands there.
    pub fields: Vec<FieldChange>,
}

pub(super) fn undo(store: &Store, author: &Author, id: ChangeSetId) -> Result<UndoReport> {
    if store.change_set(id)?.is_none() {
        return Err(no_such_set("undo", id));
    }
    let author = author.with_origin(format!("undo {id}"));
    take_back_as(store, &author, |_| Ok(vec![id]))
}

pub(super) fn undo_where(store: &Store, author: &Author, filter: &SetFilter) -> Result<UndoReport> {
    if *filter == SetFilter::all() {
        return Err(Error::new(Kind::Invalid, "undo", "this would take back everything")
            .hint("say whose changes, since when, or of which origin"));
    }
    let author = author.with_origin(format!("undo {}", said(filter)));
    take_back_as(store, &author, |transaction| {
        // As the transaction sees them: what comes later is none of them.
        let sets = transaction.ask(|read| read.change_sets(filter, None, usize::MAX))?;
        if sets.is_empty() {
            return Err(Error::new(Kind::NotFound, "undo", "no change set is of that kind")
                .with("wanted", said(filter))
                .hint("`audit log` lists who changed what, and where it came from"));
        }
        Ok(sets.into_iter().map(|set| set.id).collect())
    })
}

pub(super) fn no_such_set(operation: &'static str, id: ChangeSetId) -> Error {
    Error::new(Kind::NotFound, operation, "there is no such change set")
        .with("change set", id)
        .hint("`audit log` lists them")
}

/// What an undo is about, as its origin tells.
fn said(filter: &SetFilter) -> String {
    let parts = [
        filter.actor.as_ref().map(|actor| format!("by {actor}")),
        filter.user.map(|user| format!("by user {user}")),
        filter.origin.as_ref().map(|origin| format!("of {origin}")),
        filter.kind.map(|kind| format!("of {kind}")),
        filter.record.map(|record| format!("of {record}")),
        filter.since.map(|since| format!("since {since}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A record, among those of all kinds.
type Place = (EntityKind, Uuid);

/// Takes change sets back as one transaction. What the user may not do to one record is left alone,
/// the rest is taken back; nothing is done to a record by halves. Whether something of a record is
/// refused may show only when some of it is done: then all is begun again without that record.
fn take_back_as(
    store: &Store,
    author: &Author,
    sets: impl Fn(&Transaction<'_>) -> Result<Vec<ChangeSetId>>,
) -> Result<UndoReport> {
    let author = store.signed(author);
    let mut spared = HashMap::new();
    loop {
        // Unless it is committed, nothing of it is kept.
        let transaction = Transaction::begin(store, &author)?;
        let sets = sets(&transaction)?;
        let mut undo = Undo::new(&transaction, spared);
        for id in sets {
            undo.take_back_set(id)?;
        }
        undo.check_newcomers()?;
        if undo.is_by_halves {
            spared = undo.spared;
            continue;
        }
        let report = undo.finish()?;
        transaction.commit()?;
        return Ok(report);
    }
}

/// An undo at work.
struct Undo<'t, 's> {
    transaction: &'t Transaction<'s>,
    report: UndoReport,
    /// The records that were put back to what they were before.
    restored: HashSet<Uuid>,
    /// The records of which something was taken back.
    touched: HashSet<Place>,
    /// The records that the user may not put back, and why.
    spared: HashMap<Place, String>,
    /// Those of them that the report lists.
    listed: HashSet<Place>,
    /// Whether something was taken back of a record that is to be spared.
    is_by_halves: bool,
}

impl<'t, 's> Undo<'t, 's> {
    fn new(transaction: &'t Transaction<'s>, spared: HashMap<Place, String>) -> Self {
        Undo {
            transaction,
            report: UndoReport { change_set: None, undone: 0, conflicts: Vec::new() },
            restored: HashSet::new(),
            touched: HashSet::new(),
            spared,
            listed: HashSet::new(),
            is_by_halves: false,
        }
    }

    /// Takes one change set back, from its end.
    fn take_back_set(&mut self, id: ChangeSetId) -> Result<()> {
        let transaction = self.transaction;
        let mut before = u64::MAX;
        loop {
            let query = FeedQuery::ChangeSet(id, before);
            let changes = transaction.ask(|read| read.changes(query, STRETCH))?;
            let Some(last) = changes.last() else { return Ok(()) };
            before = last.seq;
            for change in &changes {
                let place = (change.kind, change.entity);
                if self.spared.contains_key(&place) {
                    self.list_spared(place);
                    continue;
                }
                let written = transaction.written();
                self.take_back(change)?;
                if transaction.written() > written {
                    self.report.undone += 1;
                    self.touched.insert(place);
                }
            }
        }
    }

    fn take_back(&mut self, change: &Change) -> Result<()> {
        match take_back(self.transaction, change, &self.restored) {
            Ok(Ok(())) if change.action == Action::Update && !is_about_external_id(change) => {
                self.restored.insert(change.entity);
            }
            Ok(Ok(())) if change.action == Action::Insert => {
                // Its password went with the user: that it does not come back needs no word.
                self.report.conflicts.retain(|conflict| {
                    change.kind != EntityKind::User || conflict.id != change.entity
                });
            }
            Ok(Ok(())) => {}
            Ok(Err(conflict)) => self.report.conflicts.push(conflict),
            Err(error) => {
                let reason = refusal(self.transaction, &error).ok_or(error)?;
                self.spare((change.kind, change.entity), reason);
            }
        }
        Ok(())
    }

    /// Whether people who came back belong where the user may add people, as the end of the
    /// transaction will ask.
    fn check_newcomers(&mut self) -> Result<()> {
        for (id, error) in self.transaction.refused_newcomers()? {
            let reason = refusal(self.transaction, &error).ok_or(error)?;
            self.spare((EntityKind::Individual, id.uuid()), reason);
        }
        Ok(())
    }

    fn spare(&mut self, place: Place, reason: String) {
        self.is_by_halves |= self.touched.contains(&place);
        self.spared.insert(place, reason);
        self.list_spared(place);
    }

    fn list_spared(&mut self, place: Place) {
        if let Some(reason) = self.spared.get(&place)
            && self.listed.insert(place)
        {
            self.report.conflicts.push(UndoConflict {
                kind: place.0,
                id: place.1,
                reason: reason.clone(),
                fields: Vec::new(),
            });
        }
    }

    fn finish(mut self) -> Result<UndoReport> {
        if self.transaction.has_changes() {
            self.report.change_set = Some(self.transaction.change_set());
            self.transaction.summarise(&format!(
                "{} taken back, {} left alone",
                counted(self.report.undone, "change"),
                self.report.conflicts.len()
            ))?;
        }
        Ok(self.report)
    }
}

/// Why the user may not put a record back, if that is what the error says: the missing right, or of
/// a record that is hidden no more than of one that is not there.
fn refusal(transaction: &Transaction<'_>, error: &Error) -> Option<String> {
    transaction.viewer()?;
    match error.kind() {
        Kind::Denied => Some(error.to_string()),
        Kind::NotFound => Some(NOT_THERE.to_owned()),
        _ => None,
    }
}

/// Whether a change tells only how an import knows a record.
fn is_about_external_id(change: &Change) -> bool {
    matches!(&change.payload, Payload::Updated(changes) if external::of_change(changes).is_some())
}

/// Whether a change tells only that a user got another password.
fn is_about_password(change: &Change) -> bool {
    change.kind == EntityKind::User
        && matches!(&change.payload, Payload::Updated(changes)
            if changes.iter().all(|change| change.field == PASSWORD))
}

/// What came between two states of a record, as far as it is anybody's work: of a user who goes
/// again, the password goes too.
fn since(kind: EntityKind, before: &Document, after: &Document) -> Vec<FieldChange> {
    let mut changes = before.changes_to(after);
    changes.retain(|change| kind != EntityKind::User || change.field != PASSWORD);
    changes
}

/// Lets another record stay the default where this one would become it; says so.
fn yield_default(transaction: &Transaction<'_>, record: &mut Record) -> Result<bool> {
    Ok(templates::yield_default(transaction, record) || transaction.yield_default_role(record)?)
}

/// What stands in the way of a write that undo wants, rather than being wrong with the store.
fn is_in_the_way(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Conflict)
}

/// `restored` are the records that this undo put back to what they were before.
fn take_back(
    transaction: &Transaction<'_>,
    change: &Change,
    restored: &HashSet<Uuid>,
) -> Result<Result<(), UndoConflict>> {
    let conflict = |reason: &str, fields| {
        Ok(Err(UndoConflict {
            kind: change.kind,
            id: change.entity,
            reason: reason.to_owned(),
            fields,
        }))
    };
    if let Payload::Updated(changes) = &change.payload
        && let Some((place, field)) = external::of_change(changes)
    {
        let entity = (change.entity, change.local_id);
        let restored = transaction.restore_external_id(&place, change.kind, field, entity)?;
        let reason = "another row is known by the external id since";
        return if restored { Ok(Ok(())) } else { conflict(reason, changes.clone()) };
    }
    if let Payload::Updated(changes) = &change.payload
        && is_about_password(change)
    {
        return conflict("a password does not come back", changes.clone());
    }
    let standing = transaction.standing(change.kind, change.entity)?;
    match (&change.payload, standing) {
        (Payload::Erased, _) => conflict("its content was erased", Vec::new()),
        (Payload::Withheld, _) => Err(not_found(change.kind, change.entity)),
        (Payload::Erasure(_), _) => conflict("what was erased is gone", Vec::new()),
        (Payload::Inserted(_), None) => Ok(Ok(())),
        (Payload::Inserted(json), Some((_, record))) => {
            let since = since(change.kind, &document(change.kind, json)?, &Document::of(&record));
            if !since.is_empty() {
                return conflict("it was edited since", since);
            }
            if let Record::MetaTemplate(template) = &record
                && templates::may_withdraw(transaction, template.key, restored, change.time)?
            {
                return transaction.withdraw_template(change.entity).map(Ok);
            }
            match transaction.remove_alone(change.kind, change.entity)? {
                Ok(()) => Ok(Ok(())),
                Err(reason) => conflict(&reason, Vec::new()),
            }
        }
        (Payload::Updated(_), None) => conflict("it was removed since", Vec::new()),
        (Payload::Updated(changes), Some(standing)) => {
            let mut current = Document::of(&standing.1);
            let reversal = reverse(&mut current, changes);
            let mut yielded = false;
            if !reversal.restored.is_empty() {
                let mut restored = current.into_record(change.kind)?;
                yielded = yield_default(transaction, &mut restored)?;
                match transaction.put_over(restored, Some(&standing), None) {
                    Ok(_) => {}
                    Err(error) if is_in_the_way(&error) => {
                        return conflict(&error.to_string(), reversal.restored);
                    }
                    Err(error) => return Err(error),
                }
            }
            if !reversal.conflicts.is_empty() {
                conflict("it was edited since", reversal.conflicts)
            } else if yielded {
                let other = if change.kind == EntityKind::Role { "role" } else { "template" };
                conflict(&format!("another {other} became the default since"), Vec::new())
            } else {
                Ok(Ok(()))
            }
        }
        (Payload::Removed(_), None) if change.kind == EntityKind::AuthKey => {
            conflict("an auth key that was revoked does not come back", Vec::new())
        }
        (Payload::Removed(json), None) => {
            let mut record = record_of(change.kind, json)?;
            yield_default(transaction, &mut record)?;
            let had_password = matches!(&record, Record::User(user)
                if user.password_changed.is_some());
            let is_registration = matches!(&record, Record::InboxMessage(message)
                if (message.scope.as_str(), message.action.as_str()) == REGISTRATION);
            match transaction.put_back(record, change.local_id) {
                Ok(_) if had_password => {
                    conflict("the user comes back without password", Vec::new())
                }
                Ok(_) if is_registration => {
                    conflict("the registration comes back without password", Vec::new())
                }
                Ok(_) => Ok(Ok(())),
                Err(error) if is_in_the_way(&error) => conflict(&error.to_string(), Vec::new()),
                Err(error) => Err(error),
            }
        }
        (Payload::Removed(json), Some((_, record))) => {
            let since = document(change.kind, json)?.changes_to(&Document::of(&record));
            if since.is_empty() { Ok(Ok(())) } else { conflict("it came back since", since) }
        }
    }
}

fn document(kind: EntityKind, json: &Value) -> Result<Document> {
    record_of(kind, json).map(|record| Document::of(&record))
}

fn record_of(kind: EntityKind, json: &Value) -> Result<Record> {
    Record::from_json(kind, json.clone()).map_err(|source| {
        Error::new(Kind::Corrupt, "undo", "a payload of the feed is no record").caused_by(source)
    })
}
