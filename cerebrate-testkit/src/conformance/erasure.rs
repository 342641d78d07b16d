//! What is erased is gone for every reader, the rest stands, and the chain holds.

use std::collections::HashSet;

use cerebrate_core::audit::chain::Reference;
use cerebrate_core::model::{Alignment, Entity as _, EntityKind};
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::feed::{Action, ChangeSet, Payload, SetFilter};
use cerebrate_store::store::Author;
use proptest::prelude::*;

use super::{Open, property};
use crate::any::{differences, snapshot};
use crate::builders::{individual, individual_id, mailing_list, organisation, organisation_id};
use crate::check;
use crate::steps::steps;

type Test<'t> = &'t dyn Fn(&ChangeSet) -> bool;

/// Erases, whatever happened before.
pub fn what_a_person_left_is_gone_and_the_trail_whole(open: Open<'_>) {
    property(24, &(steps(24), steps(8)), |(before, after)| {
        let store = open();
        let apply = |store: &Store, steps: Vec<crate::steps::Step>| {
            for step in steps {
                store
                    .transaction(|transaction| {
                        step.apply(transaction);
                        Ok(())
                    })
                    .unwrap();
            }
        };
        apply(&store, before);
        let jane = individual(77, "jane@erased.example").named("Jane", "Roe").build();
        store.individuals().insert(jane.clone()).unwrap();
        store.organisations().upsert(organisation(78, "Hers").build()).unwrap();
        let alignment = Alignment::new(jane.id, organisation_id(78), "Lead");
        store.alignments().insert(alignment.clone()).unwrap();
        store.mailing_lists().insert(mailing_list(79, "List").individual(77).build()).unwrap();
        apply(&store, after);
        let report = store.erase(jane.id).unwrap();
        prop_assert!(report.removed && report.rows >= 4, "{:?}", report);
        let verified = store.verify(Reference::FileAlone).unwrap();
        prop_assert!(verified.is_clean(), "{}", verified);
        prop_assert_eq!(verified.erased, report.rows);
        for change in check::all_changes(&store) {
            let theirs = change.entity == jane.id.uuid() || change.entity == alignment.id().uuid();
            let is_gone = matches!(change.payload, Payload::Erased | Payload::Erasure(_));
            prop_assert_eq!(is_gone, theirs, "{:?}", change);
            let text = serde_json::to_string(&change).unwrap();
            prop_assert!(!text.contains("erased.example"), "{}", text);
        }
        prop_assert!(store.individuals().get(jane.id).unwrap().is_none());
        Ok(())
    });
}

/// Prunes at any moment.
pub fn what_is_pruned_is_what_is_older(open: Open<'_>) {
    property(24, &(steps(24), any::<prop::sample::Index>()), |(steps, moment)| {
        let store = open();
        for step in steps {
            store
                .transaction(|transaction| {
                    step.apply(transaction);
                    Ok(())
                })
                .unwrap();
        }
        let sets = store.change_sets(usize::MAX).unwrap();
        let before = sets[moment.index(sets.len())].time;
        let records = snapshot(&*store);
        let older: u64 = sets.iter().filter(|set| set.time < before).map(|set| set.changes).sum();
        let report = store.prune(before).unwrap();
        prop_assert_eq!((report.rows, report.change_set.is_some()), (older, older > 0));
        prop_assert_eq!(differences(&records, &snapshot(&*store)), Vec::<String>::new());
        for change in check::all_changes(&store) {
            let is_gone = change.payload == Payload::Erased;
            prop_assert_eq!(is_gone, change.time < before && change.action != Action::Erase);
        }
        let verified = store.verify(Reference::FileAlone).unwrap();
        prop_assert!(verified.is_clean() && verified.erased == older, "{}", verified);
        prop_assert_eq!(store.prune(before).unwrap().change_set, None);
        Ok(())
    });
}

/// Looking changes nothing, and tells just what is done afterwards.
pub fn a_preview_tells_what_is_done(open: Open<'_>) {
    let store = open();
    store.individuals().insert(individual(1, "a@b.example").build()).unwrap();
    let (cursor, records) = (store.cursor().unwrap(), snapshot(&*store));
    let preview = store.erase_preview(individual_id(1)).unwrap();
    let now = store.change_sets(1).unwrap()[0].time;
    let pruned = store.prune_preview(now).unwrap();
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(differences(&records, &snapshot(&*store)), Vec::<String>::new());
    assert_eq!(store.prune(now).unwrap().rows, pruned.rows);
    let report = store.erase(individual_id(1)).unwrap();
    assert_eq!((report.rows, report.removed), (preview.rows, preview.removed));
}

/// Every filter of the log gives what a walk over all change sets gives.
pub fn change_sets_are_found_as_a_walk_over_all_finds_them(open: Open<'_>) {
    let actors = ["ada", "eve", "user:00000000-0000-4000-8000-000000000001"];
    let authors = prop::collection::vec((0..=actors.len(), 0..3_usize), 8);
    property(16, &(steps(8), authors), |(steps, authors)| {
        let store = open();
        for (step, (actor, origin)) in steps.into_iter().zip(authors) {
            let author = Author::of(["local", "import a", "import b"][origin]);
            let author = match actors.get(actor) {
                Some(actor) => author.by(*actor),
                None => author,
            };
            store
                .transaction_by(&author, |transaction| {
                    step.apply(transaction);
                    Ok(())
                })
                .unwrap();
        }
        let all = store.change_sets(usize::MAX).unwrap();
        let since = all[all.len() / 2].time;
        let of_kind = |set: &ChangeSet, kind: EntityKind| {
            store.changes_of(set.id).unwrap().iter().any(|change| change.kind == kind)
        };
        let record = store.changes_of(all[0].id).unwrap()[0].entity;
        let with_record: HashSet<_> = check::all_changes(&store)
            .into_iter()
            .filter(|change| change.entity == record)
            .map(|change| change.change_set)
            .collect();
        let user = |set: &ChangeSet| set.actor.as_deref() == Some(actors[2]);
        let cases: [(SetFilter, Test<'_>); 7] = [
            (SetFilter::all(), &|_| true),
            (SetFilter::all().by("ada"), &|set| set.actor.as_deref() == Some("ada")),
            (SetFilter::all().by("00000000-0000-4000-8000-000000000001"), &user),
            (SetFilter::all().of_origin("import a"), &|set| set.origin == "import a"),
            (SetFilter::all().since(since), &|set| set.time >= since),
            (SetFilter::all().of_record(record), &|set| with_record.contains(&set.id)),
            (SetFilter::all().of_kind(EntityKind::Tag), &|set| of_kind(set, EntityKind::Tag)),
        ];
        for (filter, test) in cases {
            let expected: Vec<&ChangeSet> = all.iter().filter(|set| test(set)).collect();
            let mut found = Vec::new();
            let mut before = None;
            loop {
                let page = store.change_sets_where(&filter, before, 2).unwrap();
                before = page.sets.last().map(|set| set.id);
                found.extend(page.sets);
                if !page.more {
                    break;
                }
            }
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{:?}", filter);
        }
        let late = SetFilter::all().since(Timestamp::from_unix(9_000_000_000));
        prop_assert!(!store.change_sets_where(&late, None, 1).unwrap().more);
        Ok(())
    });
}
