//! Records come, change and go.

use std::path::PathBuf;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Alignment, EntityKind, Individual, MetaField, Record, SharingGroup, Tag, TagName,
};
use cerebrate_core::problem::{Problem, ProblemKind, excerpt};
use cerebrate_core::value::Email;
use cerebrate_store::Store;
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::kinds::{Known, Names, Shown};
use super::meta::{self, Edits};
use super::{accounts, fields, members, reference};
use crate::cli::Context;
use crate::cli::audit::log::offer_undo;
use crate::cli::failure::{DONE, Outcome, Stop};
use crate::cli::files;
use crate::cli::out::visible;

/// How many others are named who share an e-mail address or all members.
const NAMED: usize = 3;

/// In which role somebody works of whom no more is said.
const MEMBER: &str = "Member";

/// What a record is to become.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Set a field of the record; an empty value takes an optional field away
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Set a field to what is in a file, such as `text=key.asc`; `-` is stdin
    #[arg(long, value_name = "FIELD=FILE")]
    set_file: Vec<String>,
    /// Set a template field, in place of its values: once for each value; an empty value clears it
    #[arg(long, value_name = "[TEMPLATE:]FIELD=VALUE")]
    meta: Vec<String>,
    /// Give a template field one more value
    #[arg(long, value_name = "[TEMPLATE:]FIELD=VALUE")]
    add_meta: Vec<String>,
    /// Put a tag on the record
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Take a tag off the record
    #[arg(long, value_name = "TAG")]
    untag: Vec<String>,
    /// Add a member to a group or list, or a value to an enumeration; a member of a sharing group
    /// that is named again may extend it with `--extend`, and without it no longer
    #[arg(long, value_name = "RECORD")]
    member: Vec<String>,
    /// Let the members named extend the sharing group
    #[arg(long, requires = "member")]
    extend: bool,
    /// Make a sharing group though another one has the same members
    #[arg(long)]
    another: bool,
    /// Take a member or value out
    #[arg(long, value_name = "RECORD")]
    without: Vec<String>,
    /// Let a user administer the organisations of the organisation group
    #[arg(long, value_name = "USER")]
    administrator: Vec<String>,
    /// Let a user administer them no longer
    #[arg(long, value_name = "USER")]
    without_administrator: Vec<String>,
    /// Keep and flag what is not valid, rather than refuse it
    #[arg(long)]
    keep_invalid: bool,
}

/// What was written.
#[derive(Serialize)]
struct Written<'a, E: Serialize> {
    outcome: &'static str,
    record: Shown<'a, E>,
}

/// Makes a record.
pub(crate) fn add<E: Known>(
    context: &mut Context,
    name: Option<&str>,
    id: Option<uuid::Uuid>,
    works_for: &[String],
    wanted: &Wanted,
) -> Outcome {
    if !works_for.is_empty() && E::KIND != EntityKind::Individual {
        return Err(Stop::Misused {
            message: "`--works-for` is for individuals".to_owned(),
            hint: "leave it out".to_owned(),
        });
    }
    let first = match E::KIND {
        EntityKind::Individual => "email",
        EntityKind::User => "username",
        EntityKind::PermissionLimitation => "permission",
        _ => "name",
    };
    if let Some(name) = name {
        set_once(first, name, wanted)?;
    }
    let store = context.place.writing()?;
    let blank = fields::blank::<E>(id.unwrap_or_else(|| store.next_id()));
    let mut members = blank.clone();
    if let Some(name) = name {
        fields::set::<E>(&store, &mut members, first, name)?;
    }
    apply::<E>(&store, &mut members, wanted)?;
    E::complete(&store, &mut members)?;
    let lacking = fields::lacking::<E>(&members);
    if !lacking.is_empty() {
        let flags: Vec<String> = lacking.iter().map(|field| format!("`--set {field}=…`")).collect();
        return Err(Error::new(Kind::Invalid, "add record", "something is missing")
            .with("kind", E::KIND.noun())
            .with("fields", lacking.join(", "))
            .hint(format!("add {}", flags.join(", ")))
            .into());
    }
    let record = finished::<E>(context, &store, &blank, members, wanted)?;
    if !wanted.another
        && let [other, ..] = record.of_same_members(&store)?.as_slice()
    {
        return Err(Error::new(Kind::Conflict, "add group", "there is one with the same members")
            .with("name", excerpt(&other.name))
            .hint(format!(
                "`cerebrate group show {}` is it; `--another` makes a second one",
                other.id
            ))
            .into());
    }
    let employers: Vec<OrganisationId> = works_for
        .iter()
        .map(|text| reference::organisation(&store, text))
        .collect::<Result<_>>()?;
    // Together: who adds people for an organisation says in the same breath for which.
    let record = store.transaction(|transaction| {
        let record = E::within(transaction).insert(record)?;
        for employer in &employers {
            let id: uuid::Uuid = record.id().into();
            let employed = Alignment::new(id.into(), *employer, MEMBER);
            transaction.alignments().insert(employed)?;
        }
        Ok(record)
    })?;
    tell(context, &store, "inserted", &record)?;
    if let Some(notice) = record.notice(&mut Names::new(&store))? {
        context.out.say(&visible(&notice))?;
    }
    tell_same_members(context, &record.of_same_members(&store)?)?;
    tell_same_address(context, &record.of_same_address(&store)?)
}

