//! What a removal takes along, and what it leaves.

use cerebrate_core::error::Kind;
use cerebrate_core::model::{Alignment, EncryptionKey, Individual, KeyKind, Organisation, Owner};
use uuid::Uuid;

use super::Open;
use crate::any::{AnyRecords, differences, snapshot};
use crate::builders::{
    encryption_key, extra, individual, individual_id, mailing_list, organisation,
    organisation_group, organisation_id, sharing_group, tag, template,
};
use crate::check;

/// Alignments, memberships and keys go with the organisation, in one change set.
pub fn an_organisation_takes_what_cannot_be_without_it(open: Open<'_>) {
    let store = open();
    for (number, name) in [(1, "Goes"), (2, "Stays")] {
        store.organisations().insert(organisation(number, name).build()).unwrap();
    }
    store.individuals().insert(individual(1, "a@b.example").build()).unwrap();
    for number in [1, 2] {
        let alignment = Alignment::new(individual_id(1), organisation_id(number), "Member");
        store.alignments().insert(alignment).unwrap();
        store.encryption_keys().insert(encryption_key(number, number).build()).unwrap();
    }
    let group = sharing_group(1, "Group", 2).member(1).member(2).build();
    let group = store.sharing_groups().insert(group).unwrap().id;
    let both = organisation_group(1, "Both").organisation(1).organisation(2).build();
    let both = store.organisation_groups().insert(both).unwrap().id;
    let before = snapshot(&*store);
    store.organisations().remove(organisation_id(1)).unwrap();
    assert_eq!(store.alignments().find().count().unwrap(), 1);
    assert_eq!(store.encryption_keys().find().count().unwrap(), 1);
    assert_eq!(store.sharing_groups().require(group).unwrap().members.len(), 1);
    assert_eq!(
        store.organisation_groups().require(both).unwrap().organisations,
        [organisation_id(2)]
    );
    assert_eq!(store.individuals().find().count().unwrap(), 1);
    let set = store.change_sets(1).unwrap()[0].id;
    assert!(store.undo(set).unwrap().conflicts.is_empty());
    assert_eq!(differences(&before, &snapshot(&*store)), Vec::<String>::new());
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Alignments, keys and places on lists go with the individual.
pub fn an_individual_takes_what_cannot_be_without_it(open: Open<'_>) {
    let store = open();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    for number in [1, 2] {
        store.individuals().insert(individual(number, "a@b.example").build()).unwrap();
        let alignment = Alignment::new(individual_id(number), organisation_id(1), "Member");
        store.alignments().insert(alignment).unwrap();
    }
    let list = mailing_list(1, "List").individual(1).individual(2).build();
    let list = store.mailing_lists().insert(list).unwrap().id;
    let before = snapshot(&*store);
    store.individuals().remove(individual_id(1)).unwrap();
    assert_eq!(store.alignments().find().count().unwrap(), 1);
    let left = store.mailing_lists().require(list).unwrap().individuals;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].individual, individual_id(2));
    let set = store.change_sets(1).unwrap()[0].id;
    assert!(store.undo(set).unwrap().conflicts.is_empty());
    assert_eq!(differences(&before, &snapshot(&*store)), Vec::<String>::new());
}

/// What would lose what others own is refused.
pub fn an_owner_of_a_group_and_a_template_with_values_stay(open: Open<'_>) {
    let store = open();
    let template = store.meta_templates().insert(template(1).build()).unwrap();
    let team = organisation(1, "A").value(extra(1, "colour", "red")).build();
    store.organisations().insert(team).unwrap();
    store.sharing_groups().insert(sharing_group(1, "Group", 1).build()).unwrap();
    let before = snapshot(&*store);
    let refused = store.organisations().remove(organisation_id(1)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    let refused = store.meta_templates().remove(template.key.record_id()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert_eq!(snapshot(&*store), before);
}

/// A tag goes from all who carry it, and only it: `%` and `_` in its name are themselves.
pub fn a_tag_leaves_its_carriers_only(open: Open<'_>) {
    let store = open();
    let odd = "%a%b%c%d%e%f%g%h%i%j_";
    let team = organisation(1, "A").tag("100%").tag("100% sure").tag(odd).build();
    store.organisations().insert(team).unwrap();
    store.individuals().insert(individual(1, "a@b.example").tag("100% sure").build()).unwrap();
    let cursor = store.cursor().unwrap();
    store.tags().remove(tag("100%").id()).unwrap();
    assert_eq!(store.changes_at_most(cursor, 10).unwrap().changes.len(), 2);
    let team = store.organisations().require(organisation_id(1)).unwrap();
    assert_eq!(team.tags, [tag(odd), tag("100% sure")]);
    store.tags().remove(tag(odd).id()).unwrap();
    let team = store.organisations().require(organisation_id(1)).unwrap();
    assert_eq!(team.tags, [tag("100% sure")]);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// An organisation and an individual may have the same UUID; their keys are their own.
pub fn keys_of_another_kind_of_owner_stay(open: Open<'_>) {
    let store = open();
    let id = Uuid::from_u128(42);
    store.organisations().insert(Organisation::new(id.into(), "A".parse().unwrap())).unwrap();
    store.individuals().insert(Individual::new(id.into(), "a@b.example")).unwrap();
    let owners = [Owner::Organisation(id.into()), Owner::Individual(id.into())];
    for (number, owner) in (1..).zip(owners) {
        let key = EncryptionKey::new(Uuid::from_u128(number).into(), KeyKind::Smime, owner, "x");
        store.encryption_keys().insert(key).unwrap();
    }
    let of = store.encryption_keys().find().organisation(id.into()).all().unwrap();
    assert_eq!(of.iter().map(|key| key.owner).collect::<Vec<_>>(), owners[..1]);
    store.organisations().remove(id.into()).unwrap();
    let left = store.encryption_keys().find().all().unwrap();
    assert_eq!(left.iter().map(|key| key.owner).collect::<Vec<_>>(), owners[1..]);
    assert!(store.get_any(cerebrate_core::model::EntityKind::Individual, id).unwrap().is_some());
}
