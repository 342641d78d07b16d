//! What can be asked of a store: filters, order, pages. Every backend answers these values alike.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::Anchors;
use crate::error::{Error, Kind, Result};
use crate::id::{IndividualId, MetaTemplateId, OrganisationId, RoleId, TagId, UserId};
use crate::model::{EntityKind, FieldKind, Severity};
use crate::value::Timestamp;

/// Longest list a filter may carry.
pub const FILTER_LIST: usize = 10_000;

/// A question for records of one kind: filters that must all hold, an order, a place to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Which records.
    pub kind: EntityKind,
    /// All of these must hold.
    pub filters: Vec<Filter>,
    /// In which order.
    pub order: Order,
    /// Go on behind this place.
    pub after: Option<Position>,
    /// At most this many records.
    pub limit: usize,
}

impl Query {
    /// Every record of `kind`, in the order of their arrival, fifty at a time.
    pub fn new(kind: EntityKind) -> Self {
        Query { kind, filters: Vec::new(), order: Order::default(), after: None, limit: 50 }
    }
}

/// One condition. Texts are compared without regard to case and accents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// The column passes the test.
    Text(Column, TextTest),
    /// The country derived from nationality is this one, as a capital two-letter code.
    Country(String),
    /// Changed at or after this moment.
    ModifiedSince(Timestamp),
    /// Changed before this moment.
    ModifiedBefore(Timestamp),
    /// Tags: an entry with `%` is a pattern.
    Tags(TagTest),
    /// Values of a template field.
    Meta(MetaFilter),
    /// One of these records.
    Ids(Vec<Uuid>),
    /// Individuals aligned with the organisation; sharing groups and keys it owns; groups it is in;
    /// users who act on its behalf.
    Organisation(OrganisationId),
    /// Alignments, keys and users of the individual; mailing lists it is on.
    Individual(IndividualId),
    /// What hangs on one of these, as [`visible`](crate::access::visible) has it for kinds of
    /// which somebody sees only some records: organisations that are named, individuals that are
    /// named or aligned with one of them, alignments with them, groups that they own or are in,
    /// keys of any of these, mailing lists of the user or with the individual on them, users that
    /// are named or act for one of the organisations, their auth keys, settings of the user.
    HangsOn(Anchors),
    /// Users in the role.
    Role(RoleId),
    /// Auth keys and settings of the user; mailing lists it owns; organisation groups that it
    /// administers; messages that it sent or that are for it.
    User(UserId),
    /// Messages of the user, and those that are of nobody.
    UserOrNobody(UserId),
    /// Messages of that severity.
    Severity(Severity),
    /// Messages with this in their title or text.
    Told(String),
}

/// A column that can be filtered and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the field of that name")]
pub enum Column {
    Name,
    Url,
    Nationality,
    Sector,
    Kind,
    Contacts,
    Email,
    FirstName,
    LastName,
    Position,
    Role,
    Releasability,
    Description,
    Scope,
    Action,
    Origin,
    Title,
    Message,
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextTest {
    /// Equal.
    Equals(String),
    /// Not equal, or not there.
    Not(String),
    /// Matches, where `%` is any text and `_` one character.
    Like(String),
}

/// A test of the tags of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagTest {
    /// Carries all of them.
    All(Vec<String>),
    /// Carries at least one of them.
    Any(Vec<String>),
    /// Carries none of them.
    None(Vec<String>),
    /// Carries at least one of these; a `%` in the name of a tag is itself.
    Ids(Vec<TagId>),
}

/// A test of the values of a template field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetaFilter {
    /// Only fields of this template, at any version.
    pub template: Option<MetaTemplateId>,
    /// The field, as the template names it.
    pub field: String,
    /// What its values are; the store fills it in from its templates.
    pub kind: FieldKind,
    /// What a value must be like, in the notation of a search box: `abc` equals, `ab%` matches,
    /// `!abc` differs; for networks an address or network that the value contains.
    pub value: String,
    /// Whether to find the records that have *no* such value.
    pub negated: bool,
}

impl MetaFilter {
    /// Records with a value of `field` that passes `value`.
    pub fn new(field: impl Into<String>, value: impl Into<String>) -> Self {
        MetaFilter {
            template: None,
            field: field.into(),
            kind: FieldKind::Text,
            value: value.into(),
            negated: false,
        }
    }
}

/// The order of an answer. Equal keys are in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// Ordered by what.
    pub by: OrderBy,
    /// Greatest first.
    pub descending: bool,
}

/// What an answer can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum OrderBy {
    /// The order of arrival.
    #[default]
    Arrival,
    /// Name (e-mail address for individuals), without regard to case and accents.
    Name,
    /// Time of the last change.
    Modified,
}

/// A place in an ordered answer: behind one record. Stays valid while records come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The sort key of the record; empty for [`OrderBy::Arrival`].
    pub key: PositionKey,
    /// Its place among equal keys.
    pub tie: i64,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PositionKey {
    /// Ordered by arrival.
    None,
    /// Ordered by a text.
    Text(String),
    /// Ordered by a number.
    Number(i64),
}

impl fmt::Display for Position {
    /// An opaque token that [`std::str::FromStr`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.tie < 0 { "-" } else { "" };
        write!(f, "{sign}{:x}", self.tie.unsigned_abs())?;
        match &self.key {
            PositionKey::None => Ok(()),
            PositionKey::Number(number) => write!(f, ".n{number}"),
            PositionKey::Text(text) => {
                f.write_str(".t")?;
                text.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl std::str::FromStr for Position {
    type Err = Error;

    fn from_str(token: &str) -> Result<Self> {
        let invalid = || Error::new(Kind::Invalid, "read cursor", "not a cursor of this store");
        let (tie, key) = token.split_once('.').unwrap_or((token, ""));
        let tie = i64::from_str_radix(tie, 16).map_err(|_| invalid())?;
        let key = match key.split_at_checked(1) {
            None if key.is_empty() => PositionKey::None,
            Some(("n", number)) => PositionKey::Number(number.parse().map_err(|_| invalid())?),
            Some(("t", hex)) => {
                let bytes = (0..hex.len())
                    .step_by(2)
                    .map(|at| {
                        hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())
                    })
                    .collect::<Option<Vec<u8>>>()
                    .ok_or_else(invalid)?;
                PositionKey::Text(String::from_utf8(bytes).map_err(|_| invalid())?)
            }
            _ => return Err(invalid()),
        };
        Ok(Position { key, tie })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_survives_its_token(text in ".*", number: i64, tie: i64) {
            let keys = [PositionKey::None, PositionKey::Text(text), PositionKey::Number(number)];
            for key in keys {
                let position = Position { key, tie };
                prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
            }
        }

        #[test]
        fn what_is_no_token_is_refused(tie in 0_i64.., rest in "[^nt].*") {
            let token = format!("{tie:x}.{rest}");
            prop_assert!(token.parse::<Position>().is_err(), "{}", token);
        }

        #[test]
        fn a_foreign_token_is_refused_or_read(token in ".*") {
            let _ = token.parse::<Position>();
        }
    }
}
