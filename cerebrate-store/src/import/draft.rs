//! One row of an import, read and checked, before it is known which record it is.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};

use cerebrate_core::fold;
use cerebrate_core::meta::{CompiledField, Library, Profile};
use cerebrate_core::model::{
    LONG_TEXT, MetaField, NameDirectoryEntry, SHORT_TEXT, Scope, Tag, TagName, TemplateKey,
};
use cerebrate_core::problem::{ProblemKind, excerpt};
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use foldhash::fast::FixedState;
use uuid::Uuid;

use super::column::{Meaning, MetaSlot, Slot};
use super::report::RowProblem;
use super::seen::Identity;
use super::shape::{Shape, TEXTS};

/// The most values and the most tags of one row.
const LIST: usize = 20_000;

/// A row as it will be stored, with what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) line: u64,
    pub(super) id: Option<Uuid>,
    pub(super) external: Option<String>,
    /// By position in [`Shape::FIELDS`]; `None` where the row says nothing.
    pub(super) texts: [Option<String>; TEXTS],
    pub(super) tags: Option<Vec<TagName>>,
    /// Colours of tags that may be new.
    pub(super) colours: Vec<Tag>,
    pub(super) values: Vec<MetaField>,
    /// What templates that may be unknown here are called.
    pub(super) templates: Vec<NameDirectoryEntry>,
    pub(super) created: Option<Timestamp>,
    pub(super) modified: Option<Timestamp>,
    /// For whom an individual works.
    pub(super) employers: Vec<Employer>,
    pub(super) role: Option<String>,
    /// What the record is called, if problems are to say it.
    name: Option<String>,
    /// The columns of which the row itself says that what they hold is not valid.
    pub(super) flagged: Vec<String>,
    /// What is wrong if the record is a new one.
    pub(super) if_new: Option<RowProblem>,
    pub(super) problems: Vec<(About, RowProblem)>,
    pub(super) notices: Vec<RowProblem>,
    /// Equal for rows that say the same.
    pub(super) digest: u64,
}

/// An organisation that somebody works for.
#[derive(Debug, Clone, Hash)]
pub(super) struct Employer {
    pub(super) id: Option<Uuid>,
    pub(super) name: Option<String>,
    /// In which role; the one of the row if this says nothing.
    pub(super) role: Option<String>,
    pub(super) created: Option<Timestamp>,
    /// The column.
    pub(super) column: String,
}

/// What a problem is about: decides whether the row can be stored all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The row cannot be a record.
    Row,
    /// A value of a template field, by position.
    Value(usize),
    /// A text, by position.
    Text(usize),
    /// Something that is left out.
    Part,
}

impl Draft {
    pub(super) fn new(line: u64) -> Self {
        Draft { line, ..Draft::default() }
    }

    pub(super) fn problem(
        &mut self,
        about: About,
        column: &str,
        value: &str,
        kind: ProblemKind,
        message: impl Into<Cow<'static, str>>,
    ) {
        let mut problem = RowProblem::new(self.line, column, value, kind, message);
        problem.record.clone_from(&self.name);
        self.problems.push((about, problem));
    }

    pub(super) fn notice(
        &mut self,
        column: &str,
        value: &str,
        kind: ProblemKind,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.notices.push(RowProblem::new(self.line, column, value, kind, message));
    }

    /// Lets problems say what the record is called, since all may be on one line.
    pub(super) fn tell_name(&mut self) {
        let first = self.texts.first().cloned().flatten();
        self.call(first.or_else(|| self.id.map(|id| id.to_string())));
    }

    /// Lets problems say this is what the record is called.
    pub(super) fn call(&mut self, name: Option<String>) {
        self.name = name.map(|name| excerpt(&name).into_owned());
        let problems = self.problems.iter_mut().map(|(_, problem)| problem);
        for problem in problems.chain(&mut self.notices) {
            problem.record.clone_from(&self.name);
        }
    }

    /// Says that a new record needs its first text, if the row has none; whatever tells of which
    /// record it is, the row is broken without.
    pub(super) fn need_first(
        &mut self,
        column: &str,
        row: impl FnOnce() -> String,
        message: &'static str,
    ) {
        if self.is_broken() || self.texts.first().is_some_and(Option::is_some) {
            return;
        }
        if self.id.is_none() && self.external.is_none() {
            self.problem(About::Row, column, &row(), ProblemKind::Required, message);
        } else {
            let kind = ProblemKind::Required;
            self.if_new = Some(RowProblem::new(self.line, column, &row(), kind, message));
        }
    }

    /// Whether it can be no record.
    pub(super) fn is_broken(&self) -> bool {
        self.problems.iter().any(|(about, _)| *about == About::Row)
    }

    /// What tells which record it is, with the form of its first text in which names are equal.
    pub(super) fn identity<'a>(&'a self, name: Option<&'a str>) -> Identity<'a> {
        Identity {
            id: self.id,
            name,
            external: self.external.as_deref(),
            digest: self.digest,
            line: self.line,
        }
    }

