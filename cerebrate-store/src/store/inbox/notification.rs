//! Site admins are told what others change.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use cerebrate_core::access::Permission;
use cerebrate_core::audit::FieldChange;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::UserId;
use cerebrate_core::inbox::DATA_CHANGE;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    EntityKind, InboxMessage, MessageData, MetaField, Organisation, Record, Severity, User,
};
use cerebrate_core::problem::{Problem, ProblemKind};
use cerebrate_core::query::Filter;
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::processor::{InboxProcessor, Processed};
use super::{cut, rules};
use crate::feed;
use crate::store::Transaction;
use crate::store::accounts::actor;
use crate::store::transaction::Along;

/// Up to so many records of a change set are told of one by one; more are told of in one message.
const ONE_BY_ONE: usize = 100;

/// The most bytes of a value in a message.
const VALUE: usize = 4 * 1024;

/// The fields of organisations and users that somebody is told of. What the store changes by itself
/// is not enough to tell.
const ORGANISATION_FIELDS: [&str; 8] =
    ["id", "name", "url", "nationality", "sector", "kind", "contacts", "meta_fields"];
const USER_FIELDS: [&str; 6] =
    ["id", "individual", "organisation", "role", "disabled", "meta_fields"];

/// Notifications: made by the store, and read.
#[derive(Debug)]
pub(super) struct DataChange;

impl InboxProcessor for DataChange {
    fn scope(&self) -> &str {
        DATA_CHANGE.0
    }

    fn action(&self) -> &str {
        DATA_CHANGE.1
    }

    fn description(&self) -> &'static str {
        "Somebody changed an organisation or a user"
    }

    fn check(&self, data: &MessageData) -> Vec<Problem> {
        let is_missing = |member: &&str| data.get(*member).is_none_or(|value| !value.is_object());
        let missing = ["original", "changed"].into_iter().filter(is_missing);
        let problem = |member| {
            Problem::new(ProblemKind::WrongType, member, "", "an object of fields is expected")
        };
        missing.map(problem).collect()
    }

    fn admit(&self, _: &Transaction<'_>, _: &InboxMessage) -> Result<()> {
        Err(Error::new(Kind::Invalid, "submit message", "notifications are made by the store"))
    }

    fn title(&self, data: &MessageData) -> String {
        data.get("summaryMessage").and_then(Value::as_str).unwrap_or("Data changed").to_owned()
    }

    fn process(&self, _: &Transaction<'_>, _: &InboxMessage, _: &Value) -> Result<Processed> {
        Ok(Processed::done("notification acknowledged"))
    }
}

/// What a transaction did that somebody is to be told of.
#[derive(Debug, Default)]
pub(in crate::store) struct Noticed {
    /// Whether what this author does is told, once somebody asked.
    is_told: OnceCell<bool>,
    records: RefCell<Records>,
}

#[derive(Debug, Default)]
struct Records {
    places: HashMap<(EntityKind, Uuid), usize>,
    /// In the order in which they were met.
    seen: Vec<Seen>,
}

/// A record that was touched.
#[derive(Debug)]
struct Seen {
    kind: EntityKind,
    existed: bool,
    exists: bool,
    /// First and last state, as long as there are few records.
    states: Option<Box<(Option<Record>, Option<Record>)>>,
}

