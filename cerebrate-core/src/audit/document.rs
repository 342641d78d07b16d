use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::model::{EntityKind, Record};

/// Where the values of one template field stand in a [`Document`]: `meta_fields/<template>/<field>`.
const META: &str = "meta_fields";

/// Kept by the store itself and never a change of its own.
const DERIVED: [&str; 2] = ["modified", "flags"];

/// A record as fields: its top-level members, and one entry for all values of each template field,
/// so that an edit of one field never hides an edit of another.
///
/// ```
/// use cerebrate_core::audit::Document;
/// use cerebrate_core::model::{Organisation, Record};
///
/// let id = "55f6ea5e-2c60-40e5-964f-47a8950d210f".parse()?;
/// let before = Organisation::new(id, "CIRCL".parse()?);
/// let mut after = before.clone();
/// after.nationality = Some("LU".to_owned());
/// let changes = Document::of(&before.into()).changes_to(&Document::of(&after.into()));
/// assert_eq!(changes.len(), 1);
/// assert_eq!(changes[0].field, "nationality");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Document {
    fields: BTreeMap<String, Value>,
    /// The template fields in the order in which their values stand, so that a record is made up
    /// again as it was. It is no content.
    layout: Vec<String>,
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for Document {}

/// One field that changed. `None` is "not there".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field: a member of the record, or `meta_fields/<template>/<field>`.
    pub field: String,
    /// Its value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Document {
    /// The fields of `record`.
    pub fn of(record: &Record) -> Self {
        match record.to_json() {
            Ok(Value::Object(members)) => Self::of_members(members),
            // A record is a struct of plain data: it always serialises to an object.
            _ => Document::default(),
        }
    }

    fn of_members(members: Map<String, Value>) -> Self {
        let mut fields = BTreeMap::new();
        let mut layout = Vec::new();
        for (name, value) in members {
            match value {
                Value::Array(values) if name == META => {
                    for value in values {
                        let (field, value) = meta_entry(value);
                        layout.push(field.clone());
                        match fields.entry(field).or_insert_with(|| Value::Array(Vec::new())) {
                            Value::Array(list) => list.push(value),
                            other => *other = value,
                        }
                    }
                }
                value => {
                    fields.insert(name, value);
                }
            }
        }
        Document { fields, layout }
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// Sets a field, or takes it out.
    pub fn set(&mut self, field: &str, value: Option<Value>) {
        match value {
            Some(value) => self.fields.insert(field.to_owned(), value),
            None => self.fields.remove(field),
        };
    }

    /// The fields that differ in `after`, in field order. What the store keeps by itself (times of
    /// change, flags, normal forms) is no change.
    pub fn changes_to(&self, after: &Document) -> Vec<FieldChange> {
        let names: BTreeSet<&String> = self.fields.keys().chain(after.fields.keys()).collect();
        names
            .into_iter()
            .filter(|name| !DERIVED.contains(&name.as_str()))
            .filter_map(|name| {
                let (old, new) = (self.fields.get(name), after.fields.get(name));
                (!same(old, new)).then(|| FieldChange {
                    field: name.clone(),
                    before: old.cloned(),
                    after: new.cloned(),
                })
            })
            .collect()
    }

    /// The record that these fields make up.
    ///
    /// # Errors
    /// `Corrupt` if they make up none.
    pub fn into_record(self, kind: EntityKind) -> Result<Record> {
        let mut members = Map::new();
        let mut meta: BTreeMap<String, VecDeque<Value>> = BTreeMap::new();
        for (name, value) in self.fields {
            match name.strip_prefix(META).and_then(|rest| rest.strip_prefix('/')) {
                Some(path) => {
                    let (template, field) = path.split_once('/').unwrap_or((path, ""));
                    if let Value::Array(values) = value {
                        let values =
                            values.into_iter().map(|value| meta_value(template, field, value));
                        meta.insert(name.clone(), values.collect());
                    }
                }
                None => {
                    members.insert(name, value);
                }
            }
        }
        let standing = self.layout.iter();
        let mut values: Vec<Value> =
            standing.filter_map(|field| meta.get_mut(field)?.pop_front()).collect();
        values.extend(meta.into_values().flatten());
        if !values.is_empty() {
            members.insert(META.to_owned(), Value::Array(values));
        }
        Record::from_json(kind, Value::Object(members)).map_err(|source| {
            Error::new(Kind::Corrupt, "read record", "stored fields make up no record")
                .with("kind", kind)
                .caused_by(source)
        })
    }
}

