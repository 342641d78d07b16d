//! Sharing groups as distribution lists: which have equal members, who was removed and by whom, and
//! how the copies of several nodes become one.

use cerebrate_core::error::Result;
use cerebrate_core::id::SharingGroupId;
use cerebrate_core::model::{EntityKind, Member, Record, SHORT_TEXT, SharingGroup};
use cerebrate_core::sharing::{Difference, GroupReplica, MembershipDigest, RemovedMember};
use serde::Serialize;

use super::gone::gone;
use super::records::one;
use super::transaction::{Along, Transaction};
use super::{Outcome, Records};
use crate::backend::{LocalId, Read};

/// What a merge came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Merged {
    /// The group as it is stored now.
    pub group: SharingGroup,
    /// What happened to it.
    pub outcome: Outcome,
    /// What changed in it; of a group that is new here, its members.
    pub difference: Difference,
}

/// What only sharing groups can tell.
impl Records<'_, SharingGroup> {
    /// Stands for the members of the group: equal for groups with equal members. `None` if there is
    /// no such group.
    pub fn membership(&self, id: SharingGroupId) -> Result<Option<MembershipDigest>> {
        self.access.ask(|read| read.membership(id))
    }

    /// The groups that have just these members with the same rights to extend, in name order. The
    /// order of `members` does not matter.
    ///
    /// ```
    /// use cerebrate_core::model::{Member, Organisation, SharingGroup};
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// let circl = store.organisations().insert(circl)?;
    /// for name in ["Energy", "Power"] {
    ///     let mut group = SharingGroup::new(store.next_id().into(), name.parse()?, circl.id);
    ///     group.members.push(Member { organisation: circl.id, extend: false });
    ///     store.sharing_groups().insert(group)?;
    /// }
    /// let members = [Member { organisation: circl.id, extend: false }];
    /// let equal = store.sharing_groups().with_membership(&members)?;
    /// assert_eq!(equal.len(), 2);
    /// assert_eq!(equal[0].name, "Energy");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn with_membership(&self, members: &[Member]) -> Result<Vec<SharingGroup>> {
        let digest = MembershipDigest::of(members);
        let found = self.access.ask(|read| {
            let ids = read.by_membership(digest)?;
            ids.into_iter()
                .filter_map(|id| read.get(EntityKind::SharingGroup, id).transpose())
                .collect::<Result<Vec<Record>>>()
        })?;
        found.into_iter().map(one).collect()
    }

    /// The organisations that were removed from the group and are not in it, with who removed them
    /// and when, by UUID. Nobody if there is no such group.
    ///
    /// In a store that is seen [as a user](super::Store::as_actor) the owner is told of all of them, and
    /// others of those that they see anyway; a user who is hidden is not named.
    pub fn removed_members(&self, id: SharingGroupId) -> Result<Vec<RemovedMember>> {
        let removed = self.replica(id)?.map(|replica| replica.removed()).unwrap_or_default();
        self.access.ask(|read| read.shown_removals(id, removed))
    }

    /// What this node knows of how the group came to be: what to send to a peer that merges.
    /// `None` if there is no such group.
    pub fn replica(&self, id: SharingGroupId) -> Result<Option<GroupReplica>> {
        self.access.ask(|read| match read.local_id(EntityKind::SharingGroup, id.uuid())? {
            Some(_) => read.replica(id),
            None => Ok(None),
        })
    }

    /// Takes over what another node knows of a group, and makes the group follow. A group that is
    /// not here is stored; of one that was here once, whom this node removed stays removed. The same
    /// replica again changes nothing and leaves no trace.
    ///
    /// # Errors
    /// `Conflict` if the group has another owner here, `Invalid` if a member or the owner is
    /// unknown here or the replica contradicts ours, `Exhausted` over a limit. Then nothing
    /// changed.
    pub fn merge_replica(&self, theirs: &GroupReplica) -> Result<Merged> {
        self.access.write(|unit| unit.merge_replica(theirs))
    }
}

impl Transaction<'_> {
    pub(super) fn merge_replica(&self, theirs: &GroupReplica) -> Result<Merged> {
        if let Some(viewer) = self.watched_by() {
            Self::admit_merge(viewer)?;
        }
        let _consequences = self.consequences();
        let id = theirs.id();
        let standing = self.standing(EntityKind::SharingGroup, id.uuid())?;
        let known = self.ask(|read| known_replica(read, id, standing.as_ref()))?;
        let mut merged = known.clone().unwrap_or_else(|| theirs.clone());
        if standing.is_none() {
            // Who owned a group that is gone binds nobody.
            merged.hand_over(theirs.owner());
        }
        merged.merge(theirs)?;
        let before = if let Some((_, Record::SharingGroup(group))) = &standing {
            group.clone()
        } else {
            let mut group = merged.group();
            group.members.clear();
            group
        };
        let (record, outcome) = self.put_along(
            merged.group().into(),
            standing.as_ref(),
            None,
            &self.library(),
            &Along::Replica(&merged),
        )?;
        if outcome == Outcome::Unchanged && known.as_ref() != Some(&merged) {
            // News of edits that make no difference to the group, but will to later merges.
            self.write.borrow_mut().set_replica(&merged)?;
        }
        let group: SharingGroup = one(record)?;
        let difference = Difference::between(&before, &group);
        Ok(Merged { group, outcome, difference })
    }

    /// The replica once this node has made the group what it is to be.
    pub(super) fn edited_replica(
        &self,
        group: &SharingGroup,
        before: Option<&(LocalId, Record)>,
    ) -> Result<GroupReplica> {
        let node = self.ask(|read| read.node())?;
        let Some(mut replica) = self.ask(|read| known_replica(read, group.id, before))? else {
            return Ok(GroupReplica::from_group(group, node));
        };
        replica.hand_over(group.owner);
        let back = match before {
            Some(_) => None,
            None => self.ask_whole(|read| gone(read, EntityKind::SharingGroup, group.id.uuid()))?,
        };
        match &back {
            // Who does not come back with the group went when it went.
            Some(gone) => replica.edit(node, group, gone.by.as_deref().map(short), gone.at)?,
            None => replica.edit(node, group, self.actor().map(short), Some(self.now()))?,
        };
        Ok(replica)
    }
}

/// What is kept of the group, from before a removal if need be.
fn known_replica(
    read: &dyn Read,
    id: SharingGroupId,
    standing: Option<&(LocalId, Record)>,
) -> Result<Option<GroupReplica>> {
    match (read.replica(id)?, standing) {
        (None, Some((_, Record::SharingGroup(group)))) => {
            Ok(Some(GroupReplica::from_group(group, read.node()?)))
        }
        (replica, _) => Ok(replica),
    }
}

/// As much of a name as a replica keeps.
fn short(actor: &str) -> &str {
    let mut end = actor.len().min(SHORT_TEXT);
    while !actor.is_char_boundary(end) {
        end -= 1;
    }
    actor.get(..end).unwrap_or(actor)
}
