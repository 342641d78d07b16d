//! The change feed: every write, in commit order. History, undo and delta reading are views of it.

use std::fmt;

use cerebrate_core::audit::FieldChange;
use cerebrate_core::audit::chain::{self, Erasure};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{ChangeSetId, UserId};
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::backend::LocalId;

/// How the feed names what imports remember of a record: the field
/// `external_ids/["<source>","<id>"]` goes from the UUID of one record, or nothing, to that of
/// another. It is no field of the record itself.
pub const EXTERNAL_IDS: &str = "external_ids";

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It came.
    Insert,
    /// It changed.
    Update,
    /// It went.
    Remove,
    /// What the feed told of it was erased: of one record, or with the nil UUID of many.
    Erase,
}

impl Action {
    /// The name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Insert => "insert",
            Action::Update => "update",
            Action::Remove => "remove",
            Action::Erase => chain::ERASE,
        }
    }
}

/// All that one operation wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangeSet {
    /// Its identity.
    pub id: ChangeSetId,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it, if somebody is known: a user as `user:<uuid>`, or what a program gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What it comes from, such as `local` or `import members.csv`.
    pub origin: String,
    /// What it did, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// How many changes it holds.
    pub changes: u64,
}

/// Which change sets are meant: all unless narrowed; every condition has to hold.
///
/// ```
/// use cerebrate_store::feed::SetFilter;
///
/// let filter = SetFilter::all().by("ada").since("2026-11-01".parse()?);
/// assert_ne!(filter, SetFilter::all());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SetFilter {
    /// Made by this actor: the text of [`ChangeSet::actor`], or what stands in it behind `user:`.
    pub actor: Option<String>,
    /// Made by this user; with an actor too, by either.
    pub user: Option<UserId>,
    /// Of just this origin.
    pub origin: Option<String>,
    /// Made at this time or later.
    pub since: Option<Timestamp>,
    /// With a change of a record of this kind.
    pub kind: Option<EntityKind>,
    /// With a change of this record.
    pub record: Option<Uuid>,
}

impl SetFilter {
    /// Every change set.
    pub fn all() -> Self {
        SetFilter::default()
    }

    /// Made by `actor`: a name, or the UUID of a user.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Made by this user, whatever the name was; with an actor too, by either.
    #[must_use]
    pub fn by_user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Of this origin, such as `import members.csv`.
    #[must_use]
    pub fn of_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Made at this time or later.
    #[must_use]
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// With a change of a record of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: EntityKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// With a change of this record.
    #[must_use]
    pub fn of_record(mut self, record: Uuid) -> Self {
        self.record = Some(record);
        self
    }

    /// The texts of [`ChangeSet::actor`] that are the actor asked for.
    pub fn actors(&self) -> Vec<String> {
        let mut actors: Vec<String> = self.user.map(actor_of).into_iter().collect();
        if let Some(actor) = &self.actor {
            actors.extend([actor.clone(), format!("{USER}{actor}")]);
            let id = Uuid::try_parse(actor.strip_prefix(USER).unwrap_or(actor));
            actors.extend(id.ok().map(|id| actor_of(id.into())));
        }
        actors.sort_unstable();
        actors.dedup();
        actors
    }
}

/// A page of change sets, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeSets {
    /// The change sets.
    pub sets: Vec<ChangeSet>,
    /// Whether older ones pass the filter too.
    pub more: bool,
}

impl ChangeSet {
    /// The user who made it, if it was one.
    pub fn user(&self) -> Option<UserId> {
        user_of(self.actor.as_deref())
    }
}

impl Change {
    /// The user who made it, if it was one.
    pub fn user(&self) -> Option<UserId> {
        user_of(self.actor.as_deref())
    }
}

/// What stands before the UUID of a user who is an actor.
const USER: &str = "user:";

/// How a user is named as an actor.
pub(crate) fn actor_of(user: UserId) -> String {
    format!("{USER}{user}")
}

pub(crate) fn user_of(actor: Option<&str>) -> Option<UserId> {
    let id = actor?.strip_prefix(USER)?;
    // One spelling only: what a user did is looked for as text.
    id.parse().ok().filter(|user: &UserId| user.to_string() == id)
}

/// What a change wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// The record as it came.
    Inserted(Value),
    /// The fields that changed.
    Updated(Vec<FieldChange>),
    /// The record as it went.
    Removed(Value),
    /// Which rows lost their payloads, and why.
    Erasure(Erasure),
    /// Erased since.
    Erased,
    /// Not shown to this reader, who does not see the record.
    Withheld,
}

/// One row of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Its place in the order of commits, counted from 1.
    pub seq: u64,
    /// The change set it belongs to.
    pub change_set: ChangeSetId,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it, if somebody is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What it comes from.
    pub origin: String,
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub entity: Uuid,
    /// The number of the record on this node.
    #[serde(skip)]
    pub local_id: LocalId,
    /// What happened.
    pub action: Action,
    /// What was written.
    pub payload: Payload,
}

/// A place in the feed: everything up to it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor(u64);

impl Cursor {
    /// Before the first change.
    pub const START: Cursor = Cursor(0);

    pub(crate) fn at(seq: u64) -> Self {
        Cursor(seq)
    }

    pub(crate) fn seq(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{:x}", self.0)
    }
}

impl std::str::FromStr for Cursor {
    type Err = Error;

    fn from_str(token: &str) -> Result<Self> {
        token
            .strip_prefix('c')
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Cursor)
            .ok_or_else(|| Error::new(Kind::Invalid, "read cursor", "not a cursor of the feed"))
    }
}

/// A stretch of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The changes, oldest first.
    pub changes: Vec<Change>,
    /// Where the next stretch begins.
    pub next: Cursor,
    /// Whether there is more by now.
    pub more: bool,
}
