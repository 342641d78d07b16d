//! What changed: the feed, and the history of a record.

use cerebrate_core::audit::FieldChange;
use cerebrate_core::audit::chain::{Erasure, ErasureCause};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Alignment, AuthKey, EncryptionKey, EntityKind, EnumerationCollection, InboxMessage, Individual,
    MailingList, Organisation, OrganisationGroup, OutboxMessage, PermissionLimitation, Role,
    SharingGroup, Tag, User,
};
use cerebrate_core::problem::excerpt;
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use cerebrate_store::feed::{Change, Cursor, Payload};
use cerebrate_store::sight::Onlooker;
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Context;
use super::failure::{DONE, Outcome, Stop};
use super::out::{FAINT, visible};
use super::records::{Known, Names, entry_text, find};

/// How many changes are read at once.
const STRETCH: usize = 1_000;

#[derive(Debug, Args)]
pub(crate) struct ChangesArgs {
    /// Only what came behind this cursor
    #[arg(long, value_name = "CURSOR")]
    since: Option<Cursor>,
    /// At most this many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The kind of record, such as `organisation` or `sharing_group`
    kind: String,
    /// A UUID, a number such as `#3`, or a name
    record: String,
    /// Only changes of this field
    #[arg(long, value_name = "FIELD")]
    field: Option<String>,
}

/// `changes`: the feed.
pub(crate) fn changes(context: &mut Context, args: &ChangesArgs) -> Outcome {
    let store = context.place.reading()?;
    let mut left = args.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let mut cursor = args.since.unwrap_or(Cursor::START);
    let mut names = Names::new(&store);
    let json = context.out.is_json();
    let mut first = true;
    if json {
        context.out.text("{\"changes\":[")?;
    }
    let more = loop {
        let stretch = store.changes_at_most(cursor, left.min(STRETCH))?;
        left = left.saturating_sub(stretch.changes.len());
        for change in &stretch.changes {
            if json {
                context.out.text(if first { "\n" } else { ",\n" })?;
                first = false;
                context.out.text(&json_of(change)?.to_string())?;
            } else {
                line(context, &mut names, change)?;
            }
        }
        cursor = stretch.next;
        if left == 0 || !stretch.more {
            break stretch.more;
        }
    };
    if json {
        let end = json!({ "next": cursor.to_string(), "more": more }).to_string();
        // The braces of the two objects become one.
        context.out.text(&format!("\n],{}\n", end.get(1..).unwrap_or("}")))?;
    } else {
        context.out.say(&format!("go on with `--since {cursor}`"))?;
    }
    Ok(DONE)
}

/// `history`: what happened to one record.
pub(crate) fn history(context: &mut Context, args: &HistoryArgs) -> Outcome {
    let store = context.place.reading()?;
    let kind = kind_of(&args.kind)?;
    let id = identity(&store, kind, &args.record)?;
    let mut changes = store.history(kind, id)?;
    if changes.is_empty() && is_seen(&store, kind, id)? {
        context.out.say("notice: what others did to it is seen with `community_admin`")?;
        if context.out.is_json() {
            context.out.document(&changes)?;
        }
        return Ok(DONE);
    }
    if changes.is_empty() {
        return Err(Error::new(
            Kind::NotFound,
            "read history",
            "nothing is known of such a record",
        )
        .with("kind", kind.noun())
        .with("id", id)
        .into());
    }
    if let Some(field) = &args.field {
        let wanted = Wanted::of(store.library()?.as_ref(), field);
        if !changes.iter().any(|change| wanted.is_in(&change.payload)) {
            return Err(Error::new(Kind::NotFound, "read history", "it never had such a field")
                .with("field", excerpt(field))
                .hint("leave out `--field` to see them all")
                .into());
        }
        changes.retain_mut(|change| match &mut change.payload {
            Payload::Updated(fields) => {
                fields.retain(|change| wanted.is(&change.field));
                !fields.is_empty()
            }
            _ => true,
        });
    }
    if context.out.is_json() {
        let changes = changes.iter().map(json_of).collect::<Result<Vec<Value>>>()?;
        context.out.document(&changes)?;
        return Ok(DONE);
    }
    let mut names = Names::new(&store);
    changes.iter().try_for_each(|change| line(context, &mut names, change))?;
    Ok(DONE)
}

