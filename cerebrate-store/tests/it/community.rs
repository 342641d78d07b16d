//! A community of usual size: figures and searches agree with a look at every record.

use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::constituency::{Role, read};
use cerebrate_core::fold::fold;
use cerebrate_core::model::{EntityKind, Organisation};
use cerebrate_core::sharing::MembershipDigest;
use cerebrate_core::value::CountryCode;
use cerebrate_store::Store;
use cerebrate_store::overlaps::{ConstituencyQuestion, Population};
use cerebrate_store::statistics::{Distribution, Top};
use cerebrate_testkit::worlds::{INDIVIDUALS, ORGANISATIONS, SHARING_GROUPS, World, community};

use crate::world::{administrator, store};

#[test]
fn figures_and_searches_agree_with_a_look_at_every_record() {
    let (store, world) = (store(), community(1));
    world.store_in(&store).unwrap();
    groups_with_equal_members_are_found(&store, &world);
    values_are_distributed_as_they_stand(&store, &world);
    whoever_says_nothing_is_found(&store, &world);
    lists_reach_everybody(&store, &world);
}

fn groups_with_equal_members_are_found(store: &Store, world: &World) {
    let mut naive: BTreeMap<MembershipDigest, BTreeSet<_>> = BTreeMap::new();
    for group in &world.sharing_groups {
        naive.entry(MembershipDigest::of(&group.members)).or_default().insert(group.id);
    }
    assert!(naive.values().any(|ids| ids.len() == 2));
    for group in &world.sharing_groups {
        let found = store.sharing_groups().with_membership(&group.members).unwrap();
        let found: BTreeSet<_> = found.iter().map(|group| group.id).collect();
        assert_eq!(
            Some(&found),
            naive.get(&MembershipDigest::of(&group.members)),
            "{}",
            group.name
        );
    }
}

/// Counts and spellings apart: how often each folded value occurs.
fn counted<'w>(values: impl Iterator<Item = Option<&'w str>>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in values.flatten() {
        *counts.entry(fold(value)).or_default() += 1;
    }
    counts
}

fn told(distribution: &Distribution) -> BTreeMap<String, u64> {
    distribution.entries.iter().map(|share| (fold(&share.value), share.count)).collect()
}

fn values_are_distributed_as_they_stand(store: &Store, world: &World) {
    let all = Top::of(1_000).with_empty();
    for share in [1, 3] {
        // Everybody, and every third team only.
        let seen: Vec<&Organisation> = world.organisations.iter().step_by(share).collect();
        let store = match share {
            1 => store.clone(),
            _ => store.as_actor(&administrator(seen.iter().map(|team| team.id))),
        };
        let statistics = store.statistics(&all).unwrap().organisations;
        assert_eq!(statistics.total, seen.len() as u64);
        let sector = counted(seen.iter().map(|team| team.sector.as_deref()));
        assert_eq!(told(&statistics.sector), sector);
        assert_eq!(told(&statistics.kind), counted(seen.iter().map(|team| team.kind.as_deref())));
        let country = |team: &Organisation| {
            let text = team.nationality.clone()?;
            Some(CountryCode::from_text(&text).map_or(text, |code| code.to_string()))
        };
        let countries: Vec<Option<String>> = seen.iter().map(|team| country(team)).collect();
        assert_eq!(told(&statistics.nationality), counted(countries.iter().map(Option::as_deref)));
        let tags = seen.iter().flat_map(|team| {
            let names: BTreeSet<_> = team.tags.iter().collect();
            names.into_iter().map(|name| Some(name.as_str()))
        });
        assert_eq!(told(&statistics.tag), counted(tags));
        let untagged = seen.iter().filter(|team| team.tags.is_empty()).count();
        assert_eq!(statistics.tag.empty, Some(untagged as u64));
    }
    let activity = store.activity(1).unwrap();
    let total = |kind: EntityKind| {
        activity.kinds.iter().find(|activity| activity.kind == kind).unwrap().created.variation
    };
    assert_eq!(total(EntityKind::Organisation), ORGANISATIONS as u64);
    assert_eq!(total(EntityKind::Individual), INDIVIDUALS as u64);
    assert_eq!(total(EntityKind::SharingGroup), SHARING_GROUPS as u64);
}

fn whoever_says_nothing_is_found(store: &Store, world: &World) {
    let claims = |team: &&Organisation| {
        team.meta_fields.iter().any(|value| {
            let role = match value.field.as_str() {
                "IPv4 address" => Role::Ipv4,
                "IPv6 address" => Role::Ipv6,
                "AS Number" => Role::Asn,
                _ => Role::Domain,
            };
            !read(role, &value.value).0.is_empty()
        })
    };
    let silent: BTreeSet<_> =
        world.organisations.iter().filter(|team| !claims(team)).map(|team| team.id).collect();
    assert!(silent.len() > 50, "{}", silent.len());
    let largest = world.sharing_groups.iter().max_by_key(|group| group.members.len()).unwrap();
    let members: BTreeSet<_> = largest.members.iter().map(|member| member.organisation).collect();
    for (population, expected) in [
        (Population::Everybody, silent.clone()),
        (Population::Members(largest.id), silent.intersection(&members).copied().collect()),
    ] {
        let question = ConstituencyQuestion::among(population).limit(100_000);
        let report = store.constituency_report(&question).unwrap();
        let found: BTreeSet<_> = report.gaps.iter().map(|gap| gap.organisation).collect();
        assert_eq!(found, expected);
        assert!(!report.overlaps.is_empty());
    }
}

fn lists_reach_everybody(store: &Store, world: &World) {
    for list in &world.mailing_lists {
        let found = store.mailing_lists().addresses(list).unwrap();
        assert_eq!(found.problems, [], "{}", list.name);
        let chosen: usize =
            list.individuals.iter().map(|recipient| 1 + recipient.alternates.len()).sum();
        assert_eq!(found.addresses.len(), chosen, "{}", list.name);
    }
}
