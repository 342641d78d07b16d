//! The store as one user sees it. Every reader and every writer of such a store passes here, and
//! here records become what `core::access` decides about: no handle has a rule of its own.
//!
//! - `reader` stands before a backend and shows what the user sees of it: records that are hidden
//!   are not there, whichever way they are asked for. What is restricted is the *question*, so that
//!   pages are full and counts are right.
//! - `guard` stands before every write of a transaction, and knows what a write entails:
//!   consequences need no right of their own.
//! - `explain` tells why somebody sees a record, or why not.

mod explain;
mod guard;
mod known;
mod reader;
mod trim;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cerebrate_core::access::{Actor, Permission, Reason, Right, Sort, Verdict, Visible, visible};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use foldhash::fast::FixedState;

use crate::backend::Read;
use crate::feed::actor_of;
use crate::lookup::Seen;
use crate::store::Store;

pub use explain::{Explanation, Onlooker};
pub(crate) use guard::{Watch, check_together};
pub(crate) use reader::{Sighted, is_notification};

/// A user who looks at the store, with what decides about every record worked out.
pub(crate) struct Viewer {
    actor: Actor,
    /// The own set, or nothing if all organisations are seen anyway.
    own: HashSet<OrganisationId, FixedState>,
    /// The kinds of which every record is seen.
    whole: HashSet<EntityKind>,
    /// The same for the lookup index, by number, and the place in the feed that it is of.
    seen: Mutex<Option<(u64, Arc<Seen>)>>,
}

