//! The store through its public API.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod feed;
mod hostile;
mod lookup;
mod records;
mod search;
mod world;
