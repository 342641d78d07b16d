//! Sharing groups as distribution lists: equal members, removed members, replicas.

use cerebrate_core::error::Kind;
use cerebrate_core::id::{NodeId, SharingGroupId};
use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_core::sharing::GroupReplica;
use cerebrate_store::Store;
use cerebrate_store::store::{Author, Outcome};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Open, property};
use crate::any::snapshot;
use crate::builders::{organisation, organisation_id, sharing_group};
use crate::check;
use crate::steps::{Step, steps};

/// Five organisations, and a group of 1 with the members 1, 2 and 3.
fn begin(store: &Store) -> SharingGroup {
    for number in 1..=5 {
        store.organisations().insert(organisation(number, "A").build()).unwrap();
    }
    let group = sharing_group(1, "Energy", 1).member(1).member(2).member(3).build();
    store.sharing_groups().insert(group).unwrap()
}

fn member(number: u128) -> Member {
    Member { organisation: organisation_id(number), extend: false }
}

fn edit(store: &Store, id: SharingGroupId, change: impl FnOnce(&mut SharingGroup)) {
    let mut group = store.sharing_groups().require(id).unwrap();
    change(&mut group);
    store.sharing_groups().update(group).unwrap();
}

fn without(store: &Store, id: SharingGroupId, number: u128) {
    edit(store, id, |group| {
        group.members.retain(|member| member.organisation != organisation_id(number));
    });
}

fn removed(store: &Store, id: SharingGroupId) -> Vec<u128> {
    let removed = store.sharing_groups().removed_members(id).unwrap();
    let numbers = removed.iter().map(|member| {
        (1..=5).find(|number| organisation_id(*number) == member.organisation).unwrap()
    });
    numbers.collect()
}

fn peer() -> NodeId {
    NodeId::new(Uuid::from_u128(0x7ee7))
}

/// What a peer has that took over our replica and went on.
fn changed_there(replica: &GroupReplica, change: impl FnOnce(&mut SharingGroup)) -> GroupReplica {
    let mut theirs = replica.clone();
    let mut wanted = theirs.group();
    change(&mut wanted);
    theirs.edit(peer(), &wanted, Some("peer"), None).unwrap();
    theirs
}

/// A store has one identity, and a copy of it the same.
pub fn a_store_keeps_its_identity(open: Open<'_>) {
    let store = open();
    let node = store.node().unwrap();
    begin(&store);
    assert_eq!(store.node().unwrap(), node);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    store.backup(&path).unwrap();
    for _ in 0..2 {
        assert_eq!(Store::open(&path).unwrap().node().unwrap(), node);
    }
}

