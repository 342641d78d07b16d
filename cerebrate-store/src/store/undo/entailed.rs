//! What a user takes back entails more: what went only because a record went comes back with that
//! record, and a tag that came only with what carries it goes with that. As when it was written, this
//! needs no right of its own, whether the user sees it or not.

use std::collections::{HashMap, HashSet};

use cerebrate_core::audit::{Document, reverse};
use cerebrate_core::error::Result;
use cerebrate_core::id::TagId;
use cerebrate_core::model::{EntityKind, Record, TagName};
use serde_json::Value;
use uuid::Uuid;

use super::Place;
use crate::feed::{Action, Change, Payload};
use crate::store::dependants::TAGGED;
use crate::store::prepare;
use crate::store::transaction::Transaction;

/// What a user put back and took out so far.
#[derive(Default)]
pub(super) struct Entailed {
    /// The records that came back.
    returned: HashSet<Place>,
    /// The tags that records lost.
    dropped: HashSet<TagId>,
}

/// The tags that a record carries before something of it is taken back; nothing where nobody is
/// watched.
pub(super) type Carried = Option<Vec<TagId>>;

impl Entailed {
    /// Whether taking back a change follows from what was taken back so far.
    pub(super) fn includes(&self, transaction: &Transaction<'_>, change: &Change) -> Result<bool> {
        if transaction.viewer().is_none() {
            return Ok(false);
        }
        match &change.payload {
            Payload::Removed(json) if is_dependant(change.kind) => {
                let record = Record::from_json(change.kind, json.clone());
                Ok(record.is_ok_and(|record| self.hangs_on_returned(&record)))
            }
            Payload::Updated(changes) if !self.returned.is_empty() => {
                let standing =
                    transaction.ask_whole(|read| read.get(change.kind, change.entity))?;
                let Some(standing) = standing else { return Ok(false) };
                let mut document = Document::of(&standing);
                if !reverse(&mut document, changes).conflicts.is_empty() {
                    return Ok(false);
                }
                let wanted = document.into_record(change.kind)?;
                Ok(self.adds_only_returned(&standing, wanted))
            }
            Payload::Inserted(_) if change.kind == EntityKind::Tag => {
                Ok(self.dropped.contains(&TagId::new(change.entity)))
            }
            _ => Ok(false),
        }
    }

    /// What was taken back of a change.
    pub(super) fn note(
        &mut self,
        transaction: &Transaction<'_>,
        change: &Change,
        before: &Carried,
    ) -> Result<()> {
        let Some(before) = before else { return Ok(()) };
        if change.action == Action::Remove {
            let (kind, id) = (change.kind, change.entity);
            if transaction.ask_whole(|read| read.local_id(kind, id))?.is_some() {
                self.returned.insert((kind, id));
            }
        }
        if !before.is_empty() {
            let left = carried(transaction, change)?;
            self.dropped.extend(before.iter().filter(|tag| !left.contains(tag)));
        }
        Ok(())
    }

    fn hangs_on_returned(&self, record: &Record) -> bool {
        prepare::references(record).iter().any(|place| self.returned.contains(place))
    }

    /// Whether a record becomes what is wanted by nothing but what it says of records that came back.
    fn adds_only_returned(&self, standing: &Record, wanted: Record) -> bool {
        let known = prepare::references(standing);
        let (mut rest, mut adds) = (wanted, false);
        for (kind, id) in prepare::references(&rest) {
            if self.returned.contains(&(kind, id)) && !known.contains(&(kind, id)) {
                rest = prepare::without(rest, kind, id);
                adds = true;
            }
        }
        let carries = prepare::tags(standing);
        if let Some(tags) = prepare::tags_mut(&mut rest) {
            let before = tags.len();
            tags.retain(|tag| {
                !self.returned.contains(&(EntityKind::Tag, tag.id().uuid()))
                    || carries.contains(tag)
            });
            adds |= tags.len() < before;
        }
        adds && Document::of(standing).changes_to(&Document::of(&rest)).is_empty()
    }
}

/// Whether a change added what goes with one of these records.
pub(super) fn hangs_on_any(change: &Change, places: &HashMap<Place, String>) -> bool {
    match &change.payload {
        Payload::Inserted(json) if is_dependant(change.kind) && !places.is_empty() => {
            Record::from_json(change.kind, json.clone()).is_ok_and(|record| {
                prepare::references(&record).iter().any(|place| places.contains_key(place))
            })
        }
        _ => false,
    }
}

/// Whether a change is about what another record says of one of these.
pub(super) fn names_any(change: &Change, records: &HashSet<Uuid>) -> bool {
    let texts = match &change.payload {
        Payload::Inserted(json) | Payload::Removed(json) => vec![json],
        Payload::Updated(changes) => {
            changes.iter().flat_map(|one| one.before.iter().chain(&one.after)).collect()
        }
        _ => Vec::new(),
    };
    texts.into_iter().any(|json| holds_any(json, records, change.entity))
}

fn holds_any(json: &Value, records: &HashSet<Uuid>, except: Uuid) -> bool {
    match json {
        Value::String(text) => {
            text.parse().is_ok_and(|id: Uuid| id != except && records.contains(&id))
        }
        Value::Array(values) => values.iter().any(|value| holds_any(value, records, except)),
        Value::Object(members) => members.values().any(|value| holds_any(value, records, except)),
        _ => false,
    }
}

/// Whether records of a kind go with the one that they hang on.
fn is_dependant(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Alignment
            | EntityKind::EncryptionKey
            | EntityKind::UserSetting
            | EntityKind::InboxMessage
    )
}

/// What of a record has to be known before something of it is taken back.
pub(super) fn before(transaction: &Transaction<'_>, change: &Change) -> Result<Carried> {
    if transaction.viewer().is_none() {
        return Ok(None);
    }
    carried(transaction, change).map(Some)
}

fn carried(transaction: &Transaction<'_>, change: &Change) -> Result<Vec<TagId>> {
    let (kind, id): (EntityKind, Uuid) = (change.kind, change.entity);
    if !TAGGED.contains(&kind) {
        return Ok(Vec::new());
    }
    let record = transaction.ask_whole(|read| read.get(kind, id))?;
    let tags = record.as_ref().map(prepare::tags).unwrap_or_default();
    Ok(tags.iter().map(TagName::id).collect())
}
