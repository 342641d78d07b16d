//! Who may do what.

use super::sight::is_below;
use super::{
    Account, Action, Actor, Body, Circle, Holder, Permission, Permissions, Person, Reason,
    Resource, Right, Sight, Verdict, sight,
};

const SITE: &[Right] = &[Right::Any(Permission::Admin)];
const COMMUNITY: &[Right] = &[Right::Any(Permission::CommunityAdmin)];
const COMMUNITY_OR_SYNC: &[Right] =
    &[Right::Any(Permission::CommunityAdmin), Right::Any(Permission::Sync)];
const MANAGER: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::Any(Permission::OrganisationAdmin),
    Right::Any(Permission::GroupAdmin),
];
const MANAGER_OF_IT: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::Over(Permission::OrganisationAdmin),
    Right::Over(Permission::GroupAdmin),
];
const MANAGER_ACTING_FOR_IT: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::ActingFor(Permission::OrganisationAdmin),
    Right::ActingFor(Permission::GroupAdmin),
];
const MANAGER_OR_OWNER: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::Over(Permission::OrganisationAdmin),
    Right::Over(Permission::GroupAdmin),
    Right::Own,
];
const MANAGER_OR_EXTEND: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::Over(Permission::OrganisationAdmin),
    Right::Over(Permission::GroupAdmin),
    Right::Extend,
];
const KEEPER: &[Right] = &[
    Right::Any(Permission::CommunityAdmin),
    Right::Over(Permission::OrganisationAdmin),
    Right::Own,
];
const COMMUNITY_OR_OWNER: &[Right] = &[Right::Any(Permission::CommunityAdmin), Right::Own];
const EDITOR: &[Right] = &[Right::Any(Permission::MetaFieldEditor)];

/// Whether the actor may do that.
///
/// What the actor does not see is [`Reason::Hidden`] for every action but making it.
///
/// ```
/// use cerebrate_core::access::{Action, Actor, Body, Permission, Permissions, Resource, may};
/// # use cerebrate_core::id::{IndividualId, OrganisationId, UserId};
/// # use uuid::Uuid;
/// # let (user, person) = (UserId::new(Uuid::nil()), IndividualId::new(Uuid::nil()));
/// # let (own, other) = (OrganisationId::new(Uuid::nil()), OrganisationId::new(Uuid::max()));
/// let role = Permissions::NONE.with(Permission::OrganisationAdmin);
/// let actor = Actor::new(user, person, Some(own), role);
/// let of = |organisation| Resource::Organisation(Body::new(organisation));
/// assert!(may(&actor, Action::Edit, &of(own)).is_allowed());
/// assert!(!may(&actor, Action::Edit, &of(other)).is_allowed());
/// ```
pub fn may(actor: &Actor, action: Action, resource: &Resource<'_>) -> Verdict {
    if action != Action::Add && sight(actor, resource) == Sight::Hidden {
        return Verdict::Refused(Reason::Hidden);
    }
    if action == Action::See {
        return Verdict::Allowed;
    }
    match resource {
        Resource::Organisation(body) => organisation(actor, action, *body),
        Resource::Individual(person) => individual(actor, action, person),
        Resource::Alignment(person, body) => alignment(actor, action, person, *body),
        Resource::SharingGroup(circle) => sharing_group(actor, action, circle),
        Resource::EncryptionKey(holder) => encryption_key(actor, action, holder),
        Resource::User(account) => user(actor, action, account),
        Resource::AuthKey(account) => auth_key(actor, action, account),
        Resource::UserSetting(user) => match action {
            Action::Add | Action::Edit | Action::Delete => {
                if_any(*user == actor.user || is_community(actor), COMMUNITY_OR_OWNER)
            }
            _ => IMPOSSIBLE,
        },
        Resource::MailingList(owner, _) => match action {
            Action::Add => if_any(is_community(actor) || actor.is_manager(), MANAGER),
            Action::Edit | Action::Delete | Action::AddMember | Action::RemoveMember => {
                let is_owner = *owner == Some(actor.user);
                if_any(is_community(actor) || is_owner, COMMUNITY_OR_OWNER)
            }
            _ => IMPOSSIBLE,
        },
        Resource::Role(permissions) => role(actor, action, *permissions),
        Resource::Tag => match action {
            Action::Add => if_any(is_community(actor) || actor.is_manager(), MANAGER),
            Action::Edit | Action::Delete => if_any(is_community(actor), COMMUNITY),
            _ => IMPOSSIBLE,
        },
        Resource::OrganisationGroup => match action {
            Action::ChangeId
            | Action::EditMetaFields
            | Action::Assign(_)
            | Action::ChangePassword
            | Action::Process => IMPOSSIBLE,
            _ => if_any(is_community(actor), COMMUNITY),
        },
        Resource::InboxMessage => match action {
            Action::Add => {
                let sends = actor.has(Permission::Sync);
                if_any(is_community(actor) || sends, COMMUNITY_OR_SYNC)
            }
            Action::Process | Action::Delete => if_any(is_community(actor), COMMUNITY),
            _ => IMPOSSIBLE,
        },
        Resource::EnumerationCollection | Resource::Brood => {
            plain(action, is_community(actor), COMMUNITY)
        }
        Resource::OutboxMessage if action == Action::Process => {
            if_any(actor.has(Permission::Admin), SITE)
        }
        Resource::MetaTemplate
        | Resource::Setting
        | Resource::LocalTool
        | Resource::OutboxMessage
        | Resource::PermissionLimitation => plain(action, actor.has(Permission::Admin), SITE),
        // A row is never written by hand; taking its payload away is erasing.
        Resource::AuditRow(..) => match action {
            Action::Delete => if_any(is_community(actor), COMMUNITY),
            _ => IMPOSSIBLE,
        },
    }
}

