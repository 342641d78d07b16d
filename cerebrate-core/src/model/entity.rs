use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which sort of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntityKind {
    /// [`Organisation`](super::Organisation)
    Organisation,
    /// [`Individual`](super::Individual)
    Individual,
    /// [`Alignment`](super::Alignment)
    Alignment,
    /// [`Tag`](super::Tag)
    Tag,
    /// [`MetaTemplate`](super::MetaTemplate)
    MetaTemplate,
    /// [`SharingGroup`](super::SharingGroup)
    SharingGroup,
    /// [`MailingList`](super::MailingList)
    MailingList,
    /// [`OrganisationGroup`](super::OrganisationGroup)
    OrganisationGroup,
    /// [`EnumerationCollection`](super::EnumerationCollection)
    EnumerationCollection,
    /// [`EncryptionKey`](super::EncryptionKey)
    EncryptionKey,
    /// [`Role`](super::Role)
    Role,
    /// [`User`](super::User)
    User,
    /// [`AuthKey`](super::AuthKey)
    AuthKey,
    /// [`UserSetting`](super::UserSetting)
    UserSetting,
    /// [`PermissionLimitation`](super::PermissionLimitation)
    PermissionLimitation,
    /// [`InboxMessage`](super::InboxMessage)
    InboxMessage,
    /// [`OutboxMessage`](super::OutboxMessage)
    OutboxMessage,
}

impl EntityKind {
    /// Every kind there is.
    pub const ALL: [EntityKind; 17] = [
        EntityKind::Organisation,
        EntityKind::Individual,
        EntityKind::Alignment,
        EntityKind::Tag,
        EntityKind::MetaTemplate,
        EntityKind::SharingGroup,
        EntityKind::MailingList,
        EntityKind::OrganisationGroup,
        EntityKind::EnumerationCollection,
        EntityKind::EncryptionKey,
        EntityKind::Role,
        EntityKind::User,
        EntityKind::AuthKey,
        EntityKind::UserSetting,
        EntityKind::PermissionLimitation,
        EntityKind::InboxMessage,
        EntityKind::OutboxMessage,
    ];

    /// The name in JSON, in the feed and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            EntityKind::Organisation => "organisation",
            EntityKind::Individual => "individual",
            EntityKind::Alignment => "alignment",
            EntityKind::Tag => "tag",
            EntityKind::MetaTemplate => "meta_template",
            EntityKind::SharingGroup => "sharing_group",
            EntityKind::MailingList => "mailing_list",
            EntityKind::OrganisationGroup => "organisation_group",
            EntityKind::EnumerationCollection => "enumeration_collection",
            EntityKind::EncryptionKey => "encryption_key",
            EntityKind::Role => "role",
            EntityKind::User => "user",
            EntityKind::AuthKey => "auth_key",
            EntityKind::UserSetting => "user_setting",
            EntityKind::PermissionLimitation => "permission_limitation",
            EntityKind::InboxMessage => "inbox_message",
            EntityKind::OutboxMessage => "outbox_message",
        }
    }

    /// The kind that [`Self::as_str`] names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name for people, such as `sharing group`.
    pub fn noun(self) -> &'static str {
        match self {
            EntityKind::MetaTemplate => "meta-template",
            EntityKind::SharingGroup => "sharing group",
            EntityKind::MailingList => "mailing list",
            EntityKind::OrganisationGroup => "organisation group",
            EntityKind::EnumerationCollection => "enumeration collection",
            EntityKind::EncryptionKey => "encryption key",
            EntityKind::AuthKey => "auth key",
            EntityKind::UserSetting => "user setting",
            EntityKind::PermissionLimitation => "permission limitation",
            EntityKind::InboxMessage => "inbox message",
            EntityKind::OutboxMessage => "outbox message",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record that the store keeps: one kind, one identity.
pub trait Entity: Serialize + DeserializeOwned + Clone + fmt::Debug + PartialEq {
    /// The identity of this kind of record.
    type Id: Copy + Eq + fmt::Debug + fmt::Display + From<Uuid> + Into<Uuid>;

    /// Which kind it is.
    const KIND: EntityKind;

    /// The identity that the feed and the store use.
    fn id(&self) -> Self::Id;
}
