//! Why somebody sees a record, or why not.

use std::fmt;

use cerebrate_core::access::{Actor, Ground, Permission, Permissions, Sight, grounds, sight};
use cerebrate_core::error::Result;
use cerebrate_core::id::{IndividualId, OrganisationId, UserId};
use cerebrate_core::model::{EntityKind, Record};
use serde::Serialize;
use uuid::Uuid;

use super::Viewer;
use super::known::{Known, is_named};
use crate::backend::Read;
use crate::store::{Store, transaction};

/// Of whom it is asked what they see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Onlooker<'a> {
    /// A user.
    User(&'a Actor),
    /// Whoever acts for an organisation, without any permission.
    Organisation(OrganisationId),
}

/// Why somebody sees a record, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub id: Uuid,
    /// Whether anything of it is seen.
    pub visible: bool,
    /// Whether no more than UUID and name is seen.
    pub thin: bool,
    /// The reasons, each enough by itself; or what would be one.
    pub because: Vec<String>,
}

impl Store {
    /// Why somebody sees a record, or why not, in sentences.
    ///
    /// ```
    /// use cerebrate_core::model::{Member, Organisation, SharingGroup};
    /// use cerebrate_store::Store;
    /// use cerebrate_store::sight::Onlooker;
    /// # use cerebrate_core::model::{Entity, EntityKind};
    ///
    /// let store = Store::in_memory()?;
    /// let circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// let circl = store.organisations().insert(circl)?;
    /// let mut group = SharingGroup::new(store.next_id().into(), "Energy".parse()?, circl.id);
    /// group.members.push(Member { organisation: circl.id, extend: false });
    /// let group = store.sharing_groups().insert(group)?;
    ///
    /// let circl = Onlooker::Organisation(circl.id);
    /// let why = store.explain(circl, EntityKind::SharingGroup, group.id.into())?;
    /// assert!(why.visible);
    /// assert_eq!(why.because[1], "the organisation is a member of the sharing group");
    ///
    /// let nobody = Onlooker::Organisation(store.next_id().into());
    /// let why = store.explain(nobody, EntityKind::SharingGroup, group.id.into())?;
    /// assert_eq!(why.because[0], "the organisation neither owns the sharing group nor is a member");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such record, or whoever asks does not see it. `Denied` if that is a
    /// user who asks for somebody with other eyes than the own.
    pub fn explain(&self, who: Onlooker<'_>, kind: EntityKind, id: Uuid) -> Result<Explanation> {
        let nobody = Uuid::nil();
        let outsider;
        let actor = match who {
            Onlooker::User(actor) => actor,
            Onlooker::Organisation(id) => {
                let (user, individual) = (UserId::new(nobody), IndividualId::new(nobody));
                outsider = Actor::new(user, individual, Some(id), Permissions::NONE);
                &outsider
            }
        };
        let whole = self.whole()?;
        let whole = whole.as_ref();
        let asked = self.looking(whole, |read| read.get(kind, id))?;
        let (Some(_), Some(record)) = (asked, whole.get(kind, id)?) else {
            return Err(transaction::not_found(kind, id));
        };
        self.check_onlooker(&who)?;
        let viewer = Viewer::new(actor);
        let mut known = Known::of(whole, &viewer, &record)?;
        if let Known::Organisation(body) = &mut known {
            // One more reason, where there is a better one already.
            body.named = is_named(whole, &viewer, body.id)?;
        }
        let resource = known.resource();
        let seen = sight(actor, &resource);
        let mut because: Vec<String> =
            grounds(actor, &resource).iter().map(Ground::to_string).collect();
        if because.is_empty() {
            because = missing(whole, who, actor, &record)?;
        }
        Ok(Explanation {
            kind,
            id,
            visible: seen != Sight::Hidden,
            thin: seen == Sight::Thin,
            because,
        })
    }
}

impl Store {
    /// Whether the user of this store may be told what somebody sees: an explanation rests on all
    /// that the other one sees.
    fn check_onlooker(&self, who: &Onlooker<'_>) -> Result<()> {
        let Some(own) = self.seen_as() else { return Ok(()) };
        let is_within = match who {
            Onlooker::User(other) => {
                other.user == own.user
                    || other.permissions.is_within(own.permissions)
                        && other.own_set().is_subset(&own.own_set())
            }
            Onlooker::Organisation(id) => own.is_own(*id),
        };
        if is_within { Ok(()) } else { self.check_community_admin("explain") }
    }
}

/// What is not so, and would be a reason.
fn missing(
    whole: &dyn Read,
    who: Onlooker<'_>,
    actor: &Actor,
    record: &Record,
) -> Result<Vec<String>> {
    let mut because = Vec::new();
    let mut add = |sentence: &str| because.push(sentence.to_owned());
    let has_group = !actor.administered.is_empty();
    let is_manager = actor.has(Permission::OrganisationAdmin) || actor.has(Permission::GroupAdmin);
    match record {
        Record::Organisation(_) => {
            add("it is another organisation");
            add("no sharing group that is seen names it");
        }
        Record::Individual(_) => add("the person is not aligned to the organisation"),
        Record::Alignment(_) => add("it is an alignment to another organisation"),
        Record::SharingGroup(group) => {
            add("the organisation neither owns the sharing group nor is a member");
            if let Some(replica) = whole.replica(group.id)? {
                for removed in replica.removed() {
                    if actor.is_own(removed.organisation) {
                        let at = removed.removal.at.map(|at| format!(" on {at}"));
                        let at = at.unwrap_or_default();
                        add(&format!("it was a member until it was removed{at}"));
                    }
                }
            }
        }
        Record::EncryptionKey(_) => add("the owner of the key is not seen"),
        Record::MailingList(_) => add("the user neither owns the list nor is on it"),
        Record::User(_) | Record::AuthKey(_) if is_manager => {
            add("the user acts for no organisation that is managed");
            if matches!(record, Record::AuthKey(_)) {
                add("or the user has rights over others, or more than oneself");
            }
        }
        Record::User(_) | Record::AuthKey(_) => add(
            "the role grants neither `organisation_admin` nor `group_admin`, which show those of \
             organisations that are managed",
        ),
        _ => add("records of this kind are seen by admins only"),
    }
    if let Onlooker::User(actor) = who {
        if actor.organisation.is_none() {
            add("the user acts for no organisation");
        }
        if has_group && !actor.has(Permission::GroupAdmin) {
            add("the user is to administer organisation groups, but the role does not grant \
                 `group_admin`");
        }
        let needed = permissions_that_show(record.kind());
        if !needed.is_empty() {
            let needed: Vec<String> =
                needed.iter().map(|permission| format!("`{permission}`")).collect();
            add(&format!("the role grants none of {}", needed.join(", ")));
        }
    }
    Ok(because)
}

/// The permissions that show every record of a kind.
fn permissions_that_show(kind: EntityKind) -> Vec<Permission> {
    let nobody = Uuid::nil();
    Permission::ALL
        .into_iter()
        .filter(|permission| {
            let role = Permissions::NONE.with(*permission);
            let actor = Actor::new(nobody.into(), nobody.into(), None, role);
            Viewer::new(&actor).sees_whole(kind)
        })
        .collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.visible, self.thin) {
            (true, false) => "visible",
            (true, true) => "UUID and name are visible",
            (false, _) => "not visible",
        })?;
        for (index, sentence) in self.because.iter().enumerate() {
            f.write_str(match (index, self.visible) {
                (0, _) => ", because ",
                (_, true) => "; and because ",
                (_, false) => "; ",
            })?;
            f.write_str(sentence)?;
        }
        Ok(())
    }
}
