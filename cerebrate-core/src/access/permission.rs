use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::problem::excerpt;

/// A right that a role grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// Runs the site: settings, migrations, meta-templates, local tools, outbox, limitations. It
    /// shows every organisation, and gives no right to change the data of the community.
    Admin,
    /// Manages all data of the community.
    CommunityAdmin,
    /// Manages the organisations of the groups that the user administers.
    GroupAdmin,
    /// Manages the own organisation.
    OrganisationAdmin,
    /// Leaves messages for the node, as another node does.
    Sync,
    /// Writes meta-fields, where the owner may be written.
    MetaFieldEditor,
    /// Sees every organisation.
    ViewAllOrganisations,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Permission; 7] = [
        Permission::Admin,
        Permission::CommunityAdmin,
        Permission::GroupAdmin,
        Permission::OrganisationAdmin,
        Permission::Sync,
        Permission::MetaFieldEditor,
        Permission::ViewAllOrganisations,
    ];

    /// The name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Admin => "admin",
            Permission::CommunityAdmin => "community_admin",
            Permission::GroupAdmin => "group_admin",
            Permission::OrganisationAdmin => "organisation_admin",
            Permission::Sync => "sync",
            Permission::MetaFieldEditor => "meta_field_editor",
            Permission::ViewAllOrganisations => "view_all_organisations",
        }
    }

    /// The name for people, such as `community admin`.
    pub fn noun(self) -> &'static str {
        match self {
            Permission::Admin => "site admin",
            Permission::CommunityAdmin => "community admin",
            Permission::GroupAdmin => "group admin",
            Permission::OrganisationAdmin => "organisation admin",
            Permission::Sync => "sync",
            Permission::MetaFieldEditor => "meta-field editor",
            Permission::ViewAllOrganisations => "view all organisations",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Permission {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Permission::ALL.into_iter().find(|known| known.as_str() == name).ok_or_else(|| {
            let names: Vec<String> =
                Permission::ALL.iter().map(|known| format!("`{known}`")).collect();
            Error::new(Kind::Invalid, "read permission", "there is no such permission")
                .with("value", excerpt(name))
                .hint(format!("use {}", names.join(", ")))
        })
    }
}

/// What a role grants: each [`Permission`], or not. In JSON an object in which every permission
/// stands as `true` or `false`.
///
/// ```
/// use cerebrate_core::access::{Permission, Permissions};
///
/// let role = Permissions::NONE.with(Permission::Sync);
/// assert!(role.has(Permission::Sync) && !role.has(Permission::Admin));
/// assert!(serde_json::to_string(&role)?.contains(r#""sync":true,"meta_field_editor":false"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Flags", into = "Flags")]
pub struct Permissions(u8);

impl Permissions {
    /// No permission.
    pub const NONE: Permissions = Permissions(0);

    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Whether the permission is among them.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether any of those permissions is among them.
    #[must_use]
    pub fn has_any(self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.has(*permission))
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, permission: Permission) -> Self {
        Permissions(self.0 | permission.bit())
    }

    /// These but for one.
    #[must_use]
    pub fn without(self, permission: Permission) -> Self {
        Permissions(self.0 & !permission.bit())
    }

    /// Those that are not among `others`.
    #[must_use]
    pub fn beyond(self, others: Permissions) -> Self {
        Permissions(self.0 & !others.0)
    }

    /// Those that are among exactly one of both.
    #[must_use]
    pub fn differing(self, other: Permissions) -> Self {
        Permissions(self.0 ^ other.0)
    }

    /// Whether all of them are among `others`.
    #[must_use]
    pub fn is_within(self, others: Permissions) -> bool {
        self.beyond(others).is_empty()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those there are, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Permissions::NONE, Permissions::with)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The spelling in JSON. What is not there is not granted.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a flag for each permission, as peers have it")]
struct Flags {
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    community_admin: bool,
    #[serde(default)]
    group_admin: bool,
    #[serde(default)]
    organisation_admin: bool,
    #[serde(default)]
    sync: bool,
    #[serde(default)]
    meta_field_editor: bool,
    #[serde(default)]
    view_all_organisations: bool,
}

impl From<Flags> for Permissions {
    fn from(flags: Flags) -> Self {
        let flags = [
            flags.admin,
            flags.community_admin,
            flags.group_admin,
            flags.organisation_admin,
            flags.sync,
            flags.meta_field_editor,
            flags.view_all_organisations,
        ];
        let granted = Permission::ALL.into_iter().zip(flags).filter(|(_, granted)| *granted);
        granted.map(|(permission, _)| permission).collect()
    }
}

impl From<Permissions> for Flags {
    fn from(permissions: Permissions) -> Self {
        Flags {
            admin: permissions.has(Permission::Admin),
            community_admin: permissions.has(Permission::CommunityAdmin),
            group_admin: permissions.has(Permission::GroupAdmin),
            organisation_admin: permissions.has(Permission::OrganisationAdmin),
            sync: permissions.has(Permission::Sync),
            meta_field_editor: permissions.has(Permission::MetaFieldEditor),
            view_all_organisations: permissions.has(Permission::ViewAllOrganisations),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_and_read_flag_by_flag() {
        for bits in 0..128_u8 {
            let set: Permissions =
                Permission::ALL.into_iter().filter(|one| bits & one.bit() != 0).collect();
            assert_eq!(set.iter().count(), bits.count_ones() as usize);
            let text = serde_json::to_string(&set).unwrap();
            assert_eq!(text.matches(':').count(), 7, "{text}");
            assert_eq!(serde_json::from_str::<Permissions>(&text).unwrap(), set);
            assert!(set.is_within(Permissions::all()) && set.beyond(set).is_empty());
        }
        assert_eq!(serde_json::from_str::<Permissions>("{}").unwrap(), Permissions::NONE);
        assert!(serde_json::from_str::<Permissions>("{\"admin\":null}").is_err());
    }

    #[test]
    fn names_are_read_as_written() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse::<Permission>().unwrap(), permission);
        }
        assert_eq!("root".parse::<Permission>().unwrap_err().kind(), Kind::Invalid);
    }
}
