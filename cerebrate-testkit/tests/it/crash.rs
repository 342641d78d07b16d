//! A writing process is killed at random moments. What it acknowledged is there, whole; of what it
//! did not, there is all or nothing.

use std::collections::HashSet;
use std::path::Path;
use std::thread;
use std::time::Duration;

use cerebrate_core::id::ChangeSetId;
use cerebrate_store::Store;
use cerebrate_testkit::check;
use cerebrate_testkit::world::{Dice, with_templates};

use crate::writer::Writer;

/// How often the process is killed.
const CYCLES: usize = 60;

/// So many deaths each file sees before the next one begins.
const DEATHS: usize = 6;

/// What each change set of the process holds.
const CHANGES: u64 = 10;

#[test]
fn a_killed_writer_leaves_whole_change_sets() {
    let mut dice = Dice::new(20_271_124);
    let mut acknowledged = 0;
    for _ in 0..CYCLES / DEATHS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contacts.db");
        drop(with_templates(Store::open(&file).unwrap()));
        let mut known = HashSet::new();
        for _ in 0..DEATHS {
            known.extend(until_killed(&file, &mut dice));
            examine(&file, &known);
        }
        acknowledged += known.len();
    }
    assert!(acknowledged > CYCLES, "the process hardly came to write: {acknowledged}");
}

/// Lets a process write for a while and kills it; answers the change sets it acknowledged.
fn until_killed(file: &Path, dice: &mut Dice) -> Vec<ChangeSetId> {
    let mut writer = Writer::start("write", file, &["0", "0"]);
    let mut said = Vec::new();
    // At the start, in the first transaction, or after a few.
    for _ in 0..dice.below(6) {
        said.extend(writer.line());
    }
    thread::sleep(Duration::from_micros(dice.roll() % 9_000));
    said.extend(writer.kill());
    said.iter()
        .filter(|line| line.as_str() != "ready")
        .map(|line| {
            let id = line.strip_prefix("done ").unwrap_or_else(|| panic!("{line}"));
            // The last line may be cut off only if it was never ended.
            id.parse().unwrap_or_else(|_| panic!("{line}"))
        })
        .collect()
}

fn examine(file: &Path, known: &HashSet<ChangeSetId>) {
    assert_eq!(check::file(file), Vec::<String>::new());
    let store = Store::open(file).unwrap();
    let sets = store.change_sets(usize::MAX).unwrap();
    let mut found = HashSet::new();
    for set in sets {
        if set.origin == "crash" {
            assert_eq!(set.changes, CHANGES, "half of change set {}", set.id);
            assert_eq!(set.actor.as_deref(), Some("writer"));
            found.insert(set.id);
        }
    }
    let lost: Vec<_> = known.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    // At most one per death was made durable and not yet told.
    assert!(found.len() <= known.len() + DEATHS);
    let teams = store.organisations().find().count().unwrap();
    assert_eq!(teams, found.len() as u64 * 4);
    assert_eq!(store.individuals().find().count().unwrap(), found.len() as u64 * 2);
    assert_eq!(store.alignments().find().count().unwrap(), found.len() as u64);
    assert_eq!(
        store.organisations().find().meta("IPv4 address", "10.%").count().unwrap(),
        found.len() as u64 * 4
    );
}
