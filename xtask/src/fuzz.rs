//! `cargo xtask fuzz`: the targets of `fuzz/`, with the driver that needs no nightly compiler.

use std::path;

use crate::step::{Failure, Invocation};

/// Runs one target, or all in turn; arguments go to the driver.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    Invocation::cargo(["run", "--quiet", "--locked", "--package", "cerebrate-fuzz"])
        .arguments(["--profile", "fuzz", "--"])
        .arguments(with_absolute_input(arguments))
        .run()
}

/// The driver starts in the workspace root; a path is meant from where we are.
fn with_absolute_input(arguments: &[String]) -> Vec<String> {
    let mut after_input = false;
    let absolute = |argument: &String| {
        let is_path = std::mem::replace(&mut after_input, argument == "--input");
        let absolute = is_path.then(|| path::absolute(argument).ok()).flatten();
        absolute.map_or_else(|| argument.clone(), |path| path.display().to_string())
    };
    arguments.iter().map(absolute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_input_is_a_path() {
        let typed = ["ids", "--seed", "5", "--input", "found"].map(str::to_owned);
        let passed = with_absolute_input(&typed);
        assert_eq!(passed[..4], typed[..4]);
        assert!(path::Path::new(&passed[4]).is_absolute() && passed[4].ends_with("found"));
    }
}
