//! The readers and writers through their public interface.

mod read;
mod robust;
mod round_trip;
mod write;
