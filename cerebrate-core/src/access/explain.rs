//! Why somebody sees a record.

use std::fmt;

use super::sight::is_below;
use super::{Actor, Body, Holder, Permission, Person, Resource};
use crate::id::OrganisationId;

/// A reason why somebody sees a record. Each would do alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ground {
    /// The role shows all records of the kind.
    Role(Permission),
    /// Everybody sees records of the kind.
    Common,
    /// It is the own organisation, or belongs to it.
    Own(OrganisationId),
    /// It is an organisation of an administered group, or belongs to it.
    Administered(OrganisationId),
    /// The own organisation owns the sharing group.
    Owner(OrganisationId),
    /// An organisation of an administered group owns the sharing group.
    AdministeredOwner(OrganisationId),
    /// The own organisation is a member of the sharing group.
    Member(OrganisationId),
    /// An organisation of an administered group is a member of the sharing group.
    AdministeredMember(OrganisationId),
    /// A visible sharing group names the organisation: no more than UUID and name are seen.
    Named,
    /// It is the actor, or belongs to the actor.
    Oneself,
    /// The actor is on the mailing list.
    Listed,
    /// The actor wrote the row of the trail.
    Author,
}

/// Every reason why the actor sees the record; none if it is hidden.
///
/// ```
/// use cerebrate_core::access::{Actor, Body, Ground, Permissions, Resource, grounds};
/// # use cerebrate_core::id::{IndividualId, OrganisationId, UserId};
/// # use uuid::Uuid;
/// # let (user, person) = (UserId::new(Uuid::nil()), IndividualId::new(Uuid::nil()));
/// # let (own, other) = (OrganisationId::new(Uuid::nil()), OrganisationId::new(Uuid::max()));
/// let actor = Actor::new(user, person, Some(own), Permissions::NONE);
/// let why = |organisation| grounds(&actor, &Resource::Organisation(Body::new(organisation)));
/// assert_eq!(why(own), [Ground::Own(own)]);
/// assert_eq!(why(other), []);
/// ```
#[must_use]
pub fn grounds(actor: &Actor, resource: &Resource<'_>) -> Vec<Ground> {
    const SEES_ALL: &[Permission] =
        &[Permission::Admin, Permission::CommunityAdmin, Permission::ViewAllOrganisations];
    const COMMUNITY: &[Permission] = &[Permission::CommunityAdmin];
    const SITE: &[Permission] = &[Permission::Admin];
    let mut found = Found { actor, grounds: Vec::new() };
    match resource {
        Resource::Organisation(body) => {
            found.role(SEES_ALL);
            found.organisation(body.id);
            if body.named {
                found.grounds.push(Ground::Named);
            }
        }
        Resource::Individual(person) | Resource::EncryptionKey(Holder::Individual(person)) => {
            found.role(SEES_ALL);
            found.person(person);
        }
        Resource::EncryptionKey(Holder::Organisation(body)) => {
            found.role(SEES_ALL);
            found.organisation(body.id);
        }
        Resource::Alignment(person, body) => return found.of_both(person, *body),
        Resource::SharingGroup(circle) => {
            found.role(COMMUNITY);
            let acts_for = |id| actor.organisation == Some(id);
            match circle.owner {
                owner if acts_for(owner) => found.grounds.push(Ground::Owner(owner)),
                owner if actor.is_own(owner) => {
                    found.grounds.push(Ground::AdministeredOwner(owner));
                }
                _ => {}
            }
            let members = circle.members.iter().map(|member| member.organisation);
            found.grounds.extend(members.filter(|id| actor.is_own(*id)).map(|id| {
                if acts_for(id) { Ground::Member(id) } else { Ground::AdministeredMember(id) }
            }));
        }
        Resource::User(account) | Resource::AuthKey(account) => {
            found.role(COMMUNITY);
            if account.id == actor.user {
                found.grounds.push(Ground::Oneself);
            }
            let is_key = matches!(resource, Resource::AuthKey(_));
            if let Some(organisation) = account.organisation
                && actor.is_manager()
                && (!is_key || is_below(actor, account))
            {
                found.organisation(organisation);
            }
        }
        Resource::UserSetting(user) => {
            found.role(COMMUNITY);
            if *user == actor.user {
                found.grounds.push(Ground::Oneself);
            }
        }
        Resource::MailingList(owner, individuals) => {
            found.role(COMMUNITY);
            if *owner == Some(actor.user) {
                found.grounds.push(Ground::Oneself);
            }
            if individuals.contains(&actor.individual) {
                found.grounds.push(Ground::Listed);
            }
        }
        Resource::OrganisationGroup
        | Resource::Role(_)
        | Resource::Tag
        | Resource::EnumerationCollection
        | Resource::PermissionLimitation
        | Resource::MetaTemplate => found.grounds.push(Ground::Common),
        Resource::Brood | Resource::InboxMessage => found.role(COMMUNITY),
        Resource::LocalTool => found.role(&[Permission::Admin, Permission::CommunityAdmin]),
        Resource::OutboxMessage | Resource::Setting => found.role(SITE),
        Resource::AuditRow(record, author) => {
            if !grounds(actor, record).is_empty() {
                found.role(COMMUNITY);
            }
            if *author == Some(actor.user) {
                found.grounds.push(Ground::Author);
            }
        }
    }
    found.grounds
}

struct Found<'a> {
    actor: &'a Actor,
    grounds: Vec<Ground>,
}

impl Found<'_> {
    fn role(&mut self, permissions: &[Permission]) {
        let granted = permissions.iter().filter(|permission| self.actor.has(**permission));
        self.grounds.extend(granted.map(|permission| Ground::Role(*permission)));
    }

    fn organisation(&mut self, id: OrganisationId) {
        if self.actor.organisation == Some(id) {
            self.grounds.push(Ground::Own(id));
        } else if self.actor.is_own(id) {
            self.grounds.push(Ground::Administered(id));
        }
    }

    fn person(&mut self, person: &Person<'_>) {
        if person.id == self.actor.individual {
            self.grounds.push(Ground::Oneself);
        }
        person.aligned.iter().for_each(|id| self.organisation(*id));
    }

    /// What is seen where both ends are: the reasons of both, unless one has none.
    fn of_both(mut self, person: &Person<'_>, body: Body) -> Vec<Ground> {
        let of_person = grounds(self.actor, &Resource::Individual(*person));
        let of_body = grounds(self.actor, &Resource::Organisation(Body::new(body.id)));
        if !of_person.is_empty() && !of_body.is_empty() {
            self.grounds.extend(of_person);
            self.grounds.extend(of_body);
            self.grounds.sort_unstable();
            self.grounds.dedup();
        }
        self.grounds
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ground::Role(permission) => write!(f, "the role grants `{permission}`"),
            Ground::Common => f.write_str("everybody sees it"),
            Ground::Own(_) => f.write_str("it belongs to the own organisation"),
            Ground::Administered(_) => {
                f.write_str("it belongs to an organisation of an administered group")
            }
            Ground::Owner(_) => f.write_str("the organisation owns the sharing group"),
            Ground::AdministeredOwner(_) => {
                f.write_str("an organisation of an administered group owns the sharing group")
            }
            Ground::Member(_) => f.write_str("the organisation is a member of the sharing group"),
            Ground::AdministeredMember(_) => f.write_str(
                "an organisation of an administered group is a member of the sharing group",
            ),
            Ground::Named => f.write_str("a visible sharing group names it"),
            Ground::Oneself => f.write_str("it is one's own"),
            Ground::Listed => f.write_str("one is on the list"),
            Ground::Author => f.write_str("one did it"),
        }
    }
}
