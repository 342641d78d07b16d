use std::collections::BTreeSet;

use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bounded;
use super::stamp::{Context, MAX_NODES, Stamp};
use crate::id::NodeId;

/// How many concurrent values a [`Register`] that is read from outside may hold.
pub const MAX_SIBLINGS: usize = 256;

/// One value that several nodes write. Concurrent writes stand side by side as *siblings* until a
/// write that has seen them takes their place.
///
/// [`Register::merge`] is associative, commutative and idempotent: replicas that have seen the same
/// writes are equal, in whatever order, how often and over whom they came.
///
/// A stamp belongs to one write. Should a node give it again (after it was restored from a backup;
/// at [`MAX_COUNTER`](super::MAX_COUNTER), where counting stops), both values stand side by side
/// where both are held; whoever has seen a later write already keeps that.
///
/// ```
/// use cerebrate_core::id::NodeId;
/// use cerebrate_core::sharing::Register;
/// use uuid::Uuid;
///
/// let [a, b] = [1, 2].map(|number| NodeId::new(Uuid::from_u128(number)));
/// let mut here = Register::new(a, "draft");
/// let mut there = here.clone();
///
/// // Concurrent: both stay.
/// here.write(a, "red");
/// there.write(b, "blue");
/// here.merge(&there);
/// assert_eq!(here.siblings().map(|(_, value)| *value).collect::<Vec<_>>(), ["red", "blue"]);
///
/// // A write that has seen both replaces both.
/// here.write(a, "green");
/// there.merge(&here);
/// assert_eq!(there.siblings().map(|(_, value)| *value).collect::<Vec<_>>(), ["green"]);
/// assert_eq!(here, there);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register<T> {
    siblings: BTreeSet<(Stamp, T)>,
    context: Context,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Register { siblings: BTreeSet::new(), context: Context::new() }
    }
}

impl<T: Ord> Register<T> {
    /// A register with a first value.
    pub fn new(node: NodeId, value: T) -> Self {
        let mut register = Register::default();
        register.write(node, value);
        register
    }

    /// Replaces all siblings by `value`, written at `node`.
    pub fn write(&mut self, node: NodeId, value: T) -> Stamp {
        self.siblings.clear();
        self.insert(node, value)
    }

    /// Writes for someone who has seen less than this register holds: only siblings in `known`, and
    /// earlier ones of `node` itself, are replaced. The others are concurrent and stay.
    pub fn write_knowing(&mut self, node: NodeId, value: T, known: &Context) -> Stamp {
        self.siblings.retain(|(stamp, _)| stamp.node != node && !known.contains(*stamp));
        self.insert(node, value)
    }

    fn insert(&mut self, node: NodeId, value: T) -> Stamp {
        let stamp = self.context.next(node);
        self.context.observe(stamp);
        self.siblings.insert((stamp, value));
        stamp
    }

    /// Takes over what `other` has seen: what one side has seen and no longer holds goes, what it
    /// has not seen stays.
    pub fn merge(&mut self, other: &Self)
    where
        T: Clone,
    {
        self.siblings.retain(|(stamp, _)| other.holds(*stamp) || !other.context.contains(*stamp));
        for (stamp, value) in &other.siblings {
            if self.holds(*stamp) || !self.context.contains(*stamp) {
                self.siblings.insert((*stamp, value.clone()));
            }
        }
        self.context.merge(&other.context);
    }

    fn holds(&self, stamp: Stamp) -> bool {
        self.siblings.iter().any(|(held, _)| *held == stamp)
    }

    /// The values that nobody has replaced, each with its stamp, in the order of their stamps. One,
    /// unless there were concurrent writes.
    pub fn siblings(&self) -> impl DoubleEndedIterator<Item = (Stamp, &T)> + ExactSizeIterator {
        self.siblings.iter().map(|(stamp, value)| (*stamp, value))
    }

    /// Which writes this register has seen, those included whose values are gone.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether it holds no value.
    pub(super) fn is_empty(&self) -> bool {
        self.siblings.is_empty()
    }

    /// Whether it could be read back: no more siblings and nodes than are taken from outside.
    pub(super) fn is_within_limits(&self) -> bool {
        self.siblings.len() <= MAX_SIBLINGS && self.context.len() <= MAX_NODES
    }

    /// What is implied by the siblings alone.
    fn implied(&self) -> Context {
        let mut implied = Context::new();
        for (stamp, _) in self.siblings() {
            implied.observe(stamp);
        }
        implied
    }
}

impl<T: Ord + Serialize> Serialize for Register<T> {
    /// Writes `{"held":[[count,node,value],…],"seen":{node:count,…}}`; `seen` lists only what the
    /// held values do not imply, and is left out if that is nothing.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let held: Vec<(u64, NodeId, &T)> = self
            .siblings()
            .map(|(Stamp { counter, node }, value)| (counter, node, value))
            .collect();
        let implied = self.implied();
        let mut seen = Context::new();
        for (node, counter) in self.context.iter() {
            if counter > implied.counter(node) {
                seen.observe(Stamp { counter, node });
            }
        }
        let fields = 1 + usize::from(!seen.is_empty());
        let mut register = serializer.serialize_struct("Register", fields)?;
        register.serialize_field("held", &held)?;
        if seen.is_empty() {
            register.skip_field("seen")?;
        } else {
            register.serialize_field("seen", &seen)?;
        }
        register.end()
    }
}

#[derive(Deserialize)]
struct Shape<T> {
    #[serde(deserialize_with = "held", bound(deserialize = "T: Deserialize<'de>"))]
    held: Vec<(bounded::Counter, NodeId, T)>,
    #[serde(default)]
    seen: Context,
}

fn held<'de, D, T>(deserializer: D) -> Result<Vec<(bounded::Counter, NodeId, T)>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    bounded::list::<MAX_SIBLINGS, _, _>(deserializer)
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Register<T> {
    /// Refuses more than [`MAX_SIBLINGS`] siblings and more than [`MAX_NODES`] nodes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Shape { held, seen } = Shape::deserialize(deserializer)?;
        let mut register = Register { siblings: BTreeSet::new(), context: seen };
        for (bounded::Counter(counter), node, value) in held {
            let stamp = Stamp { counter, node };
            register.context.observe(stamp);
            register.siblings.insert((stamp, value));
        }
        if register.context.len() > MAX_NODES {
            return Err(D::Error::custom(format_args!(
                "more than {MAX_NODES} nodes have written one value"
            )));
        }
        Ok(register)
    }
}
