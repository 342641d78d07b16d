//! Which column of a file means what.

use std::borrow::Cow;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::{CompiledField, CompiledTemplate, Library};
use cerebrate_core::model::{Scope, TemplateKey};
use cerebrate_core::problem::{ProblemKind, excerpt};
use uuid::Uuid;

use super::cell::{FLAGGED, one_value};
use super::shape::Shape;

/// A field of an organisation that a column can be mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrganisationField {
    /// The UUID.
    Id,
    /// How the source itself names the row: who it is in later imports from there.
    ExternalId,
    /// The name.
    Name,
    /// The web address.
    Url,
    /// The nationality, as code or name.
    Nationality,
    /// The sector.
    Sector,
    /// What sort of organisation.
    Kind,
    /// How to reach it.
    Contacts,
    /// Tags, separated by `;`.
    Tags,
    /// When it was made.
    Created,
    /// When it was last changed.
    Modified,
}

impl OrganisationField {
    /// The name of the field in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            OrganisationField::Id => "uuid",
            OrganisationField::ExternalId => "external_id",
            OrganisationField::Name => "name",
            OrganisationField::Url => "url",
            OrganisationField::Nationality => "nationality",
            OrganisationField::Sector => "sector",
            OrganisationField::Kind => "kind",
            OrganisationField::Contacts => "contacts",
            OrganisationField::Tags => "tags",
            OrganisationField::Created => "created",
            OrganisationField::Modified => "modified",
        }
    }
}

/// A field of an individual that a column can be mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IndividualField {
    /// The UUID.
    Id,
    /// How the source itself names the row: who it is in later imports from there.
    ExternalId,
    /// The e-mail address.
    Email,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The position.
    Position,
    /// For which organisations the person works, by UUID or name, separated by `;`.
    Organisations,
    /// In which role; `Member` where none is given.
    Role,
    /// Tags, separated by `;`.
    Tags,
    /// When it was made.
    Created,
    /// When it was last changed.
    Modified,
}

impl IndividualField {
    /// The name of the field in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            IndividualField::Id => "uuid",
            IndividualField::ExternalId => "external_id",
            IndividualField::Email => "email",
            IndividualField::FirstName => "first_name",
            IndividualField::LastName => "last_name",
            IndividualField::Position => "position",
            IndividualField::Organisations => "organisations",
            IndividualField::Role => "role",
            IndividualField::Tags => "tags",
            IndividualField::Created => "created",
            IndividualField::Modified => "modified",
        }
    }
}

/// What a column is mapped to: a field of the record, or a field of a meta-template as
/// `cerebrate/csirt-constituency:IPv4 address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTarget(Cow<'static, str>);

impl From<OrganisationField> for ColumnTarget {
    fn from(field: OrganisationField) -> Self {
        ColumnTarget(Cow::Borrowed(field.as_str()))
    }
}

impl From<IndividualField> for ColumnTarget {
    fn from(field: IndividualField) -> Self {
        ColumnTarget(Cow::Borrowed(field.as_str()))
    }
}

impl From<&str> for ColumnTarget {
    fn from(name: &str) -> Self {
        ColumnTarget(Cow::Owned(name.to_owned()))
    }
}

impl From<String> for ColumnTarget {
    fn from(name: String) -> Self {
        ColumnTarget(Cow::Owned(name))
    }
}

/// A column of one record, resolved.
#[derive(Debug, Clone)]
pub(super) enum Slot<'l> {
    Text(usize),
    Tags,
    Id,
    External,
    Created,
    Modified,
    Organisations,
    Role,
    Flagged,
    Meta(MetaSlot<'l>),
}

