//! What holds for every template, every value and every strategy.

use cerebrate_core::meta::upgrade::Strategy as Update;
use cerebrate_core::model::{FieldKind, MetaField, MetaTemplate, TemplateField};
use cerebrate_store::Store;
use cerebrate_store::store::Outcome;
use proptest::prelude::*;

use crate::templates::{STRATEGIES, contents, field, key, listed, pattern, template, text};
use crate::world::{id, options, organisation};

const NAMES: [&str; 3] = ["a", "b", "net"];

/// A definition of a field, or none.
fn definition() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![1 => Just(None), 6 => (0_usize..6).prop_map(Some)]
}

fn defined(name: &str, definition: usize) -> TemplateField {
    match definition {
        0 => text(name),
        1 => field(name, FieldKind::Text, false),
        2 => pattern(name, "x+|10\\..*"),
        3 => listed(name, &["x", "10.0.0.1"]),
        4 => field(name, FieldKind::Ipv4, true),
        _ => field(name, FieldKind::Ipv4, false),
    }
}

fn made(version: u32, definitions: [Option<usize>; 3]) -> MetaTemplate {
    let fields: Vec<TemplateField> = NAMES
        .into_iter()
        .zip(definitions)
        .filter_map(|(name, definition)| definition.map(|definition| defined(name, definition)))
        .collect();
    template(version, &fields)
}

type Value = (u128, u32, &'static str, &'static str);

fn value() -> impl Strategy<Value = Value> {
    (
        1_u128..5,
        prop_oneof![5 => Just(8_u32), 2 => Just(9_u32), 1 => Just(7_u32), 1 => Just(10_u32)],
        prop_oneof![Just("a"), Just("b"), Just("net"), Just("unheard")],
        prop_oneof![Just("x"), Just("y"), Just("10.0.0.1"), Just("10.1.2.3/16")],
    )
}

fn filled(old: &MetaTemplate, values: &[Value]) -> Store {
    let store = options().in_memory().unwrap();
    store.templates().load(old.clone()).unwrap();
    store.templates().enable(old.key).unwrap();
    for number in 1..5 {
        let mut team = organisation(number, &format!("Team {number}"));
        team.meta_fields = values
            .iter()
            .filter(|(owner, ..)| *owner == number)
            .map(|(_, version, field, value)| MetaField::new(key(*version), *field, *value))
            .collect();
        store.organisations().insert(team).unwrap();
    }
    store
}

/// What each team answers for, by the question of one address.
fn responsible(store: &Store) -> Vec<Vec<String>> {
    ["10.0.0.1", "10.1.200.1"]
        .map(|address| {
            let subject = || address.parse().unwrap();
            let asked = store.lookup().responsible_by_query(subject()).unwrap();
            let indexed = store.responsible_for(subject()).unwrap();
            let names = |found: &cerebrate_store::lookup::Responsibility| -> Vec<String> {
                found.iter().map(|hit| hit.organisation.name.clone()).collect()
            };
            assert_eq!(names(&asked), names(&indexed));
            names(&asked)
        })
        .to_vec()
}

/// A new store with the same records answers the same, and nothing waits to be derived anew.
fn assert_in_step(store: &Store) {
    let fresh = options().in_memory().unwrap();
    for template in store.meta_templates().find().all().unwrap() {
        fresh.meta_templates().insert(template).unwrap();
    }
    for team in store.organisations().find().all().unwrap() {
        let (kept, outcome) = store.organisations().upsert(team.clone()).unwrap();
        assert_eq!(outcome, Outcome::Unchanged);
        assert_eq!(fresh.organisations().insert(team).unwrap().meta_fields, kept.meta_fields);
    }
    assert_eq!(responsible(store), responsible(&fresh));
}

fn all_values(store: &Store) -> Vec<(u128, String, String)> {
    let mut values: Vec<_> = (1..5)
        .flat_map(|number| {
            let team = store.organisations().require(id(number)).unwrap();
            team.meta_fields.into_iter().map(move |value| (number, value.field, value.value))
        })
        .collect();
    values.sort();
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_update_loses_nothing_stays_in_step_and_can_be_undone(
        before in [definition(), definition(), definition()],
        after in [definition(), definition(), definition()],
        values in proptest::collection::vec(value(), 0..14),
        strategy in (0_usize..4).prop_map(|index| STRATEGIES[index]),
    ) {
        let (old, new) = (made(8, before), made(9, after));
        let store = filled(&old, &values);
        let start = contents(&store);
        let (given, answers) = (all_values(&store), responsible(&store));
        let report = store.templates().update_to(new.clone(), strategy).unwrap();
        prop_assert_eq!(store.templates().get(key(9)).unwrap().unwrap().template().enabled, true);
        assert_in_step(&store);
        let mut left = all_values(&store);
        // A value that is there at the new version already is there once.
        if strategy != Update::DeleteAll {
            prop_assert_eq!(report.removed, 0);
            let (mut all, mut kept) = (given.clone(), left.clone());
            all.dedup();
            kept.dedup();
            prop_assert_eq!(all, kept);
        }
        left.dedup();
        prop_assert!(left.iter().all(|value| given.contains(value)));
        let again = store.templates().update_to(new, strategy).unwrap();
        prop_assert_eq!(again.change_set, None);
        prop_assert_eq!((again.moved, again.removed, again.kept), (0, 0, report.kept));
        prop_assert_eq!(again, store.templates().update(key(9).id, strategy).unwrap());
        let undone = store.undo(report.change_set.unwrap()).unwrap();
        prop_assert_eq!(undone.conflicts, []);
        prop_assert_eq!(contents(&store), start);
        prop_assert_eq!(responsible(&store), answers);
        assert_in_step(&store);
    }

    #[test]
    fn loading_and_undoing_it_stays_in_step(
        first in [definition(), definition(), definition()],
        others in proptest::collection::vec(
            (7_u32..11, [definition(), definition(), definition()]), 1..4,
        ),
        values in proptest::collection::vec(value(), 0..10),
    ) {
        let store = filled(&made(8, first), &values);
        let mut starts = Vec::new();
        for (version, definitions) in others {
            if store.templates().get(key(version)).unwrap().is_some() {
                continue;
            }
            let start = contents(&store);
            let report = store.templates().load(made(version, definitions)).unwrap();
            assert_in_step(&store);
            starts.push((report.change_set.unwrap(), start));
        }
        while let Some((set, start)) = starts.pop() {
            prop_assert_eq!(store.undo(set).unwrap().conflicts, []);
            prop_assert_eq!(contents(&store), start);
            assert_in_step(&store);
        }
    }
}
