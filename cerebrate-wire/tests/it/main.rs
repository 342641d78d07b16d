//! The readers and writers through their public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod read;
mod robust;
mod round_trip;
mod write;
