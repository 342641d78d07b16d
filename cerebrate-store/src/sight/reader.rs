//! A backend as a user sees it.

use std::collections::HashSet;
use std::ops::Deref;

use cerebrate_core::access::{Actor, Resource, Sight, Visible, sight};
use cerebrate_core::audit::FieldChange;
use cerebrate_core::audit::chain::{Genesis, RowHash};
use cerebrate_core::constituency::BasisKind;
use cerebrate_core::error::Result;
use cerebrate_core::id::{
    ChangeSetId, IndividualId, MailingListId, NodeId, OrganisationId, SharingGroupId,
};
use cerebrate_core::inbox::DATA_CHANGE;
use cerebrate_core::model::{
    EntityKind, MailingList, NameDirectoryEntry, Record, TemplateKey, Username,
};
use cerebrate_core::query::{Filter, Query};
use cerebrate_core::secret::SecretText;
use cerebrate_core::sharing::{GroupReplica, MembershipDigest, RemovedMember};
use cerebrate_core::value::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Viewer;
use super::known::Known;
use super::trim::{seen, sees_individual, sees_user, trim_list, trimmed};
use crate::backend::{
    Arrival, Aspect, ClaimQuery, ClaimText, DayCount, FeedPlace, FeedQuery, FieldCount,
    FieldHolder, LocalId, Older, Population, Read, RecordPage, StoredClaim, StoredRow, Tally,
    Touched, Unclaimed, UnreadableClaim,
};
use crate::feed::{Change, ChangeSet, Payload, SetFilter, user_of};

/// How a user is named to those from whom that user is hidden.
const SOMEBODY: &str = "another user";

/// How many rows of the feed are looked at together.
const STRETCH: usize = 1_000;

/// What a user sees of a backend.
pub(crate) struct Sighted<'v, R> {
    whole: R,
    viewer: &'v Viewer,
}

impl<'v, 'r, R: Deref<Target = dyn Read + 'r>> Sighted<'v, R> {
    pub(crate) fn new(whole: R, viewer: &'v Viewer) -> Self {
        Sighted { whole, viewer }
    }

    fn whole(&self) -> &(dyn Read + 'r) {
        &*self.whole
    }

    /// What figures count: of what the user sees, whatever was asked for.
    fn reader(&self) -> &Actor {
        self.viewer.actor()
    }

