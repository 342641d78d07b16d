//! Integration tests, one binary.

mod pattern;
mod verdicts;
