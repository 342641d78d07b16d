//! What a user may write. What the user asks for is checked against what stands *and* against what
//! is to stand; what follows from it (a tag that comes into being, a key that goes with its owner)
//! is not asked for and not checked.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use cerebrate_core::access::{Action, Circle, Person, Reason, Resource, Sight, Verdict, may};
use cerebrate_core::audit::Document;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{IndividualId, OrganisationId, TagId};
use cerebrate_core::model::{Alignment, EntityKind, Record, SharingGroup, TagName, User};
use uuid::Uuid;

use super::Viewer;
use super::known::{Human, Known, account, sight_of};
use super::reader::Sighted;
use super::trim;
use crate::backend::{LocalId, Read};
use crate::feed::Change;
use crate::store::{Transaction, gone, prepare, transaction};

/// What the guard of a transaction keeps in mind.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// How deep in consequences of what was asked for.
    depth: Cell<u32>,
    /// Individuals that were added and have to belong to the own set by the end.
    newcomers: RefCell<BTreeSet<IndividualId>>,
    /// What an undo is about to list again, where the user took it out.
    restored: RefCell<Vec<(EntityKind, Uuid)>>,
}

/// While this lives, what is written follows from something else.
#[must_use]
pub(crate) struct Consequences<'t>(&'t Cell<u32>);

impl Drop for Consequences<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A record that may be written, and what stands in its place.
pub(crate) type Admitted = (Record, Option<(LocalId, Record)>);

