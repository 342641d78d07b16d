//! Replicas of sharing groups, as nodes send them to each other.

use cerebrate_core::Error;
use cerebrate_core::id::NodeId;
use cerebrate_core::model::SharingGroup;
use cerebrate_core::sharing::{Difference, GroupReplica, Seen};
use uuid::Uuid;

use super::values::survives_a_round;

pub(super) const TOKENS: &[&str] = &[
    "\n",
    "{\"held\":[",
    "\"seen\":{",
    "[1,\"00000000-0000-0000-0000-00000000000a\",",
    "[2,\"00000000-0000-0000-0000-00000000000b\",",
    "\"00000000-0000-0000-0000-00000000000c\":",
    "9007199254740991",
    "{\"in\":{\"extend\":true}}",
    "{\"in\":{\"extend\":false}}",
    "{\"out\":{}}",
    "{\"out\":{\"by\":\"ada\",\"at\":\"2026-11-24T05:49:25Z\"}}",
    "true",
    "false",
    "null",
    "\"\"",
    "]",
    "}",
    ",",
];

/// No seed has written as this node, so that what it writes is new.
const US: NodeId = NodeId::new(Uuid::from_u128(0xd));
const PEER: NodeId = NodeId::new(Uuid::from_u128(0xe));

/// Lines: replicas, plain groups, and what a peer showed last. Any replicas merge as a join does,
/// or are refused the same way from either side.
pub(super) fn group_replica(bytes: &[u8]) {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').take(6).collect();
    let replicas: Vec<GroupReplica> =
        lines.iter().filter_map(|line| GroupReplica::from_json(line).ok()).take(3).collect();
    let groups: Vec<SharingGroup> =
        lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).take(3).collect();
    let seen: Vec<Seen> = lines.iter().filter_map(|line| Seen::from_json(line).ok()).collect();
    for line in lines {
        survives_a_round::<cerebrate_core::sharing::MembershipDigest>(line);
        survives_a_round::<cerebrate_core::sharing::ReplicaDigest>(line);
    }
    for replica in &replicas {
        is_read_as_written(replica);
        for other in &replicas {
            merges_either_way(replica, other);
        }
        for group in &groups {
            is_edited(replica, group);
            takes_a_plain_group(replica, None, group);
            for seen in &seen {
                takes_a_plain_group(replica, Some(seen), group);
            }
        }
    }
    if let [one, other, third] = &replicas[..] {
        merges_in_any_order(one, other, third);
    }
}

fn is_read_as_written(replica: &GroupReplica) {
    let json = serde_json::to_vec(replica).expect("all keys are strings");
    match GroupReplica::from_json(&json) {
        Ok(again) => {
            assert_eq!(&again, replica);
            assert_eq!(again.digest(), replica.digest());
        }
        Err(error) => unreadable(&json, &error),
    }
    let plain = replica.group();
    assert!(Difference::between(&plain, &plain).is_empty());
    for removed in replica.removed() {
        let is_in = plain.members.iter().any(|member| member.organisation == removed.organisation);
        assert!(!is_in, "{removed:?} of {plain:?}");
    }
}

fn merged(one: &GroupReplica, other: &GroupReplica) -> Result<GroupReplica, Error> {
    let mut merged = one.clone();
    merged.merge(other).map(|()| merged)
}

fn merges_either_way(one: &GroupReplica, other: &GroupReplica) {
    match (merged(one, other), merged(other, one)) {
        (Ok(both), Ok(again)) => {
            assert_eq!(both, again);
            assert_eq!(both.digest(), again.digest());
            is_read_as_written(&both);
            for part in [one, other, &both] {
                assert_eq!(merged(&both, part).as_ref().ok(), Some(&both), "with {part:?} again");
            }
            if one == other {
                assert_eq!(&both, one);
            }
        }
        (Err(error), Err(again)) => {
            assert_eq!(error.kind(), again.kind());
            assert_ne!(one, other, "{error}");
        }
        (there, back) => unequal(&there, &back),
    }
}

fn merges_in_any_order(one: &GroupReplica, other: &GroupReplica, third: &GroupReplica) {
    let left = merged(one, other).and_then(|both| merged(&both, third));
    let right = merged(other, third).and_then(|both| merged(one, &both));
    if let (Ok(left), Ok(right)) = (left, right) {
        assert_eq!(left, right);
    }
}

/// What is wanted stands after the edit, or nothing changed.
fn is_edited(replica: &GroupReplica, wanted: &SharingGroup) {
    let mut edited = replica.clone();
    match edited.edit(US, wanted, Some("ada"), None) {
        Ok(difference) => {
            let left = Difference::between(&edited.group(), wanted);
            assert!(left.is_empty(), "{left} after {difference}");
            let before = Difference::between(&replica.group(), wanted);
            assert_eq!(difference, before);
            is_read_as_written(&edited);
            merges_either_way(replica, &edited);
            assert_eq!(merged(replica, &edited).as_ref().ok(), Some(&edited), "after {difference}");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(&edited, replica, "{error}");
        }
    }
}

/// The same state of a peer that knows of no replicas, shown twice, changes nothing more.
fn takes_a_plain_group(replica: &GroupReplica, seen: Option<&Seen>, theirs: &SharingGroup) {
    let mut merged = replica.clone();
    match merged.merge_unstamped(PEER, seen, theirs, None) {
        Ok((seen, difference)) => {
            assert_eq!(difference, Difference::between(&replica.group(), &merged.group()));
            is_read_as_written(&merged);
            let json = serde_json::to_vec(&seen).expect("all keys are strings");
            match Seen::from_json(&json) {
                Ok(again) => assert_eq!(again, seen),
                Err(error) => unreadable(&json, &error),
            }
            let before = merged.clone();
            match merged.merge_unstamped(PEER, Some(&seen), theirs, None) {
                Ok((_, again)) => assert!(again.is_empty(), "{again} after {difference}"),
                Err(error) => unreadable(&json, &error),
            }
            assert_eq!(merged, before);
        }
        Err(error) => assert_eq!(&merged, replica, "{error}"),
    }
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn unreadable(json: &[u8], error: &Error) {
    panic!("{} was written and is refused: {error}", String::from_utf8_lossy(json))
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn unequal(there: &Result<GroupReplica, Error>, back: &Result<GroupReplica, Error>) {
    panic!("merged one way {there:?}, the other way {back:?}")
}
