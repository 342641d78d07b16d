mod convergence;
mod hostile;
mod laws;
mod replica;
mod unstamped;

use proptest::prelude::*;
use uuid::Uuid;

use crate::id::{NodeId, OrganisationId, SharingGroupId};
use crate::model::{Member, SharingGroup};

/// How many different organisations the groups of these tests draw from: few, so that edits meet.
const ORGANISATIONS: u128 = 5;

fn node(number: usize) -> NodeId {
    NodeId::new(Uuid::from_u128(0x1000 + number as u128))
}

fn organisation(number: u128) -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(number))
}

fn member(number: u128, extend: bool) -> Member {
    Member { organisation: organisation(number), extend }
}

fn group(members: &[Member]) -> SharingGroup {
    let id = SharingGroupId::new(Uuid::from_u128(0xa));
    let mut group = SharingGroup::new(id, "Energy".parse().unwrap(), organisation(0));
    group.members = members.to_vec();
    group
}

/// Whether the organisation may extend the group, if it is in it.
fn standing(group: &SharingGroup, number: u128) -> Option<bool> {
    let found = group.members.iter().find(|member| member.organisation == organisation(number));
    found.map(|member| member.extend)
}

/// One thing a person may do to a group.
#[derive(Debug, Clone)]
enum Change {
    Put(u128, bool),
    Remove(u128),
    Name(u8),
    Releasability(u8),
    Description(Option<u8>),
    Active(bool),
    Local(bool),
}

impl Change {
    fn apply(&self, group: &mut SharingGroup) {
        match *self {
            Change::Put(number, extend) => {
                group.members.retain(|member| member.organisation != organisation(number));
                group.members.push(member(number, extend));
            }
            Change::Remove(number) => {
                group.members.retain(|member| member.organisation != organisation(number));
            }
            Change::Name(name) => group.name = format!("name {name}").parse().unwrap(),
            Change::Releasability(text) => group.releasability = format!("for {text}"),
            Change::Description(text) => group.description = text.map(|text| format!("is {text}")),
            Change::Active(active) => group.active = active,
            Change::Local(local) => group.local = local,
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (1..=ORGANISATIONS, any::<bool>()).prop_map(|(number, e)| Change::Put(number, e)),
        3 => (1..=ORGANISATIONS).prop_map(Change::Remove),
        1 => (0..3_u8).prop_map(Change::Name),
        1 => (0..3_u8).prop_map(Change::Releasability),
        1 => proptest::option::of(0..3_u8).prop_map(Change::Description),
        1 => any::<bool>().prop_map(Change::Active),
        1 => any::<bool>().prop_map(Change::Local),
    ]
}

fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(change(), 0..=most)
}

/// A group that went through some changes; members in no particular order.
fn any_group() -> impl Strategy<Value = SharingGroup> {
    changes(8).prop_map(|changes| with(&group(&[member(1, true), member(2, false)]), &changes))
}

fn with(group: &SharingGroup, changes: &[Change]) -> SharingGroup {
    let mut changed = group.clone();
    for change in changes {
        change.apply(&mut changed);
    }
    changed
}

/// The group as a replica shows it: members by UUID.
fn sorted(group: &SharingGroup) -> SharingGroup {
    let mut group = group.clone();
    group.members.sort_unstable();
    group
}
