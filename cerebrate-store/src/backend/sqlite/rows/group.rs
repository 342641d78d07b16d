//! Sharing groups, organisation groups and mailing lists as rows.

use cerebrate_core::error::Result;
use cerebrate_core::id::{
    MailingListId, OrganisationGroupId, OrganisationId, SharingGroupId, UserId,
};
use cerebrate_core::model::{EntityKind, MailingList, Member, OrganisationGroup, SharingGroup};
use cerebrate_core::sharing::MembershipDigest;
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::failure::failed;
use super::{Place, READ, WRITE, from_json, name, read_tags, to_json};
use crate::backend::{Facts, LocalId};

pub(super) const SHARING_GROUP: &str =
    "SELECT t.id, t.uuid, t.name, t.releasability, t.description,
    t.owner, t.active, t.local, t.created, t.modified FROM sharing_group AS t";

pub(super) const ORGANISATION_GROUP: &str = "SELECT t.id, t.uuid, t.name, t.description, t.created,
    t.modified FROM organisation_group AS t";

pub(super) const MAILING_LIST: &str = "SELECT t.id, t.uuid, t.name, t.recipients, t.description,
    t.active, t.individuals, t.created, t.modified, t.owner FROM mailing_list AS t";

pub(super) fn sharing_group(connection: &Connection, row: &Row<'_>) -> Result<SharingGroup> {
    let local: i64 = row.get(0).map_err(failed(READ))?;
    let id = SharingGroupId::new(row.get(1).map_err(failed(READ))?);
    let owner = OrganisationId::new(row.get(5).map_err(failed(READ))?);
    let mut group = SharingGroup::new(id, name(row.get(2).map_err(failed(READ))?)?, owner);
    let mut fill = || -> rusqlite::Result<()> {
        group.releasability = row.get(3)?;
        group.description = row.get(4)?;
        group.active = row.get(6)?;
        group.local = row.get(7)?;
        group.created = Some(Timestamp::from_unix(row.get(8)?));
        group.modified = Some(Timestamp::from_unix(row.get(9)?));
        group.members = connection
            .prepare_cached(
                "SELECT organisation, extend FROM sharing_group_member
                 WHERE sharing_group = ?1 ORDER BY organisation",
            )?
            .query_map([local], |row| {
                Ok(Member { organisation: OrganisationId::new(row.get(0)?), extend: row.get(1)? })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(())
    };
    fill().map_err(failed(READ))?;
    Ok(group)
}

pub(super) fn put_sharing_group(
    connection: &Connection,
    group: &SharingGroup,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    let local = place.write(
        connection,
        "INSERT INTO sharing_group (id, uuid, name, folded, releasability, description, owner,
             active, local, created, modified, membership)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        "UPDATE sharing_group SET uuid = ?2, name = ?3, folded = ?4, releasability = ?5,
             description = ?6, owner = ?7, active = ?8, local = ?9, created = ?10, modified = ?11,
             membership = ?12
         WHERE id = ?1",
        &[
            &group.id.uuid(),
            &group.name.as_str(),
            &facts.folded,
            &group.releasability,
            &group.description,
            &group.owner.uuid(),
            &group.active,
            &group.local,
            &place.time(group.created),
            &place.time(group.modified),
            &facts.membership.as_ref().map(MembershipDigest::as_bytes),
        ],
    )?;
    let members = || -> rusqlite::Result<()> {
        connection
            .prepare_cached("DELETE FROM sharing_group_member WHERE sharing_group = ?1")?
            .execute([local.0])?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO sharing_group_member (sharing_group, organisation, extend)
             VALUES (?1, ?2, ?3)",
        )?;
        for member in &group.members {
            insert.execute(params![local.0, member.organisation.uuid(), member.extend])?;
        }
        Ok(())
    };
    members().map_err(failed(WRITE))?;
    Ok(local)
}

