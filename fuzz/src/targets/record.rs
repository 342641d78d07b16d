//! Records as the store and the change feed carry them.

use cerebrate_core::audit::{Document, FieldChange, reverse};
use cerebrate_core::model::{EntityKind, Record};
use serde_json::Value;

pub(super) const TOKENS: &[&str] = &[
    "\n",
    "organisation",
    "individual",
    "meta_template",
    "sharing_group",
    "encryption_key",
    "\"meta_fields\":[",
    "\"template\":{",
    "\"field\":\"a/b\"",
    "\"value\":",
    "\"flags\":[]",
    "\"modified\":",
    "meta_fields/",
    "\"before\":",
    "\"after\":",
    "null",
    "[]",
    "{}",
    ",",
];

/// Lines: a kind of record, the record before, after and today, and changes to reverse. Whichever
/// can be read keeps the laws of the feed.
pub(super) fn document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let kind = lines.next().and_then(EntityKind::from_name);
    let kinds = kind.map_or(EntityKind::ALL.to_vec(), |kind| vec![kind]);
    let values: Vec<Value> =
        lines.take(4).filter_map(|line| serde_json::from_str(line).ok()).collect();
    for kind in kinds {
        let records: Vec<Record> =
            values.iter().filter_map(|value| Record::from_json(kind, value.clone()).ok()).collect();
        records.iter().for_each(survives_storage);
        for pair in records.windows(2) {
            if let [before, after] = pair {
                is_undone(&Document::of(before), &Document::of(after), kind);
            }
        }
        for value in &values {
            if let (Ok(changes), Some(record)) =
                (serde_json::from_value::<Vec<FieldChange>>(value.clone()), records.last())
            {
                foreign_changes(&Document::of(record), &changes, kind);
            }
        }
    }
}

/// The record is the same after JSON, and its fields after a change to themselves.
pub(super) fn survives_storage(record: &Record) {
    let kind = record.kind();
    let json = record.to_json().expect("a record is plain data");
    let again = Record::from_json(kind, json.clone());
    assert_eq!(again.as_ref().ok(), Some(record), "{kind} {json}: {again:?}");
    let document = Document::of(record);
    assert_eq!(document.changes_to(&document), [], "{kind} {json}");
    match document.clone().into_record(kind) {
        // Values of one template field stand together in a document.
        Ok(again) => assert_eq!(Document::of(&again), document, "{kind} {json}"),
        Err(error) => broken(&json, &error),
    }
}

/// What was changed is put back as long as nobody else changed it.
fn is_undone(before: &Document, after: &Document, kind: EntityKind) {
    let changes = before.changes_to(after);
    let mut current = after.clone();
    let reversal = reverse(&mut current, &changes);
    assert_eq!(reversal.conflicts, [], "from {before:?} to {after:?}");
    assert_eq!(reversal.restored.len(), changes.len(), "from {before:?} to {after:?}");
    assert_eq!(before.changes_to(&current), [], "from {before:?} to {after:?}");
    assert!(current.into_record(kind).is_ok(), "from {before:?} to {after:?}");
}

/// Each change is restored, in conflict or done already; a second time there is nothing to do.
fn foreign_changes(document: &Document, changes: &[FieldChange], kind: EntityKind) {
    let mut current = document.clone();
    let reversal = reverse(&mut current, changes);
    assert!(reversal.restored.len() + reversal.conflicts.len() <= changes.len());
    if let Ok(record) = current.into_record(kind) {
        survives_storage(&record);
    }
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn broken(json: &Value, error: &cerebrate_core::Error) {
    panic!("the fields of {json} make up no record: {error}")
}