impl Transaction<'_> {
    /// The user for whom the next write is checked; nobody where the store is seen whole, and
    /// nobody for what follows from a write.
    pub(crate) fn watched_by(&self) -> Option<&Viewer> {
        if self.watch.depth.get() > 0 { None } else { self.viewer() }
    }

    /// Lists again in the next write what the user took out, be it hidden by that.
    pub(crate) fn restores(&self, references: Vec<(EntityKind, Uuid)>) {
        *self.watch.restored.borrow_mut() = references;
    }

    /// Begins what follows from a write that was admitted.
    pub(crate) fn consequences(&self) -> Consequences<'_> {
        self.watch.depth.set(self.watch.depth.get() + 1);
        Consequences(&self.watch.depth)
    }

    /// The record as it is to stand, with what the user does not see of it, if the user may write
    /// it so; and what stands now, whole. A record that `returns` is put back as it was by an undo.
    pub(crate) fn admit(
        &self,
        viewer: &Viewer,
        record: Record,
        with_password: bool,
        returns: bool,
    ) -> Result<Admitted> {
        self.ask_whole(|whole| {
            let asked = Asked { whole, viewer, watch: &self.watch };
            let standing = transaction::standing(whole, record.kind(), record.id())?;
            match standing {
                // Who saw it go as it was lists it again as it was.
                None if returns => {
                    asked.admit_addition(&record, Some(&prepare::references(&record)))?;
                    Ok((record, None))
                }
                None => {
                    asked.admit_new(&record)?;
                    Ok((record, None))
                }
                Some((local, standing)) => {
                    if with_password {
                        asked.permit(Action::ChangePassword, &standing)?;
                    }
                    let record = asked.admit_over(record, &standing)?;
                    Ok((record, Some((local, standing))))
                }
            }
        })
    }

    /// A new mailing list that names no owner is of whoever makes it.
    pub(crate) fn give_owner(&self, record: &mut Record, viewer: &Viewer) -> Result<()> {
        let user = viewer.actor().user;
        if let Record::MailingList(list) = record
            && list.owner.is_none()
            && self.ask_whole(|whole| whole.local_id(EntityKind::User, user.uuid()))?.is_some()
        {
            list.owner = Some(user);
        }
        Ok(())
    }

    /// Whether the user may take the record away.
    pub(crate) fn admit_removal(&self, viewer: &Viewer, kind: EntityKind, id: Uuid) -> Result<()> {
        self.ask_whole(|whole| {
            let asked = Asked { whole, viewer, watch: &self.watch };
            match whole.get(kind, id)? {
                Some(record) => asked.permit(Action::Delete, &record),
                None => Err(transaction::not_found(kind, id)),
            }
        })
    }

    /// The right that the user misses to take out what a change added, if that is what is in the
    /// way.
    pub(crate) fn lacks_right_to_remove(&self, change: &Change) -> Result<Option<String>> {
        let Some(viewer) = self.watched_by() else { return Ok(None) };
        self.ask_whole(|whole| {
            let Some(record) = whole.get(change.kind, change.entity)? else { return Ok(None) };
            let known = Known::of(whole, viewer, &record)?;
            match may(viewer.actor(), Action::Delete, &known.resource()) {
                refused @ Verdict::Refused(Reason::Needs(_)) => {
                    let refused = refused.ok(verb(Action::Delete)).err();
                    Ok(refused.map(|error| error.with("kind", change.kind.noun()).to_string()))
                }
                _ => Ok(None),
            }
        })
    }

    /// Whether the user may act on a message.
    pub(crate) fn admit_process(&self, viewer: &Viewer, message: &Record) -> Result<()> {
        self.ask_whole(|whole| {
            let asked = Asked { whole, viewer, watch: &self.watch };
            asked.permit(Action::Process, message)
        })
    }

    /// Whether the user may note something about a record that is no part of it.
    pub(crate) fn admit_note(&self, viewer: &Viewer, kind: EntityKind, id: Uuid) -> Result<()> {
        self.ask_whole(|whole| {
            let asked = Asked { whole, viewer, watch: &self.watch };
            match whole.get(kind, id)? {
                Some(record) if !asked.is_newcomer(&record) => asked.permit(Action::Edit, &record),
                _ => Ok(()),
            }
        })
    }

    /// Whether the user may take over what other nodes know of groups.
    pub(crate) fn admit_merge(viewer: &Viewer) -> Result<()> {
        viewer.check_community_admin("merge sharing group")
    }

    /// Whether the user may set the hash of a password that nobody has seen.
    pub(crate) fn admit_hash(&self) -> Result<()> {
        let viewer = self.watched_by();
        viewer.map_or(Ok(()), |viewer| viewer.check_community_admin("set password hash"))
    }

    /// Whether the user may take something out of the trail; what is found there follows from that.
    pub(crate) fn admit_erasure(&self, operation: &'static str) -> Result<Consequences<'_>> {
        if let Some(viewer) = self.watched_by() {
            viewer.check_community_admin(operation)?;
        }
        Ok(self.consequences())
    }

    /// Whether the user may change templates. What becomes of values in records follows from that.
    pub(crate) fn admit_upgrade(&self) -> Result<Consequences<'_>> {
        if let Some(viewer) = self.watched_by() {
            may(viewer.actor(), Action::Edit, &Resource::MetaTemplate).ok("update template")?;
        }
        Ok(self.consequences())
    }

    /// Whether everybody who was added belongs where the user may add people.
    pub(crate) fn admit_newcomers(&self) -> Result<()> {
        self.refused_newcomers()?.into_iter().next().map_or(Ok(()), |(_, refused)| Err(refused))
    }

    /// Those who were added and do not belong there, and what is missing.
    pub(crate) fn refused_newcomers(&self) -> Result<Vec<(IndividualId, Error)>> {
        let Some(viewer) = self.viewer() else { return Ok(Vec::new()) };
        let newcomers = self.watch.newcomers.borrow().clone();
        self.ask_whole(|whole| {
            let asked = Asked { whole, viewer, watch: &self.watch };
            let mut refused = Vec::new();
            for id in newcomers {
                let Some(record) = whole.get(EntityKind::Individual, id.uuid())? else { continue };
                let aligned = Human::of(whole, id)?.aligned;
                if let Err(error) = asked.admit_newcomer(&record, &aligned) {
                    refused.push((id, error));
                }
            }
            Ok(refused)
        })
    }

    /// A change as far as the user sees it; nothing of one that is hidden.
    pub(crate) fn shown_change<'c>(&self, change: &'c Change) -> Result<Option<Cow<'c, Change>>> {
        let Some(viewer) = self.watched_by() else { return Ok(Some(Cow::Borrowed(change))) };
        let shown = self.ask_whole(|whole| Sighted::new(whole, viewer).row(change.clone()))?;
        Ok(shown.map(Cow::Owned))
    }

    /// As much of what was written as the user sees; all of it where the user could not look yet.
    pub(crate) fn shown(&self, record: Record) -> Result<Record> {
        match self.watched_by() {
            Some(viewer) => self.ask_whole(|whole| trim::trimmed(whole, viewer, record)),
            None => Ok(record),
        }
    }
}

