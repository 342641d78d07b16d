//! A copy is the same store.

use cerebrate_core::error::Kind;
use cerebrate_store::Store;
use cerebrate_store::feed::Cursor;

use super::Open;
use crate::any::snapshot;
use crate::builders::organisation;
use crate::{check, world};

/// A copy opens, holds the same records and the same feed, and goes its own way.
pub fn a_copy_opens_and_equals(open: Open<'_>) {
    let store = open();
    world::small().store_in(&store).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    store.backup(&path).unwrap();
    assert_eq!(store.backup(&path).unwrap_err().kind(), Kind::Conflict);
    let copy = Store::open(&path).unwrap();
    assert_eq!(snapshot(&copy), snapshot(&*store));
    let feed = |store: &Store| store.changes_at_most(Cursor::START, usize::MAX).unwrap();
    assert_eq!(feed(&copy), feed(&store));
    copy.organisations().insert(organisation(700, "Only here").build()).unwrap();
    assert!(store.organisations().find().name("Only here").all().unwrap().is_empty());
    drop(copy);
    assert_eq!(check::file(&path), Vec::<String>::new());
}
