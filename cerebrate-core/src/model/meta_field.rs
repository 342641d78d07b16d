use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{MetaFieldId, MetaTemplateId, derive};
use crate::problem::ProblemKind;
use crate::value::Timestamp;

/// A meta-template at one version: what a value was written for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TemplateKey {
    /// The template.
    pub id: MetaTemplateId,
    /// Its version. Versions are numbers: 10 is newer than 9.
    pub version: u32,
}

impl fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

impl fmt::Debug for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateKey({self})")
    }
}

/// One value of one template field, held by an organisation or individual.
///
/// A value that is not valid here is kept and flagged. A value whose template is not known here
/// carries [`ProblemKind::UnknownTemplate`] and is released when the template arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetaField {
    /// The template and version that the value was written for.
    pub template: TemplateKey,
    /// The field, as the template names it.
    pub field: String,
    /// The value, exactly as given.
    pub value: String,
    /// The value in normal form, where that differs: a network without host bits, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalised: Option<String>,
    /// Why the value is not valid here, or worth a notice; empty if all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<ProblemKind>,
    /// When it was first stored; `None` until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl MetaField {
    /// A value as somebody wrote it, not checked yet.
    pub fn new(template: TemplateKey, field: impl Into<String>, value: impl Into<String>) -> Self {
        MetaField {
            template,
            field: field.into(),
            value: value.into(),
            normalised: None,
            flags: Vec::new(),
            created: None,
            modified: None,
        }
    }

    /// The identity of the value at its owner: derived from the owner, the template, the field and
    /// the value, so that two nodes that hold the same value give it the same identity.
    pub fn id(&self, owner: Uuid) -> MetaFieldId {
        MetaFieldId::new(derive(
            "meta_field",
            &[
                owner.as_bytes(),
                self.template.id.uuid().as_bytes(),
                self.field.as_bytes(),
                self.value.as_bytes(),
            ],
        ))
    }

    /// Whether the value is valid here (notices do not count).
    pub fn is_valid(&self) -> bool {
        self.flags.iter().all(|flag| flag.is_notice())
    }

    /// Whether the value waits for its template.
    pub fn is_held(&self) -> bool {
        self.flags.contains(&ProblemKind::UnknownTemplate)
    }

    /// The normal form if there is one, else the value as given.
    pub fn canonical(&self) -> &str {
        self.normalised.as_deref().unwrap_or(&self.value)
    }
}
