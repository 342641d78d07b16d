//! What the commands need to know of each kind of record.

use std::collections::HashMap;

use cerebrate_core::access::{Sort, Visible, visible};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{IndividualId, OrganisationId, RoleId, UserId};
use cerebrate_core::mailing::Addresses;
use cerebrate_core::model::{
    Alignment, EncryptionKey, Entity, EntityKind, EnumerationCollection, Individual, KeyKind,
    MailingList, Organisation, OrganisationGroup, Owner, Record, Role, SharingGroup, Tag, TagName,
    User,
};
use cerebrate_core::query::Column;
use cerebrate_core::sharing::RemovedMember;
use cerebrate_store::Store;
use cerebrate_store::store::{Records, Transaction};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields::{Field, Shape};

/// How many records of one e-mail address are looked at.
const LOOKED_AT: usize = 50;

/// A kind of record that has commands.
pub(crate) trait Known: Entity + Into<Record> + TryFrom<Record> + 'static {
    /// What `--set` takes.
    const FIELDS: &'static [Field];
    /// The columns of a list, behind the number and before the identity.
    const HEADINGS: &'static [&'static str];
    /// The member of the record that `--member` and `--without` change.
    const MEMBERS: Option<&'static str> = None;

    /// The records of this kind in `store`.
    fn of(store: &Store) -> Records<'_, Self>;

    /// The records of this kind as `transaction` sees them.
    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self>;

    /// What people call the record.
    fn title(&self, names: &mut Names<'_>) -> Result<String>;

    /// The cells of a list.
    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>>;

    /// Sets what a new record has unless something else is said.
    fn complete(_: &Store, _: &mut Map<String, Value>) -> Result<()> {
        Ok(())
    }

    /// What a new record has that somebody should know of, even if it was not asked for.
    fn notice(&self, _: &mut Names<'_>) -> Result<Option<String>> {
        Ok(None)
    }

    /// Other groups with just the members of this one.
    fn of_same_members(&self, _: &Store) -> Result<Vec<SharingGroup>> {
        Ok(Vec::new())
    }

    /// Members that were removed, of records that keep a list of them.
    fn removed_members(&self, _: &Store) -> Result<Option<Vec<RemovedMember>>> {
        Ok(None)
    }

    /// The addresses that mail goes to, of records that are there for that.
    fn addresses(&self, _: &Store) -> Result<Option<Addresses>> {
        Ok(None)
    }

    /// The colour in which text reads on the record's own.
    fn text_colour(&self) -> Option<&'static str> {
        None
    }

    /// Puts the record in the place of one whose identity is another, because that is made of
    /// fields.
    fn replace(self, transaction: &Transaction<'_>, before: &Self) -> Result<Self> {
        let records = Self::within(transaction);
        records.remove(before.id())?;
        records.insert(self)
    }

    /// Other people with the e-mail address of this one, whatever the case.
    fn of_same_address(&self, _: &Store) -> Result<Vec<Individual>> {
        Ok(Vec::new())
    }
}

/// A record as scripts read it. Where its identity is made of its fields and not one of them, it
/// stands beside them.
#[derive(Serialize)]
pub(crate) struct Shown<'a, E> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<Uuid>,
    #[serde(flatten)]
    record: &'a E,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_colour: Option<&'static str>,
}

impl<'a, E: Known> Shown<'a, E> {
    pub(crate) fn of(record: &'a E) -> Self {
        let is_derived =
            matches!(E::KIND, EntityKind::Alignment | EntityKind::Tag | EntityKind::UserSetting);
        let uuid = is_derived.then(|| record.id().into());
        Shown { uuid, record, text_colour: record.text_colour() }
    }
}

/// The names behind identities, asked for once each.
pub(crate) struct Names<'s> {
    pub(crate) store: &'s Store,
    organisations: HashMap<OrganisationId, String>,
    individuals: HashMap<IndividualId, String>,
    users: HashMap<UserId, String>,
    roles: HashMap<RoleId, String>,
}

