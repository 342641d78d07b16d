//! The store through its public API.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod actor;
mod audit;
mod auth_keys;
mod community;
mod conformance;
mod duplicates;
mod erase;
mod export;
mod feed;
mod groups;
mod held;
mod hostile;
mod import;
mod inbox;
mod lookup;
mod overlaps;
mod records;
mod rotation;
mod round_trip;
mod sample;
mod search;
mod statistics;
mod tags;
mod tampering;
mod template_laws;
mod templates;
mod undo_where;
mod users;
mod world;
