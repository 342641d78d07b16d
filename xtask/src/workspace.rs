//! What `cargo metadata` says about the workspace.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::step::{Failure, Invocation};

/// A package of the workspace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    /// Whether it may be published.
    pub(crate) published: bool,
    /// The name of its library as one writes it in a path; none if it has programs only.
    pub(crate) library: Option<String>,
    /// All features but `default`.
    pub(crate) features: Vec<String>,
    /// What `default` switches on, itself.
    pub(crate) default_features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line under `[dependencies]` or one of its siblings.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) development: bool,
}

/// A library that is built here, of the workspace or not.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    /// As one writes it in a path.
    pub(crate) name: String,
    pub(crate) package: String,
    pub(crate) version: String,
    /// Whether it is of the workspace.
    pub(crate) ours: bool,
}

impl Library {
    /// Whether its version promises that what is public stays.
    pub(crate) fn is_stable(&self) -> bool {
        let release = self.version.split('+').next().unwrap_or_default();
        let major = release.split('.').next().and_then(|major| major.parse().ok());
        major.is_some_and(|major: u64| major >= 1) && !release.contains('-')
    }
}

/// The workspace root.
pub(crate) fn root() -> PathBuf {
    // Set by `cargo run`; a program that was built elsewhere and moved still finds its checkout.
    let own = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&own).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo builds, so that tools land beside it and `cargo clean` removes them.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    let metadata = metadata()?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new("`cargo metadata` names no target directory"))
}

/// The packages of the workspace, in the order of `cargo metadata`.
pub(crate) fn packages() -> Result<Vec<Package>, Failure> {
    read_packages(&metadata()?)
}

/// The libraries of the workspace and of whatever it depends on.
pub(crate) fn libraries() -> Result<Vec<Library>, Failure> {
    read_libraries(&ask(&[])?)
}

fn metadata() -> Result<Value, Failure> {
    ask(&["--no-deps"])
}

fn ask(more: &[&str]) -> Result<Value, Failure> {
    let text = Invocation::cargo(["metadata", "--format-version", "1", "--locked"])
        .arguments(more)
        .read()?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`cargo metadata` is not JSON: {error}")))
}

fn read_libraries(metadata: &Value) -> Result<Vec<Library>, Failure> {
    let packages = metadata["packages"]
        .as_array()
        .ok_or_else(|| Failure::new("`cargo metadata` lists no packages"))?;
    let read = |package: &Value| {
        Some(Library {
            name: library(package)?,
            package: package["name"].as_str()?.to_owned(),
            version: package["version"].as_str()?.to_owned(),
            ours: package["source"].is_null(),
        })
    };
    Ok(packages.iter().filter_map(read).collect())
}

fn library(package: &Value) -> Option<String> {
    let targets = package["targets"].as_array()?;
    let is_library = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten().filter_map(Value::as_str);
        kinds.into_iter().any(|kind| kind == "proc-macro" || kind.ends_with("lib"))
    };
    let name = targets.iter().find(is_library)?["name"].as_str()?;
    Some(name.replace('-', "_"))
}

fn read_packages(metadata: &Value) -> Result<Vec<Package>, Failure> {
    let packages = metadata["packages"]
        .as_array()
        .ok_or_else(|| Failure::new("`cargo metadata` lists no packages"))?;
    packages.iter().map(read_package).collect()
}

fn read_package(package: &Value) -> Result<Package, Failure> {
    let text = |key: &str| {
        package[key]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("`cargo metadata` gives a package no `{key}`")))
    };
    let features = package["features"].as_object();
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Package {
        name: text("name")?,
        directory: Path::new(&text("manifest_path")?)
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default(),
        // `null` is anywhere, a list is these registries, an empty one is nowhere.
        published: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
        library: library(package),
        features: features
            .into_iter()
            .flat_map(|features| features.keys())
            .filter(|name| *name != "default")
            .cloned()
            .collect(),
        default_features: features
            .and_then(|features| features.get("default"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        dependencies: dependencies
            .iter()
            .filter_map(|dependency| {
                Some(Dependency {
                    name: dependency["name"].as_str()?.to_owned(),
                    development: dependency["kind"].as_str() == Some("dev"),
                })
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_read_with_its_features_and_dependencies() {
        let metadata = serde_json::json!({"packages": [{
            "name": "cerebrate-store",
            "manifest_path": "/home/me/cerebrate/cerebrate-store/Cargo.toml",
            "publish": null,
            "targets": [
                {"kind": ["custom-build"], "name": "build-script-build"},
                {"kind": ["lib"], "name": "cerebrate-store"},
            ],
            "features": {"default": ["sqlite"], "sqlite": ["dep:rusqlite"], "bundled": []},
            "dependencies": [
                {"name": "cerebrate-wire", "kind": null},
                {"name": "cerebrate-testkit", "kind": "dev"},
            ],
        }]});
        let packages = read_packages(&metadata).unwrap();
        let [package] = packages.as_slice() else { panic!("one package, not {packages:?}") };
        assert_eq!(package.directory, Path::new("/home/me/cerebrate/cerebrate-store"));
        assert!(package.published);
        assert_eq!(package.library.as_deref(), Some("cerebrate_store"));
        assert_eq!(package.features, ["bundled", "sqlite"]);
        assert_eq!(package.default_features, ["sqlite"]);
        let dependencies: Vec<_> = package
            .dependencies
            .iter()
            .map(|dependency| (dependency.name.as_str(), dependency.development))
            .collect();
        assert_eq!(dependencies, [("cerebrate-wire", false), ("cerebrate-testkit", true)]);
    }

    #[test]
    fn a_library_is_stable_from_its_first_version_on() {
        let versions = ["0.9.12", "0.1.0", "1.0.0-rc.2", "x", "1.0.0", "12.3.4+build-5"];
        let package = |version: &str| {
            serde_json::json!({
                "name": "foo-bar", "version": version, "source": "registry+https://example.org",
                "targets": [{"kind": ["rlib", "cdylib"], "name": "foo-bar"}],
            })
        };
        let program = serde_json::json!({
            "name": "tool", "version": "1.0.0", "source": null,
            "targets": [{"kind": ["bin"], "name": "tool"}],
        });
        let packages: Vec<_> = versions.map(package).into_iter().chain([program]).collect();
        let libraries = read_libraries(&serde_json::json!({"packages": packages})).unwrap();
        assert_eq!(libraries.len(), versions.len(), "a program has no library");
        assert!(libraries.iter().all(|library| library.name == "foo_bar" && !library.ours));
        let stable: Vec<_> = libraries.iter().map(Library::is_stable).collect();
        assert_eq!(stable, [false, false, false, false, true, true]);
    }

    #[test]
    fn metadata_of_another_shape_is_a_failure() {
        assert!(read_packages(&serde_json::json!({})).is_err());
        assert!(read_libraries(&serde_json::json!({})).is_err());
        assert!(read_packages(&serde_json::json!({"packages": [{}]})).is_err());
    }

    #[test]
    fn this_workspace_is_read() {
        let names: Vec<_> = packages().unwrap().into_iter().map(|package| package.name).collect();
        assert!(names.contains(&"cerebrate-core".to_owned()), "{names:?}");
        assert!(target_directory().unwrap().is_absolute());
    }
}
