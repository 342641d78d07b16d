//! What is known of a record that decides about rights over it.

use cerebrate_core::access::{
    Account, Body, Circle, Holder, Permissions, Person, Resource, Sight, sight,
};
use cerebrate_core::error::Result;
use cerebrate_core::id::{IndividualId, OrganisationId, UserId};
use cerebrate_core::model::{EntityKind, Member, Owner, Record, User};
use cerebrate_core::query::{Filter, Query};

use super::Viewer;
use crate::backend::Read;

/// As much of a record, and of what it hangs on, as decides about it.
#[derive(Debug)]
pub(super) enum Known {
    Organisation(Body),
    Individual(Human),
    Alignment(Human, Body),
    SharingGroup(OrganisationId, Vec<Member>),
    KeyOfOrganisation(Body),
    KeyOfIndividual(Human),
    MailingList(Option<UserId>, Vec<IndividualId>),
    User(Account),
    AuthKey(Account),
    UserSetting(UserId),
    /// What needs nothing but its kind.
    Plain(Resource<'static>),
}

/// An individual, with its alignments and users.
#[derive(Debug)]
pub(super) struct Human {
    pub(super) id: IndividualId,
    pub(super) aligned: Vec<OrganisationId>,
    pub(super) users: Vec<Account>,
}

impl Known {
    /// What is known of a record, by what `whole` has besides it.
    pub(super) fn of(whole: &dyn Read, viewer: &Viewer, record: &Record) -> Result<Self> {
        let body = |id| -> Result<Body> {
            let named = !viewer.sees_organisation(id) && is_named(whole, viewer, id)?;
            Ok(Body { id, named })
        };
        Ok(match record {
            Record::Organisation(organisation) => Known::Organisation(body(organisation.id)?),
            Record::Individual(individual) => Known::Individual(Human::of(whole, individual.id)?),
            Record::Alignment(alignment) => {
                let human = Human::of(whole, alignment.individual)?;
                Known::Alignment(human, body(alignment.organisation)?)
            }
            Record::SharingGroup(group) => Known::SharingGroup(group.owner, group.members.clone()),
            Record::EncryptionKey(key) => match key.owner {
                Owner::Organisation(id) => Known::KeyOfOrganisation(body(id)?),
                Owner::Individual(id) => Known::KeyOfIndividual(Human::of(whole, id)?),
            },
            Record::MailingList(list) => {
                let individuals = list.individuals.iter().map(|recipient| recipient.individual);
                Known::MailingList(list.owner, individuals.collect())
            }
            Record::OrganisationGroup(_) => Known::Plain(Resource::OrganisationGroup),
            Record::Tag(_) => Known::Plain(Resource::Tag),
            Record::MetaTemplate(_) => Known::Plain(Resource::MetaTemplate),
            Record::EnumerationCollection(_) => Known::Plain(Resource::EnumerationCollection),
            Record::User(user) => Known::User(account(whole, user)?),
            Record::AuthKey(key) => Known::AuthKey(account_of(whole, key.user)?),
            Record::UserSetting(setting) => Known::UserSetting(setting.user),
            Record::Role(role) => Known::Plain(Resource::Role(role.permissions)),
            Record::PermissionLimitation(_) => Known::Plain(Resource::PermissionLimitation),
            Record::InboxMessage(_) => Known::Plain(Resource::InboxMessage),
            Record::OutboxMessage(_) => Known::Plain(Resource::OutboxMessage),
            // What has no rule belongs to the node.
            _ => Known::Plain(Resource::Setting),
        })
    }

    /// The same of a record that is gone, as it was.
    pub(super) fn of_gone(whole: &dyn Read, viewer: &Viewer, record: &Record) -> Result<Self> {
        let mut known = Known::of(whole, viewer, record)?;
        if let Known::Alignment(human, body) = &mut known {
            human.aligned.push(body.id);
        }
        Ok(known)
    }

