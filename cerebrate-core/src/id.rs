//! Identities: a UUID, wrapped once per entity so that a wrong one in the wrong place does not
//! compile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Kind};

/// Namespace of the identities that are derived from what they name (tags, alignments), so that
/// two nodes give the same thing the same identity.
const DERIVED: Uuid = Uuid::from_u128(0x6f2b_11d4_8c3e_5b0e_9a57_c1d7_3e0f_4a21);

/// Derives an identity from parts that identify a thing everywhere.
pub(crate) fn derive(kind: &str, parts: &[&[u8]]) -> Uuid {
    let mut name = Vec::with_capacity(64);
    name.extend_from_slice(kind.as_bytes());
    for part in parts {
        name.push(0);
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&DERIVED, &name)
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident, $noun:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Uuid::parse_str(text.trim()).map(Self).map_err(|source| {
                    Error::new(Kind::Invalid, concat!("read ", $noun, " id"), "not a UUID")
                        .with("value", crate::problem::excerpt(text))
                        .hint("a UUID looks like `55f6ea5e-2c60-40e5-964f-47a8950d210f`")
                        .caused_by(source)
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }
    )*};
}

ids! {
    /// Identity of an [`Organisation`](crate::model::Organisation).
    OrganisationId, "organisation";
    /// Identity of an [`Individual`](crate::model::Individual).
    IndividualId, "individual";
    /// Identity of an [`Alignment`](crate::model::Alignment), derived from what it connects.
    AlignmentId, "alignment";
    /// Identity of a [`Tag`](crate::model::Tag), derived from its case-folded name.
    TagId, "tag";
    /// Identity of a [`MetaTemplate`](crate::model::MetaTemplate) across its versions.
    MetaTemplateId, "meta-template";
    /// Identity of one stored [`MetaField`](crate::model::MetaField).
    MetaFieldId, "meta-field";
    /// Identity of a [`SharingGroup`](crate::model::SharingGroup).
    SharingGroupId, "sharing group";
    /// Identity of a [`MailingList`](crate::model::MailingList).
    MailingListId, "mailing list";
    /// Identity of an [`OrganisationGroup`](crate::model::OrganisationGroup).
    OrganisationGroupId, "organisation group";
    /// Identity of an [`EnumerationCollection`](crate::model::EnumerationCollection).
    EnumerationCollectionId, "enumeration collection";
    /// Identity of an [`EncryptionKey`](crate::model::EncryptionKey).
    EncryptionKeyId, "encryption key";
    /// Identity of a [`Role`](crate::model::Role).
    RoleId, "role";
    /// Identity of a [`User`](crate::model::User).
    UserId, "user";
    /// Identity of an [`AuthKey`](crate::model::AuthKey).
    AuthKeyId, "auth key";
    /// Identity of a [`UserSetting`](crate::model::UserSetting), derived from user and name.
    UserSettingId, "user setting";
    /// Identity of a [`PermissionLimitation`](crate::model::PermissionLimitation).
    PermissionLimitationId, "permission limitation";
    /// Identity of an [`InboxMessage`](crate::model::InboxMessage).
    InboxMessageId, "inbox message";
    /// Identity of an [`OutboxMessage`](crate::model::OutboxMessage).
    OutboxMessageId, "outbox message";
    /// Identity of a node: a database with a life of its own, whose writes are counted.
    NodeId, "node";
    /// Identity of a change set: all that one operation wrote.
    ChangeSetId, "change set";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_tolerantly_and_written_in_lower_case() {
        let id: OrganisationId = " 55F6EA5E-2C60-40E5-964F-47A8950D210F ".parse().unwrap();
        assert_eq!(id.to_string(), "55f6ea5e-2c60-40e5-964f-47a8950d210f");
        let error = "not-a-uuid".parse::<OrganisationId>().unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }

    #[test]
    fn derived_identities_depend_on_every_part() {
        assert_eq!(derive("tag", &[b"a", b"b"]), derive("tag", &[b"a", b"b"]));
        assert_ne!(derive("tag", &[b"a", b"b"]), derive("tag", &[b"ab"]));
        assert_ne!(derive("tag", &[b"a"]), derive("alignment", &[b"a"]));
    }
}
