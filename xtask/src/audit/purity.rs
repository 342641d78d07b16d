//! The pure crates reach nothing that does input or output, tells the time or throws dice.

use super::conclude;
use crate::step::{Failure, Invocation};
use crate::workspace;

/// The crates that decide and translate, and never touch the world.
const PURE: &[&str] = &["cerebrate-core", "cerebrate-wire"];

/// What such a crate must not reach, directly or through others, and why.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("randomness", &["getrandom", "rand", "rand_core", "fastrand", "oorandom", "const-random"]),
    ("the host of a browser", &["wasm-bindgen", "js-sys", "web-sys", "web-time", "instant"]),
    (
        "an async runtime or the event queue of one",
        &["tokio", "async-std", "async-io", "smol", "mio", "polling"],
    ),
    ("sockets", &["socket2", "hyper", "reqwest", "ureq", "curl", "curl-sys", "rustls"]),
    (
        "a database",
        &["rusqlite", "libsqlite3-sys", "sqlx", "sqlx-core", "postgres", "tokio-postgres", "redb"],
    ),
    ("files", &["tempfile", "memmap2", "walkdir", "notify"]),
    ("clock or time zone of the machine", &["chrono", "iana-time-zone", "jiff", "time-tz"]),
    ("system calls", &["libc", "rustix", "nix", "windows-sys", "winapi"]),
];

pub(super) fn check() -> Result<(), Failure> {
    let mut problems = Vec::new();
    let mut count = 0;
    let packages = workspace::packages()?;
    for name in PURE {
        if !packages.iter().any(|package| package.name == *name) {
            problems.push(format!("`{name}` is not in the workspace"));
            continue;
        }
        // The tree of a target without operating system shows what a crate asks of one.
        let tree = Invocation::cargo(["tree", "--locked", "--package", name])
            .arguments(["--no-default-features", "--target", "wasm32-unknown-unknown"])
            .arguments(["--edges", "normal", "--prefix", "depth", "--format", "{p}"])
            .read()?;
        count += tree.lines().count();
        problems.extend(impurities(&tree));
    }
    let looked_at = format!("{} reach nothing impure in {count} lines of tree", PURE.join(", "));
    conclude(&problems, &looked_at)
}

/// What a tree printed with `--prefix depth --format {p}` reaches and must not, each with its way.
fn impurities(tree: &str) -> Vec<String> {
    if tree.trim().is_empty() {
        return vec!["`cargo tree` printed nothing".to_owned()];
    }
    let mut problems = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let Some((depth, name)) = read_line(line) else {
            problems.push(format!("`cargo tree` printed a line that is not understood: {line}"));
            continue;
        };
        way.truncate(depth);
        way.push(name);
        let forbidden = FORBIDDEN.iter().find(|(_, names)| names.contains(&name));
        if let Some((what, _)) = forbidden {
            problems.push(format!("{what}: {}", way.join(" -> ")));
        }
    }
    problems
}

/// Depth and crate of a line such as `2memchr v2.8.3 (*)`.
fn read_line(line: &str) -> Option<(usize, &str)> {
    let digits = line.find(|c: char| !c.is_ascii_digit())?;
    let (depth, package) = line.split_at_checked(digits)?;
    let (name, version) = package.split_once(' ')?;
    version.starts_with('v').then_some(())?;
    Some((depth.parse().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_tree_has_no_problem() {
        let tree = "0cerebrate-core v0.1.0 (/home/me/cerebrate/cerebrate-core)\n\
            1idna v1.1.0\n\
            2zerovec v0.11.9\n\
            3zerovec-derive v0.11.7 (proc-macro)\n\
            1regex v1.13.2\n\
            2memchr v2.8.3\n\
            1uuid v1.29.3\n";
        assert_eq!(impurities(tree), Vec::<String>::new());
    }

    #[test]
    fn what_is_impure_is_named_with_the_way_to_it() {
        let tree = "0cerebrate-wire v0.1.0 (/home/me/cerebrate/cerebrate-wire)\n\
            1cerebrate-core v0.1.0 (/home/me/cerebrate/cerebrate-core)\n\
            2jsonschema v0.61.2\n\
            3ahash v0.8.12\n\
            4getrandom v0.3.4\n\
            5js-sys v0.3.107\n\
            6wasm-bindgen v0.2.130\n\
            2memchr v2.8.3\n\
            1rusqlite v0.43.0\n\
            1tokio v1.50.0 (*)\n";
        let root = "cerebrate-wire -> cerebrate-core -> jsonschema -> ahash -> getrandom";
        assert_eq!(
            impurities(tree),
            [
                format!("randomness: {root}"),
                format!("the host of a browser: {root} -> js-sys"),
                format!("the host of a browser: {root} -> js-sys -> wasm-bindgen"),
                "a database: cerebrate-wire -> rusqlite".to_owned(),
                "an async runtime or the event queue of one: cerebrate-wire -> tokio".to_owned(),
            ]
        );
    }

    #[test]
    fn a_name_that_only_resembles_a_forbidden_one_is_fine() {
        let tree = "0cerebrate-core v0.1.0\n1rand_xorshift v0.5.0\n1instant-acme v0.8.0\n";
        assert_eq!(impurities(tree), Vec::<String>::new());
    }

    #[test]
    fn output_that_is_not_understood_is_a_problem() {
        for tree in ["", "\n", "error: no such package", "0cerebrate-core", "x v1.0.0"] {
            assert_eq!(impurities(tree).len(), 1, "{tree:?}");
        }
    }
}
