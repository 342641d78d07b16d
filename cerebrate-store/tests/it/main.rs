//! The store through its public API.

mod feed;
mod lookup;
mod records;
mod search;
mod world;
