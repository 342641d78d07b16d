//! `cargo xtask bench`: the benchmarks of `benches/`.

use crate::step::{Failure, Invocation};
use crate::workspace;

/// What the realistic world is read from.
const DATA: [&str; 2] = ["benches/data/asn-ipv4-num.csv", "benches/data/asn-ipv6-num.csv"];

/// Fetches the world if it is not there, builds what is measured and runs it; what follows goes to
/// the benchmarks, so that `-- lookup` selects some.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let root = workspace::root();
    let is_there = DATA.iter().all(|file| root.join(file).exists());
    if !is_there && let Err(failure) = Invocation::new("benches/fetch.sh").run() {
        println!("{failure}\nthe real world cannot be had; a generated one takes its place");
    }
    Invocation::cargo(["build", "--release", "--locked", "--bins"])
        .arguments(["--package", "cerebrate-server", "--package", "cerebrate-benches"])
        .run()?;
    let program = workspace::target_directory()?.join("release").join(program_name());
    Invocation::new(program.display().to_string()).arguments(for_benchmarks(arguments)).run()
}

fn program_name() -> String {
    format!("cerebrate-bench{}", std::env::consts::EXE_SUFFIX)
}

/// What stands behind `--`, or everything.
fn for_benchmarks(arguments: &[String]) -> &[String] {
    match arguments {
        [first, rest @ ..] if first == "--" => rest,
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_ours() {
        let typed = ["--", "lookup", "--quick"].map(str::to_owned);
        assert_eq!(for_benchmarks(&typed), &typed[1..]);
        assert_eq!(for_benchmarks(&typed[1..]), &typed[1..]);
        assert!(for_benchmarks(&[]).is_empty());
    }

    #[test]
    fn the_script_is_there() {
        assert!(workspace::root().join("benches/fetch.sh").exists());
    }
}
