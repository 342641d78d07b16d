//! Builders, worlds and conformance suites for the tests of cerebrate.
