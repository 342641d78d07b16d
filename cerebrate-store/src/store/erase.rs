//! Forgetting: a person on request, everything after a time. What the feed told goes, that it was
//! told stays.

mod traces;

use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::audit::chain::{Erasure, ErasureCause, RowRanges};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{ChangeSetId, IndividualId};
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::query::Query;
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use serde::Serialize;
use uuid::Uuid;

use self::traces::Traces;
use super::Store;
use super::audit::admit_erasing;
use super::transaction::{Author, Transaction, not_found, unwritable};
use crate::backend::{FeedQuery, LocalId};
use crate::feed::{Action, Change, Payload};

const ERASE: &str = "erase individual";
const PRUNE: &str = "prune audit trail";

/// The setting that tells that what was erased may still stand in free pages of the file.
const SCRUB_DUE: &str = "scrub_due";

/// The settings that keep the addresses of persons who were erased although records of others hold
/// one: what these told of them can be erased later.
const LEFT: &str = "erase_left.";

/// What erasing a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EraseReport {
    /// The person.
    pub individual: IndividualId,
    /// The change set that says so; `None` if it was only looked at.
    pub change_set: Option<ChangeSetId>,
    /// Whether the record still stood, and went with what hangs on it.
    pub removed: bool,
    /// How many rows of the feed lost what they told.
    pub rows: u64,
    /// Of these, how many are about other records that no longer hold an address of the person.
    pub rows_of_others: u64,
    /// How many external ids were forgotten.
    pub external_ids: u64,
    /// How many messages, in and out, were dropped because they hold an address of the person.
    pub messages: u64,
    /// How many summaries of change sets, and notes on who removed a member, were cleared.
    pub texts: u64,
    /// How many change sets name the person as actor or in their origin. The chain covers both, so
    /// that stays.
    pub named_in: u64,
    /// Records that hold an address of the person today: theirs to edit.
    pub mentions: Vec<Mention>,
    /// Whether the file holds none of it any more. `false` while another program reads an older state
    /// of it, and if there is no space for writing it anew: see [`Store::scrub`].
    pub scrubbed: bool,
}

/// A record of somebody else that holds an address of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Mention {
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub id: Uuid,
    /// What it is called; empty if it has no name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What becomes of records of others that hold an address of a person who is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mentions {
    /// Nothing is erased as long as there are any.
    #[default]
    Refuse,
    /// They stay as they are, with their history.
    Keep,
}

/// What pruning did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PruneReport {
    /// Older than this.
    pub before: Timestamp,
    /// The change set that says so; `None` if there was nothing to prune, or it was only looked at.
    pub change_set: Option<ChangeSetId>,
    /// How many rows of the feed lost what they told.
    pub rows: u64,
    /// Of how many change sets.
    pub change_sets: u64,
    /// Whether the file holds none of it any more; as in [`EraseReport::scrubbed`].
    pub scrubbed: bool,
}

impl Store {
    /// Forgets a person: removes the record with what hangs on it – alignments, keys, places on
    /// mailing lists – and messages that hold an address of the person, and takes what the feed told
    /// of them out of the database, its free pages, its log and its indexes. A row of the feed says
    /// that, when and by whom, and which rows it was; the chain stays verifiable. It cannot be undone.
    ///
    /// As long as records of others hold an address of the person, nothing is erased: see
    /// [`Self::erase_by`]. Copies of the file, such as backups, are not reached. What is left after an
    /// erasure, such as the history of a record that held an address then, goes when it is done again.
    ///
    /// ```
    /// use cerebrate_core::audit::chain::Reference;
    /// use cerebrate_core::model::Individual;
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let jane = Individual::new(store.next_id().into(), "jane@team.example");
    /// let jane = store.individuals().insert(jane)?;
    /// let report = store.erase(jane.id)?;
    /// assert!(report.removed && report.rows == 2);
    /// assert!(store.verify(Reference::FileAlone)?.is_clean());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if nothing is known of such a person, `Conflict` if all of it was erased before, if
    /// records of others hold an address of the person, all of which are listed, or if a user account
    /// stands in the way; `Untrusted` if the trail does not verify, `Denied` without the node key of
    /// the database: what is erased has to be signed.
    pub fn erase(&self, individual: IndividualId) -> Result<EraseReport> {
        self.erase_by(&Author::local(), individual, Mentions::Refuse)
    }

