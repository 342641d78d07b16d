//! Peers that show what they have, never how it came to be.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Change, ORGANISATIONS, any_group, changes, group, member, node, organisation, sorted, standing,
    with,
};
use crate::Kind;
use crate::id::{NodeId, SharingGroupId};
use crate::model::SharingGroup;
use crate::sharing::{Difference, GroupReplica, Seen};
use crate::value::Timestamp;

fn peer() -> NodeId {
    node(0).watching(Uuid::from_u128(0x77))
}

struct Here {
    replica: GroupReplica,
    seen: Option<Seen>,
}

impl Here {
    fn new(group: &SharingGroup) -> Here {
        Here { replica: GroupReplica::from_group(group, node(0)), seen: None }
    }

    fn edit(&mut self, changes: &[Change]) {
        let wanted = with(&self.replica.group(), changes);
        self.replica.edit(node(0), &wanted, Some("anna"), None).unwrap();
    }

    fn hear(&mut self, theirs: &SharingGroup) -> Difference {
        let at = Some(Timestamp::from_unix(1_000));
        let seen = self.seen.as_ref();
        let (seen, difference) = self.replica.merge_unstamped(peer(), seen, theirs, at).unwrap();
        self.seen = Some(seen);
        difference
    }

    fn standing(&self, number: u128) -> Option<bool> {
        standing(&self.replica.group(), number)
    }
}

