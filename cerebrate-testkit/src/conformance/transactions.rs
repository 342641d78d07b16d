//! All or nothing, one after the other, nobody looks in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use cerebrate_core::error::{Error, Kind, Result};

use super::Open;
use crate::any::snapshot;
use crate::builders::{individual, individual_id, organisation, organisation_id};
use crate::{check, world};

/// A transaction that answers an error leaves no trace.
pub fn a_failure_leaves_nothing(open: Open<'_>) {
    let store = open();
    world::small().store_in(&store).unwrap();
    let (before, cursor) = (snapshot(&*store), store.cursor().unwrap());
    let failed: Result<()> = store.transaction(|transaction| {
        transaction.organisations().insert(organisation(500, "New").tag("new").build())?;
        transaction.individuals().remove(individual_id(3))?;
        transaction.meta_templates().insert(crate::builders::template(1).build())?;
        transaction.summarise("never seen")?;
        Err(Error::new(Kind::Cancelled, "test", "changed its mind"))
    });
    assert_eq!(failed.unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(snapshot(&*store), before);
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.library().unwrap().len(), cerebrate_core::meta::Library::shipped().len());
    store.organisations().insert(organisation(501, "Next").tag("new").build()).unwrap();
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// A panic in a transaction is as good as an error, and the next transaction works.
pub fn a_panic_leaves_nothing_and_the_store_goes_on(open: Open<'_>) {
    let store = open();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        store.transaction(|transaction| -> Result<()> {
            transaction.organisations().insert(organisation(1, "A").build())?;
            panic!("on purpose");
        })
    }));
    assert!(caught.is_err());
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Inside, a transaction sees what it wrote; outside, nobody does until it is committed.
pub fn own_writes_are_seen_and_others_wait(open: Open<'_>) {
    for keep in [false, true] {
        let store = open();
        let (started, begin) = mpsc::channel();
        let (seen, found) = mpsc::channel();
        thread::scope(|scope| {
            let reader = &*store;
            scope.spawn(move || {
                begin.recv().unwrap();
                // A store may let this wait for the end of the transaction.
                seen.send(reader.organisations().find().count()).unwrap();
            });
            let done = store.transaction(|transaction| {
                transaction.organisations().insert(organisation(1, "A").build())?;
                transaction.organisations().insert(organisation(2, "B").tag("t").build())?;
                assert_eq!(transaction.organisations().find().count()?, 2);
                assert_eq!(transaction.organisations().find().tag("t").count()?, 1);
                assert!(transaction.organisations().get(organisation_id(1))?.is_some());
                assert!(transaction.has_changes());
                started.send(()).unwrap();
                if keep {
                    Ok(())
                } else {
                    Err(Error::new(Kind::Cancelled, "test", "changed its mind"))
                }
            });
            assert_eq!(done.is_ok(), keep);
        });
        let count = found.recv().unwrap().unwrap();
        assert!(if keep { count == 0 || count == 2 } else { count == 0 }, "{count} were seen");
        let expected = if keep { 2 } else { 0 };
        assert_eq!(store.organisations().find().count().unwrap(), expected);
    }
}

/// A record that is refused may be passed over: the others are kept, whole.
pub fn a_caught_refusal_does_not_spoil_the_rest(open: Open<'_>) {
    let store = open();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    store
        .transaction(|transaction| {
            transaction.organisations().insert(organisation(2, "B").build())?;
            let taken = transaction.organisations().insert(organisation(1, "A").build());
            assert_eq!(taken.unwrap_err().kind(), Kind::Conflict);
            let long = organisation(3, "C").tag("unused").contacts(&"x".repeat(70_000)).build();
            let long = transaction.organisations().insert(long);
            assert_eq!(long.unwrap_err().kind(), Kind::Invalid);
            transaction.organisations().insert(organisation(4, "D").build())
        })
        .unwrap();
    assert_eq!(store.organisations().find().count().unwrap(), 3);
    assert_eq!(store.tags().find().count().unwrap(), 0);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Writers wait for each other; none is lost.
pub fn writers_in_many_threads_all_succeed(open: Open<'_>) {
    let store = open();
    thread::scope(|scope| {
        for thread in 0..4_u128 {
            let store = &*store;
            scope.spawn(move || {
                for number in 0..10_u128 {
                    let number = thread * 100 + number;
                    store
                        .transaction(|transaction| {
                            let team = organisation(number, "Team").tag("shared").build();
                            transaction.organisations().insert(team)?;
                            transaction.individuals().insert(individual(number, "a@b.c").build())
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(store.organisations().find().tag("shared").count().unwrap(), 40);
    assert_eq!(store.individuals().find().count().unwrap(), 40);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// A thread that writes beside its own open transaction gets an error instead of waiting for
/// itself.
pub fn a_transaction_inside_another_is_refused(open: Open<'_>) {
    let store = open();
    store
        .transaction(|transaction| {
            let inner = store.organisations().insert(organisation(1, "A").build());
            assert_eq!(inner.unwrap_err().kind(), Kind::Invalid);
            assert_eq!(store.tidy().unwrap_err().kind(), Kind::Invalid);
            transaction.organisations().insert(organisation(2, "B").build())
        })
        .unwrap();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    assert_eq!(store.organisations().find().count().unwrap(), 2);
}
