//! What the store does to a record before it is written: limits, flags, normal forms, times.

use std::collections::{BTreeSet, HashMap};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold;
use cerebrate_core::id::{IndividualId, OrganisationId, UserId};
use cerebrate_core::inbox::limit_data;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    AuthKey, EntityKind, FieldKind, LONG_TEXT, MessageData, MetaField, Owner, Record, SHORT_TEXT,
    Scope, Tag, TagName, UserSetting,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::{Email, Timestamp};
use uuid::Uuid;

/// The most meta-fields, members or values one record may have.
const LIST: usize = 20_000;

/// The longest text that every peer stores, in characters.
const PEER_TEXT: usize = 191;

const WRITE: &str = "write record";

/// What is known around a record.
pub(super) struct Context<'a> {
    pub(super) library: &'a Library,
    pub(super) now: Timestamp,
    pub(super) before: Option<&'a Record>,
}

/// Checks the limits of a record and fills in what the store keeps by itself.
///
/// # Errors
/// `Invalid` if a text is over its limit or a person has no e-mail address, `Exhausted` if a list is
/// over its limit.
pub(super) fn prepare(record: &mut Record, context: &Context<'_>) -> Result<()> {
    match record {
        Record::Organisation(organisation) => {
            let short = [
                ("url", &organisation.url),
                ("nationality", &organisation.nationality),
                ("sector", &organisation.sector),
                ("kind", &organisation.kind),
            ];
            let mut flags = Flags::default();
            flags.text(&organisation.name);
            for (field, text) in short {
                if let Some(text) = text {
                    limit(field, text, SHORT_TEXT)?;
                    flags.text(text);
                }
            }
            if let Some(contacts) = &organisation.contacts {
                limit("contacts", contacts, LONG_TEXT)?;
                flags.hidden(contacts);
            }
            flags.tags(&organisation.tags);
            organisation.flags = flags.done();
            let before = match context.before {
                Some(Record::Organisation(before)) => before.meta_fields.as_slice(),
                _ => &[],
            };
            meta_fields(&mut organisation.meta_fields, before, Scope::Organisation, context)?;
        }
        Record::Individual(individual) => {
            if individual.email.trim().is_empty() {
                return Err(Error::new(Kind::Invalid, WRITE, "a person needs an e-mail address"));
            }
            let mut flags = Flags::default();
            for (field, text) in [
                ("email", &individual.email),
                ("first_name", &individual.first_name),
                ("last_name", &individual.last_name),
            ] {
                limit(field, text, SHORT_TEXT)?;
                flags.text(text);
            }
            if individual.email.parse::<Email>().is_err() {
                flags.add(ProblemKind::NotEmail);
            }
            if let Some(position) = &individual.position {
                limit("position", position, LONG_TEXT)?;
                flags.hidden(position);
            }
            flags.tags(&individual.tags);
            individual.flags = flags.done();
            let before = match context.before {
                Some(Record::Individual(before)) => before.meta_fields.as_slice(),
                _ => &[],
            };
            meta_fields(&mut individual.meta_fields, before, Scope::Individual, context)?;
        }
        Record::Alignment(alignment) => limit("role", &alignment.role, SHORT_TEXT)?,
        Record::Tag(tag) => limit("colour", &tag.colour, 64)?,
        Record::MetaTemplate(template) => count("fields", template.fields.len())?,
        Record::SharingGroup(group) => {
            limit("releasability", &group.releasability, LONG_TEXT)?;
            optional("description", group.description.as_deref())?;
            count("members", group.members.len())?;
            group.members.sort_unstable();
            group.members.dedup_by_key(|member| member.organisation);
        }
        Record::MailingList(list) => {
            optional("recipients", list.recipients.as_deref())?;
            optional("description", list.description.as_deref())?;
            count("individuals", list.individuals.len())?;
        }
        Record::OrganisationGroup(group) => {
            optional("description", group.description.as_deref())?;
            count("organisations", group.organisations.len())?;
            group.organisations.sort_unstable();
            group.organisations.dedup();
            count("administrators", group.administrators.len())?;
            group.administrators.sort_unstable();
            group.administrators.dedup();
        }
        Record::EnumerationCollection(collection) => {
            optional("description", collection.description.as_deref())?;
            limit("field", &collection.field, SHORT_TEXT)?;
            count("values", collection.values.len())?;
        }
        Record::EncryptionKey(key) => limit("text", &key.text, 16 * 1024 * 1024)?,
        Record::User(_)
        | Record::AuthKey(_)
        | Record::UserSetting(_)
        | Record::PermissionLimitation(_)
        | Record::InboxMessage(_)
        | Record::OutboxMessage(_) => account(record, context)?,
        _ => {}
    }
    give_times(record, context);
    Ok(())
}

