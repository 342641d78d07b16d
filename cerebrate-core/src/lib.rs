//! The pure part of cerebrate: data model, meta-templates, validation. It never touches a file, a
//! socket, a clock or a random source; what it needs of those is passed in.

pub mod access;
pub mod audit;
pub mod clock;
pub mod constituency;
pub mod error;
pub mod fold;
mod hex;
pub mod id;
pub mod inbox;
pub mod mailing;
pub mod meta;
pub mod model;
pub mod node_key;
pub mod problem;
pub mod query;
pub mod secret;
pub mod sharing;
pub mod subject;
pub mod value;
pub mod words;

pub use error::{Error, Kind, Result};
