//! One record, whole.

use std::fmt::Write as _;

use cerebrate_core::error::Result;
use cerebrate_core::mailing::Addresses;
use cerebrate_core::model::{EntityKind, MetaField};
use cerebrate_core::problem::excerpt;
use cerebrate_core::query::Filter;
use cerebrate_core::sharing::RemovedMember;
use cerebrate_core::words::counted;
use cerebrate_store::Store;
use serde_json::{Value, json};

use super::kinds::{Known, Names, Shown};
use super::{reference, write};
use crate::cli::Context;
use crate::cli::failure::{DONE, Outcome, Stop};
use crate::cli::out::{FAINT, STRONG, visible};

/// How many related records are shown.
const RELATED: usize = 200;

pub(crate) fn show<E: Known>(context: &mut Context, record: &str) -> Outcome {
    let store = context.place.reading()?;
    let record = reference::find::<E>(&store, record)?;
    let number = E::of(&store).local_id(record.id())?;
    if context.out.is_json() {
        let mut json = write::json_of(&Shown::of(&record))?;
        if let (Value::Object(members), Some(number)) = (&mut json, number) {
            members.insert("local_id".to_owned(), json!(number.0));
        }
        if let (Value::Object(members), Some(removed)) =
            (&mut json, record.removed_members(&store)?)
        {
            members.insert("removed_members".to_owned(), json!(removed));
        }
        if let (Value::Object(members), Some(found)) = (&mut json, record.addresses(&store)?) {
            members.insert("addresses".to_owned(), json!(found.addresses));
            members.insert("address_problems".to_owned(), json!(found.problems));
            members.insert("hidden_individuals".to_owned(), json!(found.hidden));
        }
        context.out.document(&json)?;
        return Ok(DONE);
    }
    let json = write::json_of(&record)?;
    let mut names = Names::new(&store);
    let title = record.title(&mut names)?;
    let number = number.map(|number| format!("#{number}")).unwrap_or_default();
    context.out.line(&format!(
        "{STRONG}{}{STRONG:#}  {FAINT}{} {number} {}{FAINT:#}",
        visible(&title),
        E::KIND.noun(),
        record.id()
    ))?;
    if let Value::Object(members) = &json {
        let first = E::FIELDS.iter().filter_map(|field| members.get_key_value(field.name));
        let rest = members.iter().filter(|(name, _)| {
            !matches!(name.as_str(), "id" | "meta_fields")
                && E::FIELDS.iter().all(|field| field.name != name.as_str())
        });
        for (name, value) in first.chain(rest) {
            member(context, &mut names, name, value)?;
        }
    }
    if let Some(Value::Array(values)) = json.get("meta_fields") {
        meta_fields(context, &store, values)?;
    }
    if let Some(removed) = record.removed_members(&store)? {
        removed_members(context, &mut names, &removed)?;
    }
    if let Some(found) = record.addresses(&store)? {
        addresses(context, &found)?;
    }
    related(context, &store, &mut names, E::KIND, record.id().into())?;
    Ok(DONE)
}

fn member(
    context: &mut Context,
    names: &mut Names<'_>,
    name: &str,
    value: &Value,
) -> Result<(), Stop> {
    let label = name.replace('_', " ");
    match value {
        Value::String(text) if text.is_empty() => Ok(()),
        Value::String(text) if text.contains('\n') => {
            context.out.line(&format!("  {label}:"))?;
            text.lines().try_for_each(|line| context.out.line(&format!("    {}", visible(line))))
        }
        Value::Object(members) if name == "data" => {
            context.out.line(&format!("  {label}:"))?;
            members.iter().try_for_each(|(name, value)| {
                let shown = visible(&plain(value)).into_owned();
                context.out.line(&format!("    {}: {shown}", visible(name)))
            })
        }
        Value::Array(entries) if entries.is_empty() => Ok(()),
        Value::Array(entries) if entries.iter().any(Value::is_object) || named(name) => {
            context.out.line(&format!("  {label}:"))?;
            for entry in entries {
                let shown = entry_text(names, name, entry)?;
                context.out.line(&format!("    {}", visible(&shown)))?;
            }
            Ok(())
        }
        Value::Array(entries) => {
            let texts: Vec<String> = entries.iter().map(plain).collect();
            context.out.line(&format!("  {label}: {}", visible(&texts.join(", "))))
        }
        value => {
            let shown = entry_text(names, name, value)?;
            context.out.line(&format!("  {label}: {}", visible(&shown)))
        }
    }
}

