//! The store through its public API.

mod feed;
mod records;
mod search;
mod world;
