//! What one edit, one merge and one list of removals do.

use std::slice;

use proptest::prelude::*;

use super::{any_group, changes, group, member, node, organisation, sorted, standing, with};
use crate::Kind;
use crate::id::SharingGroupId;
use crate::model::SharingGroup;
use crate::sharing::{GroupReplica, ReplicaDigest};
use crate::value::Timestamp;

fn edit(replica: &mut GroupReplica, at: usize, change: impl FnOnce(&mut SharingGroup)) {
    let mut wanted = replica.group();
    change(&mut wanted);
    replica.edit(node(at), &wanted, None, None).unwrap();
    assert_eq!(replica.group(), sorted(&wanted));
}

fn remove(replica: &mut GroupReplica, at: usize, number: u128, by: &str) {
    let mut wanted = replica.group();
    wanted.members.retain(|member| member.organisation != organisation(number));
    let at_time = Timestamp::from_unix(100 - i64::try_from(at).unwrap());
    replica.edit(node(at), &wanted, Some(by), Some(at_time)).unwrap();
}

fn put(replica: &mut GroupReplica, at: usize, number: u128, extend: bool) {
    edit(replica, at, |group| {
        group.members.retain(|member| member.organisation != organisation(number));
        group.members.push(member(number, extend));
    });
}

/// Two replicas with members 1 (may extend) and 2 (may not).
fn pair() -> (GroupReplica, GroupReplica) {
    let replica = GroupReplica::from_group(&group(&[member(2, false), member(1, true)]), node(0));
    (replica.clone(), replica)
}

fn exchange(a: &mut GroupReplica, b: &mut GroupReplica) -> SharingGroup {
    a.merge(b).unwrap();
    b.merge(a).unwrap();
    assert_eq!(a, b);
    a.group()
}

#[test]
fn a_replica_shows_the_group_it_was_made_of() {
    let mut given = group(&[member(2, true), member(1, true), member(2, false)]);
    given.description = Some("who keeps the lights on".to_owned());
    given.local = false;
    given.created = Some(Timestamp::from_unix(5));
    let replica = GroupReplica::from_group(&given, node(0));
    let shown = replica.group();
    assert_eq!(shown.members, [member(1, true), member(2, false)]);
    given.members = shown.members.clone();
    given.created = None;
    assert_eq!(shown, given);
    assert_eq!((replica.id(), replica.owner()), (given.id, given.owner));
    assert!(replica.removed().is_empty());
}

#[test]
fn a_removal_beats_whatever_is_concurrent() {
    for extend in [false, true] {
        let (mut a, mut b) = pair();
        remove(&mut a, 0, 2, "anna");
        put(&mut b, 1, 2, true);
        put(&mut b, 1, 2, extend);
        assert_eq!(standing(&exchange(&mut a, &mut b), 2), None);
    }
}

#[test]
fn a_removal_beats_a_concurrent_addition() {
    let (mut a, mut b) = pair();
    put(&mut a, 0, 3, false);
    b.merge(&a).unwrap();
    remove(&mut a, 0, 3, "anna");
    b.merge(&a).unwrap();
    put(&mut b, 1, 3, false);
    a.merge(&b).unwrap();
    // Both know it as a member now; one removes it, the other one removes and adds it.
    remove(&mut a, 0, 3, "anna");
    remove(&mut b, 1, 3, "bert");
    put(&mut b, 1, 3, true);
    assert_eq!(standing(&exchange(&mut a, &mut b), 3), None);
    assert_eq!(a.removed()[0].removal.by.as_deref(), Some("anna"));
}

#[test]
fn an_addition_that_has_seen_the_removal_holds() {
    let (mut a, mut b) = pair();
    remove(&mut a, 0, 1, "anna");
    exchange(&mut a, &mut b);
    put(&mut b, 1, 1, true);
    assert_eq!(standing(&exchange(&mut a, &mut b), 1), Some(true));
    assert!(a.removed().is_empty());
}

#[test]
fn concurrent_flags_fail_closed() {
    let (mut a, mut b) = pair();
    edit(&mut a, 0, |group| group.local = false);
    edit(&mut a, 0, |group| group.active = false);
    exchange(&mut a, &mut b);
    // Nobody may extend, inactive, stays here: each said by one of the two only.
    put(&mut a, 0, 2, true);
    edit(&mut b, 1, |group| group.active = true);
    exchange(&mut a, &mut b);
    edit(&mut a, 0, |group| group.active = false);
    edit(&mut a, 0, |group| group.active = true);
    edit(&mut b, 1, |group| group.active = false);
    edit(&mut b, 1, |group| group.local = true);
    put(&mut b, 1, 2, false);
    put(&mut a, 0, 2, false);
    put(&mut a, 0, 2, true);
    let merged = exchange(&mut a, &mut b);
    assert_eq!((merged.active, merged.local, standing(&merged, 2)), (false, true, Some(false)));
}

#[test]
fn of_concurrent_texts_the_one_with_more_writes_before_it_is_shown_and_the_clock_is_not_asked() {
    let (mut a, mut b) = pair();
    edit(&mut a, 0, |group| group.name = "first".parse().unwrap());
    edit(&mut a, 0, |group| group.name = "second".parse().unwrap());
    edit(&mut b, 1, |group| group.name = "third".parse().unwrap());
    edit(&mut a, 0, |group| group.description = Some("ours".to_owned()));
    edit(&mut b, 1, |group| group.description = Some("theirs".to_owned()));
    let merged = exchange(&mut a, &mut b);
    assert_eq!(merged.name, "second");
    assert_eq!(merged.description.as_deref(), Some("theirs"), "the greater node of equal counts");
}

