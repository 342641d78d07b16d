//! The embedded contact database of cerebrate: store, change feed, lookup, import and export.

pub mod backend;
pub(crate) mod derive;
pub mod duplicates;
pub mod export;
pub mod feed;
pub mod import;
pub mod lookup;
pub mod overlaps;
pub mod sample;
pub mod sight;
pub mod statistics;
pub mod store;
pub mod system;
pub mod templates;

pub use store::{Store, StoreOptions};
