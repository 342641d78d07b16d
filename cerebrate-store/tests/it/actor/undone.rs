//! An undo by a user loses nothing that the user does not see.

use cerebrate_core::access::Permission;
use cerebrate_core::id::{ChangeSetId, MailingListId};
use cerebrate_core::model::{
    Alignment, Entity, EntityKind, MailingList, Recipient, User, UserSetting,
};
use cerebrate_store::Store;
use cerebrate_store::feed::SetFilter;
use cerebrate_store::store::{Author, UndoConflict, UserRules};
use cerebrate_testkit::builders::{
    constituency, individual, individual_id, mailing_list, organisation, organisation_id,
};

use super::small_world::{
    ADMINISTERED, BETWEEN, NAMED, OTHER, OWN, circle, member, new_user, of, user_id, world,
};

/// The one list of the user: with somebody who is seen and somebody who is not.
fn own_list() -> MailingListId {
    mailing_list(3, "List").build().id
}

fn recipient(number: u128) -> Recipient {
    Recipient { individual: individual_id(number), primary: true, alternates: Vec::new() }
}

fn newest(seen: &Store) -> ChangeSetId {
    seen.change_sets(1).unwrap()[0].id
}

fn list(store: &Store) -> MailingList {
    store.mailing_lists().require(own_list()).unwrap()
}

/// A user of the own organisation, whom the one who looks may remove.
fn user_of_own_person(store: &Store, seen: &Store) -> User {
    let mut rules = UserRules::default();
    rules.several_per_individual = true;
    store.set_user_rules(&rules).unwrap();
    let mut user = new_user(60, 1, Some(OWN));
    user.individual = individual_id(OWN);
    seen.users().insert(user).unwrap()
}

#[test]
fn a_list_comes_back_with_those_who_are_hidden() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let before = list(&store);
    assert_eq!(seen.mailing_lists().require(own_list()).unwrap().individuals.len(), 1);
    seen.mailing_lists().remove(own_list()).unwrap();
    let report = seen.undo(newest(&seen)).unwrap();
    assert_eq!((report.undone, report.conflicts.as_slice()), (1, [].as_slice()));
    assert_eq!(list(&store).individuals, before.individuals);
    assert!(seen.mailing_lists().require(own_list()).unwrap().individuals.len() == 1);
}

#[test]
fn who_is_gone_since_is_left_out_of_what_comes_back() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let visible = individual(70, "visible@example.lu").build();
    store.individuals().insert(visible.clone()).unwrap();
    let mut changed = list(&store);
    changed.individuals.push(recipient(70));
    store.mailing_lists().update(changed).unwrap();
    seen.mailing_lists().remove(own_list()).unwrap();
    let removed = newest(&seen);
    store.individuals().remove(visible.id).unwrap();
    let report = seen.undo(removed).unwrap();
    assert_eq!(report.undone, 1, "{report:?}");
    assert_eq!(report.conflicts[0].reason, "it is back without 1 record gone since");
    assert_eq!(list(&store).individuals, [recipient(OTHER), recipient(BETWEEN)]);

    // A group just so, and for everybody.
    let group = circle(9, "Both", OWN, &[member(OWN, true), member(OTHER, false)]);
    store.sharing_groups().insert(group.clone()).unwrap();
    store.sharing_groups().remove(group.id).unwrap();
    let removed = newest(&store);
    for owned in store.sharing_groups().find().all().unwrap() {
        if owned.owner == organisation_id(OTHER) {
            store.sharing_groups().remove(owned.id).unwrap();
        }
    }
    store.users().remove(user_id(3)).unwrap();
    store.organisations().remove(organisation_id(OTHER)).unwrap();
    let report = store.undo(removed).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 1), "{report:?}");
    let back = store.sharing_groups().require(group.id).unwrap();
    assert_eq!(back.members, [member(OWN, true)]);
}

#[test]
fn an_edit_comes_back_without_who_is_gone_since() {
    let store = world();
    let mut changed = list(&store);
    changed.individuals.clear();
    store.mailing_lists().update(changed).unwrap();
    let emptied = newest(&store);
    store.individuals().remove(individual_id(OTHER)).unwrap_err();
    store.users().remove(user_id(3)).unwrap();
    store.individuals().remove(individual_id(OTHER)).unwrap();
    let report = store.undo(emptied).unwrap();
    assert_eq!(report.conflicts[0].reason, "it is back without 1 record gone since");
    assert_eq!(list(&store).individuals, [recipient(BETWEEN)]);
}

