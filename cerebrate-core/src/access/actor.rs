use std::collections::BTreeSet;

use super::{Permission, Permissions};
use crate::id::{IndividualId, OrganisationId, UserId};

/// Who asks: a user, with what decides about rights.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actor {
    /// The user.
    pub user: UserId,
    /// The person.
    pub individual: IndividualId,
    /// The organisation on whose behalf the user acts; none sees and manages less.
    pub organisation: Option<OrganisationId>,
    /// What the role of the user grants.
    pub permissions: Permissions,
    /// The organisations of the groups that the user is to administer. They count only together
    /// with [`Permission::GroupAdmin`].
    pub administered: BTreeSet<OrganisationId>,
}

impl Actor {
    /// An actor who administers no group.
    pub fn new(
        user: UserId,
        individual: IndividualId,
        organisation: Option<OrganisationId>,
        permissions: Permissions,
    ) -> Self {
        Actor { user, individual, organisation, permissions, administered: BTreeSet::new() }
    }

    /// Whether the role grants the permission.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// The own set: the own organisation and, for a group admin, those of the administered groups.
    pub fn own_set(&self) -> BTreeSet<OrganisationId> {
        let administered = self.administered.iter().filter(|_| self.has(Permission::GroupAdmin));
        self.organisation.iter().chain(administered).copied().collect()
    }

    /// Whether the organisation is in the own set.
    #[must_use]
    pub fn is_own(&self, organisation: OrganisationId) -> bool {
        self.organisation == Some(organisation) || self.is_administered(organisation)
    }

    /// Whether the role shows every organisation and individual.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.permissions.has_any(&[
            Permission::Admin,
            Permission::CommunityAdmin,
            Permission::ViewAllOrganisations,
        ])
    }

    /// Whether the organisation is managed: the own one by its admin, that of a group by the
    /// group's.
    pub(super) fn manages(&self, organisation: OrganisationId) -> bool {
        (self.has(Permission::OrganisationAdmin) && self.organisation == Some(organisation))
            || self.is_administered(organisation)
    }

    /// Whether people of the organisation are managed.
    pub(super) fn manages_people_of(&self, organisation: OrganisationId) -> bool {
        self.is_manager() && self.is_own(organisation)
    }

    /// Organisation or group admin, of whatever.
    pub(super) fn is_manager(&self) -> bool {
        self.permissions.has_any(&[Permission::OrganisationAdmin, Permission::GroupAdmin])
    }

    fn is_administered(&self, organisation: OrganisationId) -> bool {
        self.has(Permission::GroupAdmin) && self.administered.contains(&organisation)
    }
}
