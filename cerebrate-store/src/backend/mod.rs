//! Where records are kept. A backend answers our queries in our values; it decides nothing.
//!
//! **Contract** (the conformance suite of `cerebrate-testkit` checks it): a reader sees one moment
//! until it is dropped; there is one writer at a time; what a writer wrote is visible to others
//! once [`Write::commit`] returned and not before, and gone if it is dropped without; the sequence
//! of the feed is the order of commits; and the feed is one hash chain: [`Write::append`] takes its
//! end inside the write transaction, so that no two rows ever follow the same one.

mod figures;
pub(crate) mod sqlite;

use std::fmt;
use std::path::Path;

use cerebrate_core::access::Actor;
use cerebrate_core::audit::chain::{self, Genesis, RowHash, RowRanges};
use cerebrate_core::constituency::{BasisKind, Claim, Role};
use cerebrate_core::error::Result;
use cerebrate_core::id::{
    ChangeSetId, IndividualId, MailingListId, NodeId, OrganisationId, SharingGroupId, UserId,
};
use cerebrate_core::model::{EntityKind, NameDirectoryEntry, Record, TemplateKey, Username};
use cerebrate_core::node_key::AuthKeyDigest;
use cerebrate_core::problem::Problem;
use cerebrate_core::query::{Filter, Position, Query};
use cerebrate_core::secret::SecretText;
use cerebrate_core::sharing::{GroupReplica, MembershipDigest, RemovedMember};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use crate::feed::{Action, Change, ChangeSet, SetFilter};

pub use figures::{Aspect, DayCount, FieldCount, Population, Tally, Unclaimed};
pub use sqlite::SqliteBackend;

/// The number by which a node shows a record: an address on that node, never an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub i64);

impl fmt::Display for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place where records are kept.
pub trait Backend: fmt::Debug + Send + Sync {
    /// Starts to read: one moment, as it was when the first question was asked.
    fn read(&self) -> Result<Box<dyn Read + '_>>;

    /// Starts to write: waits for its turn, then has the store to itself.
    fn write(&self) -> Result<Box<dyn Write + '_>>;

    /// The sequence number of the newest change, cheap enough to ask often.
    fn head(&self) -> Result<u64>;

    /// Whose auth key has that digest, and the sequence number of the newest change of the same
    /// moment. It does the same work whether there is such a key or not.
    fn auth_key(&self, digest: &AuthKeyDigest) -> Result<AuthKeyAnswer>;

    /// Writes a consistent copy to a new file.
    fn backup(&self, to: &Path) -> Result<()>;

    /// Brings the file into its tidy state after bulk work: the log merged and cut.
    fn tidy(&self) -> Result<()>;

    /// Clears what was deleted out of every place where it is stored, log and indexes included;
    /// `false` if a reader stands in the way, so that some of it may be left.
    fn scrub(&self) -> Result<bool>;

    /// Whether writing is refused.
    fn is_read_only(&self) -> bool;
}

/// What a backend knows of an auth key; see [`Backend::auth_key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthKeyAnswer {
    /// The number of the newest change.
    pub newest: u64,
    /// The key, if there is one.
    pub key: Option<KnownAuthKey>,
}

/// An auth key, as far as it lets somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAuthKey {
    /// Whose it is.
    pub user: UserId,
    /// From when on it opens nothing.
    pub expires: Option<Timestamp>,
}

/// A value of an enabled user; see [`Read::holders`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldHolder<'a> {
    /// The user.
    pub user: UserId,
    /// The organisation of the user.
    pub organisation: Option<OrganisationId>,
    /// The value, as given.
    pub value: &'a str,
}

/// A page of records and the place behind it, if there is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The records, in the order asked for.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Position>,
}

/// One value of one organisation that says whom it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClaim {
    /// Local id of the organisation.
    pub owner: LocalId,
    /// Which of its meta-fields.
    pub position: u32,
    /// What it claims.
    pub claim: Claim,
}

/// A value from which no claim could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableClaim {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// Why it could not be read.
    pub problem: String,
    /// The value as stored.
    pub value: String,
    /// The field.
    pub field: String,
}

