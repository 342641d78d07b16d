//! The registry. A target is a function here, a line in [`TARGETS`] and a directory of seeds.

mod account;
mod import;
mod inbox;
mod lookup;
mod record;
mod replica;
mod secret;
mod template;
mod text;
mod trail;
mod values;
mod wire;

use std::path::{Path, PathBuf};
use std::{fs, io};

/// A function that must neither panic nor hang, whatever bytes it is given.
///
/// It may check laws with `assert!`: a law that is broken is a finding as well.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What one types, and the name of its directory under `seeds/`.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
    /// Pieces that mean something to the reader, for the mutations to use.
    pub tokens: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    target("account_records", account::account_records, account::RECORD_TOKENS),
    target("auth_key", secret::auth_key, secret::AUTH_KEY_TOKENS),
    target("constituency", lookup::constituency, lookup::CONSTITUENCY_TOKENS),
    target("csv", import::csv, import::CSV_TOKENS),
    target("document", record::document, record::TOKENS),
    target("exported_head", trail::exported_head, trail::HEAD_TOKENS),
    target("fold", text::folded, text::FOLD_TOKENS),
    target("group_replica", replica::group_replica, replica::TOKENS),
    target("ids", values::ids, values::ID_TOKENS),
    target("import_json", import::json, import::JSON_TOKENS),
    target("message", inbox::message, inbox::MESSAGE_TOKENS),
    target("node_key", secret::node_key, secret::NODE_KEY_TOKENS),
    target("password", account::password, account::PASSWORD_TOKENS),
    target("pattern", template::pattern, template::PATTERN_TOKENS),
    target("query_position", values::query_position, values::POSITION_TOKENS),
    target("registration", inbox::registration, inbox::REGISTRATION_TOKENS),
    target("search_value", text::search_value, text::SEARCH_TOKENS),
    target("subject", lookup::subject, lookup::SUBJECT_TOKENS),
    target("template_file", template::template_file, template::FILE_TOKENS),
    target("template_values", template::template_values, template::VALUE_TOKENS),
    target("timestamp", values::timestamp, values::TIMESTAMP_TOKENS),
    target("trail_rows", trail::trail_rows, trail::ROW_TOKENS),
    target("username", account::username, account::NAME_TOKENS),
    target("values", values::values, values::TOKENS),
    target("wire_alignments", wire::alignments, wire::TOKENS),
    target("wire_encryption_keys", wire::encryption_keys, wire::TOKENS),
    target("wire_individuals", wire::individuals, wire::TOKENS),
    target("wire_mailing_lists", wire::mailing_lists, wire::TOKENS),
    target("wire_meta_templates", wire::meta_templates, wire::TOKENS),
    target("wire_misp_organisations", wire::misp_organisations, wire::TOKENS),
    target("wire_misp_sharing_groups", wire::misp_sharing_groups, wire::TOKENS),
    target("wire_organisations", wire::organisations, wire::TOKENS),
    target("wire_sharing_groups", wire::sharing_groups, wire::TOKENS),
    target("wire_split", wire::split, wire::TOKENS),
    target("wire_tags", wire::tags, wire::TOKENS),
];

const fn target(name: &'static str, run: fn(&[u8]), tokens: &'static [&'static str]) -> Target {
    Target { name, run, tokens }
}

impl Target {
    /// The target of that name.
    ///
    /// ```
    /// assert!(cerebrate_fuzz::Target::named("timestamp").is_some());
    /// ```
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Where its seeds are.
    pub fn seed_directory(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(self.name)
    }

    /// Its seeds, in the order of their file names.
    ///
    /// # Errors
    ///
    /// When the directory or one of its files cannot be read.
    pub fn seeds(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut paths = fs::read_dir(self.seed_directory())?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        paths.iter().map(fs::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutate::Mutator;

    /// A first look at every target, in seconds without optimisation; `cargo xtask fuzz` does more.
    const MUTATIONS: usize = 300;

    #[test]
    fn names_are_unique_and_sorted() {
        assert!(TARGETS.is_sorted_by(|one, next| one.name < next.name));
    }

    #[test]
    fn every_directory_of_seeds_belongs_to_a_target() {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(Target::named(&name).is_some(), "seeds/{name}");
        }
    }

    #[test]
    fn every_target_survives_its_seeds_and_what_is_near_them() {
        for target in TARGETS {
            let seeds = target.seeds().unwrap();
            assert!(!seeds.is_empty(), "{}", target.name);
            (target.run)(b"");
            for seed in &seeds {
                (target.run)(seed);
            }
            let mut mutator = Mutator::new(1, seeds, target.tokens);
            for _ in 0..MUTATIONS {
                (target.run)(&mutator.next_input());
            }
        }
    }
}
