//! From drafts to records: which record a row is about, and what becomes of it.

use std::collections::{HashMap, HashSet};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::TagId;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{Alignment, Entity, EntityKind, Record, Tag};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::query::{Filter, Query};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use super::draft::{About, Draft, Employer};
use super::merge::merge;
use super::report::{ImportReport, RowProblem};
use super::seen::{Seen, SeenRow};
use super::shape::{Shape, related};
use super::{InvalidValues, OnConflict};
use crate::backend::{LocalId, Read};
use crate::derive;
use crate::sight::{Viewer, check_together};
use crate::store::Transaction;

/// In which role somebody works for an organisation where the file says nothing.
const MEMBER: &str = "Member";

/// How many records of one name are looked at.
const NAMESAKES: usize = 64;

/// How many names of organisations are remembered.
const REMEMBERED: usize = 10_000;

/// What the store looks like, and whether it may change.
pub(super) enum View<'v, 's> {
    Preview(Box<dyn Read + 'v>, Option<Onlooking<'v>>),
    Apply(&'v Transaction<'s>),
}

/// The user for whom a preview is made, and the whole store beside what the user sees of it.
pub(super) struct Onlooking<'v> {
    pub(super) viewer: &'v Viewer,
    pub(super) whole: Box<dyn Read + 'v>,
}

impl View<'_, '_> {
    /// Why the user may not write that; nothing if the user may, or nobody is watched.
    fn refusal(
        &self,
        record: impl FnOnce() -> Record,
        alignments: &[Alignment],
    ) -> Result<Option<Error>> {
        let checked = match self {
            View::Preview(_, None) => return Ok(None),
            View::Preview(_, Some(Onlooking { viewer, whole })) => {
                check_together(whole.as_ref(), viewer, &record(), alignments)
            }
            View::Apply(transaction) => match transaction.watched_by() {
                Some(viewer) => transaction
                    .ask_whole(|whole| check_together(whole, viewer, &record(), alignments)),
                None => return Ok(None),
            },
        };
        match checked {
            Ok(()) => Ok(None),
            Err(error) => match error.kind() {
                Kind::Denied | Kind::NotFound | Kind::Conflict | Kind::Invalid => Ok(Some(error)),
                _ => Err(error),
            },
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        match self {
            View::Preview(read, _) => question(read.as_ref()),
            View::Apply(transaction) => transaction.ask(question),
        }
    }
}

/// How rows are treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'r> {
    pub(super) on_conflict: OnConflict,
    pub(super) invalid_values: InvalidValues,
    pub(super) source: &'r str,
}

/// Takes the rows of one file, one after the other.
pub(super) struct Engine<'v, 's, E> {
    view: View<'v, 's>,
    rules: Rules<'v>,
    library: &'v Library,
    /// Whether nothing of this kind was there before.
    fresh: bool,
    seen: Seen,
    /// Records that an earlier row may have been about, with its line.
    contested: HashMap<Uuid, u64>,
    tags: HashSet<TagId>,
    employers: HashMap<String, Option<Uuid>>,
    previewed: u128,
    pub(super) report: ImportReport,
    kind: std::marker::PhantomData<fn() -> E>,
}

/// A record that is there, and its number.
type Standing<E> = (LocalId, Box<E>);

/// Where a row says that somebody works.
struct Employment {
    organisation: Uuid,
    role: Option<String>,
    created: Option<Timestamp>,
}

/// Which record a row is about.
enum Subject<E> {
    /// One that is there.
    Standing(LocalId, Box<E>),
    /// A new one.
    New(Uuid),
    /// The one of an earlier row that says the same.
    Repeated,
    /// That cannot be told.
    Unclear(ProblemKind, String),
}

