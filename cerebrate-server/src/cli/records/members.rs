//! Members of groups and lists, values of enumerations.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::EntityKind;
use cerebrate_store::Store;
use serde_json::{Map, Value, json};

use super::kinds::Known;
use super::reference;

/// Adds and takes out members of the record that `members` make up.
pub(crate) fn change<E: Known>(
    store: &Store,
    members: &mut Map<String, Value>,
    added: &[String],
    extend: bool,
    gone: &[String],
) -> Result<()> {
    if added.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let Some(list) = E::MEMBERS else {
        return Err(Error::new(Kind::Invalid, "set members", "these records have no members")
            .with("kind", E::KIND.noun()));
    };
    let mut entries = match members.remove(list) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    for text in gone {
        let key = key::<E>(store, text)?;
        entries.retain(|entry| *identity::<E>(entry) != key);
    }
    for text in added {
        let key = key::<E>(store, text)?;
        let known = entries.iter_mut().find(|entry| *identity::<E>(entry) == key);
        match (known, E::KIND) {
            (Some(Value::Object(member)), EntityKind::SharingGroup) if extend => {
                member.insert("extend".to_owned(), json!(true));
            }
            (Some(_), _) => {}
            (None, EntityKind::SharingGroup) => {
                entries.push(json!({ "organisation": key, "extend": extend }));
            }
            (None, EntityKind::MailingList) => {
                entries.push(json!({ "individual": key, "primary": true }));
            }
            (None, _) => entries.push(key),
        }
    }
    members.insert(list.to_owned(), Value::Array(entries));
    Ok(())
}

/// What identifies the member that `text` names.
fn key<E: Known>(store: &Store, text: &str) -> Result<Value> {
    Ok(match E::KIND {
        EntityKind::MailingList => json!(reference::individual(store, text)?),
        EntityKind::EnumerationCollection => json!(text),
        _ => json!(reference::organisation(store, text)?),
    })
}

/// What identifies a member.
fn identity<E: Known>(entry: &Value) -> &Value {
    match E::KIND {
        EntityKind::SharingGroup => entry.get("organisation").unwrap_or(entry),
        EntityKind::MailingList => entry.get("individual").unwrap_or(entry),
        _ => entry,
    }
}