const IMPOSSIBLE: Verdict =
    Verdict::Refused(Reason::Blocked("records of this kind take no such action"));

fn if_any(allowed: bool, rights: &'static [Right]) -> Verdict {
    if allowed { Verdict::Allowed } else { Verdict::Refused(Reason::Needs(rights)) }
}

/// Records that are made, changed and taken away, and no more.
fn plain(action: Action, allowed: bool, rights: &'static [Right]) -> Verdict {
    match action {
        Action::Add | Action::Edit | Action::Delete => if_any(allowed, rights),
        _ => IMPOSSIBLE,
    }
}

fn is_community(actor: &Actor) -> bool {
    actor.has(Permission::CommunityAdmin)
}

/// Nobody grants what they do not hold.
fn within(permissions: Permissions, actor: &Actor) -> Verdict {
    let beyond = permissions.beyond(actor.permissions);
    if beyond.is_empty() { Verdict::Allowed } else { Verdict::Refused(Reason::Beyond(beyond)) }
}

/// Meta-fields take a permission of their own, besides the right to change their owner.
fn edits_meta_fields(actor: &Actor) -> Verdict {
    if_any(actor.has(Permission::MetaFieldEditor), EDITOR)
}

fn organisation(actor: &Actor, action: Action, body: Body) -> Verdict {
    let edit = || if_any(is_community(actor) || actor.manages(body.id), MANAGER_OF_IT);
    match action {
        Action::Add | Action::Delete | Action::ChangeId => if_any(is_community(actor), COMMUNITY),
        Action::Edit | Action::Tag => edit(),
        Action::EditMetaFields => edit().and(|| edits_meta_fields(actor)),
        _ => IMPOSSIBLE,
    }
}

fn individual(actor: &Actor, action: Action, person: &Person<'_>) -> Verdict {
    let is_oneself = person.id == actor.individual;
    match action {
        // Whoever makes a person for the own organisation says so at once.
        Action::Add => {
            let aligned = person.aligned.iter().any(|one| actor.manages_people_of(*one));
            if_any(is_community(actor) || aligned, MANAGER_OF_IT)
        }
        Action::Edit => edits_person(actor, person, is_oneself),
        Action::EditMetaFields => {
            edits_person(actor, person, is_oneself).and(|| edits_meta_fields(actor))
        }
        Action::Tag => edits_person(actor, person, false),
        Action::Delete => if_any(is_community(actor), COMMUNITY).and(|| {
            if person.users.is_empty() {
                Verdict::Allowed
            } else {
                Verdict::Refused(Reason::Blocked("the person has a user"))
            }
        }),
        Action::ChangeId => Verdict::Refused(Reason::Blocked("a person keeps the UUID")),
        _ => IMPOSSIBLE,
    }
}

