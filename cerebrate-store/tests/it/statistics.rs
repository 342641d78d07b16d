//! Figures: what happened, how records are distributed, and only what is seen.

use std::collections::BTreeSet;

use cerebrate_core::Kind;
use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{
    Alignment, EncryptionKey, EntityKind, Individual, KeyKind, MailingList, MetaField, Owner,
    Recipient,
};
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::statistics::{
    Activity, DAYS, Distribution, FieldUsage, KindActivity, Series, Statistics, Top,
};
use cerebrate_testkit::builders::{
    Builder, constituency, encryption_key, extra, individual, individual_id, mailing_list,
    organisation, organisation_group, organisation_id, role, sharing_group, user, user_id,
};
use cerebrate_testkit::clock::SetClock;

use crate::world::{administrator, options, store};

fn told(distribution: &Distribution) -> Vec<(&str, u64)> {
    distribution.entries.iter().map(|share| (share.value.as_str(), share.count)).collect()
}

fn of(activity: &Activity, kind: EntityKind) -> &KindActivity {
    activity.kinds.iter().find(|activity| activity.kind == kind).unwrap()
}

fn days(series: &Series) -> Vec<(&str, u64)> {
    series.timeline.iter().map(|day| (day.time.as_str(), day.count)).collect()
}

fn everything(store: &Store) -> Statistics {
    store.statistics(&Top::of(10).with_empty()).unwrap()
}

#[test]
fn activity_has_an_entry_for_each_day_of_utc_and_ends_today() {
    let clock = SetClock::at("2026-02-27T23:59:59Z");
    let store = Store::options().clock(clock.clone()).in_memory().unwrap();
    let insert = |number: u128| {
        store.organisations().insert(organisation(number, &number.to_string()).build()).unwrap()
    };
    insert(1);
    clock.set("2026-02-28T00:00:00Z");
    insert(2);
    insert(3);
    clock.set("2026-03-01T23:59:59Z");
    let mut second = store.organisations().require(organisation_id(2)).unwrap();
    for sector in ["a", "b"] {
        second.sector = Some(sector.to_owned());
        store.organisations().update(second.clone()).unwrap();
    }
    store.organisations().remove(organisation_id(3)).unwrap();
    clock.set("2026-03-02T00:00:00Z");

    let activity = store.activity(3).unwrap();
    assert_eq!(activity.days, 3);
    let organisations = of(&activity, EntityKind::Organisation);
    assert_eq!(organisations.total, 2);
    let created = [("2026-02-28", 2), ("2026-03-01", 0), ("2026-03-02", 0)];
    assert_eq!(days(&organisations.created), created);
    let modified = [("2026-02-28", 0), ("2026-03-01", 2), ("2026-03-02", 0)];
    assert_eq!(days(&organisations.modified), modified);
    let sums = [&organisations.created, &organisations.modified, &organisations.removed];
    assert_eq!(sums.map(|series| series.variation), [2, 2, 1]);
    // The day before is there when asked for, and nothing of another kind.
    let longer = store.activity(4).unwrap();
    assert_eq!(of(&longer, EntityKind::Organisation).created.variation, 3);
    let tags = of(&longer, EntityKind::Tag);
    assert_eq!((tags.total, tags.created.variation, tags.created.timeline.len()), (0, 0, 4));
    assert_eq!(longer.kinds.len(), EntityKind::ALL.len());
    let today = store.activity(1).unwrap();
    assert_eq!(days(&of(&today, EntityKind::Organisation).created), [("2026-03-02", 0)]);

    // What is written with a later clock is not of these days.
    clock.set("2026-03-05T12:00:00Z");
    insert(9);
    clock.set("2026-03-02T12:00:00Z");
    let now = store.activity(4).unwrap();
    assert_eq!(
        of(&now, EntityKind::Organisation).created,
        of(&longer, EntityKind::Organisation).created
    );
}

#[test]
fn no_day_and_too_many_are_refused_and_the_edges_of_time_are_told() {
    let store = store();
    for wrong in [0, DAYS + 1, u32::MAX] {
        let error = store.activity(wrong).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{wrong}");
    }
    for moment in [Timestamp::MIN, Timestamp::MAX, Timestamp::from_unix(0)] {
        let clock = SetClock::at(&moment.to_string());
        let store = Store::options().clock(clock).in_memory().unwrap();
        store.organisations().insert(organisation(1, "A").build()).unwrap();
        let activity = store.activity(DAYS).unwrap();
        let organisations = of(&activity, EntityKind::Organisation);
        assert_eq!(organisations.created.timeline.len(), DAYS as usize);
        assert_eq!(organisations.total, 1, "{moment}");
    }
}

