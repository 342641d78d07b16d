//! Nothing tells of what is hidden: no filter, order, count, page or refusal.

use cerebrate_core::access::Permission;
use cerebrate_core::error::Error;
use cerebrate_core::model::{Alignment, EntityKind, Organisation, Record};
use cerebrate_core::query::{Column, Filter, MetaFilter, OrderBy, TagTest, TextTest};
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{individual_id, organisation, organisation_id, tag};

use super::small_world::{BETWEEN, NAMED, OTHER, OWN, circle, key_of_person, of, world};

#[test]
fn filters_find_nothing_that_lists_do_not_have() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let everything = [
        Filter::Text(Column::Name, TextTest::Like("%".to_owned())),
        Filter::Text(Column::Contacts, TextTest::Like("secret%".to_owned())),
        Filter::Text(Column::Name, TextTest::Not("x".to_owned())),
        Filter::Country("LU".to_owned()),
        Filter::Tags(TagTest::Any(vec!["%".to_owned()])),
        Filter::Tags(TagTest::None(vec!["x".to_owned()])),
        Filter::Tags(TagTest::Ids(vec![tag("team").id()])),
        Filter::Meta(MetaFilter::new("AS Number", "AS64500")),
        Filter::Meta(MetaFilter::new("IPv4 address", "10.0.0.1")),
        Filter::Ids(
            store.organisations().find().all().unwrap().iter().map(|one| one.id.uuid()).collect(),
        ),
    ];
    for filter in everything {
        let all = store.organisations().find().filter(filter.clone()).count().unwrap();
        assert_eq!(all, 4, "{filter:?}");
        let found = seen.organisations().find().filter(filter.clone()).all().unwrap();
        assert_eq!(found.len(), 1, "{filter:?}");
        assert_eq!(
            seen.organisations().find().filter(filter.clone()).count().unwrap(),
            1,
            "{filter:?}"
        );
    }
    let hidden = Filter::Text(Column::Contacts, TextTest::Equals(format!("secret {NAMED}")));
    assert_eq!(
        seen.organisations().find().filter(hidden).count().unwrap(),
        0,
        "thin is not filtered"
    );
}

#[test]
fn what_hangs_on_the_hidden_is_not_told_by_what_is_seen() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let (own, other) = (organisation_id(OWN), organisation_id(OTHER));
    // Somebody who is seen also works for an organisation that is not.
    let between = individual_id(BETWEEN);
    assert!(seen.individuals().get(between).unwrap().is_some());
    assert_eq!(store.individuals().find().organisation(other).count().unwrap(), 2);
    assert_eq!(seen.individuals().find().organisation(other).count().unwrap(), 0);
    assert_eq!(seen.individuals().find().organisation(own).count().unwrap(), 2);
    assert_eq!(seen.alignments().find().filter(Filter::Individual(between)).count().unwrap(), 1);
    assert_eq!(seen.organisation_groups().find().organisation(other).count().unwrap(), 0);
    assert_eq!(seen.encryption_keys().find().organisation(other).count().unwrap(), 0);
    let listed = Filter::Individual(individual_id(OTHER));
    assert_eq!(store.mailing_lists().find().filter(listed.clone()).count().unwrap(), 3);
    assert_eq!(seen.mailing_lists().find().filter(listed).count().unwrap(), 0);
    // The members of a sharing group are known to whoever sees it.
    let named = organisation_id(NAMED);
    assert_eq!(seen.sharing_groups().find().organisation(named).count().unwrap(), 2);
}

#[test]
fn pages_are_full_in_every_order_whatever_is_hidden() {
    let store = world();
    let mut actor = of(&[Permission::GroupAdmin]);
    store
        .transaction(|all| {
            for number in 100..400 {
                all.organisations()
                    .insert(organisation(number, &format!("N{}", number * 7 % 300)).build())?;
            }
            Ok(())
        })
        .unwrap();
    actor.administered = (100..400).step_by(3).map(organisation_id).collect();
    let seen = store.as_actor(&actor);
    for by in [OrderBy::Arrival, OrderBy::Name, OrderBy::Modified] {
        for descending in [false, true] {
            let mut find = seen.organisations().find().order_by(by);
            let mut whole = store.organisations().find().order_by(by);
            if descending {
                (find, whole) = (find.descending(), whole.descending());
            }
            let sizes: Vec<usize> =
                find.clone().page(10).map(|page| page.unwrap().records.len()).collect();
            assert_eq!(sizes, [[10].repeat(10), vec![1]].concat(), "{by:?}");
            let listed = find.all().unwrap();
            let wanted: Vec<Organisation> =
                whole.all().unwrap().into_iter().filter(|team| actor.is_own(team.id)).collect();
            assert_eq!(listed, wanted, "{by:?}");
        }
    }
}