#[test]
fn removed_members_stay_listed_with_who_and_when() {
    let (mut a, mut b) = pair();
    remove(&mut a, 0, 2, "anna");
    remove(&mut b, 1, 2, "bert");
    remove(&mut b, 1, 1, "bert");
    exchange(&mut a, &mut b);
    let removed = a.removed();
    let told: Vec<_> = removed
        .iter()
        .map(|gone| (gone.organisation, gone.node, gone.removal.by.as_deref(), gone.removal.at))
        .collect();
    let when = Some(Timestamp::from_unix(99));
    // Equal counts: that of the greater node, though the other one is later by the clock.
    assert_eq!(
        told,
        [
            (organisation(1), node(1), Some("bert"), when),
            (organisation(2), node(1), Some("bert"), when),
        ]
    );
    assert_eq!(
        serde_json::to_value(&removed[0]).unwrap(),
        serde_json::json!({
            "organisation": organisation(1),
            "node": node(1),
            "by": "bert",
            "at": "1970-01-01T00:01:39Z",
        })
    );
}

#[test]
fn another_group_or_owner_is_a_conflict_and_changes_nothing() {
    let (mut a, _) = pair();
    let before = a.clone();
    let mut other = group(&[member(4, false)]);
    other.owner = organisation(9);
    let mut foreign = group(&[member(4, false)]);
    foreign.id = SharingGroupId::new(uuid::Uuid::from_u128(0xb));
    for group in [other, foreign] {
        let errors = [
            a.merge(&GroupReplica::from_group(&group, node(1))).unwrap_err(),
            a.edit(node(0), &group, None, None).unwrap_err(),
            a.merge_unstamped(node(1), None, &group, None).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), Kind::Conflict);
        }
    }
    assert_eq!(a, before);
}

#[test]
fn digests_tell_states_apart_that_show_the_same_group() {
    let (mut a, b) = pair();
    assert_eq!(a.digest(), b.digest());
    edit(&mut a, 0, |group| group.active = false);
    edit(&mut a, 0, |group| group.active = true);
    assert_eq!(a.group(), b.group());
    assert_ne!(a.digest(), b.digest());
    assert_eq!(a.digest().to_string().parse::<ReplicaDigest>().unwrap(), a.digest());
}

#[test]
fn the_text_of_a_replica_is_short() {
    let members: Vec<_> = (1..=500).map(|number| member(number, number % 2 == 0)).collect();
    let replica = GroupReplica::from_group(&group(&members), node(0));
    let json = serde_json::to_vec(&replica).unwrap();
    assert!(json.len() < 500 * 125 + 1_000, "{} bytes", json.len());
    assert_eq!(GroupReplica::from_json(&json).unwrap(), replica);
}

proptest! {
    #[test]
    fn an_edit_gives_what_was_wanted_and_writes_only_what_differs(
        start in any_group(),
        wanted in any_group(),
        more in changes(3),
    ) {
        let mut replica = GroupReplica::from_group(&start, node(0));
        let before = replica.clone();
        let difference = replica.edit(node(1), &wanted, None, None).unwrap();
        prop_assert_eq!(replica.group(), sorted(&wanted));
        prop_assert_eq!(difference.is_empty(), replica == before);
        for number in 1..=super::ORGANISATIONS {
            let same = standing(&start, number) == standing(&wanted, number);
            let register = replica.membership(organisation(number));
            prop_assert_eq!(same, register == before.membership(organisation(number)));
        }
        let again = replica.clone();
        prop_assert!(replica.edit(node(1), &wanted, None, None).unwrap().is_empty());
        prop_assert_eq!(&replica, &again);

        // A later edit elsewhere that has seen all this holds.
        let latest = with(&wanted, &more);
        replica.edit(node(2), &latest, None, None).unwrap();
        replica.merge(&again).unwrap();
        replica.merge(&before).unwrap();
        prop_assert_eq!(replica.group(), sorted(&latest));
    }

    #[test]
    fn members_that_stand_twice_count_once(number in 1..5_u128, flags: [bool; 3]) {
        let twice: Vec<_> = flags.map(|extend| member(number, extend)).to_vec();
        let once = member(number, flags == [true; 3]);
        let mut replica = GroupReplica::from_group(&group(&twice), node(0));
        prop_assert_eq!(replica.group().members, slice::from_ref(&once));
        prop_assert!(replica.edit(node(0), &group(&twice), None, None).unwrap().is_empty());
    }
}

#[test]
fn replicas_merge_again_once_both_have_the_new_owner() {
    let (mut ours, mut theirs) = pair();
    remove(&mut ours, 0, 2, "anna");
    ours.hand_over(organisation(9));
    assert_eq!(ours.merge(&theirs).unwrap_err().kind(), Kind::Conflict);
    theirs.hand_over(organisation(9));
    theirs.merge(&ours).unwrap();
    assert_eq!(theirs, ours);
    assert_eq!(theirs.removed()[0].organisation, organisation(2));
}