fn distributed() -> Store {
    let store = store();
    let teams = [
        organisation(1, "A").nationality("LU").sector("Energy").tag("csirt").tag("tlp:red"),
        organisation(2, "B").nationality("Luxembourg").sector("energy").tag("csirt"),
        organisation(3, "C").nationality("Lëtzebuerg").sector("ÉNERGIE"),
        organisation(4, "D").nationality("Atlantis").sector(" "),
        organisation(5, "E").nationality("ATLANTIS"),
        organisation(6, "F").sector("energie"),
    ];
    let teams = teams.map(|team| team.with(|team| team.kind = Some("CSIRT".to_owned())).build());
    store.organisations().upsert_all(teams).unwrap();
    for (number, position) in
        [(1, Some("Head")), (2, Some("head")), (3, None), (4, Some("Analyst"))]
    {
        let person = individual(number, &format!("p{number}@x.example"))
            .with(|person| person.position = position.map(str::to_owned));
        store.individuals().insert(person.build()).unwrap();
    }
    let smime = encryption_key(2, 1).with(|key| key.kind = KeyKind::Smime);
    for key in [encryption_key(1, 1).build(), smime.build(), encryption_key(3, 2).build()] {
        store.encryption_keys().insert(key).unwrap();
    }
    let active = mailing_list(1, "L").individual(1).with(|list| list.active = true).build();
    store.mailing_lists().insert(active).unwrap();
    store
}

#[test]
fn values_are_counted_as_filters_find_them() {
    let store = distributed();
    let statistics = everything(&store);
    let organisations = &statistics.organisations;
    assert_eq!(organisations.total, 6);
    assert_eq!(told(&organisations.nationality), [("LU", 3), ("ATLANTIS", 2)]);
    assert_eq!(organisations.nationality.empty, Some(1));
    assert_eq!(told(&organisations.sector), [("Energy", 2), ("energie", 2)]);
    assert_eq!(organisations.sector.empty, Some(2));
    assert_eq!(told(&organisations.kind), [("CSIRT", 6)]);
    assert_eq!(told(&organisations.tag), [("csirt", 2), ("tlp:red", 1)]);
    assert_eq!((organisations.tag.others, organisations.tag.empty), (Some(0), Some(4)));
    for share in &organisations.nationality.entries {
        let found = store.organisations().find().nationality(&share.value).count().unwrap();
        assert_eq!(found, share.count, "{share:?}");
    }
    let column = cerebrate_core::query::Column::Sector;
    for share in &organisations.sector.entries {
        let found = store.organisations().find().column(column, share.value.as_str()).count();
        assert_eq!(found.unwrap(), share.count, "{share:?}");
    }
    assert_eq!(statistics.individuals.total, 4);
    assert_eq!(told(&statistics.individuals.position), [("Head", 2), ("Analyst", 1)]);
    assert_eq!(told(&statistics.encryption_keys.kind), [("openpgp", 2), ("smime", 1)]);
    assert_eq!(told(&statistics.mailing_lists.active), [("true", 1), ("false", 0)]);

    let short = store.statistics(&Top::of(1)).unwrap();
    assert_eq!(told(&short.organisations.nationality), [("LU", 3)]);
    assert_eq!(short.organisations.nationality.others, Some(2));
    assert_eq!(short.organisations.nationality.empty, None);
}

#[test]
fn a_long_text_is_counted_by_its_beginning() {
    let store = store();
    for (number, end) in [(1, "a"), (2, "b")] {
        let person = individual(number, &format!("p{number}@x.example"))
            .with(|person| person.position = Some("é".repeat(191) + end));
        store.individuals().insert(person.build()).unwrap();
    }
    let position = everything(&store).individuals.position;
    assert_eq!(position.entries.len(), 1);
    assert_eq!(position.entries[0].count, 2);
    assert_eq!(position.entries[0].value.chars().count(), 191);
}

fn usage<'a>(statistics: &'a Statistics, field: &str) -> &'a FieldUsage {
    let fields = &statistics.template_fields;
    fields.iter().find(|usage| usage.field == field).unwrap()
}

