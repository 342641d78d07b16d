//! The change feed tells every write, whole and in order.

use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::error::Kind;
use cerebrate_core::id::UserId;
use cerebrate_core::model::EntityKind;
use cerebrate_store::feed::{Action, Cursor, Payload, SetFilter};
use cerebrate_store::store::Author;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Open, property};
use crate::any::snapshot;
use crate::builders::{constituency, individual_id, organisation, organisation_id};
use crate::steps::steps;
use crate::{check, world};

/// One transaction, one change set; sequence numbers in the order of commits.
pub fn a_transaction_is_one_change_set_in_order(open: Open<'_>) {
    let store = open();
    let start = store.cursor().unwrap();
    let set = store
        .transaction(|transaction| {
            transaction.organisations().insert(organisation(1, "A").tag("t").build())?;
            transaction.organisations().insert(organisation(2, "B").build())?;
            Ok(transaction.change_set())
        })
        .unwrap();
    store.organisations().remove(organisation_id(2)).unwrap();
    let changes = store.changes_at_most(start, 100).unwrap();
    assert!(!changes.more);
    let seen: Vec<(EntityKind, Action, bool)> = changes
        .changes
        .iter()
        .map(|change| (change.kind, change.action, change.change_set == set))
        .collect();
    assert_eq!(
        seen,
        [
            (EntityKind::Tag, Action::Insert, true),
            (EntityKind::Organisation, Action::Insert, true),
            (EntityKind::Organisation, Action::Insert, true),
            (EntityKind::Organisation, Action::Remove, false),
        ]
    );
    assert!(changes.changes.windows(2).all(|two| two[0].seq + 1 == two[1].seq));
    let sets = store.change_sets(2).unwrap();
    assert_eq!((sets[1].id, sets[1].changes), (set, 3));
    assert_eq!(store.change_set(set).unwrap(), Some(sets[1].clone()));
    assert_eq!(store.change_set(store.next_id().into()).unwrap(), None);
}

/// However the feed is cut, it is the same feed; a cursor from elsewhere is refused.
pub fn stretches_make_up_the_whole(open: Open<'_>) {
    let store = open();
    world::small().store_in(&store).unwrap();
    let whole = store.changes_at_most(Cursor::START, usize::MAX).unwrap();
    assert!(!whole.more);
    assert_eq!(whole.next, store.cursor().unwrap());
    for size in [1, 3, 50] {
        let (mut cursor, mut found) = (Cursor::START, Vec::new());
        loop {
            let stretch = store.changes_at_most(cursor, size).unwrap();
            found.extend(stretch.changes);
            // A cursor survives its token.
            cursor = stretch.next.to_string().parse().unwrap();
            if !stretch.more {
                break;
            }
        }
        assert_eq!(found, whole.changes);
    }
    let end = store.changes_at_most(whole.next, 10).unwrap();
    assert!(end.changes.is_empty() && !end.more && end.next == whole.next);
    let foreign: Cursor = "cffffffff".parse().unwrap();
    assert_eq!(store.changes_at_most(foreign, 10).unwrap_err().kind(), Kind::Invalid);
}

/// What one user wrote among what others did, however it is cut; nothing is left out or comes twice.
pub fn a_user_reads_the_own_changes(open: Open<'_>) {
    let writes = prop::collection::vec((0..3_u128, 1..4_u128), 0..24);
    property(24, &(writes, 1..5_usize), |(writes, size)| {
        let store = open();
        for (place, (user, teams)) in (0..).zip(writes) {
            let author = Author::user(user_id(user));
            store
                .transaction_by(&author, |transaction| {
                    (0..teams).try_for_each(|team| {
                        let team = organisation(place * 10 + team, "Team").tag("t").build();
                        transaction.organisations().insert(team).map(drop)
                    })
                })
                .unwrap();
        }
        let role = Permissions::NONE.with(Permission::ViewAllOrganisations);
        let me = Actor::new(user_id(1), individual_id(1), None, role);
        let seen = store.as_actor(&me);
        let mut wanted = store.changes_at_most(Cursor::START, usize::MAX).unwrap().changes;
        wanted.retain(|change| change.user() == Some(me.user));
        let (mut cursor, mut found) = (Cursor::START, Vec::new());
        loop {
            let stretch = seen.changes_at_most(cursor, size).unwrap();
            prop_assert!(stretch.changes.len() <= size && stretch.next >= cursor);
            found.extend(stretch.changes);
            cursor = stretch.next;
            if !stretch.more {
                break;
            }
        }
        prop_assert_eq!((found, cursor), (wanted, store.cursor().unwrap()));
        let mut sets = store.change_sets(usize::MAX).unwrap();
        sets.retain(|set| set.user() == Some(me.user));
        prop_assert_eq!(&seen.change_sets(usize::MAX).unwrap(), &sets);
        for (filter, wanted) in [
            (SetFilter::all().by_user(me.user), sets),
            (SetFilter::all().by_user(user_id(2)), Vec::new()),
        ] {
            prop_assert_eq!(seen.change_sets_where(&filter, None, 100).unwrap().sets, wanted);
        }
        Ok(())
    });
}

fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(0x9a00_0000 + number))
}

/// Writing what is there already, or nothing, is no change and no change set.
pub fn what_changes_nothing_leaves_no_trace(open: Open<'_>) {
    let store = open();
    let community = world::small();
    community.store_in(&store).unwrap();
    let (cursor, sets) = (store.cursor().unwrap(), store.change_sets(usize::MAX).unwrap());
    community.store_in(&store).unwrap();
    store.transaction(|_| Ok(())).unwrap();
    for team in store.organisations().find().all().unwrap() {
        assert_eq!(store.organisations().update(team.clone()).unwrap(), team);
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.change_sets(usize::MAX).unwrap(), sets);
}

/// Who, from where, and what it was about.
pub fn authors_and_summaries_are_kept(open: Open<'_>) {
    let store = open();
    let author = Author::of("import members.csv").by("alice");
    store
        .transaction_by(&author, |transaction| {
            transaction.organisations().insert(organisation(1, "A").build())?;
            transaction.summarise("one new")
        })
        .unwrap();
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!(set.actor.as_deref(), Some("alice"));
    assert_eq!(set.origin, "import members.csv");
    assert_eq!(set.summary.as_deref(), Some("one new"));
    let change = store.organisations().history(organisation_id(1)).unwrap().remove(0);
    assert_eq!(
        (change.actor.as_deref(), change.origin.as_str()),
        (Some("alice"), "import members.csv")
    );
    assert_eq!((change.change_set, change.time), (set.id, set.time));
    store.undo_by(&Author::local().by("bob"), set.id).unwrap();
    let undone = store.change_sets(1).unwrap().remove(0);
    assert_eq!(undone.actor.as_deref(), Some("bob"));
    assert_eq!(undone.origin, format!("undo {}", set.id));
}

/// The past of a record, through removal and return, and of one of its fields.
pub fn history_is_of_a_record_and_of_a_field(open: Open<'_>) {
    let store = open();
    let mut team = store.organisations().insert(organisation(1, "A").build()).unwrap();
    store.organisations().insert(organisation(2, "B").build()).unwrap();
    team.sector = Some("energy".to_owned());
    let mut team = store.organisations().update(team).unwrap();
    team.sector = Some("health".to_owned());
    team.meta_fields = vec![constituency("Domain", "a.lu"), constituency("Sector", "x")];
    store.organisations().update(team).unwrap();
    store.organisations().remove(organisation_id(1)).unwrap();
    store.undo(store.change_sets(1).unwrap()[0].id).unwrap();
    let history = store.organisations().history(organisation_id(1)).unwrap();
    let actions: Vec<Action> = history.iter().map(|change| change.action).collect();
    assert_eq!(
        actions,
        [Action::Insert, Action::Update, Action::Update, Action::Remove, Action::Insert]
    );
    assert_eq!(
        history,
        store.history(EntityKind::Organisation, organisation_id(1).into()).unwrap()
    );
    assert_eq!(store.history(EntityKind::Individual, organisation_id(1).into()).unwrap(), []);
    let sector = store.organisations().history_of(organisation_id(1), "sector").unwrap();
    let Payload::Updated(fields) = &sector[2].payload else { panic!("{sector:?}") };
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].before, Some("energy".into()));
    assert_eq!(fields[0].after, Some("health".into()));
    let template = constituency("Domain", "").template.id;
    let domain = format!("meta_fields/{template}/Domain");
    let domain = store.organisations().history_of(organisation_id(1), &domain).unwrap();
    assert_eq!(domain.len(), 4, "came, changed, went, came back");
}

/// Whatever is done: the feed, replayed from nothing, gives the records of today.
pub fn the_feed_replayed_gives_the_records(open: Open<'_>) {
    let transactions = prop::collection::vec((steps(8), 0..6_u8), 1..8);
    property(24, &transactions, |transactions| {
        let store = open();
        for (steps, fate) in transactions {
            let before = snapshot(&*store);
            let done = store.transaction(|transaction| {
                for step in &steps {
                    step.apply(transaction);
                }
                if fate == 0 {
                    return Err(cerebrate_core::Error::new(Kind::Cancelled, "test", "undone"));
                }
                Ok(())
            });
            if done.is_err() {
                prop_assert_eq!(snapshot(&*store), before);
            }
            prop_assert_eq!(check::store(&store), Vec::<String>::new());
        }
        Ok(())
    });
}
