//! Files that every crate repeats say the same everywhere.

use std::fs;
use std::path::Path;

use super::conclude;
use crate::step::Failure;
use crate::workspace::{self, Package};

/// The licence texts: `cargo package` takes them from the directory of the crate.
const LICENCES: &[&str] = &["LICENSE-MIT", "LICENSE-APACHE"];

/// Clippy reads the nearest file only, so that one of a crate repeats the one of the workspace.
const CLIPPY: &str = "clippy.toml";

pub(super) fn check() -> Result<(), Failure> {
    let root = workspace::root();
    let packages = workspace::packages()?;
    let mut problems = Vec::new();
    for package in &packages {
        problems.extend(licence_problems(&root, package));
        problems.extend(clippy_problems(&root, package));
    }
    conclude(&problems, "licence texts and lint settings agree in every package")
}

fn licence_problems(root: &Path, package: &Package) -> Vec<String> {
    let wrong =
        |name: &&&str| match (fs::read(root.join(name)), fs::read(package.directory.join(name))) {
            (Ok(original), Ok(copy)) => original != copy,
            (Ok(_), Err(_)) => package.published,
            (Err(_), _) => true,
        };
    LICENCES
        .iter()
        .filter(wrong)
        .map(|name| format!("`{}` needs a copy of the root's `{name}`", package.name))
        .collect()
}

fn clippy_problems(root: &Path, package: &Package) -> Vec<String> {
    let Ok(own) = fs::read_to_string(package.directory.join(CLIPPY)) else { return Vec::new() };
    match fs::read_to_string(root.join(CLIPPY)) {
        Ok(common) => missing_lines(&common, &own)
            .map(|line| format!("`{}`: `{CLIPPY}` lacks the root's line `{line}`", package.name))
            .collect(),
        Err(error) => vec![format!("`{CLIPPY}` cannot be read: {error}")],
    }
}

/// The lines of `common` that `own` does not repeat.
fn missing_lines<'a>(common: &'a str, own: &'a str) -> impl Iterator<Item = &'a str> {
    common
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| !own.lines().any(|other| other.trim() == *line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_repeated_is_named() {
        let common = "# why\nallow-unwrap-in-tests = true\n\nlist = [\n    { path = \"a\" },\n]\n";
        let own = "list = [\n  { path = \"a\" },\n  { path = \"b\" },\n]\n";
        let missing: Vec<_> = missing_lines(common, own).collect();
        assert_eq!(missing, ["allow-unwrap-in-tests = true"]);
    }

    #[test]
    fn a_published_package_without_licence_texts_is_a_problem() {
        let root = workspace::root();
        let mut package = Package {
            name: "cerebrate-extra".to_owned(),
            directory: root.join("xtask/src"),
            published: true,
            ..Package::default()
        };
        assert_eq!(licence_problems(&root, &package).len(), 2);
        package.published = false;
        assert_eq!(licence_problems(&root, &package), Vec::<String>::new());
        package.directory = root.join("cerebrate-core");
        package.published = true;
        assert_eq!(licence_problems(&root, &package), Vec::<String>::new());
    }
}
