//! Taking back change sets, as a new one.

mod change;
mod entailed;

use std::collections::{HashMap, HashSet};

use cerebrate_core::audit::FieldChange;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::ChangeSetId;
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use serde::Serialize;
use uuid::Uuid;

use self::change::{NOT_THERE, is_about_external_id, take_back, tells_of_change};
use self::entailed::Entailed;
use super::Store;
use super::transaction::{Author, Transaction};
use crate::backend::FeedQuery;
use crate::feed::{Action, Change, ChangeSet, Payload, SetFilter};

/// How many changes are taken back at a time.
const STRETCH: usize = 1_000;

/// How the origin of an undo begins.
const UNDO: &str = "undo ";

/// How the summary of an undo ends that took back all that there was.
const NOTHING_LEFT: &str = ", 0 left alone";

/// What is said of a record that came with one that stays.
const BELONGS: &str = "what it belongs to stays";

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoReport {
    /// The change set that takes the other one back; `None` if there was nothing to take back.
    pub change_set: Option<ChangeSetId>,
    /// Changes taken back, whole or in part.
    pub undone: u64,
    /// What was left alone.
    pub conflicts: Vec<UndoConflict>,
}

/// A change, or a part of one, that was not taken back. Of a record that the user who undoes may not
/// put back there is one, whatever the number of its changes, and nothing of it was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoConflict {
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub id: Uuid,
    /// Why, in a sentence.
    pub reason: String,
    /// The fields edited since: `before` is what undo wanted, `after` what stands there.
    pub fields: Vec<FieldChange>,
}

/// What is to be taken back.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    /// One change set.
    One(ChangeSetId),
    /// Every change set that passes.
    Where(&'a SetFilter),
}

/// What comes of an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is written.
    Committed,
    /// It is told, and nothing is written.
    Previewed,
}

pub(super) fn undo(
    store: &Store,
    author: &Author,
    what: What<'_>,
    ending: Ending,
) -> Result<UndoReport> {
    match what {
        What::One(id) => {
            if store.change_set(id)?.is_none() {
                return Err(no_such_set("undo", id));
            }
            let author = author.with_origin(format!("{UNDO}{id}"));
            take_back_as(store, &author, ending, |_| Ok(vec![id]))
        }
        What::Where(filter) => undo_where(store, author, filter, ending),
    }
}

fn undo_where(
    store: &Store,
    author: &Author,
    filter: &SetFilter,
    ending: Ending,
) -> Result<UndoReport> {
    if *filter == SetFilter::all() {
        return Err(Error::new(Kind::Invalid, "undo", "this would take back everything")
            .hint("say whose changes, since when, or of which origin"));
    }
    let author = author.with_origin(format!("{UNDO}{}", said(filter)));
    take_back_as(store, &author, ending, |transaction| {
        // As the transaction sees them: what comes later is none of them.
        let sets = transaction.ask(|read| read.change_sets(filter, None, usize::MAX))?;
        if sets.is_empty() {
            return Err(Error::new(Kind::NotFound, "undo", "no change set is of that kind")
                .with("wanted", said(filter))
                .hint("`cerebrate audit log` lists who changed what, and where it came from"));
        }
        Ok(not_yet_taken_back(&sets, filter))
    })
}

/// Those of the change sets, newest first, that none of them took back: an undo and what it took
/// back are nothing together.
fn not_yet_taken_back(sets: &[ChangeSet], filter: &SetFilter) -> Vec<ChangeSetId> {
    let listed: HashSet<ChangeSetId> = sets.iter().map(|set| set.id).collect();
    let mut taken_back = HashSet::new();
    let mut left = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        if taken_back.contains(&set.id) {
            continue;
        }
        // One that left something alone did not take all of it back.
        let undone = undone_by(&set.origin, filter)
            .filter(|_| set.summary.as_deref().is_some_and(|told| told.ends_with(NOTHING_LEFT)));
        match undone {
            Some(Undone::One(id)) if listed.contains(&id) => {
                taken_back.insert(id);
            }
            Some(Undone::Since(since)) => {
                let older = sets.iter().skip(place + 1);
                let within = |older: &&ChangeSet| since.is_none_or(|since| older.time >= since);
                taken_back.extend(older.filter(within).map(|older| older.id));
            }
            _ => left.push(set.id),
        }
    }
    left
}

/// What an undo took back.
enum Undone {
    One(ChangeSetId),
    /// What passes the filter, from then on.
    Since(Option<Timestamp>),
}

/// What a change set of that origin took back; `None` unless it was an undo of one change set, or of
/// nothing but what passes the filter.
fn undone_by(origin: &str, filter: &SetFilter) -> Option<Undone> {
    let undone = origin.strip_prefix(UNDO)?;
    if let Ok(id) = undone.parse::<Uuid>() {
        return Some(Undone::One(ChangeSetId::new(id)));
    }
    let mut whenever = filter.clone();
    whenever.since = None;
    let rest = undone.strip_prefix(&said(&whenever))?;
    if rest.is_empty() {
        return filter.since.is_none().then_some(Undone::Since(None));
    }
    let since: Timestamp = rest.strip_prefix(" since ")?.parse().ok()?;
    filter.since.is_none_or(|from| since >= from).then_some(Undone::Since(Some(since)))
}

