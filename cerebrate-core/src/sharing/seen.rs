use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::bounded;
use super::difference::Difference;
use super::membership::canonical;
use super::register::Register;
use super::replica::{GroupReplica, Membership, Removal, may_extend, shown};
use super::sound::{MAX_MEMBERS, read_json};
use super::stamp::Context;
use crate::error::Result;
use crate::id::{NodeId, OrganisationId, SharingGroupId};
use crate::model::{Name, SharingGroup};
use crate::value::Timestamp;

/// What a peer without stamps showed of a group last, and which of the writes here it could know
/// of. Keep it beside the replica, one for each such peer, and write both in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    group: SharingGroupId,
    name: Field<Name>,
    releasability: Field<String>,
    description: Field<Option<String>>,
    active: Field<bool>,
    local: Field<bool>,
    #[serde(deserialize_with = "bounded::map::<MAX_MEMBERS, _, _, _>")]
    members: BTreeMap<OrganisationId, bool>,
    #[serde(deserialize_with = "bounded::map::<MAX_MEMBERS, _, _, _>")]
    known: BTreeMap<OrganisationId, Context>,
}

/// A value as the peer showed it, and what had been written here by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Field<T> {
    shown: T,
    known: Context,
}

impl Seen {
    /// Reads the JSON that serialising gives, as [`GroupReplica::from_json`] does.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        read_json("read last state of peer", json)
    }
}

impl GroupReplica {
    /// Merges the group of a peer that shows what it has, never how it came to be.
    ///
    /// Only what the peer changed since `seen` counts as its edit, and is stamped with `peer` as
    /// the node (take [`NodeId::watching`] for that). At first contact everything it has is an
    /// addition, what it lacks is no removal, and its texts only fill what is blank here. What was
    /// written here and the peer cannot have known is concurrent: a removal of either side wins,
    /// *may not extend*, *inactive* and *stays here* win, and of two texts ours stays. That a peer
    /// still shows a member which was removed here is no wish to have it back: only a peer that had
    /// let go of it can add it again.
    ///
    /// Returns what to give as `seen` next time, and what changed in the group here. The same
    /// answer again changes nothing. `at` is noted with removals.
    ///
    /// Errors are those of [`GroupReplica::merge`].
    ///
    /// ```
    /// use cerebrate_core::id::{NodeId, OrganisationId, SharingGroupId};
    /// use cerebrate_core::model::{Member, SharingGroup};
    /// use cerebrate_core::sharing::GroupReplica;
    /// use uuid::Uuid;
    ///
    /// let organisation = |number| OrganisationId::new(Uuid::from_u128(number));
    /// let member = |number| Member { organisation: organisation(number), extend: false };
    /// let here = NodeId::new(Uuid::from_u128(100));
    /// let peer = here.watching(Uuid::from_u128(200));
    ///
    /// let id = SharingGroupId::new(Uuid::from_u128(1));
    /// let mut group = SharingGroup::new(id, "Energy".parse()?, organisation(10));
    /// group.members = vec![member(10)];
    /// let mut ours = GroupReplica::from_group(&group, here);
    ///
    /// // First contact: what they have is added, what they lack stays.
    /// let mut theirs = group.clone();
    /// theirs.members = vec![member(11)];
    /// let (seen, difference) = ours.merge_unstamped(peer, None, &theirs, None)?;
    /// assert_eq!(difference.to_string(), "1 added");
    ///
    /// // They remove it later.
    /// theirs.members.clear();
    /// let (_, difference) = ours.merge_unstamped(peer, Some(&seen), &theirs, None)?;
    /// assert_eq!(difference.to_string(), "1 removed");
    /// assert_eq!(ours.group().members, [member(10)]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn merge_unstamped(
        &mut self,
        peer: NodeId,
        seen: Option<&Seen>,
        theirs: &SharingGroup,
        at: Option<Timestamp>,
    ) -> Result<(Seen, Difference)> {
        const MERGE: &str = "merge sharing group";
        self.expect_same(MERGE, theirs.id, theirs.owner)?;
        self.expect_same(MERGE, seen.map_or(self.id, |seen| seen.group), self.owner)?;
        let before = self.group();
        let mut merged = self.clone();

        let text = seen.map(|seen| &seen.name);
        merge_text(&mut merged.name, peer, text, &theirs.name, |name| name.is_empty());
        let text = seen.map(|seen| &seen.releasability);
        let is_blank = |text: &String| text.trim().is_empty();
        merge_text(&mut merged.releasability, peer, text, &theirs.releasability, is_blank);
        let text = seen.map(|seen| &seen.description);
        let is_blank = |text: &Option<String>| text.as_ref().is_none_or(is_blank);
        merge_text(&mut merged.description, peer, text, &theirs.description, is_blank);
        let flag = seen.map(|seen| &seen.active);
        merge_flag(&mut merged.active, peer, flag, before.active, theirs.active);
        let flag = seen.map(|seen| &seen.local);
        merge_flag(&mut merged.local, peer, flag, before.local, theirs.local);

        let members = canonical(&theirs.members);
        merged.merge_members(peer, seen, &members, at);
        merged.expect_sound(MERGE)?;
        *self = merged;
        let difference = Difference::between(&before, &self.group());
        Ok((self.now_seen(seen, theirs, members), difference))
    }

    fn merge_members(
        &mut self,
        peer: NodeId,
        seen: Option<&Seen>,
        theirs: &BTreeMap<OrganisationId, bool>,
        at: Option<Timestamp>,
    ) {
        let nobody = BTreeMap::new();
        let nothing = Context::new();
        let shown_last = seen.map_or(&nobody, |seen| &seen.members);
        let either: BTreeSet<_> = shown_last.keys().chain(theirs.keys()).copied().collect();
        for organisation in either {
            let now = theirs.get(&organisation).copied();
            if now == shown_last.get(&organisation).copied() {
                continue;
            }
            let register = self.members.entry(organisation).or_default();
            let known = seen.and_then(|seen| seen.known.get(&organisation)).unwrap_or(&nothing);
            write_member(register, peer, known, now, at);
        }
    }

    fn now_seen(
        &self,
        earlier: Option<&Seen>,
        theirs: &SharingGroup,
        members: BTreeMap<OrganisationId, bool>,
    ) -> Seen {
        let mut known = BTreeMap::new();
        for (organisation, register) in &self.members {
            // A peer that shows what stands here may know all that led to it; one that shows
            // something else has not taken it over, and what it does next is concurrent.
            let agreed = may_extend(register) == members.get(organisation).copied();
            if agreed {
                known.insert(*organisation, register.context().clone());
            } else if let Some(context) = earlier.and_then(|seen| seen.known.get(organisation)) {
                known.insert(*organisation, context.clone());
            }
        }
        Seen {
            group: self.id,
            name: field(&self.name, &theirs.name),
            releasability: field(&self.releasability, &theirs.releasability),
            description: field(&self.description, &theirs.description),
            active: field(&self.active, &theirs.active),
            local: field(&self.local, &theirs.local),
            members,
            known,
        }
    }
}