#[test]
fn template_fields_are_counted_by_record_whatever_the_version() {
    let store = store();
    let key = constituency("Domain", "x").template;
    let older = cerebrate_core::model::TemplateKey::new(key.id, key.version + 7);
    let teams = [
        organisation(1, "A").domain("a.example").domain("b.example"),
        organisation(2, "B")
            .value(MetaField::new(older, "Domain", "c.example"))
            .value(extra(9, "colour", "red")),
    ];
    store.organisations().upsert_all(teams.map(Builder::build)).unwrap();
    let statistics = everything(&store);
    let domain = usage(&statistics, "Domain");
    assert_eq!((domain.records, domain.values), (2, 3));
    assert_eq!((domain.namespace.as_str(), domain.template), ("cerebrate", key.id));
    let unused = usage(&statistics, "AS Number");
    assert_eq!((unused.records, unused.values), (0, 0));
    let unknown = usage(&statistics, "colour");
    assert_eq!((unknown.records, unknown.template_name.as_str()), (1, ""));
    let mut distinct = BTreeSet::new();
    assert!(
        statistics
            .template_fields
            .iter()
            .all(|usage| distinct.insert((usage.template, &usage.field))),
        "a field is told twice"
    );
}

/// Organisation `number` with a person, a key each, and a group of its own.
fn house(store: &Store, number: u128) {
    let team = organisation(number, &format!("Team {number}"))
        .nationality(if number == 1 { "LU" } else { "FR" })
        .tag(&format!("tag{number}"))
        .domain(&format!("team{number}.example"))
        .build();
    store.organisations().insert(team).unwrap();
    let person = individual(number, &format!("p{number}@x.example"))
        .with(|person| person.position = Some(format!("Head {number}")))
        .build();
    store.individuals().insert(person).unwrap();
    let alignment = Alignment::new(individual_id(number), organisation_id(number), "Member");
    store.alignments().insert(alignment).unwrap();
    store.encryption_keys().insert(encryption_key(number, number).build()).unwrap();
    let mut own = encryption_key(100 + number, number).build();
    own.owner = Owner::Individual(individual_id(number));
    store.encryption_keys().insert(own).unwrap();
    let group = sharing_group(number, &format!("Group {number}"), number).build();
    store.sharing_groups().insert(group).unwrap();
    store.mailing_lists().insert(mailing_list(number, "List").individual(number).build()).unwrap();
}

fn actor(organisation: u128, permissions: &[Permission]) -> Actor {
    let permissions = permissions.iter().fold(Permissions::default(), |all, one| all.with(*one));
    let user = uuid::Uuid::from_u128(77).into();
    Actor::new(user, individual_id(organisation), Some(organisation_id(organisation)), permissions)
}

fn totals(activity: &Activity) -> Vec<(&'static str, u64, u64)> {
    let seen = activity.kinds.iter().filter(|kind| kind.total > 0);
    seen.map(|kind| (kind.kind.as_str(), kind.total, kind.created.variation)).collect()
}

#[test]
fn a_reader_is_told_of_what_is_seen_and_of_nothing_else() {
    let store = options().in_memory().unwrap();
    (1..=3).for_each(|number| house(&store, number));
    store.organisation_groups().insert(organisation_group(1, "Groups").build()).unwrap();
    // Group 2 has the organisation of the reader as member.
    let mut joined = store.sharing_groups().find().name("Group 2").all().unwrap().remove(0);
    joined
        .members
        .push(cerebrate_core::model::Member { organisation: organisation_id(1), extend: false });
    store.sharing_groups().update(joined).unwrap();
    store.organisations().remove(organisation_id(3)).unwrap_err();
    store.sharing_groups().remove(uuid::Uuid::from_u128(0x2a00_0003).into()).unwrap();
    store.organisations().remove(organisation_id(3)).unwrap();

    let plain = store.as_actor(&actor(1, &[]));
    let activity = plain.activity(2).unwrap();
    assert_eq!(
        totals(&activity),
        [
            ("organisation", 1, 1),
            ("individual", 1, 1),
            ("alignment", 1, 1),
            ("tag", 3, 3),
            ("sharing_group", 2, 2),
            ("mailing_list", 1, 1),
            ("organisation_group", 1, 1),
            ("encryption_key", 2, 2),
        ]
    );
    assert_eq!(of(&activity, EntityKind::Organisation).removed.variation, 0);
    assert_eq!(of(&activity, EntityKind::SharingGroup).modified.variation, 1);
    let statistics = plain.statistics(&Top::default().with_empty()).unwrap();
    assert_eq!(told(&statistics.organisations.nationality), [("LU", 1)]);
    assert_eq!(told(&statistics.organisations.tag), [("tag1", 1)]);
    assert_eq!(statistics.organisations.tag.empty, Some(0));
    assert_eq!(told(&statistics.individuals.position), [("Head 1", 1)]);
    assert_eq!(told(&statistics.encryption_keys.kind), [("openpgp", 2)]);
    assert_eq!(told(&statistics.mailing_lists.active), [("true", 0), ("false", 1)]);
    assert_eq!(statistics.template_fields.iter().map(|usage| usage.records).sum::<u64>(), 1);

    // Whoever sees everything is told what nobody in particular is told.
    let community = store.as_actor(&actor(1, &[Permission::CommunityAdmin]));
    let all = store.activity(2).unwrap();
    assert_eq!(community.activity(2).unwrap(), all);
    assert_eq!(of(&all, EntityKind::Organisation).removed.variation, 1);
    let top = Top::default();
    assert_eq!(community.statistics(&top).unwrap(), store.statistics(&top).unwrap());

    // Somebody who sees nothing is told of nothing but what everybody may read.
    let (user, person) = (uuid::Uuid::from_u128(78).into(), individual_id(78));
    let nobody = store.as_actor(&Actor::new(user, person, None, Permissions::NONE));
    assert_eq!(totals(&nobody.activity(2).unwrap()), [("tag", 3, 3), ("organisation_group", 1, 1)]);
    let statistics = nobody.statistics(&Top::default()).unwrap();
    assert_eq!(statistics.organisations.total + statistics.individuals.total, 0);
    assert_eq!(told(&statistics.organisations.tag), []);
    assert!(statistics.template_fields.iter().all(|usage| usage.records == 0));
}