fn edits_person(actor: &Actor, person: &Person<'_>, is_oneself: bool) -> Verdict {
    if is_community(actor) || is_oneself {
        return Verdict::Allowed;
    }
    let aligned = person.aligned.iter().any(|one| actor.manages_people_of(*one));
    let has_user = || {
        let enabled = person.users.iter().filter(|account| account.enabled);
        enabled.filter_map(|account| account.organisation).any(|one| actor.manages_people_of(one))
    };
    if_any(aligned || has_user(), MANAGER_OR_OWNER).and(|| {
        person.users.iter().fold(Verdict::Allowed, |verdict, account| {
            verdict.and(|| match within(account.permissions, actor) {
                // What it holds is told of no user who is hidden.
                Verdict::Refused(_) if sight(actor, &Resource::User(*account)) == Sight::Hidden => {
                    Verdict::Refused(Reason::Above)
                }
                verdict => verdict,
            })
        })
    })
}

fn alignment(actor: &Actor, action: Action, person: &Person<'_>, body: Body) -> Verdict {
    match action {
        Action::Add | Action::Edit | Action::Delete => {
            // Both ends are there already: what is hidden cannot be connected.
            may(actor, Action::Edit, &Resource::Individual(*person))
                .and(|| may(actor, Action::Edit, &Resource::Organisation(body)))
        }
        _ => IMPOSSIBLE,
    }
}

fn sharing_group(actor: &Actor, action: Action, circle: &Circle<'_>) -> Verdict {
    let leads = is_community(actor) || actor.manages_people_of(circle.owner);
    match action {
        Action::Add => {
            let own = actor.is_manager() && actor.organisation == Some(circle.owner);
            if_any(is_community(actor) || own, MANAGER_ACTING_FOR_IT)
        }
        Action::Edit | Action::Delete | Action::RemoveMember => if_any(leads, MANAGER_OF_IT),
        Action::AddMember => {
            let extends = circle
                .members
                .iter()
                .any(|member| member.extend && actor.is_own(member.organisation));
            if_any(leads || extends, MANAGER_OR_EXTEND)
        }
        _ => IMPOSSIBLE,
    }
}

fn encryption_key(actor: &Actor, action: Action, holder: &Holder<'_>) -> Verdict {
    let of_own = |organisation| {
        actor.has(Permission::OrganisationAdmin) && actor.organisation == Some(organisation)
    };
    let keeps = is_community(actor)
        || match holder {
            Holder::Organisation(body) => of_own(body.id),
            Holder::Individual(person) => {
                person.id == actor.individual || person.aligned.iter().copied().any(of_own)
            }
        };
    plain(action, keeps, KEEPER)
}

fn user(actor: &Actor, action: Action, account: &Account) -> Verdict {
    let is_oneself = account.id == actor.user;
    let manages = account.organisation.is_some_and(|one| actor.manages_people_of(one));
    let edit = || {
        if_any(is_community(actor) || manages, MANAGER_OF_IT)
            .and(|| within(account.permissions, actor))
    };
    // What takes rights away is no way to gain them.
    let keep_out = || if is_community(actor) { Verdict::Allowed } else { edit() };
    match action {
        Action::Disable | Action::Delete => keep_out(),
        Action::EditMetaFields => edit().and(|| edits_meta_fields(actor)),
        Action::Assign(permissions) => {
            keep_out().and(|| within(permissions.differing(account.permissions), actor))
        }
        Action::ChangePassword if is_oneself => Verdict::Allowed,
        // Whoever sets a password can be that user.
        Action::Add | Action::Edit | Action::ChangePassword => edit(),
        _ => IMPOSSIBLE,
    }
}

fn auth_key(actor: &Actor, action: Action, account: &Account) -> Verdict {
    if !matches!(action, Action::Add | Action::Edit | Action::Delete) {
        return IMPOSSIBLE;
    }
    if account.id == actor.user {
        return Verdict::Allowed;
    }
    let manages = account.organisation.is_some_and(|one| actor.manages_people_of(one));
    let right = if_any(is_community(actor) || manages, MANAGER_OR_OWNER);
    match action {
        Action::Delete if is_community(actor) => right,
        _ if is_community(actor) => right.and(|| within(account.permissions, actor)),
        _ => right.and(|| {
            let below = is_below(actor, account);
            // Of what the actor holds as well, none would help.
            within(account.permissions, actor).and(|| if_any(below, COMMUNITY_OR_OWNER))
        }),
    }
}

fn role(actor: &Actor, action: Action, permissions: Permissions) -> Verdict {
    let community = || if_any(is_community(actor), COMMUNITY);
    match action {
        Action::Add | Action::Delete => community().and(|| within(permissions, actor)),
        Action::Edit => community(),
        Action::Assign(wanted) => community().and(|| within(permissions.differing(wanted), actor)),
        _ => IMPOSSIBLE,
    }
}
