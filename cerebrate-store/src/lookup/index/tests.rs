//! Every question against a scan of all claims.

mod changes;
mod model;
mod questions;