    /// The same, saying who does it, and what becomes of records that hold an address of the person.
    ///
    /// # Errors
    /// As there.
    pub fn erase_by(
        &self,
        author: &Author,
        individual: IndividualId,
        mentions: Mentions,
    ) -> Result<EraseReport> {
        let author = author.with_origin("erase".to_owned());
        let mut report =
            self.transaction_by(&author, |transaction| erase(transaction, individual, mentions))?;
        report.scrubbed = self.try_scrub();
        Ok(report)
    }

    /// What [`Self::erase`] would do, were mentions kept: they are listed. Nothing is changed.
    pub fn erase_preview(&self, individual: IndividualId) -> Result<EraseReport> {
        let author = Author::local();
        // Dropped without being committed.
        let transaction = Transaction::begin(self, &author)?;
        let report = erase(&transaction, individual, Mentions::Keep)?;
        Ok(EraseReport { change_set: None, ..report })
    }

    /// Takes what the feed told before `before` out of the database, as [`Self::erase`] does. Records
    /// that stand keep standing; of their history remains when, by whom and what happened. A row of
    /// the feed with the nil UUID says so.
    ///
    /// # Errors
    /// `Invalid` if `before` is in the future, `Untrusted` if the trail does not verify, `Denied`
    /// without the node key of the database: what is erased has to be signed.
    pub fn prune(&self, before: Timestamp) -> Result<PruneReport> {
        self.prune_by(&Author::local(), before)
    }

    /// The same, saying who does it.
    pub fn prune_by(&self, author: &Author, before: Timestamp) -> Result<PruneReport> {
        self.check_past(before)?;
        let author = author.with_origin("prune".to_owned());
        let mut report = self.transaction_by(&author, |transaction| {
            let _consequences = transaction.admit_erasure(PRUNE)?;
            transaction.admit_erasing(PRUNE)?;
            let older = transaction.ask(|read| read.older_than(before))?;
            let mut report = PruneReport {
                before,
                change_set: None,
                rows: older.payloads,
                change_sets: older.change_sets,
                scrubbed: true,
            };
            if older.payloads == 0 {
                return Ok(report);
            }
            let erasure = Erasure { cause: ErasureCause::Retention { before }, rows: older.rows };
            // Of no record in particular.
            report.rows = transaction.erase_rows(
                (EntityKind::Organisation, Uuid::nil()),
                LocalId(0),
                &erasure,
            )?;
            report.change_set = Some(transaction.change_set());
            transaction.summarise(&format!("{} erased", counted(report.rows, "change")))?;
            Ok(report)
        })?;
        if report.change_set.is_some() || self.is_scrub_due()? {
            report.scrubbed = self.try_scrub();
        }
        Ok(report)
    }

    /// What [`Self::prune`] would do. Nothing is changed.
    ///
    /// # Errors
    /// As there.
    pub fn prune_preview(&self, before: Timestamp) -> Result<PruneReport> {
        self.check_past(before)?;
        let read = self.read()?;
        admit_erasing(read.as_ref(), self.key().as_deref(), PRUNE)?;
        let older = read.older_than(before)?;
        Ok(PruneReport {
            before,
            change_set: None,
            rows: older.payloads,
            change_sets: older.change_sets,
            scrubbed: !self.is_scrub_due()?,
        })
    }

    /// Writes the file anew without what was erased, and cuts its log: part of [`Self::erase`] and
    /// [`Self::prune`], to be called again if it was in vain. `false` while another program reads an
    /// older state of the file. It takes as long, and for a moment as much space, as a copy.
    ///
    /// # Errors
    /// `Denied` for a user who is neither community admin nor site admin.
    pub fn scrub(&self) -> Result<bool> {
        self.check_admin("scrub")?;
        let is_done = self.inner().backend().scrub()?;
        if is_done && self.is_scrub_due()? {
            let mut write = self.inner().backend().write()?;
            write.set_setting(SCRUB_DUE, None)?;
            write.commit()?;
        }
        Ok(is_done)
    }

    /// Whether what was erased may still stand in the file, because [`Self::scrub`] could not be done.
    ///
    /// # Errors
    /// As there.
    pub fn is_scrub_due(&self) -> Result<bool> {
        self.check_admin("scrub")?;
        Ok(self.read()?.setting(SCRUB_DUE)?.is_some())
    }

    /// What is erased is erased, whatever comes of this: that it is still to be done is remembered.
    fn try_scrub(&self) -> bool {
        self.scrub().unwrap_or(false)
    }

