use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::id::{OrganisationId, SharingGroupId};
use crate::value::Timestamp;

/// A distribution circle: organisations that may see what is shared with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SharingGroup {
    /// Identity, the same on every node.
    pub id: SharingGroupId,
    /// Name; not unique.
    pub name: Name,
    /// To whom its content may be released, free text.
    #[serde(default)]
    pub releasability: String,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The organisation that owns it. Ownership is not membership.
    pub owner: OrganisationId,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it stays on this node.
    pub local: bool,
    /// Its members, by organisation, each once.
    #[serde(default)]
    pub members: Vec<Member>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

/// An organisation in a sharing group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The member.
    pub organisation: OrganisationId,
    /// Whether it may add members.
    pub extend: bool,
}

impl SharingGroup {
    /// An active, local group without members.
    pub fn new(id: SharingGroupId, name: Name, owner: OrganisationId) -> Self {
        SharingGroup {
            id,
            name,
            releasability: String::new(),
            description: None,
            owner,
            active: true,
            local: true,
            members: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for SharingGroup {
    type Id = SharingGroupId;
    const KIND: EntityKind = EntityKind::SharingGroup;

    fn id(&self) -> SharingGroupId {
        self.id
    }
}
