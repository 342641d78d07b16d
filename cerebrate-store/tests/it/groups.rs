//! Stores that exchange the replicas of their sharing groups.

use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_store::Store;
use cerebrate_testkit::builders::{organisation, organisation_id, sharing_group};
use cerebrate_testkit::check;
use cerebrate_testkit::clock::Ticks;
use cerebrate_testkit::ids::Counting;
use proptest::prelude::*;

/// What may happen at one of the stores.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// An edit of a group.
    Edit { at: usize, group: u128, organisation: u128, what: u8 },
    /// What one store has of a group reaches another one, maybe late: as it was that many edits ago.
    Send { from: usize, to: usize, group: u128, late: usize },
    /// The newest change set of a store is undone.
    Undo { at: usize },
}

const STORES: usize = 3;
const GROUPS: u128 = 2;

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => (0..STORES, 0..GROUPS, 1..5_u128, 0..8_u8).prop_map(|(at, group, organisation, what)| {
            Event::Edit { at, group, organisation, what }
        }),
        4 => (0..STORES, 0..STORES, 0..GROUPS, 0..3_usize).prop_map(|(from, to, group, late)| {
            Event::Send { from, to, group, late }
        }),
        1 => (0..STORES).prop_map(|at| Event::Undo { at }),
    ]
}

fn stores() -> Vec<Store> {
    let stores: Vec<Store> = (1..=STORES as u128)
        .map(|number| {
            let ids = Counting::from(number << 64);
            Store::options().clock(Ticks::default()).ids(ids).in_memory().unwrap()
        })
        .collect();
    for store in &stores {
        let teams = (1..5).map(|number| organisation(number, "A").build());
        store.organisations().upsert_all(teams).unwrap();
    }
    let groups =
        (0..GROUPS).map(|number| sharing_group(number, "Energy", 1).member(1).member(2).build());
    stores[0].sharing_groups().upsert_all(groups).unwrap();
    stores
}

fn change(group: &mut SharingGroup, organisation: u128, what: u8) {
    let organisation = organisation_id(organisation);
    match what {
        0..=2 => group.members.retain(|member| member.organisation != organisation),
        3..=5 => {
            group.members.retain(|member| member.organisation != organisation);
            group.members.push(Member { organisation, extend: what == 3 });
        }
        6 => group.name = format!("Group {organisation}").parse().unwrap(),
        _ => group.active = !group.active,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn stores_that_exchange_replicas_end_with_equal_groups(
        events in prop::collection::vec(event(), 1..40),
        order in Just((0..STORES).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let stores = stores();
        let ids: Vec<_> = (0..GROUPS).map(|number| sharing_group(number, "x", 1).build().id).collect();
        let mut sent = Vec::new();
        for event in events {
            match event {
                Event::Edit { at, group, organisation, what } => {
                    let id = ids[usize::try_from(group).unwrap()];
                    let groups = stores[at].sharing_groups();
                    if let Some(mut group) = groups.get(id).unwrap() {
                        change(&mut group, organisation, what);
                        groups.upsert(group).unwrap();
                        sent.push((at, id, groups.replica(id).unwrap().unwrap()));
                    }
                }
                Event::Send { from, to, group, late } => {
                    let id = ids[usize::try_from(group).unwrap()];
                    let mut old = sent.iter().rev().filter(|(at, of, _)| (*at, *of) == (from, id));
                    let replica = match old.nth(late) {
                        Some((_, _, replica)) => Some(replica.clone()),
                        None => stores[from].sharing_groups().replica(id).unwrap(),
                    };
                    if let Some(replica) = replica {
                        stores[to].sharing_groups().merge_replica(&replica).unwrap();
                    }
                }
                Event::Undo { at } => {
                    let sets = stores[at].change_sets(2).unwrap();
                    let [set, _] = sets.as_slice() else { continue };
                    // The arrival of a group is not taken back: its store would have nothing to say.
                    let groups = stores[at].sharing_groups().find().count().unwrap();
                    let undone = stores[at].undo(set.id).unwrap();
                    if stores[at].sharing_groups().find().count().unwrap() < groups {
                        stores[at].undo(undone.change_set.unwrap()).unwrap();
                    }
                }
            }
        }
        // Everybody hears of everybody once more, in some order, twice.
        for _ in 0..2 {
            for &to in &order {
                for from in &stores {
                    for id in &ids {
                        if let Some(replica) = from.sharing_groups().replica(*id).unwrap() {
                            stores[to].sharing_groups().merge_replica(&replica).unwrap();
                        }
                    }
                }
            }
        }
        for id in ids {
            let replicas: Vec<_> =
                stores.iter().map(|store| store.sharing_groups().replica(id).unwrap()).collect();
            for (store, replica) in stores.iter().zip(&replicas) {
                prop_assert_eq!(replica, &replicas[0]);
                let group = store.sharing_groups().require(id).unwrap();
                let first = stores[0].sharing_groups().require(id).unwrap();
                prop_assert_eq!(&group.members, &first.members);
                prop_assert_eq!(&group.name, &first.name);
                prop_assert_eq!(group.active, first.active);
                prop_assert_eq!(
                    store.sharing_groups().removed_members(id).unwrap(),
                    stores[0].sharing_groups().removed_members(id).unwrap()
                );
            }
        }
        for store in &stores {
            prop_assert_eq!(check::store(store), Vec::<String>::new());
        }
    }
}

#[test]
fn stores_have_different_identities() {
    let stores = [(); 3].map(|()| Store::in_memory().unwrap().node().unwrap());
    assert!(stores[0] != stores[1] && stores[1] != stores[2] && stores[0] != stores[2]);
}