    /// Makes notices of problems that are known.
    pub(super) fn forgive(&mut self, known: impl Fn(About, &RowProblem) -> bool) {
        let (known, problems): (Vec<_>, Vec<_>) = std::mem::take(&mut self.problems)
            .into_iter()
            .partition(|(about, problem)| known(*about, problem));
        self.problems = problems;
        self.notices.extend(known.into_iter().map(|(_, problem)| problem));
    }

    /// Ends the row: looks at the texts and sums up what it says.
    pub(super) fn finish<E: Shape>(&mut self, column_of: &dyn Fn(usize) -> String) {
        for (index, field) in E::FIELDS.iter().enumerate() {
            let Some(text) = self.texts.get_mut(index).and_then(Option::take) else { continue };
            if text.len() > field.limit {
                let message = format!("longer than {} bytes", field.limit);
                self.problem(About::Row, &column_of(index), &text, ProblemKind::TooLong, message);
            } else {
                self.look_at::<E>(index, &text, column_of);
            }
            if let Some(place) = self.texts.get_mut(index) {
                *place = Some(text);
            }
        }
        self.give_roles();
        self.sum_up();
    }

    /// Gives each employer its role: one for all, or as many as there are employers.
    fn give_roles(&mut self) {
        const COLUMN: &str = "role";
        let Some(text) = self.role.take() else { return };
        let mut roles = super::cell::split_places(&text);
        if self.employers.is_empty() {
            let message = "a role needs an organisation; not imported";
            self.notice(COLUMN, &text, ProblemKind::UnknownReference, message);
        } else if roles.len() == 1 {
            self.role = roles.pop().flatten().map(Cow::into_owned);
        } else if roles.len() == self.employers.len() {
            for (employer, role) in self.employers.iter_mut().zip(roles) {
                employer.role = role.map(Cow::into_owned);
            }
        } else {
            let message = format!(
                "{} for {}; one role for all is fine as well",
                counted(roles.len() as u64, "role"),
                counted(self.employers.len() as u64, "organisation")
            );
            self.problem(About::Part, COLUMN, &text, ProblemKind::Malformed, message);
        }
    }

    fn look_at<E: Shape>(&mut self, index: usize, text: &str, column_of: &dyn Fn(usize) -> String) {
        if let Some(kind) = fold::hidden_characters(text) {
            let message = "characters that hide or reorder text; kept";
            self.notice(&column_of(index), text, kind, message);
        }
        if let Some(kind) = fold::control_characters(text) {
            self.notice(&column_of(index), text, kind, "control characters; kept");
        }
        if let Some(doubt) = E::doubt(index, text) {
            // A doubt about what a record cannot be without is a problem.
            if index == 0 {
                let column = column_of(index);
                self.problem(About::Text(index), &column, text, doubt.kind, doubt.message);
            } else {
                self.notice(&column_of(index), text, doubt.kind, doubt.message);
            }
        }
    }

    fn sum_up(&mut self) {
        let mut hasher = FixedState::default().build_hasher();
        (self.id, &self.external, &self.texts, &self.tags).hash(&mut hasher);
        for value in &self.values {
            (value.template, &value.field, &value.value).hash(&mut hasher);
        }
        (self.created, self.modified, &self.employers, &self.role).hash(&mut hasher);
        self.digest = hasher.finish();
    }

    /// Takes what stands in a column.
    pub(super) fn take(&mut self, slot: &Slot<'_>, column: &str, text: Cow<'_, str>) {
        if text.trim().is_empty() {
            return;
        }
        match slot {
            Slot::Text(index) => {
                if let Some(place) = self.texts.get_mut(*index) {
                    *place = Some(text.into_owned());
                }
            }
            Slot::Id => self.take_id(column, &text),
            Slot::External => self.take_external(column, &text),
            Slot::Created => self.created = self.time(column, &text),
            Slot::Modified => self.modified = self.time(column, &text),
            Slot::Tags => {
                for name in super::cell::split_values(&text) {
                    self.take_tag(column, &name);
                }
            }
            Slot::Organisations => {
                for name in super::cell::split_values(&text) {
                    self.take_employer(column, &name);
                }
            }
            Slot::Role => self.role = Some(self.short(column, &text)),
            Slot::Flagged => {
                let columns = super::cell::split_values(&text).into_iter();
                self.flagged.extend(columns.map(Cow::into_owned));
            }
            Slot::Meta(slot) => {
                if slot.meaning.is_many() {
                    for value in super::cell::split_values(&text) {
                        self.take_value(slot, column, &value);
                    }
                } else {
                    let value = super::cell::one_value(&text);
                    self.take_value(slot, column, &value);
                }
            }
        }
    }

    pub(super) fn take_id(&mut self, column: &str, text: &str) {
        match Uuid::try_parse(text.trim()) {
            Ok(id) if !id.is_nil() => self.id = Some(id),
            _ if text.trim().parse::<u64>().is_ok() => {
                let message = "a number, not a UUID; map the column to `external_id`";
                self.problem(About::Row, column, text, ProblemKind::NotUuid, message);
            }
            _ => self.problem(About::Row, column, text, ProblemKind::NotUuid, "not a UUID"),
        }
    }

