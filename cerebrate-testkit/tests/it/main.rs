//! A database and several processes: one that dies, two that write, one that has no room.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod crash;
mod processes;
mod room;
mod writer;
