//! Any interleaving, duplication, loss and retry of the same edits ends in the same group, and that
//! group is the one that the history of the edits calls for.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Change, any_group, change, node, sorted};
use crate::id::OrganisationId;
use crate::model::{Member, SharingGroup};
use crate::sharing::{Difference, GroupField, GroupReplica};

#[derive(Debug, Clone)]
enum Step {
    /// Somebody changes the group at a node.
    Edit(Index, Vec<Change>),
    /// A node sends its state to whom it may concern.
    Send(Index),
    /// One of the messages sent so far arrives at a node: for the first time, again, or late.
    Arrive(Index, Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<Index>(), proptest::collection::vec(change(), 1..4))
            .prop_map(|(node, changes)| Step::Edit(node, changes)),
        2 => any::<Index>().prop_map(Step::Send),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(what, to)| Step::Arrive(what, to)),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Field(GroupField),
    Member(OrganisationId),
}

/// One write to one place, with all writes that its author had seen.
#[derive(Debug)]
struct Write {
    place: Place,
    group: SharingGroup,
    past: BTreeSet<usize>,
}

/// What the group must be, told from the history alone.
#[derive(Debug, Default)]
struct History(Vec<Write>);

impl History {
    fn note(&mut self, past: &BTreeSet<usize>, places: Vec<Place>, group: &SharingGroup) {
        for place in places {
            self.0.push(Write { place, group: group.clone(), past: past.clone() });
        }
    }

    /// For each place the writes that no other seen write has seen.
    fn latest(&self, seen: &BTreeSet<usize>) -> BTreeMap<Place, Vec<&SharingGroup>> {
        let mut latest: BTreeMap<Place, Vec<&SharingGroup>> = BTreeMap::new();
        for &index in seen {
            let write = &self.0[index];
            let is_replaced = seen.iter().any(|&later| {
                self.0[later].place == write.place && self.0[later].past.contains(&index)
            });
            if !is_replaced {
                latest.entry(write.place).or_default().push(&write.group);
            }
        }
        latest
    }

    fn check(&self, seen: &BTreeSet<usize>, replica: &GroupReplica) -> Result<(), TestCaseError> {
        let group = replica.group();
        let mut members = Vec::new();
        for (place, writes) in self.latest(seen) {
            let one_says = |says: &dyn Fn(&SharingGroup) -> bool| writes.iter().any(|w| says(w));
            match place {
                Place::Member(organisation) => {
                    let entries: Vec<Option<&Member>> = writes
                        .iter()
                        .map(|group| group.members.iter().find(|m| m.organisation == organisation))
                        .collect();
                    if let Some(entries) = entries.into_iter().collect::<Option<Vec<_>>>() {
                        let extend = entries.iter().all(|member| member.extend);
                        members.push(Member { organisation, extend });
                    }
                }
                Place::Field(GroupField::Active) => {
                    prop_assert_eq!(group.active, !one_says(&|write| !write.active));
                }
                Place::Field(GroupField::Local) => {
                    prop_assert_eq!(group.local, one_says(&|write| write.local));
                }
                Place::Field(GroupField::Name) => {
                    prop_assert!(one_says(&|write| write.name == group.name));
                }
                Place::Field(GroupField::Releasability) => {
                    prop_assert!(one_says(&|write| write.releasability == group.releasability));
                }
                Place::Field(GroupField::Description) => {
                    prop_assert!(one_says(&|write| write.description == group.description));
                }
                Place::Field(GroupField::Owner) => prop_assert!(false, "the owner was written"),
            }
        }
        prop_assert_eq!(&group.members, &members);
        let out: Vec<_> = replica.removed().iter().map(|gone| gone.organisation).collect();
        let listed = |organisation| members.iter().any(|m: &Member| m.organisation == organisation);
        let expected: Vec<_> = self
            .latest(seen)
            .into_keys()
            .filter_map(|place| match place {
                Place::Member(organisation) if !listed(organisation) => Some(organisation),
                _ => None,
            })
            .collect();
        prop_assert_eq!(out, expected);
        Ok(())
    }
}

fn places(difference: &Difference) -> Vec<Place> {
    let members =
        difference.added.iter().chain(&difference.removed).chain(&difference.extend_changed);
    let members = members.map(|member| Place::Member(member.organisation));
    members.chain(difference.fields.iter().copied().map(Place::Field)).collect()
}