    pub(super) fn resource(&self) -> Resource<'_> {
        match self {
            Known::Organisation(body) => Resource::Organisation(*body),
            Known::Individual(human) => Resource::Individual(human.person()),
            Known::Alignment(human, body) => Resource::Alignment(human.person(), *body),
            Known::SharingGroup(owner, members) => {
                Resource::SharingGroup(Circle { owner: *owner, members })
            }
            Known::KeyOfOrganisation(body) => Resource::EncryptionKey(Holder::Organisation(*body)),
            Known::KeyOfIndividual(human) => {
                Resource::EncryptionKey(Holder::Individual(human.person()))
            }
            Known::MailingList(owner, individuals) => Resource::MailingList(*owner, individuals),
            Known::User(account) => Resource::User(*account),
            Known::AuthKey(account) => Resource::AuthKey(*account),
            Known::UserSetting(user) => Resource::UserSetting(*user),
            Known::Plain(resource) => *resource,
        }
    }

    pub(super) fn sight(&self, viewer: &Viewer) -> Sight {
        sight(viewer.actor(), &self.resource())
    }
}

impl Human {
    pub(super) fn of(whole: &dyn Read, id: IndividualId) -> Result<Self> {
        let mut aligned = Vec::new();
        each(whole, EntityKind::Alignment, Filter::Individual(id), |record| {
            if let Record::Alignment(alignment) = record {
                aligned.push(alignment.organisation);
            }
        })?;
        let mut users = Vec::new();
        each(whole, EntityKind::User, Filter::Individual(id), |record| {
            if let Record::User(user) = record {
                users.push(user.clone());
            }
        })?;
        let users = users.iter().map(|user| account(whole, user)).collect::<Result<_>>()?;
        Ok(Human { id, aligned, users })
    }

    pub(super) fn person(&self) -> Person<'_> {
        Person { id: self.id, aligned: &self.aligned, users: &self.users }
    }
}

/// A user, as far as rights go. One whose role is gone has every permission, as far as rights over
/// it go.
pub(super) fn account(whole: &dyn Read, user: &User) -> Result<Account> {
    let permissions = match whole.get(EntityKind::Role, user.role.uuid())? {
        Some(Record::Role(role)) => role.permissions,
        _ => Permissions::all(),
    };
    let User { id, organisation, disabled, .. } = *user;
    Ok(Account { id, organisation, permissions, enabled: !disabled })
}

fn account_of(whole: &dyn Read, id: UserId) -> Result<Account> {
    match whole.get(EntityKind::User, id.uuid())? {
        Some(Record::User(user)) => account(whole, &user),
        // What belongs to nobody is for those who see everything.
        _ => {
            Ok(Account { id, organisation: None, permissions: Permissions::all(), enabled: false })
        }
    }
}

/// How much of a record is seen.
pub(super) fn sight_of(whole: &dyn Read, viewer: &Viewer, record: &Record) -> Result<Sight> {
    if viewer.sees_whole(record.kind()) {
        return Ok(Sight::Full);
    }
    Ok(Known::of(whole, viewer, record)?.sight(viewer))
}

/// Whether a sharing group that is seen names an organisation.
pub(super) fn is_named(whole: &dyn Read, viewer: &Viewer, id: OrganisationId) -> Result<bool> {
    let kind = EntityKind::SharingGroup;
    let mut filters = vec![Filter::Organisation(id)];
    match viewer.visible(kind) {
        cerebrate_core::access::Visible::All => {}
        cerebrate_core::access::Visible::Only(anchors) => filters.push(Filter::HangsOn(anchors)),
        _ => return Ok(false),
    }
    Ok(whole.count(kind, &filters)? > 0)
}

/// Shows every record of a kind that passes a filter.
pub(super) fn each(
    read: &dyn Read,
    kind: EntityKind,
    filter: Filter,
    mut see: impl FnMut(&Record),
) -> Result<()> {
    let mut query = Query::new(kind);
    query.filters.push(filter);
    query.limit = 500;
    loop {
        let page = read.query(&query)?;
        page.records.iter().for_each(&mut see);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}