#[test]
fn what_somebody_else_added_unseen_is_an_edit_since() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let mine = mailing_list(8, "Mine").with(|list| list.individuals = vec![recipient(BETWEEN)]);
    let mine = seen.mailing_lists().insert(mine.build()).unwrap();
    let added = newest(&seen);
    let mut whole = store.mailing_lists().require(mine.id).unwrap();
    whole.individuals.push(recipient(OTHER));
    store.mailing_lists().update(whole.clone()).unwrap();
    let report = seen.undo(added).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (0, 1));
    assert_eq!(report.conflicts[0].reason, "it was edited since");
    let told = format!("{report:?}");
    assert!(!told.contains(&individual_id(OTHER).to_string()), "{told}");
    let left = store.mailing_lists().require(mine.id).unwrap();
    assert_eq!(left.individuals, whole.individuals);
}

#[test]
fn who_is_hidden_by_now_is_not_put_back_and_that_is_said() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let mut changed = seen.mailing_lists().require(own_list()).unwrap();
    changed.individuals.clear();
    seen.mailing_lists().update(changed).unwrap();
    let emptied = newest(&seen);
    // Of the own organisation no more, and no longer a user there.
    store.users().remove(user_id(BETWEEN)).unwrap();
    let employed = store.alignments().find().all().unwrap();
    for one in employed.iter().filter(|one| one.individual == individual_id(BETWEEN)) {
        if one.organisation == organisation_id(OWN) {
            store.alignments().remove(one.id()).unwrap();
        }
    }
    let report = seen.undo(emptied).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (0, 1), "{report:?}");
    assert_eq!(report.conflicts[0].reason, "what it named is not there");
    let told = format!("{report:?}");
    assert!(!told.contains(&individual_id(BETWEEN).to_string()), "{told}");
    assert_eq!(list(&store).individuals, [recipient(OTHER)]);
}

#[test]
fn what_went_with_a_user_comes_back_with_the_user() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let user = user_of_own_person(&store, &seen);
    // Nothing of this is for the one who removes the user.
    let setting = UserSetting::new(user.id, "theme", "dark");
    store.user_settings().insert(setting.clone()).unwrap();
    let foreign = mailing_list(9, "Foreign").with(|list| {
        list.owner = Some(user.id);
        list.individuals = vec![recipient(OTHER)];
    });
    let foreign = store.mailing_lists().insert(foreign.build()).unwrap();
    assert_eq!(seen.mailing_lists().get(foreign.id).unwrap(), None);
    let mut groups = store.organisation_groups().find().all().unwrap();
    let group = groups.pop().unwrap();
    let mut administered = group.clone();
    administered.administrators.push(user.id);
    store.organisation_groups().update(administered.clone()).unwrap();

    seen.users().remove(user.id).unwrap();
    let removed = newest(&seen);
    assert_eq!(store.mailing_lists().require(foreign.id).unwrap().owner, None);
    assert_eq!(store.user_settings().get(setting.id()).unwrap(), None);
    let report = seen.undo(removed).unwrap();
    assert_eq!(report.conflicts, [], "{report:?}");
    assert_eq!(store.mailing_lists().require(foreign.id).unwrap().owner, Some(user.id));
    assert!(store.user_settings().get(setting.id()).unwrap().is_some());
    let back = store.organisation_groups().require(group.id).unwrap();
    assert_eq!(back.administrators, administered.administrators);
}

#[test]
fn what_others_changed_meanwhile_does_not_follow() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let user = user_of_own_person(&store, &seen);
    let foreign = mailing_list(9, "Foreign").with(|list| list.owner = Some(user.id));
    let mut foreign = store.mailing_lists().insert(foreign.build()).unwrap();
    seen.users().remove(user.id).unwrap();
    let removed = newest(&seen);
    foreign.owner = Some(user_id(3));
    store.mailing_lists().update(foreign.clone()).unwrap();
    let report = seen.undo(removed).unwrap();
    assert_eq!(report.undone, 1, "{report:?}");
    assert!(report.conflicts.iter().all(|one| one.fields.is_empty()), "{report:?}");
    assert_eq!(store.mailing_lists().require(foreign.id).unwrap().owner, foreign.owner);
}

#[test]
fn who_was_added_and_may_not_be_removed_stays_where_they_belong() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let person = individual(80, "new@example.lu").build();
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    let set = seen
        .transaction(|all| {
            all.individuals().insert(person.clone())?;
            all.alignments().insert(Alignment::new(person.id, organisation_id(OWN), "Member"))?;
            team.url = Some("https://one.example".to_owned());
            all.organisations().update(team.clone())?;
            Ok(all.change_set())
        })
        .unwrap();
    let report = seen.undo(set).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 2), "{report:?}");
    let reason = |kind| {
        let of_kind = |conflict: &&UndoConflict| conflict.kind == kind;
        report.conflicts.iter().find(of_kind).unwrap().reason.clone()
    };
    assert!(reason(EntityKind::Individual).contains("`community_admin`"), "{report:?}");
    assert_eq!(reason(EntityKind::Alignment), "what it belongs to stays");
    assert!(seen.individuals().get(person.id).unwrap().is_some(), "still seen");
    assert_eq!(store.organisations().require(organisation_id(OWN)).unwrap().url, None);
    assert_eq!(store.undo(set).unwrap().conflicts, [], "with the right, the rest goes");
    assert_eq!(store.individuals().get(person.id).unwrap(), None);
}

