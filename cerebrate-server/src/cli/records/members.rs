//! Members of groups and lists, values of enumerations.

use std::collections::HashSet;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use cerebrate_core::problem::excerpt;
use cerebrate_store::Store;
use serde_json::{Map, Value, json};

use super::kinds::Known;
use super::reference;
use crate::cli::failure::Stop;

const SET: &str = "set members";

/// Adds and takes out members of the record that `members` make up. A member of a sharing group that
/// is named again has the right to extend just if `extend` says so.
pub(crate) fn change<E: Known>(
    store: &Store,
    members: &mut Map<String, Value>,
    added: &[String],
    extend: bool,
    gone: &[String],
) -> Result<(), Stop> {
    if added.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let Some(list) = E::MEMBERS else {
        return Err(Error::new(Kind::Invalid, SET, "these records have no members")
            .with("kind", E::KIND.noun())
            .into());
    };
    let key = |text: &str| key::<E>(store, text);
    let (added, gone) = named(("--member", added), ("--without", gone), key)?;
    let mut entries = match members.remove(list) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    for (key, text) in gone {
        let before = entries.len();
        entries.retain(|entry| *identity::<E>(entry) != key);
        if entries.len() == before {
            return Err(Error::new(Kind::NotFound, SET, "it is no member")
                .with("kind", E::KIND.noun())
                .with("member", excerpt(text))
                .into());
        }
    }
    for (key, _) in added {
        let known = entries.iter_mut().find(|entry| *identity::<E>(entry) == key);
        match (known, E::KIND) {
            (Some(Value::Object(member)), EntityKind::SharingGroup) => {
                member.insert("extend".to_owned(), json!(extend));
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

/// What texts name, each beside its text.
pub(super) type Named<'t> = Vec<(Value, &'t str)>;

/// What the texts behind two flags name. Nobody is named twice: one of the two would be lost.
pub(super) fn named<'t>(
    (add, added): (&str, &'t [String]),
    (remove, gone): (&str, &'t [String]),
    key: impl Fn(&str) -> Result<Value>,
) -> Result<(Named<'t>, Named<'t>), Stop> {
    let mut known: Vec<(Value, String)> = Vec::new();
    let mut read = |flag: &str, texts: &'t [String]| -> Result<Named<'t>, Stop> {
        let mut found = Named::new();
        for text in texts {
            let key = key(text)?;
            if let Some((_, other)) = known.iter().find(|(known, _)| *known == key) {
                let text = excerpt(text);
                return Err(Stop::Usage(format!("`{flag} {text}` names what `{other}` names")));
            }
            known.push((key.clone(), format!("{flag} {}", excerpt(text))));
            found.push((key, text));
        }
        Ok(found)
    };
    Ok((read(add, added)?, read(remove, gone)?))
}

/// The members of a sharing group that could extend it before and can no longer.
pub(super) fn narrowed(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<OrganisationId> {
    let members = |group: &Map<String, Value>, extend: bool| -> HashSet<OrganisationId> {
        let entries = group.get("members").and_then(Value::as_array).into_iter().flatten();
        entries
            .filter(|entry| entry.get("extend") == Some(&Value::Bool(extend)))
            .filter_map(|entry| entry.get("organisation")?.as_str()?.parse().ok())
            .collect()
    };
    let mut narrowed: Vec<_> =
        members(before, true).intersection(&members(after, false)).copied().collect();
    narrowed.sort_unstable();
    narrowed
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