#[test]
fn a_set_of_organisations_is_seen_however_large_it_is() {
    let store = store();
    let teams = (0..3_000).map(|number| organisation(number, "Team").nationality("LU").build());
    store.organisations().upsert_all(teams).unwrap();
    let organisations: BTreeSet<OrganisationId> =
        (0..2_500_u128).chain(90_000..120_000).map(organisation_id).collect();
    let seen = store.as_actor(&administrator(organisations));
    let statistics = seen.statistics(&Top::default()).unwrap();
    assert_eq!(told(&statistics.organisations.nationality), [("LU", 2_500)]);
    let activity = seen.activity(1).unwrap();
    assert_eq!(of(&activity, EntityKind::Organisation).created.variation, 2_500);
}

#[test]
fn addresses_of_a_list_and_choices_of_a_field_are_told() {
    let store = store();
    let mut anna = Individual::new(IndividualId::new(uuid::Uuid::from_u128(5)), "anna@x.example");
    anna.meta_fields.push(extra(1, "other", "anna@y.example"));
    let anna = store.individuals().insert(anna).unwrap();
    let mut list = MailingList::new(store.next_id().into(), "L".parse().unwrap());
    let alternates = vec![anna.meta_fields[0].id(anna.id.uuid())];
    list.individuals.push(Recipient { individual: anna.id, primary: true, alternates });
    let list = store.mailing_lists().insert(list).unwrap();
    let texts = |list: &MailingList| -> Vec<String> {
        let found = store.mailing_lists().addresses(list).unwrap();
        found.addresses.iter().map(|address| address.email.as_str().to_owned()).collect()
    };
    assert_eq!(texts(&list), ["anna@x.example", "anna@y.example"]);
    // A value that changed is another one: it was not chosen.
    let mut changed = anna;
    changed.meta_fields[0].value = "anna@z.example".to_owned();
    store.individuals().update(changed).unwrap();
    let found = store.mailing_lists().addresses(&list).unwrap();
    assert_eq!((found.addresses.len(), found.problems.len()), (1, 1));

    let enumeration = |name: &str, field: &str, values: &[&str], enabled: bool| {
        let mut collection = cerebrate_core::model::EnumerationCollection::new(
            store.next_id().into(),
            name.parse().unwrap(),
            EntityKind::Organisation,
            field,
        );
        collection.enabled = enabled;
        collection.values = values.iter().map(|value| (*value).to_owned()).collect();
        store.enumeration_collections().insert(collection).unwrap();
    };
    enumeration("b", "country", &["France", "luxembourg"], true);
    enumeration("A", "Nationality", &[" Luxembourg ", "", "Belgium", "Belgium"], true);
    enumeration("c", "nationality", &["Atlantis"], false);
    enumeration("d", "type", &["CSIRT"], true);
    let choices = |kind, field| store.choices(kind, field).unwrap();
    let countries = ["Luxembourg", "Belgium", "France"];
    assert_eq!(choices(EntityKind::Organisation, "nationality"), countries);
    assert_eq!(choices(EntityKind::Organisation, " COUNTRY"), countries);
    assert_eq!(choices(EntityKind::Organisation, "kind"), ["CSIRT"]);
    assert_eq!(choices(EntityKind::Organisation, "sector"), Vec::<String>::new());
    assert_eq!(choices(EntityKind::Individual, "nationality"), Vec::<String>::new());
    // Offered, not enforced.
    let other = organisation(9, "Other").nationality("Narnia").build();
    assert!(store.organisations().insert(other).is_ok());
}

