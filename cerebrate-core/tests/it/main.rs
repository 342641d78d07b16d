//! Integration tests, one binary.

mod pattern;
mod sample;
mod search;
mod verdicts;
