//! Taking back one change.

use std::collections::HashSet;

use cerebrate_core::audit::{Document, FieldChange, reverse};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::inbox::REGISTRATION;
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::words::counted;
use serde_json::Value;
use uuid::Uuid;

use super::UndoConflict;
use crate::backend::LocalId;
use crate::feed::{Change, Payload};
use crate::sight::is_notification;
use crate::store::transaction::{Transaction, not_found};
use crate::store::{external, prepare};
use crate::templates;

/// Whether a change was taken back, or why not.
type TakenBack = Result<Result<(), UndoConflict>>;

/// The field that tells when a password was set.
const PASSWORD: &str = "password_changed";

/// What is said of a record that is hidden, and of one that is not there.
pub(super) const NOT_THERE: &str = "it is not there";

/// What is said of a record of which only what is hidden changed.
const NAMES_HIDDEN: &str = "what it named is not there";

/// Whether a change told admins of another one.
pub(super) fn tells_of_change(change: &Change) -> bool {
    match &change.payload {
        Payload::Inserted(json) if change.kind == EntityKind::InboxMessage => {
            is_notification(Record::from_json(change.kind, json.clone()).ok().as_ref())
        }
        _ => false,
    }
}

/// Whether a change tells only how an import knows a record.
pub(super) fn is_about_external_id(change: &Change) -> bool {
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
fn since(kind: EntityKind, before: &Document, after: &Record) -> Vec<FieldChange> {
    let mut changes = before.changes_to(&Document::of(after));
    changes.retain(|change| kind != EntityKind::User || change.field != PASSWORD);
    changes
}

/// Whether a record, of which the user sees `seen`, is not what its addition made it, be it in what
/// the user does not see.
fn is_edited_since(transaction: &Transaction<'_>, change: &Change, seen: &Record) -> Result<bool> {
    let Payload::Inserted(json) = &change.payload else { return Ok(false) };
    let added = document(change.kind, json)?;
    if transaction.viewer().is_none() {
        return Ok(!since(change.kind, &added, seen).is_empty());
    }
    let standing = transaction.ask_whole(|whole| whole.get(change.kind, change.entity))?;
    Ok(standing.is_none_or(|standing| !since(change.kind, &added, &standing).is_empty()))
}

/// A record without the entries that are gone since, beside those of `known`; and how that is told.
fn without_missing(
    transaction: &Transaction<'_>,
    mut record: Record,
    known: &[(EntityKind, Uuid)],
) -> Result<(Record, Option<String>)> {
    let mut missing = 0;
    for (kind, id) in prepare::references(&record) {
        if known.contains(&(kind, id))
            || transaction.ask_whole(|whole| whole.local_id(kind, id))?.is_some()
        {
            continue;
        }
        let without = prepare::without(record.clone(), kind, id);
        // What cannot be without it is refused as it is.
        if !prepare::references(&without).contains(&(kind, id)) {
            record = without;
            missing += 1;
        }
    }
    let told = || format!("it is back without {} gone since", counted(missing, "record"));
    Ok((record, (missing > 0).then(told)))
}

/// Lets another record stay the default where this one would become it; says so.
fn yield_default(transaction: &Transaction<'_>, record: &mut Record) -> Result<bool> {
    Ok(templates::yield_default(transaction, record) || transaction.yield_default_role(record)?)
}

/// What stands in the way of a write that undo wants, rather than being wrong with the store.
fn is_in_the_way(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Conflict)
}