/// Who removed an organisation and when stands there until it is added again.
pub fn removed_members_are_listed_with_who_and_when(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    assert_eq!(removed(&store, id), []);
    let anna = "anna ".repeat(2_000);
    let now = store
        .transaction_by(&Author::local().by(&anna), |transaction| {
            let mut group = transaction.sharing_groups().require(id)?;
            group.members.remove(1);
            transaction.sharing_groups().update(group)?;
            assert_eq!(transaction.sharing_groups().removed_members(id)?.len(), 1);
            Ok(transaction.now())
        })
        .unwrap();
    let listed = store.sharing_groups().removed_members(id).unwrap();
    assert_eq!((listed.len(), listed[0].organisation), (1, organisation_id(2)));
    assert_eq!(listed[0].node, store.node().unwrap());
    assert_eq!(listed[0].removal.at, Some(now));
    let by = listed[0].removal.by.as_deref().unwrap();
    assert!(by.starts_with("anna anna") && anna.starts_with(by), "{by}");
    // Whoever is removed with its organisation is listed too.
    store.organisations().remove(organisation_id(3)).unwrap();
    assert_eq!(removed(&store, id), [2, 3]);
    edit(&store, id, |group| group.members.push(member(2)));
    assert_eq!(removed(&store, id), [3]);
    assert_eq!(removed(&store, Uuid::from_u128(77).into()), []);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// The search knows the members of now, by any way they came to be.
pub fn equal_membership_is_found_whatever_was_edited(open: Open<'_>) {
    let store = open();
    let group = begin(&store);
    let other = sharing_group(2, "Another", 2).member(3).member(1).build();
    let other = store.sharing_groups().insert(other).unwrap();
    let found = |members: &[Member]| -> Vec<SharingGroupId> {
        let found = store.sharing_groups().with_membership(members).unwrap();
        found.iter().map(|group| group.id).collect()
    };
    let three = [member(3), member(1), member(2), member(3)];
    assert_eq!(found(&three), [group.id]);
    assert_eq!(found(&[member(1), member(3)]), [other.id]);
    edit(&store, other.id, |group| group.members.push(member(2)));
    let set = store.change_sets(1).unwrap()[0].id;
    assert_eq!(found(&three), [other.id, group.id], "in name order");
    assert_eq!(
        store.sharing_groups().membership(group.id).unwrap(),
        store.sharing_groups().membership(other.id).unwrap()
    );
    edit(&store, group.id, |group| group.members[0].extend = true);
    assert_eq!(found(&three), [other.id]);
    store.undo(set).unwrap();
    assert_eq!(found(&three), []);
    assert_eq!(found(&[member(1), member(3)]), [other.id]);
    store.sharing_groups().remove(other.id).unwrap();
    assert_eq!(found(&[member(1), member(3)]), []);
    assert_eq!(store.sharing_groups().membership(other.id).unwrap(), None);
    assert_eq!(found(&[]), []);
    edit(&store, group.id, |group| group.members.clear());
    assert_eq!(found(&[]), [group.id]);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Undo adds a member again knowing that it was removed: that holds everywhere.
pub fn a_removal_that_is_undone_is_a_new_edit(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    let before = snapshot(&*store);
    without(&store, id, 2);
    let set = store.change_sets(1).unwrap()[0].id;
    let mut theirs = store.sharing_groups().replica(id).unwrap().unwrap();
    assert!(store.undo(set).unwrap().conflicts.is_empty());
    assert_eq!(removed(&store, id), []);
    assert_eq!(crate::any::differences(&before, &snapshot(&*store)), Vec::<String>::new());
    theirs.merge(&store.sharing_groups().replica(id).unwrap().unwrap()).unwrap();
    assert_eq!(theirs.group().members, [member(1), member(2), member(3)]);
    // And the other way round: what a peer still has of the removal adds nothing.
    let old = store.sharing_groups().replica(id).unwrap().unwrap();
    without(&store, id, 2);
    let merged = store.sharing_groups().merge_replica(&old).unwrap();
    assert_eq!(merged.outcome, Outcome::Unchanged);
    assert_eq!(removed(&store, id), [2]);
}

/// A group that is removed and comes back, by undo or by a peer, still knows whom it let go of.
pub fn a_group_that_comes_back_keeps_its_history(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    let old = store.sharing_groups().replica(id).unwrap().unwrap();
    without(&store, id, 2);
    let replica = store.sharing_groups().replica(id).unwrap();
    store.sharing_groups().remove(id).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    assert_eq!(store.sharing_groups().replica(id).unwrap(), None);
    assert_eq!(removed(&store, id), []);
    store.undo(set).unwrap();
    assert_eq!(store.sharing_groups().replica(id).unwrap(), replica);
    assert_eq!(removed(&store, id), [2]);

    store.sharing_groups().remove(id).unwrap();
    let mut theirs = old;
    theirs.hand_over(organisation_id(4));
    let merged = store.sharing_groups().merge_replica(&theirs).unwrap();
    assert_eq!(merged.outcome, Outcome::Inserted);
    assert_eq!(merged.group.members, [member(1), member(3)]);
    assert_eq!(merged.group.owner, organisation_id(4));
    assert_eq!(removed(&store, id), [2]);

    // Undo of the merge takes the group out, and that is undone too.
    let set = store.change_sets(1).unwrap()[0].id;
    let undone = store.undo(set).unwrap().change_set.unwrap();
    assert_eq!(store.sharing_groups().get(id).unwrap(), None);
    store.undo(undone).unwrap();
    assert_eq!(removed(&store, id), [2]);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// The replica has the owner of the record; its history stays.
pub fn a_new_owner_changes_nothing_else(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    without(&store, id, 2);
    let old = store.sharing_groups().replica(id).unwrap().unwrap();
    edit(&store, id, |group| group.owner = organisation_id(5));
    let replica = store.sharing_groups().replica(id).unwrap().unwrap();
    assert_eq!(replica.owner(), organisation_id(5));
    assert_eq!(removed(&store, id), [2]);
    let refused = store.sharing_groups().merge_replica(&old).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// The group follows what a peer sends, once.
pub fn a_merge_is_one_change_set_and_idempotent(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    let ours = store.sharing_groups().replica(id).unwrap().unwrap();
    let theirs = changed_there(&ours, |group| {
        group.name = "Power".parse().unwrap();
        group.members = vec![member(1), member(2), member(4)];
    });
    let author = Author::of("pull example").by("sync");
    let merge = || {
        store.transaction_by(&author, |transaction| {
            transaction.sharing_groups().merge_replica(&theirs)
        })
    };
    let merged = merge().unwrap();
    assert_eq!(merged.outcome, Outcome::Updated);
    assert_eq!(merged.difference.to_string(), "1 added, 1 removed, name changed");
    assert_eq!(merged.group, store.sharing_groups().require(id).unwrap());
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!((set.changes, set.origin.as_str()), (1, "pull example"));
    assert_eq!(store.sharing_groups().replica(id).unwrap().as_ref(), Some(&theirs));
    let listed = store.sharing_groups().removed_members(id).unwrap();
    assert_eq!((listed[0].node, listed[0].removal.by.as_deref()), (peer(), Some("peer")));

    let cursor = store.cursor().unwrap();
    let again = merge().unwrap();
    assert_eq!((again.outcome, again.difference.is_empty()), (Outcome::Unchanged, true));
    assert_eq!(store.cursor().unwrap(), cursor);

    // What makes no difference to the group is kept all the same: they have seen our removal.
    without(&store, id, 4);
    let ours = store.sharing_groups().replica(id).unwrap().unwrap();
    let back = changed_there(&ours, |group| group.members.push(member(4)));
    let back = changed_there(&back, |group| {
        group.members.retain(|member| member.organisation != organisation_id(4));
    });
    let merged = store.sharing_groups().merge_replica(&back).unwrap();
    assert_eq!(merged.outcome, Outcome::Unchanged);
    assert_eq!(store.sharing_groups().replica(id).unwrap(), Some(back));
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Unknown members and owners, also within a transaction that goes on.
pub fn a_merge_that_is_refused_leaves_nothing(open: Open<'_>) {
    let store = open();
    let id = begin(&store).id;
    let ours = store.sharing_groups().replica(id).unwrap().unwrap();
    let unknown = changed_there(&ours, |group| group.members.push(member(99)));
    let stranger = sharing_group(7, "Of nobody", 98).build();
    let stranger = GroupReplica::from_group(&stranger, peer());
    let cursor = store.cursor().unwrap();
    for theirs in [&unknown, &stranger] {
        let refused = store.sharing_groups().merge_replica(theirs).unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid);
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    store
        .transaction(|transaction| {
            assert!(transaction.sharing_groups().merge_replica(&unknown).is_err());
            let mut group = transaction.sharing_groups().require(id)?;
            group.name = "Goes on".parse()?;
            transaction.sharing_groups().update(group)
        })
        .unwrap();
    let replica = store.sharing_groups().replica(id).unwrap().unwrap();
    assert!(replica.membership(organisation_id(99)).is_none());
    store.organisations().insert(organisation(99, "A").build()).unwrap();
    let merged = store.sharing_groups().merge_replica(&unknown).unwrap();
    assert_eq!((merged.group.members.len(), merged.group.name.as_str()), (4, "Goes on"));
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// After any transactions and undos the replica of each group is what the record is, and a member
/// that went is listed.
pub fn the_replica_follows_any_steps(open: Open<'_>) {
    let strategy = prop::collection::vec((steps(8), any::<bool>()), 1..6);
    property(24, &strategy, |transactions| {
        let store = open();
        for number in 0..6 {
            store.organisations().insert(organisation(number, "A").build()).unwrap();
        }
        for (steps, undone) in transactions {
            let before = store.sharing_groups().find().all().unwrap();
            let set = store
                .transaction(|transaction| {
                    steps.iter().copied().for_each(|step: Step| step.apply(transaction));
                    Ok(transaction.has_changes().then(|| transaction.change_set()))
                })
                .unwrap();
            if let Some(set) = set.filter(|_| undone) {
                store.undo(set).unwrap();
            }
            for old in before {
                let Some(group) = store.sharing_groups().get(old.id).unwrap() else { continue };
                let removed = store.sharing_groups().removed_members(old.id).unwrap();
                for member in old.members {
                    let id = member.organisation;
                    let is_in = group.members.iter().any(|member| member.organisation == id);
                    let is_out = removed.iter().any(|member| member.organisation == id);
                    prop_assert_ne!(is_in, is_out, "{}", id);
                }
            }
        }
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        Ok(())
    });
}
