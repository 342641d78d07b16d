use cerebrate_core::id::MetaFieldId;
use cerebrate_core::model::{EntityKind, TagName, TemplateKey};
use uuid::Uuid;

/// What a node knows about its records and no other node does: their numbers, and what stands
/// beside them. What it does not know is written as `null`.
pub trait LocalRecords {
    /// The number of a record.
    fn local_id(&self, kind: EntityKind, id: Uuid) -> Option<u64> {
        let _ = (kind, id);
        None
    }

    /// The number of a stored value.
    fn meta_field_id(&self, id: MetaFieldId) -> Option<u64> {
        let _ = id;
        None
    }

    /// What a template version is called here.
    fn template(&self, key: TemplateKey) -> Option<TemplateRow> {
        let _ = key;
        None
    }

    /// The number of a field of a template version.
    fn template_field_id(&self, key: TemplateKey, field: &str) -> Option<u64> {
        let _ = (key, field);
        None
    }

    /// The colour of a tag; without one it is written in the default colour.
    fn colour(&self, tag: &TagName) -> Option<String> {
        let _ = tag;
        None
    }
}

/// A template version as a node knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Its number; peers know none once the template is removed.
    pub local_id: Option<u64>,
    /// The number of its entry in the name directory.
    pub directory_id: Option<u64>,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

/// A node that has no numbers: for texts that are not an answer of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unnumbered;

impl LocalRecords for Unnumbered {}