    fn take_external(&mut self, column: &str, text: &str) {
        self.external = Some(self.short(column, text.trim()));
    }

    pub(super) fn take_tag(&mut self, column: &str, name: &str) {
        let tags = self.tags.get_or_insert_default();
        if tags.len() >= LIST {
            self.problem(About::Row, column, name, ProblemKind::TooLong, "too many tags");
            return;
        }
        match name.parse::<TagName>() {
            Ok(tag) => tags.push(tag),
            Err(error) => {
                let message = error.message().to_owned();
                self.problem(About::Part, column, name, ProblemKind::TooLong, message);
            }
        }
    }

    pub(super) fn take_employer(&mut self, column: &str, name: &str) {
        if self.employers.len() >= LIST {
            let message = "too many organisations";
            self.problem(About::Row, column, name, ProblemKind::TooLong, message);
            return;
        }
        let id = Uuid::try_parse(name).ok();
        let name = id.is_none().then(|| self.short(column, name));
        let column = column.to_owned();
        self.employers.push(Employer { id, name, role: None, created: None, column });
    }

    /// Takes a value of a template field.
    pub(super) fn take_value(&mut self, slot: &MetaSlot<'_>, column: &str, text: &str) {
        let value = MetaField::new(slot.key, slot.field.as_ref(), text);
        self.add_value(value, slot.meaning, column);
    }

    /// Takes a value whose template and field may be known here or not. What the file itself says
    /// to be invalid is kept as it is.
    pub(super) fn take_meta_field(
        &mut self,
        mut value: MetaField,
        library: &Library,
        scope: Scope,
        column: &str,
    ) {
        let known_invalid = value.flags.iter().any(|flag| !flag.is_notice());
        value.flags.clear();
        value.normalised = None;
        let index = self.values.len();
        let meaning = Meaning::of(library, scope, value.template, &value.field);
        self.add_value(value, meaning, column);
        if known_invalid {
            self.forgive(|about, _| about == About::Value(index));
        }
    }

    fn add_value(&mut self, value: MetaField, meaning: Meaning<'_>, column: &str) {
        let index = self.values.len();
        if index >= LIST {
            self.problem(About::Row, column, &value.value, ProblemKind::TooLong, "too many values");
            return;
        }
        let limits = [(value.value.len(), LONG_TEXT), (value.field.len(), SHORT_TEXT)];
        if let Some((_, limit)) = limits.into_iter().find(|(size, limit)| size > limit) {
            let message = format!("longer than {limit} bytes");
            self.problem(About::Row, column, &value.value, ProblemKind::TooLong, message);
            return;
        }
        let same =
            |other: &&MetaField| other.template == value.template && other.field == value.field;
        let mut others = self.values.iter().filter(same).peekable();
        let has_other = others.peek().is_some();
        if others.any(|other| other.value == value.value) {
            let message = "the value stands twice; kept once";
            self.notice(column, &value.value, ProblemKind::Repeated, message);
            return;
        }
        match meaning {
            Meaning::Wrong(kind, message) => {
                self.problem(About::Value(index), column, &value.value, kind, message);
            }
            Meaning::Unknown => {
                let message = "the template is not known here; kept until it is";
                self.notice(column, &value.value, ProblemKind::UnknownTemplate, message);
            }
            Meaning::Field(field) => {
                self.check(index, field, &value.value, column);
                if has_other && !field.definition().multiple {
                    let message = "the field takes one value";
                    let about = About::Value(index);
                    self.problem(about, column, &value.value, ProblemKind::Multiple, message);
                }
            }
        }
        self.values.push(value);
    }

    fn check(&mut self, index: usize, field: &CompiledField, value: &str, column: &str) {
        for problem in field.check(Profile::Strict, value).problems {
            let row_problem = RowProblem::of(self.line, column, &problem);
            if problem.kind().is_notice() {
                self.notices.push(row_problem);
            } else {
                self.problems.push((About::Value(index), row_problem));
            }
        }
    }

    fn time(&mut self, column: &str, text: &str) -> Option<Timestamp> {
        let time = text.parse().ok();
        if time.is_none() {
            let message = "not a date and time";
            self.problem(About::Part, column, text, ProblemKind::NotTimestamp, message);
        }
        time
    }

    pub(super) fn short(&mut self, column: &str, text: &str) -> String {
        if text.len() > SHORT_TEXT {
            let message = format!("longer than {SHORT_TEXT} bytes");
            self.problem(About::Row, column, text, ProblemKind::TooLong, message);
        }
        text.to_owned()
    }
}

/// What several values of one field have in common.
pub(super) fn is_of_field(value: &MetaField, template: TemplateKey, field: &str) -> bool {
    value.template.id == template.id && value.field == field
}
