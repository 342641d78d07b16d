//! As much of a record as somebody sees, and how the rest stays when it is written back.

use cerebrate_core::access::Sight;
use cerebrate_core::error::Result;
use cerebrate_core::id::{IndividualId, UserId};
use cerebrate_core::model::{EntityKind, Organisation, Record};
use serde_json::Value;

use super::Viewer;
use super::known::sight_of;
use crate::backend::Read;

/// What is seen of a record; nothing if it is hidden.
pub(super) fn seen(whole: &dyn Read, viewer: &Viewer, record: Record) -> Result<Option<Record>> {
    match sight_of(whole, viewer, &record)? {
        Sight::Hidden => Ok(None),
        Sight::Thin => Ok(thin(record)),
        Sight::Full => trimmed(whole, viewer, record).map(Some),
    }
}

/// UUID and name of an organisation.
fn thin(record: Record) -> Option<Record> {
    match record {
        Record::Organisation(Organisation { id, name, .. }) => {
            Some(Organisation::new(id, name).into())
        }
        _ => None,
    }
}

/// A record that is seen, without the entries that are not.
pub(super) fn trimmed(whole: &dyn Read, viewer: &Viewer, mut record: Record) -> Result<Record> {
    match &mut record {
        Record::OrganisationGroup(group) => {
            group.organisations.retain(|id| viewer.sees_organisation(*id));
            group.administrators = administrators(whole, viewer, &group.administrators)?;
        }
        Record::MailingList(list) => {
            if let Some(owner) = list.owner
                && !sees_user(whole, viewer, owner)?
            {
                list.owner = None;
            }
            if viewer.sees_whole(EntityKind::Individual) {
                return Ok(record);
            }
            let mut kept = Vec::with_capacity(list.individuals.len());
            for recipient in list.individuals.drain(..) {
                if sees_individual(whole, viewer, recipient.individual)? {
                    kept.push(recipient);
                }
            }
            list.individuals = kept;
        }
        _ => {}
    }
    Ok(record)
}

/// The record that is to stand: what is wanted, and of what stands the entries that were not
/// `visible`.
pub(super) fn completed(wanted: Record, standing: &Record, visible: &Record) -> Record {
    match (wanted, standing, visible) {
        (
            Record::OrganisationGroup(mut wanted),
            Record::OrganisationGroup(standing),
            Record::OrganisationGroup(visible),
        ) => {
            wanted.organisations = kept_hidden(
                wanted.organisations,
                &standing.organisations,
                &visible.organisations,
                |id| *id,
            );
            wanted.administrators = kept_hidden(
                wanted.administrators,
                &standing.administrators,
                &visible.administrators,
                |id| *id,
            );
            wanted.into()
        }
        (
            Record::MailingList(mut wanted),
            Record::MailingList(standing),
            Record::MailingList(visible),
        ) => {
            wanted.individuals = kept_hidden(
                wanted.individuals,
                &standing.individuals,
                &visible.individuals,
                |recipient| recipient.individual,
            );
            if wanted.owner == visible.owner {
                wanted.owner = standing.owner;
            }
            wanted.into()
        }
        (wanted, _, _) => wanted,
    }
}

/// What is wanted of a list, and what stands in it unseen. A list that was not changed stays as it
/// stands, order and all.
fn kept_hidden<T: Clone + PartialEq, K: PartialEq>(
    wanted: Vec<T>,
    standing: &[T],
    visible: &[T],
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    if standing.len() == visible.len() {
        return wanted;
    }
    if wanted == visible {
        return standing.to_vec();
    }
    let is_hidden = |entry: &&T| !visible.iter().any(|other| key(other) == key(entry));
    let hidden: Vec<T> = standing.iter().filter(is_hidden).cloned().collect();
    let is_free = |entry: &T| !hidden.iter().any(|other| key(other) == key(entry));
    wanted.into_iter().filter(is_free).chain(hidden.iter().cloned()).collect()
}

fn administrators(whole: &dyn Read, viewer: &Viewer, all: &[UserId]) -> Result<Vec<UserId>> {
    let mut seen = Vec::with_capacity(all.len());
    for id in all {
        if sees_user(whole, viewer, *id)? {
            seen.push(*id);
        }
    }
    Ok(seen)
}

pub(super) fn sees_user(whole: &dyn Read, viewer: &Viewer, id: UserId) -> Result<bool> {
    if viewer.sees_whole(EntityKind::User) || viewer.actor().user == id {
        return Ok(true);
    }
    Ok(match whole.get(EntityKind::User, id.uuid())? {
        Some(record) => sight_of(whole, viewer, &record)? == Sight::Full,
        None => false,
    })
}

pub(super) fn sees_individual(whole: &dyn Read, viewer: &Viewer, id: IndividualId) -> Result<bool> {
    if viewer.sees_whole(EntityKind::Individual) || viewer.actor().individual == id {
        return Ok(true);
    }
    Ok(match whole.get(EntityKind::Individual, id.uuid())? {
        Some(record) => sight_of(whole, viewer, &record)? == Sight::Full,
        None => false,
    })
}

/// A list inside a payload of the feed, without the entries that are not seen.
pub(super) fn trim_list(
    whole: &dyn Read,
    viewer: &Viewer,
    field: &str,
    list: &mut Value,
) -> Result<()> {
    let Value::Array(entries) = list else { return Ok(()) };
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries.drain(..) {
        let id = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        let sees = match field {
            "organisations" => match id(&entry) {
                Some(id) => viewer.sees_organisation(uuid::Uuid::into(id)),
                None => false,
            },
            "administrators" => match id(&entry) {
                Some(id) => sees_user(whole, viewer, uuid::Uuid::into(id))?,
                None => false,
            },
            "individuals" => match entry.get("individual").and_then(id) {
                Some(id) => sees_individual(whole, viewer, uuid::Uuid::into(id))?,
                None => false,
            },
            _ => true,
        };
        if sees {
            kept.push(entry);
        }
    }
    *entries = kept;
    Ok(())
}
