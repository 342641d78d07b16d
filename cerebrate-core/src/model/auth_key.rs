use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind};
use crate::id::{AuthKeyId, UserId};
use crate::value::Timestamp;

/// That a user was given a key to come in with. The key itself is shown once, when it is issued, and
/// stands nowhere; the store keeps a digest apart from the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthKey {
    /// Identity.
    pub id: AuthKeyId,
    /// Who comes in with it.
    pub user: UserId,
    /// The first four characters of the key, to recognise it by.
    pub start: String,
    /// The last four characters.
    pub end: String,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// From when on it opens nothing; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

impl AuthKey {
    /// How many characters at either end are kept to recognise a key by.
    pub const SHOWN: usize = 4;

    /// A key that does not expire.
    pub fn new(
        id: AuthKeyId,
        user: UserId,
        start: impl Into<String>,
        end: impl Into<String>,
    ) -> Self {
        AuthKey {
            id,
            user,
            start: start.into(),
            end: end.into(),
            comment: None,
            created: None,
            expires: None,
        }
    }

    /// Whether it has expired by then.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl Entity for AuthKey {
    type Id = AuthKeyId;
    const KIND: EntityKind = EntityKind::AuthKey;

    fn id(&self) -> AuthKeyId {
        self.id
    }
}
