//! Files of organisations and individuals, on their way into a store.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cerebrate_core::clock::{Clock, IdSource};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{Entity, Individual, MetaTemplate, Organisation};
use cerebrate_core::value::Timestamp;
use cerebrate_core::{Error, Kind};
use cerebrate_store::Store;
use cerebrate_store::import::{Import, ImportReport, Importable, OnConflict};
use uuid::Uuid;

pub(super) const CSV_TOKENS: &[&str] = &[
    "name",
    "email",
    "uuid",
    "external_id",
    "tags",
    "modified",
    "nationality",
    "organisations",
    "role",
    "cerebrate/csirt-constituency:IPv4 address",
    "cerebrate/csirt-constituency@1:AS Number",
    "192.0.2.0/24",
    "64500",
    "2026-11-24T05:49:25Z",
    "49e3572b-c2b4-58ac-a239-a3fb2d236b1c",
    ",",
    ";",
    "\t",
    "|",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "'=",
    "\u{feff}",
];

pub(super) const JSON_TOKENS: &[&str] = &[
    "\"name\":",
    "\"email\":",
    "\"uuid\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"id\":",
    "\"external_id\":",
    "\"tags\":[",
    "\"meta_fields\":[",
    "\"modified\":",
    "\"cerebrate/csirt-constituency:AS Number\":",
    "\"organisations\":",
    "null",
    "\"\"",
    "[]",
    "{}",
    "},{",
    "}",
    "]",
    ",",
    "\n",
];

/// Delimited text: read twice it means the same, and importing it again changes nothing.
pub(super) fn csv(bytes: &[u8]) {
    organisations(|import| import.csv(bytes));
    individuals(|import| import.csv(bytes));
}

/// Our own JSON, as [`csv`].
pub(super) fn json(bytes: &[u8]) {
    organisations(|import| import.json(bytes));
    individuals(|import| import.json(bytes));
}

fn organisations<'a>(read: impl Fn(Import<'a, Organisation>) -> Import<'a, Organisation>) {
    imported(&read, Store::import_organisations, |store| store.organisations().find().count());
}

fn individuals<'a>(read: impl Fn(Import<'a, Individual>) -> Import<'a, Individual>) {
    imported(&read, Store::import_individuals, |store| store.individuals().find().count());
}

fn imported<'a, E: Importable + Entity>(
    read: &dyn Fn(Import<'a, E>) -> Import<'a, E>,
    begin: fn(&Store) -> Import<'a, E>,
    count: fn(&Store) -> Result<u64, Error>,
) {
    /// Never written to.
    static EMPTY: LazyLock<Store> = LazyLock::new(store);

    let import = |store| read(begin(store)).source("members").on_conflict(OnConflict::Overwrite);
    let preview = import(&EMPTY).preview();
    if let Err(error) = &preview {
        assert_eq!(error.kind(), Kind::Invalid, "{error:?}");
        return;
    }
    let store = store();
    let stored = || count(&store).expect("a store in memory can be read");
    let import = import(&store);
    let applied = match (preview, import.apply()) {
        (Ok(preview), Ok(applied)) => {
            assert_eq!(counts(&preview), counts(&applied), "{preview:?} {applied:?}");
            assert_eq!(preview.problems, applied.problems);
            applied
        }
        (preview, applied) => unequal(&preview, &applied),
    };
    assert_eq!(stored(), applied.added, "{applied:?}");
    let wrote = applied.added + applied.changed > 0;
    assert_eq!(applied.change_set.is_some(), wrote, "{applied:?}");

    let again = import.apply().expect("it could be imported before");
    assert_eq!((again.added, again.changed, again.change_set), (0, 0, None), "{again:?}");
    // What a row lacked for a new record, another row may have brought.
    assert!(again.lines_with_problems <= applied.lines_with_problems, "{applied:?} {again:?}");

    if let Some(change_set) = applied.change_set {
        let undone = store.undo(change_set);
        assert!(undone.is_ok(), "{undone:?}");
        assert_eq!(stored(), 0, "{undone:?}");
    }
}

fn counts(report: &ImportReport) -> [u64; 5] {
    let ImportReport { added, changed, unchanged, skipped, lines_with_problems, .. } = *report;
    [added, changed, unchanged, skipped, lines_with_problems]
}

/// An empty store with one template, the same for every input.
fn store() -> Store {
    static TEMPLATE: LazyLock<MetaTemplate> = LazyLock::new(|| {
        let found = Library::shipped().find("cerebrate/csirt-constituency");
        found.expect("the template is shipped").template().clone()
    });
    let options = Store::options().clock(Ticks(AtomicI64::new(0))).ids(Counting(AtomicU64::new(1)));
    let store = options.in_memory().expect("there is room for a small store");
    store.meta_templates().upsert_all([TEMPLATE.clone()]).expect("the template is fine");
    store
}

/// A clock that goes on by a second whenever it is asked.
struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Identities in a row.
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next_id(&self) -> Uuid {
        Uuid::from_u128(0xabc0_0000 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn unequal(preview: &Result<ImportReport, Error>, applied: &Result<ImportReport, Error>) -> ! {
    panic!("the preview says {preview:?}, then {applied:?}")
}
