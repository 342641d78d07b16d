//! The store through its public API.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;
mod feed;
mod lookup;
mod records;
mod search;
mod templates;
mod world;