/// What the name says already is not said again by a flag: one of the two would be lost.
fn set_once(first: &str, name: &str, wanted: &Wanted) -> Result<(), Stop> {
    for (flag, texts) in [("--set", &wanted.set), ("--set-file", &wanted.set_file)] {
        let field = |text: &String| text.split_once('=').map(|(field, _)| fields::spelled(field));
        if texts.iter().any(|text| field(text).as_deref() == Some(first)) {
            let name = excerpt(name);
            return Err(Stop::Misused {
                message: format!(
                    "`{flag} {first}=…` beside `{name}`, which is the {first} already"
                ),
                hint: format!("leave out either `{name}` or `{flag} {first}=…`"),
            });
        }
    }
    Ok(())
}

/// Names the others who have the address: two people of one address are rarely meant.
fn tell_same_address(context: &mut Context, others: &[Individual]) -> Outcome {
    for other in others.iter().take(NAMED) {
        let name = other.full_name().unwrap_or_else(|| "another individual".to_owned());
        let (email, name) = (excerpt(&other.email), excerpt(name.trim()));
        context.out.say(&format!("notice: `{email}` is the e-mail address of {name} too"))?;
        context.out.say(&format!("hint: `cerebrate individual show {}`", other.id))?;
    }
    if let more @ 1.. = others.len().saturating_sub(NAMED) {
        context.out.say(&format!("notice: and of {more} more"))?;
    }
    Ok(DONE)
}

/// Names the other groups of the same members: one of them may be the one that was wanted.
fn tell_same_members(context: &mut Context, others: &[SharingGroup]) -> Outcome {
    for other in others.iter().take(NAMED) {
        let name = excerpt(&other.name);
        context.out.say(&format!("notice: `{name}` has the same members"))?;
        context.out.say(&format!("hint: `cerebrate group show {}`", other.id))?;
    }
    if let more @ 1.. = others.len().saturating_sub(NAMED) {
        context.out.say(&format!("notice: and so have {more} more"))?;
    }
    Ok(DONE)
}

/// Changes a record.
pub(crate) fn edit<E: Known>(context: &mut Context, record: &str, wanted: &Wanted) -> Outcome {
    let store = context.place.writing()?;
    let before = reference::find::<E>(&store, record)?;
    let Value::Object(standing) = json_of(&before)? else {
        return Err(unreadable::<E>().into());
    };
    let mut members = standing.clone();
    apply::<E>(&store, &mut members, wanted)?;
    // The store gives the time of the change.
    members.remove("modified");
    let is_moved = members.get("email") != standing.get("email");
    let has_others = members.get("members") != standing.get("members");
    let narrowed = members::narrowed(&standing, &members);
    let is_limited_anew = members.get("permission") != standing.get("permission");
    let after = finished::<E>(context, &store, &standing, members, wanted)?;
    let (record, outcome) = store.transaction(|transaction| {
        let records = E::within(transaction);
        if records.get(before.id())?.as_ref() != Some(&before) {
            return Err(Error::new(Kind::Conflict, "edit record", "the record changed meanwhile")
                .with("kind", E::KIND.noun())
                .with("id", before.id())
                .hint("try again"));
        }
        if after.id() != before.id() {
            // The identity of some records is made of their fields: another one takes its place.
            return after.replace(transaction, &before).map(|record| (record, "updated"));
        }
        let (record, outcome) = records.upsert(after)?;
        let outcome = match outcome {
            cerebrate_store::store::Outcome::Unchanged => "unchanged",
            _ => "updated",
        };
        Ok((record, outcome))
    })?;
    tell(context, &store, outcome, &record)?;
    let mut names = Names::new(&store);
    for member in narrowed {
        let name = names.organisation(member)?;
        context.out.say(&format!("notice: {} may extend it no longer", excerpt(&name)))?;
    }
    if is_limited_anew && let Some(notice) = record.notice(&mut names)? {
        context.out.say(&visible(&notice))?;
    }
    let groups = if has_others { record.of_same_members(&store)? } else { Vec::new() };
    tell_same_members(context, &groups)?;
    let others = if is_moved { record.of_same_address(&store)? } else { Vec::new() };
    tell_same_address(context, &others)
}

