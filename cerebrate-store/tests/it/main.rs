//! The store through its public API.

mod conformance;
mod feed;
mod records;
mod search;
mod world;