/// Whether the entries of a list deserve a line each.
fn named(list: &str) -> bool {
    matches!(list, "organisations" | "administrators" | "values")
}

/// A value, with names for identities.
pub(crate) fn entry_text(names: &mut Names<'_>, list: &str, entry: &Value) -> Result<String> {
    let id = |value: &Value| value.as_str().and_then(|text| uuid::Uuid::parse_str(text).ok());
    let organisation = match list {
        "organisation" | "owner" | "organisations" => id(entry),
        _ => None,
    };
    match (list, id(entry)) {
        ("administrators" | "user", Some(user)) => {
            return Ok(identified(names.user(user.into())?, user));
        }
        ("role", Some(role)) => return Ok(identified(names.role(role.into())?, role)),
        ("permissions", _) => return Ok(granted(entry)),
        // A mailing list belongs to a user.
        ("owner", Some(user)) if names.store.users().get(user.into())?.is_some() => {
            return Ok(identified(names.user(user.into())?, user));
        }
        _ => {}
    }
    let organisation = organisation.or_else(|| entry.get("organisation").and_then(id));
    let individual = if list == "individual" { id(entry) } else { None };
    let individual = individual.or_else(|| entry.get("individual").and_then(id));
    let mut text = match (organisation, individual) {
        (Some(id), _) => identified(names.organisation(id.into())?, id),
        (None, Some(id)) => identified(names.individual(id.into())?, id),
        (None, None) => plain(entry),
    };
    if entry.get("extend") == Some(&Value::Bool(true)) {
        text.push_str(", may extend");
    }
    if entry.get("primary") == Some(&Value::Bool(false)) {
        text.push_str(", not at the primary address");
    }
    let others = entry.get("alternates").and_then(Value::as_array).map_or(0, Vec::len);
    if others > 0 {
        let _ = write!(text, ", {others} chosen among the template fields");
    }
    Ok(text)
}

/// A name with its identity behind it; of what is gone or not seen the identity is all there is.
fn identified(name: String, id: uuid::Uuid) -> String {
    if name == id.to_string() { name } else { format!("{name} ({id})") }
}

