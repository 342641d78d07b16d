//! The feed is one hash chain, whoever writes and whatever fails.

use std::thread;

use cerebrate_core::audit::chain::{Finding, Head, Reference, RowHash};
use cerebrate_core::error::{Error, Kind, Result};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Open, property};
use crate::builders::{organisation, organisation_id};
use crate::steps::steps;
use crate::{check, world};

/// Every row that was ever written is in the chain, and nothing else.
pub fn every_row_is_chained(open: Open<'_>) {
    let store = open();
    world::small().store_in(&store).unwrap();
    store.organisations().remove(organisation_id(3)).unwrap();
    store.undo(store.change_sets(1).unwrap()[0].id).unwrap();
    let report = store.verify(Reference::FileAlone).unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.last_seq, report.rows);
    assert_eq!(report.rows, check::all_changes(&store).len() as u64);
    let head = store.head().unwrap().head;
    assert_eq!((head.seq, head.hash), (report.last_seq, report.last_hash));
}

/// What is given up leaves no gap in the chain.
pub fn what_fails_leaves_the_chain_whole(open: Open<'_>) {
    let transactions = prop::collection::vec((steps(4), any::<bool>()), 1..8);
    property(12, &transactions, |transactions| {
        let store = open();
        for (steps, fails) in transactions {
            // Whether it is kept makes no difference here.
            let _: Result<()> = store.transaction(|transaction| {
                for step in &steps {
                    step.apply(transaction);
                }
                if fails {
                    return Err(Error::new(Kind::Cancelled, "test", "changed its mind"));
                }
                Ok(())
            });
        }
        let report = store.verify(Reference::FileAlone).unwrap();
        prop_assert!(report.is_clean(), "{}", report);
        prop_assert_eq!(report.last_seq, report.rows);
        Ok(())
    });
}

/// Writers that come at once each follow the one before.
pub fn writers_at_once_make_one_chain(open: Open<'_>) {
    let store = open();
    thread::scope(|scope| {
        for writer in 0..4_u128 {
            let store = &*store;
            scope.spawn(move || {
                for number in 0..8 {
                    let number = 1_000 + writer * 100 + number;
                    store.organisations().insert(organisation(number, "Team").build()).unwrap();
                }
            });
        }
    });
    let report = store.verify(Reference::FileAlone).unwrap();
    assert!(report.is_clean(), "{report}");
}

/// A head that was kept elsewhere stays right while the feed goes on, and tells of another feed.
pub fn a_head_kept_elsewhere_stays_right(open: Open<'_>) {
    let store = open();
    let before = store.head().unwrap().head;
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    store.organisations().insert(organisation(2, "B").build()).unwrap();
    let report = store.verify(Reference::Exported(before)).unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.reference, report.after_head), (Reference::Exported(before), 2));
    let findings = |head: Head| store.verify(Reference::Exported(head)).unwrap().findings;
    let other = Head { hash: RowHash::from_bytes([7; 32]), ..before };
    assert_eq!(findings(other), [Finding::Rewritten { seq: before.seq }]);
    let now = store.head().unwrap().head;
    let beyond = Head { seq: now.seq + 1, ..now };
    assert_eq!(findings(beyond), [Finding::Truncated { last: now.seq, head: now.seq + 1 }]);
    let foreign = Head { node: Uuid::from_u128(1), ..before };
    let error = store.verify(Reference::Exported(foreign)).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
}

/// Two stores that are told the same are two chains.
pub fn each_store_has_a_chain_of_its_own(open: Open<'_>) {
    let (first, second) = (open(), open());
    // Identities that count would give both the same name.
    second.next_id();
    for store in [&first, &second] {
        store.organisations().insert(organisation(1, "A").build()).unwrap();
    }
    assert_ne!(first.head().unwrap().head.hash, second.head().unwrap().head.hash);
}
