//! A database and several processes: one that dies, two that write, one that has no room.

mod crash;
mod processes;
mod room;
mod writer;
