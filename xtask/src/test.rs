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
    let mut steps = vec![Step::run("format", Invocation::cargo(["fmt", "--all", "--check"]))];
    steps.extend(audit::quick());
    steps.push(Step::run(
        "lints",
        strict(Invocation::cargo(["clippy", "--workspace", "--all-targets", "--locked"])),
    ));
    steps.extend(packages.iter().flat_map(feature_lints));
    steps.push(Step::run("tests", Invocation::cargo(["test", "--workspace", "--locked"])));
    steps.extend(packages.iter().filter_map(feature_tests));
    steps.push(Step::run("documentation", documentation(packages)));
    steps
}

/// A package with features also compiles without any, with each alone and with all.
fn feature_lints(package: &Package) -> Vec<Step> {
    let features = buildable(package);
    if features.is_empty() {
        return Vec::new();
    }
    let clippy = || Invocation::cargo(["clippy", "--package", &package.name, "--locked"]);
    let bare = || clippy().arguments(["--no-default-features"]);
    let mut steps =
        vec![Step::run(format!("lints, {} without features", package.name), strict(bare()))];
    // Of a single feature, alone is all.
    for feature in features.iter().filter(|_| features.len() > 1) {
        steps.push(Step::run(
            format!("lints, {} with {feature} alone", package.name),
            strict(bare().arguments(["--features", feature])),
        ));
    }
    steps.push(Step::run(
        format!("lints, {} with all features", package.name),
        strict(clippy().arguments(["--all-targets", "--features"]).arguments([features.join(",")])),
    ));
    steps
}

/// The tests of what is off by default.
fn feature_tests(package: &Package) -> Option<Step> {
    let features = buildable(package);
    features.iter().any(|feature| !package.default_features.iter().any(|on| on == feature)).then(
        || {
            Step::run(
                format!("tests, {} with all features", package.name),
                Invocation::cargo(["test", "--package", &package.name, "--locked", "--features"])
                    .arguments([features.join(",")]),
            )
        },
    )
}

fn documentation(packages: &[Package]) -> Invocation {
    let features: Vec<String> = packages
        .iter()
        .flat_map(|package| {
            buildable(package).into_iter().map(|feature| format!("{}/{feature}", package.name))
        })
        .collect();
    let doc = Invocation::cargo(["doc", "--workspace", "--no-deps", "--locked"])
        .environment("RUSTDOCFLAGS", "-D warnings");
    if features.is_empty() {
        doc
    } else {
        doc.arguments(["--features"]).arguments([features.join(",")])
    }
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
    fn each_feature_is_linted_alone_and_with_the_others() {
        let store = package("cerebrate-store", &["bundled", "sqlite"], &["sqlite"]);
        assert_eq!(
            commands(feature_lints(&store)),
            [
                "cargo clippy --package cerebrate-store --locked --no-default-features -- -D warnings",
                "cargo clippy --package cerebrate-store --locked --no-default-features \
                 --features bundled -- -D warnings",
                "cargo clippy --package cerebrate-store --locked --no-default-features \
                 --features sqlite -- -D warnings",
                "cargo clippy --package cerebrate-store --locked --all-targets \
                 --features bundled,sqlite -- -D warnings",
            ]
        );
    }

    #[test]
    fn tests_run_again_only_where_a_feature_is_off_by_default() {
        let core = package("cerebrate-core", &["schema-check"], &[]);
        assert_eq!(
            commands(feature_tests(&core)),
            ["cargo test --package cerebrate-core --locked --features schema-check"]
        );
        let store = package("cerebrate-store", &["sqlite"], &["sqlite"]);
        assert!(feature_tests(&store).is_none());
        assert!(feature_tests(&package("cerebrate-wire", &[], &[])).is_none());
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
            "cargo clippy --workspace --all-targets --locked -- -D warnings",
            "cargo test --workspace --locked",
            "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked \
             --features cerebrate-core/schema-check",
        ] {
            assert!(typed.iter().any(|command| command == expected), "{expected}: {typed:#?}");
        }
    }
}
