//! What is listed is what the naive filter leaves, whatever the world and whoever asks.

use cerebrate_core::access::{Actor, Permission, Permissions, Sight};
use cerebrate_core::id::UserId;
use cerebrate_core::model::{Alignment, EntityKind, Member, Owner, Recipient, Record};
use cerebrate_core::query::Filter;
use cerebrate_store::Store;
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{
    encryption_key, individual, individual_id, mailing_list, organisation, organisation_group,
    organisation_id, sharing_group,
};
use cerebrate_testkit::world::options;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::small_world::{cut, expected};

const TEAMS: u128 = 5;
const PEOPLE: u128 = 4;

/// Who works where, which groups there are, and who is on which list.
#[derive(Debug, Clone)]
struct World {
    aligned: Vec<(u128, u128)>,
    groups: Vec<(u128, Vec<u128>)>,
    keys: Vec<(bool, u128)>,
    lists: Vec<Vec<u128>>,
    bundles: Vec<Vec<u128>>,
}

fn worlds() -> impl Strategy<Value = World> {
    let team = || 0..TEAMS;
    let person = || 0..PEOPLE;
    (
        vec((person(), team()), 0..7),
        vec((team(), vec(team(), 0..4)), 0..5),
        vec((any::<bool>(), 0..PEOPLE.min(TEAMS)), 0..4),
        vec(vec(person(), 0..4), 0..3),
        vec(vec(team(), 0..4), 0..3),
    )
        .prop_map(|(aligned, groups, keys, lists, bundles)| World {
            aligned,
            groups,
            keys,
            lists,
            bundles,
        })
}

fn actors() -> impl Strategy<Value = Actor> {
    let flags = prop::sample::subsequence(Permission::ALL.to_vec(), 0..=2);
    let administered = prop::collection::btree_set(0..TEAMS + 1, 0..4);
    (flags, 0..PEOPLE + 1, prop::option::of(0..TEAMS + 1), administered).prop_map(
        |(flags, person, team, administered)| {
            let permissions: Permissions = flags.into_iter().collect();
            let user = UserId::new(Uuid::from_u128(0x9a00_0001));
            let mut actor =
                Actor::new(user, individual_id(person), team.map(organisation_id), permissions);
            actor.administered = administered.into_iter().map(organisation_id).collect();
            actor
        },
    )
}

fn made(world: &World) -> Store {
    let store = options().in_memory().unwrap();
    let mut records: Vec<Record> = Vec::new();
    records.extend((0..TEAMS).map(|n| organisation(n, &format!("Team {n}")).build().into()));
    records.extend((0..PEOPLE).map(|n| individual(n, &format!("p{n}@example.lu")).build().into()));
    for (person, team) in &world.aligned {
        records.push(Alignment::new(individual_id(*person), organisation_id(*team), "x").into());
    }
    for (number, (owner, members)) in (0..).zip(&world.groups) {
        let group = sharing_group(number, "Group", *owner).with(|group| {
            let member =
                |team: &u128| Member { organisation: organisation_id(*team), extend: false };
            group.members = members.iter().map(member).collect();
        });
        records.push(group.build().into());
    }
    for (number, (of_person, owner)) in (0..).zip(&world.keys) {
        let key = encryption_key(number, *owner).with(|key| {
            if *of_person {
                key.owner = Owner::Individual(individual_id(*owner));
            }
        });
        records.push(key.build().into());
    }
    for (number, people) in (0..).zip(&world.lists) {
        let list = mailing_list(number, "List").with(|list| {
            let mut people = people.clone();
            people.sort_unstable();
            people.dedup();
            list.individuals = people
                .into_iter()
                .map(|person| Recipient {
                    individual: individual_id(person),
                    primary: true,
                    alternates: Vec::new(),
                })
                .collect();
        });
        records.push(list.build().into());
    }
    for (number, teams) in (0..).zip(&world.bundles) {
        let group = organisation_group(number, "Bundle").with(|group| {
            group.organisations.extend(teams.iter().map(|n| organisation_id(*n)));
        });
        records.push(group.build().into());
    }
    store
        .transaction(|all| records.into_iter().try_for_each(|one| all.upsert_any(one).map(drop)))
        .unwrap();
    store
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_listed_is_what_the_naive_filter_leaves(
        world in worlds(),
        actors in vec(actors(), 1..4),
    ) {
        let store = made(&world);
        for actor in actors {
            let seen = store.as_actor(&actor);
            for kind in EntityKind::ALL {
                let all = store.all_any(kind).unwrap();
                let wanted: Vec<Record> = all
                    .iter()
                    .filter(|record| expected(&store, &actor, record) == Sight::Full)
                    .map(|record| cut(&store, &actor, record.clone()))
                    .collect();
                prop_assert_eq!(&seen.all_any(kind).unwrap(), &wanted, "{} {:?}", kind, &actor);
                prop_assert_eq!(seen.count_any(kind).unwrap(), wanted.len() as u64);
                for record in &all {
                    let sight = expected(&store, &actor, record);
                    let got = seen.get_any(kind, record.id()).unwrap();
                    prop_assert_eq!(got.is_some(), sight != Sight::Hidden, "{:?}", record);
                }
            }
            // Filtering by what hangs together tells no more than looking at what is seen.
            let employed = seen.alignments().find().all().unwrap();
            for number in 0..TEAMS {
                let team = organisation_id(number);
                let mut people: Vec<_> = seen
                    .individuals().find().organisation(team).all().unwrap()
                    .iter().map(|one| one.id).collect();
                let mut told: Vec<_> = employed
                    .iter()
                    .filter(|one| one.organisation == team)
                    .map(|one| one.individual)
                    .collect();
                people.sort_unstable();
                told.sort_unstable();
                told.dedup();
                prop_assert_eq!(people, told, "{:?}", &actor);
                let bundles = seen.organisation_groups().find().organisation(team).all().unwrap();
                prop_assert!(bundles.iter().all(|one| one.organisations.contains(&team)));
            }
            for number in 0..PEOPLE {
                let filter = Filter::Individual(individual_id(number));
                let lists = seen.mailing_lists().find().filter(filter).all().unwrap();
                for list in lists {
                    let listed = list.individuals.iter().any(|one| one.individual == individual_id(number));
                    prop_assert!(listed, "{:?}", &actor);
                }
            }
        }
    }

    #[test]
    fn writing_back_what_is_seen_changes_nothing(world in worlds(), actor in actors()) {
        let store = made(&world);
        let seen = store.as_actor(&actor);
        let before = store.cursor().unwrap();
        for kind in EntityKind::ALL {
            for record in seen.all_any(kind).unwrap() {
                let written = seen.update_any(record.clone()).unwrap();
                prop_assert_eq!(written, record);
            }
        }
        prop_assert_eq!(store.cursor().unwrap(), before);
    }
}
