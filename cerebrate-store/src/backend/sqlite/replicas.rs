//! The identity of the database as a node, and what it knows of how sharing groups came to be.

use cerebrate_core::error::Result;
use cerebrate_core::id::{NodeId, SharingGroupId};
use cerebrate_core::model::{EntityKind, Record};
use cerebrate_core::sharing::{GroupReplica, MembershipDigest};
use rusqlite::{Connection, OptionalExtension, params};

use super::chain;
use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::rows;
use crate::backend::LocalId;

const READ: &str = "read sharing group";
const WRITE: &str = "write sharing group";

/// The node that the trail begins with.
pub(super) fn node(connection: &Connection) -> Result<NodeId> {
    chain::genesis(connection).map(|genesis| NodeId::new(genesis.node))
}

pub(super) fn get(connection: &Connection, id: SharingGroupId) -> Result<Option<GroupReplica>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT replica FROM sharing_group_replica WHERE uuid = ?1")
        .and_then(|mut statement| statement.query_row([id.uuid()], |row| row.get(0)).optional())
        .map_err(failed(READ))?;
    let Some(text) = text else { return Ok(None) };
    let replica = GroupReplica::from_json(text.as_bytes())
        .map_err(|source| corrupt(READ, "a stored replica cannot be read").caused_by(source))?;
    if replica.id() == id {
        Ok(Some(replica))
    } else {
        Err(corrupt(READ, "a stored replica is of another group"))
    }
}

pub(super) fn put(connection: &Connection, replica: &GroupReplica) -> Result<()> {
    let text = serde_json::to_string(replica)
        .map_err(|source| corrupt(WRITE, "it cannot be written as JSON").caused_by(source))?;
    connection
        .prepare_cached(
            "INSERT INTO sharing_group_replica (uuid, replica) VALUES (?1, ?2)
             ON CONFLICT (uuid) DO UPDATE SET replica = excluded.replica",
        )
        .and_then(|mut statement| statement.execute(params![replica.id().uuid(), text]))
        .map(|_| ())
        .map_err(failed(WRITE))
}

pub(super) fn membership(
    connection: &Connection,
    id: SharingGroupId,
) -> Result<Option<MembershipDigest>> {
    connection
        .prepare_cached("SELECT membership FROM sharing_group WHERE uuid = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([id.uuid()], |row| row.get(0).map(MembershipDigest::from_bytes))
                .optional()
        })
        .map_err(failed(READ))
}

/// Gives groups from before replicas what they lack.
pub(super) fn fill(connection: &Connection) -> Result<()> {
    let node = node(connection)?;
    let locals: Vec<i64> = connection
        .prepare("SELECT id FROM sharing_group WHERE membership IS NULL ORDER BY id")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(failed(READ))?;
    let dictionary = Dictionary::default();
    for local in locals {
        let record = rows::read(connection, &dictionary, EntityKind::SharingGroup, LocalId(local))?;
        let Some(Record::SharingGroup(group)) = record else { continue };
        let digest = MembershipDigest::of(&group.members);
        connection
            .prepare_cached("UPDATE sharing_group SET membership = ?2 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![local, digest.as_bytes()]))
            .map_err(failed(WRITE))?;
        put(connection, &GroupReplica::from_group(&group, node))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::migrations::{self, STEPS};
    use super::*;
    use crate::Store;
    use cerebrate_core::model::{Member, Organisation, SharingGroup};
    use uuid::Uuid;

    /// A database as it was before groups had replicas.
    fn old(path: &std::path::Path) -> (SharingGroupId, [Member; 2]) {
        let connection = Connection::open(path).unwrap();
        migrations::apply(&connection, 0, &STEPS[..1], &|_, _| Ok(())).unwrap();
        let id = SharingGroupId::new(Uuid::from_u128(7));
        let members = [(1, true), (2, false)].map(|(number, extend)| Member {
            organisation: Uuid::from_u128(number).into(),
            extend,
        });
        for member in &members {
            connection
                .execute(
                    "INSERT INTO organisation (uuid, name, folded, name_key, created, modified)
                     VALUES (?1, 'A', 'a', 0, 0, 0)",
                    [member.organisation.uuid()],
                )
                .unwrap();
        }
        connection
            .execute(
                "INSERT INTO sharing_group VALUES (3, ?1, 'Old', 'old', '', NULL, ?2, 1, 0, 5, 6)",
                params![id.uuid(), members[0].organisation.uuid()],
            )
            .unwrap();
        for member in &members {
            connection
                .execute(
                    "INSERT INTO sharing_group_member VALUES (3, ?1, ?2)",
                    params![member.organisation.uuid(), member.extend],
                )
                .unwrap();
        }
        (id, members)
    }

    #[test]
    fn groups_from_before_get_a_membership_and_a_replica() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.db");
        let (id, members) = old(&path);
        let store = Store::open(&path).unwrap();
        let node = store.node().unwrap();
        let groups = store.sharing_groups();
        assert_eq!(groups.membership(id).unwrap(), Some(MembershipDigest::of(&members)));
        assert_eq!(groups.with_membership(&members).unwrap()[0].id, id);
        let replica = groups.replica(id).unwrap().unwrap();
        assert_eq!(replica.group().members, members);
        let mut group = groups.require(id).unwrap();
        group.members.pop();
        groups.update(group).unwrap();
        assert_eq!(groups.removed_members(id).unwrap()[0].node, node);

        // A second look at the same file finds nothing to fill.
        let stored = groups.replica(id).unwrap();
        fill(&Connection::open(&path).unwrap()).unwrap();
        assert_eq!(store.node().unwrap(), node);
        assert_eq!(store.sharing_groups().replica(id).unwrap(), stored);
        drop(store);
        let store = Store::options().read_only(true).open(&path).unwrap();
        assert_eq!(store.node().unwrap(), node);
    }

    #[test]
    fn a_spoilt_replica_is_corrupt_and_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.db");
        let store = Store::open(&path).unwrap();
        let owner = Organisation::new(store.next_id().into(), "A".parse().unwrap());
        let owner = store.organisations().insert(owner).unwrap().id;
        let insert = |name: &str| {
            let group = SharingGroup::new(store.next_id().into(), name.parse().unwrap(), owner);
            store.sharing_groups().insert(group).unwrap().id
        };
        let (spoilt, moved, sound) = (insert("1"), insert("2"), insert("3"));
        let connection = Connection::open(&path).unwrap();
        let write = |sql: &str, id: SharingGroupId| {
            connection.execute(sql, [id.uuid()]).unwrap();
        };
        write("UPDATE sharing_group_replica SET replica = '{' WHERE uuid = ?1", spoilt);
        write("DELETE FROM sharing_group_replica WHERE uuid = ?1", moved);
        connection
            .execute(
                "INSERT INTO sharing_group_replica SELECT ?1, replica FROM sharing_group_replica
                 WHERE uuid = ?2",
                params![moved.uuid(), sound.uuid()],
            )
            .unwrap();
        for id in [spoilt, moved] {
            let error = store.sharing_groups().replica(id).unwrap_err();
            assert_eq!(error.kind(), cerebrate_core::Kind::Corrupt);
        }
        assert!(store.sharing_groups().replica(sound).unwrap().is_some());
        assert!(store.sharing_groups().get(spoilt).unwrap().is_some());
    }
}