proptest! {
    #[test]
    fn the_same_answer_again_changes_nothing(
        start in any_group(),
        rounds in proptest::collection::vec((changes(3), changes(3)), 1..6),
        lost: bool,
    ) {
        let mut here = Here::new(&start);
        let mut theirs = start;
        for (ours, changed) in rounds {
            here.edit(&ours);
            theirs = with(&theirs, &changed);
            let earlier = here.seen.clone();
            let before = here.replica.group();
            let difference = here.hear(&theirs);
            prop_assert_eq!(difference, Difference::between(&before, &here.replica.group()));
            let after = here.replica.clone();
            let seen = here.seen.clone();
            prop_assert!(here.hear(&theirs).is_empty());
            prop_assert_eq!(&here.replica, &after);
            prop_assert_eq!(&here.seen, &seen);

            // Nor if what was seen of it was lost on the way, or it comes much later.
            here.seen = earlier;
            let retried = here.replica.merge_unstamped(
                peer(), here.seen.as_ref(), &theirs, Some(Timestamp::from_unix(9_999)),
            );
            let (again, difference) = retried.unwrap();
            prop_assert!(difference.is_empty());
            prop_assert_eq!(&here.replica, &after);
            here.seen = if lost { Some(again) } else { seen };
            let json = serde_json::to_vec(&here.seen).unwrap();
            prop_assert_eq!(Some(Seen::from_json(&json).unwrap()), here.seen.clone());
        }
    }

    #[test]
    fn who_changed_nothing_here_follows_the_peer(
        start in any_group(),
        rounds in proptest::collection::vec(changes(4), 1..6),
    ) {
        let mut here = Here::new(&start);
        let mut theirs = start;
        prop_assert!(here.hear(&theirs).is_empty());
        for changed in rounds {
            theirs = with(&theirs, &changed);
            here.hear(&theirs);
            prop_assert_eq!(here.replica.group(), sorted(&theirs));
        }
    }

    #[test]
    fn a_peer_that_changes_nothing_changes_nothing_here(
        start in any_group(),
        theirs in any_group(),
        rounds in proptest::collection::vec(changes(3), 1..6),
    ) {
        let mut here = Here::new(&start);
        here.hear(&theirs);
        for ours in rounds {
            here.edit(&ours);
            let before = here.replica.clone();
            prop_assert!(here.hear(&theirs).is_empty());
            prop_assert_eq!(&here.replica, &before);
        }
    }

    #[test]
    fn what_was_removed_here_since_stays_out(
        start in any_group(),
        first in any_group(),
        theirs in any_group(),
        ours in changes(4),
        number in 1..=ORGANISATIONS,
        contact: bool,
    ) {
        let mut here = Here::new(&start);
        if contact {
            here.hear(&first);
        }
        here.edit(&[Change::Put(number, true)]);
        here.edit(&ours);
        here.edit(&[Change::Remove(number)]);
        here.hear(&theirs);
        prop_assert_eq!(here.standing(number), None);
        // As long as they do not let go of it, nothing they do to it brings it back.
        if standing(&theirs, number).is_some() {
            for extend in [true, false, true] {
                here.hear(&with(&theirs, &[Change::Put(number, extend)]));
                prop_assert_eq!(here.standing(number), None);
            }
        }
        let removed = here.replica.removed();
        let gone = removed.iter().find(|gone| gone.organisation == organisation(number)).unwrap();
        prop_assert_eq!(gone.removal.by.as_deref(), Some("anna"));
    }

    #[test]
    fn what_they_remove_goes_and_what_they_lack_at_first_stays(
        start in any_group(),
        first in any_group(),
        second in any_group(),
        ours in changes(6),
    ) {
        let mut here = Here::new(&start);
        here.hear(&first);
        for number in 1..=ORGANISATIONS {
            let expected = match (standing(&start, number), standing(&first, number)) {
                (Some(ours), Some(theirs)) => Some(ours && theirs),
                (ours, theirs) => ours.or(theirs),
            };
            prop_assert_eq!(here.standing(number), expected);
        }
        let met = here.replica.group();
        prop_assert_eq!(met.active, start.active && first.active);
        prop_assert_eq!(met.local, start.local || first.local);
        prop_assert_eq!(met.name, start.name);

        here.edit(&ours);
        let edited = here.replica.group();
        here.hear(&second);
        for number in 1..=ORGANISATIONS {
            match (standing(&first, number), standing(&second, number)) {
                (Some(_), None) => prop_assert_eq!(here.standing(number), None),
                (before, now) if before == now => {
                    prop_assert_eq!(here.standing(number), standing(&edited, number));
                }
                (_, Some(false)) => prop_assert_ne!(here.standing(number), Some(true)),
                _ => {}
            }
        }
    }

    #[test]
    fn nodes_that_watch_the_same_peer_converge(
        start in any_group(),
        rounds in proptest::collection::vec(
            (changes(2), any::<[bool; 2]>(), any::<[bool; 2]>(), changes(2)), 1..8,
        ),
        apart: bool,
    ) {
        let mut nodes = [0, 1].map(|_| Here::new(&start));
        let mut theirs = start;
        let name = |number: usize| if apart { node(number).watching(Uuid::nil()) } else { peer() };
        let hear = |here: &mut Here, number: usize, theirs: &SharingGroup| {
            let seen = here.seen.take();
            let merged = here.replica.merge_unstamped(name(number), seen.as_ref(), theirs, None);
            here.seen = Some(merged.unwrap().0);
        };
        for (changed, hears, merges, ours) in rounds {
            theirs = with(&theirs, &changed);
            let wanted = with(&nodes[0].replica.group(), &ours);
            nodes[0].replica.edit(node(0), &wanted, None, None).unwrap();
            for (number, here) in nodes.iter_mut().enumerate().filter(|(n, _)| hears[*n]) {
                hear(here, number, &theirs);
            }
            for number in (0..2).filter(|number| merges[*number]) {
                let other = nodes[1 - number].replica.clone();
                nodes[number].replica.merge(&other).unwrap();
            }
        }
        let [mut one, mut other] = nodes.map(|here| here.replica);
        one.merge(&other).unwrap();
        other.merge(&one).unwrap();
        prop_assert_eq!(one, other);
    }
}

#[test]
fn an_addition_after_they_let_go_of_it_holds() {
    let mut here = Here::new(&group(&[member(1, false)]));
    here.hear(&group(&[member(1, false)]));
    here.edit(&[Change::Remove(1)]);
    here.hear(&group(&[member(1, false)]));
    assert_eq!(here.standing(1), None, "they have not heard of the removal");
    here.hear(&group(&[]));
    assert_eq!(here.hear(&group(&[member(1, true)])).to_string(), "1 added");
    assert_eq!(here.standing(1), Some(true));
}

