//! The store through its public API.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod audit;
mod community;
mod conformance;
mod duplicates;
mod export;
mod feed;
mod groups;
mod held;
mod hostile;
mod import;
mod lookup;
mod overlaps;
mod records;
mod round_trip;
mod sample;
mod search;
mod statistics;
mod tags;
mod template_laws;
mod templates;
mod world;
