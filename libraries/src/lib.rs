//! Meta-templates, their JSON Schema and sample teams, as data.
//!
//! The texts are embedded; nothing is read at run time. `cerebrate-core` reads and checks them.

/// A file of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The name, such as `cerebrate-csirt-constituency.v1.json`.
    pub name: &'static str,
    /// What is in it.
    pub text: &'static str,
}

macro_rules! meta_templates {
    ($($name:literal,)*) => {
        &[$(File { name: $name, text: include_str!(concat!("../meta-templates/", $name)) },)*]
    };
}

/// The meta-templates: a file for each template **and** version, by name. Every version that a
/// peer may still use is here beside the newest, for values are matched by UUID and version.
pub const META_TEMPLATES: &[File] = meta_templates![
    "cerebrate-csirt-constituency.v1.json",
    "cerebrate-individuals-extended.v2.json",
    "cerebrate-it-infrastructure-and-services.v2.json",
    "cerebrate-it-infrastructure-and-services.v3.json",
    "cnw-csirt-network-individual-fields.v2.json",
    "cnw-csirt-network-organisation-fields.v2.json",
    "cnw-enisa-csirt-network.v2.json",
    "cnw-enisa-csirt-network.v3.json",
    "cnw-enisa-csirt-network.v4.json",
    "csn-csirt-network-permissions.v2.json",
    "first-directory.v1.json",
    "first-directory.v2.json",
];

/// The JSON Schema (2020-12) of a meta-template file. Unknown keys are allowed.
pub const META_TEMPLATE_SCHEMA: &str = include_str!("../meta-templates/schema.json");

/// Ten real teams and a sharing group, for a first look: an object with `organisations` and
/// `sharing_groups`, with the meta-fields of an organisation grouped by template (`constituency`,
/// `first`, `enisa`).
pub const SAMPLE_TEAMS: &str = include_str!("../sample/teams.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_template_file_is_listed_once_and_in_order() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("meta-templates");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "schema.json")
            .collect();
        let listed: Vec<&str> = META_TEMPLATES.iter().map(|file| file.name).collect();
        assert_eq!(listed, files.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn every_text_is_there() {
        assert_eq!(META_TEMPLATES.len(), 12);
        let texts = META_TEMPLATES.iter().map(|file| file.text);
        for text in texts.chain([META_TEMPLATE_SCHEMA, SAMPLE_TEAMS]) {
            assert!(text.starts_with("{\n") && text.ends_with("}\n"), "{text:.60}");
        }
    }
}
