use cerebrate_core::Kind;
use cerebrate_core::id::{IndividualId, MetaTemplateId, SharingGroupId};
use cerebrate_core::model::{
    Alignment, Entity, Individual, Member, MetaField, Organisation, SharingGroup, TagName,
    TemplateKey,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::query::OrderBy;
use cerebrate_store::store::Outcome;
use uuid::Uuid;

use crate::world::{constituency, id, organisation, store, store_in_file};

#[test]
fn a_record_is_read_as_it_was_written() {
    let store = store();
    let mut circl = organisation(1, "CIRCL");
    circl.nationality = Some("Luxembourg".to_owned());
    circl.tags = vec!["tlp:green".parse().unwrap(), "csirt".parse().unwrap()];
    circl.meta_fields =
        vec![constituency("IPv4 address", "185.194.93.1/22"), constituency("Domain", ".lu")];
    let stored = store.organisations().insert(circl).unwrap();
    assert!(stored.created.is_some());
    assert_eq!(store.organisations().require(id(1)).unwrap(), stored);
    assert_eq!(stored.tags.iter().map(TagName::as_str).collect::<Vec<_>>(), ["csirt", "tlp:green"]);
    assert_eq!(stored.meta_fields[0].normalised.as_deref(), Some("185.194.92.0/22"));
    assert_eq!(stored.meta_fields[0].flags, [ProblemKind::HostBits]);
    assert!(stored.meta_fields[0].is_valid());
    assert_eq!(store.tags().find().count().unwrap(), 2);
}

#[test]
fn writes_say_what_is_wrong() {
    let store = store();
    store.organisations().insert(organisation(1, "A")).unwrap();
    let again = store.organisations().insert(organisation(1, "B")).unwrap_err();
    assert_eq!(again.kind(), Kind::Conflict);
    assert_eq!(
        store.organisations().update(organisation(2, "B")).unwrap_err().kind(),
        Kind::NotFound
    );
    assert_eq!(store.organisations().remove(id(2)).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.organisations().require(id(2)).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.organisations().get(id(2)).unwrap(), None);
    let nobody = IndividualId::new(Uuid::from_u128(9));
    let alignment = Alignment::new(nobody, id(1), "Member");
    assert_eq!(store.alignments().insert(alignment).unwrap_err().kind(), Kind::Invalid);
    let mut endless = organisation(3, "C");
    endless.contacts = Some("x".repeat(70_000));
    assert_eq!(store.organisations().insert(endless).unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn a_write_that_changes_nothing_leaves_no_trace() {
    let store = store();
    let stored = store.organisations().insert(organisation(1, "A")).unwrap();
    let before = store.cursor().unwrap();
    let (same, outcome) = store.organisations().upsert(organisation(1, "A")).unwrap();
    assert_eq!(outcome, Outcome::Unchanged);
    assert_eq!(same, stored);
    assert_eq!(store.cursor().unwrap(), before);
}

#[test]
fn an_update_keeps_created_and_moves_modified() {
    let store = store();
    let first = store.organisations().insert(organisation(1, "A")).unwrap();
    let mut changed = first.clone();
    changed.sector = Some("energy".to_owned());
    let second = store.organisations().update(changed).unwrap();
    assert_eq!(second.created, first.created);
    assert!(second.modified > first.modified);
}

#[test]
fn a_transaction_is_kept_whole_or_not_at_all() {
    let (_folder, store) = store_in_file();
    let failed = store.transaction(|transaction| {
        transaction.organisations().insert(organisation(1, "A"))?;
        assert!(transaction.organisations().get(id(1))?.is_some(), "it sees its own writes");
        assert!(store.organisations().get(id(1))?.is_none(), "others do not");
        transaction.organisations().insert(organisation(1, "A again"))
    });
    assert_eq!(failed.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(store.organisations().get(id(1)).unwrap(), None);
}

#[test]
fn values_without_their_template_are_held_and_bad_ones_flagged() {
    let store = store();
    let unknown = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(77)), 3);
    let mut team = organisation(1, "A");
    team.meta_fields = vec![
        MetaField::new(unknown, "colour", "red"),
        constituency("IPv4 address", "10.0.0.0/33"),
        constituency("Colour", "red"),
    ];
    let stored = store.organisations().insert(team).unwrap();
    assert!(stored.meta_fields[0].is_held());
    assert!(!stored.meta_fields[1].is_valid());
    assert_eq!(stored.meta_fields[2].flags, [ProblemKind::UnknownField]);
    assert_eq!(store.organisations().require(id(1)).unwrap(), stored);
}

#[test]
fn filters_add_up() {
    let store = store();
    for (number, name, country, tag) in [
        (1, "Alpha", "LU", "tlp:green"),
        (2, "beta", "Luxembourg", "tlp:amber"),
        (3, "Gamma", "France", "tlp:green"),
        (4, "Délta", "LU", "sector:energy"),
    ] {
        let mut team = organisation(number, name);
        team.nationality = Some(country.to_owned());
        team.tags = vec![tag.parse().unwrap()];
        team.meta_fields = vec![constituency("IPv4 address", &format!("10.{number}.0.0/16"))];
        store.organisations().insert(team).unwrap();
    }
    let names = |find: cerebrate_store::store::Find<'_, Organisation>| {
        find.order_by(OrderBy::Name)
            .all()
            .unwrap()
            .iter()
            .map(|team| team.name.to_string())
            .collect::<Vec<_>>()
    };
    let find = || store.organisations().find();
    assert_eq!(names(find()), ["Alpha", "beta", "Délta", "Gamma"]);
    assert_eq!(names(find().nationality("lux")), ["Alpha", "beta", "Délta"]);
    assert_eq!(names(find().nationality("LU").tag("TLP:green")), ["Alpha"]);
    assert_eq!(names(find().tag("tlp:%")), ["Alpha", "beta", "Gamma"]);
    assert_eq!(names(find().no_tag(["tlp:green"])), ["beta", "Délta"]);
    assert_eq!(names(find().any_tag(["tlp:amber", "sector:energy"])), ["beta", "Délta"]);
    assert_eq!(names(find().name("delta")), ["Délta"]);
    assert_eq!(names(find().meta("IPv4 address", "10.2.7.1")), ["beta"]);
    assert_eq!(names(find().meta("IPv4 address", "10.2.0.0/16")), ["beta"]);
    assert_eq!(names(find().meta("IPv4 address", "10.3%")), ["Gamma"]);
    assert_eq!(find().nationality("LU").count().unwrap(), 3);
    assert_eq!(store.tags().find().filter(tag_filter()).count().unwrap_err().kind(), Kind::Invalid);
}

fn tag_filter() -> cerebrate_core::query::Filter {
    cerebrate_core::query::Filter::Tags(cerebrate_core::query::TagTest::All(vec!["x".to_owned()]))
}

#[test]
fn pages_meet_each_record_once() {
    let store = store();
    let names = ["b", "a", "B", "c", "A", "d", "ä"];
    for (number, name) in (1..).zip(names) {
        store.organisations().insert(organisation(number, name)).unwrap();
    }
    for order in [OrderBy::Arrival, OrderBy::Name, OrderBy::Modified] {
        for descending in [false, true] {
            let mut find = store.organisations().find().order_by(order);
            if descending {
                find = find.descending();
            }
            let whole = find.clone().all().unwrap();
            assert_eq!(whole.len(), names.len());
            let paged: Vec<Organisation> =
                find.page(2).flat_map(|page| page.unwrap().records).collect();
            assert_eq!(paged, whole, "{order:?} {descending}");
        }
    }
}

#[test]
fn removal_takes_what_depends_and_undo_brings_it_all_back() {
    let store = store();
    store.organisations().insert(organisation(1, "Owner")).unwrap();
    store.organisations().insert(organisation(2, "Member")).unwrap();
    let person = Individual::new(IndividualId::new(Uuid::from_u128(5)), "a@b.lu");
    let person = store.individuals().insert(person).unwrap();
    store.alignments().insert(Alignment::new(person.id, id(2), "Member")).unwrap();
    let group_id = SharingGroupId::new(Uuid::from_u128(6));
    let mut group = SharingGroup::new(group_id, "Group".parse().unwrap(), id(1));
    group.members = vec![Member { organisation: id(2), extend: true }];
    let group = store.sharing_groups().insert(group).unwrap();
    assert_eq!(store.organisations().remove(id(1)).unwrap_err().kind(), Kind::Conflict);

    let local = store.organisations().local_id(id(2)).unwrap();
    let removed = store.organisations().remove(id(2)).unwrap();
    assert_eq!(store.alignments().find().count().unwrap(), 0);
    assert!(store.sharing_groups().require(group.id()).unwrap().members.is_empty());

    let set = store.change_sets(1).unwrap()[0].id;
    let report = store.undo(set).unwrap();
    assert!(report.conflicts.is_empty(), "{report:?}");
    assert_eq!(store.organisations().require(id(2)).unwrap().name, removed.name);
    assert_eq!(store.organisations().local_id(id(2)).unwrap(), local);
    assert_eq!(store.alignments().find().count().unwrap(), 1);
    assert_eq!(store.sharing_groups().require(group.id()).unwrap().members, group.members);
}
