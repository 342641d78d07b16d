//! `cargo xtask bench`: the benchmarks of `benches/`.

use crate::step::{Failure, Invocation};

/// Runs the benchmarks; what follows goes to `cargo bench`, so that `-- prefix` selects some.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    Invocation::cargo(["bench", "--locked", "--package", "cerebrate-benches"])
        .arguments(arguments)
        .run()
}