fn field<T: Ord + Clone>(register: &Register<T>, shown: &T) -> Field<T> {
    Field { shown: shown.clone(), known: register.context().clone() }
}

/// Their text is taken where they changed it and nobody else did, and at first contact where there
/// is none here.
fn merge_text<T: Ord + Clone>(
    register: &mut Register<T>,
    peer: NodeId,
    seen: Option<&Field<T>>,
    theirs: &T,
    is_blank: impl Fn(&T) -> bool,
) {
    let ours = shown(register);
    let taken = match seen {
        None => is_blank(&ours) && !is_blank(theirs),
        Some(field) => {
            let since = |(node, counter)| node != peer && counter > field.known.counter(node);
            field.shown != *theirs && !register.context().iter().any(since)
        }
    };
    if taken && ours != *theirs {
        register.write(peer, theirs.clone());
    }
}

fn merge_flag(
    register: &mut Register<bool>,
    peer: NodeId,
    seen: Option<&Field<bool>>,
    ours: bool,
    theirs: bool,
) {
    if ours == theirs || seen.is_some_and(|field| field.shown == theirs) {
        return;
    }
    let nothing = Context::new();
    let known = seen.map_or(&nothing, |field| &field.known);
    if !is_repeated(register, peer, known, |held| *held == theirs) {
        register.write_knowing(peer, theirs, known);
    }
}

fn write_member(
    register: &mut Register<Membership>,
    peer: NodeId,
    known: &Context,
    now: Option<bool>,
    at: Option<Timestamp>,
) {
    let is_same = |held: &Membership| match (held, now) {
        (Membership::In { extend }, Some(now)) => *extend == now,
        (Membership::Out(_), None) => true,
        _ => false,
    };
    let has_own_other =
        register.siblings().any(|(stamp, held)| stamp.node == peer && !is_same(held));
    let is_shown = !register.is_empty() && may_extend(register) == now;
    // Their removal of what is out already is noted if they were the ones to have it in.
    if (is_shown && !has_own_other) || is_repeated(register, peer, known, is_same) {
        return;
    }
    let membership = match now {
        Some(extend) => Membership::In { extend },
        None => Membership::Out(Removal { by: None, at }),
    };
    register.write_knowing(peer, membership, known);
}

/// Whether the peer's edit stands already, and to write it again would replace nothing.
fn is_repeated<T: Ord>(
    register: &Register<T>,
    peer: NodeId,
    known: &Context,
    is_same: impl Fn(&T) -> bool,
) -> bool {
    let mut stands = false;
    for (stamp, held) in register.siblings() {
        if stamp.node == peer && is_same(held) {
            stands = true;
        } else if stamp.node == peer || known.contains(stamp) {
            return false;
        }
    }
    stands
}