/// Which claims to look for; see [`Read::claims_of`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimQuery {
    /// Prefixes that cover this one.
    Covering(cerebrate_core::value::IpPrefix),
    /// Ranges that hold this AS number.
    Asn(u32),
    /// Suffixes equal to one of these.
    Domains(Vec<String>),
    /// This country, as a capital two-letter code.
    Country(String),
    /// This sector, folded.
    Sector(String),
}

/// The name and identity of an organisation, and a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimText {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The value as stored.
    pub value: String,
}

/// Which part of the feed to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedQuery {
    /// Behind this sequence number, oldest first.
    After(u64),
    /// The same, only of what this user wrote. What others wrote is not to cost anything.
    AfterBy(u64, UserId),
    /// Of one record, oldest first.
    Entity(EntityKind, Uuid),
    /// Of one change set, newest first, before this sequence number.
    ChangeSet(ChangeSetId, u64),
}

/// A consistent view of one moment.
pub trait Read {
    /// The record of that identity.
    fn get(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>>;

    /// The number of the record on this node.
    fn local_id(&self, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>>;

    /// The identity behind a number of this node.
    fn by_local_id(&self, kind: EntityKind, local: LocalId) -> Result<Option<Uuid>>;

    /// A page of records.
    fn query(&self, query: &Query) -> Result<RecordPage>;

    /// How many records pass the filters.
    fn count(&self, kind: EntityKind, filters: &[Filter]) -> Result<u64>;

    /// Records that pass the filters and whose searched text holds `needle` (already folded), best
    /// first: exact name, name that begins with it, any other, each in name order.
    fn search(
        &self,
        kind: EntityKind,
        needle: &str,
        filters: &[Filter],
        limit: usize,
    ) -> Result<Vec<Record>>;

    /// Identities of records whose normalised name has this key ([`Facts::name_key`]).
    fn by_name_key(&self, kind: EntityKind, key: i64, limit: usize) -> Result<Vec<Uuid>>;

    /// Individuals with this folded e-mail address.
    fn by_email(&self, folded: &str, limit: usize) -> Result<Vec<Uuid>>;

    /// Who a row of an earlier import was.
    fn external_id(&self, source: &str, external: &str, kind: EntityKind) -> Result<Option<Uuid>>;

    /// Hands out every claim, ordered by owner within each kind.
    fn claims(&self, each: &mut dyn FnMut(StoredClaim)) -> Result<()>;

    /// The claims that answer a question.
    fn claims_of(&self, query: &ClaimQuery) -> Result<Vec<StoredClaim>>;

    /// The claims of one organisation.
    fn claims_by(&self, owner: LocalId) -> Result<Vec<StoredClaim>>;

    /// Organisation and value behind a claim.
    fn claim_text(&self, owner: LocalId, position: u32) -> Result<Option<ClaimText>>;

    /// The values from which no claim could be read, at most `limit`.
    fn unreadable_claims(&self, limit: usize) -> Result<Vec<UnreadableClaim>>;

    /// Which owners hold values of the template at that version, and how many values in all.
    fn template_usage(&self, template: TemplateKey) -> Result<(Vec<(EntityKind, Uuid)>, u64)>;

    /// Everything the name directory knows.
    fn name_directory(&self) -> Result<Vec<NameDirectoryEntry>>;

    /// Changes with their payloads, at most `limit`.
    fn changes(&self, query: FeedQuery, limit: usize) -> Result<Vec<Change>>;

    /// The change set of that identity.
    fn change_set(&self, id: ChangeSetId) -> Result<Option<ChangeSet>>;

    /// How many changes of a change set are of records of a kind.
    fn changes_of_kind(&self, id: ChangeSetId, kind: EntityKind) -> Result<u64>;

    /// The newest change sets that pass the filter, newest first, made before the one given.
    fn change_sets(
        &self,
        filter: &SetFilter,
        before: Option<ChangeSetId>,
        limit: usize,
    ) -> Result<Vec<ChangeSet>>;

    /// Hands out the payloads of all rows that are of one of these kinds and hold one of these texts
    /// (in lower case), without regard to the case of ASCII letters. Too many is no harm: whoever
    /// asks looks again.
    fn payloads_with(
        &self,
        kinds: &[EntityKind],
        texts: &[String],
        each: &mut dyn FnMut(FeedPlace, &[u8]),
    ) -> Result<()>;

    /// What stands in rows of change sets made before `time`.
    fn older_than(&self, time: Timestamp) -> Result<Older>;

    /// Which records of a kind changed behind a sequence number, oldest first, without payloads.
    fn touched(&self, kind: EntityKind, after: u64, limit: usize) -> Result<Vec<Touched>>;

    /// The number of the newest change.
    fn newest(&self) -> Result<u64>;

    /// A number that changes whenever a meta-template does.
    fn templates_mark(&self) -> Result<u64>;

    /// Where the hash chain of the feed begins. A store that is new has one for a node of its own.
    fn genesis(&self) -> Result<Genesis>;

    /// The hash of a row of the feed; `None` if there is no such row, if it is older than the chain,
    /// or if what stands there is no hash.
    fn row_hash(&self, seq: u64) -> Result<Option<RowHash>>;

    /// Hands out every row of the feed as it is stored, oldest first, for
    /// [`Verifier`](chain::Verifier): nothing is repaired, left out or refused.
    fn stored_rows(&self, each: &mut dyn FnMut(StoredRow<'_>)) -> Result<()>;

    /// The same of the rows behind one and before another, without payloads that belong to no row.
    fn stored_rows_between(
        &self,
        after: u64,
        before: u64,
        each: &mut dyn FnMut(StoredRow<'_>),
    ) -> Result<()>;

    /// The largest number that was ever given to a row of the feed.
    fn given(&self) -> Result<u64>;

    /// What [`Write::set_setting`] keeps under a name.
    fn setting(&self, name: &str) -> Result<Option<String>>;

    /// The identity of this database as a node: made once, with the database.
    fn node(&self) -> Result<NodeId>;

    /// The replica of a sharing group, kept though the group is gone.
    fn replica(&self, id: SharingGroupId) -> Result<Option<GroupReplica>>;

    /// The digest of the members of a sharing group.
    fn membership(&self, id: SharingGroupId) -> Result<Option<MembershipDigest>>;

    /// Sharing groups with that membership, in name order.
    fn by_membership(&self, membership: MembershipDigest) -> Result<Vec<Uuid>>;

    /// Changes to what `reader` sees, counted by kind, action and day, for so many days from a
    /// moment on. Of records that are gone, only those of kinds that are seen whole count.
    ///
    /// Here and below, [`visible`](cerebrate_core::access::visible) says what a reader sees in
    /// full; without one, everything is seen.
    fn activity(&self, from: Timestamp, days: u32, reader: Option<&Actor>)
    -> Result<Vec<DayCount>>;

    /// How often each value occurs among the records of a kind that are seen: an answer for each of
    /// `aspects`, which have to be of that kind.
    fn tally(
        &self,
        kind: EntityKind,
        aspects: &[Aspect],
        reader: Option<&Actor>,
    ) -> Result<Vec<Tally>>;

    /// How many records of a kind that are seen carry each tag.
    fn tally_tags(&self, kind: EntityKind, reader: Option<&Actor>) -> Result<Tally>;

    /// How many records that are seen hold values of each template field, in no order.
    fn field_usage(&self, reader: Option<&Actor>) -> Result<Vec<FieldCount>>;

    /// Hands out the claims of organisations that are seen, as long as `each` wants more: prefixes
    /// by family, network and length, AS ranges by first and last number, domains by text.
    fn claims_in_order(
        &self,
        basis: BasisKind,
        reader: Option<&Actor>,
        each: &mut dyn FnMut(StoredClaim) -> bool,
    ) -> Result<()>;

    /// Organisations that are seen and claim nothing, in name order.
    fn unclaimed(
        &self,
        population: &Population,
        reader: Option<&Actor>,
        limit: usize,
    ) -> Result<Vec<Unclaimed>>;

    /// Who is on a mailing list and yet hidden from whoever this view is for. A backend is for
    /// nobody in particular: nobody is.
    fn hidden_recipients(&self, list: MailingListId) -> Result<Vec<IndividualId>>;

    /// Of the organisations that were removed from a group, those that whoever this view is for is
    /// told of, with who did it if that user is seen. A backend is for nobody in particular.
    fn shown_removals(
        &self,
        group: SharingGroupId,
        removed: Vec<RemovedMember>,
    ) -> Result<Vec<RemovedMember>>;

    /// The user of that name.
    fn by_username(&self, username: &Username) -> Result<Option<Uuid>>;

    /// The hash of the password of a user, if there is one.
    fn password(&self, user: LocalId) -> Result<Option<SecretText>>;

    /// The highest cost of a bcrypt hash that some user still has.
    fn bcrypt_cost(&self) -> Result<Option<u32>>;

    /// Hands out every value of the field of that name, of whatever template, that an enabled user
    /// has.
    fn holders(&self, field: &str, each: &mut dyn FnMut(FieldHolder<'_>)) -> Result<()>;

    /// The hash of the password that came with a message, if there is one.
    fn message_password(&self, message: LocalId) -> Result<Option<SecretText>>;

    /// How many messages of a sort came from somewhere, behind `since` and not behind `until`, as
    /// far as [`Write::note_arrival`] noted them.
    fn arrivals(&self, arrival: &Arrival<'_>, since: Timestamp, until: Timestamp) -> Result<u64>;
}

/// That a message came, and where from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// What the message is about.
    pub scope: &'a str,
    /// What it wants.
    pub action: &'a str,
    /// Where it came from.
    pub origin: &'a str,
}

/// A row of the feed, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPlace {
    /// The row.
    pub seq: u64,
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub entity: Uuid,
    /// What happened.
    pub action: Action,
}

/// Rows of the feed from before a time; see [`Read::older_than`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Older {
    /// All of them, with those that have no payload any more.
    pub rows: RowRanges,
    /// How many payloads can be erased.
    pub payloads: u64,
    /// How many change sets they are of.
    pub change_sets: u64,
}

/// What erasing did to the texts beside the feed; see [`Write::forget_texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Summaries and notes that were cleared.
    pub cleared: u64,
    /// Change sets whose actor or origin holds such a text: the chain covers both.
    pub kept: u64,
}

/// A row of the feed as somebody who verifies it meets it.
#[derive(Debug, Clone, Copy)]
pub enum StoredRow<'a> {
    /// All of it can be read; whether it is right is for the chain to say.
    Readable(chain::Row<'a>),
    /// Its metadata say nothing that was ever written: an unknown kind or action, an identity of
    /// the wrong length, a time out of range, a change set that is not there.
    Unreadable {
        /// Its place; 0 if that is none.
        seq: u64,
        /// Its hash, if that is one.
        hash: Option<RowHash>,
    },
    /// There is a payload, but no row that it belongs to.
    Stray {
        /// The place that it claims; 0 if that is none.
        seq: u64,
    },
}

/// A record that a change touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// The place of the change in the feed.
    pub seq: u64,
    /// Which record.
    pub entity: Uuid,
    /// Its number.
    pub local: LocalId,
    /// What happened.
    pub action: Action,
}

/// What the store derives from a record for a backend to index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Name (or e-mail address) without case and accents: the sort key.
    pub folded: String,
    /// Key of the normalised name.
    pub name_key: i64,
    /// Country derived from the nationality, as a capital two-letter code.
    pub country: Option<String>,
    /// Stands for the members of a sharing group.
    pub membership: Option<MembershipDigest>,
    /// Text that `search` looks through, folded.
    pub search: String,
    /// What the record claims, with the place of the meta-field.
    pub claims: Vec<(u32, Claim)>,
    /// Values from which no claim could be read.
    pub unreadable: Vec<(u32, Role, Problem)>,
}

/// A record as it stands before a write.
#[derive(Debug)]
pub struct Standing<'a> {
    /// Its number.
    pub local: LocalId,
    /// What it holds.
    pub record: &'a Record,
    /// What was derived from it.
    pub facts: &'a Facts,
}

/// One row to append to the feed.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub entity: Uuid,
    /// Its number.
    pub local: LocalId,
    /// What happened.
    pub action: Action,
    /// The payload, as JSON text.
    pub payload: &'a [u8],
    /// What its digest in the chain is salted with: random, kept beside the payload and erased with
    /// it.
    pub salt: [u8; 16],
}

