//! Records that hang on something, and so what a user sees, as conditions that use the indexes of
//! what connects them.

use std::collections::HashSet;

use cerebrate_core::access::{Actor, Anchors, Permission, Visible};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use foldhash::fast::RandomState;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};
use uuid::Uuid;

use super::failure::failed;
use super::{rows, select};
use crate::sight::visible_to;

/// The identities of a list that is bound as one value: however many there are, it is one
/// statement.
const LISTED: &str = "(SELECT unhex(value) FROM json_each(?))";

/// Of more organisations than this, records are looked at in turn: it takes less than to look for
/// each organisation, and pages come in their order.
const MANY: usize = 1_000;

/// Adds `is_listed(list, identity)` to SQL: whether an identity is one of those whose bytes stand in
/// the list.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection
        .create_scalar_function(
            "is_listed",
            2,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
            |context| {
                let list = context.get_or_create_aux(0, |list| -> rusqlite::Result<Listed> {
                    Ok(list.as_blob()?.as_chunks().0.iter().copied().collect())
                })?;
                let ValueRef::Blob(id) = context.get_raw(1) else { return Ok(false) };
                Ok(id.try_into().is_ok_and(|id: [u8; 16]| list.contains(&id)))
            },
        )
        .map_err(failed("open store"))
}

type Listed = HashSet<[u8; 16], RandomState>;

/// A condition on the row `t`, and the values for its question marks in order.
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// Which records of a kind somebody sees in full; `None` if all are seen, as nobody in particular
/// sees them.
pub(super) fn seen(kind: EntityKind, reader: Option<&Actor>) -> Result<Option<Condition>> {
    match visible_to(reader, kind) {
        Visible::All => Ok(None),
        visible if visible.is_nothing() => Ok(Some(Condition::nothing())),
        Visible::Only(anchors) => hangs_on(kind, &anchors).map(Some),
        _ => Err(Error::new(Kind::Unsupported, "read", "this sight is not known here")),
    }
}

/// Which records of a kind hang on one of the anchors.
pub(super) fn hangs_on(kind: EntityKind, anchors: &Anchors) -> Result<Condition> {
    Ok(match kind {
        EntityKind::Organisation => organisations("t.uuid", anchors),
        EntityKind::Individual => individuals("t.uuid", anchors),
        EntityKind::Alignment => organisations("t.organisation", anchors),
        EntityKind::EncryptionKey => {
            let of = |kind| Condition::new(format!("t.owner_kind = {}", rows::code(kind)), None);
            of(EntityKind::Organisation)
                .and(organisations("t.owner", anchors))
                .or(of(EntityKind::Individual).and(individuals("t.owner", anchors)))
        }
        EntityKind::SharingGroup => organisations("t.owner", anchors).or(through(
            "t.id",
            "SELECT sharing_group FROM sharing_group_member WHERE",
            "organisation",
            anchors,
        )),
        EntityKind::MailingList => {
            // The list is JSON: an identity in it is a quoted text.
            let listed = anchors.individual.map(|id| format!("\"{id}\"").into());
            let listed = listed.map(|text| Condition::new("instr(t.individuals, ?)", Some(text)));
            is("t.owner", anchors.user).or(listed.unwrap_or_else(Condition::nothing))
        }
        EntityKind::User => is("t.uuid", anchors.user).or(organisations("t.organisation", anchors)),
        EntityKind::AuthKey => is("t.user", anchors.user).or(of_users_within("t.user", anchors)),
        EntityKind::UserSetting => is("t.user", anchors.user),
        _ => return Err(select::unfit(kind)),
    })
}

impl Condition {
    fn new(text: impl Into<String>, value: Option<Value>) -> Self {
        Condition { text: text.into(), values: value.into_iter().collect() }
    }

    fn nothing() -> Self {
        Condition::new("0", None)
    }

    fn and(self, other: Condition) -> Self {
        self.joined("AND", other)
    }

    fn or(self, other: Condition) -> Self {
        self.joined("OR", other)
    }

    fn joined(mut self, word: &str, other: Condition) -> Self {
        self.text = format!("({} {word} {})", self.text, other.text);
        self.values.extend(other.values);
        self
    }

    /// `column` is one of the `answer` of those records of a kind.
    pub(super) fn within(self, column: &str, answer: &str, kind: EntityKind) -> Self {
        let table = rows::table(kind);
        let text = format!("{column} IN (SELECT t.{answer} FROM {table} AS t WHERE {})", self.text);
        Condition { text, ..self }
    }
}

fn is(column: &str, id: Option<impl Into<Uuid>>) -> Condition {
    match id {
        Some(id) => {
            let id: Uuid = id.into();
            Condition::new(format!("{column} = ?"), Some(id.as_bytes().to_vec().into()))
        }
        None => Condition::nothing(),
    }
}

/// `column` is one of the organisations.
fn organisations(column: &str, anchors: &Anchors) -> Condition {
    let listed = &anchors.organisations;
    if listed.len() > MANY {
        let bytes: Vec<u8> = listed.iter().flat_map(|id| id.uuid().into_bytes()).collect();
        return Condition::new(format!("is_listed(?, {column})"), Some(bytes.into()));
    }
    Condition::new(format!("{column} IN {LISTED}"), Some(list(listed)))
}

/// `column` is among what `query` finds where `link` is one of the organisations.
fn through(column: &str, query: &str, link: &str, anchors: &Anchors) -> Condition {
    let Condition { text, values } = organisations(link, anchors);
    Condition { text: format!("{column} IN ({query} {text})"), values }
}

/// `column` is the individual, or one that is aligned with one of the organisations.
fn individuals(column: &str, anchors: &Anchors) -> Condition {
    let aligned = "SELECT individual FROM alignment WHERE";
    is(column, anchors.individual).or(through(column, aligned, "organisation", anchors))
}

/// `column` is a user of one of the organisations, with no role beyond a limit.
fn of_users_within(column: &str, anchors: &Anchors) -> Condition {
    let beyond: Vec<String> = Permission::ALL
        .into_iter()
        .filter(|permission| anchors.at_most.is_some_and(|most| !most.has(*permission)))
        .map(|permission| format!("NOT r.{} AND ", permission.as_str()))
        .collect();
    let users = format!(
        "SELECT u.uuid FROM user AS u JOIN role AS r ON r.uuid = u.role
         WHERE {}",
        beyond.concat()
    );
    through(column, &users, "u.organisation", anchors)
}

fn list<'a>(ids: impl IntoIterator<Item = &'a OrganisationId>) -> Value {
    let mut text = String::from("[");
    for id in ids {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        text.push_str(id.uuid().simple().encode_lower(&mut Uuid::encode_buffer()));
        text.push('"');
    }
    text.push(']');
    Value::from(text)
}
