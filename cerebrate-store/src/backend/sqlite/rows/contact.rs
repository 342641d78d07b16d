//! Organisations and individuals as rows.

use cerebrate_core::error::Result;
use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{EntityKind, Individual, Organisation};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, Row};

use super::super::dictionary::Dictionary;
use super::super::failure::failed;
use super::{Place, READ, flags, flags_text, meta, name, read_tags};
use crate::backend::{Facts, LocalId};

macro_rules! organisations {
    ($tail:literal) => {
        concat!(
            "SELECT t.id, t.uuid, t.name, t.url, t.nationality, t.sector, t.kind, t.contacts,
                 t.flags, t.created, t.modified FROM organisation AS t",
            $tail
        )
    };
}

macro_rules! individuals {
    ($tail:literal) => {
        concat!(
            "SELECT t.id, t.uuid, t.email, t.first_name, t.last_name, t.position, t.flags,
                 t.created, t.modified FROM individual AS t",
            $tail
        )
    };
}

pub(super) const ORGANISATION: &str = organisations!("");
pub(super) const ORGANISATION_BY_UUID: &str = organisations!(" WHERE t.uuid = ?1");
pub(super) const INDIVIDUAL: &str = individuals!("");
pub(super) const INDIVIDUAL_BY_UUID: &str = individuals!(" WHERE t.uuid = ?1");

pub(super) fn organisation(
    connection: &Connection,
    dictionary: &Dictionary,
    row: &Row<'_>,
) -> Result<Organisation> {
    let local: i64 = row.get(0).map_err(failed(READ))?;
    let id = OrganisationId::new(row.get(1).map_err(failed(READ))?);
    let mut organisation = Organisation::new(id, name(row.get(2).map_err(failed(READ))?)?);
    let mut fill = || -> rusqlite::Result<()> {
        organisation.url = row.get(3)?;
        organisation.nationality = row.get(4)?;
        organisation.sector = row.get(5)?;
        organisation.kind = row.get(6)?;
        organisation.contacts = row.get(7)?;
        organisation.flags = flags(row.get_ref(8)?.as_str_or_null()?);
        organisation.created = Some(Timestamp::from_unix(row.get(9)?));
        organisation.modified = Some(Timestamp::from_unix(row.get(10)?));
        Ok(())
    };
    fill().map_err(failed(READ))?;
    organisation.tags = read_tags(connection, EntityKind::Organisation, local)?;
    organisation.meta_fields = meta::read(connection, dictionary, EntityKind::Organisation, local)?;
    Ok(organisation)
}

pub(super) fn put_organisation(
    connection: &Connection,
    organisation: &Organisation,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO organisation (id, uuid, name, folded, name_key, url, nationality, country,
             sector, kind, contacts, flags, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        "UPDATE organisation SET uuid = ?2, name = ?3, folded = ?4, name_key = ?5, url = ?6,
             nationality = ?7, country = ?8, sector = ?9, kind = ?10, contacts = ?11, flags = ?12,
             created = ?13, modified = ?14 WHERE id = ?1",
        &[
            &organisation.id.uuid(),
            &organisation.name.as_str(),
            &facts.folded,
            &facts.name_key,
            &organisation.url,
            &organisation.nationality,
            &facts.country,
            &organisation.sector,
            &organisation.kind,
            &organisation.contacts,
            &flags_text(&organisation.flags),
            &place.time(organisation.created),
            &place.time(organisation.modified),
        ],
    )
}

pub(super) fn individual(
    connection: &Connection,
    dictionary: &Dictionary,
    row: &Row<'_>,
) -> Result<Individual> {
    let local: i64 = row.get(0).map_err(failed(READ))?;
    let read = || -> rusqlite::Result<Individual> {
        let mut individual =
            Individual::new(IndividualId::new(row.get(1)?), row.get::<_, String>(2)?);
        individual.first_name = row.get(3)?;
        individual.last_name = row.get(4)?;
        individual.position = row.get(5)?;
        individual.flags = flags(row.get_ref(6)?.as_str_or_null()?);
        individual.created = Some(Timestamp::from_unix(row.get(7)?));
        individual.modified = Some(Timestamp::from_unix(row.get(8)?));
        Ok(individual)
    };
    let mut individual = read().map_err(failed(READ))?;
    individual.tags = read_tags(connection, EntityKind::Individual, local)?;
    individual.meta_fields = meta::read(connection, dictionary, EntityKind::Individual, local)?;
    Ok(individual)
}

pub(super) fn put_individual(
    connection: &Connection,
    individual: &Individual,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO individual (id, uuid, email, folded, first_name, last_name, name_key, position,
             flags, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        "UPDATE individual SET uuid = ?2, email = ?3, folded = ?4, first_name = ?5, last_name = ?6,
             name_key = ?7, position = ?8, flags = ?9, created = ?10, modified = ?11 WHERE id = ?1",
        &[
            &individual.id.uuid(),
            &individual.email,
            &facts.folded,
            &individual.first_name,
            &individual.last_name,
            &facts.name_key,
            &individual.position,
            &flags_text(&individual.flags),
            &place.time(individual.created),
            &place.time(individual.modified),
        ],
    )
}
