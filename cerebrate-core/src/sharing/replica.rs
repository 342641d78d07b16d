use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::difference::Difference;
use super::membership::{canonical, digests};
use super::register::Register;
use crate::error::{Error, Kind, Result};
use crate::id::{NodeId, OrganisationId, SharingGroupId};
use crate::model::{Member, Name, SharingGroup};
use crate::value::Timestamp;

/// What sets these digests apart from any other SHA-256 over the same bytes.
const REPLICA_DOMAIN: &[u8] = b"cerebrate group replica 1\0";

/// Whether an organisation is in a group, as one node wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// It is a member.
    In {
        /// Whether it may add members.
        extend: bool,
    },
    /// It was removed.
    Out(Removal),
}

/// Who removed an organisation from a group, and when. It is told, and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Removal {
    /// Who did it, as that node names its users; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was done or, of a peer without stamps, found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// An organisation that was removed from a group and is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedMember {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The node at which it was removed.
    pub node: NodeId,
    /// Who did it and when.
    #[serde(flatten)]
    pub removal: Removal,
}

digests! {
    /// Stands for the whole state of a [`GroupReplica`]: two replicas with the same digest have
    /// nothing to tell each other.
    ReplicaDigest, "replica digest";
}

/// A copy of a sharing group that several nodes edit and merge; see the [module](super) for what
/// holds when edits are concurrent.
///
/// ```
/// use cerebrate_core::id::{NodeId, OrganisationId, SharingGroupId};
/// use cerebrate_core::model::{Member, SharingGroup};
/// use cerebrate_core::sharing::GroupReplica;
/// use uuid::Uuid;
///
/// let organisation = |number| OrganisationId::new(Uuid::from_u128(number));
/// let member = |number| Member { organisation: organisation(number), extend: false };
/// let [here, there] = [100, 200].map(|number| NodeId::new(Uuid::from_u128(number)));
///
/// let id = SharingGroupId::new(Uuid::from_u128(1));
/// let mut group = SharingGroup::new(id, "Energy".parse()?, organisation(10));
/// group.members = vec![member(10), member(11)];
///
/// let mut ours = GroupReplica::from_group(&group, here);
/// let mut theirs = ours.clone();
///
/// // We remove organisation 11 …
/// let mut wanted = ours.group();
/// wanted.members.retain(|member| member.organisation != organisation(11));
/// let difference = ours.edit(here, &wanted, Some("anna"), None)?;
/// assert_eq!(difference.to_string(), "1 removed");
///
/// // … while they add organisation 12 and let 11 extend the group.
/// let mut wanted = theirs.group();
/// wanted.members[1].extend = true;
/// wanted.members.push(member(12));
/// theirs.edit(there, &wanted, None, None)?;
///
/// ours.merge(&theirs)?;
/// theirs.merge(&ours)?;
/// assert_eq!(ours, theirs);
/// assert_eq!(ours.group().members, [member(10), member(12)]);
/// assert_eq!(ours.removed()[0].removal.by.as_deref(), Some("anna"));
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupReplica {
    pub(super) id: SharingGroupId,
    pub(super) owner: OrganisationId,
    pub(super) name: Register<Name>,
    pub(super) releasability: Register<String>,
    pub(super) description: Register<Option<String>>,
    pub(super) active: Register<bool>,
    pub(super) local: Register<bool>,
    pub(super) members: BTreeMap<OrganisationId, Register<Membership>>,
}

impl GroupReplica {
    /// The first replica of a group, as if `node` had written all of it at once. A member that
    /// stands twice counts once, and may extend only if both say so.
    ///
    /// Do this once for a group and node, and [`edit`](Self::edit) from then on: a second time, the
    /// same stamps would name other writes.
    pub fn from_group(group: &SharingGroup, node: NodeId) -> Self {
        GroupReplica {
            id: group.id,
            owner: group.owner,
            name: Register::new(node, group.name.clone()),
            releasability: Register::new(node, group.releasability.clone()),
            description: Register::new(node, group.description.clone()),
            active: Register::new(node, group.active),
            local: Register::new(node, group.local),
            members: canonical(&group.members)
                .into_iter()
                .map(|(id, extend)| (id, Register::new(node, Membership::In { extend })))
                .collect(),
        }
    }

    /// The group as it stands: its members by UUID; its times are left to the store.
    pub fn group(&self) -> SharingGroup {
        SharingGroup {
            releasability: shown(&self.releasability),
            description: shown(&self.description),
            active: self.active.siblings().all(|(_, active)| *active),
            local: self.local.siblings().any(|(_, local)| *local),
            members: self
                .members
                .iter()
                .filter_map(|(&organisation, register)| {
                    may_extend(register).map(|extend| Member { organisation, extend })
                })
                .collect(),
            ..SharingGroup::new(self.id, shown(&self.name), self.owner)
        }
    }

    /// Organisations that were removed and are not in the group, by UUID. Of several concurrent
    /// removals the one with the greatest stamp is named, the same everywhere.
    pub fn removed(&self) -> Vec<RemovedMember> {
        self.members
            .iter()
            .filter_map(|(&organisation, register)| {
                register.siblings().rev().find_map(|(stamp, membership)| match membership {
                    Membership::Out(removal) => Some(RemovedMember {
                        organisation,
                        node: stamp.node,
                        removal: removal.clone(),
                    }),
                    Membership::In { .. } => None,
                })
            })
            .collect()
    }

