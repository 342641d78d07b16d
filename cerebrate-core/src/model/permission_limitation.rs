use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::id::PermissionLimitationId;

/// How many enabled users may have a yes in a field of theirs. If only one scope of a field has a
/// limit, it counts for the other too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermissionLimitation {
    /// Identity.
    pub id: PermissionLimitationId,
    /// Among whom is counted.
    pub scope: LimitationScope,
    /// The field, as templates for users name it; which template it is of does not matter.
    pub permission: Name,
    /// How many may have it.
    pub max: NonZeroU32,
    /// Why, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Among whom a limitation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitationScope {
    /// All users.
    Global,
    /// The users of each organisation.
    Organisation,
}

impl LimitationScope {
    /// The spelling in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitationScope::Global => "global",
            LimitationScope::Organisation => "organisation",
        }
    }

    /// The scope that [`Self::as_str`] names.
    pub fn from_name(name: &str) -> Option<Self> {
        [LimitationScope::Global, LimitationScope::Organisation]
            .into_iter()
            .find(|scope| scope.as_str() == name)
    }
}

impl fmt::Display for LimitationScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PermissionLimitation {
    /// A limit to how many may have a yes in the field `permission`.
    pub fn new(
        id: PermissionLimitationId,
        scope: LimitationScope,
        permission: Name,
        max: NonZeroU32,
    ) -> Self {
        PermissionLimitation { id, scope, permission, max, comment: None }
    }
}

impl Entity for PermissionLimitation {
    type Id = PermissionLimitationId;
    const KIND: EntityKind = EntityKind::PermissionLimitation;

    fn id(&self) -> PermissionLimitationId {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_none_is_no_limit() {
        let json = |max: &str| {
            format!(
                r#"{{"id":"55f6ea5e-2c60-40e5-964f-47a8950d210f","scope":"global",
                    "permission":"perm_misp","max":{max}}}"#
            )
        };
        assert!(serde_json::from_str::<PermissionLimitation>(&json("1")).is_ok());
        for max in ["0", "-1", "null", "1.5", "4294967296"] {
            assert!(serde_json::from_str::<PermissionLimitation>(&json(max)).is_err(), "{max}");
        }
        assert_eq!(LimitationScope::from_name("elsewhere"), None);
    }
}
