//! Substring search against a plain look at every record.

use cerebrate_core::fold::fold;
use cerebrate_core::model::{Entity, EntityKind, Individual, Organisation, Record};
use proptest::prelude::*;

use super::{Fresh, Open, property};
use crate::any::AnyRecords;
use crate::builders::{constituency, individual, organisation, organisation_id};
use crate::{arbitrary, check};

/// What search has to answer: exact name, prefix, any other; each in name order, then by arrival.
fn model<E>(store: &Fresh, text: &str) -> Vec<String>
where
    E: Entity + TryFrom<Record>,
{
    let needle = fold(text.trim());
    let mut ranked = Vec::new();
    if needle.is_empty() {
        return ranked.into_iter().map(|(_, _, _, id): (u8, String, i64, String)| id).collect();
    }
    for record in store.all_any(E::KIND).unwrap() {
        let local = store.local_id_any(E::KIND, record.id()).unwrap().unwrap().0;
        let (key, texts) = match &record {
            Record::Organisation(team) => {
                let texts = [team.name.as_str(), team.contacts.as_deref().unwrap_or_default()];
                let texts: Vec<String> = texts
                    .into_iter()
                    .chain(team.meta_fields.iter().map(|value| value.value.as_str()))
                    .map(fold)
                    .collect();
                (fold(&team.name), texts)
            }
            Record::Individual(person) => {
                let name = format!("{} {}", person.first_name, person.last_name);
                let texts: Vec<String> = [person.email.as_str(), name.as_str()]
                    .into_iter()
                    .chain(person.meta_fields.iter().map(|value| value.value.as_str()))
                    .map(fold)
                    .collect();
                (fold(&person.email), texts)
            }
            _ => continue,
        };
        if texts.iter().any(|text| text.contains(&needle)) {
            let rank = match () {
                () if key == needle => 0,
                () if key.starts_with(&needle) => 1,
                () => 2,
            };
            ranked.push((rank, key, local, record.id().to_string()));
        }
    }
    ranked.sort();
    ranked.into_iter().map(|(_, _, _, id)| id).collect()
}

fn found<E>(store: &Fresh, text: &str, limit: usize) -> Vec<String>
where
    E: Entity + TryFrom<Record>,
{
    let found = store.search::<E>(text, limit).unwrap();
    found.iter().map(|record| record.id().to_string()).collect()
}

/// Records that look alike, edited and removed, and needles cut out of them.
pub fn search_agrees_with_a_naive_model(open: Open<'_>) {
    let word = || prop_oneof!["[a-cA-C ]{1,8}", "[äÄßſﬁçЁё日本ΩΣς a-b]{1,6}", arbitrary::text(),];
    let texts = prop::collection::vec([word(), word(), word()], 4..12);
    let needles = prop::collection::vec((any::<prop::sample::Index>(), 0..9_usize, 1..7_usize), 12);
    property(16, &(texts, needles, word()), |(texts, needles, foreign)| {
        let store = open();
        let mut all = vec![foreign];
        for (number, [a, b, c]) in (0..).zip(&texts) {
            all.extend([a.clone(), b.clone(), format!("{a} {b}")]);
            let name = if a.trim().is_empty() { "fallback" } else { a };
            let mut team = organisation(number, name).contacts(b).domain(c).build();
            store.organisations().insert(team.clone()).unwrap();
            store.individuals().insert(individual(number, name).named(b, c).build()).unwrap();
            match number % 4 {
                0 => {
                    team.contacts = Some(c.clone());
                    team.meta_fields.clear();
                    store.organisations().update(team).unwrap();
                }
                1 => {
                    store.organisations().remove(organisation_id(number)).unwrap();
                }
                _ => {}
            }
        }
        for (index, from, length) in needles {
            let text = index.get(&all);
            let count = text.chars().count().max(1);
            let needle: String = text.chars().skip(from % count).take(length).collect();
            let expected = model::<Organisation>(&store, &needle);
            prop_assert_eq!(
                &found::<Organisation>(&store, &needle, 100),
                &expected,
                "{:?}",
                needle
            );
            let few: Vec<String> = expected.into_iter().take(2).collect();
            prop_assert_eq!(&found::<Organisation>(&store, &needle, 2), &few, "{:?}", needle);
            let expected = model::<Individual>(&store, &needle);
            prop_assert_eq!(&found::<Individual>(&store, &needle, 100), &expected, "{:?}", needle);
        }
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        Ok(())
    });
}

/// However much text a record has, all of it is searched, whatever the length of the needle.
pub fn long_and_short_needles_look_at_the_same_texts(open: Open<'_>) {
    let store = open();
    let long = "x".repeat(60_000);
    let mut team = organisation(1, "Long").contacts(&long);
    for number in 0..3 {
        team = team.value(constituency("Domain", &format!("{long}{number}")));
    }
    let team = team.value(constituency("Domain", "ŹQ needle")).build();
    let team = store.organisations().insert(team).unwrap();
    for needle in ["zq", "zq n", "needle", "ŹQ NEEDLE"] {
        assert_eq!(found::<Organisation>(&store, needle, 10).len(), 1, "{needle}");
    }
    store.organisations().remove(team.id).unwrap();
    assert_eq!(found::<Organisation>(&store, "needle", 10).len(), 0);
    assert_eq!(store.count_any(EntityKind::Organisation).unwrap(), 0);
}

/// A needle that nearly everybody has is answered in the same order as a rare one.
pub fn common_needles_are_answered_in_order(open: Open<'_>) {
    let store = open();
    let teams = (0..4_300_u128).map(|number| {
        let name =
            format!("{} cert {}", ["b", "a", "Ä"][(number % 3) as usize], number * 7 % 4_300);
        organisation(number, &name).build()
    });
    store.organisations().upsert_all(teams).unwrap();
    store.organisations().insert(organisation(9_001, "Cert").build()).unwrap();
    store.organisations().insert(organisation(9_002, "CERT 2").build()).unwrap();
    let expected: Vec<String> =
        model::<Organisation>(&store, "cert").into_iter().take(50).collect();
    assert_eq!(found::<Organisation>(&store, "cert", 50), expected);
    assert_eq!(expected[0], organisation_id(9_001).to_string());
    assert_eq!(
        found::<Organisation>(&store, "cert 4299", 50),
        model::<Organisation>(&store, "cert 4299")
    );
}
