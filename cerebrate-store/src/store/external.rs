//! Who a row of an import was: told to the feed as a field of the record, so that undo takes it
//! back with everything else.

use cerebrate_core::audit::FieldChange;
use cerebrate_core::error::Result;
use cerebrate_core::model::EntityKind;
use serde_json::Value;
use uuid::Uuid;

use super::transaction::{Transaction, unwritable};
use crate::backend::LocalId;
use crate::feed::{Action, EXTERNAL_IDS};

/// An external id of a source, as the feed names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExternalId {
    source: String,
    external: String,
}

impl ExternalId {
    fn new(source: &str, external: &str) -> Self {
        ExternalId { source: source.to_owned(), external: external.to_owned() }
    }

    /// The one that a field of the feed is about; `None` for a field of a record.
    fn of_field(field: &str) -> Option<Self> {
        let path = field.strip_prefix(EXTERNAL_IDS)?.strip_prefix('/')?;
        let (source, external): (String, String) = serde_json::from_str(path).ok()?;
        Some(ExternalId { source, external })
    }

    /// Either part may hold anything, so both stand as JSON.
    fn field(&self) -> String {
        format!("{EXTERNAL_IDS}/{}", Value::from(vec![&*self.source, &*self.external]))
    }
}

/// What a change says of external ids, if it is about them.
pub(super) fn of_change(changes: &[FieldChange]) -> Option<(ExternalId, &FieldChange)> {
    let change = changes.first()?;
    ExternalId::of_field(&change.field).map(|id| (id, change))
}

impl Transaction<'_> {
    /// Remembers that a row with this external id was about a record.
    pub(crate) fn remember_external_id(
        &self,
        source: &str,
        external: &str,
        kind: EntityKind,
        id: Uuid,
        local: LocalId,
    ) -> Result<()> {
        let before = self.ask(|read| read.external_id(source, external, kind))?;
        let place = ExternalId::new(source, external);
        self.move_external_id(&place, kind, before, Some(id), (id, local))
    }

    /// Takes back what a change says of an external id; whether it still stands so.
    pub(super) fn restore_external_id(
        &self,
        place: &ExternalId,
        kind: EntityKind,
        change: &FieldChange,
        entity: (Uuid, LocalId),
    ) -> Result<bool> {
        let now = self.ask(|read| read.external_id(&place.source, &place.external, kind))?;
        if now != record(change.after.as_ref()) {
            return Ok(false);
        }
        self.move_external_id(place, kind, now, record(change.before.as_ref()), entity)?;
        Ok(true)
    }

    fn move_external_id(
        &self,
        place: &ExternalId,
        kind: EntityKind,
        before: Option<Uuid>,
        after: Option<Uuid>,
        (entity, local): (Uuid, LocalId),
    ) -> Result<()> {
        if before == after {
            return Ok(());
        }
        if let Some(viewer) = self.watched_by() {
            self.admit_note(viewer, kind, entity)?;
        }
        let ExternalId { source, external } = place;
        self.write.borrow_mut().set_external_id(source, external, kind, after)?;
        let value = |id: Option<Uuid>| id.map(|id| Value::from(id.to_string()));
        let change =
            FieldChange { field: place.field(), before: value(before), after: value(after) };
        let json = serde_json::to_vec(&[change])
            .map_err(|source| unwritable("external id").caused_by(source))?;
        self.append(kind, entity, local, Action::Update, &json)
    }
}

fn record(value: Option<&Value>) -> Option<Uuid> {
    value.and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_names_source_and_id_whatever_they_hold() {
        for (source, external) in [("list.csv", "7"), ("a/b", "c/\"d\""), ("", " ")] {
            let place = ExternalId::new(source, external);
            assert_eq!(ExternalId::of_field(&place.field()), Some(place));
        }
        assert_eq!(ExternalId::of_field("external_ids"), None);
        assert_eq!(ExternalId::of_field("name"), None);
    }
}
