use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind};
use crate::id::{EncryptionKeyId, IndividualId, OrganisationId};
use crate::value::Timestamp;

/// An OpenPGP or S/MIME key of an organisation or individual, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EncryptionKey {
    /// Identity, the same on every node.
    pub id: EncryptionKeyId,
    /// Which sort of key.
    pub kind: KeyKind,
    /// Whose key it is.
    pub owner: Owner,
    /// The key as given, such as an armoured block.
    pub text: String,
    /// Whether its owner or keeper said that it must not be used any more.
    pub revoked: bool,
    /// When it ends, if somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

/// Which sort of key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeyKind {
    /// OpenPGP.
    OpenPgp,
    /// S/MIME.
    Smime,
    /// What a peer called it; stored and never used.
    #[serde(untagged)]
    Other(String),
}

/// Who owns a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// An organisation.
    Organisation(OrganisationId),
    /// An individual.
    Individual(IndividualId),
}

impl EncryptionKey {
    /// A key that is not revoked and has no stated end.
    pub fn new(id: EncryptionKeyId, kind: KeyKind, owner: Owner, text: impl Into<String>) -> Self {
        EncryptionKey {
            id,
            kind,
            owner,
            text: text.into(),
            revoked: false,
            expires: None,
            created: None,
            modified: None,
        }
    }
}

impl Entity for EncryptionKey {
    type Id = EncryptionKeyId;
    const KIND: EntityKind = EntityKind::EncryptionKey;

    fn id(&self) -> EncryptionKeyId {
        self.id
    }
}