    /// Makes the group what is `wanted`, as an edit at `node`; `by` and `at` are noted with
    /// removals. Only what differs from the group as it stands is written. Returns what differed.
    ///
    /// Times in `wanted` are ignored. Its id and owner must be those of the replica, else this is
    /// [`Kind::Conflict`]. It is [`Kind::Exhausted`] if a value was written by
    /// [`MAX_NODES`](super::MAX_NODES) other nodes already, or the group would list more than
    /// [`MAX_MEMBERS`](super::MAX_MEMBERS) organisations, and [`Kind::Invalid`] if a text is longer
    /// than records may have. On an error nothing has changed.
    pub fn edit(
        &mut self,
        node: NodeId,
        wanted: &SharingGroup,
        by: Option<&str>,
        at: Option<Timestamp>,
    ) -> Result<Difference> {
        const EDIT: &str = "edit sharing group";
        self.expect_same(EDIT, wanted.id, wanted.owner)?;
        let current = self.group();
        let difference = Difference::between(&current, wanted);
        if difference.is_empty() {
            return Ok(difference);
        }
        let mut edited = self.clone();
        write_changed(&mut edited.name, node, &current.name, &wanted.name);
        write_changed(
            &mut edited.releasability,
            node,
            &current.releasability,
            &wanted.releasability,
        );
        write_changed(&mut edited.description, node, &current.description, &wanted.description);
        write_changed(&mut edited.active, node, &current.active, &wanted.active);
        write_changed(&mut edited.local, node, &current.local, &wanted.local);
        for member in difference.added.iter().chain(&difference.extend_changed) {
            let membership = Membership::In { extend: member.extend };
            edited.members.entry(member.organisation).or_default().write(node, membership);
        }
        for member in &difference.removed {
            let removal = Membership::Out(Removal { by: by.map(str::to_owned), at });
            edited.members.entry(member.organisation).or_default().write(node, removal);
        }
        edited.expect_sound(EDIT)?;
        *self = edited;
        Ok(difference)
    }

    /// Takes over all that another replica of the same group has seen. Order, repetition and
    /// detours make no difference to what comes out.
    ///
    /// It is [`Kind::Conflict`] if the other one is of another group or has another owner,
    /// [`Kind::Exhausted`] if the outcome would exceed a limit, and [`Kind::Invalid`] if each side
    /// claims to have seen the other's values replaced, as no sequence of edits leads to. On an
    /// error nothing has changed.
    pub fn merge(&mut self, other: &GroupReplica) -> Result<()> {
        const MERGE: &str = "merge sharing group";
        self.expect_same(MERGE, other.id, other.owner)?;
        let mut merged = self.clone();
        merged.name.merge(&other.name);
        merged.releasability.merge(&other.releasability);
        merged.description.merge(&other.description);
        merged.active.merge(&other.active);
        merged.local.merge(&other.local);
        for (organisation, register) in &other.members {
            merged.members.entry(*organisation).or_default().merge(register);
        }
        merged.expect_sound(MERGE)?;
        *self = merged;
        Ok(())
    }

    /// Gives the group another owner, at this node. Who owns a group is no matter of edits that
    /// converge: nodes agree on it before they exchange replicas, and until each has done the same,
    /// [`merge`](Self::merge) is [`Kind::Conflict`].
    pub fn hand_over(&mut self, owner: OrganisationId) {
        self.owner = owner;
    }

    /// The identity of the group.
    pub fn id(&self) -> SharingGroupId {
        self.id
    }

    /// The organisation that owns the group. No edit and no merge changes it; see
    /// [`hand_over`](Self::hand_over).
    pub fn owner(&self) -> OrganisationId {
        self.owner
    }

    /// What the nodes wrote about one organisation, if any did.
    pub fn membership(&self, organisation: OrganisationId) -> Option<&Register<Membership>> {
        self.members.get(&organisation)
    }

    /// The digest of everything this replica holds and has seen.
    pub fn digest(&self) -> ReplicaDigest {
        let mut hasher = Sha256::new();
        hasher.update(REPLICA_DOMAIN);
        hash_json(&mut hasher, self);
        ReplicaDigest(hasher.finalize().into())
    }

    pub(super) fn expect_same(
        &self,
        operation: &'static str,
        id: SharingGroupId,
        owner: OrganisationId,
    ) -> Result<()> {
        let error = |message: &'static str| Error::new(Kind::Conflict, operation, message);
        if id != self.id {
            return Err(error("these are two different groups")
                .with("group", self.id)
                .with("other", id));
        }
        if owner != self.owner {
            return Err(error("the group has another owner")
                .with("group", self.id)
                .with("owner", self.owner)
                .with("other owner", owner));
        }
        Ok(())
    }
}

/// Whether the organisation may extend the group; `None` if it is not in it.
pub(super) fn may_extend(register: &Register<Membership>) -> Option<bool> {
    if register.is_empty() {
        return None;
    }
    register.siblings().try_fold(true, |all, (_, membership)| match membership {
        Membership::In { extend } => Some(all && *extend),
        Membership::Out(_) => None,
    })
}

/// Of concurrent texts, the one with the greatest stamp.
pub(super) fn shown<T: Ord + Clone>(register: &Register<T>) -> T {
    let (_, value) = register.siblings().next_back().expect("`expect_sound`: no register is empty");
    value.clone()
}

fn write_changed<T: Ord + Clone>(register: &mut Register<T>, node: NodeId, now: &T, wanted: &T) {
    if now != wanted {
        register.write(node, wanted.clone());
    }
}

fn hash_json(hasher: &mut Sha256, replica: &GroupReplica) {
    struct Hashed<'a>(&'a mut Sha256);

    impl io::Write for Hashed<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    serde_json::to_writer(io::BufWriter::new(Hashed(hasher)), replica)
        .expect("all keys are strings, and a hash takes all bytes");
}