/// A field that is asked for: a member of the record, or a field of a template, with or without
/// the template before it.
struct Wanted<'t> {
    text: &'t str,
    /// The template that the text names, and the field of it.
    of_template: Option<(String, &'t str)>,
}

impl<'t> Wanted<'t> {
    fn of(library: &Library, text: &'t str) -> Self {
        let split = text.match_indices(':').find_map(|(at, _)| {
            let template = library.find(text.get(..at)?).ok()?;
            Some((template.key().id.to_string(), text.get(at + 1..)?.trim()))
        });
        Wanted { text, of_template: split }
    }

    /// Whether a field of the feed is it.
    fn is(&self, field: &str) -> bool {
        let mut parts = field.splitn(3, '/');
        if let (Some("meta_fields"), Some(template), Some(name)) =
            (parts.next(), parts.next(), parts.next())
            && self.is_value(template, name)
        {
            return true;
        }
        field == self.text
    }

    fn is_value(&self, template: &str, name: &str) -> bool {
        match &self.of_template {
            Some((id, field)) => id == template && *field == name,
            None => self.text == name,
        }
    }

    /// Whether the record has or had it.
    fn is_in(&self, payload: &Payload) -> bool {
        match payload {
            Payload::Updated(fields) => fields.iter().any(|change| self.is(&change.field)),
            Payload::Inserted(record) | Payload::Removed(record) => {
                let values = record.get("meta_fields").and_then(Value::as_array);
                record.get(self.text).is_some()
                    || values.into_iter().flatten().any(|value| {
                        let of = |at: &str| value.pointer(at).and_then(Value::as_str);
                        of("/template/id")
                            .zip(of("/field"))
                            .is_some_and(|(id, name)| self.is_value(id, name))
                    })
            }
            Payload::Erasure(_) | Payload::Erased | Payload::Withheld => true,
        }
    }
}

pub(crate) fn kind_of(name: &str) -> Result<EntityKind> {
    let wanted = name.trim().to_lowercase().replace(['-', ' '], "_");
    let kind = match wanted.as_str() {
        "group" => Some(EntityKind::SharingGroup),
        "template" => Some(EntityKind::MetaTemplate),
        "enumeration" => Some(EntityKind::EnumerationCollection),
        "key" => Some(EntityKind::EncryptionKey),
        "limitation" => Some(EntityKind::PermissionLimitation),
        name => EntityKind::from_name(name),
    };
    kind.ok_or_else(|| {
        let names = EntityKind::ALL.map(|kind| format!("`{kind}`"));
        Error::new(Kind::Invalid, "read kind", "not a kind of record")
            .with("value", excerpt(name))
            .hint(format!("kinds are {}", names.join(", ")))
    })
}

/// The identity of a record. One that was removed has a history too: its UUID is enough.
pub(crate) fn identity(store: &Store, kind: EntityKind, text: &str) -> Result<Uuid> {
    if let Ok(id) = Uuid::parse_str(text.trim()) {
        return Ok(id);
    }
    match kind {
        EntityKind::Organisation => found::<Organisation>(store, text),
        EntityKind::Individual => found::<Individual>(store, text),
        EntityKind::Alignment => found::<Alignment>(store, text),
        EntityKind::Tag => found::<Tag>(store, text),
        EntityKind::SharingGroup => found::<SharingGroup>(store, text),
        EntityKind::MailingList => found::<MailingList>(store, text),
        EntityKind::OrganisationGroup => found::<OrganisationGroup>(store, text),
        EntityKind::EnumerationCollection => found::<EnumerationCollection>(store, text),
        EntityKind::EncryptionKey => found::<EncryptionKey>(store, text),
        EntityKind::Role => found::<Role>(store, text),
        EntityKind::User => found::<User>(store, text),
        EntityKind::AuthKey => found::<AuthKey>(store, text),
        EntityKind::PermissionLimitation => found::<PermissionLimitation>(store, text),
        EntityKind::InboxMessage => found::<InboxMessage>(store, text),
        EntityKind::OutboxMessage => found::<OutboxMessage>(store, text),
        EntityKind::MetaTemplate => {
            store.library()?.find(text).map(|template| template.key().record_id())
        }
        _ => Err(Error::new(Kind::Invalid, "find record", "name the record by its UUID")),
    }
}

