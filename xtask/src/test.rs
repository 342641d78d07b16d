//! `cargo xtask test`: everything that CI runs.

use crate::audit;
use crate::step::{Failure, Invocation, Step, run_all};
use crate::workspace::{self, Package};

/// Features that a machine with Rust and a C compiler cannot build, and why.
const NOT_BUILT: &[(&str, &str, &str)] =
    &[("cerebrate-fuzz", "libfuzzer", "needs a nightly compiler and its sanitizers")];

/// Runs all steps.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(argument) = arguments.first() {
        return Err(Failure::Usage(format!("`test` takes no argument: {argument}")));
    }
    run_all(&steps(&workspace::packages()?))
}

/// The table of steps, quick ones first. Those of another language go at its end.
fn steps(packages: &[Package]) -> Vec<Step> {
    let clippy = || Invocation::cargo(["clippy", "--locked"]);
    let test = || Invocation::cargo(["test", "--locked"]);
    let mut steps = vec![Step::run("format", Invocation::cargo(["fmt", "--all", "--check"]))];
    steps.extend(audit::quick());
    steps.push(Step::run("lints", strict(clippy().arguments(["--workspace", "--all-targets"]))));
    steps.extend(packages.iter().flat_map(bare_lints));
    steps.extend(
        with_everything(packages, clippy().arguments(["--all-targets"]))
            .map(|clippy| Step::run("lints, with what is off by default", strict(clippy))),
    );
    steps.push(Step::run("tests", test().arguments(["--workspace"])));
    steps.extend(
        with_everything(packages, test())
            .map(|test| Step::run("tests, with what is off by default", test)),
    );
    steps.push(Step::run("documentation", documentation(packages)));
    steps
}

/// A package with features also compiles without any, and with each alone.
fn bare_lints(package: &Package) -> Vec<Step> {
    let features = buildable(package);
    if features.is_empty() {
        return Vec::new();
    }
    let name = &package.name;
    let bare =
        || Invocation::cargo(["clippy", "--locked", "--package", name, "--no-default-features"]);
    let without = Step::run(format!("lints, {name} without features"), strict(bare()));
    let alone = features.iter().map(|feature| {
        Step::run(
            format!("lints, {name} with {feature} alone"),
            strict(bare().arguments(["--features", feature])),
        )
    });
    std::iter::once(without).chain(alone).collect()
}

/// The packages of which something is off by default, with all of it on: one build for all.
fn with_everything(packages: &[Package], invocation: Invocation) -> Option<Invocation> {
    let partial: Vec<&Package> = packages
        .iter()
        .filter(|package| {
            buildable(package)
                .iter()
                .any(|feature| !package.default_features.iter().any(|on| on == feature))
        })
        .collect();
    let features: Vec<String> = partial.iter().flat_map(|package| qualified(package)).collect();
    let selection = partial.iter().flat_map(|package| ["--package", package.name.as_str()]);
    (!partial.is_empty()).then(|| {
        invocation.arguments(selection).arguments(["--features"]).arguments([features.join(",")])
    })
}

fn documentation(packages: &[Package]) -> Invocation {
    let features: Vec<String> = packages.iter().flat_map(qualified).collect();
    let doc = Invocation::cargo(["doc", "--locked", "--workspace", "--no-deps"])
        .environment("RUSTDOCFLAGS", "-D warnings");
    if features.is_empty() {
        doc
    } else {
        doc.arguments(["--features"]).arguments([features.join(",")])
    }
}

fn qualified(package: &Package) -> Vec<String> {
    buildable(package).iter().map(|feature| format!("{}/{feature}", package.name)).collect()
}

fn buildable(package: &Package) -> Vec<&str> {
    let skipped = |feature: &str| {
        NOT_BUILT.iter().any(|(name, skipped, _)| *name == package.name && *skipped == feature)
    };
    package.features.iter().map(String::as_str).filter(|feature| !skipped(feature)).collect()
}

fn strict(clippy: Invocation) -> Invocation {
    clippy.arguments(["--", "-D", "warnings"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, features: &[&str], default_features: &[&str]) -> Package {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: name.to_owned(),
            features: owned(features),
            default_features: owned(default_features),
            ..Package::default()
        }
    }

    fn commands(steps: impl IntoIterator<Item = Step>) -> Vec<String> {
        steps.into_iter().map(|step| step.command()).collect()
    }

    #[test]
    fn each_feature_is_linted_alone() {
        let store = package("cerebrate-store", &["bundled", "sqlite"], &["sqlite"]);
        let bare = "cargo clippy --locked --package cerebrate-store --no-default-features";
        assert_eq!(
            commands(bare_lints(&store)),
            [
                format!("{bare} -- -D warnings"),
                format!("{bare} --features bundled -- -D warnings"),
                format!("{bare} --features sqlite -- -D warnings"),
            ]
        );
        assert!(bare_lints(&package("cerebrate-wire", &[], &[])).is_empty());
    }

    #[test]
    fn what_is_off_by_default_is_switched_on_in_one_build() {
        let packages = [
            package("cerebrate-core", &["openpgp", "schema-check"], &["schema-check"]),
            package("cerebrate-wire", &[], &[]),
            package("cerebrate-store", &["sqlite"], &["sqlite"]),
            package("cerebrate-sync", &["http"], &[]),
        ];
        let invocation = with_everything(&packages, Invocation::cargo(["test"])).unwrap();
        assert_eq!(
            invocation.to_string(),
            "cargo test --package cerebrate-core --package cerebrate-sync --features \
             cerebrate-core/openpgp,cerebrate-core/schema-check,cerebrate-sync/http"
        );
        assert!(with_everything(&packages[1..3], Invocation::cargo(["test"])).is_none());
    }

    #[test]
    fn what_cannot_be_built_here_is_left_out_everywhere() {
        let packages = [package("cerebrate-fuzz", &["libfuzzer"], &[])];
        let typed = commands(steps(&packages)).join("\n");
        assert!(!typed.contains("libfuzzer"), "{typed}");
    }

    #[test]
    fn the_table_has_format_lints_tests_and_documentation() {
        let typed = commands(steps(&[package("cerebrate-core", &["schema-check"], &[])]));
        for expected in [
            "cargo fmt --all --check",
            "cargo clippy --locked --workspace --all-targets -- -D warnings",
            "cargo test --locked --workspace",
            "RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps \
             --features cerebrate-core/schema-check",
        ] {
            assert!(typed.iter().any(|command| command == expected), "{expected}: {typed:#?}");
        }
    }
}