impl<'s> Names<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Names {
            store,
            organisations: HashMap::new(),
            individuals: HashMap::new(),
            users: HashMap::new(),
            roles: HashMap::new(),
        }
    }

    pub(crate) fn organisation(&mut self, id: OrganisationId) -> Result<String> {
        if let Some(name) = self.organisations.get(&id) {
            return Ok(name.clone());
        }
        let found = self.store.organisations().get(id)?;
        let name = found.map_or_else(|| id.to_string(), |found| found.name.to_string());
        self.organisations.insert(id, name.clone());
        Ok(name)
    }

    pub(crate) fn individual(&mut self, id: IndividualId) -> Result<String> {
        if let Some(name) = self.individuals.get(&id) {
            return Ok(name.clone());
        }
        let found = self.store.individuals().get(id)?;
        let name = found.map_or_else(|| id.to_string(), |found| found.email);
        self.individuals.insert(id, name.clone());
        Ok(name)
    }

    pub(crate) fn user(&mut self, id: UserId) -> Result<String> {
        if let Some(name) = self.users.get(&id) {
            return Ok(name.clone());
        }
        let found: Option<User> = self.store.users().get(id)?;
        let name = found.map_or_else(|| id.to_string(), |found| found.username.to_string());
        self.users.insert(id, name.clone());
        Ok(name)
    }

    /// Who an actor of the trail is: of a user the username, or the UUID of one who is gone. Who is
    /// hidden from whoever asks is not told.
    pub(crate) fn actor(&mut self, actor: &str) -> Result<String> {
        let Some(id) = actor.strip_prefix("user:").and_then(|id| Uuid::parse_str(id).ok()) else {
            return Ok(actor.to_owned());
        };
        if let Some(user) = self.store.users().get(id.into())? {
            return Ok(user.username.to_string());
        }
        let asks = self.store.seen_as();
        let sees_all = asks.is_none_or(|asks| visible(asks, Sort::User) == Visible::All);
        Ok(if sees_all { format!("{id} (gone)") } else { "another user".to_owned() })
    }

    pub(crate) fn role(&mut self, id: RoleId) -> Result<String> {
        if let Some(name) = self.roles.get(&id) {
            return Ok(name.clone());
        }
        let found: Option<Role> = self.store.roles().get(id)?;
        let name = found.map_or_else(|| id.to_string(), |found| found.name.to_string());
        self.roles.insert(id, name.clone());
        Ok(name)
    }

    pub(crate) fn owner(&mut self, owner: Owner) -> Result<String> {
        match owner {
            Owner::Organisation(id) => self.organisation(id),
            Owner::Individual(id) => self.individual(id),
        }
    }
}

pub(super) fn or_nothing(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn joined(tags: &[TagName]) -> String {
    tags.iter().map(TagName::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn yes(fact: bool) -> String {
    if fact { "yes" } else { "no" }.to_owned()
}

impl Known for Organisation {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::new("url", Shape::Optional),
        Field::new("nationality", Shape::Optional),
        Field::new("sector", Shape::Optional),
        Field::new("kind", Shape::Optional),
        Field::new("contacts", Shape::Optional),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Nationality", "Sector", "Tags"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.organisations()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.organisations()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.name.to_string(),
            or_nothing(self.nationality.as_ref()),
            or_nothing(self.sector.as_ref()),
            joined(&self.tags),
        ])
    }
}

impl Known for Individual {
    const FIELDS: &'static [Field] = &[
        Field::required("email", Shape::Text),
        Field::new("first_name", Shape::Text),
        Field::new("last_name", Shape::Text),
        Field::new("position", Shape::Optional),
    ];
    const HEADINGS: &'static [&'static str] = &["E-mail", "Name", "Position", "Tags"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.individuals()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.individuals()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.email.clone())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.email.clone(),
            self.full_name().unwrap_or_default(),
            or_nothing(self.position.as_ref()),
            joined(&self.tags),
        ])
    }

    fn of_same_address(&self, store: &Store) -> Result<Vec<Individual>> {
        let folded = self.email.trim().to_lowercase();
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let page = store
            .individuals()
            .find()
            .column(Column::Email, self.email.as_str())
            .one_page(LOOKED_AT)?;
        let is_other =
            |other: &Individual| other.id != self.id && other.email.trim().to_lowercase() == folded;
        Ok(page.records.into_iter().filter(is_other).collect())
    }
}

impl Known for Alignment {
    const FIELDS: &'static [Field] = &[
        Field::required("individual", Shape::Reference(EntityKind::Individual)),
        Field::required("organisation", Shape::Reference(EntityKind::Organisation)),
        Field::new("role", Shape::Default("Member")),
    ];
    const HEADINGS: &'static [&'static str] = &["Individual", "Organisation", "Role"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.alignments()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.alignments()
    }

    fn title(&self, names: &mut Names<'_>) -> Result<String> {
        Ok(format!(
            "{} at {}",
            names.individual(self.individual)?,
            names.organisation(self.organisation)?
        ))
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            names.individual(self.individual)?,
            names.organisation(self.organisation)?,
            self.role.clone(),
        ])
    }

    fn replace(self, transaction: &Transaction<'_>, before: &Self) -> Result<Self> {
        transaction.alignments().replace(before.id(), self)
    }
}