impl<'v, 's, E: Shape> Engine<'v, 's, E> {
    pub(super) fn new(view: View<'v, 's>, rules: Rules<'v>, library: &'v Library) -> Result<Self> {
        let mut any = Query::new(E::KIND);
        any.limit = 1;
        let fresh = view.ask(|read| read.query(&any))?.records.is_empty();
        Ok(Engine {
            view,
            rules,
            library,
            fresh,
            seen: Seen::default(),
            contested: HashMap::new(),
            tags: HashSet::new(),
            employers: HashMap::new(),
            previewed: 0,
            report: ImportReport::default(),
            kind: std::marker::PhantomData,
        })
    }

    /// Takes one row.
    pub(super) fn take(&mut self, mut draft: Draft) -> Result<()> {
        self.report.list_notices(draft.notices.drain(..));
        if draft.is_broken() {
            self.refuse(draft);
            return Ok(());
        }
        let identity = draft.texts.first().and_then(Option::as_deref).map(E::identity);
        let subject = self.subject(&draft, identity.as_deref())?;
        let (local, mut record) = match subject {
            Subject::Repeated => {
                self.report.unchanged += 1;
                return Ok(());
            }
            Subject::Unclear(kind, message) => {
                self.seen.claim(draft.identity(identity.as_deref()));
                let value = shown(&draft).to_owned();
                draft.problem(About::Row, "", &value, kind, message);
                self.refuse(draft);
                return Ok(());
            }
            Subject::New(id) => {
                let first = draft.texts.first_mut().and_then(Option::take).unwrap_or_default();
                if let Some(record) = E::blank(id, first) {
                    (None, Box::new(record))
                } else {
                    // Next time a later row may have made it: then this one would count.
                    self.seen.claim_id(draft.identity(None));
                    let missing = draft.if_new.take().unwrap_or_else(|| {
                        let column = E::FIELDS.first().map_or("", |field| field.name);
                        let message = "the record is new and needs it";
                        RowProblem::new(draft.line, column, "", ProblemKind::Required, message)
                    });
                    draft.problems.push((About::Row, missing));
                    self.refuse(draft);
                    return Ok(());
                }
            }
            Subject::Standing(local, record) => (Some(local), record),
        };
        let employments = self.employments(&mut draft)?;
        if self.rules.invalid_values == InvalidValues::Refuse {
            if local.is_some() {
                forgive(&mut draft, record.as_ref());
            }
            if !draft.problems.is_empty() {
                self.refuse(draft);
                return Ok(());
            }
        }
        let id: Uuid = record.id().into();
        self.seen.note(id, draft.identity(identity.as_deref()), &home(&draft, record.as_ref()));
        let before = local.map(|local| (local, record.clone()));
        let mut changed = merge(record.as_mut(), &mut draft);
        let alignments = self.missing_alignments(id, local.is_some(), &employments)?;
        changed |= !alignments.is_empty();
        let is_new = local.is_none();
        let to_change = !is_new && changed && self.may_change(&mut draft, record.as_ref());
        if is_new || to_change {
            let wanted = || record.as_ref().clone().into();
            if let Some(error) = self.view.refusal(wanted, &alignments)? {
                let value = record.text(0).unwrap_or_default();
                draft.problem(About::Row, "", value, ProblemKind::NotAllowed, told(&error));
                self.refuse(draft);
                return Ok(());
            }
        }
        if is_new {
            self.report.added += 1;
            let parts = record.parts();
            (*parts.created, *parts.modified) = (draft.created, draft.modified);
        } else if !changed {
            self.report.unchanged += 1;
        } else if to_change {
            if let Some((_, before)) = &before
                && let Some(line) = self.contested.get(&id)
                && E::TELLING.iter().any(|text| before.text(*text) != record.text(*text))
            {
                // Next time that row would be about another record than this time.
                let message = format!("line {line} may be about the record; give its UUID there");
                let value = before.text(0).unwrap_or_default().to_owned();
                draft.problem(About::Row, "", &value, ProblemKind::Ambiguous, message);
                self.refuse(draft);
                return Ok(());
            }
            self.report.changed += 1;
            if let Some(modified) = draft.modified {
                *record.parts().modified = Some(modified);
            }
        } else {
            self.report.skipped += 1;
            changed = false;
        }
        let write = changed || is_new;
        self.write(&draft, id, write.then_some((*record, before)), alignments)?;
        self.report.list_problems(draft.problems.into_iter().map(|(_, problem)| problem));
        Ok(())
    }

