//! `cargo deny`, at one version, installed where `cargo clean` removes it.

use std::path::Path;

use crate::step::{Failure, Invocation};
use crate::workspace;

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

pub(super) fn check() -> Result<(), Failure> {
    let tools = workspace::target_directory()?.join("tools");
    let program = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !is_installed(&program) {
        install(&tools)?;
    }
    println!("advisories: not checked, their database would have to be fetched");
    Invocation::new(program.display().to_string())
        .arguments(["--offline", "check", "--hide-inclusion-graph"])
        .arguments(["licenses", "bans", "sources"])
        .run()
}

fn is_installed(program: &Path) -> bool {
    program.exists()
        && Invocation::new(program.display().to_string())
            .arguments(["--version"])
            .read()
            .is_ok_and(|answer| answer.trim() == format!("cargo-deny {VERSION}"))
}

fn install(tools: &Path) -> Result<(), Failure> {
    println!("installing cargo-deny {VERSION} into {}", tools.display());
    // Unoptimised: it is built once in a while and runs for a second.
    let invocation = Invocation::cargo(["install", "cargo-deny", "--locked", "--version", VERSION])
        .arguments(["--debug", "--force", "--root"])
        .arguments([tools.display().to_string()]);
    invocation.run().map_err(|_| {
        Failure::with_hint(
            format!("cargo-deny {VERSION} could not be installed"),
            format!("it is built from crates.io, which needs the network once: {invocation}"),
        )
    })
}
