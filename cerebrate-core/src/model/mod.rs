//! The records: plain data, a file each. Names are ours; peers' spellings live in
//! `cerebrate-wire`.

mod alignment;
mod auth_key;
mod encryption_key;
mod entity;
mod enumeration;
mod individual;
mod mailing_list;
mod message;
mod meta_field;
mod meta_template;
mod name_directory;
mod organisation;
mod organisation_group;
mod permission_limitation;
mod record;
mod role;
mod sharing_group;
mod tag;
mod template_field;
mod text;
mod user;
mod user_setting;

pub use alignment::Alignment;
pub use auth_key::AuthKey;
pub use encryption_key::{EncryptionKey, KeyKind, Owner};
pub use entity::{Entity, EntityKind};
pub use enumeration::EnumerationCollection;
pub use individual::Individual;
pub use mailing_list::{MailingList, Recipient};
pub use message::{InboxMessage, MessageData, OutboxMessage, Severity};
pub use meta_field::{MetaField, TemplateKey};
pub use meta_template::{MetaTemplate, Scope};
pub use name_directory::NameDirectoryEntry;
pub use organisation::Organisation;
pub use organisation_group::OrganisationGroup;
pub use permission_limitation::{LimitationScope, PermissionLimitation};
pub use record::Record;
pub use role::Role;
pub use sharing_group::{Member, SharingGroup};
pub use tag::{TAG_NAME, Tag, TagName};
pub use template_field::{FieldKind, TemplateField};
pub use text::{LONG_TEXT, Name, SHORT_TEXT};
pub use user::{User, Username};
pub use user_setting::UserSetting;
