//! What a reader sees, as a condition.

use cerebrate_core::access::{Anchors, Permission, Sort, Visible};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use rusqlite::types::Value;

use super::rows;
use crate::statistics::Sights;

/// A condition on the table `t`, and the values for its question marks in order.
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    fn new(text: impl Into<String>, values: Vec<Value>) -> Self {
        Condition { text: text.into(), values }
    }

    fn nothing() -> Self {
        Condition::new("0", Vec::new())
    }

    fn and(mut self, other: Condition) -> Self {
        self.text = format!("({}) AND ({})", self.text, other.text);
        self.values.extend(other.values);
        self
    }

    fn or(mut self, other: Condition) -> Self {
        self.text = format!("({}) OR ({})", self.text, other.text);
        self.values.extend(other.values);
        self
    }

    /// `column` is one of the `answer` of those records of a kind.
    pub(super) fn within(self, column: &str, answer: &str, kind: EntityKind) -> Self {
        let Condition { text, values } = self;
        let table = rows::table(kind);
        Condition::new(
            format!("{column} IN (SELECT t.{answer} FROM {table} AS t WHERE {text})"),
            values,
        )
    }
}

/// Which records of a kind are seen; `None` if all are. A kind that is not known here is hidden
/// from whoever does not see everything.
pub(super) fn condition(kind: EntityKind, sights: &Sights) -> Result<Option<Condition>> {
    let only = |sort: Sort| match sights.of(sort) {
        Visible::All => Ok(None),
        Visible::Only(anchors) => Ok(Some(anchors)),
        _ => Err(Error::new(Kind::Unsupported, "read", "this sight is not known here")),
    };
    Ok(match kind {
        EntityKind::Organisation => {
            only(Sort::Organisation)?.map(|anchors| organisations(&anchors, "t.uuid"))
        }
        EntityKind::Individual => {
            only(Sort::Individual)?.map(|anchors| individuals(&anchors, "t.uuid"))
        }
        EntityKind::Alignment => both(
            only(Sort::Individual)?.map(|anchors| individuals(&anchors, "t.individual")),
            only(Sort::Organisation)?.map(|anchors| organisations(&anchors, "t.organisation")),
        ),
        EntityKind::EncryptionKey => {
            let individuals =
                only(Sort::Individual)?.map(|anchors| individuals(&anchors, "t.owner"));
            let organisations =
                only(Sort::Organisation)?.map(|anchors| organisations(&anchors, "t.owner"));
            match (individuals, organisations) {
                (None, None) => None,
                (individuals, organisations) => {
                    let of = |kind: EntityKind, seen: Option<Condition>| {
                        let owner = format!("t.owner_kind = {}", rows::code(kind));
                        let owner = Condition::new(owner, Vec::new());
                        match seen {
                            Some(seen) => owner.and(seen),
                            None => owner,
                        }
                    };
                    Some(
                        of(EntityKind::Individual, individuals)
                            .or(of(EntityKind::Organisation, organisations)),
                    )
                }
            }
        }
        EntityKind::SharingGroup => only(Sort::SharingGroup)?.map(|anchors| {
            organisations(&anchors, "t.owner").or(Condition::new(
                format!(
                    "t.id IN (SELECT m.sharing_group FROM sharing_group_member AS m
                      WHERE m.organisation IN ({LISTED}))"
                ),
                vec![list(anchors.organisations.iter().copied())],
            ))
        }),
        EntityKind::MailingList => only(Sort::MailingList)?.map(|anchors| {
            let listed = match anchors.individual {
                // The list is JSON: an identity in it is a quoted text.
                Some(id) => {
                    Condition::new("instr(t.individuals, ?)", vec![format!("\"{id}\"").into()])
                }
                None => Condition::nothing(),
            };
            listed.or(is_user(&anchors, "t.owner"))
        }),
        EntityKind::User => only(Sort::User)?.map(|anchors| {
            is_user(&anchors, "t.uuid").or(organisations(&anchors, "t.organisation"))
        }),
        EntityKind::AuthKey => only(Sort::AuthKey)?
            .map(|anchors| is_user(&anchors, "t.user").or(granted_at_most(&anchors, "t.user"))),
        EntityKind::UserSetting => {
            only(Sort::UserSetting)?.map(|anchors| is_user(&anchors, "t.user"))
        }
        EntityKind::InboxMessage => only(Sort::InboxMessage)?.map(|_| Condition::nothing()),
        EntityKind::OutboxMessage => only(Sort::OutboxMessage)?.map(|_| Condition::nothing()),
        EntityKind::Role
        | EntityKind::PermissionLimitation
        | EntityKind::Tag
        | EntityKind::MetaTemplate
        | EntityKind::OrganisationGroup
        | EntityKind::EnumerationCollection => only(Sort::Common)?.map(|_| Condition::nothing()),
        _ if *sights == Sights::everything() => None,
        _ => Some(Condition::nothing()),
    })
}

const LISTED: &str = "SELECT unhex(value) FROM json_each(?)";

fn both(one: Option<Condition>, other: Option<Condition>) -> Option<Condition> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

fn organisations(anchors: &Anchors, column: &str) -> Condition {
    Condition::new(
        format!("{column} IN ({LISTED})"),
        vec![list(anchors.organisations.iter().copied())],
    )
}

fn individuals(anchors: &Anchors, column: &str) -> Condition {
    let aligned = Condition::new(
        format!(
            "{column} IN (SELECT a.individual FROM alignment AS a WHERE a.organisation IN ({LISTED}))"
        ),
        vec![list(anchors.organisations.iter().copied())],
    );
    match anchors.individual {
        Some(id) => Condition::new(
            format!("{column} = ?"),
            vec![Value::from(id.uuid().as_bytes().to_vec())],
        )
        .or(aligned),
        None => aligned,
    }
}

fn is_user(anchors: &Anchors, column: &str) -> Condition {
    match anchors.user {
        Some(id) => {
            Condition::new(format!("{column} = ?"), vec![id.uuid().as_bytes().to_vec().into()])
        }
        None => Condition::nothing(),
    }
}

/// Users of the organisations whose role grants no more than it may.
fn granted_at_most(anchors: &Anchors, column: &str) -> Condition {
    let granted = Permission::ALL.into_iter().filter(|permission| match anchors.at_most {
        Some(most) => !most.has(*permission),
        None => false,
    });
    let limits: Vec<String> =
        granted.map(|permission| format!(" AND NOT r.{permission}")).collect();
    Condition::new(
        format!(
            "{column} IN (SELECT u.uuid FROM user AS u JOIN role AS r ON r.uuid = u.role
             WHERE u.organisation IN ({LISTED}){})",
            limits.concat()
        ),
        vec![list(anchors.organisations.iter().copied())],
    )
}

/// One value, however many there are.
fn list(ids: impl Iterator<Item = OrganisationId>) -> Value {
    let texts: Vec<String> = ids.map(|id| format!("\"{}\"", id.uuid().simple())).collect();
    Value::from(format!("[{}]", texts.join(",")))
}