impl Viewer {
    pub(crate) fn new(actor: &Actor) -> Self {
        // Whether all of a kind is seen is said by the role alone.
        let anywhere = Actor::new(actor.user, actor.individual, None, actor.permissions);
        let is_whole = |kind: &EntityKind| visible(&anywhere, sort(*kind)) == Visible::All;
        let own = if actor.sees_all() { HashSet::default() } else { own_set(actor) };
        Viewer {
            actor: actor.clone(),
            own,
            whole: EntityKind::ALL.into_iter().filter(is_whole).collect(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether all of an organisation is seen.
    #[inline]
    pub(crate) fn sees_organisation(&self, id: OrganisationId) -> bool {
        self.sees_all_organisations() || self.own.contains(&id)
    }

    #[inline]
    pub(crate) fn sees_all_organisations(&self) -> bool {
        self.sees_whole(EntityKind::Organisation)
    }

    /// What is seen of the lookup index as of a place in the feed, worked out if need be.
    pub(crate) fn seen_at(&self, seq: u64, work_out: impl FnOnce() -> Seen) -> Arc<Seen> {
        let mut known = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((at, seen)) if *at == seq => Arc::clone(seen),
            _ => Arc::clone(&known.insert((seq, Arc::new(work_out()))).1),
        }
    }

    /// Whether every record of a kind is seen.
    #[inline]
    fn sees_whole(&self, kind: EntityKind) -> bool {
        self.whole.contains(&kind)
    }

    /// Which records of a kind are seen.
    fn visible(&self, kind: EntityKind) -> Visible {
        visible_to(Some(&self.actor), kind)
    }

    /// Whether what only community admins may do is refused.
    fn check_community_admin(&self, operation: &'static str) -> Result<()> {
        const NEEDED: &[Right] = &[Right::Any(Permission::CommunityAdmin)];
        if self.is_community_admin() {
            return Ok(());
        }
        Verdict::Refused(Reason::Needs(NEEDED)).ok(operation)
    }

    fn is_community_admin(&self) -> bool {
        self.actor.has(Permission::CommunityAdmin)
    }

    /// Who wrote something, as the trail has it.
    pub(crate) fn signature(&self) -> String {
        actor_of(self.actor.user)
    }

    /// Whether the trail names the user.
    fn is_author(&self, actor: Option<&str>) -> bool {
        actor == Some(self.signature().as_str())
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Viewer").field(&self.actor.user).finish()
    }
}

fn own_set(actor: &Actor) -> HashSet<OrganisationId, FixedState> {
    let mut own =
        HashSet::with_capacity_and_hasher(actor.administered.len() + 1, FixedState::with_seed(0));
    own.extend(actor.own_set());
    own
}

/// Which records of a kind somebody sees in full: all of them, if nobody in particular is meant.
pub(crate) fn visible_to(reader: Option<&Actor>, kind: EntityKind) -> Visible {
    reader.map_or(Visible::All, |actor| visible(actor, sort(kind)))
}

/// By which rule records of a kind are seen.
fn sort(kind: EntityKind) -> Sort {
    match kind {
        EntityKind::Organisation => Sort::Organisation,
        // Seen where both ends are, and where the owner is.
        EntityKind::Individual | EntityKind::Alignment | EntityKind::EncryptionKey => {
            Sort::Individual
        }
        EntityKind::SharingGroup => Sort::SharingGroup,
        EntityKind::MailingList => Sort::MailingList,
        EntityKind::User => Sort::User,
        EntityKind::AuthKey => Sort::AuthKey,
        EntityKind::UserSetting => Sort::UserSetting,
        EntityKind::InboxMessage => Sort::InboxMessage,
        EntityKind::OutboxMessage => Sort::OutboxMessage,
        EntityKind::Tag
        | EntityKind::MetaTemplate
        | EntityKind::OrganisationGroup
        | EntityKind::EnumerationCollection
        | EntityKind::Role
        | EntityKind::PermissionLimitation => Sort::Common,
        // What has no rule is seen by nobody but those who see everything of the node.
        _ => Sort::Setting,
    }
}

impl Store {
    /// The store as a user sees it, with the rights of that user. It is used like any other: what
    /// the user does not see is not there, in lists, counts, searches, exports, lookups and history
    /// alike, and what the user may not do is refused. Both are decided by
    /// [`cerebrate_core::access`]; rights are those of `actor`, so take a new one when they change.
    ///
    /// - An organisation that only a visible sharing group names is *thin*: `get` answers UUID and
    ///   name, and nothing else finds it. Lists, counts and filters, searches, exports and lookups
    ///   hold what is seen in full: a filter must not tell what it must not show.
    /// - Lists inside a record are seen as far as their entries are: the organisations of an
    ///   organisation group, the individuals of a mailing list. Writing back such a record leaves
    ///   alone what was not seen. The member list of a sharing group is always whole.
    /// - A refusal tells the missing right (`Denied`) where the record is seen, and else that there
    ///   is no such record (`NotFound`). Only that an identity is taken cannot be hidden.
    /// - An individual is added by somebody who manages an organisation together with an alignment
    ///   to it, in one [transaction](Self::transaction).
    /// - Everything written is signed with the user.
    /// - It stays the store of that user: made into that of another, it is still the first one's.
    ///
    /// ```
    /// use cerebrate_core::access::{Actor, Permissions};
    /// use cerebrate_core::model::Organisation;
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let team = |name: &str| -> cerebrate_core::error::Result<Organisation> {
    ///     let team = Organisation::new(store.next_id().into(), name.parse()?);
    ///     store.organisations().insert(team)
    /// };
    /// let (ours, theirs) = (team("Ours")?, team("Theirs")?);
    /// let (user, person) = (store.next_id().into(), store.next_id().into());
    /// let actor = Actor::new(user, person, Some(ours.id), Permissions::NONE);
    ///
    /// let seen = store.as_actor(&actor);
    /// assert_eq!(seen.organisations().find().all()?, [ours.clone()]);
    /// assert_eq!(seen.organisations().get(theirs.id)?, None);
    /// assert!(seen.organisations().update(ours).is_ok(), "nothing changes");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    #[must_use]
    pub fn as_actor(&self, actor: &Actor) -> Store {
        match self.viewer() {
            Some(viewer) => self.seen_by(Arc::clone(viewer)),
            None => self.seen_by(Arc::new(Viewer::new(actor))),
        }
    }

    /// The user as whom this store is seen; `None` where it is seen whole.
    pub fn seen_as(&self) -> Option<&Actor> {
        self.viewer().map(|viewer| viewer.actor())
    }

    /// Whether this store is nobody's: for what no user is given, whatever the rights.
    pub(crate) fn check_whole(&self, operation: &'static str) -> Result<()> {
        if self.viewer().is_none() {
            return Ok(());
        }
        Err(Error::new(Kind::Denied, operation, "no user is given that, whatever the rights"))
    }

    /// Whether the user of this store answers for the whole community.
    pub(crate) fn check_community_admin(&self, operation: &'static str) -> Result<()> {
        self.viewer().map_or(Ok(()), |viewer| viewer.check_community_admin(operation))
    }

    /// Whether the user of this store runs the site or answers for the whole community.
    pub(crate) fn check_admin(&self, operation: &'static str) -> Result<()> {
        const NEEDED: &[Right] =
            &[Right::Any(Permission::Admin), Right::Any(Permission::CommunityAdmin)];
        let any = [Permission::Admin, Permission::CommunityAdmin];
        match self.seen_as() {
            Some(actor) if !actor.permissions.has_any(&any) => {
                Verdict::Refused(Reason::Needs(NEEDED)).ok(operation)
            }
            _ => Ok(()),
        }
    }

    /// Whether the user of this store runs the site: for what is no record, and so never hidden.
    pub(crate) fn check_site_admin(&self, operation: &'static str) -> Result<()> {
        const NEEDED: &[Right] = &[Right::Any(Permission::Admin)];
        match self.seen_as() {
            Some(actor) if !actor.has(Permission::Admin) => {
                Verdict::Refused(Reason::Needs(NEEDED)).ok(operation)
            }
            _ => Ok(()),
        }
    }

    /// Whether whatever is in the store may be handed to the user.
    pub(crate) fn check_sees_everything(&self, operation: &'static str) -> Result<()> {
        self.check_site_admin(operation)?;
        self.check_community_admin(operation)
    }

    /// Asks what the user sees of `whole`, or all of it where there is no user.
    pub(crate) fn looking<T>(
        &self,
        whole: &dyn Read,
        question: impl FnOnce(&dyn Read) -> Result<T>,
    ) -> Result<T> {
        match self.viewer() {
            Some(viewer) => question(&Sighted::new(whole, viewer)),
            None => question(whole),
        }
    }
}