impl Known for Tag {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::new("colour", Shape::Default(Tag::DEFAULT_COLOUR)),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Colour"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.tags()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.tags()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![self.name.to_string(), self.colour.clone()])
    }

    fn text_colour(&self) -> Option<&'static str> {
        Tag::text_colour(self)
    }

    fn replace(self, transaction: &Transaction<'_>, before: &Self) -> Result<Self> {
        if transaction.tags().get(self.id())?.is_some() {
            return Err(Error::new(Kind::Conflict, "edit record", "there is such a tag already")
                .with("tag", &self.name)
                .hint("remove one of the two"));
        }
        transaction.rename_tag(&before.name, self)
    }
}

impl Known for SharingGroup {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::required("owner", Shape::Reference(EntityKind::Organisation)),
        Field::new("releasability", Shape::Text),
        Field::new("description", Shape::Optional),
        Field::new("active", Shape::Boolean(true)),
        Field::new("local", Shape::Boolean(true)),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Owner", "Members", "Active", "Local"];
    const MEMBERS: Option<&'static str> = Some("members");

    fn of(store: &Store) -> Records<'_, Self> {
        store.sharing_groups()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.sharing_groups()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.name.to_string(),
            names.organisation(self.owner)?,
            self.members.len().to_string(),
            yes(self.active),
            yes(self.local),
        ])
    }

    fn of_same_members(&self, store: &Store) -> Result<Vec<SharingGroup>> {
        if self.members.is_empty() {
            return Ok(Vec::new());
        }
        let mut groups = store.sharing_groups().with_membership(&self.members)?;
        groups.retain(|group| group.id != self.id);
        Ok(groups)
    }

    fn removed_members(&self, store: &Store) -> Result<Option<Vec<RemovedMember>>> {
        store.sharing_groups().removed_members(self.id).map(Some)
    }
}

impl Known for MailingList {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::new("recipients", Shape::Optional),
        Field::new("description", Shape::Optional),
        Field::new("active", Shape::Boolean(false)),
        Field::new("owner", Shape::Reference(EntityKind::User)),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Recipients", "Members", "Active"];
    const MEMBERS: Option<&'static str> = Some("individuals");

    fn of(store: &Store) -> Records<'_, Self> {
        store.mailing_lists()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.mailing_lists()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.name.to_string(),
            or_nothing(self.recipients.as_ref()),
            self.individuals.len().to_string(),
            yes(self.active),
        ])
    }

    fn addresses(&self, store: &Store) -> Result<Option<Addresses>> {
        store.mailing_lists().addresses(self).map(Some)
    }
}

impl Known for OrganisationGroup {
    const FIELDS: &'static [Field] =
        &[Field::required("name", Shape::Text), Field::new("description", Shape::Optional)];
    const HEADINGS: &'static [&'static str] = &["Name", "Members", "Tags"];
    const MEMBERS: Option<&'static str> = Some("organisations");

    fn of(store: &Store) -> Records<'_, Self> {
        store.organisation_groups()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.organisation_groups()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![self.name.to_string(), self.organisations.len().to_string(), joined(&self.tags)])
    }
}

impl Known for EnumerationCollection {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::required("target", Shape::Kind),
        Field::required("field", Shape::Text),
        Field::new("description", Shape::Optional),
        Field::new("enabled", Shape::Boolean(false)),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Target", "Field", "Values", "Enabled"];
    const MEMBERS: Option<&'static str> = Some("values");

    fn of(store: &Store) -> Records<'_, Self> {
        store.enumeration_collections()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.enumeration_collections()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.name.to_string(),
            self.target.to_string(),
            self.field.clone(),
            self.values.len().to_string(),
            yes(self.enabled),
        ])
    }
}

impl Known for EncryptionKey {
    const FIELDS: &'static [Field] = &[
        Field::required("kind", Shape::Key),
        Field::required("owner", Shape::Owner),
        Field::required("text", Shape::Text),
        Field::new("revoked", Shape::Boolean(false)),
        Field::new("expires", Shape::Time),
    ];
    const HEADINGS: &'static [&'static str] = &["Kind", "Owner", "Revoked", "Expires"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.encryption_keys()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.encryption_keys()
    }

    fn title(&self, names: &mut Names<'_>) -> Result<String> {
        Ok(format!("{} of {}", key_kind(&self.kind), names.owner(self.owner)?))
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            key_kind(&self.kind).to_owned(),
            names.owner(self.owner)?,
            yes(self.revoked),
            self.expires.map(|time| time.to_string()).unwrap_or_default(),
        ])
    }
}

fn key_kind(kind: &KeyKind) -> &str {
    match kind {
        KeyKind::OpenPgp => "openpgp",
        KeyKind::Smime => "smime",
        KeyKind::Other(name) => name,
        _ => "other",
    }
}