/// Takes records out, all in one change set.
pub(crate) fn remove<E: Known>(context: &mut Context, records: &[String]) -> Outcome {
    let store = context.place.writing()?;
    let mut ids: Vec<E::Id> = Vec::with_capacity(records.len());
    for record in records {
        let id = reference::find::<E>(&store, record)?.id();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut names = Names::new(&store);
    let (removed, set) = store.transaction(|transaction| {
        let records = E::within(transaction);
        let removed = ids.iter().map(|id| records.remove(*id)).collect::<Result<Vec<E>>>()?;
        Ok((removed, transaction.change_set()))
    })?;
    if context.out.is_json() {
        let shown = |record: &E| json_of(&Shown::of(record));
        let removed = removed.iter().map(shown).collect::<Result<Vec<Value>>>()?;
        context.out.document(&json!({ "change_set": set, "removed": removed }))?;
        return Ok(DONE);
    }
    for record in &removed {
        let title = record.title(&mut names)?;
        context.out.say(&format!("removed {} {title} ({})", E::KIND.noun(), record.id()))?;
    }
    offer_undo(context, &store, set)?;
    Ok(DONE)
}

fn apply<E: Known>(
    store: &Store,
    members: &mut Map<String, Value>,
    wanted: &Wanted,
) -> Result<(), Stop> {
    for text in &wanted.set {
        let (field, value) = pair("--set", text)?;
        fields::set::<E>(store, members, field, value)?;
    }
    for text in &wanted.set_file {
        let (field, file) = pair("--set-file", text)?;
        let value = files::read_text(&PathBuf::from(file), files::LARGEST_TEXT)?;
        fields::set::<E>(store, members, field, &value)?;
    }
    if !wanted.tag.is_empty() || !wanted.untag.is_empty() {
        set_tags::<E>(members, wanted)?;
    }
    members::change::<E>(store, members, &wanted.member, wanted.extend, &wanted.without)?;
    let (added, gone) = (&wanted.administrator, &wanted.without_administrator);
    accounts::administrators::<E>(store, members, added, gone)?;
    Ok(())
}

fn pair<'t>(flag: &str, text: &'t str) -> Result<(&'t str, &'t str), Stop> {
    text.split_once('=').ok_or_else(|| {
        Stop::Usage(format!("`{flag} {}` is not of the form `FIELD=VALUE`", excerpt(text)))
    })
}

fn set_tags<E: Known>(members: &mut Map<String, Value>, wanted: &Wanted) -> Result<()> {
    if !matches!(
        E::KIND,
        EntityKind::Organisation | EntityKind::Individual | EntityKind::OrganisationGroup
    ) {
        return Err(Error::new(Kind::Invalid, "set tags", "these records carry no tags")
            .with("kind", E::KIND.noun()));
    }
    let read = |texts: &[String]| -> Result<Vec<TagName>> {
        texts.iter().map(|text| text.parse()).collect()
    };
    let gone = read(&wanted.untag)?;
    let stored = members.remove("tags").unwrap_or_else(|| json!([]));
    let mut tags: Vec<TagName> =
        serde_json::from_value(stored).map_err(|source| unreadable::<E>().caused_by(source))?;
    tags.extend(read(&wanted.tag)?);
    tags.retain(|tag| gone.iter().all(|gone| gone.id() != tag.id()));
    members.insert("tags".to_owned(), json!(tags));
    Ok(())
}