/// The same for users and what belongs to them, and for messages.
fn account(record: &mut Record, context: &Context<'_>) -> Result<()> {
    match record {
        Record::User(user) => {
            let before = match context.before {
                Some(Record::User(before)) => before.meta_fields.as_slice(),
                _ => &[],
            };
            meta_fields(&mut user.meta_fields, before, Scope::User, context)?;
        }
        Record::AuthKey(key) => {
            shown_part("start", &key.start)?;
            shown_part("end", &key.end)?;
            optional("comment", key.comment.as_deref())?;
        }
        Record::UserSetting(setting) => {
            setting_name(&setting.name)?;
            limit("value", &setting.value, LONG_TEXT)?;
            let is_kept = matches!(context.before, Some(Record::UserSetting(before))
                if before.value == setting.value);
            if !is_kept {
                setting.check()?;
            }
        }
        Record::PermissionLimitation(limitation) => {
            optional("comment", limitation.comment.as_deref())?;
        }
        Record::InboxMessage(message) => {
            let origin = ("origin", message.origin.as_str());
            let texts = [&message.scope, &message.action, &message.title];
            message_texts(texts, Some(origin), message.message.as_deref(), &message.data)?;
        }
        Record::OutboxMessage(message) => {
            let texts = [&message.scope, &message.action, &message.title];
            message_texts(texts, None, message.message.as_deref(), &message.data)?;
        }
        _ => {}
    }
    Ok(())
}

/// `created` of a stored record stays; what carries no time gets the present one.
fn give_times(record: &mut Record, context: &Context<'_>) {
    let before = context.before.and_then(|before| times(before).0);
    let (created, modified) = times_mut(record);
    if let Some(created) = created {
        *created = before.or(*created).or(Some(context.now));
    }
    // Over a stored record, `touch` decides.
    if let Some(modified) = modified
        && context.before.is_none()
    {
        *modified = modified.or(Some(context.now));
    }
}

/// Sets the time of change: now, unless the caller gave a time of its own.
pub(super) fn touch(record: &mut Record, before: &Record, changed: bool, now: Timestamp) {
    let old = times(before).1;
    if let (_, Some(modified)) = times_mut(record)
        && (*modified == old || modified.is_none())
    {
        *modified = if changed { Some(now) } else { old };
    }
}

fn times(record: &Record) -> (Option<Timestamp>, Option<Timestamp>) {
    match record {
        Record::Organisation(record) => (record.created, record.modified),
        Record::Individual(record) => (record.created, record.modified),
        Record::SharingGroup(record) => (record.created, record.modified),
        Record::MailingList(record) => (record.created, record.modified),
        Record::OrganisationGroup(record) => (record.created, record.modified),
        Record::EnumerationCollection(record) => (record.created, record.modified),
        Record::EncryptionKey(record) => (record.created, record.modified),
        Record::Alignment(record) => (record.created, None),
        Record::User(record) => (record.created, record.modified),
        Record::UserSetting(record) => (record.created, record.modified),
        Record::AuthKey(record) => (record.created, None),
        Record::InboxMessage(record) => (record.created, record.modified),
        Record::OutboxMessage(record) => (record.created, record.modified),
        _ => (None, None),
    }
}

type Times<'a> = (Option<&'a mut Option<Timestamp>>, Option<&'a mut Option<Timestamp>>);