    fn refuse(&mut self, draft: Draft) {
        // Whose the external id is was said, though the row is not taken.
        if draft.id.is_some() && draft.external.is_some() {
            self.seen.claim(draft.identity(None));
        }
        self.report.list_problems(draft.problems.into_iter().map(|(_, problem)| problem));
    }

    /// Whether a record that is there may be changed.
    fn may_change(&mut self, draft: &mut Draft, record: &E) -> bool {
        match (self.rules.on_conflict, draft.modified) {
            (OnConflict::Skip, _) => false,
            (OnConflict::Overwrite, _) => true,
            (OnConflict::Newer, Some(time)) => Some(time) > record.modified(),
            (OnConflict::Newer, None) => {
                let value = record.text(0).unwrap_or_default().to_owned();
                let message = "no time tells whether the row is newer; left alone";
                draft.problem(About::Part, "modified", &value, ProblemKind::NotNewer, message);
                false
            }
        }
    }

    fn write(
        &mut self,
        draft: &Draft,
        id: Uuid,
        record: Option<(E, Option<Standing<E>>)>,
        alignments: Vec<Alignment>,
    ) -> Result<()> {
        let View::Apply(transaction) = self.view else { return Ok(()) };
        if let Some((record, before)) = record {
            for entry in &draft.templates {
                if self.library.get(entry.template).is_none() {
                    transaction.name_template(entry)?;
                }
            }
            make_tags(transaction, &mut self.tags, &draft.colours)?;
            let before = before.map(|(local, record)| (local, (*record).into()));
            transaction.put_over(record.into(), before.as_ref(), None)?;
            for alignment in alignments {
                transaction.put(alignment.into(), None)?;
            }
        }
        if let Some(external) = &draft.external {
            let source = self.rules.source;
            let known = transaction.ask(|read| read.external_id(source, external, E::KIND))?;
            if known != Some(id)
                && let Some(local) = transaction.ask(|read| read.local_id(E::KIND, id))?
            {
                transaction.remember_external_id(source, external, E::KIND, id, local)?;
            }
        }
        Ok(())
    }

    fn subject(&mut self, draft: &Draft, identity: Option<&str>) -> Result<Subject<E>> {
        if let Some(id) = draft.id {
            if let Some(external) = &draft.external
                && let Some(taken) = self.external_id_of_another(draft, external, id)?
            {
                return Ok(taken);
            }
            let subject = self.of_id(draft, id)?;
            if let (Subject::New(_), Some(identity)) = (&subject, identity)
                && let Some(row) = self.seen.by_name(identity).filter(|row| row.is_by_name)
            {
                // Next time the name would be that of two records. No later row may make this one:
                // then the row would count.
                self.seen.claim_id(draft.identity(None));
                let message = format!("line {} has the same {} and no UUID", row.line, E::CALLED);
                return Ok(Subject::Unclear(ProblemKind::Ambiguous, message));
            }
            return Ok(subject);
        }
        if let Some(external) = &draft.external {
            if let Some(row) = self.seen.by_external(external) {
                return Ok(again(draft, row, "external id"));
            }
            let source = self.rules.source;
            let known = self.view.ask(|read| read.external_id(source, external, E::KIND))?;
            // Of a record that is gone nothing is known but that it was.
            if let Some(id) = known
                && (self.seen.by_id(id).is_some() || self.standing(id)?.is_some())
            {
                return self.of_id(draft, id);
            }
        }
        match identity {
            Some(identity) => self.of_name(draft, identity),
            None => Ok(Subject::New(self.new_id())),
        }
    }

