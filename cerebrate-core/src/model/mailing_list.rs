use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, Name};
use crate::id::{IndividualId, MailingListId, MetaFieldId, UserId};
use crate::value::Timestamp;

/// A list of individuals to write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MailingList {
    /// Identity, the same on every node.
    pub id: MailingListId,
    /// Name; not unique.
    pub name: Name,
    /// Whom it reaches, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<String>,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// The user who made it and may change it; `None` if nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Who is on it, each individual once.
    #[serde(default)]
    pub individuals: Vec<Recipient>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

/// An individual on a mailing list, and at which addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The person.
    pub individual: IndividualId,
    /// Whether the primary address gets the mail.
    pub primary: bool,
    /// Further addresses: meta-fields of the individual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternates: Vec<MetaFieldId>,
}

impl MailingList {
    /// An inactive list without individuals.
    pub fn new(id: MailingListId, name: Name) -> Self {
        MailingList {
            id,
            name,
            recipients: None,
            description: None,
            active: false,
            owner: None,
            individuals: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for MailingList {
    type Id = MailingListId;
    const KIND: EntityKind = EntityKind::MailingList;

    fn id(&self) -> MailingListId {
        self.id
    }
}
