//! Drafts from the answers of Cerebrate and MISP.

use std::collections::BTreeMap;

use cerebrate_core::error::Result;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{Individual, MetaField, NameDirectoryEntry, Organisation, Tag};
use cerebrate_core::problem::ProblemKind;
use cerebrate_wire::read::{IndividualRecord, OrganisationRecord};
use cerebrate_wire::split::Element;
use cerebrate_wire::{FromWire, Reading, misp};
use uuid::Uuid;

use super::draft::{About, Draft, Employer};
use super::report::RowProblem;
use super::shape::Shape;
use super::source::{Drafts, Pieces, Position, broken, not_of_this_kind};
use super::spool::Spool;

/// How many different keys that mean nothing are named.
const UNKNOWN: usize = 100;

/// A record as a peer spells it, and what becomes of it.
pub(super) trait Foreign: FromWire {
    type Kind: Shape;

    /// The record, and what else it says.
    fn into_parts(self) -> (Self::Kind, Extras);
}

/// What a record of a peer says beyond the record itself.
#[derive(Debug, Default)]
pub(super) struct Extras {
    tags: Vec<Tag>,
    templates: Vec<NameDirectoryEntry>,
    employers: Vec<(Option<Uuid>, Option<String>)>,
    /// Names of members that have no place here.
    left_out: Vec<&'static str>,
}

impl Foreign for OrganisationRecord {
    type Kind = Organisation;

    fn into_parts(self) -> (Organisation, Extras) {
        let mut left_out = Vec::new();
        if !self.alignments.is_empty() {
            left_out.push("alignments");
        }
        if !self.groups.is_empty() {
            left_out.push("org_groups");
        }
        let extras =
            Extras { tags: self.tags, templates: self.templates, left_out, ..Extras::default() };
        (self.organisation, extras)
    }
}

impl Foreign for IndividualRecord {
    type Kind = Individual;

    fn into_parts(self) -> (Individual, Extras) {
        let employers = self
            .alignments
            .into_iter()
            .map(|organisation| (organisation.id.map(Into::into), organisation.name));
        let extras = Extras {
            employers: employers.collect(),
            tags: self.tags,
            templates: self.templates,
            ..Extras::default()
        };
        (self.individual, extras)
    }
}

impl Foreign for misp::OrganisationRecord {
    type Kind = Organisation;

    fn into_parts(self) -> (Organisation, Extras) {
        let mut left_out = Vec::new();
        if self.description.is_some_and(|text| !text.trim().is_empty()) {
            left_out.push("description");
        }
        if !self.domains.is_empty() {
            left_out.push("restricted_to_domain");
        }
        (self.organisation, Extras { left_out, ..Extras::default() })
    }
}

/// The records of a document of a peer.
#[derive(Debug)]
pub(super) struct ForeignDrafts<'s, F> {
    pieces: Pieces<'s>,
    library: &'s Library,
    unknown: BTreeMap<String, u64>,
    record: std::marker::PhantomData<fn() -> F>,
}

impl<'s, F: Foreign> ForeignDrafts<'s, F> {
    pub(super) fn open(spool: &'s mut Spool, library: &'s Library) -> Result<Self> {
        Ok(ForeignDrafts {
            pieces: Pieces::new(spool)?,
            library,
            unknown: BTreeMap::new(),
            record: std::marker::PhantomData,
        })
    }
}

impl<F: Foreign> Drafts<F::Kind> for ForeignDrafts<'_, F> {
    fn next_draft(&mut self) -> Result<Option<Draft>> {
        let (library, unknown) = (self.library, &mut self.unknown);
        let read = |element: Element<'_>| {
            if let Some(kind) = element.other_kind(F::Kind::SCOPE) {
                let mut draft = Draft::new(element.place.line);
                let text = String::from_utf8_lossy(element.text.get(..512).unwrap_or(element.text));
                let message = not_of_this_kind(kind);
                draft.problem(About::Row, "", &text, ProblemKind::WrongType, message);
                return draft;
            }
            let mut draft = draft(F::from_element_by_name(element), library, unknown);
            if draft.texts.first().is_none_or(Option::is_none) {
                draft.call(element.name());
            }
            draft
        };
        self.pieces.next_piece(read, broken)
    }

    fn notices(&mut self) -> Vec<RowProblem> {
        let unknown = std::mem::take(&mut self.unknown);
        let notices = unknown.into_iter().map(|(key, line)| {
            let message = "the key has no place here; not imported";
            RowProblem::new(line, key.as_str(), &key, ProblemKind::UnknownField, message)
        });
        notices.collect()
    }

    fn position(&self) -> Position {
        self.pieces.position()
    }
}

fn draft<F: Foreign>(
    reading: Reading<F>,
    library: &Library,
    unknown: &mut BTreeMap<String, u64>,
) -> Draft {
    let line = reading.place.line;
    let mut draft = Draft::new(line);
    let about = if reading.record.is_some() { About::Part } else { About::Row };
    for finding in &reading.problems {
        let problem = RowProblem::of(line, finding.problem.field(), &finding.problem);
        if finding.problem.is_notice() {
            draft.notices.push(problem);
        } else {
            draft.problems.push((about, problem));
        }
    }
    let mut note = |key: &str| {
        if unknown.len() < UNKNOWN && !unknown.contains_key(key) {
            unknown.insert(key.to_owned(), line);
        }
    };
    for key in &reading.unknown_keys {
        note(&without_positions(key));
    }
    let Some(record) = reading.record else { return draft };
    let (mut record, extras) = record.into_parts();
    extras.left_out.iter().for_each(|key| note(key));
    fill(&mut draft, &mut record, library);
    draft.colours = extras.tags;
    draft.templates = extras.templates;
    let employers = extras.employers.into_iter().map(|(id, name)| Employer {
        name: if id.is_some() { None } else { name },
        id,
        role: None,
        created: None,
        column: "alignments".to_owned(),
    });
    draft.employers = employers.filter(|one| one.id.is_some() || one.name.is_some()).collect();
    draft.finish::<F::Kind>(&|index| {
        F::Kind::FIELDS.get(index).map_or_else(String::new, |field| field.name.to_owned())
    });
    draft.tell_name();
    draft
}

fn fill<E: Shape>(draft: &mut Draft, record: &mut E, library: &Library) {
    let id: Uuid = record.id().into();
    draft.id = (!id.is_nil()).then_some(id);
    for (index, place) in draft.texts.iter_mut().enumerate() {
        *place = record.text(index).filter(|text| !text.trim().is_empty()).map(str::to_owned);
    }
    draft.created = record.created();
    draft.modified = record.modified();
    let parts = record.parts();
    let tags = std::mem::take(parts.tags);
    draft.tags = (!tags.is_empty()).then_some(tags);
    let values: Vec<MetaField> = std::mem::take(parts.meta_fields);
    for value in values {
        let column = value.field.clone();
        draft.take_meta_field(value, library, E::SCOPE, &column);
    }
}

/// A path without positions, so that `meta_fields[0].weight` and `meta_fields[7].weight` are one.
fn without_positions(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for character in path.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            other if !inside => plain.push(other),
            _ => {}
        }
    }
    plain
}
