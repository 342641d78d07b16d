//! Builders, worlds and conformance suites for the tests of cerebrate.
//!
//! A test that needs records takes them from [`builders`], one that needs many from [`world`]; a
//! store over another backend proves itself with [`store_conformance_tests!`]; a database file is
//! looked through with [`check::file`].
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

pub mod any;
pub mod arbitrary;
pub mod builders;
pub mod check;
pub mod clock;
pub mod conformance;
pub mod ids;
pub mod steps;
pub mod world;
pub mod worlds;
