//! A small world that the tests share.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::clock::{Clock, IdSource};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, Organisation};
use cerebrate_core::value::Timestamp;
use cerebrate_store::{Store, StoreOptions};
use tempfile::TempDir;
use uuid::Uuid;

/// A clock that goes on by a second whenever it is asked.
#[derive(Debug)]
pub(crate) struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Identities 1, 2, 3, …
#[derive(Debug)]
pub(crate) struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next_id(&self) -> Uuid {
        Uuid::from_u128(0xabc0_0000 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// A store in memory with the shipped templates.
pub(crate) fn store() -> Store {
    with_templates(options().in_memory().unwrap())
}

/// A store in a file, in a folder that goes with the first value.
pub(crate) fn store_in_file() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = options().open(folder.path().join("contacts.db")).unwrap();
    (folder, with_templates(store))
}

pub(crate) fn options() -> StoreOptions {
    Store::options().clock(Ticks(AtomicI64::new(0))).ids(Counting(AtomicU64::new(1)))
}

fn with_templates(store: Store) -> Store {
    store
        .meta_templates()
        .upsert_all(Library::shipped().iter().map(|template| template.template().clone()))
        .unwrap();
    store
}

pub(crate) fn id(number: u128) -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(number))
}

pub(crate) fn organisation(number: u128, name: &str) -> Organisation {
    Organisation::new(id(number), name.parse().unwrap())
}

/// A value of the constituency template.
pub(crate) fn constituency(field: &str, value: &str) -> MetaField {
    let key = Library::shipped().find("cerebrate/csirt-constituency").unwrap().key();
    MetaField::new(key, field, value)
}

/// An organisation that claims these values, each with its field.
pub(crate) fn claiming(number: u128, name: &str, values: &[(&str, &str)]) -> Organisation {
    let mut organisation = organisation(number, name);
    organisation.meta_fields =
        values.iter().map(|(field, value)| constituency(field, value)).collect();
    organisation
}

/// A user who sees these organisations, and no person and no list.
pub(crate) fn administrator(organisations: impl IntoIterator<Item = OrganisationId>) -> Actor {
    let nobody = Uuid::from_u128(0xffff_ffff);
    let role = Permissions::NONE.with(Permission::GroupAdmin);
    let mut actor = Actor::new(nobody.into(), nobody.into(), None, role);
    actor.administered = organisations.into_iter().collect();
    actor
}

/// The sample teams with what they claim.
pub(crate) fn sample_teams() -> Vec<Organisation> {
    let sample: serde_json::Value =
        serde_json::from_str(cerebrate_libraries::SAMPLE_TEAMS).unwrap();
    let team = |team: &serde_json::Value| {
        let id = team["uuid"].as_str().unwrap().parse().unwrap();
        let name = team["name"].as_str().unwrap().parse().unwrap();
        let mut organisation = Organisation::new(id, name);
        organisation.url = team["url"].as_str().map(str::to_owned);
        organisation.nationality = team["nationality"].as_str().map(str::to_owned);
        organisation.sector = team["sector"].as_str().map(str::to_owned);
        for (field, values) in team["constituency"].as_object().into_iter().flatten() {
            for value in
                values.as_array().into_iter().flatten().chain(values.is_string().then_some(values))
            {
                organisation.meta_fields.push(constituency(field, value.as_str().unwrap()));
            }
        }
        organisation
    };
    sample["organisations"].as_array().unwrap().iter().map(team).collect()
}
