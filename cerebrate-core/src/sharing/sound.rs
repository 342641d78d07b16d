//! What a replica must be to be kept: readable again, with a value in every field.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::bounded;
use super::register::{MAX_SIBLINGS, Register};
use super::replica::{GroupReplica, Membership};
use super::stamp::MAX_NODES;
use crate::error::{Error, Kind, Result};
use crate::id::{OrganisationId, SharingGroupId};
use crate::model::{LONG_TEXT, Name, SHORT_TEXT};

/// How many organisations a [`GroupReplica`] may list, removed ones included.
pub const MAX_MEMBERS: usize = 100_000;

/// The longest JSON text that is read from outside, in bytes.
const MAX_JSON: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("more than {MAX_MEMBERS} organisations are listed")]
    Members,
    #[error("more than {MAX_SIBLINGS} values or {MAX_NODES} nodes compete for one field")]
    Crowded,
    #[error("a field has no value")]
    Empty,
    #[error("a text is too long")]
    TooLong,
}

impl GroupReplica {
    /// Reads the JSON that serialising gives, from outside. Too long a JSON text is
    /// [`Kind::Exhausted`]; whatever else is wrong, more siblings, nodes or members than allowed
    /// included, is [`Kind::Invalid`].
    pub fn from_json(json: &[u8]) -> Result<Self> {
        read_json("read group replica", json)
    }

    pub(super) fn expect_sound(&self, operation: &'static str) -> Result<()> {
        self.check_sound().map_err(|fault| {
            let kind = match fault {
                Fault::Members | Fault::Crowded => Kind::Exhausted,
                Fault::Empty | Fault::TooLong => Kind::Invalid,
            };
            Error::new(kind, operation, fault.to_string()).with("group", self.id)
        })
    }

    fn check_sound(&self) -> Result<(), Fault> {
        if self.members.len() > MAX_MEMBERS {
            return Err(Fault::Members);
        }
        check(&self.name, |_| true)?;
        check(&self.releasability, |text| text.len() <= LONG_TEXT)?;
        check(&self.description, |text| text.as_ref().is_none_or(|text| text.len() <= LONG_TEXT))?;
        check(&self.active, |_| true)?;
        check(&self.local, |_| true)?;
        self.members.values().try_for_each(|register| {
            check(register, |membership| match membership {
                Membership::In { .. } => true,
                Membership::Out(removal) => {
                    removal.by.as_ref().is_none_or(|by| by.len() <= SHORT_TEXT)
                }
            })
        })
    }
}

fn check<T: Ord>(register: &Register<T>, is_short: impl Fn(&T) -> bool) -> Result<(), Fault> {
    if register.is_empty() {
        Err(Fault::Empty)
    } else if !register.is_within_limits() {
        Err(Fault::Crowded)
    } else if register.siblings().all(|(_, value)| is_short(value)) {
        Ok(())
    } else {
        Err(Fault::TooLong)
    }
}

pub(super) fn read_json<'de, T: Deserialize<'de>>(
    operation: &'static str,
    json: &'de [u8],
) -> Result<T> {
    if json.len() > MAX_JSON {
        return Err(Error::new(Kind::Exhausted, operation, "the text is too long")
            .with("bytes", json.len())
            .with("limit", MAX_JSON));
    }
    serde_json::from_slice(json).map_err(|source| {
        Error::new(Kind::Invalid, operation, source.to_string()).caused_by(source)
    })
}

#[derive(Deserialize)]
struct Shape {
    id: SharingGroupId,
    owner: OrganisationId,
    name: Register<Name>,
    releasability: Register<String>,
    description: Register<Option<String>>,
    active: Register<bool>,
    local: Register<bool>,
    #[serde(deserialize_with = "bounded::map::<MAX_MEMBERS, _, _, _>")]
    members: BTreeMap<OrganisationId, Register<Membership>>,
}

impl<'de> Deserialize<'de> for GroupReplica {
    /// Refuses what exceeds a limit, and fields without a value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Shape { id, owner, name, releasability, description, active, local, members } =
            Shape::deserialize(deserializer)?;
        let replica =
            GroupReplica { id, owner, name, releasability, description, active, local, members };
        replica.check_sound().map_err(D::Error::custom)?;
        Ok(replica)
    }
}
