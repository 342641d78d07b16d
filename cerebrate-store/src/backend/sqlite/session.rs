//! One transaction, for reading or for writing.

use std::ops::Deref;
use std::sync::MutexGuard;

use cerebrate_core::access::Actor;
use cerebrate_core::audit::chain::{Genesis, RowHash, RowRanges};
use cerebrate_core::constituency::BasisKind;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{ChangeSetId, IndividualId, MailingListId, NodeId, SharingGroupId};
use cerebrate_core::model::{EntityKind, NameDirectoryEntry, Record, TemplateKey, Username};
use cerebrate_core::node_key::AuthKeyDigest;
use cerebrate_core::query::{Filter, Query};
use cerebrate_core::secret::SecretText;
use cerebrate_core::sharing::{GroupReplica, MembershipDigest, RemovedMember};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::{
    SqliteBackend, accounts, chain, claims, erase, feed, inbox, overlaps, replicas, rows, search,
    secrets, select, statistics,
};
use crate::backend::{
    Arrival, Aspect, ClaimQuery, ClaimText, DayCount, Entry, Facts, FeedPlace, FeedQuery,
    FieldCount, FieldHolder, Forgotten, LocalId, NewChangeSet, Older, Population, Read, RecordPage,
    Reseal, Standing, StoredClaim, StoredRow, Tally, Touched, Unclaimed, UnreadableClaim, Write,
};
use crate::feed::{Change, ChangeSet, SetFilter};

/// A connection for as long as a transaction lasts.
pub(super) enum Held<'a> {
    /// Borrowed from the idle ones; `None` once given back.
    Reader(Option<Connection>),
    /// The one writing connection.
    Writer(MutexGuard<'a, Option<Connection>>),
}

impl Deref for Held<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Held::Reader(connection) => connection.as_ref(),
            Held::Writer(connection) => connection.as_ref(),
        }
        .expect("a session holds its connection until it is dropped")
    }
}

pub(super) struct Session<'a> {
    backend: &'a SqliteBackend,
    connection: Held<'a>,
    /// The change set that is written, and its number.
    change_set: Option<(i64, NewChangeSet)>,
    /// The end of the chain, once something was appended.
    end: Option<chain::End>,
    open: bool,
    /// Whether a write failed half-way: then nothing of the transaction is kept.
    broken: bool,
}

impl<'a> Session<'a> {
    pub(super) fn begin(
        backend: &'a SqliteBackend,
        connection: Held<'a>,
        statement: &str,
    ) -> Result<Self> {
        let began = run(&connection, statement);
        let session = Session {
            backend,
            connection,
            change_set: None,
            end: None,
            open: began.is_ok(),
            broken: false,
        };
        began.map_err(failed("begin"))?;
        Ok(session)
    }

    fn dictionary(&self) -> &Dictionary {
        &self.backend.dictionary
    }

    /// Runs a write, unless an earlier one failed.
    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.broken {
            return Err(broken());
        }
        let done = work(self);
        self.broken = done.is_err();
        done
    }
}

fn broken() -> Error {
    Error::new(Kind::Cancelled, "write", "an earlier write of this transaction failed")
        .hint("end the transaction and begin again")
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(|_| ())
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.open {
            if matches!(self.connection, Held::Writer(_)) {
                // Before the numbers made here are free for somebody else.
                self.backend.dictionary.forget();
            }
            let undone = run(&self.connection, "ROLLBACK");
            if let Held::Writer(writer) = &mut self.connection
                && undone.is_err()
                && writer.as_ref().is_some_and(|open| !open.is_autocommit())
            {
                // A connection that cannot end its transaction is not used again.
                **writer = None;
            }
        }
        if matches!(self.connection, Held::Writer(_)) {
            self.backend.note_writer(None);
        }
        if let Held::Reader(connection) = &mut self.connection
            && let Some(connection) = connection.take()
            && connection.is_autocommit()
        {
            self.backend.give_back(connection);
        }
    }
}

const GET: &str = "read record";

