//! Fuzz targets: one plain function per reader of foreign bytes, and a driver that runs them on a
//! stable compiler. `cargo xtask fuzz` runs all of them; `README.md` says how to add one.

pub mod driver;
pub mod mutate;
pub mod targets;

pub use targets::{TARGETS, Target};