pub(super) fn no_such_set(operation: &'static str, id: ChangeSetId) -> Error {
    Error::new(Kind::NotFound, operation, "there is no such change set")
        .with("change set", id)
        .hint("`cerebrate audit log` lists them")
}

/// What an undo is about, as its origin tells.
fn said(filter: &SetFilter) -> String {
    let parts = [
        filter.actor.as_ref().filter(|_| filter.user.is_none()).map(|actor| format!("by {actor}")),
        filter.user.map(|user| format!("by user {user}")),
        filter.origin.as_ref().map(|origin| format!("of {origin}")),
        filter.kind.map(|kind| format!("of {kind}")),
        filter.record.map(|record| format!("of {record}")),
        filter.since.map(|since| format!("since {since}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A record, among those of all kinds.
type Place = (EntityKind, Uuid);

/// Takes change sets back as one transaction. What the user may not do to one record is left alone,
/// the rest is taken back; nothing is done to a record by halves. Whether something of a record is
/// refused may show only when some of it is done: then all is begun again without that record.
fn take_back_as(
    store: &Store,
    author: &Author,
    ending: Ending,
    sets: impl Fn(&Transaction<'_>) -> Result<Vec<ChangeSetId>>,
) -> Result<UndoReport> {
    let author = store.signed(author);
    let mut spared = HashMap::new();
    loop {
        // Unless it is committed, nothing of it is kept.
        let transaction = Transaction::begin(store, &author)?;
        let sets = sets(&transaction)?;
        let mut undo = Undo::new(&transaction, spared);
        if store.viewer().is_some() {
            for id in &sets {
                undo.each(*id, Undo::foresee)?;
            }
        }
        for id in sets {
            let conflicts = undo.report.conflicts.len();
            undo.each(id, Undo::take_back_counted)?;
            undo.untell(conflicts)?;
        }
        undo.check_newcomers()?;
        if undo.is_by_halves {
            spared = undo.spared;
            continue;
        }
        let mut report = undo.finish()?;
        match ending {
            Ending::Committed => transaction.commit()?,
            Ending::Previewed => report.change_set = None,
        }
        return Ok(report);
    }
}

/// An undo at work.
struct Undo<'t, 's> {
    transaction: &'t Transaction<'s>,
    report: UndoReport,
    /// The records that were put back to what they were before.
    restored: HashSet<Uuid>,
    /// The records of which something was taken back.
    touched: HashSet<Place>,
    /// What comes back, or goes, with what the user takes back.
    entailed: Entailed,
    /// The records that the user may not put back, and why.
    spared: HashMap<Place, String>,
    /// Those of them that the report lists.
    listed: HashSet<Place>,
    /// Whether something was taken back of a record that is to be spared.
    is_by_halves: bool,
    /// The records that came and stay, because the user may not take them out, and why.
    staying: HashMap<Place, String>,
    /// The records that came or went.
    moved: HashSet<Uuid>,
    /// What admins were told of a change set.
    told: Vec<Change>,
    /// How many changes were left alone that the user never saw.
    unseen: usize,
}

impl<'t, 's> Undo<'t, 's> {
    fn new(transaction: &'t Transaction<'s>, spared: HashMap<Place, String>) -> Self {
        Undo {
            transaction,
            report: UndoReport { change_set: None, undone: 0, conflicts: Vec::new() },
            restored: HashSet::new(),
            touched: HashSet::new(),
            entailed: Entailed::default(),
            spared,
            listed: HashSet::new(),
            is_by_halves: false,
            staying: HashMap::new(),
            moved: HashSet::new(),
            told: Vec::new(),
            unseen: 0,
        }
    }

    /// The changes of one change set, from its end.
    fn each(
        &mut self,
        id: ChangeSetId,
        see: impl Fn(&mut Self, &Change) -> Result<()>,
    ) -> Result<()> {
        let mut before = u64::MAX;
        loop {
            let query = FeedQuery::ChangeSet(id, before);
            let changes = self.transaction.ask_whole(|read| read.changes(query, STRETCH))?;
            let Some(last) = changes.last() else { return Ok(()) };
            before = last.seq;
            changes.iter().try_for_each(|change| see(self, change))?;
        }
    }

    /// What came and stays, because the user may not take it out, keeps what came with it: else it
    /// would be left where the user sees it no more.
    fn foresee(&mut self, change: &Change) -> Result<()> {
        if matches!(change.action, Action::Insert | Action::Remove) {
            self.moved.insert(change.entity);
        }
        if change.action == Action::Insert
            && let Some(reason) = self.transaction.lacks_right_to_remove(change)?
        {
            self.staying.insert((change.kind, change.entity), reason);
        }
        Ok(())
    }

    /// Takes back what admins were told of a change set, unless some of that stays.
    fn untell(&mut self, conflicts: usize) -> Result<()> {
        let told = std::mem::take(&mut self.told);
        if self.report.conflicts.len() > conflicts {
            return Ok(());
        }
        told.iter().try_for_each(|change| {
            let _consequences = self.transaction.consequences();
            let written = self.transaction.written();
            // One that was read and is gone, or changed, is left as it is.
            let _ = take_back(self.transaction, change, change, &self.restored)?;
            self.report.undone += u64::from(self.transaction.written() > written);
            Ok(())
        })
    }

    fn take_back_counted(&mut self, change: &Change) -> Result<()> {
        if tells_of_change(change) {
            if self.transaction.shown_change(change)?.is_some() {
                self.told.push(change.clone());
            }
            return Ok(());
        }
        let written = self.transaction.written();
        self.take_back(change)?;
        if self.transaction.written() > written {
            self.report.undone += 1;
            self.touched.insert((change.kind, change.entity));
        }
        Ok(())
    }

    fn take_back(&mut self, change: &Change) -> Result<()> {
        let (transaction, place) = (self.transaction, (change.kind, change.entity));
        let shown = transaction.shown_change(change)?;
        if self.entailed.includes(transaction, change)? {
            let _consequences = transaction.consequences();
            return match take_back(transaction, change, change, &self.restored)? {
                Ok(()) => Ok(()),
                Err(conflict) if shown.is_some_and(|shown| *shown == *change) => {
                    self.report.conflicts.push(conflict);
                    Ok(())
                }
                // Its reason may tell of what is hidden.
                Err(_) => {
                    self.spare(place, NOT_THERE.to_owned());
                    Ok(())
                }
            };
        }
        let Some(shown) = shown else { return Ok(()) };
        if shown.payload == Payload::Withheld && entailed::names_any(change, &self.moved) {
            // It followed from what came or went, and was never for this user to see.
            self.unseen += 1;
            return Ok(());
        }
        if change.action == Action::Insert
            && let Some(reason) = self.staying.get(&place)
        {
            let (kind, id) = place;
            let conflict = UndoConflict { kind, id, reason: reason.clone(), fields: Vec::new() };
            self.report.conflicts.push(conflict);
            return Ok(());
        }
        if entailed::hangs_on_any(change, &self.staying) {
            self.spare(place, BELONGS.to_owned());
        }
        if self.spared.contains_key(&place) {
            self.list_spared(place);
            return Ok(());
        }
        let before = entailed::before(transaction, change)?;
        match take_back(transaction, change, &shown, &self.restored) {
            Ok(Ok(())) if change.action == Action::Update && !is_about_external_id(change) => {
                self.restored.insert(change.entity);
            }
            Ok(Ok(())) if change.action == Action::Insert => {
                // Its password went with the user: that it does not come back needs no word.
                self.report.conflicts.retain(|conflict| {
                    change.kind != EntityKind::User || conflict.id != change.entity
                });
            }
            Ok(Ok(())) => {}
            Ok(Err(conflict)) => self.report.conflicts.push(conflict),
            Err(error) => {
                let reason = refusal(transaction, &error).ok_or(error)?;
                self.spare(place, reason);
            }
        }
        self.entailed.note(transaction, change, &before)
    }

    /// Whether people who came back belong where the user may add people, as the end of the
    /// transaction will ask.
    fn check_newcomers(&mut self) -> Result<()> {
        for (id, error) in self.transaction.refused_newcomers()? {
            let reason = refusal(self.transaction, &error).ok_or(error)?;
            self.spare((EntityKind::Individual, id.uuid()), reason);
        }
        Ok(())
    }

    fn spare(&mut self, place: Place, reason: String) {
        self.is_by_halves |= self.touched.contains(&place);
        self.spared.insert(place, reason);
        self.list_spared(place);
    }

    fn list_spared(&mut self, place: Place) {
        if let Some(reason) = self.spared.get(&place)
            && self.listed.insert(place)
        {
            self.report.conflicts.push(UndoConflict {
                kind: place.0,
                id: place.1,
                reason: reason.clone(),
                fields: Vec::new(),
            });
        }
    }

    fn finish(mut self) -> Result<UndoReport> {
        if self.transaction.has_changes() {
            self.report.change_set = Some(self.transaction.change_set());
            self.transaction.summarise(&format!(
                "{} taken back, {} left alone",
                counted(self.report.undone, "change"),
                self.report.conflicts.len() + self.unseen
            ))?;
        }
        Ok(self.report)
    }
}

/// Why the user may not put a record back, if that is what the error says: the missing right, or of
/// a record that is hidden no more than of one that is not there.
fn refusal(transaction: &Transaction<'_>, error: &Error) -> Option<String> {
    transaction.viewer()?;
    match error.kind() {
        Kind::Denied => Some(error.to_string()),
        Kind::NotFound => Some(NOT_THERE.to_owned()),
        _ => None,
    }
}
