//! The embedded contact database of cerebrate: store, change feed, lookup, import and export.

pub mod lookup;
