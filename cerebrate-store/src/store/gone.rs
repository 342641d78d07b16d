//! Records that are gone, as the feed knows them: an identity that was somebody's once is not free
//! for everybody.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use super::transaction::Transaction;
use crate::backend::{FeedQuery, LocalId, Read};
use crate::feed::{Action, Payload};

/// A record that was taken out.
#[derive(Debug)]
pub(crate) struct Gone {
    /// As it last stood; `None` where that was erased.
    pub(crate) record: Option<Record>,
    /// Who took it out, if the feed says.
    pub(crate) by: Option<String>,
    /// When.
    pub(crate) at: Option<Timestamp>,
}

/// What the feed knows of a record that does not stand; `None` if it never was.
pub(crate) fn gone(read: &dyn Read, kind: EntityKind, id: Uuid) -> Result<Option<Gone>> {
    let mut history = read.changes(FeedQuery::Entity(kind, id), usize::MAX)?;
    if history.is_empty() {
        return Ok(None);
    }
    let Some(last) = history.iter().rposition(|change| change.action == Action::Remove) else {
        return Ok(Some(Gone { record: None, by: None, at: None }));
    };
    let last = history.swap_remove(last);
    let record = match last.payload {
        Payload::Removed(json) => Record::from_json(kind, json).ok(),
        _ => None,
    };
    Ok(Some(Gone { record, by: last.actor, at: Some(last.time) }))
}

/// Whether records of the kind are who they are by what they say: the same identity is the same
/// record, whoever writes it.
pub(crate) fn is_derived(kind: EntityKind) -> bool {
    matches!(kind, EntityKind::Alignment | EntityKind::Tag | EntityKind::UserSetting)
}

pub(crate) fn was_another_user(id: Uuid) -> Error {
    Error::new(Kind::Conflict, "insert record", "the UUID was that of another user")
        .with("id", id)
        .hint("leave out the UUID, or undo the removal to bring that user back")
}

impl Transaction<'_> {
    /// The trail names users by UUID: nobody becomes one who is gone. Only an undo, which knows the
    /// number that the user had, brings the same one back.
    pub(super) fn check_never_a_user(&self, id: Uuid, wanted: Option<LocalId>) -> Result<()> {
        if wanted.is_none() && self.ask_whole(|read| gone(read, EntityKind::User, id))?.is_some() {
            return Err(was_another_user(id));
        }
        Ok(())
    }
}
