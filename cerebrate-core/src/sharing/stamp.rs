use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::bounded;
use crate::id::{NodeId, derive};

/// The highest count of a [`Stamp`]: the last whole number that every reader of JSON keeps.
/// Counting stops there, and what is read with a higher one is refused.
pub const MAX_COUNTER: u64 = (1 << 53) - 1;

/// How many nodes a [`Context`] that is read from outside may name.
pub const MAX_NODES: usize = 10_000;

/// Above this, a node counts only its own writes on. A peer that shows an absurdly high count can
/// therefore not use up the counts of the others.
const FOLLOWED: u64 = 1 << 48;

/// Names one write: the node that made it, and its count there.
///
/// Stamps are ordered by count, then by node; of two concurrent texts the one with the greater
/// stamp is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Which of the writes of that node it is, starting at 1.
    #[serde(deserialize_with = "counter")]
    pub counter: u64,
    /// Where it was written.
    pub node: NodeId,
}

/// Which writes have been seen: for every node the highest count, all lower ones included.
///
/// ```
/// use cerebrate_core::id::NodeId;
/// use cerebrate_core::sharing::{Context, Stamp};
/// use uuid::Uuid;
///
/// let node = NodeId::new(Uuid::from_u128(1));
/// let mut context = Context::new();
/// context.observe(Stamp { node, counter: 3 });
/// assert!(context.contains(Stamp { node, counter: 2 }));
/// assert!(!context.contains(Stamp { node, counter: 4 }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Context(BTreeMap<NodeId, u64>);

impl NodeId {
    /// The node in whose name *this* node stamps what it sees of a peer that has no stamps.
    ///
    /// Stamps must be given once only. Two nodes that watch the same peer see its edits at
    /// different times, so each counts them under a name of its own.
    ///
    /// ```
    /// use cerebrate_core::id::NodeId;
    /// use uuid::Uuid;
    ///
    /// let [here, there] = [1, 2].map(|node| NodeId::new(Uuid::from_u128(node)));
    /// let peer = Uuid::from_u128(9);
    /// assert_eq!(here.watching(peer), here.watching(peer));
    /// assert_ne!(here.watching(peer), there.watching(peer));
    /// ```
    #[must_use]
    pub fn watching(self, peer: Uuid) -> NodeId {
        NodeId::new(derive("watching", &[self.uuid().as_bytes(), peer.as_bytes()]))
    }
}

impl Context {
    /// The context of one who has seen nothing.
    pub const fn new() -> Self {
        Context(BTreeMap::new())
    }

    /// The highest count seen of `node`, 0 if none.
    pub fn counter(&self, node: NodeId) -> u64 {
        self.0.get(&node).copied().unwrap_or(0)
    }

    /// Whether this write has been seen.
    pub fn contains(&self, stamp: Stamp) -> bool {
        stamp.counter <= self.counter(stamp.node)
    }

    /// Notes a write, and with it all earlier ones of that node.
    pub fn observe(&mut self, stamp: Stamp) {
        if stamp.counter > 0 {
            let counter = self.0.entry(stamp.node).or_default();
            *counter = stamp.counter.max(*counter);
        }
    }

    /// Notes all that `other` has seen.
    pub fn merge(&mut self, other: &Context) {
        for (node, counter) in other.iter() {
            self.observe(Stamp { counter, node });
        }
    }

    /// Whether something has been seen here that `other` has not seen.
    pub fn is_ahead_of(&self, other: &Context) -> bool {
        self.iter().any(|(node, counter)| counter > other.counter(node))
    }

    /// The nodes seen, each with its highest count, by node.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.0.iter().map(|(node, counter)| (*node, *counter))
    }

    /// How many nodes have been seen.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing has been seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stamp of the next write of `node`: one more than everything seen, so that whoever has
    /// seen more gives the greater stamp.
    pub(super) fn next(&self, node: NodeId) -> Stamp {
        let highest = self.0.values().copied().max().unwrap_or(0);
        let last = if highest < FOLLOWED { highest } else { self.counter(node) };
        Stamp { counter: last.saturating_add(1).min(MAX_COUNTER), node }
    }
}

impl<'de> Deserialize<'de> for Context {
    /// Refuses more than [`MAX_NODES`] nodes, and counts outside `1..=`[`MAX_COUNTER`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let counters: BTreeMap<NodeId, bounded::Counter> =
            bounded::map::<MAX_NODES, _, _, _>(deserializer)?;
        Ok(Context(counters.into_iter().map(|(node, counter)| (node, counter.0)).collect()))
    }
}

fn counter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    bounded::Counter::deserialize(deserializer).map(|counter| counter.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u128) -> NodeId {
        NodeId::new(Uuid::from_u128(number))
    }

    #[test]
    fn a_context_holds_the_highest_count_of_each_node() {
        let [a, b] = [node(1), node(2)];
        let mut context = Context::new();
        assert!(context.is_empty());
        context.observe(Stamp { node: a, counter: 4 });
        context.observe(Stamp { node: a, counter: 2 });
        context.observe(Stamp { node: b, counter: 0 });
        assert_eq!((context.counter(a), context.counter(b), context.len()), (4, 0, 1));

        let mut other = Context::new();
        other.observe(Stamp { node: b, counter: 1 });
        assert!(context.is_ahead_of(&other) && other.is_ahead_of(&context));
        other.merge(&context);
        assert!(other.is_ahead_of(&context) && !context.is_ahead_of(&other));
        assert_eq!(other.iter().collect::<Vec<_>>(), [(a, 4), (b, 1)]);
    }

    #[test]
    fn the_next_stamp_is_greater_than_all_seen() {
        let mut context = Context::new();
        assert_eq!(context.next(node(1)), Stamp { node: node(1), counter: 1 });
        context.observe(Stamp { node: node(2), counter: 7 });
        assert_eq!(context.next(node(1)), Stamp { node: node(1), counter: 8 });
    }

    #[test]
    fn the_counts_of_others_never_use_up_ours() {
        let mut context = Context::new();
        context.observe(Stamp { node: node(2), counter: MAX_COUNTER });
        context.observe(Stamp { node: node(1), counter: 5 });
        assert_eq!(context.next(node(1)).counter, 6);
        assert_eq!(context.next(node(2)).counter, MAX_COUNTER);
    }

    #[test]
    fn stamps_are_ordered_by_count_then_node() {
        let mut stamps =
            [(2, 1), (1, 2), (1, 1)].map(|(counter, number)| Stamp { counter, node: node(number) });
        stamps.sort_unstable();
        assert_eq!(
            stamps.map(|stamp| (stamp.counter, stamp.node)),
            [(1, node(1)), (1, node(2)), (2, node(1)),]
        );
    }

    #[test]
    fn counts_outside_the_range_are_refused() {
        let text = |counter: &str| format!(r#"{{"counter":{counter},"node":"{}"}}"#, node(1));
        let stamp: Stamp = serde_json::from_str(&text("9007199254740991")).unwrap();
        assert_eq!(stamp.counter, MAX_COUNTER);
        for counter in ["0", "-1", "1.5", "9007199254740992", "18446744073709551615", "\"1\""] {
            assert!(serde_json::from_str::<Stamp>(&text(counter)).is_err(), "{counter}");
        }
    }
}