    fn check_past(&self, before: Timestamp) -> Result<()> {
        let now = self.inner().clock().now();
        if before <= now {
            return Ok(());
        }
        Err(Error::new(Kind::Invalid, PRUNE, "the time is in the future")
            .with("time", before)
            .with("now", now)
            .hint("everything up to now is the most that can be pruned"))
    }
}

impl Transaction<'_> {
    fn admit_erasing(&self, operation: &'static str) -> Result<()> {
        self.ask(|read| admit_erasing(read, self.store.key().as_deref(), operation))
    }

    /// Appends the row that says so, and takes the payloads out; of how many rows.
    fn erase_rows(
        &self,
        (kind, entity): (EntityKind, Uuid),
        local: LocalId,
        erasure: &Erasure,
    ) -> Result<u64> {
        let json = serde_json::to_vec(erasure)
            .map_err(|source| unwritable("erasure").caused_by(source))?;
        self.append(kind, entity, local, Action::Erase, &json)?;
        let mut write = self.write.borrow_mut();
        write.set_setting(SCRUB_DUE, Some("1"))?;
        write.erase_payloads(&erasure.rows)
    }
}

/// Whether records of this kind belong to one person, with all that was ever told of them. An account
/// has to be removed before the person is erased; what it was goes with the rest.
fn belongs_to_person(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Alignment
            | EntityKind::EncryptionKey
            | EntityKind::User
            | EntityKind::AuthKey
            | EntityKind::UserSetting
    )
}

fn erase(transaction: &Transaction<'_>, id: IndividualId, kept: Mentions) -> Result<EraseReport> {
    let _consequences = transaction.admit_erasure(ERASE)?;
    transaction.admit_erasing(ERASE)?;
    let person = (EntityKind::Individual, id.uuid());
    let standing = transaction.standing(person.0, person.1)?;
    let history = rows_of(transaction, person)?;
    let Some(local) =
        standing.as_ref().map(|(local, _)| *local).or(history.first().map(|row| row.local_id))
    else {
        return Err(not_found(EntityKind::Individual, id));
    };
    let mut traces = Traces::default();
    for change in &history {
        traces.see(&change.payload);
    }
    if let Some((_, record)) = &standing {
        traces.see_record(record);
        transaction.remove(person.0, person.1)?;
    }
    // Of an erasure that left mentions.
    let left = format!("{LEFT}{id}");
    if let Some(text) = transaction.ask(|read| read.setting(&left))? {
        traces.see_addresses(&text);
    }
    let messages = drop_messages(transaction, &traces)?;
    let mut rows = BTreeSet::new();
    for entity in belongings(transaction, person)? {
        let of_entity = rows_of(transaction, entity)?;
        rows.extend(of_entity.iter().filter(|row| is_erasable(row)).map(|row| row.seq));
    }
    let (of_others, mentions) = of_others(transaction, &traces, &rows)?;
    let external_ids = transaction.write.borrow_mut().forget_external_ids(person.0, person.1)?;
    let was_erased = history.iter().any(|row| matches!(row.payload, Payload::Erasure(_)));
    if kept == Mentions::Refuse {
        check_mentions(id, &mentions)?;
    }
    if was_erased && messages == 0 && rows.is_empty() && of_others.is_empty() && external_ids == 0 {
        return Err(Error::new(Kind::Conflict, ERASE, "the individual was erased before")
            .with("id", id)
            .hint(format!("`cerebrate history individual {id}` tells when")));
    }
    let remembered = (!mentions.is_empty()).then(|| traces.to_text());
    transaction.write.borrow_mut().set_setting(&left, remembered.as_deref())?;
    let texts = transaction
        .write
        .borrow_mut()
        .forget_texts(&|text| traces.are_in_text(text), &|origin| traces.are_in_origin(origin))?;
    let rows_of_others = of_others.len() as u64;
    let rows: RowRanges = rows.into_iter().chain(of_others).collect();
    let erasure = Erasure { cause: ErasureCause::Person, rows };
    let erased = transaction.erase_rows(person, local, &erasure)?;
    transaction.summarise(&format!("{} erased", counted(erased, "change")))?;
    Ok(EraseReport {
        individual: id,
        change_set: Some(transaction.change_set()),
        removed: standing.is_some(),
        rows: erased,
        rows_of_others,
        external_ids,
        messages,
        texts: texts.cleared,
        named_in: texts.kept,
        mentions,
        scrubbed: false,
    })
}