fn times_mut(record: &mut Record) -> Times<'_> {
    match record {
        Record::Organisation(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::Individual(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::SharingGroup(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::MailingList(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::OrganisationGroup(record) => {
            (Some(&mut record.created), Some(&mut record.modified))
        }
        Record::EnumerationCollection(record) => {
            (Some(&mut record.created), Some(&mut record.modified))
        }
        Record::EncryptionKey(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::Alignment(record) => (Some(&mut record.created), None),
        Record::User(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::UserSetting(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::AuthKey(record) => (Some(&mut record.created), None),
        Record::InboxMessage(record) => (Some(&mut record.created), Some(&mut record.modified)),
        Record::OutboxMessage(record) => (Some(&mut record.created), Some(&mut record.modified)),
        _ => (None, None),
    }
}

/// Checks every value and keeps what is known of it from before.
fn meta_fields(
    values: &mut [MetaField],
    before: &[MetaField],
    scope: Scope,
    context: &Context<'_>,
) -> Result<()> {
    count("meta_fields", values.len())?;
    for value in &*values {
        limit("value", &value.value, LONG_TEXT)?;
        limit("field", &value.field, SHORT_TEXT)?;
    }
    flag(values, scope, context.library);
    // Where there are many, the values of before are sorted once.
    let place = |value: &MetaField| (value.template.id, value.field.clone(), value.value.clone());
    let known: HashMap<_, &MetaField> = before.iter().map(|old| (place(old), old)).collect();
    for value in values {
        let old = if known.is_empty() { None } else { known.get(&place(value)) };
        value.created = old.and_then(|old| old.created).or(value.created).or(Some(context.now));
        value.modified = match old {
            Some(old) => old.modified,
            None => value.modified.or(Some(context.now)),
        };
    }
    Ok(())
}

/// Says what is wrong with each value, and keeps its normal form.
fn flag(values: &mut [MetaField], scope: Scope, library: &Library) {
    let mut templates = BTreeSet::new();
    for value in &mut *values {
        templates.insert(value.template);
        value.normalised = None;
        value.flags.clear();
        match library.get(value.template) {
            None => value.flags.push(ProblemKind::UnknownTemplate),
            Some(template) if template.template().scope != scope => {
                value.flags.push(ProblemKind::WrongScope);
            }
            Some(_) => {}
        }
    }
    for template in templates.into_iter().filter_map(|key| library.get(key)) {
        if template.template().scope == scope {
            template.flag_values(values);
        }
    }
}

/// What the values of a field are, by the template at the version of the value: another version
/// does not tell.
pub(super) fn field_kind(library: &Library, value: &MetaField) -> Option<FieldKind> {
    library
        .get(value.template)
        .and_then(|template| template.field(&value.field))
        .map(|field| field.definition().kind.clone())
}

/// Whether what the store keeps by itself differs though the content does not.
pub(super) fn derived_differs(before: &Record, after: &Record) -> bool {
    let kept = |record: &Record| -> Vec<(Option<String>, Vec<ProblemKind>)> {
        let (flags, values) = match record {
            Record::Organisation(record) => (&record.flags, &record.meta_fields),
            Record::Individual(record) => (&record.flags, &record.meta_fields),
            Record::User(record) => (&Vec::new(), &record.meta_fields),
            _ => return Vec::new(),
        };
        std::iter::once((None, flags.clone()))
            .chain(values.iter().map(|value| (value.normalised.clone(), value.flags.clone())))
            .collect()
    };
    kept(before) != kept(after)
}

pub(crate) fn tags(record: &Record) -> &[TagName] {
    match record {
        Record::Organisation(record) => &record.tags,
        Record::Individual(record) => &record.tags,
        Record::OrganisationGroup(record) => &record.tags,
        _ => &[],
    }
}

pub(super) fn tags_mut(record: &mut Record) -> Option<&mut Vec<TagName>> {
    match record {
        Record::Organisation(record) => Some(&mut record.tags),
        Record::Individual(record) => Some(&mut record.tags),
        Record::OrganisationGroup(record) => Some(&mut record.tags),
        _ => None,
    }
}

/// The records that a record refers to.
pub(crate) fn references(record: &Record) -> Vec<(EntityKind, Uuid)> {
    let organisation = |id: OrganisationId| (EntityKind::Organisation, id.uuid());
    let individual = |id: IndividualId| (EntityKind::Individual, id.uuid());
    let user = |id: UserId| (EntityKind::User, id.uuid());
    match record {
        Record::Alignment(alignment) => {
            vec![individual(alignment.individual), organisation(alignment.organisation)]
        }
        Record::SharingGroup(group) => std::iter::once(organisation(group.owner))
            .chain(group.members.iter().map(|member| organisation(member.organisation)))
            .collect(),
        Record::OrganisationGroup(group) => {
            let organisations = group.organisations.iter().map(|id| organisation(*id));
            organisations.chain(group.administrators.iter().map(|id| user(*id))).collect()
        }
        Record::MailingList(list) => {
            let individuals = list.individuals.iter();
            let individuals = individuals.map(|recipient| individual(recipient.individual));
            individuals.chain(list.owner.map(user)).collect()
        }
        Record::EncryptionKey(key) => vec![match key.owner {
            Owner::Organisation(id) => organisation(id),
            Owner::Individual(id) => individual(id),
        }],
        Record::User(account) => [individual(account.individual)]
            .into_iter()
            .chain([(EntityKind::Role, account.role.uuid())])
            .chain(account.organisation.map(organisation))
            .collect(),
        Record::AuthKey(key) => vec![user(key.user)],
        Record::UserSetting(setting) => vec![user(setting.user)],
        Record::InboxMessage(message) => message.user.map(user).into_iter().collect(),
        Record::OutboxMessage(message) => message.user.map(user).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A group without one of its organisations.
pub(super) fn without_organisation(mut record: Record, id: OrganisationId) -> Record {
    match &mut record {
        Record::SharingGroup(group) => group.members.retain(|member| member.organisation != id),
        Record::OrganisationGroup(group) => group.organisations.retain(|member| *member != id),
        _ => {}
    }
    record
}

/// A mailing list without one of its individuals; nothing for what cannot be without it.
pub(super) fn without_individual(record: &Record, id: IndividualId) -> Option<Record> {
    let Record::MailingList(list) = record else { return None };
    let mut list = list.clone();
    list.individuals.retain(|recipient| recipient.individual != id);
    Some(list.into())
}

/// A group or mailing list without a user who administers or owns it; a message that nobody in
/// particular wanted to send.
pub(super) fn without_user(mut record: Record, id: UserId) -> Record {
    match &mut record {
        Record::OrganisationGroup(group) => group.administrators.retain(|user| *user != id),
        Record::MailingList(list) => list.owner = list.owner.filter(|owner| *owner != id),
        Record::OutboxMessage(message) => message.user = message.user.filter(|user| *user != id),
        _ => {}
    }
    record
}

/// A record without an entry that it lists; as it is where the other is no entry of a list.
pub(super) fn without(record: Record, kind: EntityKind, id: Uuid) -> Record {
    match kind {
        EntityKind::Organisation => without_organisation(record, id.into()),
        EntityKind::Individual => without_individual(&record, id.into()).unwrap_or(record),
        EntityKind::User => without_user(record, id.into()),
        _ => record,
    }
}

/// A record without one of its tags.
pub(super) fn without_tag(mut record: Record, tag: &Tag) -> Record {
    if let Some(tags) = tags_mut(&mut record) {
        tags.retain(|name| name.id() != tag.name.id());
    }
    record
}

#[derive(Default)]
struct Flags(Vec<ProblemKind>);

impl Flags {
    fn add(&mut self, kind: ProblemKind) {
        self.0.push(kind);
    }

    /// A short text: hidden characters, and the length that peers take.
    fn text(&mut self, text: &str) {
        self.hidden(text);
        if text.len() > PEER_TEXT && text.chars().count() > PEER_TEXT {
            self.add(ProblemKind::TooLong);
        }
    }

    /// The names of tags: the length that every peer takes.
    fn tags(&mut self, names: &[TagName]) {
        let long = |name: &TagName| name.as_str().chars().nth(PEER_TEXT).is_some();
        if names.iter().any(|name| name.as_str().len() > PEER_TEXT && long(name)) {
            self.add(ProblemKind::TooLong);
        }
    }

    fn hidden(&mut self, text: &str) {
        self.0.extend(fold::hidden_characters(text));
        self.0.extend(fold::control_characters(text));
    }

    fn done(mut self) -> Vec<ProblemKind> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

fn limit(field: &'static str, text: &str, bytes: usize) -> Result<()> {
    if text.len() > bytes {
        return Err(Error::new(Kind::Invalid, WRITE, "the text is too long")
            .with("field", field)
            .with("bytes", text.len())
            .with("limit", bytes));
    }
    Ok(())
}

fn optional(field: &'static str, text: Option<&str>) -> Result<()> {
    text.map_or(Ok(()), |text| limit(field, text, LONG_TEXT))
}

fn count(field: &'static str, entries: usize) -> Result<()> {
    if entries > LIST {
        return Err(Error::new(Kind::Exhausted, WRITE, "the list is too long")
            .with("field", field)
            .with("entries", entries)
            .with("limit", LIST));
    }
    Ok(())
}

/// What is shown of an auth key is no more than what is to be shown.
fn shown_part(field: &'static str, text: &str) -> Result<()> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != AuthKey::SHOWN || !text.bytes().all(is_hex) {
        return Err(Error::new(Kind::Invalid, WRITE, "not the beginning or end of an auth key")
            .with("field", field)
            .with("characters", AuthKey::SHOWN));
    }
    Ok(())
}

/// Scope, action and title of a message, and its origin, are there and no longer than peers take;
/// and it carries no more than it may.
fn message_texts(
    [scope, action, title]: [&String; 3],
    origin: Option<(&'static str, &str)>,
    message: Option<&str>,
    data: &MessageData,
) -> Result<()> {
    let texts = [("scope", scope.as_str()), ("action", action), ("title", title)];
    for (field, text) in texts.into_iter().chain(origin) {
        if text.trim().is_empty() {
            return Err(
                Error::new(Kind::Invalid, WRITE, "a message needs this field").with("field", field)
            );
        }
        if text.chars().nth(PEER_TEXT).is_some() {
            return Err(Error::new(Kind::Invalid, WRITE, "the text is too long")
                .with("field", field)
                .with("limit", PEER_TEXT));
        }
    }
    optional("message", message)?;
    limit_data(data)
}

fn setting_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::new(Kind::Invalid, WRITE, "a setting needs a name"));
    }
    // Counting stops where it is decided.
    if name.chars().nth(UserSetting::NAME).is_some() {
        return Err(Error::new(Kind::Invalid, WRITE, "the name of the setting is too long")
            .with("limit", UserSetting::NAME));
    }
    Ok(())
}