/// The permissions that a role grants.
fn granted(permissions: &Value) -> String {
    let flags = permissions.as_object().into_iter().flatten();
    let granted: Vec<&str> = flags
        .filter(|(_, granted)| **granted == Value::Bool(true))
        .map(|(name, _)| name.as_str())
        .collect();
    if granted.is_empty() { "none".to_owned() } else { granted.join(", ") }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

fn meta_fields(context: &mut Context, store: &Store, values: &[Value]) -> Result<(), Stop> {
    let library = store.library()?;
    let values: Vec<MetaField> =
        values.iter().filter_map(|value| serde_json::from_value(value.clone()).ok()).collect();
    let mut keys: Vec<_> = Vec::new();
    for value in &values {
        if !keys.contains(&value.template) {
            keys.push(value.template);
        }
    }
    let mut directory = None;
    for key in keys {
        let title = if let Some(template) = library.get(key) {
            template.to_string()
        } else {
            let known = match &directory {
                Some(known) => known,
                None => directory.insert(store.name_directory()?),
            };
            let entry = known.iter().find(|entry| entry.template == key);
            let name = entry.map_or("unknown template", |entry| entry.name.as_str());
            format!("{name} v{} (not loaded)", key.version)
        };
        context.out.line(&format!("  {STRONG}{}{STRONG:#}", visible(&title)))?;
        for value in values.iter().filter(|value| value.template == key) {
            context.out.line(&format!("    {}", meta_line(value)))?;
        }
    }
    Ok(())
}

fn meta_line(value: &MetaField) -> String {
    let mut line = format!("{}: {}", visible(&value.field), visible(&value.value));
    if let Some(normalised) = &value.normalised {
        let _ = write!(line, " {FAINT}= {}{FAINT:#}", visible(normalised));
    }
    if !value.flags.is_empty() {
        let flags: Vec<&str> = value.flags.iter().map(|flag| flag.as_str()).collect();
        let word = if value.is_valid() { "note" } else { "not valid" };
        let _ = write!(line, " ({word}: {})", flags.join(", "));
    }
    line
}

/// Who is not in a group any more, since when, and whose decision that was.
fn removed_members(
    context: &mut Context,
    names: &mut Names<'_>,
    removed: &[RemovedMember],
) -> Result<(), Stop> {
    if removed.is_empty() {
        return Ok(());
    }
    let here = names.store.node()?;
    context.out.line("  removed members:")?;
    for member in removed {
        let id = member.organisation;
        let mut line = identified(names.organisation(id)?, id.uuid());
        if let Some(at) = member.removal.at {
            let _ = write!(line, ", {at}");
        }
        if let Some(by) = member.removal.by.as_deref().filter(|by| !by.trim().is_empty()) {
            let _ = write!(line, ", by {}", excerpt(&names.actor(by)?));
        }
        if member.node != here {
            let _ = write!(line, ", at node {}", member.node);
        }
        context.out.line(&format!("    {}", visible(&line)))?;
    }
    Ok(())
}

/// Where mail goes, and whom it does not reach.
fn addresses(context: &mut Context, found: &Addresses) -> Result<(), Stop> {
    if !found.addresses.is_empty() {
        context.out.line(&format!("  {STRONG}addresses{STRONG:#}"))?;
    }
    for address in &found.addresses {
        context.out.line(&format!("    {}", visible(address.email.as_str())))?;
    }
    unreached(context, found)
}

/// Whom mail does not reach.
pub(crate) fn unreached(context: &mut Context, found: &Addresses) -> Result<(), Stop> {
    for problem in &found.problems {
        let whose = problem.advice().map(|whose| format!(" ({whose})")).unwrap_or_default();
        context.out.warn(&format!("{problem}{whose}"))?;
    }
    if found.hidden > 0 {
        let hidden = counted(found.hidden, "individual");
        context.out.warn(&format!("hidden from this user: {hidden} on the list"))?;
    }
    Ok(())
}

/// Who works where.
fn related(
    context: &mut Context,
    store: &Store,
    names: &mut Names<'_>,
    kind: EntityKind,
    id: uuid::Uuid,
) -> Result<(), Stop> {
    let filter = match kind {
        EntityKind::Organisation => Filter::Organisation(id.into()),
        EntityKind::Individual => Filter::Individual(id.into()),
        _ => return Ok(()),
    };
    let page = store.alignments().find().filter(filter).one_page(RELATED)?;
    if page.records.is_empty() {
        return Ok(());
    }
    let heading = if kind == EntityKind::Organisation { "individuals" } else { "organisations" };
    context.out.line(&format!("  {STRONG}{heading}{STRONG:#}"))?;
    for alignment in &page.records {
        let name = if kind == EntityKind::Individual {
            names.organisation(alignment.organisation)?
        } else {
            names.individual(alignment.individual)?
        };
        let line = format!("{name} ({})", alignment.role);
        context.out.line(&format!("    {}", visible(&line)))?;
    }
    if page.next.is_some() {
        context.out.line("    and more")?;
    }
    Ok(())
}
