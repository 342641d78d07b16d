//! What refers to what: a record needs what it refers to, and does not go without what depends on it.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{Entity, EntityKind, Record, Tag};
use cerebrate_core::query::{Filter, Query, TagTest};
use uuid::Uuid;

use super::prepare;
use super::transaction::{Transaction, unknown_reference};
use crate::backend::{LocalId, Read};

/// The kinds of records that carry tags.
pub(super) const TAGGED: [EntityKind; 3] =
    [EntityKind::Organisation, EntityKind::Individual, EntityKind::OrganisationGroup];

/// The kinds of records that refer to a user.
const OF_USER: [EntityKind; 6] = [
    EntityKind::AuthKey,
    EntityKind::UserSetting,
    EntityKind::InboxMessage,
    EntityKind::OutboxMessage,
    EntityKind::MailingList,
    EntityKind::OrganisationGroup,
];

/// Those of them without which a user is not taken back: what was told to a user is no such thing.
const HOLD_USER: [EntityKind; 4] = [
    EntityKind::AuthKey,
    EntityKind::UserSetting,
    EntityKind::MailingList,
    EntityKind::OrganisationGroup,
];

impl Transaction<'_> {
    /// Takes a record out unless others depend on it; then says who.
    pub(crate) fn remove_alone(&self, kind: EntityKind, id: Uuid) -> Result<Result<(), String>> {
        let in_use = match kind {
            EntityKind::Organisation => self.has_any(
                &[
                    EntityKind::Alignment,
                    EntityKind::SharingGroup,
                    EntityKind::OrganisationGroup,
                    EntityKind::EncryptionKey,
                    EntityKind::User,
                ],
                &Filter::Organisation(id.into()),
            )?,
            EntityKind::Individual => self.has_any(
                &[
                    EntityKind::Alignment,
                    EntityKind::MailingList,
                    EntityKind::EncryptionKey,
                    EntityKind::User,
                ],
                &Filter::Individual(id.into()),
            )?,
            EntityKind::Tag => match self.ask(|read| read.get(kind, id))? {
                Some(Record::Tag(tag)) => {
                    self.has_any(&TAGGED, &Filter::Tags(TagTest::Ids(vec![tag.id()])))?
                }
                _ => None,
            },
            EntityKind::Role => self.has_any(&[EntityKind::User], &Filter::Role(id.into()))?,
            EntityKind::User => self.has_any(&HOLD_USER, &Filter::User(id.into()))?,
            _ => None,
        };
        if let Some(reason) = in_use {
            return Ok(Err(reason));
        }
        match self.remove(kind, id) {
            Ok(_) => Ok(Ok(())),
            Err(error) if error.kind() == Kind::Conflict => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// What depends on a record, if anything does: by kind where the user sees it.
    fn has_any(&self, kinds: &[EntityKind], filter: &Filter) -> Result<Option<String>> {
        let mut hidden = None;
        for kind in kinds {
            let mut query = Query::new(*kind);
            query.filters.push(filter.clone());
            query.limit = 1;
            let any = |read: &dyn Read| Ok(!read.query(&query)?.records.is_empty());
            if self.ask_seen(any)? {
                return Ok(Some(format!("a record of kind `{kind}` depends on it")));
            }
            if hidden.is_none() && self.ask_whole(any)? {
                hidden = Some("another record depends on it".to_owned());
            }
        }
        Ok(hidden)
    }

    /// What a record refers to has to be there.
    pub(super) fn check_references(&self, record: &Record, before: Option<&Record>) -> Result<()> {
        let known = before.map(prepare::references).unwrap_or_default();
        for (kind, id) in prepare::references(record) {
            if !known.contains(&(kind, id)) && self.ask(|read| read.local_id(kind, id))?.is_none() {
                return Err(unknown_reference(record.kind(), kind, id));
            }
        }
        Ok(())
    }

    /// Removes what cannot be without `record`; refuses where that would lose what others own.
    pub(super) fn remove_dependants(&self, record: &Record) -> Result<()> {
        match record {
            Record::Organisation(organisation) => {
                let users = Filter::Organisation(organisation.id);
                self.refuse_with_users(record, &users, "users act on behalf of the organisation")?;
                let of = |kind| self.all(kind, Filter::Organisation(organisation.id));
                let groups = of(EntityKind::SharingGroup)?;
                for group in &groups {
                    if let Record::SharingGroup(group) = group
                        && group.owner == organisation.id
                    {
                        return Err(Error::new(
                            Kind::Conflict,
                            "remove organisation",
                            "the organisation owns a sharing group",
                        )
                        .with("organisation", &organisation.name)
                        .with("sharing group", &group.name)
                        .hint("give the group another owner, or remove it first"));
                    }
                }
                for group in groups.into_iter().chain(of(EntityKind::OrganisationGroup)?) {
                    self.put(prepare::without_organisation(group, organisation.id), None)?;
                }
                for dependant in
                    of(EntityKind::Alignment)?.into_iter().chain(of(EntityKind::EncryptionKey)?)
                {
                    self.remove(dependant.kind(), dependant.id())?;
                }
            }
            Record::Role(role) => {
                self.refuse_with_users(record, &Filter::Role(role.id), "users have the role")?;
            }
            Record::User(user) => {
                for kind in OF_USER {
                    for dependant in self.all(kind, Filter::User(user.id))? {
                        match kind {
                            EntityKind::AuthKey
                            | EntityKind::UserSetting
                            | EntityKind::InboxMessage => {
                                self.remove(kind, dependant.id())?;
                            }
                            _ => {
                                self.put(prepare::without_user(dependant, user.id), None)?;
                            }
                        }
                    }
                }
            }
            Record::Individual(individual) => {
                let users = Filter::Individual(individual.id);
                self.refuse_with_users(record, &users, "the individual has a user")?;
                for kind in
                    [EntityKind::Alignment, EntityKind::EncryptionKey, EntityKind::MailingList]
                {
                    for dependant in self.all(kind, Filter::Individual(individual.id))? {
                        match prepare::without_individual(&dependant, individual.id) {
                            Some(changed) => {
                                self.put(changed, None)?;
                            }
                            None => {
                                self.remove(dependant.kind(), dependant.id())?;
                            }
                        }
                    }
                }
            }
            Record::Tag(tag) => {
                for (local, carrier) in self.carriers(tag)? {
                    let without = prepare::without_tag(carrier.clone(), tag);
                    self.put_over(without, Some(&(local, carrier)), None)?;
                }
            }
            Record::MetaTemplate(template) => {
                let (owners, values) = self.ask(|read| read.template_usage(template.key))?;
                if values > 0 {
                    return Err(Error::new(
                        Kind::Conflict,
                        "remove template",
                        "the template has values",
                    )
                    .with("template", template.slug())
                    .with("values", values)
                    .with("records", owners.len())
                    .hint("remove the values first, or keep the template"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Refuses to remove what users need.
    fn refuse_with_users(
        &self,
        record: &Record,
        filter: &Filter,
        message: &'static str,
    ) -> Result<()> {
        let mut query = Query::new(EntityKind::User);
        query.filters.push(filter.clone());
        query.limit = 1;
        let page = self.ask(|read| read.query(&query))?;
        let Some(Record::User(user)) = page.records.first() else { return Ok(()) };
        let number = self.ask(|read| read.count(EntityKind::User, &query.filters))?;
        Err(Error::new(Kind::Conflict, "remove record", message)
            .with("kind", record.kind().noun())
            .with("id", record.id())
            .with("users", number)
            .with("user", &user.username)
            .hint("remove the users first, or change them"))
    }

    /// The records that carry a tag, with their numbers.
    pub(super) fn carriers(&self, tag: &Tag) -> Result<Vec<(LocalId, Record)>> {
        let mut carriers = Vec::new();
        for kind in TAGGED {
            for record in self.all(kind, Filter::Tags(TagTest::Ids(vec![tag.id()])))? {
                if let Some(local) = self.ask(|read| read.local_id(kind, record.id()))? {
                    carriers.push((local, record));
                }
            }
        }
        Ok(carriers)
    }
}
