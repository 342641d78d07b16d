use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name, TagName};
use crate::id::{OrganisationGroupId, OrganisationId, UserId};
use crate::value::Timestamp;

/// Organisations that are administered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganisationGroup {
    /// Identity, the same on every node.
    pub id: OrganisationGroupId,
    /// Name; not unique.
    pub name: Name,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its organisations, each once.
    #[serde(default)]
    pub organisations: Vec<OrganisationId>,
    /// The users who administer its organisations, each once. It takes effect for those whose role
    /// grants it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub administrators: Vec<UserId>,
    /// Tags, in name order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagName>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl OrganisationGroup {
    /// A group without organisations.
    pub fn new(id: OrganisationGroupId, name: Name) -> Self {
        OrganisationGroup {
            id,
            name,
            description: None,
            organisations: Vec::new(),
            administrators: Vec::new(),
            tags: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for OrganisationGroup {
    type Id = OrganisationGroupId;
    const KIND: EntityKind = EntityKind::OrganisationGroup;

    fn id(&self) -> OrganisationGroupId {
        self.id
    }
}