    /// The record, as far as it is seen.
    fn seen(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>> {
        match self.whole().get(kind, id)? {
            Some(record) => seen(self.whole(), self.viewer, record),
            None => Ok(None),
        }
    }

    fn sees(&self, kind: EntityKind, id: Uuid) -> Result<bool> {
        if self.viewer.sees_whole(kind) {
            return Ok(true);
        }
        Ok(self.seen(kind, id)?.is_some())
    }

    fn sees_all_of(&self, kind: EntityKind, id: Uuid) -> Result<bool> {
        if kind == EntityKind::Organisation {
            return Ok(self.viewer.sees_organisation(id.into()));
        }
        self.sees(kind, id)
    }

    /// The filters with what is seen of the kind as one more; nothing if nobody can pass.
    fn within(&self, kind: EntityKind, filters: &[Filter]) -> Result<Option<Vec<Filter>>> {
        for filter in filters {
            // Whom a record hangs on is told only where both are seen.
            let tells = match filter {
                Filter::Organisation(id) => {
                    kind == EntityKind::SharingGroup || self.viewer.sees_organisation(*id)
                }
                Filter::Individual(id) => sees_individual(self.whole(), self.viewer, *id)?,
                Filter::User(id) | Filter::UserOrNobody(id) => {
                    sees_user(self.whole(), self.viewer, *id)?
                }
                Filter::Text(..)
                | Filter::Country(_)
                | Filter::ModifiedSince(_)
                | Filter::ModifiedBefore(_)
                | Filter::Severity(_)
                | Filter::Told(_)
                | Filter::Tags(_)
                | Filter::Meta(_)
                | Filter::Ids(_)
                | Filter::Role(_)
                | Filter::HangsOn(_) => true,
                // What is not known to be harmless is not asked.
                _ => false,
            };
            if !tells {
                return Ok(None);
            }
        }
        let mut filters = filters.to_vec();
        if self.viewer.sees_whole(kind) {
            return Ok(Some(filters));
        }
        let visible = self.viewer.visible(kind);
        if visible.is_nothing() {
            return Ok(None);
        }
        match visible {
            Visible::All => {}
            Visible::Only(anchors) => filters.push(Filter::HangsOn(anchors)),
            _ => return Ok(None),
        }
        Ok(Some(filters))
    }

    fn sees_owner(&self, owner: LocalId) -> Result<bool> {
        if self.viewer.sees_all_organisations() {
            return Ok(true);
        }
        let id = self.whole().by_local_id(EntityKind::Organisation, owner)?;
        Ok(id.is_some_and(|id| self.viewer.sees_organisation(OrganisationId::new(id))))
    }

    /// The row, as far as it is seen.
    pub(super) fn row(&self, mut change: Change) -> Result<Option<Change>> {
        let (whole, viewer) = (self.whole(), self.viewer);
        let is_author = viewer.is_author(change.actor.as_deref());
        if !is_author && !viewer.is_community_admin() {
            return Ok(None);
        }
        if viewer.is_community_admin() && viewer.sees_whole(change.kind) {
            return Ok(Some(change));
        }
        let gone = match &change.payload {
            Payload::Inserted(json) | Payload::Removed(json) => {
                Record::from_json(change.kind, json.clone()).ok()
            }
            _ => None,
        };
        // What admins are told of it is nothing that the author did.
        if change.kind == EntityKind::InboxMessage
            && !viewer.sees_whole(change.kind)
            && is_notification(gone.as_ref())
        {
            return Ok(None);
        }
        let known = match (whole.get(change.kind, change.entity)?, gone) {
            (Some(record), _) => Known::of(whole, viewer, &record)?,
            (None, Some(record)) => Known::of_gone(whole, viewer, &record)?,
            // Of what is gone without a trace, the kind alone says whether it was seen.
            (None, None) if viewer.sees_whole(change.kind) => Known::Plain(Resource::Tag),
            (None, None) => Known::Plain(Resource::Setting),
        };
        let resource = known.resource();
        let author = is_author.then_some(viewer.actor().user);
        if sight(viewer.actor(), &Resource::AuditRow(&resource, author)) == Sight::Hidden {
            return Ok(None);
        }
        if sight(viewer.actor(), &resource) == Sight::Full {
            self.trim_payload(change.kind, &mut change.payload)?;
        } else {
            change.payload = Payload::Withheld;
        }
        Ok(Some(change))
    }

    fn trim_payload(&self, kind: EntityKind, payload: &mut Payload) -> Result<()> {
        let (whole, viewer) = (self.whole(), self.viewer);
        let fields: &[&str] = match kind {
            EntityKind::OrganisationGroup => &["organisations", "administrators"],
            EntityKind::MailingList => &["individuals"],
            _ => return Ok(()),
        };
        let mut lists: Vec<(&str, &mut Value)> = Vec::new();
        match payload {
            Payload::Inserted(Value::Object(members))
            | Payload::Removed(Value::Object(members)) => {
                lists.extend(members.iter_mut().map(|(field, value)| (field.as_str(), value)));
            }
            Payload::Updated(changes) => {
                for FieldChange { field, before, after } in changes {
                    let values = [before, after].into_iter().flatten();
                    lists.extend(values.map(|value| (field.as_str(), value)));
                }
            }
            _ => {}
        }
        for (field, list) in lists {
            if fields.contains(&field) {
                trim_list(whole, viewer, field, list)?;
            }
        }
        Ok(())
    }

    /// What is asked of the whole feed, so that whoever sees but the own rows pays for no others;
    /// nothing if nobody can pass.
    fn asked_of_feed(&self, query: FeedQuery) -> Result<Option<FeedQuery>> {
        if self.viewer.is_community_admin() {
            return Ok(Some(query));
        }
        let user = self.viewer.actor().user;
        Ok(match query {
            FeedQuery::After(seq) => Some(FeedQuery::AfterBy(seq, user)),
            FeedQuery::AfterBy(_, other) => (other == user).then_some(query),
            FeedQuery::ChangeSet(id, _) => self.change_set(id)?.map(|_| query),
            FeedQuery::Entity(..) => Some(query),
        })
    }

    /// The change set with the number of rows that are seen: admins are told of changes beside what
    /// the author did.
    fn shown_set(&self, mut set: ChangeSet) -> Result<ChangeSet> {
        let kind = EntityKind::InboxMessage;
        if !self.viewer.sees_whole(kind) {
            let told = self.whole().changes_of_kind(set.id, kind)?;
            // Of what was sent by hand there is nothing else beside.
            if told < set.changes {
                set.changes -= told;
            }
        }
        Ok(set)
    }

    fn sees_set(&self, set: &ChangeSet) -> bool {
        self.viewer.is_community_admin() || self.viewer.is_author(set.actor.as_deref())
    }
}

/// Whether a record tells admins of a change.
pub(crate) fn is_notification(record: Option<&Record>) -> bool {
    matches!(record, Some(Record::InboxMessage(message))
        if (message.scope.as_str(), message.action.as_str()) == DATA_CHANGE)
}

impl<'r, R: Deref<Target = dyn Read + 'r>> Read for Sighted<'_, R> {
    fn get(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>> {
        self.seen(kind, id)
    }

    fn local_id(&self, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>> {
        if self.sees(kind, id)? { self.whole().local_id(kind, id) } else { Ok(None) }
    }

    fn by_local_id(&self, kind: EntityKind, local: LocalId) -> Result<Option<Uuid>> {
        match self.whole().by_local_id(kind, local)? {
            Some(id) if self.sees(kind, id)? => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    fn query(&self, query: &Query) -> Result<RecordPage> {
        let Some(filters) = self.within(query.kind, &query.filters)? else {
            return Ok(RecordPage { records: Vec::new(), next: None });
        };
        let mut query = query.clone();
        query.filters = filters;
        let RecordPage { records, next } = self.whole().query(&query)?;
        let records = records
            .into_iter()
            .map(|record| trimmed(self.whole(), self.viewer, record))
            .collect::<Result<_>>()?;
        Ok(RecordPage { records, next })
    }

    fn count(&self, kind: EntityKind, filters: &[Filter]) -> Result<u64> {
        match self.within(kind, filters)? {
            Some(filters) => self.whole().count(kind, &filters),
            None => Ok(0),
        }
    }

    fn search(
        &self,
        kind: EntityKind,
        needle: &str,
        filters: &[Filter],
        limit: usize,
    ) -> Result<Vec<Record>> {
        let Some(filters) = self.within(kind, filters)? else { return Ok(Vec::new()) };
        let found = self.whole().search(kind, needle, &filters, limit)?;
        found.into_iter().map(|record| trimmed(self.whole(), self.viewer, record)).collect()
    }

    fn by_name_key(&self, kind: EntityKind, key: i64, limit: usize) -> Result<Vec<Uuid>> {
        first_seen(
            limit,
            |limit| self.whole().by_name_key(kind, key, limit),
            |id| self.sees_all_of(kind, *id),
        )
    }

    fn by_email(&self, folded: &str, limit: usize) -> Result<Vec<Uuid>> {
        first_seen(
            limit,
            |limit| self.whole().by_email(folded, limit),
            |id| self.sees_all_of(EntityKind::Individual, *id),
        )
    }

    fn external_id(&self, source: &str, external: &str, kind: EntityKind) -> Result<Option<Uuid>> {
        match self.whole().external_id(source, external, kind)? {
            Some(id) if self.sees_all_of(kind, id)? => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    fn claims(&self, each: &mut dyn FnMut(StoredClaim)) -> Result<()> {
        let mut last = None;
        let mut failed = None;
        self.whole().claims(&mut |claim| {
            let sees = match last {
                Some((owner, sees)) if owner == claim.owner => sees,
                _ => self.sees_owner(claim.owner).unwrap_or_else(|error| {
                    failed = Some(error);
                    false
                }),
            };
            last = Some((claim.owner, sees));
            if sees {
                each(claim);
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn claims_of(&self, query: &ClaimQuery) -> Result<Vec<StoredClaim>> {
        let mut seen = Vec::new();
        for claim in self.whole().claims_of(query)? {
            if self.sees_owner(claim.owner)? {
                seen.push(claim);
            }
        }
        Ok(seen)
    }

    fn claims_by(&self, owner: LocalId) -> Result<Vec<StoredClaim>> {
        if self.sees_owner(owner)? { self.whole().claims_by(owner) } else { Ok(Vec::new()) }
    }

    fn claim_text(&self, owner: LocalId, position: u32) -> Result<Option<ClaimText>> {
        let text = self.whole().claim_text(owner, position)?;
        Ok(text.filter(|text| self.viewer.sees_organisation(text.organisation)))
    }

    fn unreadable_claims(&self, limit: usize) -> Result<Vec<UnreadableClaim>> {
        first_seen(
            limit,
            |limit| self.whole().unreadable_claims(limit),
            |claim| Ok(self.viewer.sees_organisation(claim.organisation)),
        )
    }

    fn template_usage(&self, template: TemplateKey) -> Result<(Vec<(EntityKind, Uuid)>, u64)> {
        let (all, values) = self.whole().template_usage(template)?;
        if self.viewer.sees_whole(EntityKind::Organisation)
            && self.viewer.sees_whole(EntityKind::Individual)
            && self.viewer.sees_whole(EntityKind::User)
        {
            return Ok((all, values));
        }
        let mut owners = Vec::new();
        let mut values = 0;
        for (kind, id) in all {
            let fields = match self.seen(kind, id)? {
                Some(Record::Organisation(seen)) => seen.meta_fields,
                Some(Record::Individual(seen)) => seen.meta_fields,
                Some(Record::User(seen)) => seen.meta_fields,
                _ => continue,
            };
            let held = fields.iter().filter(|value| value.template == template).count();
            if held > 0 {
                owners.push((kind, id));
                values += held as u64;
            }
        }
        Ok((owners, values))
    }

    fn hidden_recipients(&self, list: MailingListId) -> Result<Vec<IndividualId>> {
        const KIND: EntityKind = EntityKind::MailingList;
        let (Some(Record::MailingList(whole)), Some(Record::MailingList(seen))) =
            (self.whole().get(KIND, list.uuid())?, self.seen(KIND, list.uuid())?)
        else {
            return Ok(Vec::new());
        };
        let of = |list: MailingList| list.individuals.into_iter().map(|one| one.individual);
        let seen: HashSet<IndividualId> = of(seen).collect();
        Ok(of(whole).filter(|id| !seen.contains(id)).collect())
    }

    fn shown_removals(
        &self,
        group: SharingGroupId,
        removed: Vec<RemovedMember>,
    ) -> Result<Vec<RemovedMember>> {
        const KIND: EntityKind = EntityKind::SharingGroup;
        let Some(Record::SharingGroup(group)) = self.whole().get(KIND, group.uuid())? else {
            return Ok(Vec::new());
        };
        let is_keeper =
            self.viewer.is_community_admin() || self.viewer.sees_organisation(group.owner);
        let mut shown = Vec::with_capacity(removed.len());
        for mut member in removed {
            let id = member.organisation.uuid();
            if !is_keeper && self.seen(EntityKind::Organisation, id)?.is_none() {
                continue;
            }
            if let Some(user) = user_of(member.removal.by.as_deref())
                && !sees_user(self.whole(), self.viewer, user)?
            {
                member.removal.by = Some(SOMEBODY.to_owned());
            }
            shown.push(member);
        }
        Ok(shown)
    }

    fn by_username(&self, username: &Username) -> Result<Option<Uuid>> {
        match self.whole().by_username(username)? {
            Some(id) if self.sees(EntityKind::User, id)? => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// Nobody is shown the hash of a password; who logs in does so at the whole store.
    fn password(&self, _: LocalId) -> Result<Option<SecretText>> {
        Ok(None)
    }

    fn message_password(&self, _: LocalId) -> Result<Option<SecretText>> {
        Ok(None)
    }

    fn arrivals(&self, arrival: &Arrival<'_>, since: Timestamp, until: Timestamp) -> Result<u64> {
        // Limits count what everybody sent.
        self.whole().arrivals(arrival, since, until)
    }

    fn bcrypt_cost(&self) -> Result<Option<u32>> {
        self.whole().bcrypt_cost()
    }

    fn holders(&self, field: &str, each: &mut dyn FnMut(FieldHolder<'_>)) -> Result<()> {
        let mut failed = None;
        self.whole().holders(field, &mut |holder| match sees_user(
            self.whole(),
            self.viewer,
            holder.user,
        ) {
            Ok(true) => each(holder),
            Ok(false) => {}
            Err(error) => failed = Some(error),
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn name_directory(&self) -> Result<Vec<NameDirectoryEntry>> {
        self.whole().name_directory()
    }

    fn changes(&self, query: FeedQuery, limit: usize) -> Result<Vec<Change>> {
        let Some(mut query) = self.asked_of_feed(query)? else { return Ok(Vec::new()) };
        let mut shown = Vec::new();
        loop {
            let (wanted, is_paged) = match query {
                FeedQuery::Entity(..) => (usize::MAX, false),
                _ => (STRETCH, true),
            };
            let rows = self.whole().changes(query, wanted)?;
            let is_last = !is_paged || rows.len() < wanted;
            if let Some(last) = rows.last() {
                query = match query {
                    FeedQuery::After(_) => FeedQuery::After(last.seq),
                    FeedQuery::AfterBy(_, user) => FeedQuery::AfterBy(last.seq, user),
                    FeedQuery::ChangeSet(id, _) => FeedQuery::ChangeSet(id, last.seq),
                    other @ FeedQuery::Entity(..) => other,
                };
            }
            for row in rows {
                if shown.len() == limit {
                    return Ok(shown);
                }
                shown.extend(self.row(row)?);
            }
            if is_last {
                return Ok(shown);
            }
        }
    }

    fn change_set(&self, id: ChangeSetId) -> Result<Option<ChangeSet>> {
        let set = self.whole().change_set(id)?.filter(|set| self.sees_set(set));
        set.map(|set| self.shown_set(set)).transpose()
    }

    fn changes_of_kind(&self, id: ChangeSetId, kind: EntityKind) -> Result<u64> {
        let sees = self.viewer.sees_whole(kind) && self.change_set(id)?.is_some();
        if sees { self.whole().changes_of_kind(id, kind) } else { Ok(0) }
    }

    fn change_sets(
        &self,
        filter: &SetFilter,
        before: Option<ChangeSetId>,
        limit: usize,
    ) -> Result<Vec<ChangeSet>> {
        if self.viewer.is_community_admin() {
            return self.whole().change_sets(filter, before, limit);
        }
        let (actors, signature) = (filter.actors(), self.viewer.signature());
        if !actors.is_empty() && !actors.contains(&signature) {
            return Ok(Vec::new());
        }
        let mut filter = filter.clone();
        filter.actor = None;
        filter.user = Some(self.viewer.actor().user);
        let told = EntityKind::InboxMessage;
        let sees_told = self.viewer.sees_whole(told);
        if let Some(record) = filter.record.filter(|_| !sees_told) {
            let entity = FeedQuery::Entity(told, record);
            if !self.whole().changes(entity, 1)?.is_empty() && self.changes(entity, 1)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        let mut shown = Vec::new();
        for set in self.whole().change_sets(&filter, before, limit)? {
            let all = set.changes;
            let set = self.shown_set(set)?;
            // What admins were told of it is no reason to list it.
            if sees_told || filter.kind != Some(told) || set.changes == all {
                shown.push(set);
            }
        }
        Ok(shown)
    }

    fn payloads_with(
        &self,
        kinds: &[EntityKind],
        texts: &[String],
        each: &mut dyn FnMut(FeedPlace, &[u8]),
    ) -> Result<()> {
        self.viewer.check_community_admin("read audit trail")?;
        self.whole().payloads_with(kinds, texts, each)
    }

    fn older_than(&self, time: Timestamp) -> Result<Older> {
        self.viewer.check_community_admin("read audit trail")?;
        self.whole().older_than(time)
    }

    fn touched(&self, kind: EntityKind, after: u64, limit: usize) -> Result<Vec<Touched>> {
        first_seen(
            limit,
            |limit| self.whole().touched(kind, after, limit),
            |touched| self.sees_all_of(kind, touched.entity),
        )
    }

    fn newest(&self) -> Result<u64> {
        self.whole().newest()
    }

    fn templates_mark(&self) -> Result<u64> {
        self.whole().templates_mark()
    }

    fn genesis(&self) -> Result<Genesis> {
        self.whole().genesis()
    }

    fn row_hash(&self, seq: u64) -> Result<Option<RowHash>> {
        self.whole().row_hash(seq)
    }

    fn stored_rows(&self, each: &mut dyn FnMut(StoredRow<'_>)) -> Result<()> {
        self.viewer.check_community_admin("read audit trail")?;
        self.whole().stored_rows(each)
    }

    fn stored_rows_between(
        &self,
        after: u64,
        before: u64,
        each: &mut dyn FnMut(StoredRow<'_>),
    ) -> Result<()> {
        self.viewer.check_community_admin("read audit trail")?;
        self.whole().stored_rows_between(after, before, each)
    }

    fn given(&self) -> Result<u64> {
        self.whole().given()
    }

    fn setting(&self, name: &str) -> Result<Option<String>> {
        self.whole().setting(name)
    }

    fn node(&self) -> Result<NodeId> {
        self.whole().node()
    }

    fn activity(&self, from: Timestamp, days: u32, _: Option<&Actor>) -> Result<Vec<DayCount>> {
        self.whole().activity(from, days, Some(self.reader()))
    }

    fn tally(&self, kind: EntityKind, aspects: &[Aspect], _: Option<&Actor>) -> Result<Vec<Tally>> {
        self.whole().tally(kind, aspects, Some(self.reader()))
    }

    fn tally_tags(&self, kind: EntityKind, _: Option<&Actor>) -> Result<Tally> {
        self.whole().tally_tags(kind, Some(self.reader()))
    }

    fn field_usage(&self, _: Option<&Actor>) -> Result<Vec<FieldCount>> {
        self.whole().field_usage(Some(self.reader()))
    }

    fn claims_in_order(
        &self,
        basis: BasisKind,
        _: Option<&Actor>,
        each: &mut dyn FnMut(StoredClaim) -> bool,
    ) -> Result<()> {
        self.whole().claims_in_order(basis, Some(self.reader()), each)
    }

    fn unclaimed(
        &self,
        population: &Population,
        _: Option<&Actor>,
        limit: usize,
    ) -> Result<Vec<Unclaimed>> {
        self.whole().unclaimed(population, Some(self.reader()), limit)
    }

    fn replica(&self, id: SharingGroupId) -> Result<Option<GroupReplica>> {
        if self.sees_group(id)? { self.whole().replica(id) } else { Ok(None) }
    }

    fn membership(&self, id: SharingGroupId) -> Result<Option<MembershipDigest>> {
        if self.sees_group(id)? { self.whole().membership(id) } else { Ok(None) }
    }

    fn by_membership(&self, membership: MembershipDigest) -> Result<Vec<Uuid>> {
        let mut groups = self.whole().by_membership(membership)?;
        let mut failed = None;
        groups.retain(|id| {
            self.sees(EntityKind::SharingGroup, *id).unwrap_or_else(|error| {
                failed = Some(error);
                false
            })
        });
        failed.map_or(Ok(groups), Err)
    }
}

impl<'r, R: Deref<Target = dyn Read + 'r>> Sighted<'_, R> {
    fn sees_group(&self, id: SharingGroupId) -> Result<bool> {
        self.sees(EntityKind::SharingGroup, id.uuid())
    }
}

/// The first of many that are seen, `limit` at most, where `ask` answers that many of all.
fn first_seen<T>(
    limit: usize,
    ask: impl Fn(usize) -> Result<Vec<T>>,
    sees: impl Fn(&T) -> Result<bool>,
) -> Result<Vec<T>> {
    let mut asked = limit;
    loop {
        let all = ask(asked)?;
        let is_last = all.len() < asked || asked == usize::MAX;
        let mut found = Vec::new();
        for one in all {
            if found.len() < limit && sees(&one)? {
                found.push(one);
            }
        }
        if found.len() == limit || is_last {
            return Ok(found);
        }
        asked = asked.max(STRETCH).saturating_mul(4);
    }
}
