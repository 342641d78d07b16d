//! The realistic world and every benchmark, peers side by side.
