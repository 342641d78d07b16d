//! Dependencies between our crates point one way.

use super::conclude;
use crate::step::Failure;
use crate::workspace::{self, Package};

/// The layers, lowest first: each may depend on those before it.
const LAYERS: &[&str] = &[
    "cerebrate-libraries",
    "cerebrate-core",
    "cerebrate-wire",
    "cerebrate-store",
    "cerebrate-sync",
    "cerebrate-misp",
    "cerebrate-server",
];

/// The crate that re-exports the layers.
const FACADE: &str = "cerebrate";

/// What tests share: any crate may use it, for its tests only.
const TESTKIT: &str = "cerebrate-testkit";

/// Packages on the outside: they may depend on any layer and the facade, nothing on them.
const OUTSIDE: &[&str] = &[
    "cerebrate-examples",
    "cerebrate-benches",
    "cerebrate-fuzz",
    "cerebrate-node",
    "pycerebrate",
    "xtask",
];

pub(super) fn check() -> Result<(), Failure> {
    let packages = workspace::packages()?;
    let looked_at = format!("{} packages depend on lower layers only", packages.len());
    conclude(&violations(&packages), &looked_at)
}

fn violations(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        if place(name).is_none() {
            problems.push(format!(
                "`{name}` has no place in the layers; give it one in `xtask/src/audit/direction.rs`"
            ));
            continue;
        }
        for dependency in &package.dependencies {
            let target = dependency.name.as_str();
            let ours = packages.iter().any(|package| package.name == target);
            if ours && target != name && !permitted(name, target, dependency.development) {
                problems.push(format!("`{name}` must not depend on `{target}`"));
            }
        }
    }
    problems
}

fn permitted(from: &str, to: &str, development: bool) -> bool {
    match (place(from), place(to)) {
        (Some(from), Some(Place::Testkit)) => development || matches!(from, Place::Outside),
        (Some(Place::Layer(from)), Some(Place::Layer(to))) => to < from,
        (Some(Place::Facade | Place::Testkit | Place::Outside), Some(Place::Layer(_)))
        | (Some(Place::Outside), Some(Place::Facade)) => true,
        _ => false,
    }
}

enum Place {
    Layer(usize),
    Facade,
    Testkit,
    Outside,
}

fn place(name: &str) -> Option<Place> {
    match name {
        FACADE => Some(Place::Facade),
        TESTKIT => Some(Place::Testkit),
        name if OUTSIDE.contains(&name) => Some(Place::Outside),
        name => LAYERS.iter().position(|layer| *layer == name).map(Place::Layer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    /// All packages, of which `from` depends on `to`.
    fn workspace(from: &str, to: &str, development: bool) -> Vec<Package> {
        let names = LAYERS.iter().chain([&FACADE, &TESTKIT]).chain(OUTSIDE);
        names
            .map(|name| Package {
                name: (*name).to_owned(),
                dependencies: if *name == from {
                    vec![Dependency { name: to.to_owned(), development }]
                } else {
                    Vec::new()
                },
                ..Package::default()
            })
            .collect()
    }

    #[test]
    fn what_points_down_is_permitted() {
        for (from, to) in [
            ("cerebrate-core", "cerebrate-libraries"),
            ("cerebrate-server", "cerebrate-store"),
            ("cerebrate-testkit", "cerebrate-store"),
            ("cerebrate", "cerebrate-server"),
            ("cerebrate-examples", "cerebrate"),
            ("cerebrate-benches", "cerebrate-testkit"),
            ("pycerebrate", "cerebrate"),
            ("cerebrate-core", "serde"),
        ] {
            assert_eq!(violations(&workspace(from, to, false)), Vec::<String>::new());
        }
        assert_eq!(
            violations(&workspace("cerebrate-core", "cerebrate-testkit", true)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_points_up_or_sideways_is_a_problem() {
        for (from, to) in [
            ("cerebrate-libraries", "cerebrate-core"),
            ("cerebrate-core", "cerebrate-wire"),
            ("cerebrate-store", "cerebrate-server"),
            ("cerebrate-server", "cerebrate"),
            ("cerebrate-core", "cerebrate-testkit"),
            ("cerebrate", "cerebrate-testkit"),
            ("cerebrate-testkit", "cerebrate"),
            ("cerebrate-server", "xtask"),
            ("cerebrate-examples", "cerebrate-benches"),
            ("cerebrate", "pycerebrate"),
        ] {
            let expected = format!("`{from}` must not depend on `{to}`");
            assert_eq!(violations(&workspace(from, to, false)), [expected]);
        }
        assert_eq!(violations(&workspace("cerebrate-core", "cerebrate-store", true)).len(), 1);
    }

    #[test]
    fn a_package_without_a_place_is_a_problem() {
        let packages = [Package { name: "cerebrate-extra".to_owned(), ..Package::default() }];
        assert_eq!(violations(&packages).len(), 1);
    }
}