/// Whether a user may write a record together with these alignments of it, all at once: what
/// [`Transaction::admit`] would say of each of them.
pub(crate) fn check_together(
    whole: &dyn Read,
    viewer: &Viewer,
    record: &Record,
    alignments: &[Alignment],
) -> Result<()> {
    let watch = Watch::default();
    let asked = Asked { whole, viewer, watch: &watch };
    match whole.get(record.kind(), record.id())? {
        Some(standing) => {
            asked.admit_over(record.clone(), &standing)?;
        }
        None => asked.admit_new(record)?,
    }
    let mut aligned = Vec::with_capacity(alignments.len());
    for alignment in alignments {
        let known = asked.is_new(alignment.individual) && !aligned.is_empty();
        aligned.push(alignment.organisation);
        if known {
            // One that manages the person by now.
            let body = Known::of(whole, viewer, &alignment.clone().into())?;
            let Known::Alignment(mut human, body) = body else { continue };
            human.aligned.clone_from(&aligned);
            let both = Resource::Alignment(human.person(), body);
            may(viewer.actor(), Action::Add, &both).ok(verb(Action::Add))?;
        } else {
            asked.admit_new(&alignment.clone().into())?;
        }
    }
    if asked.is_newcomer(record) {
        asked.admit_newcomer(record, &aligned)?;
    }
    Ok(())
}

/// What a user asks to write.
#[derive(Clone, Copy)]
struct Asked<'a> {
    whole: &'a dyn Read,
    viewer: &'a Viewer,
    watch: &'a Watch,
}