/// Splits a meta-field into its place and the rest.
fn meta_entry(value: Value) -> (String, Value) {
    let Value::Object(mut members) = value else {
        return (META.to_owned(), value);
    };
    let field = match members.remove("field") {
        Some(Value::String(field)) => field,
        _ => String::new(),
    };
    let mut template = String::new();
    if let Some(Value::Object(mut key)) = members.remove("template") {
        if let Some(Value::String(id)) = key.remove("id") {
            template = id;
        }
        if let Some(version) = key.remove("version") {
            members.insert("version".to_owned(), version);
        }
    }
    (format!("{META}/{template}/{field}"), Value::Object(members))
}

/// Puts together what [`meta_entry`] split.
fn meta_value(template: &str, field: &str, value: Value) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    let version = members.remove("version").unwrap_or(Value::from(1));
    members
        .insert("template".to_owned(), serde_json::json!({ "id": template, "version": version }));
    members.insert("field".to_owned(), Value::from(field));
    Value::Object(members)
}

/// Whether two values of a field say the same, apart from what the store keeps by itself.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_entry(a, b))
        }
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn same_entry(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) if x.contains_key("value") => {
            x.get("value") == y.get("value") && x.get("version") == y.get("version")
        }
        _ => a == b,
    }
}

/// What undoing a change does to the record of today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reversal {
    /// The fields put back.
    pub restored: Vec<FieldChange>,
    /// The fields edited since, left alone: `before` is what undo wanted, `after` what stands there.
    pub conflicts: Vec<FieldChange>,
}

/// Puts the fields of `current` that still hold what `changes` wrote back to what they were.
pub fn reverse(current: &mut Document, changes: &[FieldChange]) -> Reversal {
    let mut reversal = Reversal::default();
    for change in changes {
        let now = current.get(&change.field);
        if same(now, change.before.as_ref()) {
            continue;
        }
        if same(now, change.after.as_ref()) {
            reversal.restored.push(FieldChange {
                field: change.field.clone(),
                before: change.after.clone(),
                after: change.before.clone(),
            });
            current.set(&change.field, change.before.clone());
        } else {
            reversal.conflicts.push(FieldChange {
                field: change.field.clone(),
                before: change.before.clone(),
                after: now.cloned(),
            });
        }
    }
    reversal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{MetaTemplateId, OrganisationId};
    use crate::model::{MetaField, Organisation, TemplateKey};
    use crate::value::Timestamp;
    use uuid::Uuid;

    fn organisation() -> Organisation {
        let mut organisation =
            Organisation::new(OrganisationId::new(Uuid::from_u128(7)), "CIRCL".parse().unwrap());
        let key = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(1)), 2);
        organisation.meta_fields.push(MetaField::new(key, "a/b", "1"));
        organisation.meta_fields.push(MetaField::new(key, "a/b", "2"));
        organisation.meta_fields.push(MetaField::new(key, "c", "3"));
        organisation.meta_fields.push(MetaField::new(key, "a/b", "4"));
        organisation.meta_fields.push(MetaField::new(key, "B", "5"));
        organisation.sector = Some("research".to_owned());
        organisation
    }

    fn document(organisation: &Organisation) -> Document {
        Document::of(&Record::from(organisation.clone()))
    }

    #[test]
    fn a_document_makes_up_its_record_again() {
        let organisation = organisation();
        let record = document(&organisation).into_record(EntityKind::Organisation).unwrap();
        assert_eq!(record, Record::from(organisation));
    }

    #[test]
    fn each_template_field_changes_by_itself_and_times_are_no_change() {
        let before = organisation();
        let mut after = before.clone();
        after.meta_fields[2].value = "6".to_owned();
        after.modified = Some(Timestamp::from_unix(5));
        after.meta_fields[0].modified = Some(Timestamp::from_unix(5));
        let changes = document(&before).changes_to(&document(&after));
        assert_eq!(changes.len(), 1);
        assert!(changes[0].field.ends_with("/c"), "{}", changes[0].field);
    }

    #[test]
    fn undo_restores_what_still_stands_and_lists_what_was_edited_since() {
        let before = organisation();
        let mut after = before.clone();
        after.sector = Some("energy".to_owned());
        after.url = Some("https://a.example".to_owned());
        let changes = document(&before).changes_to(&document(&after));
        let mut today = after.clone();
        today.url = Some("https://b.example".to_owned());
        let mut current = document(&today);
        let reversal = reverse(&mut current, &changes);
        assert_eq!(reversal.restored.len(), 1);
        assert_eq!(reversal.conflicts.len(), 1);
        assert_eq!(reversal.conflicts[0].field, "url");
        let Record::Organisation(result) = current.into_record(EntityKind::Organisation).unwrap()
        else {
            unreachable!("asked for an organisation")
        };
        assert_eq!(result.sector.as_deref(), Some("research"));
        assert_eq!(result.url.as_deref(), Some("https://b.example"));
    }
}