impl Read for Session<'_> {
    fn get(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>> {
        rows::get(&self.connection, self.dictionary(), kind, id)
    }

    fn local_id(&self, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>> {
        rows::find(&self.connection, kind, id)
    }

    fn by_local_id(&self, kind: EntityKind, local: LocalId) -> Result<Option<Uuid>> {
        let sql = format!("SELECT uuid FROM {} WHERE id = ?1", rows::table(kind));
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row([local.0], |row| row.get(0)).optional())
            .map_err(failed(GET))
    }

    fn query(&self, query: &Query) -> Result<RecordPage> {
        select::page(&self.connection, self.dictionary(), query)
    }

    fn count(&self, kind: EntityKind, filters: &[Filter]) -> Result<u64> {
        select::count(&self.connection, self.dictionary(), kind, filters)
    }

    fn search(
        &self,
        kind: EntityKind,
        needle: &str,
        filters: &[Filter],
        limit: usize,
    ) -> Result<Vec<Record>> {
        search::search(&self.connection, self.dictionary(), kind, needle, filters, limit)
    }

    fn by_name_key(&self, kind: EntityKind, key: i64, limit: usize) -> Result<Vec<Uuid>> {
        let sql = format!("SELECT uuid FROM {} WHERE name_key = ?1 LIMIT ?2", rows::table(kind));
        rows::uuids(&self.connection, &sql, params![key, rows::clamp(limit)])
    }

    fn by_email(&self, folded: &str, limit: usize) -> Result<Vec<Uuid>> {
        let sql = "SELECT uuid FROM individual WHERE folded = ?1 LIMIT ?2";
        rows::uuids(&self.connection, sql, params![folded, rows::clamp(limit)])
    }

    fn external_id(&self, source: &str, external: &str, kind: EntityKind) -> Result<Option<Uuid>> {
        self.connection
            .prepare_cached(
                "SELECT uuid FROM external_id WHERE source = ?1 AND external = ?2 AND kind = ?3",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(params![source, external, rows::code(kind)], |row| row.get(0))
                    .optional()
            })
            .map_err(failed(GET))
    }

    fn claims(&self, each: &mut dyn FnMut(StoredClaim)) -> Result<()> {
        claims::all(&self.connection, each)
    }

    fn claims_of(&self, query: &ClaimQuery) -> Result<Vec<StoredClaim>> {
        claims::matching(&self.connection, query)
    }

    fn claims_by(&self, owner: LocalId) -> Result<Vec<StoredClaim>> {
        claims::of_owner(&self.connection, owner)
    }

    fn claim_text(&self, owner: LocalId, position: u32) -> Result<Option<ClaimText>> {
        claims::text(&self.connection, owner, position)
    }

    fn unreadable_claims(&self, limit: usize) -> Result<Vec<UnreadableClaim>> {
        claims::unreadable(&self.connection, self.dictionary(), limit)
    }

    fn template_usage(&self, template: TemplateKey) -> Result<(Vec<(EntityKind, Uuid)>, u64)> {
        rows::template_usage(&self.connection, self.dictionary(), template)
    }

    fn name_directory(&self) -> Result<Vec<NameDirectoryEntry>> {
        rows::name_directory(&self.connection)
    }

    fn changes(&self, query: FeedQuery, limit: usize) -> Result<Vec<Change>> {
        feed::changes(&self.connection, query, limit)
    }

    fn change_set(&self, id: ChangeSetId) -> Result<Option<ChangeSet>> {
        feed::change_set(&self.connection, id)
    }

    fn changes_of_kind(&self, id: ChangeSetId, kind: EntityKind) -> Result<u64> {
        feed::changes_of_kind(&self.connection, id, kind)
    }

    fn change_sets(
        &self,
        filter: &SetFilter,
        before: Option<ChangeSetId>,
        limit: usize,
    ) -> Result<Vec<ChangeSet>> {
        feed::change_sets(&self.connection, filter, before, limit)
    }

    fn payloads_with(
        &self,
        kinds: &[EntityKind],
        texts: &[String],
        each: &mut dyn FnMut(FeedPlace, &[u8]),
    ) -> Result<()> {
        erase::payloads_with(&self.connection, kinds, texts, each)
    }

    fn older_than(&self, time: Timestamp) -> Result<Older> {
        erase::older_than(&self.connection, time)
    }

    fn touched(&self, kind: EntityKind, after: u64, limit: usize) -> Result<Vec<Touched>> {
        feed::touched(&self.connection, kind, after, limit)
    }

    fn newest(&self) -> Result<u64> {
        feed::newest(&self.connection)
    }

    fn templates_mark(&self) -> Result<u64> {
        feed::templates_mark(&self.connection)
    }

    fn genesis(&self) -> Result<Genesis> {
        chain::genesis(&self.connection)
    }

    fn row_hash(&self, seq: u64) -> Result<Option<RowHash>> {
        chain::hash_of(&self.connection, seq)
    }

    fn stored_rows(&self, each: &mut dyn FnMut(StoredRow<'_>)) -> Result<()> {
        chain::all(&self.connection, each)
    }

    fn stored_rows_between(
        &self,
        after: u64,
        before: u64,
        each: &mut dyn FnMut(StoredRow<'_>),
    ) -> Result<()> {
        chain::between(&self.connection, after, before, each)
    }

    fn given(&self) -> Result<u64> {
        chain::given(&self.connection)
    }

    fn setting(&self, name: &str) -> Result<Option<String>> {
        feed::setting(&self.connection, name)
    }

    fn node(&self) -> Result<NodeId> {
        replicas::node(&self.connection)
    }

    fn replica(&self, id: SharingGroupId) -> Result<Option<GroupReplica>> {
        replicas::get(&self.connection, id)
    }

    fn membership(&self, id: SharingGroupId) -> Result<Option<MembershipDigest>> {
        replicas::membership(&self.connection, id)
    }

    fn by_membership(&self, membership: MembershipDigest) -> Result<Vec<Uuid>> {
        let sql = "SELECT uuid FROM sharing_group WHERE membership = ?1 ORDER BY folded, uuid";
        rows::uuids(&self.connection, sql, [membership.as_bytes()])
    }

    fn activity(
        &self,
        from: Timestamp,
        days: u32,
        reader: Option<&Actor>,
    ) -> Result<Vec<DayCount>> {
        statistics::activity(&self.connection, from, days, reader)
    }

    fn tally(
        &self,
        kind: EntityKind,
        aspects: &[Aspect],
        reader: Option<&Actor>,
    ) -> Result<Vec<Tally>> {
        statistics::tally(&self.connection, kind, aspects, reader)
    }

    fn tally_tags(&self, kind: EntityKind, reader: Option<&Actor>) -> Result<Tally> {
        statistics::tags(&self.connection, kind, reader)
    }

    fn field_usage(&self, reader: Option<&Actor>) -> Result<Vec<FieldCount>> {
        statistics::fields(&self.connection, self.dictionary(), reader)
    }

    fn claims_in_order(
        &self,
        basis: BasisKind,
        reader: Option<&Actor>,
        each: &mut dyn FnMut(StoredClaim) -> bool,
    ) -> Result<()> {
        overlaps::in_order(&self.connection, basis, reader, each)
    }

    fn unclaimed(
        &self,
        population: &Population,
        reader: Option<&Actor>,
        limit: usize,
    ) -> Result<Vec<Unclaimed>> {
        overlaps::unclaimed(&self.connection, population, reader, limit)
    }

    fn hidden_recipients(&self, _: MailingListId) -> Result<Vec<IndividualId>> {
        Ok(Vec::new())
    }

    fn shown_removals(
        &self,
        _group: SharingGroupId,
        removed: Vec<RemovedMember>,
    ) -> Result<Vec<RemovedMember>> {
        Ok(removed)
    }

    fn by_username(&self, username: &Username) -> Result<Option<Uuid>> {
        accounts::by_username(&self.connection, username.as_str())
    }

    fn password(&self, user: LocalId) -> Result<Option<SecretText>> {
        accounts::password(&self.connection, user)
    }

    fn bcrypt_cost(&self) -> Result<Option<u32>> {
        accounts::bcrypt_cost(&self.connection)
    }

    fn holders(&self, field: &str, each: &mut dyn FnMut(FieldHolder<'_>)) -> Result<()> {
        accounts::holders(&self.connection, field, each)
    }

    fn message_password(&self, message: LocalId) -> Result<Option<SecretText>> {
        inbox::password(&self.connection, message)
    }

    fn arrivals(&self, arrival: &Arrival<'_>, since: Timestamp, until: Timestamp) -> Result<u64> {
        inbox::arrivals(&self.connection, arrival, since, until)
    }
}

impl Write for Session<'_> {
    fn put(
        &mut self,
        record: &Record,
        facts: &Facts,
        standing: Option<&Standing<'_>>,
        wanted: Option<LocalId>,
        now: Timestamp,
    ) -> Result<LocalId> {
        self.write(|session| {
            rows::put(
                &session.connection,
                session.dictionary(),
                record,
                facts,
                standing,
                wanted,
                now,
            )
        })
    }

    fn remove(&mut self, standing: &Standing<'_>) -> Result<()> {
        self.write(|session| rows::remove(&session.connection, standing))
    }

    fn name_template(&mut self, entry: &NameDirectoryEntry) -> Result<()> {
        self.write(|session| {
            session.dictionary().version_number(&session.connection, entry.template, true)?;
            session
                .connection
                .prepare_cached(
                    "UPDATE name_directory SET name = ?3, namespace = ?4
                     WHERE template = ?1 AND version = ?2",
                )
                .and_then(|mut statement| {
                    statement.execute(params![
                        entry.template.id.uuid(),
                        entry.template.version,
                        entry.name,
                        entry.namespace
                    ])
                })
                .map(|_| ())
                .map_err(failed("name template"))
        })
    }

    fn set_external_id(
        &mut self,
        source: &str,
        external: &str,
        kind: EntityKind,
        id: Option<Uuid>,
    ) -> Result<()> {
        self.write(|session| {
            let sql = if id.is_some() {
                "INSERT INTO external_id (source, external, kind, uuid) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (source, external, kind) DO UPDATE SET uuid = excluded.uuid"
            } else {
                "DELETE FROM external_id
                 WHERE source = ?1 AND external = ?2 AND kind = ?3 AND ?4 IS NULL"
            };
            session
                .connection
                .prepare_cached(sql)
                .and_then(|mut statement| {
                    statement.execute(params![source, external, rows::code(kind), id])
                })
                .map(|_| ())
                .map_err(failed("remember external id"))
        })
    }

    fn forget_external_ids(&mut self, kind: EntityKind, id: Uuid) -> Result<u64> {
        self.write(|session| erase::external_ids(&session.connection, kind, id))
    }

    fn erase_payloads(&mut self, rows: &RowRanges) -> Result<u64> {
        self.write(|session| erase::payloads(&session.connection, rows))
    }

    fn forget_texts(
        &mut self,
        is_meant: &dyn Fn(&str) -> bool,
        is_named: &dyn Fn(&str) -> bool,
    ) -> Result<Forgotten> {
        self.write(|session| erase::texts(&session.connection, is_meant, is_named))
    }

    fn reseal(&mut self, again: Reseal<'_>) -> Result<u64> {
        self.write(|session| secrets::reseal(&session.connection, secrets::SEALED, again))
    }

    fn set_replica(&mut self, replica: &GroupReplica) -> Result<()> {
        self.write(|session| replicas::put(&session.connection, replica))
    }

    fn set_password(
        &mut self,
        user: LocalId,
        hash: &SecretText,
        bcrypt_cost: Option<u32>,
    ) -> Result<()> {
        self.write(|session| accounts::set_password(&session.connection, user, hash, bcrypt_cost))
    }

    fn set_auth_key_digest(&mut self, key: LocalId, digest: &AuthKeyDigest) -> Result<()> {
        self.write(|session| accounts::set_digest(&session.connection, key, digest))
    }

    fn set_message_password(&mut self, message: LocalId, hash: &SecretText) -> Result<()> {
        self.write(|session| inbox::set_password(&session.connection, message, hash))
    }

    fn note_arrival(
        &mut self,
        arrival: &Arrival<'_>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|session| inbox::note(&session.connection, arrival, since, now))
    }

    fn mark_templates(&mut self, mark: u64) -> Result<()> {
        self.write(|session| feed::mark_templates(&session.connection, mark))
    }

    fn begin_change_set(&mut self, set: &NewChangeSet) -> Result<()> {
        self.write(|session| {
            session.change_set = Some((feed::begin(&session.connection, set)?, set.clone()));
            Ok(())
        })
    }

    fn summarise(&mut self, summary: &str) -> Result<()> {
        self.write(|session| match session.change_set {
            Some((set, _)) => feed::summarise(&session.connection, set, summary),
            None => Ok(()),
        })
    }

    fn append(&mut self, entry: &Entry<'_>) -> Result<u64> {
        self.write(|session| {
            let (number, set) = session.change_set.as_ref().ok_or_else(|| {
                Error::new(Kind::Invalid, "append to feed", "a change set has to be begun first")
            })?;
            let mut end = session.end.map_or_else(|| chain::End::of(&session.connection), Ok)?;
            let row = end.chain(set, entry)?;
            let seq = feed::append(&session.connection, *number, entry, &row)?;
            session.end = Some(end);
            Ok(seq)
        })
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        self.write(|session| feed::set_setting(&session.connection, name, value))
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if self.broken {
            return Err(broken());
        }
        run(&self.connection, "COMMIT").map_err(failed("commit"))?;
        self.open = false;
        if !self.connection.is_autocommit() {
            return Err(corrupt("commit", "the transaction did not end"));
        }
        Ok(())
    }
}