    /// What a row with a UUID is where its external id is that of another record.
    fn external_id_of_another(
        &self,
        draft: &Draft,
        external: &str,
        id: Uuid,
    ) -> Result<Option<Subject<E>>> {
        if self.seen.by_id(id).is_none()
            && let Some(row) = self.seen.by_external(external)
        {
            return Ok(Some(again(draft, row, "external id")));
        }
        let source = self.rules.source;
        let known = self.view.ask(|read| read.external_id(source, external, E::KIND))?;
        let Some(other) = known.filter(|known| *known != id) else { return Ok(None) };
        if self.standing(other)?.is_none() {
            return Ok(None);
        }
        let message = format!("its external id is that of record {other}");
        Ok(Some(Subject::Unclear(ProblemKind::Ambiguous, message)))
    }

    fn of_id(&self, draft: &Draft, id: Uuid) -> Result<Subject<E>> {
        if let Some(row) = self.seen.by_id(id) {
            return Ok(again(draft, row, "UUID"));
        }
        if self.fresh {
            return Ok(Subject::New(id));
        }
        Ok(match self.standing(id)? {
            Some((local, record)) => Subject::Standing(local, Box::new(record)),
            None => Subject::New(id),
        })
    }

    fn of_name(&mut self, draft: &Draft, identity: &str) -> Result<Subject<E>> {
        if let Some(row) = self.seen.by_name(identity) {
            return Ok(self.again_by_name(draft, row));
        }
        if self.fresh {
            return Ok(Subject::New(self.new_id()));
        }
        let namesakes = self.namesakes(identity)?;
        let mut namesakes = namesakes.into_iter();
        let Some((local, record)) = namesakes.next() else {
            return Ok(Subject::New(self.new_id()));
        };
        let others: Vec<Uuid> = namesakes.map(|(_, record)| record.id().into()).collect();
        let more = others.len();
        if more > 0 {
            let all = others.into_iter().chain([record.id().into()]);
            self.contested.extend(all.map(|id| (id, draft.line)));
            let message = format!("{} records are called so; give the UUID", more + 1);
            return Ok(Subject::Unclear(ProblemKind::Ambiguous, message));
        }
        let here = E::domains(&|index| record.text(index).map(str::to_owned));
        let there = domains_of::<E>(draft);
        if contradict(&here, &there) {
            self.contested.insert(record.id().into(), draft.line);
            let message = format!(
                "the record of that name is at `{}`, not at `{}`; give the UUID",
                here.join("`, `"),
                there.join("`, `")
            );
            return Ok(Subject::Unclear(ProblemKind::Ambiguous, message));
        }
        Ok(Subject::Standing(local, Box::new(record)))
    }

    /// A row without UUID that is called as an earlier one, which may be about another record.
    fn again_by_name(&self, draft: &Draft, row: SeenRow) -> Subject<E> {
        let (line, called) = (row.line, E::CALLED);
        let is_other = row.is_certain && row.digest != draft.digest;
        if is_other && (draft.external.is_some() || row.has_external()) {
            let message = format!("line {line} has the same {called} and another identity");
            return Subject::Unclear(ProblemKind::Ambiguous, message);
        }
        let (here, there) = (self.seen.domains(row), domains_of::<E>(draft));
        if is_other && contradict(&here, &there) {
            let message = format!(
                "line {line} has the same {called} and is at `{}`, not at `{}`; give the UUID",
                here.join("`, `"),
                there.join("`, `")
            );
            return Subject::Unclear(ProblemKind::Ambiguous, message);
        }
        again(draft, row, called)
    }