impl Transaction<'_> {
    /// Keeps in mind that a record changed, if anybody is to be told. `changes` are those of a record
    /// that stood and stands.
    pub(in crate::store) fn notice(
        &self,
        before: Option<&Record>,
        after: Option<&Record>,
        changes: Option<&[FieldChange]>,
    ) -> Result<()> {
        let Some(record) = after.or(before) else { return Ok(()) };
        let watched: &[&str] = match record.kind() {
            EntityKind::Organisation => &ORGANISATION_FIELDS,
            EntityKind::User => &USER_FIELDS,
            _ => return Ok(()),
        };
        let is_watched = |change: &FieldChange| {
            let field = change.field.split('/').next().unwrap_or_default();
            watched.contains(&field)
        };
        if changes.is_some_and(|changes| !changes.iter().any(is_watched)) || !self.is_told()? {
            return Ok(());
        }
        let mut records = self.noticed.records.borrow_mut();
        let Records { places, seen } = &mut *records;
        let count = seen.len();
        let place = *places.entry((record.kind(), record.id())).or_insert(count);
        if place == count {
            let few = count < ONE_BY_ONE;
            if count == ONE_BY_ONE {
                for seen in &mut *seen {
                    seen.states = None;
                }
            }
            seen.push(Seen {
                kind: record.kind(),
                existed: before.is_some(),
                exists: after.is_some(),
                states: few.then(|| Box::new((before.cloned(), after.cloned()))),
            });
        } else if let Some(seen) = seen.get_mut(place) {
            seen.exists = after.is_some();
            if let Some(states) = &mut seen.states {
                states.1 = after.cloned();
            }
        }
        Ok(())
    }

    /// Whether others are told what this author does: not what admins and peers do, and not what
    /// nobody in particular does.
    fn is_told(&self) -> Result<bool> {
        if let Some(told) = self.noticed.is_told.get() {
            return Ok(*told);
        }
        let author = match self.viewer() {
            Some(viewer) => Some(viewer.actor().permissions),
            None => match feed::user_of(self.actor()) {
                Some(user) => {
                    self.ask_whole(|whole| actor(whole, user))?.map(|(actor, _)| actor.permissions)
                }
                None => None,
            },
        };
        let told = match author {
            None => false,
            Some(permissions) => {
                let exempt = [Permission::Admin, Permission::CommunityAdmin, Permission::Sync];
                !permissions.has_any(&exempt)
                    || self.ask_whole(|whole| rules(whole))?.notify_for_all
            }
        };
        Ok(*self.noticed.is_told.get_or_init(|| told))
    }

    /// Tells every enabled site admin what was done, in the change set in which it was done.
    pub(in crate::store) fn notify(&self) -> Result<()> {
        let mut seen = std::mem::take(&mut *self.noticed.records.borrow_mut()).seen;
        seen.retain(|seen| seen.existed || seen.exists);
        if seen.is_empty() {
            return Ok(());
        }
        let _consequences = self.consequences();
        let library = self.library();
        let told: Vec<Told> = if seen.len() > ONE_BY_ONE {
            vec![Told::of_many(&seen)]
        } else {
            seen.iter().filter_map(|seen| Told::of(seen, &library)).collect()
        };
        if told.is_empty() {
            return Ok(());
        }
        for admin in self.site_admins()? {
            for told in &told {
                let id = self.next_id().into();
                let (scope, action) = DATA_CHANGE;
                let mut message = InboxMessage::new(id, scope, action, told.origin);
                message.title.clone_from(&told.title);
                message.message = Some(told.message.clone());
                message.user = Some(admin);
                message.severity = Severity::Primary;
                message.data.clone_from(&told.data);
                self.put_along(message.into(), None, None, &library, &Along::Trusted)?;
            }
        }
        Ok(())
    }

    /// Every enabled user whose role grants everything about the site.
    fn site_admins(&self) -> Result<BTreeSet<UserId>> {
        let mut admins = BTreeSet::new();
        for role in self.all(EntityKind::Role, None)? {
            let Record::Role(role) = role else { continue };
            if !role.permissions.has(Permission::Admin) {
                continue;
            }
            for user in self.all(EntityKind::User, Filter::Role(role.id))? {
                if let Record::User(User { id, disabled: false, .. }) = user {
                    admins.insert(id);
                }
            }
        }
        Ok(admins)
    }
}

/// A message without an addressee.
struct Told {
    origin: &'static str,
    title: String,
    message: String,
    data: MessageData,
}

