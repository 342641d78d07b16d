//! The contact database: open it, read and write records, follow what changed.

mod accounts;
mod audit;
mod auth_keys;
mod dependants;
mod erase;
mod external;
mod find;
pub(crate) mod gone;
mod groups;
mod inbox;
mod limitations;
mod lists;
mod options;
mod passwords;
pub(crate) mod prepare;
mod records;
mod rotation;
mod tags;
pub(crate) mod transaction;
mod undo;
mod unit;
mod user_rules;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use cerebrate_core::clock::{Clock, IdSource};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::fold;
use cerebrate_core::id::{ChangeSetId, NodeId};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Alignment, AuthKey, EncryptionKey, Entity, EntityKind, EnumerationCollection, InboxMessage,
    Individual, MailingList, MetaTemplate, NameDirectoryEntry, Organisation, OrganisationGroup,
    OutboxMessage, PermissionLimitation, Role, SharingGroup, Tag, User, UserSetting, Username,
};
use cerebrate_core::node_key::NodeKey;
use uuid::Uuid;

use crate::backend::{Backend, FeedQuery, Read};
use crate::feed::{Change, ChangeSet, ChangeSets, Changes, Cursor, SetFilter};
use crate::lookup;
use crate::sight::{Sighted, Viewer};
use crate::templates::{LoadReport, Templates};

pub use audit::SignedHead;
pub use erase::{EraseReport, Mention, Mentions, PruneReport};
pub use find::{Find, Page, Pages};
pub use groups::Merged;
pub use inbox::{
    Applicant, Approval, ArrivalLimit, InboxProcessor, InboxRules, Processed, ProcessorDescription,
};
pub use options::StoreOptions;
pub use records::{Bulk, Outcome, Records};
pub use rotation::{RetiredKeys, Rotation};
pub use transaction::{Author, Transaction};
use undo::{Ending, What};
pub use undo::{UndoConflict, UndoReport};
pub use user_rules::UserRules;

/// How many changes one stretch of the feed holds, unless asked otherwise.
const STRETCH: usize = 1_000;

/// The contact database. A cheap clone; share it between threads.
///
/// ```
/// use cerebrate_store::Store;
/// use cerebrate_core::model::Organisation;
///
/// let store = Store::in_memory()?;
/// let circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
/// let circl = store.organisations().insert(circl)?;
/// assert_eq!(store.organisations().require(circl.id)?.name, "CIRCL");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Store(Arc<Inner>, Option<Arc<Viewer>>);

pub(crate) struct Inner {
    backend: Box<dyn Backend>,
    clock: Box<dyn Clock>,
    ids: Box<dyn IdSource>,
    key: RwLock<Option<Arc<NodeKey>>>,
    /// The newest change that this process committed.
    committed: AtomicU64,
    /// The templates as of a mark that changes with them.
    templates: RwLock<Option<(u64, Arc<Library>)>>,
    lookup: lookup::Service,
    /// Who came in lately.
    actors: accounts::Actors,
    /// Who knows what to do with messages.
    processors: inbox::Processors,
}

