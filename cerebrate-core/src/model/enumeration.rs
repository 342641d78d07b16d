use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::id::EnumerationCollectionId;
use crate::value::Timestamp;

/// Suggested values for a field, such as the sectors a community speaks of. Nothing is enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumerationCollection {
    /// Identity, the same on every node.
    pub id: EnumerationCollectionId,
    /// Name; not unique.
    pub name: Name,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The kind of record it serves, such as `organisation`.
    pub target: EntityKind,
    /// The field it serves, such as `sector`.
    pub field: String,
    /// Whether its values are offered.
    pub enabled: bool,
    /// The values, in order.
    #[serde(default)]
    pub values: Vec<String>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl EnumerationCollection {
    /// A collection for `field` of `target`, not enabled and without values.
    pub fn new(
        id: EnumerationCollectionId,
        name: Name,
        target: EntityKind,
        field: impl Into<String>,
    ) -> Self {
        EnumerationCollection {
            id,
            name,
            description: None,
            target,
            field: field.into(),
            enabled: false,
            values: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for EnumerationCollection {
    type Id = EnumerationCollectionId;
    const KIND: EntityKind = EntityKind::EnumerationCollection;

    fn id(&self) -> EnumerationCollectionId {
        self.id
    }
}
