//! What the store answers about templates.

use std::fmt;

use cerebrate_core::id::ChangeSetId;
use cerebrate_core::meta::CompiledTemplate;
use cerebrate_core::meta::upgrade::{Reason, UpdateStatus};
use cerebrate_core::model::{EntityKind, MetaTemplate, TemplateKey};
use cerebrate_core::words::counted;
use serde::Serialize;
use uuid::Uuid;

/// A version of a template, and how it stands to the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListedTemplate {
    /// The template as stored, or of its file if it is not stored.
    pub template: MetaTemplate,
    /// Whether it is stored.
    pub is_stored: bool,
    /// The newest version in the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_version: Option<u32>,
    /// How it stands to the newest file, or to the newest stored version if there is no file.
    pub status: UpdateStatus,
    /// How many values it has.
    pub values: u64,
    /// How many records hold them.
    pub records: u64,
}

/// A template version that is not stored but has values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeldTemplate {
    /// The template and version.
    pub key: TemplateKey,
    /// Its name, as far as it was ever seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many values wait for it.
    pub values: u64,
    /// How many records hold them.
    pub records: u64,
}

/// What loading templates did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// The change set, if anything was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<ChangeSetId>,
    /// Versions that are new.
    pub loaded: Vec<TemplateKey>,
    /// Versions that were stored just so.
    pub unchanged: Vec<TemplateKey>,
    /// Versions that are stored with other content and were left alone.
    pub differing: Vec<TemplateKey>,
    /// How many values had waited for the new versions.
    pub released: u64,
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} new, {} unchanged, {} stored with other content, {} released",
            self.loaded.len(),
            self.unchanged.len(),
            self.differing.len(),
            counted(self.released, "value")
        )
    }
}

/// What an update came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpdateOutcome {
    /// Nothing was to be done.
    UpToDate,
    /// No version of the template was stored; now one is.
    Created,
    /// The new version is in use, and no value is left under the version that was.
    Replaced,
    /// The new version is in use, an older one stays beside it.
    KeptBoth,
}

impl UpdateOutcome {
    /// The spelling in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            UpdateOutcome::UpToDate => "up_to_date",
            UpdateOutcome::Created => "created",
            UpdateOutcome::Replaced => "replaced",
            UpdateOutcome::KeptBoth => "kept_both",
        }
    }
}

impl fmt::Display for UpdateOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an update did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UpdateReport {
    /// The change set, if anything was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<ChangeSetId>,
    /// What it came to.
    pub outcome: UpdateOutcome,
    /// Name of the template.
    pub name: String,
    /// The version in use now.
    pub to: TemplateKey,
    /// The older versions concerned, newest first.
    pub from: Vec<TemplateKey>,
    /// How many values are of the new version now.
    pub moved: u64,
    /// How many values stay under an older version.
    pub kept: u64,
    /// How many values were removed.
    pub removed: u64,
    /// How many values had waited for the new version.
    pub released: u64,
    /// What stood in the way.
    pub conflicts: Vec<ValueConflict>,
}

impl UpdateReport {
    pub(super) fn up_to_date(template: &CompiledTemplate) -> Self {
        UpdateReport {
            change_set: None,
            outcome: UpdateOutcome::UpToDate,
            name: template.name().to_owned(),
            to: template.key(),
            from: Vec::new(),
            moved: 0,
            kept: 0,
            removed: 0,
            released: 0,
            conflicts: Vec::new(),
        }
    }
}

impl fmt::Display for UpdateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}: ", self.name, self.to.version)?;
        match self.outcome {
            UpdateOutcome::UpToDate => f.write_str("up to date"),
            UpdateOutcome::Created => f.write_str("new"),
            UpdateOutcome::Replaced | UpdateOutcome::KeptBoth => write!(
                f,
                "{} moved, {} kept under an older version, {} removed",
                counted(self.moved, "value"),
                self.kept,
                self.removed
            ),
        }
    }
}

/// Values of one field of one record that cannot follow to a new version of their template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueConflict {
    /// Which kind of record holds them.
    pub kind: EntityKind,
    /// Which record.
    pub id: Uuid,
    /// Its name, or e-mail address.
    pub name: String,
    /// The template and version that the values are of.
    pub template: TemplateKey,
    /// The field.
    pub field: String,
    /// The values.
    pub values: Vec<String>,
    /// What stands in the way.
    pub reason: Reason,
}

impl fmt::Display for ValueConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.name, self.field, self.reason)
    }
}