#[test]
fn a_removal_of_theirs_is_listed_under_their_node() {
    let mut here = Here::new(&group(&[member(1, false)]));
    here.hear(&group(&[member(1, false)]));
    assert_eq!(here.hear(&group(&[])).to_string(), "1 removed");
    let removed = here.replica.removed();
    assert_eq!((removed[0].organisation, removed[0].node), (organisation(1), peer()));
    assert_eq!(removed[0].removal.at, Some(Timestamp::from_unix(1_000)));
}

#[test]
fn concurrent_edits_of_one_member_fail_closed() {
    let start = group(&[member(1, false), member(2, true), member(3, false)]);
    let mut here = Here::new(&start);
    here.hear(&start);
    here.edit(&[Change::Put(1, true), Change::Put(4, true), Change::Put(5, false)]);
    here.edit(&[Change::Put(3, true), Change::Active(false)]);
    here.edit(&[Change::Put(3, false), Change::Active(true)]);
    let theirs = [member(2, false), member(3, true), member(4, false), member(5, true)];
    let mut theirs = group(&theirs);
    theirs.active = false;
    here.hear(&theirs);
    let expected =
        [(1, None), (2, Some(false)), (3, Some(false)), (4, Some(false)), (5, Some(false))];
    for (number, standing) in expected {
        assert_eq!(here.standing(number), standing, "organisation {number}");
    }
    assert!(!here.replica.group().active);
}

#[test]
fn of_two_texts_ours_stays_unless_nobody_touched_it() {
    let start = group(&[]);
    let mut here = Here::new(&start);
    here.hear(&start);
    here.edit(&[Change::Name(1)]);
    let mut theirs = with(&start, &[Change::Name(2), Change::Releasability(2)]);
    assert_eq!(here.hear(&theirs).to_string(), "releasability changed");
    assert_eq!(here.replica.group().name, "name 1");
    theirs.name = "name 0".parse().unwrap();
    assert_eq!(here.hear(&theirs).to_string(), "name changed", "not touched since they were heard");
}

#[test]
fn at_first_contact_their_text_fills_what_is_blank() {
    let mut here = Here::new(&group(&[]));
    let mut theirs = with(&group(&[]), &[Change::Name(1), Change::Releasability(1)]);
    theirs.description = Some(String::new());
    assert_eq!(here.hear(&theirs).to_string(), "releasability changed");
    assert_eq!(here.replica.group().description, None);
}

#[test]
fn what_was_seen_of_another_group_is_a_conflict() {
    let mut other = group(&[]);
    other.id = SharingGroupId::new(Uuid::from_u128(0xb));
    let mut elsewhere = Here::new(&other);
    elsewhere.hear(&other);
    let mut here = Here::new(&group(&[]));
    let seen = elsewhere.seen.as_ref();
    let error = here.replica.merge_unstamped(peer(), seen, &group(&[]), None).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
}

#[test]
fn what_was_seen_tells_whether_an_addition_came_after_the_removal() {
    let mut here = Here::new(&group(&[member(1, false)]));
    here.edit(&[Change::Remove(1)]);
    here.hear(&group(&[]));
    let seen = here.seen.take();
    here.hear(&group(&[member(1, false)]));
    assert_eq!(here.standing(1), None, "for all one knows they had it all the time");
    here.seen = seen;
    here.hear(&group(&[member(1, false)]));
    assert_eq!(here.standing(1), Some(false), "they had let go of it");
}

#[test]
fn their_removal_of_what_is_out_already_counts_against_a_concurrent_addition() {
    let start = group(&[member(1, false)]);
    let mut here = Here::new(&start);
    here.edit(&[Change::Remove(1)]);
    here.hear(&start);
    let mut there = here.replica.clone();
    there.edit(node(1), &start, None, None).unwrap();
    assert!(here.hear(&group(&[])).is_empty());
    here.replica.merge(&there).unwrap();
    assert_eq!(here.standing(1), None);
}

#[test]
fn their_own_earlier_edits_do_not_make_a_text_ours() {
    let start = group(&[]);
    let mut here = Here::new(&start);
    here.hear(&start);
    let seen = here.seen.clone();
    here.hear(&with(&start, &[Change::Name(1)]));
    here.seen = seen;
    here.hear(&with(&start, &[Change::Name(2)]));
    assert_eq!(here.replica.group().name, "name 2");
}
