//! Values that are parsed once and then trusted.

mod timestamp;

pub use timestamp::Timestamp;
