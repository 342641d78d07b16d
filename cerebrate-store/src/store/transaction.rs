use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cerebrate_core::audit::Document;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{ChangeSetId, UserId};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Alignment, AuthKey, EncryptionKey, EntityKind, EnumerationCollection, InboxMessage, Individual,
    MailingList, MetaField, MetaTemplate, NameDirectoryEntry, Organisation, OrganisationGroup,
    OutboxMessage, PermissionLimitation, Record, Role, SharingGroup, Tag, TagName, TemplateKey,
    User, UserSetting,
};
use cerebrate_core::node_key::{AuthKeyDigest, NodeKey};
use cerebrate_core::query::{Filter, Query};
use cerebrate_core::sharing::GroupReplica;
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use super::inbox;
use super::passwords::PasswordHash;
use super::prepare::{self, Context};
use super::{Outcome, Records, Store};
use crate::backend::{Entry, LocalId, NewChangeSet, Read, Standing, Write};
use crate::derive;
use crate::feed::{self, Action};
use crate::lookup::Written;
use crate::sight::{Sighted, Viewer, Watch};
use crate::templates;

/// Who writes, and where what is written comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    actor: Option<String>,
    origin: String,
}

impl Author {
    /// Somebody at this node whose name is not known.
    pub fn local() -> Self {
        Author { actor: None, origin: "local".to_owned() }
    }

    /// Where it comes from, such as `import members.csv`.
    pub fn of(origin: impl Into<String>) -> Self {
        Author { actor: None, origin: origin.into() }
    }

    /// A user of this store. The change set names the user by UUID, so that everything that somebody
    /// did is found under any username, and no name stands in the trail: it reads `user:<uuid>`.
    ///
    /// ```
    /// use cerebrate_core::model::Organisation;
    /// use cerebrate_store::Store;
    /// use cerebrate_store::store::Author;
    ///
    /// let store = Store::in_memory()?;
    /// let user = store.next_id().into();
    /// let circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// store.transaction_by(&Author::user(user), |transaction| {
    ///     transaction.organisations().insert(circl)
    /// })?;
    /// assert_eq!(store.change_sets(1)?[0].user(), Some(user));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn user(user: UserId) -> Self {
        Author::local().by(feed::actor_of(user))
    }

    /// The same author, with another origin.
    pub(super) fn with_origin(&self, origin: String) -> Self {
        Author { actor: self.actor.clone(), origin }
    }

    /// The same, done by `actor`.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }
}

