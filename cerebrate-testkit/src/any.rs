//! Records of any kind through the handles of their kinds.

use std::collections::BTreeMap;

use cerebrate_core::audit::Document;
use cerebrate_core::error::Result;
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_store::Store;
use cerebrate_store::backend::LocalId;
use cerebrate_store::store::{Outcome, Transaction};
use uuid::Uuid;

/// What every handle does, whatever the kind of its records.
pub trait AnyRecords {
    /// See `Records::get`.
    fn get_any(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>>;
    /// See `Records::require`.
    fn require_any(&self, kind: EntityKind, id: Uuid) -> Result<Record>;
    /// See `Records::insert`.
    fn insert_any(&self, record: Record) -> Result<Record>;
    /// See `Records::update`.
    fn update_any(&self, record: Record) -> Result<Record>;
    /// See `Records::upsert`.
    fn upsert_any(&self, record: Record) -> Result<(Record, Outcome)>;
    /// See `Records::remove`.
    fn remove_any(&self, kind: EntityKind, id: Uuid) -> Result<Record>;
    /// See `Records::local_id`.
    fn local_id_any(&self, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>>;
    /// See `Records::by_local_id`.
    fn by_local_id_any(&self, kind: EntityKind, local: LocalId) -> Result<Option<Record>>;
    /// All records, through pages.
    fn all_any(&self, kind: EntityKind) -> Result<Vec<Record>>;
    /// The number of records.
    fn count_any(&self, kind: EntityKind) -> Result<u64>;
}

macro_rules! of_kind {
    ($access:expr, $kind:expr, $records:ident => $body:expr) => {{
        let access = $access;
        match $kind {
            EntityKind::Organisation => of_kind!(@ access.organisations(), $records => $body),
            EntityKind::Individual => of_kind!(@ access.individuals(), $records => $body),
            EntityKind::Alignment => of_kind!(@ access.alignments(), $records => $body),
            EntityKind::Tag => of_kind!(@ access.tags(), $records => $body),
            EntityKind::MetaTemplate => of_kind!(@ access.meta_templates(), $records => $body),
            EntityKind::SharingGroup => of_kind!(@ access.sharing_groups(), $records => $body),
            EntityKind::MailingList => of_kind!(@ access.mailing_lists(), $records => $body),
            EntityKind::OrganisationGroup => {
                of_kind!(@ access.organisation_groups(), $records => $body)
            }
            EntityKind::EnumerationCollection => {
                of_kind!(@ access.enumeration_collections(), $records => $body)
            }
            EntityKind::EncryptionKey => of_kind!(@ access.encryption_keys(), $records => $body),
            EntityKind::Role => of_kind!(@ access.roles(), $records => $body),
            EntityKind::User => of_kind!(@ access.users(), $records => $body),
            EntityKind::AuthKey => of_kind!(@ access.auth_keys(), $records => $body),
            EntityKind::UserSetting => of_kind!(@ access.user_settings(), $records => $body),
            EntityKind::PermissionLimitation => {
                of_kind!(@ access.permission_limitations(), $records => $body)
            }
            EntityKind::InboxMessage => of_kind!(@ access.inbox(), $records => $body),
            EntityKind::OutboxMessage => of_kind!(@ access.outbox(), $records => $body),
            other => panic!("no handle for `{other}`"),
        }
    }};
    (@ $handle:expr, $records:ident => $body:expr) => {{
        let $records = $handle;
        $body
    }};
}

macro_rules! any_records {
    ($access:ty) => {
        impl AnyRecords for $access {
            fn get_any(&self, kind: EntityKind, id: Uuid) -> Result<Option<Record>> {
                of_kind!(self, kind, records => Ok(records.get(id.into())?.map(Into::into)))
            }

            fn require_any(&self, kind: EntityKind, id: Uuid) -> Result<Record> {
                of_kind!(self, kind, records => records.require(id.into()).map(Into::into))
            }

            fn insert_any(&self, record: Record) -> Result<Record> {
                of_kind!(self, record.kind(), records => {
                    records.insert(record.try_into().unwrap()).map(Into::into)
                })
            }

            fn update_any(&self, record: Record) -> Result<Record> {
                of_kind!(self, record.kind(), records => {
                    records.update(record.try_into().unwrap()).map(Into::into)
                })
            }

            fn upsert_any(&self, record: Record) -> Result<(Record, Outcome)> {
                of_kind!(self, record.kind(), records => {
                    let (record, outcome) = records.upsert(record.try_into().unwrap())?;
                    Ok((record.into(), outcome))
                })
            }

            fn remove_any(&self, kind: EntityKind, id: Uuid) -> Result<Record> {
                of_kind!(self, kind, records => records.remove(id.into()).map(Into::into))
            }

            fn local_id_any(&self, kind: EntityKind, id: Uuid) -> Result<Option<LocalId>> {
                of_kind!(self, kind, records => records.local_id(id.into()))
            }

            fn by_local_id_any(&self, kind: EntityKind, local: LocalId) -> Result<Option<Record>> {
                of_kind!(self, kind, records => Ok(records.by_local_id(local)?.map(Into::into)))
            }

            fn all_any(&self, kind: EntityKind) -> Result<Vec<Record>> {
                of_kind!(self, kind, records => {
                    Ok(records.find().all()?.into_iter().map(Into::into).collect())
                })
            }

            fn count_any(&self, kind: EntityKind) -> Result<u64> {
                of_kind!(self, kind, records => records.find().count())
            }
        }
    };
}

any_records!(Store);
any_records!(Transaction<'_>);

/// Everything a store holds: number and fields of each record.
pub type Snapshot = BTreeMap<(EntityKind, Uuid), (LocalId, Document)>;

/// Looks at every record of every kind.
pub fn snapshot(store: &impl AnyRecords) -> Snapshot {
    let mut all = Snapshot::new();
    for kind in EntityKind::ALL {
        for record in store.all_any(kind).unwrap() {
            let local = store.local_id_any(kind, record.id()).unwrap().unwrap();
            all.insert((kind, record.id()), (local, Document::of(&record)));
        }
    }
    all
}

/// What differs between two snapshots, in words; empty if nothing. What the store keeps by itself
/// (times of change, flags) does not count.
pub fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for (key, (local, document)) in before {
        match after.get(key) {
            None => found.push(format!("{key:?} is missing")),
            Some((now, _)) if now != local => {
                found.push(format!("{key:?} had the number {local} and has {now}"));
            }
            Some((_, now)) => {
                let changes = document.changes_to(now);
                if !changes.is_empty() {
                    found.push(format!("{key:?} differs: {changes:?}"));
                }
            }
        }
    }
    for key in after.keys().filter(|key| !before.contains_key(*key)) {
        found.push(format!("{key:?} is too many"));
    }
    found
}
