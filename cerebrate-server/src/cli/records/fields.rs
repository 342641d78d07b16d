//! The fields that `--set` takes, and how their texts become values.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{EntityKind, Individual, LimitationScope, Organisation, Role, User};
use cerebrate_core::problem::excerpt;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use serde_json::{Map, Value, json};

use super::kinds::Known;
use super::reference;

const SET: &str = "set field";

/// A field of a kind of record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Whether a new record needs it.
    pub(crate) required: bool,
}

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A text, empty if nothing is given.
    Text,
    /// A text, this one if nothing is given.
    Default(&'static str),
    /// A text or nothing: the empty text takes it away.
    Optional,
    /// Yes or no, this one if nothing is given.
    Boolean(bool),
    /// A time or nothing.
    Time,
    /// A record of that kind.
    Reference(EntityKind),
    /// A kind of record.
    Kind,
    /// The kind of a key.
    Key,
    /// The owner of a key.
    Owner,
    /// A permission of a role: granted or not.
    Permission,
    /// The scope of a limitation.
    Scope,
    /// A number of at least 1.
    Number,
}

impl Field {
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Field { name, shape, required: false }
    }

    pub(crate) const fn required(name: &'static str, shape: Shape) -> Self {
        Field { name, shape, required: true }
    }
}

/// The members of a new record before anything is set.
pub(crate) fn blank<E: Known>(id: uuid::Uuid) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(id));
    for field in E::FIELDS {
        let value = match field.shape {
            Shape::Text if !field.required => json!(""),
            Shape::Default(text) => json!(text),
            Shape::Boolean(fact) => json!(fact),
            _ => continue,
        };
        members.insert(field.name.to_owned(), value);
    }
    if let Some(list) = E::MEMBERS {
        members.insert(list.to_owned(), json!([]));
    }
    members
}

/// The name of a field as records spell it.
pub(crate) fn spelled(name: &str) -> String {
    name.trim().replace('-', "_").to_ascii_lowercase()
}

/// Sets a field of the record that `members` make up.
pub(crate) fn set<E: Known>(
    store: &Store,
    members: &mut Map<String, Value>,
    name: &str,
    text: &str,
) -> Result<()> {
    let wanted = spelled(name);
    let known = E::FIELDS.iter().find(|field| field.name == wanted);
    let Some(field) = known else {
        return Err(unknown::<E>(name));
    };
    let value = read(store, field, text)?;
    if let (Shape::Permission, Some(granted)) = (field.shape, &value) {
        let permissions = members.entry("permissions").or_insert_with(|| json!({}));
        if let Value::Object(permissions) = permissions {
            permissions.insert(field.name.to_owned(), granted.clone());
        }
        return Ok(());
    }
    match value {
        Some(value) => members.insert(field.name.to_owned(), value),
        None => members.remove(field.name),
    };
    Ok(())
}

/// The fields that a new record still lacks.
pub(crate) fn lacking<E: Known>(members: &Map<String, Value>) -> Vec<&'static str> {
    let lacks = |field: &&Field| field.required && !members.contains_key(field.name);
    E::FIELDS.iter().filter(lacks).map(|field| field.name).collect()
}

fn unknown<E: Known>(name: &str) -> Error {
    let names: Vec<String> = E::FIELDS.iter().map(|field| format!("`{}`", field.name)).collect();
    let error = Error::new(Kind::Invalid, SET, "there is no such field")
        .with("kind", E::KIND.noun())
        .with("field", excerpt(name));
    match E::KIND {
        EntityKind::User if spelled(name) == "password" => {
            error.hint("`cerebrate user set-password USER` sets it, without showing it to others")
        }
        EntityKind::Organisation | EntityKind::Individual | EntityKind::User => error.hint(
            format!("it has {}; fields of templates are set with `--meta`", names.join(", ")),
        ),
        _ => error.hint(format!("it has {}", names.join(", "))),
    }
}

fn read(store: &Store, field: &Field, text: &str) -> Result<Option<Value>> {
    let invalid = |message: &'static str| {
        Error::new(Kind::Invalid, SET, message)
            .with("field", field.name)
            .with("value", excerpt(text))
    };
    Ok(Some(match field.shape {
        Shape::Optional | Shape::Time if text.is_empty() => return Ok(None),
        Shape::Text | Shape::Default(_) | Shape::Optional => json!(text),
        Shape::Reference(_) if text.is_empty() && !field.required => return Ok(None),
        Shape::Boolean(_) | Shape::Permission => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => json!(true),
            "false" | "no" | "0" => json!(false),
            _ => return Err(invalid("neither true nor false").hint("use `true` or `false`")),
        },
        Shape::Time => {
            json!(text.parse::<Timestamp>().map_err(|error| error.with("field", field.name))?)
        }
        Shape::Reference(kind) => json!(referred(store, kind, text)?),
        Shape::Kind => {
            let names = || EntityKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
            let kind = EntityKind::from_name(text.trim()).ok_or_else(|| {
                invalid("not a kind of record").hint(format!("kinds are {}", names()))
            });
            json!(kind?)
        }
        Shape::Key => match text.trim().to_ascii_lowercase().as_str() {
            "openpgp" | "pgp" => json!("openpgp"),
            "smime" | "s/mime" => json!("smime"),
            _ => return Err(invalid("not a kind of key").hint("use `openpgp` or `smime`")),
        },
        Shape::Owner => owner(store, text)?,
        Shape::Scope => match LimitationScope::from_name(&text.trim().to_ascii_lowercase()) {
            Some(scope) => json!(scope),
            None => {
                return Err(
                    invalid("not the scope of a limitation").hint("use `global` or `organisation`")
                );
            }
        },
        Shape::Number => match text.trim().parse::<u32>() {
            Ok(number @ 1..) => json!(number),
            _ => return Err(invalid("not a number of at least 1")),
        },
    }))
}

fn referred(store: &Store, kind: EntityKind, text: &str) -> Result<uuid::Uuid> {
    match kind {
        EntityKind::Individual => reference::individual(store, text).map(Into::into),
        EntityKind::Role => reference::find::<Role>(store, text).map(|found| found.id.into()),
        EntityKind::User => reference::find::<User>(store, text).map(|found| found.id.into()),
        _ => reference::organisation(store, text).map(Into::into),
    }
}

/// An owner is an organisation or an individual; `organisation:` or `individual:` before it says
/// which where both could be.
fn owner(store: &Store, text: &str) -> Result<Value> {
    if let Some(rest) = text.strip_prefix("organisation:") {
        return Ok(json!({ "organisation": reference::organisation(store, rest)? }));
    }
    if let Some(rest) = text.strip_prefix("individual:") {
        return Ok(json!({ "individual": reference::individual(store, rest)? }));
    }
    let organisation = reference::find::<Organisation>(store, text);
    let individual = reference::find::<Individual>(store, text);
    match (organisation, individual) {
        (Ok(_), Ok(_)) => {
            Err(Error::new(Kind::Conflict, SET, "an organisation and an individual are called so")
                .with("owner", excerpt(text))
                .hint("put `organisation:` or `individual:` before it"))
        }
        (Ok(found), Err(_)) => Ok(json!({ "organisation": found.id })),
        (Err(_), Ok(found)) => Ok(json!({ "individual": found.id })),
        (Err(error), Err(other)) => Err(if error.kind() == Kind::NotFound { other } else { error }),
    }
}
