//! Who sees what: one rule for lists, views, search, export, lookup, history and statistics.

use std::collections::BTreeSet;

use super::{Account, Actor, Body, Holder, Permission, Permissions, Person, Resource};
use crate::id::{IndividualId, OrganisationId, UserId};

/// How much of a record somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Nothing: for the actor it is not there.
    Hidden,
    /// UUID and name of an organisation, because a visible sharing group names it.
    Thin,
    /// All of it, secrets excepted.
    Full,
}

/// The permissions that make a user one that others look up to.
pub(super) const PRIVILEGED: [Permission; 4] = [
    Permission::Admin,
    Permission::CommunityAdmin,
    Permission::GroupAdmin,
    Permission::OrganisationAdmin,
];

/// How much of a record the actor sees.
#[must_use]
pub fn sight(actor: &Actor, resource: &Resource<'_>) -> Sight {
    let community = actor.has(Permission::CommunityAdmin);
    let sees = match resource {
        Resource::Organisation(body) => return of_organisation(actor, *body),
        Resource::Individual(person) | Resource::EncryptionKey(Holder::Individual(person)) => {
            sees_person(actor, person)
        }
        Resource::Alignment(person, body) => {
            sees_person(actor, person) && of_organisation(actor, *body) == Sight::Full
        }
        Resource::SharingGroup(circle) => {
            let members = circle.members.iter().map(|member| member.organisation);
            community || std::iter::once(circle.owner).chain(members).any(|id| actor.is_own(id))
        }
        Resource::EncryptionKey(Holder::Organisation(body)) => {
            of_organisation(actor, *body) == Sight::Full
        }
        Resource::User(account) => community || sees_account(actor, account),
        Resource::AuthKey(account) => {
            community
                || account.id == actor.user
                || (sees_account(actor, account) && is_below(actor, account))
        }
        Resource::UserSetting(user) => community || *user == actor.user,
        Resource::MailingList(owner, individuals) => {
            community || *owner == Some(actor.user) || individuals.contains(&actor.individual)
        }
        Resource::OrganisationGroup
        | Resource::Role(_)
        | Resource::Tag
        | Resource::EnumerationCollection
        | Resource::PermissionLimitation
        | Resource::MetaTemplate => true,
        Resource::Brood | Resource::InboxMessage => community,
        Resource::LocalTool => community || actor.has(Permission::Admin),
        Resource::OutboxMessage | Resource::Setting => actor.has(Permission::Admin),
        Resource::AuditRow(record, author) => {
            *author == Some(actor.user) || (community && sight(actor, record) != Sight::Hidden)
        }
    };
    if sees { Sight::Full } else { Sight::Hidden }
}

fn of_organisation(actor: &Actor, body: Body) -> Sight {
    if actor.sees_all() || actor.is_own(body.id) {
        Sight::Full
    } else if body.named {
        Sight::Thin
    } else {
        Sight::Hidden
    }
}

fn sees_person(actor: &Actor, person: &Person<'_>) -> bool {
    actor.sees_all()
        || person.id == actor.individual
        || person.aligned.iter().any(|organisation| actor.is_own(*organisation))
}

fn sees_account(actor: &Actor, account: &Account) -> bool {
    account.id == actor.user
        || account.organisation.is_some_and(|organisation| actor.manages_people_of(organisation))
}

/// Whether the user has no more rights than the actor, and none over others.
pub(super) fn is_below(actor: &Actor, account: &Account) -> bool {
    account.permissions.is_within(actor.permissions) && !account.permissions.has_any(&PRIVILEGED)
}

/// Which kinds of record there are to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Sort {
    /// [`Resource::Organisation`]
    Organisation,
    /// [`Resource::Individual`]
    Individual,
    /// [`Resource::SharingGroup`]
    SharingGroup,
    /// [`Resource::User`]
    User,
    /// [`Resource::AuthKey`]
    AuthKey,
    /// [`Resource::UserSetting`]
    UserSetting,
    /// [`Resource::MailingList`]
    MailingList,
    /// What everybody may read: organisation groups, roles, tags, enumerations, limitations,
    /// meta-templates.
    Common,
    /// [`Resource::Brood`]
    Brood,
    /// [`Resource::LocalTool`]
    LocalTool,
    /// [`Resource::InboxMessage`]
    InboxMessage,
    /// [`Resource::OutboxMessage`]
    OutboxMessage,
    /// [`Resource::Setting`]
    Setting,
}

/// Which records of a kind somebody sees, as a filter: all, or those that hang on something of the
/// actor. Alignments are seen where both ends are, and keys where the owner is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Visible {
    /// All of them.
    All,
    /// Those that hang on one of these; none if there is nothing.
    Only(Anchors),
}

/// What a visible record hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Anchors {
    /// Organisations: they themselves, who works for them, groups that they own or are in, users
    /// that act for them and the keys of those.
    pub organisations: BTreeSet<OrganisationId>,
    /// A person: the individual, and the mailing lists it is on.
    pub individual: Option<IndividualId>,
    /// A user: the user, its keys and settings, and the mailing lists it owns.
    pub user: Option<UserId>,
    /// Through an organisation, only what is of users whose role grants no more than this.
    pub at_most: Option<Permissions>,
}

impl Visible {
    /// Whether nothing at all is visible.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match self {
            Visible::All => false,
            Visible::Only(anchors) => {
                anchors.organisations.is_empty()
                    && anchors.individual.is_none()
                    && anchors.user.is_none()
            }
        }
    }
}

/// Which records of a kind the actor sees in full.
#[must_use]
pub fn visible(actor: &Actor, sort: Sort) -> Visible {
    let community = actor.has(Permission::CommunityAdmin);
    let all = match sort {
        Sort::Organisation | Sort::Individual => actor.sees_all(),
        Sort::Common => true,
        Sort::LocalTool => community || actor.has(Permission::Admin),
        Sort::OutboxMessage | Sort::Setting => actor.has(Permission::Admin),
        _ => community,
    };
    if all {
        return Visible::All;
    }
    let own = || Anchors { organisations: actor.own_set(), ..Anchors::default() };
    let managed = || if actor.is_manager() { own() } else { Anchors::default() };
    let (individual, user) = (Some(actor.individual), Some(actor.user));
    let mut below = actor.permissions;
    for permission in PRIVILEGED {
        below = below.without(permission);
    }
    Visible::Only(match sort {
        Sort::Organisation | Sort::SharingGroup => own(),
        Sort::Individual => Anchors { individual, ..own() },
        Sort::User => Anchors { user, ..managed() },
        Sort::AuthKey => Anchors { user, at_most: Some(below), ..managed() },
        Sort::UserSetting => Anchors { user, ..Anchors::default() },
        Sort::MailingList => Anchors { individual, user, ..Anchors::default() },
        _ => Anchors::default(),
    })
}