/// Takes a change back. `shown` is as much of it as the user sees, who is told no more; `restored`
/// are the records that this undo put back to what they were before.
pub(super) fn take_back(
    transaction: &Transaction<'_>,
    change: &Change,
    shown: &Change,
    restored: &HashSet<Uuid>,
) -> TakenBack {
    let conflict = |reason: &str, fields| Ok(Err(left_alone(change, reason, fields)));
    if let Payload::Updated(changes) = &shown.payload
        && let Some((place, field)) = external::of_change(changes)
    {
        let entity = (change.entity, change.local_id);
        let restored = transaction.restore_external_id(&place, change.kind, field, entity)?;
        let reason = "another row is known by the external id since";
        return if restored { Ok(Ok(())) } else { conflict(reason, changes.clone()) };
    }
    if let Payload::Updated(changes) = &shown.payload
        && is_about_password(change)
    {
        return conflict("a password does not come back", changes.clone());
    }
    let standing = transaction.standing(change.kind, change.entity)?;
    match (&shown.payload, standing) {
        (Payload::Erased, _) => conflict("its content was erased", Vec::new()),
        (Payload::Withheld, _) => Err(not_found(change.kind, change.entity)),
        (Payload::Erasure(_), _) => conflict("what was erased is gone", Vec::new()),
        (Payload::Inserted(_), None) => Ok(Ok(())),
        (Payload::Inserted(json), Some((_, record))) => {
            if is_edited_since(transaction, change, &record)? {
                let since = since(change.kind, &document(change.kind, json)?, &record);
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
            put_fields_back(transaction, change, changes, &standing)
        }
        (Payload::Removed(_), None) if change.kind == EntityKind::AuthKey => {
            conflict("an auth key that was revoked does not come back", Vec::new())
        }
        (Payload::Removed(shown), None) => {
            let json = if let Payload::Removed(whole) = &change.payload { whole } else { shown };
            put_back(transaction, change, json)
        }
        (Payload::Removed(json), Some((_, record))) => {
            let since = document(change.kind, json)?.changes_to(&Document::of(&record));
            if since.is_empty() { Ok(Ok(())) } else { conflict("it came back since", since) }
        }
    }
}

/// Puts the fields back that still hold what the change wrote.
fn put_fields_back(
    transaction: &Transaction<'_>,
    change: &Change,
    changes: &[FieldChange],
    standing: &(LocalId, Record),
) -> TakenBack {
    let mut current = Document::of(&standing.1);
    let reversal = reverse(&mut current, changes);
    let mut told = Vec::new();
    if !reversal.restored.is_empty() {
        let known = prepare::references(&standing.1);
        let wanted = current.into_record(change.kind)?;
        let (mut wanted, missing) = without_missing(transaction, wanted, &known)?;
        let unchanged = || Document::of(&standing.1).changes_to(&Document::of(&wanted)).is_empty();
        if missing.is_some() && unchanged() {
            return Ok(Err(left_alone(change, NAMES_HIDDEN, Vec::new())));
        }
        told.extend(missing);
        if yield_default(transaction, &mut wanted)? {
            let other = if change.kind == EntityKind::Role { "role" } else { "template" };
            told.push(format!("another {other} became the default since"));
        }
        transaction.restores(prepare::references(&wanted));
        let written = transaction.put_over(wanted, Some(standing), None);
        transaction.restores(Vec::new());
        match written {
            Ok(_) => {}
            Err(error) if is_in_the_way(&error) => {
                return Ok(Err(left_alone(change, &error.to_string(), reversal.restored)));
            }
            Err(error) => return Err(error),
        }
    }
    if !reversal.conflicts.is_empty() {
        return Ok(Err(left_alone(change, "it was edited since", reversal.conflicts)));
    }
    if changes.iter().any(|change| change.before == change.after) {
        told.push(NAMES_HIDDEN.to_owned());
    }
    if told.is_empty() {
        Ok(Ok(()))
    } else {
        Ok(Err(left_alone(change, &told.join(", "), Vec::new())))
    }
}

/// Puts a record back that was taken out, with what the user does not see of it.
fn put_back(transaction: &Transaction<'_>, change: &Change, json: &Value) -> TakenBack {
    let record = record_of(change.kind, json)?;
    let (mut record, missing) = without_missing(transaction, record, &[])?;
    for (kind, id) in prepare::references(&record) {
        if transaction.ask_whole(|whole| whole.local_id(kind, id))?.is_none() {
            let reason = format!("the {} that it needs is gone since", kind.noun());
            return Ok(Err(left_alone(change, &reason, Vec::new())));
        }
    }
    yield_default(transaction, &mut record)?;
    let had_password = matches!(&record, Record::User(user)
        if user.password_changed.is_some());
    let is_registration = matches!(&record, Record::InboxMessage(message)
        if (message.scope.as_str(), message.action.as_str()) == REGISTRATION);
    match transaction.put_back(record, change.local_id) {
        Ok(_) if had_password => {
            Ok(Err(left_alone(change, "the user comes back without password", Vec::new())))
        }
        Ok(_) if is_registration => {
            Ok(Err(left_alone(change, "the registration comes back without password", Vec::new())))
        }
        Ok(_) => {
            missing.map_or(Ok(Ok(())), |missing| Ok(Err(left_alone(change, &missing, Vec::new()))))
        }
        Err(error) if is_in_the_way(&error) => {
            Ok(Err(left_alone(change, &error.to_string(), Vec::new())))
        }
        Err(error) => Err(error),
    }
}

fn left_alone(change: &Change, reason: &str, fields: Vec<FieldChange>) -> UndoConflict {
    UndoConflict { kind: change.kind, id: change.entity, reason: reason.to_owned(), fields }
}

fn document(kind: EntityKind, json: &Value) -> Result<Document> {
    record_of(kind, json).map(|record| Document::of(&record))
}

fn record_of(kind: EntityKind, json: &Value) -> Result<Record> {
    Record::from_json(kind, json.clone()).map_err(|source| {
        Error::new(Kind::Corrupt, "undo", "a payload of the feed is no record").caused_by(source)
    })
}