/// The record that the members make up, checked.
fn finished<E: Known>(
    context: &mut Context,
    store: &Store,
    before: &Map<String, Value>,
    mut members: Map<String, Value>,
    wanted: &Wanted,
) -> Result<E, Stop> {
    let mut problems = Vec::new();
    if !wanted.meta.is_empty() || !wanted.add_meta.is_empty() {
        let library = store.library()?;
        problems = set_meta::<E>(&library, &mut members, wanted)?;
    }
    for field in E::FIELDS {
        let value = members.get(field.name).filter(|value| before.get(field.name) != Some(value));
        if let Some(Value::String(text)) = value {
            problems.extend(text_problems(E::KIND, field.name, text));
        }
    }
    let (notices, problems): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem: &Problem| problem.is_notice());
    if !problems.is_empty() && !wanted.keep_invalid {
        return Err(Stop::Refused(
            Error::new(Kind::Invalid, "write record", "not valid")
                .hint("`--keep-invalid` stores it all the same, flagged"),
            problems,
        ));
    }
    for notice in notices {
        context.out.say(&format!("notice: {notice}"))?;
    }
    let record = Record::from_json(E::KIND, Value::Object(members)).map_err(|source| {
        Error::new(Kind::Invalid, "write record", source.to_string()).with("kind", E::KIND.noun())
    })?;
    E::try_from(record).map_err(|_| unreadable::<E>().into())
}

fn set_meta<E: Known>(
    library: &Library,
    members: &mut Map<String, Value>,
    wanted: &Wanted,
) -> Result<Vec<Problem>> {
    let read = |texts: &[String]| -> Result<Vec<(meta::Place, String)>> {
        texts.iter().map(|text| meta::read(library, E::KIND, text)).collect()
    };
    let edits = Edits { replaced: read(&wanted.meta)?, added: read(&wanted.add_meta)? };
    let stored = members.remove("meta_fields").unwrap_or_else(|| json!([]));
    let mut values: Vec<MetaField> =
        serde_json::from_value(stored).map_err(|source| unreadable::<E>().caused_by(source))?;
    edits.apply(&mut values);
    let problems = edits.problems(library, &values);
    members.insert("meta_fields".to_owned(), json!(values));
    Ok(problems)
}

/// What is wrong with a text of the record itself.
fn text_problems(kind: EntityKind, field: &str, value: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if kind == EntityKind::Individual && field == "email" && value.parse::<Email>().is_err() {
        problems.push(Problem::new(ProblemKind::NotEmail, field, value, "not an e-mail address"));
    }
    if kind == EntityKind::Tag && field == "colour" {
        problems.extend(Tag::colour_problem(value));
    }
    if let Some(kind) = fold::hidden_characters(value) {
        let message = "holds characters that cannot be seen or reorder text";
        problems.push(Problem::new(kind, field, value, message));
    }
    if let Some(kind) = fold::control_characters(value) {
        problems.push(Problem::new(kind, field, value, "holds control characters"));
    }
    problems
}

/// Tells what became of a record.
pub(crate) fn tell<E: Known>(
    context: &mut Context,
    store: &Store,
    outcome: &'static str,
    record: &E,
) -> Outcome {
    if context.out.is_json() {
        context.out.document(&Written { outcome, record: Shown::of(record) })?;
        return Ok(DONE);
    }
    context.out.line(&record.id().to_string())?;
    let title = record.title(&mut Names::new(store))?;
    context.out.say(&format!("{outcome} {} {title}", E::KIND.noun()))?;
    Ok(DONE)
}

/// The record as JSON, in our spelling.
pub(crate) fn json_of(record: &impl Serialize) -> Result<Value> {
    serde_json::to_value(record).map_err(|source| {
        Error::new(Kind::Corrupt, "write record", NOT_AS_IT_SHOULD).caused_by(source)
    })
}

const NOT_AS_IT_SHOULD: &str = "the record is not what it should be";

fn unreadable<E: Known>() -> Error {
    Error::new(Kind::Corrupt, "write record", NOT_AS_IT_SHOULD).with("kind", E::KIND.noun())
}