impl Slot<'_> {
    /// Whether two columns may be this.
    fn is_many(&self) -> bool {
        matches!(self, Slot::Meta(_) | Slot::Tags | Slot::Organisations)
    }

    fn is_same(&self, other: &Slot<'_>) -> bool {
        match (self, other) {
            (Slot::Text(a), Slot::Text(b)) => a == b,
            (Slot::Meta(a), Slot::Meta(b)) => a.key == b.key && a.field == b.field,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// A column of a template field.
#[derive(Debug, Clone)]
pub(super) struct MetaSlot<'l> {
    pub(super) key: TemplateKey,
    pub(super) field: Cow<'l, str>,
    pub(super) meaning: Meaning<'l>,
}

/// What a field of a template is here.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'l> {
    Field(&'l CompiledField),
    /// The template is not known here.
    Unknown,
    /// The template is known, and no record of this kind has the field.
    Wrong(ProblemKind, &'static str),
}

impl<'l> Meaning<'l> {
    pub(super) fn of(library: &'l Library, scope: Scope, key: TemplateKey, field: &str) -> Self {
        let Some(template) = library.get(key) else { return Meaning::Unknown };
        if template.template().scope != scope {
            let message = "the template is for another kind of record";
            return Meaning::Wrong(ProblemKind::WrongScope, message);
        }
        match template.field(field) {
            Some(field) => Meaning::Field(field),
            None => Meaning::Wrong(ProblemKind::UnknownField, "the template has no such field"),
        }
    }

    /// Whether a cell may hold several values.
    pub(super) fn is_many(self) -> bool {
        match self {
            Meaning::Field(field) => field.definition().multiple,
            Meaning::Unknown | Meaning::Wrong(..) => true,
        }
    }
}

/// Why a header means nothing.
#[derive(Debug, Clone)]
pub(super) struct Unmapped {
    pub(super) kind: ProblemKind,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Option<String>,
}

impl Unmapped {
    fn new(kind: ProblemKind, message: impl Into<Cow<'static, str>>) -> Self {
        Unmapped { kind, message: message.into(), hint: None }
    }
}

/// Says what headers mean.
#[derive(Debug)]
pub(super) struct Columns<'l> {
    library: &'l Library,
    scope: Scope,
    named: Vec<(&'static str, Slot<'static>)>,
    given: &'l [(String, ColumnTarget)],
}

impl<'l> Columns<'l> {
    pub(super) fn new<E: Shape>(library: &'l Library, given: &'l [(String, ColumnTarget)]) -> Self {
        let mut named = vec![
            ("uuid", Slot::Id),
            ("external_id", Slot::External),
            ("tags", Slot::Tags),
            ("created", Slot::Created),
            ("modified", Slot::Modified),
            (FLAGGED, Slot::Flagged),
        ];
        for (index, field) in E::FIELDS.iter().enumerate() {
            named.push((field.name, Slot::Text(index)));
            named.extend(field.alias.map(|alias| (alias, Slot::Text(index))));
        }
        if E::ALIGNED {
            named.push(("organisations", Slot::Organisations));
            named.push(("organisation", Slot::Organisations));
            named.push(("role", Slot::Role));
        }
        named.push(("id", Slot::Id));
        Columns { library, scope: E::SCOPE, named, given }
    }

    /// Whether it was said what a header means.
    pub(super) fn is_given(&self, header: &str) -> bool {
        self.given_for(header).is_some()
    }

    /// Whether a header means something.
    pub(super) fn is_known(&self, header: &str) -> bool {
        self.given_for(header).is_some() || self.target(header).is_ok()
    }

    /// What each header means, and why some mean nothing.
    ///
    /// # Errors
    /// `Invalid` if a mapping names no column or no field, or if two columns are mapped to one
    /// field.
    pub(super) fn resolve(&self, headers: &[String]) -> Result<Vec<Result<Slot<'l>, Unmapped>>> {
        for (header, _) in self.given {
            if !headers.iter().any(|found| same_header(found, header)) {
                return Err(invalid("there is no such column")
                    .with("column", excerpt(header))
                    .hint(format!("the columns are {}", listed(headers))));
            }
        }
        self.check_mapped_once()?;
        let mut slots: Vec<Option<Result<Slot<'l>, Unmapped>>> = vec![None; headers.len()];
        for (index, header) in headers.iter().enumerate() {
            let Some(target) = self.given_for(header) else { continue };
            let slot = self.target(&target.0).map_err(|unmapped| {
                let error = invalid(unmapped.message)
                    .with("column", excerpt(header))
                    .with("field", excerpt(&target.0));
                error.hint(unmapped.hint.unwrap_or_else(|| self.known()))
            })?;
            let taken = |other: &Option<Result<Slot<'l>, Unmapped>>| matches!(other, Some(Ok(other)) if !slot.is_many() && other.is_same(&slot));
            if slots.iter().any(taken) {
                return Err(invalid("two columns are mapped to one field")
                    .with("column", excerpt(header))
                    .with("field", excerpt(&target.0)));
            }
            if let Some(place) = slots.get_mut(index) {
                *place = Some(Ok(slot));
            }
        }
        // `uuid` comes before `id`, which is a mere number in files of peers.
        for by_id in [false, true] {
            for (index, header) in headers.iter().enumerate() {
                if same_header(header, "id") != by_id
                    || slots.get(index).is_none_or(Option::is_some)
                {
                    continue;
                }
                let found = self.target(header).and_then(|slot| {
                    let taken = |other: &Option<Result<Slot<'l>, Unmapped>>| {
                        matches!(other, Some(Ok(other)) if !slot.is_many() && other.is_same(&slot))
                    };
                    if slots.iter().any(taken) {
                        let message = "another column is that field; not imported";
                        Err(Unmapped::new(ProblemKind::Duplicate, message))
                    } else {
                        Ok(slot)
                    }
                });
                if let Some(place) = slots.get_mut(index) {
                    *place = Some(found);
                }
            }
        }
        Ok(slots.into_iter().map(|slot| slot.unwrap_or_else(|| Err(unknown()))).collect())
    }

    /// What a header means by itself or because it was said.
    pub(super) fn slot(&self, header: &str) -> Result<Slot<'l>, Unmapped> {
        match self.given_for(header) {
            Some(target) => self.target(&target.0),
            None => self.target(header),
        }
    }

    fn check_mapped_once(&self) -> Result<()> {
        for (index, (header, target)) in self.given.iter().enumerate() {
            let before = self.given.get(..index).unwrap_or_default();
            if before.iter().any(|(other, field)| other == header && field != target) {
                return Err(invalid("a column is mapped to two fields")
                    .with("column", excerpt(header))
                    .with("field", excerpt(&target.0)));
            }
        }
        Ok(())
    }

    /// Whether every mapping names a field.
    pub(super) fn check_given(&self) -> Result<()> {
        self.check_mapped_once()?;
        for (header, target) in self.given {
            self.target(&target.0).map_err(|unmapped| {
                let error = invalid(unmapped.message)
                    .with("column", excerpt(header))
                    .with("field", excerpt(&target.0));
                error.hint(unmapped.hint.unwrap_or_else(|| self.known()))
            })?;
        }
        Ok(())
    }

    fn given_for(&self, header: &str) -> Option<&'l ColumnTarget> {
        let exact = self.given.iter().find(|(given, _)| given == header);
        exact
            .or_else(|| self.given.iter().find(|(given, _)| same_header(given, header)))
            .map(|(_, target)| target)
    }

    fn target(&self, name: &str) -> Result<Slot<'l>, Unmapped> {
        let field = field_name(name);
        if let Some((_, slot)) = self.named.iter().find(|(known, _)| *known == field) {
            return Ok(slot.clone());
        }
        self.meta(name.trim()).map(Slot::Meta)
    }

    /// Reads `<template>:<field>`.
    fn meta(&self, header: &str) -> Result<MetaSlot<'l>, Unmapped> {
        let header = header.strip_prefix("meta_fields.").unwrap_or(header);
        let mut reason = unknown();
        for (at, _) in header.match_indices(':') {
            let (Some(template), Some(field)) = (header.get(..at), header.get(at + 1..)) else {
                continue;
            };
            if field.trim().is_empty() {
                continue;
            }
            let (template, field) = (template.trim(), one_value(field));
            let known = self.template(template);
            match known.map(|template| self.field(template, &field)) {
                Some(Ok(slot)) => return Ok(slot),
                Some(Err(unmapped)) => reason = unmapped,
                None => {}
            }
            // What names a version by its identity is meant as it stands.
            if let Some(key) = key(template, known.is_none()) {
                let meaning = Meaning::of(self.library, self.scope, key, &field);
                return Ok(MetaSlot { key, field: Cow::Owned(field.into_owned()), meaning });
            }
        }
        Err(reason)
    }

    /// The template that a short name, a name, a name with `_v` and version, or a UUID with or
    /// without `@` and version names.
    fn template(&self, text: &str) -> Option<&'l CompiledTemplate> {
        if let Ok(template) = self.library.find(text) {
            return Some(template);
        }
        let (name, version) = text.rsplit_once("_v")?;
        version.parse::<u32>().ok()?;
        self.library.find(&format!("{name}@{version}")).ok()
    }

    fn field(&self, template: &'l CompiledTemplate, name: &str) -> Result<MetaSlot<'l>, Unmapped> {
        if template.template().scope != self.scope {
            let message = "the template is for another kind of record; not imported";
            return Err(Unmapped::new(ProblemKind::WrongScope, message));
        }
        let field = template.field(name).or_else(|| {
            let mut alike =
                template.fields().iter().filter(|field| field.name().eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none())
        });
        let Some(field) = field else {
            let names: Vec<String> =
                template.fields().iter().map(|field| field.name().to_owned()).collect();
            let message = "the template has no such field; not imported";
            return Err(Unmapped {
                hint: Some(format!("its fields are {}", listed(&names))),
                ..Unmapped::new(ProblemKind::UnknownField, message)
            });
        };
        Ok(MetaSlot {
            key: template.key(),
            field: Cow::Borrowed(field.name()),
            meaning: Meaning::Field(field),
        })
    }

    fn known(&self) -> String {
        let names: Vec<String> = self.named.iter().map(|(name, _)| (*name).to_owned()).collect();
        format!("use {} or `<template>:<field>`", listed(&names))
    }
}

/// A template as UUID and version. A UUID alone is the first version, if that is fine.
fn key(text: &str, without_version: bool) -> Option<TemplateKey> {
    let (id, version) = match text.split_once('@') {
        Some(parts) => parts,
        None if without_version => (text, "1"),
        None => return None,
    };
    let id = Uuid::try_parse(id).ok()?;
    Some(TemplateKey::new(id.into(), version.parse().ok()?))
}

pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, "read import", message)
}

/// Names in backticks, at most thirty.
pub(super) fn listed(names: &[String]) -> String {
    let names: Vec<String> =
        names.iter().take(30).map(|name| format!("`{}`", excerpt(name))).collect();
    names.join(", ")
}

fn unknown() -> Unmapped {
    Unmapped::new(ProblemKind::UnknownField, "no field is called so; not imported")
}

fn same_header(a: &str, b: &str) -> bool {
    a.trim().eq_ignore_ascii_case(b.trim())
}

/// A header as a field name: lower case, blanks and hyphens as underscores.
pub(super) fn field_name(header: &str) -> String {
    header
        .trim()
        .chars()
        .map(|character| match character {
            ' ' | '-' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}
