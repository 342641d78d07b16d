//! Who may see and do what: one table of pure questions, for every way in.
//!
//! An [`Actor`] is a user with what decides about rights; a [`Resource`] is as much of a record as
//! decides about it. [`may`] answers whether an action is allowed, [`sight`] how much of a record
//! is seen, [`grounds`] why, and [`visible`] which records of a kind, as a filter.
//!
//! - What somebody does not see is *not there*: no refusal tells of it.
//! - Nobody grants, assigns or hands out a permission that they do not hold.
//! - A permission that is not granted is no permission: there is no third value.

mod actor;
mod explain;
mod limitation;
mod may;
mod password;
mod permission;
mod resource;
mod sight;
#[cfg(test)]
mod tests;
mod verdict;

pub use actor::Actor;
pub use explain::{Ground, grounds};
pub use limitation::{Quota, says_yes};
pub use may::may;
pub use password::accept_password;
pub use permission::{Permission, Permissions};
pub use resource::{Account, Action, Body, Circle, Holder, Person, Resource};
pub use sight::{Anchors, Sight, Sort, Visible, sight, visible};
pub use verdict::{Reason, Right, Verdict};
