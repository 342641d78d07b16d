//! Whether a store says the same thing everywhere: its records, its feed, its indexes.

mod tables;

use std::collections::HashMap;
use std::path::Path;

use cerebrate_core::audit::Document;
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::model::Record;
use cerebrate_core::sharing::{Difference, MembershipDigest};
use cerebrate_store::Store;
use cerebrate_store::feed::{Change, Cursor, EXTERNAL_IDS, Payload};

use crate::any::{Snapshot, differences, snapshot};

/// Looks through a store with what every store has: the feed, replayed from nothing, has to give
/// the records of today, and its hash chain has to hold. Answers what is wrong.
pub fn store(store: &Store) -> Vec<String> {
    let changes = all_changes(store);
    let mut problems = feed(store, &changes);
    let mut replayed = Snapshot::new();
    for change in &changes {
        if let Err(problem) = replay(&mut replayed, change) {
            problems.push(format!("change {}: {problem}", change.seq));
        }
    }
    problems.extend(differences(&replayed, &snapshot(store)));
    let chain = store.verify(Reference::FileAlone).unwrap();
    problems.extend(chain.findings.iter().map(ToString::to_string));
    problems.extend(groups(store));
    problems
}

/// Looks through a database file: all of [`store`], and every table and index against the records.
/// Nothing may be writing to it.
pub fn file(path: &Path) -> Vec<String> {
    match Store::open(path) {
        Ok(open) => {
            let mut problems = store(&open);
            problems.extend(tables::check(path, &open).unwrap());
            problems
        }
        Err(error) => vec![format!("it cannot be opened: {error:?}")],
    }
}

/// The replica of every sharing group agrees with the group, and so does its digest.
fn groups(store: &Store) -> Vec<String> {
    let handle = store.sharing_groups();
    let mut problems = Vec::new();
    for group in handle.find().all().unwrap() {
        let digest = MembershipDigest::of(&group.members);
        if handle.membership(group.id).unwrap() != Some(digest) {
            problems.push(format!("group {} has another membership", group.id));
        }
        if !handle.with_membership(&group.members).unwrap().contains(&group) {
            problems.push(format!("group {} is not found by its members", group.id));
        }
        let Some(replica) = handle.replica(group.id).unwrap() else {
            problems.push(format!("group {} has no replica", group.id));
            continue;
        };
        let difference = Difference::between(&replica.group(), &group);
        if !difference.is_empty() {
            problems.push(format!("the replica of group {} differs: {difference}", group.id));
        }
    }
    problems
}

/// The whole feed, read in stretches.
pub fn all_changes(store: &Store) -> Vec<Change> {
    let mut all = Vec::new();
    let mut cursor = Cursor::START;
    loop {
        let stretch = store.changes_at_most(cursor, 97).unwrap();
        all.extend(stretch.changes);
        cursor = stretch.next;
        if !stretch.more {
            return all;
        }
    }
}

/// Sequence numbers without gaps, change sets in one piece and of the size they say.
fn feed(store: &Store, changes: &[Change]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut sets: HashMap<_, (u64, u64)> = HashMap::new();
    for (expected, change) in (1..).zip(changes) {
        if change.seq != expected {
            problems.push(format!("change {} stands where {expected} should", change.seq));
        }
        let (last, count) = sets.entry(change.change_set).or_insert((expected - 1, 0));
        if *last != expected - 1 {
            problems.push(format!("change set {} is in two pieces", change.change_set));
        }
        (*last, *count) = (expected, *count + 1);
    }
    for (id, (_, count)) in sets {
        match store.change_set(id).unwrap() {
            Some(set) if set.changes == count => {}
            other => problems.push(format!("change set {id} of {count} changes is {other:?}")),
        }
    }
    problems
}

fn replay(state: &mut Snapshot, change: &Change) -> Result<(), String> {
    let key = (change.kind, change.entity);
    let read = |json: &serde_json::Value| {
        Record::from_json(change.kind, json.clone())
            .map(|record| Document::of(&record))
            .map_err(|error| error.to_string())
    };
    match &change.payload {
        Payload::Inserted(json) => {
            if state.insert(key, (change.local_id, read(json)?)).is_some() {
                return Err("inserts what is there".to_owned());
            }
        }
        // What imports remember is no part of the record.
        Payload::Updated(fields)
            if fields.iter().all(|field| field.field.starts_with(EXTERNAL_IDS)) => {}
        Payload::Updated(fields) => {
            let (local, document) = state.get_mut(&key).ok_or("updates what is not there")?;
            if *local != change.local_id {
                return Err(format!("names number {} instead of {local}", change.local_id));
            }
            for field in fields {
                let (mut said, mut found) = (Document::default(), Document::default());
                said.set(&field.field, field.before.clone());
                found.set(&field.field, document.get(&field.field).cloned());
                if !said.changes_to(&found).is_empty() {
                    return Err(format!("says `{}` was {:?}", field.field, field.before));
                }
                document.set(&field.field, field.after.clone());
            }
        }
        Payload::Removed(json) => {
            let (_, document) = state.remove(&key).ok_or("removes what is not there")?;
            let wrong = read(json)?.changes_to(&document);
            if !wrong.is_empty() {
                return Err(format!("removes something else: {wrong:?}"));
            }
        }
        Payload::Erasure(_) => {}
        Payload::Erased => return Err("was erased".to_owned()),
    }
    Ok(())
}
