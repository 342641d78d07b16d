use serde_json::Value;
use uuid::Uuid;

use super::{
    Alignment, AuthKey, EncryptionKey, Entity, EntityKind, EnumerationCollection, InboxMessage,
    Individual, MailingList, MetaTemplate, Organisation, OrganisationGroup, OutboxMessage,
    PermissionLimitation, Role, SharingGroup, Tag, User, UserSetting,
};

macro_rules! records {
    ($($variant:ident),*) => {
        /// A record of any kind, as the store and the feed carry it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant is named after the record it carries")]
        #[non_exhaustive]
        pub enum Record { $($variant($variant)),* }

        impl Record {
            /// Which kind of record it is.
            pub fn kind(&self) -> EntityKind {
                match self { $(Record::$variant(_) => EntityKind::$variant),* }
            }

            /// Its identity.
            pub fn id(&self) -> Uuid {
                match self { $(Record::$variant(record) => record.id().into()),* }
            }

            /// The record as a JSON object, in our spelling.
            pub fn to_json(&self) -> serde_json::Result<Value> {
                match self { $(Record::$variant(record) => serde_json::to_value(record)),* }
            }

            /// The record as JSON text, in our spelling.
            pub fn to_json_text(&self) -> serde_json::Result<Vec<u8>> {
                match self { $(Record::$variant(record) => serde_json::to_vec(record)),* }
            }

            /// Reads what [`Self::to_json`] wrote.
            pub fn from_json(kind: EntityKind, value: Value) -> serde_json::Result<Record> {
                match kind {
                    $(EntityKind::$variant => serde_json::from_value(value).map(Record::$variant)),*
                }
            }
        }

        $(impl From<$variant> for Record {
            fn from(record: $variant) -> Self {
                Record::$variant(record)
            }
        }

        impl TryFrom<Record> for $variant {
            type Error = Record;

            fn try_from(record: Record) -> Result<Self, Record> {
                match record {
                    Record::$variant(record) => Ok(record),
                    other => Err(other),
                }
            }
        })*
    };
}

records!(
    Organisation,
    Individual,
    Alignment,
    Tag,
    MetaTemplate,
    SharingGroup,
    MailingList,
    OrganisationGroup,
    EnumerationCollection,
    EncryptionKey,
    Role,
    User,
    AuthKey,
    UserSetting,
    PermissionLimitation,
    InboxMessage,
    OutboxMessage
);