/// A change set before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChangeSet {
    /// Its identity.
    pub id: ChangeSetId,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it, if somebody is known.
    pub actor: Option<String>,
    /// What it comes from, such as `local` or `import members.csv`.
    pub origin: String,
}

/// Seals a secret of a record and column again; see [`Write::reseal`].
pub type Reseal<'a> = &'a mut dyn FnMut(Uuid, &str, &[u8]) -> Result<Vec<u8>>;

/// One write transaction. Dropped without [`Write::commit`], it leaves no trace.
pub trait Write: Read {
    /// Stores a record: over `standing` if it is there already, else as a new one (with the number
    /// `wanted` if that is free).
    fn put(
        &mut self,
        record: &Record,
        facts: &Facts,
        standing: Option<&Standing<'_>>,
        wanted: Option<LocalId>,
        now: Timestamp,
    ) -> Result<LocalId>;

    /// Takes a record out.
    fn remove(&mut self, standing: &Standing<'_>) -> Result<()>;

    /// Names a template version in the name directory.
    fn name_template(&mut self, entry: &NameDirectoryEntry) -> Result<()>;

    /// Remembers who a row of an import was, or forgets it.
    fn set_external_id(
        &mut self,
        source: &str,
        external: &str,
        kind: EntityKind,
        id: Option<Uuid>,
    ) -> Result<()>;

    /// Forgets every external id of a record; how many.
    fn forget_external_ids(&mut self, kind: EntityKind, id: Uuid) -> Result<u64>;

    /// Takes payload and salt out of rows of the feed, but never out of an erasure's; out of how
    /// many.
    fn erase_payloads(&mut self, rows: &RowRanges) -> Result<u64>;

    /// Clears summaries of change sets, and who removed members of sharing groups, where `is_meant`
    /// says so of the text; and counts the change sets of which it, or of the origin `is_named`, says
    /// so of what stays.
    fn forget_texts(
        &mut self,
        is_meant: &dyn Fn(&str) -> bool,
        is_named: &dyn Fn(&str) -> bool,
    ) -> Result<Forgotten>;

    /// Hands out every secret that is sealed under the node key, with the record and the column that
    /// it belongs to, and keeps what comes back in its place; how many.
    fn reseal(&mut self, again: Reseal<'_>) -> Result<u64>;

    /// Keeps the replica of a sharing group, in place of the one that is kept.
    fn set_replica(&mut self, replica: &GroupReplica) -> Result<()>;

    /// Keeps the hash of the password of a user, in place of the one that is kept; it goes with the
    /// user. `bcrypt_cost` is that of a bcrypt hash.
    fn set_password(
        &mut self,
        user: LocalId,
        hash: &SecretText,
        bcrypt_cost: Option<u32>,
    ) -> Result<()>;

    /// Keeps the digest of an auth key; it goes with the key.
    fn set_auth_key_digest(&mut self, key: LocalId, digest: &AuthKeyDigest) -> Result<()>;

    /// Keeps the hash of the password that came with a message; it goes with the message.
    fn set_message_password(&mut self, message: LocalId, hash: &SecretText) -> Result<()>;

    /// Notes that a message came `now`, and forgets every arrival of its sort that is not behind
    /// `since`, or behind `now`.
    fn note_arrival(
        &mut self,
        arrival: &Arrival<'_>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<()>;

    /// Notes that a meta-template changed: [`Read::templates_mark`] is this from now on.
    fn mark_templates(&mut self, mark: u64) -> Result<()>;

    /// Opens the change set to which the following entries belong.
    fn begin_change_set(&mut self, set: &NewChangeSet) -> Result<()>;

    /// Says in a sentence what the change set did.
    fn summarise(&mut self, summary: &str) -> Result<()>;

    /// Appends to the feed and its hash chain; answers the sequence number. The row keeps the
    /// [`payload_digest`](chain::payload_digest) of its entry and its
    /// [`row_hash`](chain::row_hash) over that of the row before; the first row follows
    /// [`Read::genesis`].
    fn append(&mut self, entry: &Entry<'_>) -> Result<u64>;

    /// Keeps a short text under a name, or forgets it.
    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<()>;

    /// Makes everything durable and visible at once.
    fn commit(self: Box<Self>) -> Result<()>;
}