impl Asked<'_> {
    fn known(&self, record: &Record) -> Result<Known> {
        Known::of(self.whole, self.viewer, record)
    }

    fn permit(&self, action: Action, record: &Record) -> Result<()> {
        self.permit_known(action, &self.known(record)?, record)
    }

    fn permit_known(&self, action: Action, known: &Known, record: &Record) -> Result<()> {
        self.permit_resource(action, &known.resource(), record)
    }

    fn permit_resource(
        &self,
        action: Action,
        resource: &Resource<'_>,
        record: &Record,
    ) -> Result<()> {
        match may(self.viewer.actor(), action, resource) {
            Verdict::Allowed => Ok(()),
            // As what is not there is answered.
            Verdict::Refused(Reason::Hidden) => {
                Err(transaction::not_found(record.kind(), record.id()))
            }
            refused @ Verdict::Refused(_) => {
                refused.ok(verb(action)).map_err(|error| error.with("kind", record.kind().noun()))
            }
        }
    }

    fn is_newcomer(&self, record: &Record) -> bool {
        record.kind() == EntityKind::Individual && self.is_new(record.id().into())
    }

    fn is_new(&self, individual: IndividualId) -> bool {
        self.watch.newcomers.borrow().contains(&individual)
    }

    /// A record that is not there yet.
    fn admit_new(&self, record: &Record) -> Result<()> {
        self.admit_addition(record, None)?;
        self.admit_return(record.kind(), record.id())
    }

    /// An identity that was somebody's before comes with the history of that: it is for those who
    /// saw the record, and might have made it as it was.
    fn admit_return(&self, kind: EntityKind, id: Uuid) -> Result<()> {
        if gone::is_derived(kind) {
            return Ok(());
        }
        let Some(gone) = gone::gone(self.whole, kind, id)? else { return Ok(()) };
        let is_free = match gone.record {
            Some(record) => {
                let known = Known::of_gone(self.whole, self.viewer, &record)?;
                let may = |action| may(self.viewer.actor(), action, &known.resource()).is_allowed();
                known.sight(self.viewer) == Sight::Full && may(Action::Add) && may(Action::Edit)
            }
            None => self.viewer.sees_whole(kind),
        };
        match kind {
            _ if is_free => Ok(()),
            EntityKind::User => Err(gone::was_another_user(id)),
            _ => Err(transaction::taken(kind, id)),
        }
    }

    /// A record that refers to what it may, or one that returns, to what it referred to before:
    /// what it brings went with it, and needed no right then.
    fn admit_addition(
        &self,
        record: &Record,
        returning: Option<&[(EntityKind, Uuid)]>,
    ) -> Result<()> {
        self.admit_references(record, returning.unwrap_or_default())?;
        let admit_contents = || match returning {
            Some(_) => Ok(()),
            None => self.admit_contents(record),
        };
        match record {
            Record::Individual(individual) => {
                if self.may_add_person(individual.id, &[]).is_allowed() {
                    return admit_contents();
                }
                // Somebody who may for some organisation says for which within the transaction.
                let own: Vec<_> = self.viewer.actor().own_set().into_iter().collect();
                let somewhere = self.may_add_person(individual.id, &own);
                somewhere.ok(verb(Action::Add))?;
                self.watch.newcomers.borrow_mut().insert(individual.id);
                Ok(())
            }
            Record::Alignment(alignment) if self.is_new(alignment.individual) => {
                let first = self.may_add_person(alignment.individual, &[alignment.organisation]);
                if first.is_allowed() {
                    return Ok(());
                }
                match self.permit(Action::Add, record) {
                    // The person is new and the organisation is known: nothing of it is hidden.
                    Err(error) if error.kind() == Kind::NotFound => first.ok(verb(Action::Add)),
                    permitted => permitted,
                }
            }
            Record::User(user) => {
                self.permit(Action::Add, record)?;
                if returning.is_none() {
                    self.admit_person_of(user)?;
                }
                admit_contents()
            }
            // Whoever makes a list owns it, or leaves it to nobody; to give one away takes more.
            Record::MailingList(list)
                if list.owner.is_some_and(|owner| owner != self.viewer.actor().user) =>
            {
                self.permit(Action::Add, record)?;
                self.viewer.check_community_admin("give mailing list away")
            }
            record => {
                self.permit(Action::Add, record)?;
                admit_contents()
            }
        }
    }

    /// A user gives rights over the person to whoever manages users: they have to be there before.
    fn admit_person_of(&self, user: &User) -> Result<()> {
        if self.is_new(user.individual) {
            return Ok(());
        }
        match self.whole.get(EntityKind::Individual, user.individual.uuid())? {
            Some(person) => self.permit(Action::Edit, &person),
            None => Ok(()),
        }
    }

    fn may_add_person(&self, id: IndividualId, aligned: &[OrganisationId]) -> Verdict {
        let person = Resource::Individual(Person { id, aligned, users: &[] });
        may(self.viewer.actor(), Action::Add, &person)
    }

    /// Somebody who was added, and by now works for these.
    fn admit_newcomer(&self, record: &Record, aligned: &[OrganisationId]) -> Result<()> {
        let human = Human { id: record.id().into(), aligned: aligned.to_vec(), users: Vec::new() };
        let known = Known::Individual(human);
        self.permit_known(Action::Add, &known, record)?;
        if !prepare::tags(record).is_empty() {
            self.permit_known(Action::Tag, &known, record)?;
        }
        if has_values(record) {
            self.permit_known(Action::EditMetaFields, &known, record)
        } else {
            Ok(())
        }
    }

    /// Tags and values that a new record brings.
    fn admit_contents(&self, record: &Record) -> Result<()> {
        self.admit_tags(record, &[], record)?;
        if has_values(record) { self.permit(Action::EditMetaFields, record) } else { Ok(()) }
    }

    /// Tags that a record is to have, over those that it has. Tags that come into being take the
    /// right to make them.
    fn admit_tags(&self, record: &Record, before: &[TagName], standing: &Record) -> Result<()> {
        let set = |tags: &[TagName]| tags.iter().map(TagName::id).collect::<BTreeSet<TagId>>();
        let (old, new) = (set(before), set(prepare::tags(record)));
        if old == new {
            return Ok(());
        }
        self.permit(Action::Tag, standing)?;
        for id in new.difference(&old) {
            if self.whole.local_id(EntityKind::Tag, id.uuid())?.is_none() {
                may(self.viewer.actor(), Action::Add, &Resource::Tag).ok("add tag")?;
            }
        }
        Ok(())
    }

    /// What the record refers to and did not before has to be seen: for the user, what is hidden
    /// is as unknown as what is not there.
    fn admit_references(&self, record: &Record, before: &[(EntityKind, Uuid)]) -> Result<()> {
        for (kind, id) in prepare::references(record) {
            if before.contains(&(kind, id)) || self.watch.restored.borrow().contains(&(kind, id)) {
                continue;
            }
            if kind == EntityKind::Individual && self.is_new(id.into()) {
                continue;
            }
            let seen = match self.whole.get(kind, id)? {
                Some(other) => sight_of(self.whole, self.viewer, &other)? != Sight::Hidden,
                None => false,
            };
            if !seen {
                return Err(transaction::unknown_reference(record.kind(), kind, id));
            }
        }
        Ok(())
    }

    /// A record over the one that stands.
    fn admit_over(&self, wanted: Record, standing: &Record) -> Result<Record> {
        if self.is_newcomer(standing) {
            return Ok(wanted);
        }
        let known = self.known(standing)?;
        match known.sight(self.viewer) {
            Sight::Hidden => {
                self.admit_new(&wanted)?;
                self.watch.newcomers.borrow_mut().remove(&wanted.id().into());
                return Err(transaction::taken(wanted.kind(), wanted.id()));
            }
            Sight::Thin => {
                self.permit_known(Action::Edit, &known, standing)?;
            }
            Sight::Full => {}
        }
        // Asked is what differs from what is seen: whether it stands there unseen is not told.
        let visible = trim::trimmed(self.whole, self.viewer, standing.clone())?;
        self.admit_references(&wanted, &prepare::references(&visible))?;
        let changes = Document::of(&visible).changes_to(&Document::of(&wanted));
        let record = trim::completed(wanted, standing, &visible);
        let mut fields = BTreeSet::new();
        for change in &changes {
            match change.field.split_once('/').map_or(change.field.as_str(), |(field, _)| field) {
                // Kept by the store.
                "created" | "password_changed" => {}
                // Asked below, with what they become.
                "role" if record.kind() == EntityKind::User => {}
                "permissions" if record.kind() == EntityKind::Role => {}
                "disabled" if matches!(&record, Record::User(user) if user.disabled) => {
                    self.permit_known(Action::Disable, &known, standing)?;
                }
                "tags" => self.admit_tags(&record, prepare::tags(standing), standing)?,
                "meta_fields" => {
                    fields.insert("meta_fields");
                }
                "members" => {
                    fields.insert("members");
                }
                _ => {
                    fields.insert("");
                }
            }
        }
        if fields.contains("meta_fields") {
            self.permit_known(Action::EditMetaFields, &known, standing)?;
        }
        if fields.contains("") {
            self.permit_known(Action::Edit, &known, standing)?;
        }
        if let (Record::SharingGroup(old), Record::SharingGroup(new)) = (standing, &record) {
            self.admit_members(old, new, &known, standing)?;
        }
        self.admit_move(standing, &record)?;
        Ok(record)
    }

    /// Who comes and who goes; who may extend is said by whoever may edit.
    fn admit_members(
        &self,
        old: &SharingGroup,
        new: &SharingGroup,
        known: &Known,
        standing: &Record,
    ) -> Result<()> {
        let of = |group: &SharingGroup, id| {
            group.members.iter().find(|member| member.organisation == id).copied()
        };
        let gone = old.members.iter().any(|member| of(new, member.organisation).is_none());
        if gone {
            self.permit_known(Action::RemoveMember, known, standing)?;
        }
        for member in &new.members {
            let action = match of(old, member.organisation) {
                None if !member.extend => Action::AddMember,
                Some(before) if before.extend == member.extend => continue,
                _ => Action::Edit,
            };
            self.permit_known(action, known, standing)?;
        }
        Ok(())
    }

    /// What is given to somebody else has to be what one might have made for them.
    fn admit_move(&self, standing: &Record, record: &Record) -> Result<()> {
        match (standing, record) {
            (Record::SharingGroup(old), Record::SharingGroup(new)) if old.owner != new.owner => {
                let circle = Circle { owner: new.owner, members: &new.members };
                self.permit_resource(Action::Add, &Resource::SharingGroup(circle), record)
            }
            (Record::EncryptionKey(old), Record::EncryptionKey(new)) if old.owner != new.owner => {
                self.permit(Action::Add, record)
            }
            (Record::Role(old), Record::Role(new)) if old.permissions != new.permissions => {
                self.permit(Action::Assign(new.permissions), standing)
            }
            (Record::User(old), Record::User(new)) => {
                if old.role != new.role {
                    let account = account(self.whole, new)?;
                    self.permit(Action::Assign(account.permissions), standing)?;
                }
                // Whoever acts for another organisation, or is somebody else, is a new user there.
                if (old.organisation, old.individual) != (new.organisation, new.individual) {
                    self.permit(Action::Add, record)?;
                }
                if old.individual == new.individual { Ok(()) } else { self.admit_person_of(new) }
            }
            _ => Ok(()),
        }
    }
}

fn has_values(record: &Record) -> bool {
    match record {
        Record::Organisation(record) => !record.meta_fields.is_empty(),
        Record::Individual(record) => !record.meta_fields.is_empty(),
        Record::User(record) => !record.meta_fields.is_empty(),
        _ => false,
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::See => "see record",
        Action::Add => "add record",
        Action::Delete => "remove record",
        Action::Disable => "disable user",
        Action::ChangeId => "change UUID",
        Action::Tag => "tag record",
        Action::EditMetaFields => "change meta-fields",
        Action::AddMember => "add member",
        Action::RemoveMember => "remove member",
        Action::Assign(_) => "assign role",
        Action::ChangePassword => "change password",
        Action::Process => "act on message",
        _ => "change record",
    }
}
