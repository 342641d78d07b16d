use super::Permissions;
use crate::id::{IndividualId, OrganisationId, UserId};
use crate::model::Member;

/// What somebody wants to do something with: as much of a record as decides about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource<'a> {
    /// An organisation.
    Organisation(Body),
    /// An individual.
    Individual(Person<'a>),
    /// That an individual works for an organisation.
    Alignment(Person<'a>, Body),
    /// A sharing group, and with it the list of its members.
    SharingGroup(Circle<'a>),
    /// An encryption key.
    EncryptionKey(Holder<'a>),
    /// A user.
    User(Account),
    /// A key with which this user is let in.
    AuthKey(Account),
    /// A setting of this user.
    UserSetting(UserId),
    /// A mailing list: who owns it, and who is on it.
    MailingList(Option<UserId>, &'a [IndividualId]),
    /// An organisation group itself; its organisations are seen as organisations are.
    OrganisationGroup,
    /// A role, with what it grants.
    Role(Permissions),
    /// A tag.
    Tag,
    /// A collection of choices.
    EnumerationCollection,
    /// A limit to how many users may have something.
    PermissionLimitation,
    /// A meta-template.
    MetaTemplate,
    /// A peer.
    Brood,
    /// A tool next to the node.
    LocalTool,
    /// A message that came in.
    InboxMessage,
    /// A message that has not gone out.
    OutboxMessage,
    /// A setting of the node.
    Setting,
    /// A row of the trail: the record that it is about, and who wrote it.
    AuditRow(&'a Resource<'a>, Option<UserId>),
}

/// An organisation, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Which one.
    pub id: OrganisationId,
    /// Whether a sharing group that the actor sees names it.
    pub named: bool,
}

impl Body {
    /// An organisation that no sharing group names.
    pub fn new(id: OrganisationId) -> Self {
        Body { id, named: false }
    }
}

/// An individual, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Which one.
    pub id: IndividualId,
    /// For which organisations the person works.
    pub aligned: &'a [OrganisationId],
    /// The users that the person has.
    pub users: &'a [Account],
}

/// A user, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Which one.
    pub id: UserId,
    /// The organisation on whose behalf it acts.
    pub organisation: Option<OrganisationId>,
    /// What its role grants.
    pub permissions: Permissions,
    /// Whether it may come in.
    pub enabled: bool,
}

/// A sharing group, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circle<'a> {
    /// Who owns it.
    pub owner: OrganisationId,
    /// Its members.
    pub members: &'a [Member],
}

/// Whose an encryption key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// That of an organisation.
    Organisation(Body),
    /// That of a person.
    Individual(Person<'a>),
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// To see it.
    See,
    /// To make it, as the resource describes it.
    Add,
    /// To change it.
    Edit,
    /// To keep a user out. To let one in again is to change it.
    Disable,
    /// To take it away.
    Delete,
    /// To give it another UUID.
    ChangeId,
    /// To put tags on it or take them off.
    Tag,
    /// To change its meta-fields.
    EditMetaFields,
    /// To put somebody on it: a sharing group, a mailing list, an organisation group.
    AddMember,
    /// To take somebody off it.
    RemoveMember,
    /// To give a user a role that grants this, or a role this instead of what it grants.
    Assign(Permissions),
    /// To set the password of a user.
    ChangePassword,
    /// To act on a message.
    Process,
}