#[test]
fn a_tag_goes_with_the_tagging_that_made_it() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    team.tags.push("brand-new".parse().unwrap());
    seen.organisations().update(team).unwrap();
    let tagged = newest(&seen);
    assert_eq!(seen.undo(tagged).unwrap().conflicts, []);
    let left = store.tags().find().all().unwrap();
    assert!(left.iter().all(|tag| tag.name.as_str() != "brand-new"), "{left:?}");

    // Others carry it by now: it stays.
    let again = newest(&seen);
    assert_eq!(seen.undo(again).unwrap().conflicts, [], "and back");
    let mut other = store.organisations().require(organisation_id(OTHER)).unwrap();
    other.tags.push("brand-new".parse().unwrap());
    store.organisations().update(other).unwrap();
    let report = seen.undo(newest(&seen)).unwrap();
    let [conflict] = report.conflicts.as_slice() else { panic!("{report:?}") };
    assert_eq!(conflict.kind, EntityKind::Tag);
    assert!(!conflict.reason.contains("organisation"), "{conflict:?}");
    let own = store.organisations().require(organisation_id(OWN)).unwrap();
    assert!(own.tags.iter().all(|tag| tag.as_str() != "brand-new"));
    assert_eq!(store.tags().find().all().unwrap().len(), 2);
}

#[test]
fn what_was_never_seen_is_not_told_by_an_undo() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let user = user_of_own_person(&store, &seen);
    let hidden = mailing_list(9, "Hidden").with(|list| list.owner = Some(user.id));
    let mut hidden = store.mailing_lists().insert(hidden.build()).unwrap();
    seen.users().remove(user.id).unwrap();
    let removed = newest(&seen);
    hidden.owner = Some(user_id(3));
    store.mailing_lists().update(hidden.clone()).unwrap();
    let report = seen.undo(removed).unwrap();
    assert_eq!((report.undone, report.conflicts.as_slice()), (1, [].as_slice()));
    let again = seen.undo(report.change_set.unwrap()).unwrap();
    assert!(!format!("{again:?}").contains(&hidden.id.to_string()), "{again:?}");
}

#[test]
fn taking_all_back_twice_does_nothing_the_second_time() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&actor);
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    for text in ["https://one.example", "https://two.example"] {
        team.url = Some(text.to_owned());
        team = seen.organisations().update(team).unwrap();
    }
    let filter = SetFilter::all().by(actor.user.to_string());
    assert_eq!(seen.undo_where(&Author::local(), &filter).unwrap().undone, 2);
    let cursor = store.cursor().unwrap();
    for _ in 0..3 {
        let report = seen.undo_where(&Author::local(), &filter).unwrap();
        assert_eq!((report.undone, report.conflicts.as_slice()), (0, [].as_slice()));
    }
    assert_eq!(store.cursor().unwrap(), cursor, "nothing is written");
    // One that was put back by an undo of its undo, and is in the range with both.
    team.url = Some("https://three.example".to_owned());
    seen.organisations().update(team).unwrap();
    let edited = newest(&seen);
    let undone = seen.undo(edited).unwrap().change_set.unwrap();
    assert_eq!(seen.undo(undone).unwrap().undone, 1);
    assert_eq!(seen.undo_where(&Author::local(), &filter).unwrap().undone, 1);
    assert_eq!(store.organisations().require(organisation_id(OWN)).unwrap().url, None);
}

#[test]
fn what_an_undo_left_alone_is_still_there_to_be_taken_back() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&actor);
    let person = individual(80, "new@example.lu").build();
    seen.transaction(|all| {
        all.individuals().insert(person.clone())?;
        all.alignments().insert(Alignment::new(person.id, organisation_id(OWN), "Member"))
    })
    .unwrap();
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    team.url = Some("https://one.example".to_owned());
    seen.organisations().update(team).unwrap();
    let filter = SetFilter::all().by(actor.user.to_string());
    let report = seen.undo_where(&Author::local(), &filter).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 2), "{report:?}");
    // Whoever may do more takes back the rest of what the same user did.
    store.undo_where(&Author::local(), &filter).unwrap();
    assert_eq!(store.individuals().get(person.id).unwrap(), None);
    assert_eq!(store.organisations().require(organisation_id(OWN)).unwrap().url, None);
}

