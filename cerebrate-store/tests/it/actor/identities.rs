//! An identity that was somebody's once, and names that look like another one.

use cerebrate_core::access::Permission;
use cerebrate_core::error::Kind;
use cerebrate_store::store::Author;
use cerebrate_testkit::builders::{individual, individual_id, mailing_list};

use super::small_world::{BETWEEN, ME, OTHER, OWN, circle, member, new_user, of, user_id, world};

const NEW: u128 = 60;

#[test]
fn nobody_becomes_a_user_who_is_gone() {
    let store = world();
    store.individuals().insert(individual(NEW, "new@example.lu").build()).unwrap();
    store.users().insert(new_user(NEW, 1, Some(OWN))).unwrap();
    store.users().remove(user_id(NEW)).unwrap();
    let removed = store.change_sets(1).unwrap()[0].id;
    let everything = store.as_actor(&of(&Permission::ALL));
    for store in [&store, &everything] {
        let mut other = new_user(NEW, 1, Some(OWN));
        other.username = "somebody else".parse().unwrap();
        let refused = store.users().insert(other.clone()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict);
        assert_eq!(refused.message(), "the UUID was that of another user");
        assert!(store.users().upsert(other).is_err());
    }
    let mut hidden = new_user(NEW, 1, Some(OWN));
    hidden.individual = individual_id(OWN);
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    assert_eq!(seen.users().insert(hidden).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(store.undo(removed).unwrap().conflicts, [], "the same one comes back");
    assert_eq!(store.users().require(user_id(NEW)).unwrap().individual, individual_id(NEW));
}

#[test]
fn an_erased_user_is_somebody_all_the_same() {
    let store = world();
    store.individuals().insert(individual(NEW, "new@example.lu").build()).unwrap();
    store.users().insert(new_user(NEW, 1, Some(OWN))).unwrap();
    store.users().remove(user_id(NEW)).unwrap();
    store.erase(individual_id(NEW)).unwrap();
    let mut other = new_user(NEW, 1, Some(OWN));
    other.individual = individual_id(OTHER);
    let refused = store.users().insert(other).unwrap_err();
    assert_eq!(refused.message(), "the UUID was that of another user");
}

#[test]
fn the_identity_of_a_group_that_was_not_seen_is_taken() {
    let store = world();
    let hidden = circle(70, "Hidden", OTHER, &[member(OTHER, false)]);
    let own = circle(71, "Mine", OWN, &[member(OWN, false), member(OTHER, false)]);
    for group in [&hidden, &own] {
        store.sharing_groups().insert(group.clone()).unwrap();
        store.sharing_groups().remove(group.id).unwrap();
    }
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let mine = circle(70, "Mine", OWN, &[member(OWN, false)]);
    let refused = seen.sharing_groups().insert(mine).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert!(!format!("{refused:?}").contains("Hidden"), "{refused:?}");
    // Who might have made it as it was brings it back.
    let back = circle(71, "Mine", OWN, &[member(OWN, false)]);
    assert!(seen.sharing_groups().insert(back).is_ok());
}

#[test]
fn a_list_of_somebody_else_does_not_become_ones_own() {
    let store = world();
    let with_owner = |owner| mailing_list(70, "List").with(|list| list.owner = Some(owner)).build();
    let list = store.mailing_lists().insert(with_owner(user_id(BETWEEN))).unwrap();
    store.mailing_lists().remove(list.id).unwrap();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let refused = seen.mailing_lists().insert(with_owner(user_id(ME))).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    let community = store.as_actor(&of(&[Permission::CommunityAdmin]));
    assert!(community.mailing_lists().insert(with_owner(user_id(ME))).is_ok());
}

#[test]
fn members_who_do_not_come_back_were_removed_by_who_removed_the_group() {
    let store = world();
    let by = |name: &str, work: &dyn Fn(&cerebrate_store::store::Transaction<'_>)| {
        let author = Author::local().by(name);
        store
            .transaction_by(&author, |transaction| {
                work(transaction);
                Ok::<(), cerebrate_core::Error>(())
            })
            .unwrap();
    };
    let group = |members: &[u128]| {
        let members: Vec<_> = members.iter().map(|one| member(*one, false)).collect();
        circle(72, "Group", OWN, &members)
    };
    by("anna", &|all| drop(all.sharing_groups().insert(group(&[OWN, OTHER, 2])).unwrap()));
    by("bela", &|all| drop(all.sharing_groups().update(group(&[OWN, OTHER])).unwrap()));
    by("carl", &|all| drop(all.sharing_groups().remove(group(&[]).id).unwrap()));
    by("dora", &|all| drop(all.sharing_groups().insert(group(&[OWN])).unwrap()));
    let removed = store.sharing_groups().removed_members(group(&[]).id).unwrap();
    let by: Vec<_> = removed.iter().map(|one| one.removal.by.as_deref()).collect();
    assert_eq!(by, [Some("bela"), Some("carl")], "{removed:?}");
}

#[test]
fn a_username_that_is_like_another_one_is_refused() {
    let store = world();
    for (number, name) in [(1, "andré@example.lu"), (2, "other@example.lu")] {
        store.individuals().insert(individual(NEW + number, name).build()).unwrap();
    }
    let user = |number: u128, name: &str| {
        let mut user = new_user(NEW + number, 1, Some(OWN));
        user.username = name.parse().unwrap();
        user
    };
    store.users().insert(user(1, "andré")).unwrap();
    for like in ["andre", "Andre\u{301}", "ａｎｄｒｅ", "ANDRÈ"] {
        let refused = store.users().insert(user(2, like)).unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict, "{like}");
        assert_eq!(refused.message(), "too like another username", "{like}");
    }
    let mut other = store.users().insert(user(2, "andrea")).unwrap();
    other.username = "andre".parse().unwrap();
    assert_eq!(store.users().update(other).unwrap_err().kind(), Kind::Conflict);
    let mut same = store.users().by_username(" ANDRÉ ").unwrap().unwrap();
    assert_eq!(store.users().by_username("andre").unwrap(), None);
    same.username = "andre".parse().unwrap();
    assert!(store.users().update(same).is_ok(), "like the own one");
}

#[test]
fn a_username_names_no_other_record() {
    let store = world();
    for name in ["#12345", "00000000-0000-0000-0000-000000000001"] {
        let mut user = store.users().require(user_id(ME)).unwrap();
        user.username = name.parse().unwrap();
        let refused = store.users().update(user).unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid, "{name}");
    }
}