fn all_places(group: &SharingGroup) -> Vec<Place> {
    let fields = [
        GroupField::Name,
        GroupField::Releasability,
        GroupField::Description,
        GroupField::Active,
        GroupField::Local,
    ];
    let members = group.members.iter().map(|member| Place::Member(member.organisation));
    members.chain(fields.map(Place::Field)).collect()
}

#[derive(Debug, Clone)]
struct Node {
    replica: GroupReplica,
    seen: BTreeSet<usize>,
}

struct World {
    nodes: Vec<Node>,
    messages: Vec<Node>,
    history: History,
}

impl World {
    /// Nodes that start from one replica, or each from what it was given on paper.
    fn new(count: usize, starts: &[SharingGroup], apart: bool) -> World {
        let mut history = History::default();
        let mut nodes: Vec<Node> = Vec::new();
        for (index, start) in starts.iter().take(count).enumerate() {
            if let (Some(first), false) = (nodes.first(), apart) {
                nodes.push(first.clone());
                continue;
            }
            let from = history.0.len();
            history.note(&BTreeSet::new(), all_places(start), start);
            let replica = GroupReplica::from_group(start, node(index));
            nodes.push(Node { replica, seen: (from..history.0.len()).collect() });
        }
        World { nodes, messages: Vec::new(), history }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let count = self.nodes.len();
        let touched = match step {
            Step::Send(from) => {
                self.messages.push(from.get(&self.nodes).clone());
                return Ok(());
            }
            Step::Arrive(..) if self.messages.is_empty() => return Ok(()),
            Step::Arrive(what, to) => {
                let message = what.get(&self.messages);
                let to = to.index(count);
                self.nodes[to].replica.merge(&message.replica).unwrap();
                self.nodes[to].seen.extend(&message.seen);
                to
            }
            Step::Edit(at, changes) => {
                let at = at.index(count);
                let Node { replica, seen } = &mut self.nodes[at];
                let wanted = super::with(&replica.group(), changes);
                let difference = replica.edit(node(at), &wanted, Some("anna"), None).unwrap();
                prop_assert_eq!(replica.group(), sorted(&wanted));
                let from = self.history.0.len();
                self.history.note(seen, places(&difference), &wanted);
                seen.extend(from..self.history.0.len());
                at
            }
        };
        let Node { replica, seen } = &self.nodes[touched];
        self.history.check(seen, replica)
    }

    /// Everybody hears of everything, over whoever comes.
    fn exchange(&mut self, order: &[(Index, Index)]) {
        let count = self.nodes.len();
        let all = (0..count).flat_map(|to| (0..count).map(move |from| (from, to)));
        let some = order.iter().map(|(from, to)| (from.index(count), to.index(count)));
        for (from, to) in some.chain(all.clone()).chain(all).collect::<Vec<_>>() {
            let message = self.nodes[from].clone();
            self.nodes[to].replica.merge(&message.replica).unwrap();
            self.nodes[to].seen.extend(&message.seen);
        }
    }
}

proptest! {
    #[test]
    fn replicas_converge_to_what_the_history_calls_for(
        count in 2..=4_usize,
        starts in proptest::collection::vec(any_group(), 4),
        apart: bool,
        steps in proptest::collection::vec(step(), 1..40),
        order in proptest::collection::vec(any::<(Index, Index)>(), 0..12),
    ) {
        let mut world = World::new(count, &starts, apart);
        for step in &steps {
            world.take(step)?;
        }
        let before = world.nodes.clone();
        world.exchange(&order);
        let first = &world.nodes[0];
        world.history.check(&first.seen, &first.replica)?;
        for node in &world.nodes {
            prop_assert_eq!(&node.replica, &first.replica);
            prop_assert_eq!(node.replica.removed(), first.replica.removed());
            prop_assert_eq!(node.replica.digest(), first.replica.digest());
        }

        // The same states, merged in the opposite order and with old messages in between.
        let mut backwards = before[before.len() - 1].replica.clone();
        for other in before.iter().rev() {
            backwards.merge(&other.replica).unwrap();
            for message in &world.messages {
                backwards.merge(&message.replica).unwrap();
            }
        }
        prop_assert_eq!(&backwards, &first.replica);

        // Old messages never bring anything back.
        for message in &world.messages {
            backwards.merge(&message.replica).unwrap();
        }
        prop_assert_eq!(&backwards, &first.replica);

        let json = serde_json::to_vec(&backwards).unwrap();
        prop_assert_eq!(&GroupReplica::from_json(&json).unwrap(), &backwards);
    }
}
