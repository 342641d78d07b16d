//! Pages meet each record once, in order.

use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::error::Kind;
use cerebrate_core::fold::fold;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::Organisation;
use cerebrate_core::query::{OrderBy, Position};
use cerebrate_store::backend::LocalId;
use cerebrate_store::store::Find;
use proptest::prelude::*;

use super::{Fresh, Open, property};
use crate::builders::{organisation, organisation_id};
use crate::steps::NAMES;
use crate::world;

const ORDERS: [OrderBy; 3] = [OrderBy::Arrival, OrderBy::Name, OrderBy::Modified];

fn find(store: &Fresh, by: OrderBy, descending: bool) -> Find<'_, Organisation> {
    let find = store.organisations().find().order_by(by);
    if descending { find.descending() } else { find }
}

/// Every order, direction and size of page: the same records as a sorted list.
pub fn every_order_and_size_meets_each_record_once(open: Open<'_>) {
    let store = open();
    store
        .transaction(|transaction| {
            for number in 0..23_u128 {
                let name = NAMES[usize::try_from(number * 5 % 8).unwrap()];
                let modified = 1_000 + i64::try_from(number * 7 % 4).unwrap();
                let team = organisation(number, name).modified(modified).build();
                transaction.organisations().insert(team)?;
            }
            Ok(())
        })
        .unwrap();
    let mut keyed: Vec<(Organisation, LocalId)> = Vec::new();
    for team in store.organisations().find().all().unwrap() {
        let local = store.organisations().local_id(team.id).unwrap().unwrap();
        keyed.push((team, local));
    }
    for by in ORDERS {
        for descending in [false, true] {
            keyed.sort_by_key(|(team, local)| match by {
                OrderBy::Name => (fold(&team.name), 0, *local),
                OrderBy::Modified => (String::new(), team.modified.unwrap().unix(), *local),
                _ => (String::new(), 0, *local),
            });
            if descending {
                keyed.reverse();
            }
            let expected: Vec<&Organisation> = keyed.iter().map(|(team, _)| team).collect();
            for size in [1, 2, 7, 22, 23, 24, 100] {
                let mut found = Vec::new();
                let mut after: Option<Position> = None;
                loop {
                    let mut ask = find(&store, by, descending);
                    if let Some(position) = &after {
                        // A position survives its token.
                        ask = ask.after(position.to_string().parse().unwrap());
                    }
                    let page = ask.one_page(size).unwrap();
                    assert!(page.records.len() == size || page.next.is_none());
                    found.extend(page.records);
                    match page.next {
                        Some(next) => after = Some(next),
                        None => break,
                    }
                }
                let found: Vec<&Organisation> = found.iter().collect();
                assert_eq!(found, expected, "{by:?} {descending} {size}");
            }
        }
    }
    let tags =
        store.organisations().insert(organisation(99, "x").tag("b").tag("Á").tag("c").build());
    tags.unwrap();
    let tags = store.tags().find().order_by(OrderBy::Name).all().unwrap();
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["Á", "b", "c"]);
}

/// What happens between two pages.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Nothing,
    Insert(usize),
    Remove(u128),
    Rename(u128, usize),
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        Just(Meanwhile::Nothing),
        (0..NAMES.len()).prop_map(Meanwhile::Insert),
        (0..14_u128).prop_map(Meanwhile::Remove),
        (0..14_u128, 0..NAMES.len()).prop_map(|(number, name)| Meanwhile::Rename(number, name)),
    ]
}

/// Records that nobody touches come once and in order, whatever happens to the others; nothing that
/// was not edited comes twice.
pub fn pages_neither_repeat_nor_skip_while_others_write(open: Open<'_>) {
    let strategy = (
        prop::collection::vec(0..NAMES.len(), 14),
        prop::collection::vec(meanwhile(), 14),
        1..4_usize,
        (prop::sample::select(ORDERS.to_vec()), any::<bool>()),
    );
    property(32, &strategy, |(names, meanwhile, size, (by, descending))| {
        let store = open();
        let teams = (0..).zip(&names).map(|(number, name)| {
            organisation(number, NAMES[*name]).modified(i64::try_from(number % 3).unwrap()).build()
        });
        store.organisations().upsert_all(teams).unwrap();
        let whole: Vec<OrganisationId> =
            find(&store, by, descending).all().unwrap().iter().map(|team| team.id).collect();
        let (mut touched, mut edited) = (BTreeSet::new(), BTreeSet::new());
        let mut seen: Vec<OrganisationId> = Vec::new();
        let mut pages = find(&store, by, descending).page(size);
        let mut fresh = 100;
        for what in meanwhile.into_iter().chain(std::iter::repeat(Meanwhile::Nothing)) {
            let Some(page) = pages.next() else { break };
            seen.extend(page.unwrap().records.iter().map(|team| team.id));
            match what {
                Meanwhile::Nothing => {}
                Meanwhile::Insert(name) => {
                    fresh += 1;
                    store.organisations().insert(organisation(fresh, NAMES[name]).build()).unwrap();
                }
                Meanwhile::Remove(number) => {
                    let id = organisation_id(number);
                    touched.insert(id);
                    let _ = store.organisations().remove(id);
                }
                Meanwhile::Rename(number, name) => {
                    let id = organisation_id(number);
                    touched.insert(id);
                    if let Some(mut team) = store.organisations().get(id).unwrap() {
                        team.name = NAMES[name].parse().unwrap();
                        edited.insert(id);
                        store.organisations().update(team).unwrap();
                    }
                }
            }
        }
        let quiet = |ids: &[OrganisationId]| -> Vec<OrganisationId> {
            ids.iter().filter(|id| !touched.contains(*id)).copied().collect()
        };
        let old: Vec<OrganisationId> =
            seen.iter().filter(|id| whole.contains(id)).copied().collect();
        prop_assert_eq!(quiet(&old), quiet(&whole));
        let mut times: BTreeMap<OrganisationId, usize> = BTreeMap::new();
        for id in &seen {
            *times.entry(*id).or_default() += 1;
        }
        for (id, times) in times {
            let may_repeat = edited.contains(&id) && by != OrderBy::Arrival;
            prop_assert!(times == 1 || may_repeat, "{} came {} times", id, times);
        }
        Ok(())
    });
}

/// A position of another order is refused, whatever it holds.
pub fn a_cursor_belongs_to_its_order(open: Open<'_>) {
    let store = open();
    world::small().store_in(&store).unwrap();
    let positions: Vec<Position> = ORDERS
        .iter()
        .map(|by| find(&store, *by, false).one_page(2).unwrap().next.unwrap())
        .collect();
    for (by, own) in ORDERS.iter().zip(&positions) {
        for position in &positions {
            let page = find(&store, *by, false).after(position.clone()).one_page(2);
            if position == own {
                page.unwrap();
            } else {
                assert_eq!(page.unwrap_err().kind(), Kind::Invalid);
            }
        }
    }
}