impl Told {
    /// What happened to one record; nothing if it stands as it stood.
    fn of(seen: &Seen, library: &Library) -> Option<Told> {
        let (before, after) = seen.states.as_deref()?;
        let before = before.as_ref().filter(|_| seen.existed);
        let after = after.as_ref().filter(|_| seen.exists);
        let old = before.map(|record| fields(record, library)).unwrap_or_default();
        let new = after.map(|record| fields(record, library)).unwrap_or_default();
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = |name: &&&String| {
            before.is_none() || after.is_none() || old.get(**name) != new.get(**name)
        };
        let changed: Vec<&String> = names.iter().filter(differs).copied().collect();
        if changed.iter().all(|name| *name == "modified") {
            return None;
        }
        let of = |values: &Map<String, Value>| -> Map<String, Value> {
            let value = |name: &&String| Some(((*name).clone(), values.get(*name)?.clone()));
            changed.iter().filter_map(value).collect()
        };
        let record = after.or(before)?;
        let (noun, path) = words(seen.kind);
        let name = match record {
            Record::Organisation(Organisation { name, .. }) => name.as_str(),
            Record::User(User { username, .. }) => username.as_str(),
            _ => "",
        };
        let verb = match (before, after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let count = changed.iter().filter(|name| **name != "modified").count();
        let data = json!({
            "original": of(&old),
            "changed": of(&new),
            "summaryTemplate": format!("{{entityType}} {{entityDisplayField}} {verb}"),
            "summaryMessage": cut(&format!("{noun} {name} {verb}")),
            "entityType": path_name(seen.kind),
            "entityDisplayField": cut(name),
            "entityViewURL": format!("/{path}/view/{}", record.id()),
        });
        Some(Told {
            origin: path_name(seen.kind),
            title: cut(&format!("{noun} {name} {verb}")),
            message: format!("{} {verb}", counted(count as u64, "field")),
            data: object(data),
        })
    }

    /// What happened to many records, in numbers.
    fn of_many(seen: &[Seen]) -> Told {
        let mut parts = Vec::new();
        let mut counts: BTreeMap<(EntityKind, &str), u64> = BTreeMap::new();
        for seen in seen {
            let verb = match (seen.existed, seen.exists) {
                (false, _) => "added",
                (_, false) => "removed",
                _ => "changed",
            };
            *counts.entry((seen.kind, verb)).or_default() += 1;
        }
        let mut numbers: Map<String, Value> = Map::new();
        for ((kind, verb), count) in &counts {
            parts.push(format!("{} {verb}", counted(*count, kind.noun())));
            numbers.insert(format!("{} {verb}", path_name(*kind)), Value::from(count.to_string()));
        }
        let summary = parts.join(", ");
        let kinds: BTreeSet<EntityKind> = counts.keys().map(|(kind, _)| *kind).collect();
        let kind = kinds.first().copied().unwrap_or(EntityKind::Organisation);
        let data = json!({
            "original": {},
            "changed": numbers,
            "summaryTemplate": "{entityType}: {entityDisplayField}",
            "summaryMessage": summary,
            "entityType": path_name(kind),
            "entityDisplayField": summary,
            "entityViewURL": format!("/{}/index", words(kind).1),
        });
        Told {
            origin: path_name(kind),
            title: cut(&format!("Many changes at once: {summary}")),
            message: summary,
            data: object(data),
        }
    }
}

fn object(value: Value) -> MessageData {
    match value {
        Value::Object(members) => members,
        _ => MessageData::new(),
    }
}

/// What a record is called, and where peers show it.
fn words(kind: EntityKind) -> (&'static str, &'static str) {
    match kind {
        EntityKind::User => ("User", "users"),
        _ => ("Organisation", "organisations"),
    }
}

/// The name of a kind of record in a message.
fn path_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::User => "Users",
        _ => "Organisations",
    }
}

/// The fields that somebody is told of, as texts; those that are not set are absent.
fn fields(record: &Record, library: &Library) -> Map<String, Value> {
    let mut fields: Map<String, Value> = Map::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), Value::from(shortened(value)));
        }
    };
    let (modified, values) = match record {
        Record::Organisation(organisation) => {
            add("uuid", Some(organisation.id.to_string()));
            add("name", Some(organisation.name.to_string()));
            add("url", organisation.url.clone());
            add("nationality", organisation.nationality.clone());
            add("sector", organisation.sector.clone());
            add("kind", organisation.kind.clone());
            add("contacts", organisation.contacts.clone());
            (organisation.modified, &organisation.meta_fields)
        }
        Record::User(user) => {
            add("role", Some(user.role.to_string()));
            add("individual", Some(user.individual.to_string()));
            add("organisation", user.organisation.map(|id| id.to_string()));
            add("disabled", Some(u8::from(user.disabled).to_string()));
            (user.modified, &user.meta_fields)
        }
        _ => return fields,
    };
    add("modified", modified.map(moment));
    if !values.is_empty() {
        add("meta_fields", Some(by_template(values, library)));
    }
    fields
}

/// A time as peers write it.
fn moment(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', "")
}

/// Values by template and field, as a JSON text. A field with several values has a list.
fn by_template(values: &[MetaField], library: &Library) -> String {
    let mut templates: BTreeMap<String, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for value in values {
        let known = library.get(value.template).or_else(|| library.newest(value.template.id));
        let name = known.map_or_else(
            || value.template.id.to_string(),
            |template| template.template().name.clone(),
        );
        let fields = templates.entry(name).or_default();
        fields.entry(&value.field).or_default().push(&value.value);
    }
    let of_field = |values: Vec<&str>| match values[..] {
        [value] => Value::from(value),
        _ => Value::from(values),
    };
    let templates: Map<String, Value> = templates
        .into_iter()
        .map(|(name, fields)| {
            let fields: Map<String, Value> = fields
                .into_iter()
                .map(|(field, values)| (field.to_owned(), of_field(values)))
                .collect();
            (name, Value::Object(fields))
        })
        .collect();
    Value::Object(templates).to_string()
}

/// A value of a length that a message can carry.
fn shortened(mut value: String) -> String {
    if value.len() > VALUE {
        let end = (0..=VALUE).rev().find(|end| value.is_char_boundary(*end));
        value.truncate(end.unwrap_or_default());
        value.push('…');
    }
    value
}
