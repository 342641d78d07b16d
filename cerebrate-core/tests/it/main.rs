//! Integration tests, one binary.

mod pattern;