    /// The records that are called so and that no row was about yet.
    fn namesakes(&self, identity: &str) -> Result<Vec<(LocalId, E)>> {
        let ids = self.view.ask(|read| match E::KIND {
            EntityKind::Individual => read.by_email(identity, NAMESAKES),
            kind => read.by_name_key(kind, derive::text_key(identity), NAMESAKES),
        })?;
        let mut found = Vec::new();
        for id in ids {
            if self.seen.by_id(id).is_none()
                && let Some((local, record)) = self.standing(id)?
                && record.text(0).is_some_and(|first| E::identity(first) == identity)
            {
                found.push((local, record));
            }
        }
        Ok(found)
    }

    fn standing(&self, id: Uuid) -> Result<Option<(LocalId, E)>> {
        let found = self.view.ask(|read| {
            let Some(local) = read.local_id(E::KIND, id)? else { return Ok(None) };
            Ok(read.get(E::KIND, id)?.map(|record| (local, record)))
        })?;
        Ok(found.and_then(|(local, record)| Some((local, E::try_from(record).ok()?))))
    }

    fn new_id(&mut self) -> Uuid {
        match self.view {
            View::Apply(transaction) => transaction.next_id(),
            View::Preview(..) => {
                self.previewed += 1;
                Uuid::from_u128(u128::MAX - self.previewed)
            }
        }
    }

    /// Where the row says that somebody works; organisations that are not known become problems.
    fn employments(&mut self, draft: &mut Draft) -> Result<Vec<Employment>> {
        let mut found = Vec::with_capacity(draft.employers.len());
        let mut met = HashSet::new();
        for employer in std::mem::take(&mut draft.employers) {
            if let Some(organisation) = self.employer(&employer)? {
                let role = employer.role.or_else(|| draft.role.clone());
                if met.insert((organisation, role.clone())) {
                    found.push(Employment { organisation, role, created: employer.created });
                }
                continue;
            }
            let shown = match (employer.name, employer.id) {
                (Some(name), _) => name,
                (None, Some(id)) => id.to_string(),
                (None, None) => continue,
            };
            let message = "no organisation here, or more than one, is called so";
            let kind = ProblemKind::UnknownReference;
            draft.problem(About::Part, &employer.column, &shown, kind, message);
        }
        Ok(found)
    }

    fn employer(&mut self, employer: &Employer) -> Result<Option<Uuid>> {
        const KIND: EntityKind = EntityKind::Organisation;
        if let Some(id) = employer.id {
            return Ok(self.view.ask(|read| read.local_id(KIND, id))?.map(|_| id));
        }
        let Some(name) = &employer.name else { return Ok(None) };
        let name = cerebrate_core::fold::normalised_name(name);
        if let Some(known) = self.employers.get(&name) {
            return Ok(*known);
        }
        let ids = self.view.ask(|read| {
            let mut ids = read.by_name_key(KIND, derive::text_key(&name), NAMESAKES)?;
            let mut error = None;
            ids.retain(|id| match read.get(KIND, *id) {
                Ok(Some(Record::Organisation(organisation))) => {
                    cerebrate_core::fold::normalised_name(&organisation.name) == name
                }
                Ok(_) => false,
                Err(found) => {
                    error = Some(found);
                    false
                }
            });
            error.map_or(Ok(ids), Err)
        })?;
        let only = match ids.as_slice() {
            [id] => Some(*id),
            _ => None,
        };
        if self.employers.len() >= REMEMBERED {
            self.employers.clear();
        }
        self.employers.insert(name, only);
        Ok(only)
    }

