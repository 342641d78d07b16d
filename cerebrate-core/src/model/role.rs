use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::access::Permissions;
use crate::id::RoleId;
use crate::value::Timestamp;

/// What a sort of user may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// Identity, the same on every node.
    pub id: RoleId,
    /// Name; not unique.
    pub name: Name,
    /// Whether a user for whom no role is named gets it. One role at most is the default.
    #[serde(default)]
    pub is_default: bool,
    /// What it grants: each permission stands there as `true` or `false`.
    #[serde(default)]
    pub permissions: Permissions,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl Role {
    /// A role that grants nothing.
    pub fn new(id: RoleId, name: Name) -> Self {
        Role {
            id,
            name,
            is_default: false,
            permissions: Permissions::NONE,
            created: None,
            modified: None,
        }
    }
}

impl Entity for Role {
    type Id = RoleId;
    const KIND: EntityKind = EntityKind::Role;

    fn id(&self) -> RoleId {
        self.id
    }
}
