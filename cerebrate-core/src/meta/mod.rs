//! Meta-templates at work: reading and writing their files, checking values against them,
//! exporting them as JSON Schema, moving values from one version to the next.
//!
//! ```
//! use cerebrate_core::meta::Library;
//!
//! let library = Library::shipped();
//! let template = library.find("cerebrate/csirt-constituency")?;
//! let problems = template.check([("IPv4 address", "10.0.0.300"), ("AS Number", "AS64500")]);
//! assert_eq!(problems.len(), 1);
//! assert_eq!(problems[0].field(), "IPv4 address");
//! # Ok::<(), cerebrate_core::Error>(())
//! ```

mod check;
mod codes;
mod compiled;
mod date;
pub mod file;
mod json;
mod library;
mod loose;
mod near;
mod network;
pub mod pattern;
mod record;
pub mod schema;
#[cfg(feature = "schema-check")]
pub mod schema_check;
mod skeleton;
mod strict;
pub mod upgrade;

pub use check::{FieldVerdict, Profile, Verdict};
pub use compiled::{CompiledField, CompiledTemplate};
pub use library::Library;
pub use skeleton::new_template;
