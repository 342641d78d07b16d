//! What every store has to do, over each of our backends.

use cerebrate_store::Store;
use cerebrate_testkit::world::{options, with_templates};
use tempfile::TempDir;

fn in_memory() -> ((), Store) {
    ((), with_templates(options().in_memory().unwrap()))
}

fn in_file() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = with_templates(options().open(folder.path().join("contacts.db")).unwrap());
    (folder, store)
}

mod memory {
    cerebrate_testkit::store_conformance_tests!(super::in_memory);
}

mod file {
    cerebrate_testkit::store_conformance_tests!(super::in_file);
}
