//! Records as a peer expects them from a Cerebrate 1.35: its keys in its order, `null` for what is
//! not set, dates as `2026-11-24T05:49:25+00:00`, numbers of this node where it has them.
//!
//! Each record becomes a value that serde writes, so that it fits into a list and a larger answer.
//! [`to_php_json`] writes it to the byte as peers do.
//!
//! ```
//! use cerebrate_core::model::Organisation;
//! use cerebrate_wire::write::{Unnumbered, Writer};
//!
//! let id = "49e3572b-c2b4-58ac-a239-a3fb2d236b1c".parse()?;
//! let organisation = Organisation::new(id, "CSIRT 01".parse()?);
//! let writer = Writer::new(&Unnumbered);
//! let json = serde_json::to_string(&writer.organisation(&organisation, &[], &[]))?;
//! assert!(json.ends_with(r#""tags":[],"meta_fields":[],"org_groups":[],"alignments":[]}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audit;
mod local;
mod php;
mod rows;
mod sharing_group;

use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{
    Alignment, Individual, MetaField, Organisation, OrganisationGroup, Scope, SharingGroup, Tag,
};
use serde::Serialize;
use uuid::Uuid;

pub use audit::{NOTHING_CHANGED, audit_model, audit_title};
pub use local::{LocalRecords, TemplateRow, Unnumbered};
pub use php::to_php_json;

/// Which answer a record is written for; they differ in the order of keys and in what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Form {
    /// A row of an index.
    #[default]
    Index,
    /// One record.
    View,
    /// A row of the index that is open to everybody, without organisation groups.
    Open,
}

/// Writes records with the numbers of one node.
#[derive(Clone, Copy)]
pub struct Writer<'l> {
    local: &'l dyn LocalRecords,
    form: Form,
}

impl<'l> Writer<'l> {
    /// Writes rows of an index, with the numbers that `local` knows.
    pub fn new(local: &'l dyn LocalRecords) -> Self {
        Writer { local, form: Form::Index }
    }

    /// Writes for that answer.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// An organisation with the individuals aligned with it and the groups that it is in.
    pub fn organisation<'a>(
        &self,
        organisation: &'a Organisation,
        individuals: &[&'a Individual],
        groups: &[&'a OrganisationGroup],
    ) -> impl Serialize + use<'a> {
        rows::OrganisationRow::new(self, organisation, individuals, groups)
    }

    /// An individual with the organisations that it is aligned with.
    pub fn individual<'a>(
        &self,
        individual: &'a Individual,
        organisations: &[&'a Organisation],
    ) -> impl Serialize + use<'a> {
        rows::IndividualRow::new(self, individual, organisations)
    }

    /// An alignment. Peers know its ends by number only.
    pub fn alignment<'a>(&self, alignment: &'a Alignment) -> impl Serialize + use<'a> {
        rows::AlignmentRow::new(self, alignment)
    }

    /// A value of the record `owner`.
    pub fn meta_field<'a>(
        &self,
        meta_field: &'a MetaField,
        scope: Scope,
        owner: Uuid,
    ) -> impl Serialize + use<'a> {
        let number = rows::owner_number(self, scope, owner);
        rows::MetaFieldRow::new(self, meta_field, scope, owner, number)
    }

    /// A row of the tags index; `count` is the number of records that have the tag.
    pub fn tag<'a>(&self, tag: &'a Tag, count: u64) -> impl Serialize + use<'a> {
        rows::TagRow::new(self, tag, count)
    }

    /// A sharing group; `organisation` knows the rows of owner and members. A member also says
    /// `extend` beside its columns, where pulling peers look for it.
    pub fn sharing_group<'a>(
        &self,
        group: &'a SharingGroup,
        creator: Option<Creator<'a>>,
        organisation: &dyn Fn(OrganisationId) -> Option<&'a Organisation>,
    ) -> impl Serialize + use<'a> {
        sharing_group::SharingGroupRow::new(self, group, creator, organisation)
    }

    pub(crate) fn local(&self) -> &'l dyn LocalRecords {
        self.local
    }
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("form", &self.form).finish_non_exhaustive()
    }
}

/// The user who made a sharing group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Creator<'a> {
    /// Its number on this node.
    pub id: u64,
    /// The name it logs in with.
    pub username: &'a str,
}