#[test]
fn a_reader_of_a_list_is_not_told_whom_it_does_not_see() {
    let store = store();
    (1..=3).for_each(|number| house(&store, number));
    // Person 4 works for nobody.
    store.individuals().insert(individual(4, "p4@x.example").build()).unwrap();
    let list = mailing_list(9, "All").with(|list| {
        list.individuals = [3, 1, 4, 2]
            .map(|number| Recipient {
                individual: individual_id(number),
                primary: true,
                alternates: Vec::new(),
            })
            .into();
    });
    let list = store.mailing_lists().insert(list.build()).unwrap();
    let told = |store: &Store, list: &MailingList| {
        let found = store.mailing_lists().addresses(list).unwrap();
        let all: Vec<String> = found.addresses.iter().map(|one| one.email.to_string()).collect();
        (all, found.hidden, found.problems)
    };
    let emails = |numbers: &[u128]| -> Vec<String> {
        numbers.iter().map(|number| format!("p{number}@x.example")).collect()
    };
    assert_eq!(told(&store, &list), (emails(&[3, 1, 4, 2]), 0, vec![]));
    // The list as it is, and as the reader sees it, give the same answer, in a transaction as well.
    let mut reader = actor(1, &[Permission::GroupAdmin]);
    reader.administered.insert(organisation_id(2));
    let seen = store.as_actor(&reader);
    let trimmed = seen.mailing_lists().require(list.id).unwrap();
    assert_eq!(trimmed.individuals.len(), 2);
    for list in [&list, &trimmed] {
        assert_eq!(told(&seen, list), (emails(&[1, 2]), 2, vec![]));
        let within = seen.transaction(|transaction| transaction.mailing_lists().addresses(list));
        assert_eq!(within.unwrap().hidden, 2);
    }
    for all in [Permission::CommunityAdmin, Permission::ViewAllOrganisations] {
        assert_eq!(
            told(&store.as_actor(&actor(1, &[all])), &list),
            (emails(&[3, 1, 4, 2]), 0, vec![])
        );
    }
    // Who does not see the list is not told that anybody on it is hidden: it is a list of strangers.
    let team = Some(organisation_id(2));
    let elsewhere = Actor::new(user_id(8), individual_id(8), team, Permissions::NONE);
    let blind = store.as_actor(&elsewhere);
    assert_eq!(blind.mailing_lists().get(list.id).unwrap(), None);
    let (all, hidden, problems) = told(&blind, &list);
    assert_eq!((all, hidden, problems.len()), (emails(&[2]), 0, 3));
    assert!(problems.iter().all(|problem| problem.message() == "there is no such individual"));
    // Its owner sees it, whoever is on it.
    let mut owned = list;
    store.roles().insert(role(1, "Plain").build()).unwrap();
    store.users().insert(user(4, "person4", 1).build()).unwrap();
    owned.owner = Some(user_id(4));
    let owned = store.mailing_lists().update(owned).unwrap();
    let reader = Actor::new(user_id(4), individual_id(4), None, Permissions::NONE);
    assert_eq!(told(&store.as_actor(&reader), &owned), (emails(&[4]), 3, vec![]));
}

#[test]
fn keys_of_kinds_that_we_do_not_know_are_told_too() {
    let store = store();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    let owner = Owner::Organisation(organisation_id(1));
    let kind = KeyKind::Other("age".to_owned());
    store
        .encryption_keys()
        .insert(EncryptionKey::new(store.next_id().into(), kind, owner, "age1"))
        .unwrap();
    assert_eq!(told(&everything(&store).encryption_keys.kind), [("age", 1)]);
}

#[test]
fn an_erasure_leaves_the_figures_and_is_none_itself() {
    let store = store();
    let person =
        individual(1, "anna@x.example").with(|person| person.position = Some("Head".to_owned()));
    store.individuals().insert(person.build()).unwrap();
    let keeper = individual(2, "bert@x.example").build();
    store.individuals().insert(keeper).unwrap();
    let figures = || of(&store.activity(1).unwrap(), EntityKind::Individual).clone();
    let before = figures();
    store.erase(individual_id(1)).unwrap();
    let after = figures();
    assert_eq!((after.total, after.removed.variation), (1, 1));
    assert_eq!((&after.created, &after.modified), (&before.created, &before.modified));
    store.prune(Timestamp::from_unix(1_800_000_005)).unwrap();
    assert_eq!(figures(), after);
    assert_eq!(told(&everything(&store).individuals.position), []);
}