#[test]
fn edits_of_what_stays_are_taken_back() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&actor);
    let person = individual(80, "new@example.lu").build();
    seen.transaction(|all| {
        all.individuals().insert(person.clone())?;
        all.alignments().insert(Alignment::new(person.id, organisation_id(OWN), "Member"))
    })
    .unwrap();
    let mut edited = seen.individuals().require(person.id).unwrap();
    edited.position = Some("second".to_owned());
    seen.individuals().update(edited).unwrap();
    let filter = SetFilter::all().by(actor.user.to_string());
    let report = seen.undo_where(&Author::local(), &filter).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 2), "{report:?}");
    assert_eq!(store.individuals().require(person.id).unwrap().position, None);
}

#[test]
fn a_member_who_is_hidden_by_going_is_put_back() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let group = circle(7, "Mine", OWN, &[member(OWN, false), member(OTHER, false)]);
    store.sharing_groups().insert(group.clone()).unwrap();
    let mut less = seen.sharing_groups().require(group.id).unwrap();
    less.members.retain(|one| one.organisation != organisation_id(OTHER));
    seen.sharing_groups().update(less).unwrap();
    assert_eq!(seen.organisations().get(organisation_id(OTHER)).unwrap(), None);
    let report = seen.undo(newest(&seen)).unwrap();
    assert_eq!((report.undone, report.conflicts.as_slice()), (1, [].as_slice()));
    assert_eq!(store.sharing_groups().require(group.id).unwrap().members, group.members);
}

#[test]
fn what_went_with_a_record_needs_no_right_of_its_own_to_come_back() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::CommunityAdmin]));
    let lone = organisation(90, "Lone").with(|team| {
        team.meta_fields = vec![constituency("AS Number", "AS64511")];
    });
    let lone = store.organisations().insert(lone.build()).unwrap();
    let group = circle(7, "With", OWN, &[member(OWN, false), member(90, true)]);
    store.sharing_groups().insert(group.clone()).unwrap();
    seen.organisations().remove(lone.id).unwrap();
    let report = seen.undo(newest(&seen)).unwrap();
    assert_eq!(report.conflicts, []);
    assert_eq!(store.organisations().require(lone.id).unwrap().meta_fields.len(), 1);
    assert_eq!(store.sharing_groups().require(group.id).unwrap().members, group.members);
}

#[test]
fn what_was_told_stays_told() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    team.url = Some("https://one.example".to_owned());
    seen.organisations().update(team).unwrap();
    let edited = newest(&seen);
    let told = store.inbox().find().count().unwrap();
    let mut team = store.organisations().require(organisation_id(OWN)).unwrap();
    team.url = Some("https://two.example".to_owned());
    store.organisations().update(team).unwrap();
    let report = store.undo(edited).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (0, 1), "{report:?}");
    assert_eq!(store.inbox().find().count().unwrap(), told);
}

#[test]
fn removed_members_are_told_as_far_as_they_are_seen() {
    let store = world();
    let group = circle(7, "Theirs", OTHER, &[member(OWN, false), member(NAMED, false)]);
    store.sharing_groups().insert(group.clone()).unwrap();
    let owner = of(&[Permission::CommunityAdmin]);
    let mut less = store.sharing_groups().require(group.id).unwrap();
    less.members.retain(|one| one.organisation != organisation_id(NAMED));
    let author = Author::user(user_id(3));
    store.transaction_by(&author, |all| all.sharing_groups().update(less)).unwrap();
    let whole = store.sharing_groups().removed_members(group.id).unwrap();
    assert_eq!((whole.len(), whole[0].removal.by.is_some()), (1, true));
    assert_eq!(store.as_actor(&owner).sharing_groups().removed_members(group.id).unwrap(), whole);
    // Named by another group of the own organisation, and so known; who did it is not.
    let seen = store.as_actor(&of(&[]));
    let told = seen.sharing_groups().removed_members(group.id).unwrap();
    assert_eq!((told.len(), told[0].removal.by.as_deref()), (1, Some("another user")));
    let mut elsewhere = of(&[]);
    elsewhere.organisation = Some(organisation_id(ADMINISTERED));
    let mut joined = store.sharing_groups().require(group.id).unwrap();
    joined.members.push(member(ADMINISTERED, false));
    store.sharing_groups().update(joined).unwrap();
    let later = store.as_actor(&elsewhere);
    assert_eq!(later.sharing_groups().removed_members(group.id).unwrap(), []);
}
