//! The store through its public API.

mod duplicates;
mod export;
mod feed;
mod import;
mod records;
mod search;
mod world;
