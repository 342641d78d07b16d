//! `cargo xtask fuzz`: the targets of `fuzz/`, with the driver that needs no nightly compiler.

use crate::step::{Failure, Invocation};

/// Runs one target, or all in turn; arguments go to the driver.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    Invocation::cargo(["run", "--quiet", "--locked", "--package", "cerebrate-fuzz"])
        .arguments(["--profile", "fuzz", "--"])
        .arguments(arguments)
        .run()
}