pub(super) fn organisation_group(
    connection: &Connection,
    row: &Row<'_>,
) -> Result<OrganisationGroup> {
    let local: i64 = row.get(0).map_err(failed(READ))?;
    let id = OrganisationGroupId::new(row.get(1).map_err(failed(READ))?);
    let mut group = OrganisationGroup::new(id, name(row.get(2).map_err(failed(READ))?)?);
    let mut fill = || -> rusqlite::Result<()> {
        group.description = row.get(3)?;
        group.created = Some(Timestamp::from_unix(row.get(4)?));
        group.modified = Some(Timestamp::from_unix(row.get(5)?));
        group.organisations = connection
            .prepare_cached(
                "SELECT organisation FROM organisation_group_member
                 WHERE organisation_group = ?1 ORDER BY organisation",
            )?
            .query_map([local], |row| row.get(0).map(OrganisationId::new))?
            .collect::<rusqlite::Result<_>>()?;
        group.administrators = connection
            .prepare_cached(
                "SELECT user FROM organisation_group_administrator
                 WHERE organisation_group = ?1 ORDER BY user",
            )?
            .query_map([local], |row| row.get(0).map(UserId::new))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(())
    };
    fill().map_err(failed(READ))?;
    group.tags = read_tags(connection, EntityKind::OrganisationGroup, local)?;
    Ok(group)
}

pub(super) fn put_organisation_group(
    connection: &Connection,
    group: &OrganisationGroup,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    let local = place.write(
        connection,
        "INSERT INTO organisation_group (id, uuid, name, folded, description, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        "UPDATE organisation_group SET uuid = ?2, name = ?3, folded = ?4, description = ?5,
             created = ?6, modified = ?7 WHERE id = ?1",
        &[
            &group.id.uuid(),
            &group.name.as_str(),
            &facts.folded,
            &group.description,
            &place.time(group.created),
            &place.time(group.modified),
        ],
    )?;
    let members = || -> rusqlite::Result<()> {
        connection
            .prepare_cached("DELETE FROM organisation_group_member WHERE organisation_group = ?1")?
            .execute([local.0])?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO organisation_group_member (organisation_group, organisation)
             VALUES (?1, ?2)",
        )?;
        for organisation in &group.organisations {
            insert.execute(params![local.0, organisation.uuid()])?;
        }
        connection
            .prepare_cached(
                "DELETE FROM organisation_group_administrator WHERE organisation_group = ?1",
            )?
            .execute([local.0])?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO organisation_group_administrator (organisation_group, user)
             VALUES (?1, ?2)",
        )?;
        for user in &group.administrators {
            insert.execute(params![local.0, user.uuid()])?;
        }
        Ok(())
    };
    members().map_err(failed(WRITE))?;
    Ok(local)
}

pub(super) fn mailing_list(row: &Row<'_>) -> Result<MailingList> {
    let id = MailingListId::new(row.get(1).map_err(failed(READ))?);
    let mut list = MailingList::new(id, name(row.get(2).map_err(failed(READ))?)?);
    let mut fill = || -> rusqlite::Result<String> {
        list.recipients = row.get(3)?;
        list.description = row.get(4)?;
        list.active = row.get(5)?;
        list.created = Some(Timestamp::from_unix(row.get(7)?));
        list.modified = Some(Timestamp::from_unix(row.get(8)?));
        list.owner = row.get::<_, Option<_>>(9)?.map(UserId::new);
        row.get(6)
    };
    let individuals = fill().map_err(failed(READ))?;
    list.individuals = from_json(&individuals)?;
    Ok(list)
}

pub(super) fn put_mailing_list(
    connection: &Connection,
    list: &MailingList,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO mailing_list (id, uuid, name, folded, recipients, description, active,
             individuals, created, modified, owner)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        "UPDATE mailing_list SET uuid = ?2, name = ?3, folded = ?4, recipients = ?5,
             description = ?6, active = ?7, individuals = ?8, created = ?9, modified = ?10,
             owner = ?11
         WHERE id = ?1",
        &[
            &list.id.uuid(),
            &list.name.as_str(),
            &facts.folded,
            &list.recipients,
            &list.description,
            &list.active,
            &to_json(&list.individuals)?,
            &place.time(list.created),
            &place.time(list.modified),
            &list.owner.map(UserId::uuid),
        ],
    )
}