#[test]
fn no_refusal_names_a_hidden_record() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let secrets = ["Team 3", "secret 3", "p3@", "Other"];
    let quiet = |error: Error, cell: &str| {
        let told = format!("{error} {error:?} {:?}", error.advice());
        for secret in secrets {
            assert!(!told.contains(secret), "{cell}: {told}");
        }
    };
    for kind in EntityKind::ALL {
        for record in store.all_any(kind).unwrap() {
            if seen.get_any(kind, record.id()).unwrap().is_some() {
                continue;
            }
            let (id, cell) = (record.id(), format!("{kind} {}", record.id()));
            let absent = uuid::Uuid::from_u128(0xdead);
            let hidden = seen.require_any(kind, id).unwrap_err();
            let unknown = seen.require_any(kind, absent).unwrap_err();
            let replaced = hidden.to_string().replace(&id.to_string(), &absent.to_string());
            assert_eq!(replaced, unknown.to_string(), "{cell}: one answer for both");
            quiet(hidden, &cell);
            let hidden = seen.remove_any(kind, id).unwrap_err();
            let unknown = seen.remove_any(kind, absent).unwrap_err();
            let replaced = hidden.to_string().replace(&id.to_string(), &absent.to_string());
            assert_eq!(replaced, unknown.to_string(), "{cell}: one answer for both");
            quiet(hidden, &cell);
            quiet(seen.update_any(record.clone()).unwrap_err(), &cell);
        }
    }
    let unheard_of = organisation_id(999);
    let answers = [organisation_id(OTHER), unheard_of].map(|organisation| {
        let group = circle(80, "New", OWN, &[]);
        let mut with = group;
        with.members.push(cerebrate_core::model::Member { organisation, extend: false });
        let refused = seen.sharing_groups().insert(with).unwrap_err();
        refused.to_string().replace(&organisation.to_string(), "")
    });
    assert_eq!(answers[0], answers[1], "hidden and unknown members are refused alike");
    quiet(seen.encryption_keys().insert(key_of_person(81, OTHER)).unwrap_err(), "key");
    let employed = Alignment::new(individual_id(OTHER), organisation_id(OTHER), "x");
    quiet(seen.alignments().insert(employed).unwrap_err(), "alignment");
}

#[test]
fn a_thin_organisation_has_a_name_and_nothing_else() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let thin = seen.organisations().require(organisation_id(NAMED)).unwrap();
    assert_eq!(thin, Organisation::new(thin.id, "Team 4".parse().unwrap()));
    assert!(seen.organisations().find().all().unwrap().iter().all(|team| team.id != thin.id));
    assert_eq!(seen.search::<Organisation>("team 4", 9).unwrap(), []);
    let refused = seen.organisations().update(thin.clone());
    // Written back as it was shown it would lose what was not.
    assert_eq!(refused.unwrap_err().kind(), cerebrate_core::error::Kind::Denied);
    let whole = store.organisations().require(thin.id).unwrap();
    assert_eq!(whole.contacts.as_deref(), Some("secret 4"));
    // Whom a group names is thin only as long as the group is seen.
    for group in store.sharing_groups().find().organisation(organisation_id(OWN)).all().unwrap() {
        store.sharing_groups().remove(group.id).unwrap();
    }
    assert_eq!(seen.organisations().get(thin.id).unwrap(), None);
}

#[test]
fn duplicates_are_pairs_of_what_is_seen() {
    let store = world();
    store.organisations().insert(organisation(90, "Team 1").build()).unwrap();
    let options = cerebrate_store::duplicates::DuplicateOptions::default();
    let whole = store.duplicates(&options).unwrap();
    assert!(!whole.is_empty());
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    assert!(seen.duplicates(&options).unwrap().is_empty());
}

#[test]
fn a_copy_is_for_those_who_see_everything() {
    let folder = tempfile::tempdir().unwrap();
    let store = world();
    for (number, (permissions, allowed)) in [
        (vec![], false),
        (vec![Permission::Admin], false),
        (vec![Permission::CommunityAdmin], false),
        (vec![Permission::Admin, Permission::CommunityAdmin], true),
    ]
    .into_iter()
    .enumerate()
    {
        let copy = store.as_actor(&of(&permissions)).backup(folder.path().join(number.to_string()));
        assert_eq!(copy.is_ok(), allowed, "{permissions:?}");
    }
}

#[test]
fn groups_with_equal_members_are_those_that_are_seen() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let all = store.sharing_groups().find().all().unwrap();
    for group in all {
        let equal = seen.sharing_groups().with_membership(&group.members).unwrap();
        let is_seen = seen.sharing_groups().get(group.id).unwrap().is_some();
        assert_eq!(!equal.is_empty(), is_seen, "{}", group.name);
        assert_eq!(seen.sharing_groups().membership(group.id).unwrap().is_some(), is_seen);
        assert_eq!(seen.sharing_groups().replica(group.id).unwrap().is_some(), is_seen);
        let refused = seen
            .sharing_groups()
            .merge_replica(&store.sharing_groups().replica(group.id).unwrap().unwrap());
        assert!(refused.is_err());
    }
    let record: Record = organisation(95, "x").build().into();
    assert!(seen.insert_any(record).is_err());
}