impl Store {
    /// Opens the database in a file, or creates it.
    ///
    /// # Errors
    /// `Invalid` if the file is something else, `Unsupported` if a newer program wrote it,
    /// `Unavailable` if another program holds it, `Denied` without the permission, or with a node key
    /// that is not the one of the database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::options().open(path)
    }

    /// A database in memory, gone with its last clone. Unlike with a file, readers wait while
    /// somebody writes: inside [`Self::transaction`], read through the transaction.
    pub fn in_memory() -> Result<Self> {
        Self::options().in_memory()
    }

    /// Opens with other than the usual options.
    pub fn options() -> StoreOptions {
        StoreOptions::default()
    }

    /// A store over a backend of your own.
    pub fn over(backend: Box<dyn Backend>, clock: Box<dyn Clock>, ids: Box<dyn IdSource>) -> Self {
        Self::assembled(backend, clock, ids, None)
    }

    fn assembled(
        backend: Box<dyn Backend>,
        clock: Box<dyn Clock>,
        ids: Box<dyn IdSource>,
        key: Option<NodeKey>,
    ) -> Self {
        let inner = Inner {
            backend,
            clock,
            ids,
            key: RwLock::new(key.map(Arc::new)),
            committed: AtomicU64::new(0),
            templates: RwLock::new(None),
            lookup: lookup::Service::new(),
            actors: accounts::Actors::new(),
            processors: inbox::Processors::new(),
        };
        Store(Arc::new(inner), None)
    }

    /// Organisations.
    pub fn organisations(&self) -> Records<'_, Organisation> {
        Records::of_store(self)
    }

    /// Individuals.
    pub fn individuals(&self) -> Records<'_, Individual> {
        Records::of_store(self)
    }

    /// Who works for whom.
    pub fn alignments(&self) -> Records<'_, Alignment> {
        Records::of_store(self)
    }

    /// Tags.
    pub fn tags(&self) -> Records<'_, Tag> {
        Records::of_store(self)
    }

    /// Meta-templates as records, one per version.
    pub fn meta_templates(&self) -> Records<'_, MetaTemplate> {
        Records::of_store(self)
    }

    /// Meta-templates at work: found by name, loaded, updated, removed.
    ///
    /// ```
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// store.load_shipped_templates()?;
    /// let template = store.templates().require("cerebrate/csirt-constituency")?;
    /// let problems = template.check([("IPv4 address", "10.0.0.300"), ("AS Number", "AS64500")]);
    /// assert_eq!(problems[0].field(), "IPv4 address");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn templates(&self) -> Templates<'_> {
        Templates::of(self)
    }

    /// Stores every version of every template that comes with cerebrate. Of a template that is new
    /// here, the newest version is enabled; what is stored already stays as it is.
    pub fn load_shipped_templates(&self) -> Result<LoadReport> {
        self.templates().load_shipped()
    }

    /// Sharing groups.
    pub fn sharing_groups(&self) -> Records<'_, SharingGroup> {
        Records::of_store(self)
    }

    /// Mailing lists.
    pub fn mailing_lists(&self) -> Records<'_, MailingList> {
        Records::of_store(self)
    }

    /// Organisation groups.
    pub fn organisation_groups(&self) -> Records<'_, OrganisationGroup> {
        Records::of_store(self)
    }

    /// Enumeration collections.
    pub fn enumeration_collections(&self) -> Records<'_, EnumerationCollection> {
        Records::of_store(self)
    }

    /// Encryption keys, as data.
    pub fn encryption_keys(&self) -> Records<'_, EncryptionKey> {
        Records::of_store(self)
    }

    /// Roles: what users may do.
    pub fn roles(&self) -> Records<'_, Role> {
        Records::of_store(self)
    }

    /// Users.
    pub fn users(&self) -> Records<'_, User> {
        Records::of_store(self)
    }

    /// Auth keys of users. They come by [`Self::issue_auth_key`]; removing one revokes it.
    pub fn auth_keys(&self) -> Records<'_, AuthKey> {
        Records::of_store(self)
    }

    /// Settings of users.
    pub fn user_settings(&self) -> Records<'_, UserSetting> {
        Records::of_store(self)
    }

    /// Limits to how many users may have something.
    pub fn permission_limitations(&self) -> Records<'_, PermissionLimitation> {
        Records::of_store(self)
    }

    /// Messages that came in and wait for somebody. They come by [`Self::submit`] and go by
    /// [`Self::process`] or [`Self::discard`]; what is inserted here is checked like what is submitted.
    pub fn inbox(&self) -> Records<'_, InboxMessage> {
        Records::of_store(self)
    }

    /// Messages that did not go out.
    pub fn outbox(&self) -> Records<'_, OutboxMessage> {
        Records::of_store(self)
    }

    /// Runs `work` as one transaction and one change set: all of it is kept, or nothing.
    ///
    /// # Errors
    /// What `work` answers; then nothing is kept.
    pub fn transaction<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.transaction_by(&Author::local(), work)
    }

    /// The same, saying who writes and where it comes from.
    pub fn transaction_by<T>(
        &self,
        author: &Author,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let author = self.signed(author);
        let transaction = Transaction::begin(self, &author)?;
        let answer = work(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }

    /// Records whose name, e-mail address, contacts or meta-field values hold `text`, without
    /// regard to case and accents: exact names first, then names that begin with it, then the rest,
    /// each in name order.
    pub fn search<E: Entity + TryFrom<cerebrate_core::model::Record>>(
        &self,
        text: &str,
        limit: usize,
    ) -> Result<Vec<E>> {
        let needle = fold(text.trim());
        let found = self.read()?.search(E::KIND, &needle, &[], limit)?;
        records::typed(found)
    }

    /// What changed behind `cursor`, oldest first: a stretch of at most 1,000 changes.
    ///
    /// # Errors
    /// `Invalid` if the cursor is not of this store.
    pub fn changes_since(&self, cursor: Cursor) -> Result<Changes> {
        self.changes_at_most(cursor, STRETCH)
    }

    /// The same, in stretches of at most `limit` changes.
    pub fn changes_at_most(&self, cursor: Cursor, limit: usize) -> Result<Changes> {
        let read = self.read()?;
        let newest = read.newest()?;
        if cursor.seq() > newest {
            return Err(Error::new(
                Kind::Invalid,
                "read changes",
                "the cursor is not of this store",
            )
            .hint("begin again without a cursor"));
        }
        let limit = limit.max(1);
        let changes = read.changes(FeedQuery::After(cursor.seq()), limit)?;
        // Behind the last there may be changes that are not seen.
        let next = match changes.last() {
            Some(last) if changes.len() == limit => Cursor::at(last.seq),
            _ => Cursor::at(newest),
        };
        Ok(Changes { changes, next, more: next.seq() < newest })
    }

    /// The place behind the newest change.
    pub fn cursor(&self) -> Result<Cursor> {
        self.0.backend.head().map(Cursor::at)
    }

    /// Everything that happened to a record, oldest first.
    pub fn history(&self, kind: EntityKind, id: Uuid) -> Result<Vec<Change>> {
        self.read()?.changes(FeedQuery::Entity(kind, id), usize::MAX)
    }

    /// The newest change sets, newest first.
    pub fn change_sets(&self, limit: usize) -> Result<Vec<ChangeSet>> {
        self.read()?.change_sets(&SetFilter::all(), None, limit)
    }

    /// The newest change sets that pass the filter, newest first: at most `limit`, and only those made
    /// before the change set `before`, such as the last of the page before.
    ///
    /// ```
    /// use cerebrate_store::Store;
    /// use cerebrate_store::feed::SetFilter;
    ///
    /// let store = Store::in_memory()?;
    /// store.load_shipped_templates()?;
    /// let page = store.change_sets_where(&SetFilter::all(), None, 10)?;
    /// assert_eq!((page.sets.len(), page.more), (1, false));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no change set `before`.
    pub fn change_sets_where(
        &self,
        filter: &SetFilter,
        before: Option<ChangeSetId>,
        limit: usize,
    ) -> Result<ChangeSets> {
        let read = self.read()?;
        if let Some(before) = before
            && read.change_set(before)?.is_none()
        {
            return Err(undo::no_such_set("read change sets", before));
        }
        let mut sets = read.change_sets(filter, before, limit.saturating_add(1))?;
        let more = sets.len() > limit;
        sets.truncate(limit);
        Ok(ChangeSets { sets, more })
    }

    /// The change sets of a user: by today's username or, if nobody has it, the last one who had it as
    /// far as the feed tells; by UUID; or by the text that stands in
    /// [`ChangeSet::actor`].
    pub fn done_by(&self, user: &str) -> Result<SetFilter> {
        let mut filter = SetFilter::all().by(user.trim());
        if let Ok(username) = user.parse::<Username>() {
            let read = self.read()?;
            filter.user = read.by_username(&username)?.map(Into::into);
            if filter.user.is_none() {
                filter.user = formerly(read.as_ref(), &username)?;
            }
        }
        Ok(filter)
    }

    /// What a change set wrote, oldest first.
    pub fn changes_of(&self, id: ChangeSetId) -> Result<Vec<Change>> {
        let query = FeedQuery::ChangeSet(id, u64::MAX);
        let mut changes = self.read()?.changes(query, usize::MAX)?;
        changes.reverse();
        Ok(changes)
    }

    /// A change set.
    pub fn change_set(&self, id: ChangeSetId) -> Result<Option<ChangeSet>> {
        self.read()?.change_set(id)
    }

    /// Takes back what a change set did, as a new change set. Fields that were edited since are
    /// left alone and listed; so are records that the user of this store may not put back.
    ///
    /// # Errors
    /// `NotFound` if there is no such change set.
    pub fn undo(&self, id: ChangeSetId) -> Result<UndoReport> {
        self.undo_by(&Author::local(), id)
    }

    /// The same, saying who does it.
    pub fn undo_by(&self, author: &Author, id: ChangeSetId) -> Result<UndoReport> {
        undo::undo(self, author, What::One(id), Ending::Committed)
    }

    /// What [`undo`](Self::undo) would do now. Nothing is written.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn undo_preview(&self, id: ChangeSetId) -> Result<UndoReport> {
        undo::undo(self, &Author::local(), What::One(id), Ending::Previewed)
    }

    /// Takes back every change set that passes the filter, newest first, as one new change set: all
    /// that somebody did since a moment, or all that came from an origin. What others edited since is
    /// left alone and listed.
    ///
    /// ```
    /// use cerebrate_core::model::Organisation;
    /// use cerebrate_store::Store;
    /// use cerebrate_store::feed::SetFilter;
    /// use cerebrate_store::store::Author;
    ///
    /// let store = Store::in_memory()?;
    /// let ada = Author::local().by("ada");
    /// let circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// store.transaction_by(&ada, |transaction| transaction.organisations().insert(circl))?;
    /// let report = store.undo_where(&Author::local(), &SetFilter::all().by("ada"))?;
    /// assert_eq!((report.undone, store.organisations().find().count()?), (1, 0));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if no change set passes, `Invalid` for a filter that is not narrowed.
    pub fn undo_where(&self, author: &Author, filter: &SetFilter) -> Result<UndoReport> {
        undo::undo(self, author, What::Where(filter), Ending::Committed)
    }

    /// What [`undo_where`](Self::undo_where) would do now. Nothing is written.
    ///
    /// # Errors
    /// As for [`undo_where`](Self::undo_where).
    pub fn undo_preview_where(&self, filter: &SetFilter) -> Result<UndoReport> {
        undo::undo(self, &Author::local(), What::Where(filter), Ending::Previewed)
    }

    /// Every template version ever seen, and what it is called.
    pub fn name_directory(&self) -> Result<Vec<NameDirectoryEntry>> {
        self.read()?.name_directory()
    }

    /// The stored meta-templates, compiled.
    pub fn library(&self) -> Result<Arc<Library>> {
        let read = self.read()?;
        self.library_of(read.as_ref())
    }

    /// Writes a consistent copy to a new file. The node key is not in it.
    ///
    /// # Errors
    /// `Conflict` if the file exists, `Denied` for a user who does not see everything.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        self.check_sees_everything("back up")?;
        self.0.backend.backup(to.as_ref())
    }

    /// Merges and cuts the write-ahead log: for after bulk work.
    pub fn tidy(&self) -> Result<()> {
        self.0.backend.tidy()
    }

    /// The identity of this database as a node: made once, when the database was, and never used
    /// for another. A copy made with [`backup`](Self::backup) has it too, since a copy is there to
    /// take the place of the original: of the two, only one may be written to.
    pub fn node(&self) -> Result<NodeId> {
        self.read()?.node()
    }

    /// Whether writing is refused.
    pub fn is_read_only(&self) -> bool {
        self.0.backend.is_read_only()
    }

    /// A new identity from the store's source.
    pub fn next_id(&self) -> Uuid {
        self.0.ids.next_id()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Starts to read, as the user of this store sees it.
    pub(crate) fn read(&self) -> Result<Box<dyn Read + '_>> {
        let whole = self.whole()?;
        Ok(match self.viewer() {
            Some(viewer) => Box::new(Sighted::new(whole, viewer)),
            None => whole,
        })
    }

    /// Starts to read everything: for what is shared by all users, and never shown.
    pub(crate) fn whole(&self) -> Result<Box<dyn Read + '_>> {
        self.0.backend.read()
    }

    pub(crate) fn seen_by(&self, viewer: Arc<Viewer>) -> Store {
        Store(Arc::clone(&self.0), Some(viewer))
    }

    /// The user who looks; `None` where everything is seen.
    pub(crate) fn viewer(&self) -> Option<&Arc<Viewer>> {
        self.1.as_ref()
    }

    /// The author, named as the user of this store where there is one.
    pub(crate) fn signed(&self, author: &Author) -> Author {
        match self.viewer() {
            Some(viewer) => author.clone().by(viewer.signature()),
            None => author.clone(),
        }
    }

    /// The compiled templates as `read` sees them.
    pub(crate) fn library_of(&self, read: &dyn Read) -> Result<Arc<Library>> {
        let mark = read.templates_mark()?;
        let known = self.0.templates.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, library)) = known
            && at == mark
        {
            return Ok(library);
        }
        let library = Self::compile_library(read)?;
        let mut known = self.0.templates.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((mark, Arc::clone(&library)));
        Ok(library)
    }

    /// Compiles the templates that `read` sees.
    pub(crate) fn compile_library(read: &dyn Read) -> Result<Arc<Library>> {
        let mut query = cerebrate_core::query::Query::new(EntityKind::MetaTemplate);
        query.limit = 1_000;
        let mut library = Library::default();
        loop {
            let page = read.query(&query)?;
            for template in records::typed::<MetaTemplate>(page.records)? {
                library.insert(template);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(Arc::new(library)),
            }
        }
    }
}

