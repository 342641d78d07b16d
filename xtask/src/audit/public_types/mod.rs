//! No type of a 0.x crate stands in the public API of a library.
//!
//! Whoever uses such a type has to follow each of its versions, and so would we.

mod surface;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{conclude, counted};
use crate::step::{Failure, Invocation};
use crate::workspace::{self, Library, Package};
use surface::{Mention, Surface};

/// What makes rustdoc write JSON, which is not stable.
const JSON: &[&str] = &["-Z", "unstable-options", "--output-format", "json"];

/// Lets a stable toolchain take it.
const UNSTABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// What comes with the compiler.
const STANDARD: &[&str] = &["alloc", "core", "std"];

pub(super) fn check() -> Result<(), Failure> {
    // Apart from the other builds: build scripts ask for the variable, and would all run again.
    let target = workspace::target_directory()?.join("audit");
    if !is_written_here(&target) {
        println!("public types: not checked, the `rustdoc` of this toolchain writes no JSON");
        return Ok(());
    }
    let packages = workspace::packages()?;
    let libraries = workspace::libraries()?;
    let mut problems = Vec::new();
    let mut count = 0;
    let mut names = Vec::new();
    for package in packages.iter().filter(|package| package.published) {
        let Some(library) = &package.library else { continue };
        let surface = Surface::read(&document(package, library, &target)?)?;
        if surface.items == 0 {
            problems.push(format!("`{}`: nothing public is found", package.name));
        }
        count += surface.items;
        problems.extend(leaks(&surface.mentions, &libraries));
        names.push(package.name.as_str());
    }
    let looked_at = format!(
        "{} of {} name stable crates only",
        counted(count, "public item"),
        names.join(", ")
    );
    conclude(&problems, &looked_at)
}

/// Whether this toolchain writes JSON, found out with a crate that is empty.
fn is_written_here(target: &Path) -> bool {
    let rustdoc = std::env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".to_owned());
    let folder = target.join("probe");
    let invocation = Invocation::new(rustdoc)
        .environment(UNSTABLE.0, UNSTABLE.1)
        .arguments(["-", "--crate-name", "probe", "--out-dir"])
        .arguments([folder.display().to_string()])
        .arguments(JSON);
    invocation.read().is_ok() && folder.join("probe.json").exists()
}

/// What rustdoc says about a package with all its features.
fn document(package: &Package, library: &str, target: &Path) -> Result<Value, Failure> {
    let mut invocation = Invocation::cargo(["rustdoc", "--quiet", "--locked", "--lib"])
        .environment(UNSTABLE.0, UNSTABLE.1)
        .arguments(["--package", &package.name, "--target-dir"])
        .arguments([target.display().to_string()]);
    if !package.features.is_empty() {
        invocation = invocation.arguments(["--features", &package.features.join(",")]);
    }
    invocation.arguments(["--"]).arguments(JSON).run()?;
    let file = target.join("doc").join(format!("{library}.json"));
    let text = fs::read(&file)
        .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", file.display())))?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::new(format!("`{}` is not JSON: {error}", file.display())))
}

/// What is of a crate that may change with each of its versions, each said once.
fn leaks(mentions: &BTreeSet<Mention>, libraries: &[Library]) -> Vec<String> {
    let of = |mention: &Mention| -> Option<String> {
        let name = &mention.library;
        if STANDARD.contains(&name.as_str()) {
            return None;
        }
        let known: Vec<_> = libraries.iter().filter(|library| library.name == *name).collect();
        let unstable = known.iter().find(|library| !library.ours && !library.is_stable());
        match (known.first(), unstable) {
            (None, _) => Some(format!("`{name}`, which `cargo metadata` does not list")),
            (_, Some(library)) => Some(format!("`{}` {}", library.package, library.version)),
            _ => None,
        }
    };
    mentions
        .iter()
        .filter_map(|mention| {
            let Mention { item, kind, path, .. } = mention;
            of(mention).map(|origin| format!("{item}: {kind} `{path}` of {origin}"))
        })
        .collect()
}

#[cfg(test)]
mod tests;