/// What is written with a record and stands apart from it.
pub(super) enum Along<'a> {
    Nothing,
    /// A sharing group follows this replica, rather than the replica the group.
    Replica(&'a GroupReplica),
    /// A user gets this password.
    Password(&'a PasswordHash),
    /// An auth key is issued.
    Digest(&'a AuthKeyDigest),
    /// A message was checked before, and its password hashed.
    Submitted(Option<&'a PasswordHash>),
    /// A message of the store itself, or one that comes back.
    Trusted,
}

/// A write in progress: sees its own changes, nobody else does until it is committed.
pub struct Transaction<'s> {
    pub(super) store: &'s Store,
    pub(super) write: RefCell<Box<dyn Write + 's>>,
    author: &'s Author,
    set: ChangeSetId,
    begun: Cell<bool>,
    /// The first row that this transaction wrote.
    first: Cell<Option<u64>>,
    newest: Cell<u64>,
    now: Timestamp,
    library: RefCell<Arc<Library>>,
    /// The spelling of the tags met so far, by folded name.
    pub(super) spellings: RefCell<HashMap<String, TagName>>,
    /// The tags with long names by what makes them distinct; `None` until somebody asks.
    pub(super) long_tags: RefCell<Option<HashMap<String, TagName>>>,
    /// What lookup has to know once this is committed.
    written: RefCell<Written>,
    /// What site admins are to be told of.
    pub(super) noticed: inbox::Noticed,
    /// What the guard keeps in mind, where a user writes.
    pub(crate) watch: Watch,
}

impl<'s> Transaction<'s> {
    pub(super) fn begin(store: &'s Store, author: &'s Author) -> Result<Self> {
        let write = store.inner().backend().write()?;
        let library = store.library_of(&*write)?;
        Ok(Transaction {
            store,
            write: RefCell::new(write),
            author,
            set: ChangeSetId::new(store.next_id()),
            begun: Cell::new(false),
            first: Cell::new(None),
            newest: Cell::new(0),
            now: store.inner().clock().now(),
            library: RefCell::new(library),
            spellings: RefCell::default(),
            long_tags: RefCell::default(),
            written: RefCell::default(),
            noticed: inbox::Noticed::default(),
            watch: Watch::default(),
        })
    }

    pub(super) fn commit(self) -> Result<()> {
        self.admit_newcomers()?;
        self.notify()?;
        let (store, first, now) = (self.store, self.first.get(), self.now);
        let begun = self.begun.get();
        self.commit_signed(|write| if begun { store.sign_end(write, first, now) } else { Ok(()) })
    }

    /// Commits once `sign` has signed where the trail ends.
    pub(super) fn commit_signed<T>(
        self,
        sign: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<T> {
        let mut write = self.write.into_inner();
        let signed = sign(&mut *write)?;
        write.commit()?;
        let (inner, newest) = (self.store.inner(), self.newest.get());
        inner.note_commit(newest);
        inner.lookup().committed(self.store, self.written.into_inner(), newest);
        Ok(signed)
    }

    /// Organisations, as this transaction sees them.
    pub fn organisations(&self) -> Records<'_, Organisation> {
        Records::of_transaction(self)
    }

    /// Individuals, as this transaction sees them.
    pub fn individuals(&self) -> Records<'_, Individual> {
        Records::of_transaction(self)
    }

    /// Alignments, as this transaction sees them.
    pub fn alignments(&self) -> Records<'_, Alignment> {
        Records::of_transaction(self)
    }

    /// Tags, as this transaction sees them.
    pub fn tags(&self) -> Records<'_, Tag> {
        Records::of_transaction(self)
    }

    /// Meta-templates, as this transaction sees them.
    pub fn meta_templates(&self) -> Records<'_, MetaTemplate> {
        Records::of_transaction(self)
    }

    /// Sharing groups, as this transaction sees them.
    pub fn sharing_groups(&self) -> Records<'_, SharingGroup> {
        Records::of_transaction(self)
    }

    /// Mailing lists, as this transaction sees them.
    pub fn mailing_lists(&self) -> Records<'_, MailingList> {
        Records::of_transaction(self)
    }

    /// Organisation groups, as this transaction sees them.
    pub fn organisation_groups(&self) -> Records<'_, OrganisationGroup> {
        Records::of_transaction(self)
    }

    /// Enumeration collections, as this transaction sees them.
    pub fn enumeration_collections(&self) -> Records<'_, EnumerationCollection> {
        Records::of_transaction(self)
    }

    /// Encryption keys, as this transaction sees them.
    pub fn encryption_keys(&self) -> Records<'_, EncryptionKey> {
        Records::of_transaction(self)
    }

    /// Roles, as this transaction sees them.
    pub fn roles(&self) -> Records<'_, Role> {
        Records::of_transaction(self)
    }

    /// Users, as this transaction sees them.
    pub fn users(&self) -> Records<'_, User> {
        Records::of_transaction(self)
    }

    /// Auth keys, as this transaction sees them.
    pub fn auth_keys(&self) -> Records<'_, AuthKey> {
        Records::of_transaction(self)
    }

    /// Settings of users, as this transaction sees them.
    pub fn user_settings(&self) -> Records<'_, UserSetting> {
        Records::of_transaction(self)
    }

    /// Permission limitations, as this transaction sees them.
    pub fn permission_limitations(&self) -> Records<'_, PermissionLimitation> {
        Records::of_transaction(self)
    }

    /// Messages that came in, as this transaction sees them.
    pub fn inbox(&self) -> Records<'_, InboxMessage> {
        Records::of_transaction(self)
    }

    /// Messages that did not go out, as this transaction sees them.
    pub fn outbox(&self) -> Records<'_, OutboxMessage> {
        Records::of_transaction(self)
    }

    /// The change set that everything written here belongs to.
    pub fn change_set(&self) -> ChangeSetId {
        self.set
    }

    /// Whether anything was written yet.
    pub fn has_changes(&self) -> bool {
        self.begun.get()
    }

    /// The place in the feed of the newest change written here; 0 before the first.
    pub(super) fn written(&self) -> u64 {
        self.newest.get()
    }

    /// Who writes, if somebody is known.
    pub(super) fn actor(&self) -> Option<&str> {
        self.author.actor.as_deref()
    }

    /// The store that is written to, as the user who writes sees it.
    pub(super) fn store(&self) -> &'s Store {
        self.store
    }

    /// The node key of the store.
    pub(super) fn node_key(&self) -> Result<Arc<NodeKey>> {
        self.store.required_key()
    }

    /// The time that this transaction writes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new identity from the store's source.
    pub fn next_id(&self) -> Uuid {
        self.store.next_id()
    }

    /// The compiled templates, as this transaction sees them.
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.library.borrow())
    }

    /// Says in a sentence what this change set did.
    pub fn summarise(&self, summary: &str) -> Result<()> {
        self.begin_set()?;
        self.write.borrow_mut().summarise(summary)
    }

    /// Names a template version in the name directory.
    pub(crate) fn name_template(&self, entry: &NameDirectoryEntry) -> Result<()> {
        self.write.borrow_mut().name_template(entry)
    }

    /// Asks the transaction's own view, as the user who writes sees it; what follows from a write
    /// is seen whole.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        if self.watched_by().is_some() { self.ask_seen(question) } else { self.ask_whole(question) }
    }

    /// Asks the transaction's own view as the user who writes sees it, even for what follows.
    pub(super) fn ask_seen<T>(&self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        match self.viewer() {
            Some(viewer) => self.ask_whole(|whole| question(&Sighted::new(whole, viewer))),
            None => self.ask_whole(question),
        }
    }

    /// Asks the transaction's own view, whoever writes.
    pub(crate) fn ask_whole<T>(&self, question: impl FnOnce(&dyn Read) -> Result<T>) -> Result<T> {
        let write = self.write.borrow();
        question(&**write)
    }

    /// The user who writes; `None` where nobody is watched.
    pub(crate) fn viewer(&self) -> Option<&Viewer> {
        self.store.viewer().map(|viewer| &**viewer)
    }

    /// Stores a record over what stands there, or as a new one.
    pub(crate) fn put(&self, record: Record, wanted: Option<LocalId>) -> Result<(Record, Outcome)> {
        let before = self.standing(record.kind(), record.id())?;
        self.put_over(record, before.as_ref(), wanted)
    }

    /// Stores a record that was taken out, with its number if that is free.
    pub(super) fn put_back(&self, record: Record, wanted: LocalId) -> Result<(Record, Outcome)> {
        let along = match record.kind() {
            EntityKind::InboxMessage => Along::Trusted,
            _ => Along::Nothing,
        };
        self.put_along(record, None, Some(wanted), &self.library(), &along)
    }

    pub(crate) fn put_over(
        &self,
        record: Record,
        before: Option<&(LocalId, Record)>,
        wanted: Option<LocalId>,
    ) -> Result<(Record, Outcome)> {
        self.put_knowing(record, before, wanted, &self.library())
    }

    /// The same, where what stands was written while `known` were the templates.
    pub(crate) fn put_knowing(
        &self,
        record: Record,
        before: Option<&(LocalId, Record)>,
        wanted: Option<LocalId>,
        known: &Arc<Library>,
    ) -> Result<(Record, Outcome)> {
        self.put_along(record, before, wanted, known, &Along::Nothing)
    }

    /// The same, with what stands apart from the record.
    pub(super) fn put_along(
        &self,
        mut record: Record,
        before: Option<&(LocalId, Record)>,
        wanted: Option<LocalId>,
        known: &Arc<Library>,
        along: &Along<'_>,
    ) -> Result<(Record, Outcome)> {
        if let Some(viewer) = self.watched_by() {
            let with_password = matches!(along, Along::Password(_));
            let (mut record, before) =
                self.admit(viewer, record, with_password, wanted.is_some())?;
            if before.is_none() && wanted.is_none() {
                self.give_owner(&mut record, viewer)?;
            }
            let _consequences = self.consequences();
            return self.put_along(record, before.as_ref(), wanted, known, along);
        }
        if before.is_none() && record.kind() == EntityKind::User {
            self.check_never_a_user(record.id(), wanted)?;
        }
        let library = self.library();
        let context =
            Context { library: &library, now: self.now, before: before.map(|(_, record)| record) };
        let received = self.receive(&mut record, context.before, along)?;
        self.spell_tags(&mut record)?;
        prepare::prepare(&mut record, &context)?;
        self.check_references(&record, context.before)?;
        self.check_account(&mut record, context.before, along)?;
        let changes =
            before.map(|(_, before)| Document::of(before).changes_to(&Document::of(&record)));
        if let (Some((_, before)), Some(changes)) = (before, &changes) {
            let changed = !changes.is_empty();
            if changed || prepare::derived_differs(before, &record) || !Arc::ptr_eq(known, &library)
            {
                prepare::touch(&mut record, before, changed, self.now);
            } else {
                return Ok((before.clone(), Outcome::Unchanged));
            }
        }
        self.make_tags(&record)?;
        let respelled = match (&before, &record) {
            (Some((_, Record::Tag(before))), Record::Tag(tag)) if before.name != tag.name => {
                self.carriers(tag)?
            }
            _ => Vec::new(),
        };
        if let Record::MetaTemplate(template) = &record
            && template.is_default
        {
            templates::clear_default(self, template)?;
        }
        if let Record::Role(role) = &record
            && role.is_default
        {
            self.clear_default_role(role.id)?;
        }
        let facts = derive::facts(&record, &|value| prepare::field_kind(&library, value));
        let old_facts = before.map(|(_, before)| {
            derive::facts(before, &|value: &MetaField| prepare::field_kind(known, value))
        });
        let standing = match (before, &old_facts) {
            (Some((local, record)), Some(facts)) => Some(Standing { local: *local, record, facts }),
            _ => None,
        };
        let edited = match (&record, along) {
            (Record::SharingGroup(_), Along::Replica(_)) => None,
            (Record::SharingGroup(group), _) => Some(self.edited_replica(group, before)?),
            _ => None,
        };
        let local =
            self.write.borrow_mut().put(&record, &facts, standing.as_ref(), wanted, self.now)?;
        if let Some(replica) = &edited {
            self.write.borrow_mut().set_replica(replica)?;
        }
        match along {
            Along::Nothing | Along::Submitted(_) | Along::Trusted => {}
            Along::Replica(replica) => self.write.borrow_mut().set_replica(replica)?,
            Along::Password(hash) => {
                self.write.borrow_mut().set_password(local, &hash.text, hash.bcrypt_cost)?;
            }
            Along::Digest(digest) => self.write.borrow_mut().set_auth_key_digest(local, digest)?,
        }
        if let Some(hash) = received.hash(along) {
            self.write.borrow_mut().set_message_password(local, &hash.text)?;
        }
        if record.kind() == EntityKind::Organisation {
            self.written.borrow_mut().organisation(local, record.id(), &facts.claims);
        }
        let (action, outcome, json) = match &changes {
            None => (Action::Insert, Outcome::Inserted, record.to_json_text()),
            Some(changes) => (Action::Update, Outcome::Updated, serde_json::to_vec(changes)),
        };
        let json = json.map_err(|source| unwritable("record").caused_by(source))?;
        self.append(record.kind(), record.id(), local, action, &json)?;
        self.notice(context.before, Some(&record), changes.as_deref())?;
        if let Record::MetaTemplate(template) = &record {
            self.name_template(&template.directory_entry())?;
            self.templates_changed(template.key)?;
        }
        if let Record::Tag(tag) = &record {
            self.spellings.borrow_mut().insert(tag.name.folded(), tag.name.clone());
            self.note_long_tag(&tag.name);
        }
        // Whoever carries a tag in a new spelling changes with it, and the feed says so.
        for (local, carrier) in respelled {
            self.put_over(carrier.clone(), Some(&(local, carrier)), None)?;
        }
        Ok((record, outcome))
    }

    /// Takes a record out, and with it what cannot be without it.
    pub(crate) fn remove(&self, kind: EntityKind, id: Uuid) -> Result<Record> {
        if let Some(viewer) = self.watched_by() {
            self.admit_removal(viewer, kind, id)?;
            let _consequences = self.consequences();
            return self.remove(kind, id);
        }
        let Some((local, record)) = self.standing(kind, id)? else {
            return Err(not_found(kind, id));
        };
        self.remove_dependants(&record)?;
        self.take_out(local, &record)?;
        Ok(record)
    }

    /// Takes a template out though it has values: they wait for it from now on.
    pub(crate) fn withdraw_template(&self, id: Uuid) -> Result<()> {
        if let Some(viewer) = self.watched_by() {
            self.admit_removal(viewer, EntityKind::MetaTemplate, id)?;
        }
        match self.standing(EntityKind::MetaTemplate, id)? {
            Some((local, record)) => self.take_out(local, &record),
            None => Err(not_found(EntityKind::MetaTemplate, id)),
        }
    }

    fn take_out(&self, local: LocalId, record: &Record) -> Result<()> {
        let library = self.library();
        let facts = derive::facts(record, &|value| prepare::field_kind(&library, value));
        self.write.borrow_mut().remove(&Standing { local, record, facts: &facts })?;
        if record.kind() == EntityKind::Organisation {
            self.written.borrow_mut().organisation(local, record.id(), &[]);
        }
        let json =
            record.to_json_text().map_err(|source| unwritable("record").caused_by(source))?;
        self.append(record.kind(), record.id(), local, Action::Remove, &json)?;
        self.notice(Some(record), None, None)?;
        match record {
            Record::MetaTemplate(template) => self.templates_changed(template.key)?,
            Record::Tag(_) => {
                self.spellings.borrow_mut().clear();
                self.long_tags.borrow_mut().take();
            }
            _ => {}
        }
        Ok(())
    }

    /// The record of that identity and its number.
    pub(crate) fn standing(&self, kind: EntityKind, id: Uuid) -> Result<Option<(LocalId, Record)>> {
        self.ask(|read| standing(read, kind, id))
    }

    pub(super) fn append(
        &self,
        kind: EntityKind,
        entity: Uuid,
        local: LocalId,
        action: Action,
        payload: &[u8],
    ) -> Result<()> {
        self.begin_set()?;
        let salt = self.next_id().into_bytes();
        let entry = Entry { kind, entity, local, action, payload, salt };
        let seq = self.write.borrow_mut().append(&entry)?;
        self.first.set(self.first.get().or(Some(seq)));
        self.newest.set(seq);
        self.written.borrow_mut().change(seq);
        Ok(())
    }

    fn begin_set(&self) -> Result<()> {
        if self.begun.replace(true) {
            return Ok(());
        }
        self.write.borrow_mut().begin_change_set(&NewChangeSet {
            id: self.set,
            time: self.now,
            actor: self.author.actor.clone(),
            origin: self.author.origin.clone(),
        })
    }

    fn templates_changed(&self, key: TemplateKey) -> Result<()> {
        self.write.borrow_mut().mark_templates(self.newest.get())?;
        let library = self.ask(|read| Store::compile_library(read))?;
        let known = self.library.replace(library);
        templates::recheck(self, &known, key)
    }

    /// Every record of a kind that passes the filter.
    pub(crate) fn all(
        &self,
        kind: EntityKind,
        filter: impl Into<Option<Filter>>,
    ) -> Result<Vec<Record>> {
        let mut query = Query::new(kind);
        query.filters.extend(filter.into());
        query.limit = 1_000;
        let mut found = Vec::new();
        loop {
            let page = self.ask(|read| read.query(&query))?;
            found.extend(page.records);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(found),
            }
        }
    }
}

pub(crate) fn standing(
    read: &dyn Read,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<(LocalId, Record)>> {
    let Some(local) = read.local_id(kind, id)? else {
        return Ok(None);
    };
    Ok(read.get(kind, id)?.map(|record| (local, record)))
}

pub(crate) fn taken(kind: EntityKind, id: impl fmt::Display) -> Error {
    Error::new(Kind::Conflict, "insert record", "there is such a record already")
        .with("kind", kind.noun())
        .with("id", id)
}

pub(crate) fn unknown_reference(record: EntityKind, kind: EntityKind, id: Uuid) -> Error {
    Error::new(Kind::Invalid, "write record", "it refers to an unknown record")
        .with("record", record.noun())
        .with("refers to", kind.noun())
        .with("id", id)
}

pub(crate) fn not_found(kind: EntityKind, id: impl fmt::Display) -> Error {
    Error::new(Kind::NotFound, "find record", "there is no such record")
        .with("kind", kind.noun())
        .with("id", id)
}

pub(super) fn unwritable(what: &'static str) -> Error {
    Error::new(Kind::Corrupt, "write record", "it cannot be written as JSON").with("what", what)
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("change_set", &self.set).finish_non_exhaustive()
    }
}