/// Takes out every message, in and out, that holds an address of the person: nobody edits messages.
/// How many.
fn drop_messages(transaction: &Transaction<'_>, traces: &Traces) -> Result<u64> {
    let mut dropped = 0;
    for kind in [EntityKind::InboxMessage, EntityKind::OutboxMessage] {
        let mut query = Query::new(kind);
        query.limit = 100;
        loop {
            let page = transaction.ask(|read| read.query(&query))?;
            for record in page.records {
                let text = record
                    .to_json_text()
                    .map_err(|source| unwritable("record").caused_by(source))?;
                if std::str::from_utf8(&text).is_ok_and(|text| traces.are_in(text)) {
                    transaction.remove(kind, record.id())?;
                    dropped += 1;
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    Ok(dropped)
}

/// Succeeds unless records of others hold an address of the person.
fn check_mentions(id: IndividualId, mentions: &[Mention]) -> Result<()> {
    if mentions.is_empty() {
        return Ok(());
    }
    let count = counted(mentions.len() as u64, "record");
    let message = "records of others hold an address of the person";
    let error = Error::new(Kind::Conflict, ERASE, message).with("found", count);
    let listed = mentions.iter().fold(error, |error, mention| {
        let Mention { kind, id, name } = mention;
        let said = if name.is_empty() { id.to_string() } else { format!("`{name}` ({id})") };
        error.with(kind.noun(), said)
    });
    Err(listed.hint(format!(
        "edit these records first, so that they hold it no more; or leave it in them and in their \
         history with `cerebrate audit erase {id} --keep-mentions`"
    )))
}

/// What people call a record.
fn name_of(record: &Record) -> String {
    let json = record.to_json().unwrap_or_default();
    let text = |member: &str| json.get(member).and_then(|name| name.as_str()).map(str::to_owned);
    ["name", "username", "email"].into_iter().find_map(text).unwrap_or_default()
}

fn rows_of(transaction: &Transaction<'_>, (kind, id): (EntityKind, Uuid)) -> Result<Vec<Change>> {
    transaction.ask(|read| read.changes(FeedQuery::Entity(kind, id), usize::MAX))
}

fn is_erasable(change: &Change) -> bool {
    !matches!(change.payload, Payload::Erased | Payload::Erasure(_) | Payload::Withheld)
}

/// The person, and every record that was ever told of as theirs, or as that of one of these.
fn belongings(
    transaction: &Transaction<'_>,
    person: (EntityKind, Uuid),
) -> Result<BTreeSet<(EntityKind, Uuid)>> {
    let kinds: Vec<EntityKind> =
        EntityKind::ALL.into_iter().filter(|kind| belongs_to_person(*kind)).collect();
    let mut known = BTreeSet::from([person]);
    let mut new = vec![person.1];
    while !new.is_empty() {
        let names: Vec<String> = new.drain(..).map(|id| id.to_string()).collect();
        transaction.ask(|read| {
            read.payloads_with(&kinds, &names, &mut |place, _| {
                if known.insert((place.kind, place.entity)) {
                    new.push(place.entity);
                }
            })
        })?;
    }
    Ok(known)
}

/// Rows of other records that tell an address of the person which the record itself holds no more;
/// and the records that do hold one.
fn of_others(
    transaction: &Transaction<'_>,
    traces: &Traces,
    theirs: &BTreeSet<u64>,
) -> Result<(Vec<u64>, Vec<Mention>)> {
    let mut told: BTreeMap<(EntityKind, Uuid), Vec<u64>> = BTreeMap::new();
    transaction.ask(|read| {
        read.payloads_with(&EntityKind::ALL, &traces.addresses(), &mut |place, payload| {
            let is_meant = place.action != Action::Erase
                && !theirs.contains(&place.seq)
                && std::str::from_utf8(payload).is_ok_and(|text| traces.are_in(text));
            if is_meant {
                told.entry((place.kind, place.entity)).or_default().push(place.seq);
            }
        })
    })?;
    let (mut rows, mut mentions) = (Vec::new(), Vec::new());
    for ((kind, id), of_record) in told {
        let standing = transaction.ask(|read| read.get(kind, id))?;
        let name = standing.as_ref().map(name_of).unwrap_or_default();
        let text = standing.map(|record| record.to_json_text()).transpose();
        let text = text.map_err(|source| unwritable("record").caused_by(source))?;
        let holds = text
            .is_some_and(|text| std::str::from_utf8(&text).is_ok_and(|text| traces.are_in(text)));
        if holds {
            mentions.push(Mention { kind, id, name });
        } else {
            rows.extend(of_record);
        }
    }
    Ok((rows, mentions))
}
