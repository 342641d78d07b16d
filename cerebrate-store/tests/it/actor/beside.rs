//! What a write would give or tell beside what it writes.

use cerebrate_core::access::Permission;
use cerebrate_core::error::Kind;
use cerebrate_core::model::Alignment;
use cerebrate_store::store::UserRules;
use cerebrate_testkit::builders::{individual, individual_id, mailing_list, organisation_id};

use super::small_world::{
    ADMINISTERED, NAMED, OTHER, OWN, circle, member, new_user, of, user_id, world,
};
use super::writes::attempt;

#[test]
fn whoever_acts_for_a_member_that_extends_adds_members() {
    let store = world();
    let mut group = store.sharing_groups().find().name("Extended").all().unwrap().remove(0);
    group.members.push(member(ADMINISTERED, false));
    let plain = store.as_actor(&of(&[]));
    // Named by the group from now on, and so known to its members.
    store.sharing_groups().update(group.clone()).unwrap();
    group.members.retain(|one| one.organisation != organisation_id(ADMINISTERED));
    let refused = plain.sharing_groups().update(group.clone()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "who goes is said by the owner");
    store.sharing_groups().update(group.clone()).unwrap();
    let own = circle(70, "Names it", OWN, &[member(OWN, false), member(ADMINISTERED, false)]);
    store.sharing_groups().insert(own).unwrap();
    group.members.push(member(ADMINISTERED, false));
    plain.sharing_groups().update(group.clone()).unwrap();
    let mut elsewhere = of(&[]);
    elsewhere.organisation = Some(organisation_id(NAMED));
    group.members.retain(|one| one.organisation != organisation_id(ADMINISTERED));
    store.sharing_groups().update(group.clone()).unwrap();
    group.members.push(member(ADMINISTERED, false));
    let refused = store.as_actor(&elsewhere).sharing_groups().update(group);
    assert!(refused.is_err(), "a member that may not extend");
}

#[test]
fn a_user_is_given_to_nobody_over_whom_one_has_no_right() {
    let store = world();
    let mut rules = UserRules::default();
    rules.several_per_individual = true;
    store.set_user_rules(&rules).unwrap();
    let manager = [Permission::OrganisationAdmin, Permission::ViewAllOrganisations];
    let seen = store.as_actor(&of(&manager));
    let foreign = individual(71, "foreign@example.lu").build();
    store.individuals().insert(foreign.clone()).unwrap();
    let employed = Alignment::new(foreign.id, organisation_id(OTHER), "Member");
    store.alignments().insert(employed).unwrap();
    let mut user = new_user(72, 1, Some(OWN));
    user.individual = foreign.id;
    let refused = attempt(&seen, |all| all.users().insert(user.clone())).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "{refused}");
    user.individual = individual_id(OWN);
    let mut user = seen.users().insert(user).unwrap();
    user.individual = foreign.id;
    let refused = attempt(&seen, |all| all.users().update(user.clone())).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "{refused}");
    // Somebody new comes with a user at once.
    let newcomer = individual(73, "newcomer@example.lu").build();
    seen.transaction(|all| {
        all.individuals().insert(newcomer.clone())?;
        all.alignments().insert(Alignment::new(newcomer.id, organisation_id(OWN), "Member"))?;
        let mut user = new_user(74, 1, Some(OWN));
        user.individual = newcomer.id;
        all.users().insert(user)
    })
    .unwrap();
}

#[test]
fn whether_a_hidden_entry_stands_there_is_not_told_by_writing_it() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let mut group = store.organisation_groups().find().all().unwrap().remove(0);
    // Named by a group, and so thin: once in the organisation group and once not.
    let named = organisation_id(NAMED);
    for stands in [true, false] {
        group.organisations.retain(|one| stands || *one != named);
        store.organisation_groups().update(group.clone()).unwrap();
        let mut asked = seen.organisation_groups().require(group.id).unwrap();
        assert!(!asked.organisations.contains(&named));
        asked.organisations.push(named);
        let refused = seen.organisation_groups().update(asked).unwrap_err();
        assert_eq!(refused.kind(), Kind::Denied, "stands: {stands}");
    }
}

#[test]
fn a_listed_person_is_not_told_the_owner_who_is_hidden() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let id = mailing_list(1, "List").build().id;
    let mut list = store.mailing_lists().require(id).unwrap();
    list.owner = Some(user_id(3));
    store.mailing_lists().update(list).unwrap();
    assert_eq!(seen.mailing_lists().require(id).unwrap().owner, None);
    assert_eq!(store.mailing_lists().require(id).unwrap().owner, Some(user_id(3)));
}
