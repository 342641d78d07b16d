//! A disk that is full: a typed error, and everything acknowledged is there.
#![cfg(unix)]

use std::process::Command;

use cerebrate_store::Store;
use cerebrate_testkit::check;
use cerebrate_testkit::world::with_templates;

use crate::writer::{PROGRAM, Writer};

#[test]
fn a_full_disk_is_exhausted_and_loses_nothing() {
    for kib in [700, 1_500, 4_000] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contacts.db");
        drop(with_templates(Store::open(&file).unwrap()));
        // No file of the process may grow beyond this; it gets errors, not the signal.
        let mut shell = Command::new("bash");
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, PROGRAM, "write"]).arg(&file).args(["0", "0"]);
        let said = Writer::run(shell).finish();
        let failure = said.last().unwrap();
        assert!(failure.starts_with("failed exhausted"), "{kib}: {failure}");
        let done: Vec<_> = said.iter().filter_map(|line| line.strip_prefix("done ")).collect();
        assert_eq!(check::file(&file), Vec::<String>::new());
        let store = Store::open(&file).unwrap();
        for set in &done {
            assert_eq!(store.change_set(set.parse().unwrap()).unwrap().unwrap().changes, 10);
        }
        let sets = store.change_sets(usize::MAX).unwrap();
        assert_eq!(sets.iter().filter(|set| set.origin == "crash").count(), done.len());
    }
}