impl Inner {
    pub(crate) fn backend(&self) -> &dyn Backend {
        self.backend.as_ref()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    fn processors(&self) -> &inbox::Processors {
        &self.processors
    }

    pub(crate) fn lookup(&self) -> &lookup::Service {
        &self.lookup
    }

    /// The newest change that this process committed.
    pub(crate) fn committed(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) fn note_commit(&self, seq: u64) {
        self.committed.fetch_max(seq, Ordering::AcqRel);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("Store");
        debug.field(&self.0.backend);
        self.1.iter().for_each(|viewer| {
            debug.field(viewer);
        });
        debug.finish()
    }
}

/// Who had a username that nobody has today, as far as the feed tells.
fn formerly(read: &dyn Read, username: &Username) -> Result<Option<cerebrate_core::id::UserId>> {
    let name = username.to_string().to_lowercase();
    let is_it = |value: Option<&serde_json::Value>| {
        value.and_then(|value| value.as_str()).is_some_and(|text| text.to_lowercase() == name)
    };
    let mut last = None;
    let asked = read.payloads_with(
        &[EntityKind::User],
        std::slice::from_ref(&name),
        &mut |place, payload| {
            let Ok(json) = serde_json::from_slice::<serde_json::Value>(payload) else { return };
            let in_changes = json.as_array().is_some_and(|changes| {
                changes.iter().any(|change| {
                    let is_named = change.get("field").is_some_and(|field| field == "username");
                    is_named && (is_it(change.get("before")) || is_it(change.get("after")))
                })
            });
            if in_changes || is_it(json.get("username")) {
                last = Some(place.entity.into());
            }
        },
    );
    match asked {
        // Who may not read the trail learns of no former names.
        Err(error) if error.kind() == Kind::Denied => Ok(None),
        asked => asked.map(|()| last),
    }
}
