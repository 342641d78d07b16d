//! Who is in a sharing group, and how copies of one group on several nodes become one again.
//!
//! A group is edited on more than one node, and messages between nodes are lost, repeated and
//! overtaken. [`GroupReplica`] is a copy that can be merged in any order, any number of times, and
//! still ends as the same group everywhere. It counts writes and never asks a clock.
//!
//! # Why a removal wins
//!
//! A sharing group is a distribution list: whoever is on it reads what is sent to it. When one node
//! removes an organisation while another one adds it, or touches it in any other way, only a person
//! can tell which of the two was meant. Until then one answer is given everywhere, and the two
//! possible mistakes do not weigh the same: whoever is wrongly left out asks and is added again;
//! what was wrongly sent cannot be called back. So the list fails closed: *out* beats *in*, *may
//! not extend* beats *may extend*, *inactive* beats *active*, *stays here* beats *travels*. Nothing
//! is final by that: to add an organisation again *having seen* its removal is a later edit, not a
//! concurrent one, and it holds. Organisations that were removed stay listed with who removed them
//! and when, so that nobody is left out without a trace.
//!
//! # Which part to use
//!
//! - [`MembershipDigest`] finds groups with equal membership, [`Difference`] says how two differ.
//! - [`GroupReplica::edit`] and [`GroupReplica::merge`] are for nodes that exchange replicas.
//! - [`GroupReplica::merge_unstamped`] is for a peer that shows only its group, never how the group
//!   came to be; [`Seen`] remembers what it showed last.
//! - [`Register`], [`Stamp`] and [`Context`] are the building blocks.

mod bounded;
mod difference;
mod membership;
mod register;
mod replica;
mod seen;
mod sound;
mod stamp;
#[cfg(test)]
mod tests;

pub use difference::{Difference, GroupField, difference};
pub use membership::MembershipDigest;
pub use register::{MAX_SIBLINGS, Register};
pub use replica::{GroupReplica, Membership, Removal, RemovedMember, ReplicaDigest};
pub use seen::Seen;
pub use sound::MAX_MEMBERS;
pub use stamp::{Context, MAX_COUNTER, MAX_NODES, Stamp};
