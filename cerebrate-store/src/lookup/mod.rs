//! Who is responsible for an address, a network, an AS number, a domain or a country?
//!
//! [`Store::responsible_for`](crate::Store::responsible_for) answers with names and stored values;
//! [`Store::lookup`](crate::Store::lookup) has options, and snapshots for bulk work. Only
//! constituency fields and typed network fields make an organisation responsible.

mod answer;
mod ask;
mod candidate;
pub mod index;
mod seen;
mod service;
mod snapshot;
mod state;
mod table;
mod written;

pub use answer::{Basis, Match, OrganisationRef, Responsibility};
pub use ask::Lookup;
pub use snapshot::{Hit, Hits, Prefixes, Snapshot};

pub(crate) use seen::Seen;
pub(crate) use service::Service;
pub(crate) use written::Written;
