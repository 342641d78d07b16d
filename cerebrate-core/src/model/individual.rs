use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, MetaField, TagName};
use crate::id::IndividualId;
use crate::problem::ProblemKind;
use crate::value::Timestamp;

/// A person. Which organisations the person works for is told by alignments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Individual {
    /// Identity, the same on every node.
    pub id: IndividualId,
    /// Primary e-mail address, as given; flagged if it is not one.
    pub email: String,
    /// First name; may be empty.
    #[serde(default)]
    pub first_name: String,
    /// Last name; may be empty.
    #[serde(default)]
    pub last_name: String,
    /// Position, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Tags, in name order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagName>,
    /// Community-defined values, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta_fields: Vec<MetaField>,
    /// What is odd about the record itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<ProblemKind>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl Individual {
    /// An individual of whom only the address is known.
    pub fn new(id: IndividualId, email: impl Into<String>) -> Self {
        Individual {
            id,
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            position: None,
            tags: Vec::new(),
            meta_fields: Vec::new(),
            flags: Vec::new(),
            created: None,
            modified: None,
        }
    }

    /// First and last name with a blank between, or `None` if both are empty.
    pub fn full_name(&self) -> Option<String> {
        let name = format!("{} {}", self.first_name, self.last_name);
        (name.len() > 1).then_some(name)
    }
}

impl Entity for Individual {
    type Id = IndividualId;
    const KIND: EntityKind = EntityKind::Individual;

    fn id(&self) -> IndividualId {
        self.id
    }
}
