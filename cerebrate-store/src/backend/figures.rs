//! What figures and reports are made of.

use std::collections::HashMap;

use cerebrate_core::id::{MetaTemplateId, OrganisationId, SharingGroupId};
use cerebrate_core::model::{EntityKind, TagName};

use crate::feed::Action;

/// So many changes on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// Which day, counted from the first one asked for.
    pub day: u32,
    /// Which kind of record.
    pub kind: EntityKind,
    /// What happened.
    pub action: Action,
    /// How often.
    pub count: u64,
}

/// What records are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The country of an organisation, or its nationality where that names no country.
    Nationality,
    /// The sector of an organisation.
    Sector,
    /// The sort of an organisation, or the kind of an encryption key.
    Kind,
    /// The position of an individual.
    Position,
    /// Whether a mailing list is in use, as `true` or `false`.
    Active,
}

/// How often each value occurs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// By value, as stored; of a long one, the beginning.
    pub values: HashMap<String, u64>,
    /// Records without one.
    pub empty: u64,
}

/// How many records hold values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCount {
    /// The template, whatever the version.
    pub template: MetaTemplateId,
    /// The field.
    pub field: String,
    /// So many records have it.
    pub records: u64,
    /// So many values there are.
    pub values: u64,
}

/// Among whom to look for organisations that claim nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Population {
    /// All of them.
    Everybody,
    /// Members of this sharing group.
    Members(SharingGroupId),
    /// Those that carry this tag.
    Tagged(TagName),
}

/// An organisation that claims nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// How many values say something that cannot be read.
    pub unreadable: u64,
}
