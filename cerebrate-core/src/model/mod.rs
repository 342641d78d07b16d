//! The records: plain data, a file each. Names are ours; peers' spellings live in
//! `cerebrate-wire`.

mod alignment;
mod encryption_key;
mod entity;
mod enumeration;
mod individual;
mod mailing_list;
mod meta_field;
mod meta_template;
mod name_directory;
mod organisation;
mod organisation_group;
mod record;
mod sharing_group;
mod tag;
mod template_field;
mod text;

pub use alignment::Alignment;
pub use encryption_key::{EncryptionKey, KeyKind, Owner};
pub use entity::{Entity, EntityKind};
pub use enumeration::EnumerationCollection;
pub use individual::Individual;
pub use mailing_list::{MailingList, Recipient};
pub use meta_field::{MetaField, TemplateKey};
pub use meta_template::{MetaTemplate, Scope};
pub use name_directory::NameDirectoryEntry;
pub use organisation::Organisation;
pub use organisation_group::OrganisationGroup;
pub use record::Record;
pub use sharing_group::{Member, SharingGroup};
pub use tag::{TAG_NAME, Tag, TagName};
pub use template_field::{FieldKind, TemplateField};
pub use text::{LONG_TEXT, Name, SHORT_TEXT};
