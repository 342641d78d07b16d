use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::access::Permissions;
use crate::id::RoleId;

/// What a sort of user may do. A role that grants nothing is one too: whoever has it sees what
/// everybody of the organisation sees.
///
/// ```
/// use cerebrate_core::access::Permission;
/// use cerebrate_core::model::Role;
///
/// let id = "55f6ea5e-2c60-40e5-964f-47a8950d210f".parse()?;
/// let mut role = Role::new(id, "Editor".parse()?);
/// role.permissions = role.permissions.with(Permission::MetaFieldEditor);
/// assert!(serde_json::to_string(&role)?.contains(r#""sync":false,"meta_field_editor":true"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// Identity.
    pub id: RoleId,
    /// Name; not unique.
    pub name: Name,
    /// Whether new users get it unless another one is named. One role at most is the default.
    #[serde(default)]
    pub is_default: bool,
    /// What it grants. Each permission stands in JSON as true or false; what is missing is false.
    #[serde(default)]
    pub permissions: Permissions,
}

impl Role {
    /// A role that grants nothing.
    pub fn new(id: RoleId, name: Name) -> Self {
        Role { id, name, is_default: false, permissions: Permissions::NONE }
    }
}

impl Entity for Role {
    type Id = RoleId;
    const KIND: EntityKind = EntityKind::Role;

    fn id(&self) -> RoleId {
        self.id
    }
}