/// Whether the record is there for whoever asks.
fn is_seen(store: &Store, kind: EntityKind, id: Uuid) -> Result<bool> {
    let Some(actor) = store.seen_as() else { return Ok(false) };
    match store.explain(Onlooker::User(actor), kind, id) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Kind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn found<E: Known>(store: &Store, text: &str) -> Result<Uuid> {
    find::<E>(store, text).map(|record| record.id().into())
}

pub(super) fn json_of(change: &Change) -> Result<Value> {
    serde_json::to_value(change).map_err(|source| {
        Error::new(Kind::Corrupt, "read changes", "a change cannot be written").caused_by(source)
    })
}

pub(super) fn line(
    context: &mut Context,
    names: &mut Names<'_>,
    change: &Change,
) -> Result<(), Stop> {
    let (fields, record) = match &change.payload {
        Payload::Updated(fields) => (fields.as_slice(), None),
        Payload::Inserted(record) | Payload::Removed(record) => (&[][..], Some(record)),
        Payload::Erasure(_) | Payload::Erased | Payload::Withheld => (&[][..], None),
    };
    if let Payload::Erasure(erasure) = &change.payload {
        return context.out.line(&erasure_line(change, erasure));
    }
    let titles = ["name", "email", "username", "permission", "title"];
    let name = record.and_then(|record| titles.iter().find_map(|field| record.get(*field)));
    let name = match &change.payload {
        Payload::Erased => "(erased)",
        Payload::Withheld => "(not visible any more)",
        _ => name.and_then(Value::as_str).unwrap_or_default(),
    };
    let text = format!(
        "{FAINT}{} {}{FAINT:#} {} {} {} {}",
        change.seq,
        change.time,
        change.action.as_str(),
        change.kind.noun(),
        change.entity,
        visible(name)
    );
    context.out.line(text.trim_end())?;
    for field in fields {
        let told = field_line(names, field)?;
        context.out.line(&format!("  {told}"))?;
    }
    Ok(())
}

/// What was erased: of one record, or everything before a time.
fn erasure_line(change: &Change, erasure: &Erasure) -> String {
    let rows = counted(erasure.rows.count(), "row");
    let place = format!("{FAINT}{} {}{FAINT:#} erase", change.seq, change.time);
    match erasure.cause {
        ErasureCause::Retention { before } => format!("{place} {rows} from before {before}"),
        _ => format!("{place} {} {} {rows}", change.kind.noun(), change.entity),
    }
}

/// What became of a field, with names for identities.
pub(super) fn field_line(names: &mut Names<'_>, change: &FieldChange) -> Result<String> {
    let mut shown = |value: &Option<Value>| -> Result<String> {
        let Some(value) = value else { return Ok("nothing".to_owned()) };
        Ok(match value {
            Value::Array(entries) if entries.is_empty() => "nothing".to_owned(),
            Value::Array(entries) => {
                let shown = entries.iter().take(ENTRIES);
                let mut texts = shown
                    .map(|value| entry(names, &change.field, value))
                    .collect::<Result<Vec<String>>>()?;
                if let more @ 1.. = entries.len().saturating_sub(ENTRIES) {
                    texts.push(format!("and {more} more"));
                }
                texts.join(", ")
            }
            value => entry(names, &change.field, value)?,
        })
    };
    let (before, after) = (shown(&change.before)?, shown(&change.after)?);
    Ok(format!("{}: {} → {}", visible(&change.field), visible(&before), visible(&after)))
}

/// How many entries of a list are shown.
const ENTRIES: usize = 20;

fn entry(names: &mut Names<'_>, field: &str, value: &Value) -> Result<String> {
    match value.get("value").unwrap_or(value) {
        reference @ Value::String(_) if is_reference(field) => entry_text(names, field, reference),
        Value::String(text) => Ok(format!("`{}`", excerpt(text))),
        Value::Object(_) => entry_text(names, field, value),
        other => Ok(other.to_string()),
    }
}

/// Whether a field holds identities.
fn is_reference(field: &str) -> bool {
    matches!(
        field,
        "organisation"
            | "organisations"
            | "owner"
            | "individual"
            | "administrators"
            | "user"
            | "role"
    )
}