    /// The alignments that the row asks for and that are not there. Where it says no role, any
    /// role will do.
    fn missing_alignments(
        &self,
        id: Uuid,
        standing: bool,
        employments: &[Employment],
    ) -> Result<Vec<Alignment>> {
        if employments.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = Vec::new();
        if standing {
            let mut query = Query::new(EntityKind::Alignment);
            query.filters.push(Filter::Individual(id.into()));
            query.limit = 1_000;
            known = self.view.ask(|read| read.query(&query))?.records;
        }
        let wanted = |employment: &&Employment| {
            !known.iter().any(|record| match record {
                Record::Alignment(alignment) => {
                    alignment.organisation.uuid() == employment.organisation
                        && employment.role.as_ref().is_none_or(|role| *role == alignment.role)
                }
                _ => false,
            })
        };
        let new = employments.iter().filter(wanted).map(|employment| {
            let role = employment.role.as_deref().unwrap_or(MEMBER);
            let mut new = Alignment::new(id.into(), employment.organisation.into(), role);
            new.created = employment.created;
            new
        });
        Ok(new.collect())
    }

    pub(super) fn finish(mut self, notices: Vec<RowProblem>) -> ImportReport {
        // What is said about the file comes before what is said about its rows.
        let rows = std::mem::take(&mut self.report.notices);
        self.report.list_notices(notices.into_iter().chain(rows));
        self.report
    }
}

/// Makes tags in the colour that the file gives them.
fn make_tags(
    transaction: &Transaction<'_>,
    known: &mut HashSet<TagId>,
    colours: &[Tag],
) -> Result<()> {
    for tag in colours {
        if !known.insert(tag.id()) {
            continue;
        }
        let there = transaction.ask(|read| read.local_id(EntityKind::Tag, tag.id().uuid()))?;
        if there.is_none() {
            transaction.put_over(tag.clone().into(), None, None)?;
        }
    }
    Ok(())
}

/// What stands in the way, in a sentence.
fn told(error: &Error) -> String {
    match error.context().find(|(key, _)| *key == "needed") {
        Some((_, needed)) => format!("{}: {needed}", error.message()),
        None => error.message().to_owned(),
    }
}

/// What is invalid in the record already is no news.
fn forgive<E: Shape>(draft: &mut Draft, record: &E) {
    let Draft { problems, values, texts, .. } = draft;
    problems.retain(|(about, _)| match about {
        About::Value(index) => !values.get(*index).is_some_and(|value| {
            record.meta_fields().iter().any(|standing| {
                standing.template.id == value.template.id
                    && standing.field == value.field
                    && standing.value == value.value
            })
        }),
        About::Text(index) => texts.get(*index).and_then(Option::as_deref) != record.text(*index),
        About::Row | About::Part => true,
    });
}

/// A row about the record of an earlier one.
fn again<E>(draft: &Draft, row: SeenRow, by: &str) -> Subject<E> {
    if !row.is_certain {
        let message = format!("line {} has the same {by} and is not certain either", row.line);
        return Subject::Unclear(ProblemKind::Ambiguous, message);
    }
    if row.digest == draft.digest {
        return Subject::Repeated;
    }
    let message = format!("line {} has the same {by} and says something else", row.line);
    Subject::Unclear(ProblemKind::Duplicate, message)
}

/// Under which domains a row says its record to be at home.
fn domains_of<E: Shape>(draft: &Draft) -> Vec<String> {
    E::domains(&|index| draft.texts.get(index).cloned().flatten())
}

/// Where the record of a row is at home, as far as that has to be remembered: a row with a UUID needs
/// nothing else to be told from others.
fn home<E: Shape>(draft: &Draft, record: &E) -> Vec<String> {
    if draft.id.is_some() {
        return Vec::new();
    }
    E::domains(&|index| {
        let said = draft.texts.get(index).cloned().flatten();
        said.or_else(|| record.text(index).map(str::to_owned))
    })
}

/// Whether both sides have domains and none is the other or lies within it.
fn contradict(here: &[impl AsRef<str>], there: &[String]) -> bool {
    let agree = || here.iter().any(|a| there.iter().any(|b| related(a.as_ref(), b)));
    !here.is_empty() && !there.is_empty() && !agree()
}

/// What a row is called.
fn shown(draft: &Draft) -> &str {
    draft.texts.first().and_then(Option::as_deref).unwrap_or_default()
}
