//! Alignments, tags, meta-templates, enumerations and keys as rows.

use cerebrate_core::error::Result;
use cerebrate_core::id::{
    EncryptionKeyId, EnumerationCollectionId, IndividualId, MetaTemplateId, OrganisationId,
};
use cerebrate_core::model::{
    Alignment, EncryptionKey, Entity, EntityKind, EnumerationCollection, KeyKind, MetaTemplate,
    Owner, Scope, Tag, TagName, TemplateKey,
};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::super::failure::{corrupt, failed};
use super::{Place, READ, code, from_json, kind, name, to_json};
use crate::backend::{Facts, LocalId};

pub(super) const ALIGNMENT: &str =
    "SELECT t.id, t.individual, t.organisation, t.role, t.created FROM alignment AS t";

pub(super) const TAG: &str = "SELECT t.id, t.name, t.colour FROM tag AS t";

pub(super) const META_TEMPLATE: &str = "SELECT t.id, t.template, t.version, t.name, t.namespace,
    t.description, t.scope, t.source, t.enabled, t.is_default, t.fields FROM meta_template AS t";

pub(super) const ENUMERATION_COLLECTION: &str = "SELECT t.id, t.uuid, t.name, t.description,
    t.target, t.field, t.enabled, t.\"values\", t.created, t.modified
    FROM enumeration_collection AS t";

pub(super) const ENCRYPTION_KEY: &str =
    "SELECT t.id, t.uuid, t.kind, t.owner_kind, t.owner, t.text,
    t.revoked, t.expires, t.created, t.modified FROM encryption_key AS t";

pub(super) fn alignment(row: &Row<'_>) -> Result<Alignment> {
    let read = || -> rusqlite::Result<Alignment> {
        let mut alignment = Alignment::new(
            IndividualId::new(row.get(1)?),
            OrganisationId::new(row.get(2)?),
            row.get::<_, String>(3)?,
        );
        alignment.created = Some(Timestamp::from_unix(row.get(4)?));
        Ok(alignment)
    };
    read().map_err(failed(READ))
}

pub(super) fn put_alignment(
    connection: &Connection,
    alignment: &Alignment,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO alignment (id, uuid, individual, organisation, role, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "UPDATE alignment SET uuid = ?2, individual = ?3, organisation = ?4, role = ?5, created = ?6
         WHERE id = ?1",
        &[
            &alignment.id().uuid(),
            &alignment.individual.uuid(),
            &alignment.organisation.uuid(),
            &alignment.role,
            &place.time(alignment.created),
        ],
    )
}

pub(super) fn tag(row: &Row<'_>) -> Result<Tag> {
    let text: String = row.get(1).map_err(failed(READ))?;
    let name = TagName::try_from(text)
        .map_err(|source| corrupt(READ, "a stored tag has no usable name").caused_by(source))?;
    let mut tag = Tag::new(name);
    tag.colour = row.get(2).map_err(failed(READ))?;
    Ok(tag)
}

pub(super) fn put_tag(connection: &Connection, tag: &Tag, place: &Place) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO tag (id, uuid, name, folded, colour) VALUES (?1, ?2, ?3, ?4, ?5)",
        "UPDATE tag SET uuid = ?2, name = ?3, folded = ?4, colour = ?5 WHERE id = ?1",
        &[&tag.id().uuid(), &tag.name.as_str(), &tag.name.folded(), &tag.colour],
    )
}

pub(super) fn meta_template(row: &Row<'_>) -> Result<MetaTemplate> {
    let read = || -> rusqlite::Result<(MetaTemplate, String, String)> {
        let key = TemplateKey::new(MetaTemplateId::new(row.get(1)?), row.get(2)?);
        let mut template = MetaTemplate::new(
            key,
            row.get::<_, String>(4)?,
            row.get::<_, String>(3)?,
            Scope::Organisation,
            row.get::<_, String>(7)?,
        );
        template.description = row.get(5)?;
        template.enabled = row.get(8)?;
        template.is_default = row.get(9)?;
        Ok((template, row.get(6)?, row.get(10)?))
    };
    let (mut template, scope, fields) = read().map_err(failed(READ))?;
    template.scope = [Scope::Organisation, Scope::Individual, Scope::User]
        .into_iter()
        .find(|known| known.as_str() == scope)
        .ok_or_else(|| corrupt(READ, "a stored meta-template has an unknown scope"))?;
    template.fields = from_json(&fields)?;
    Ok(template)
}

pub(super) fn put_meta_template(
    connection: &Connection,
    template: &MetaTemplate,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO meta_template (id, uuid, template, version, name, namespace, description,
             scope, source, enabled, is_default, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        "UPDATE meta_template SET uuid = ?2, template = ?3, version = ?4, name = ?5, namespace = ?6,
             description = ?7, scope = ?8, source = ?9, enabled = ?10, is_default = ?11,
             fields = ?12 WHERE id = ?1",
        &[
            &template.id(),
            &template.key.id.uuid(),
            &template.key.version,
            &template.name,
            &template.namespace,
            &template.description,
            &template.scope.as_str(),
            &template.source,
            &template.enabled,
            &template.is_default,
            &to_json(&template.fields)?,
        ],
    )
}

pub(super) fn enumeration_collection(row: &Row<'_>) -> Result<EnumerationCollection> {
    let target: String = row.get(4).map_err(failed(READ))?;
    let target = EntityKind::from_name(&target)
        .ok_or_else(|| corrupt(READ, "a stored enumeration has an unknown target"))?;
    let id = EnumerationCollectionId::new(row.get(1).map_err(failed(READ))?);
    let field: String = row.get(5).map_err(failed(READ))?;
    let mut collection =
        EnumerationCollection::new(id, name(row.get(2).map_err(failed(READ))?)?, target, field);
    let mut fill = || -> rusqlite::Result<String> {
        collection.description = row.get(3)?;
        collection.enabled = row.get(6)?;
        collection.created = Some(Timestamp::from_unix(row.get(8)?));
        collection.modified = Some(Timestamp::from_unix(row.get(9)?));
        row.get(7)
    };
    let values = fill().map_err(failed(READ))?;
    collection.values = from_json(&values)?;
    Ok(collection)
}

pub(super) fn put_enumeration_collection(
    connection: &Connection,
    collection: &EnumerationCollection,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO enumeration_collection (id, uuid, name, folded, description, target, field,
             enabled, \"values\", created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        "UPDATE enumeration_collection SET uuid = ?2, name = ?3, folded = ?4, description = ?5,
             target = ?6, field = ?7, enabled = ?8, \"values\" = ?9, created = ?10, modified = ?11
         WHERE id = ?1",
        &[
            &collection.id.uuid(),
            &collection.name.as_str(),
            &facts.folded,
            &collection.description,
            &collection.target.as_str(),
            &collection.field,
            &collection.enabled,
            &to_json(&collection.values)?,
            &place.time(collection.created),
            &place.time(collection.modified),
        ],
    )
}

pub(super) fn encryption_key(row: &Row<'_>) -> Result<EncryptionKey> {
    let owner: Uuid = row.get(4).map_err(failed(READ))?;
    let owner = match kind(row.get(3).map_err(failed(READ))?) {
        Some(EntityKind::Organisation) => Owner::Organisation(OrganisationId::new(owner)),
        Some(EntityKind::Individual) => Owner::Individual(IndividualId::new(owner)),
        _ => return Err(corrupt(READ, "a stored key has an unknown owner")),
    };
    let read = || -> rusqlite::Result<EncryptionKey> {
        let kind = match row.get::<_, String>(2)?.as_str() {
            "openpgp" => KeyKind::OpenPgp,
            "smime" => KeyKind::Smime,
            other => KeyKind::Other(other.to_owned()),
        };
        let mut key = EncryptionKey::new(
            EncryptionKeyId::new(row.get(1)?),
            kind,
            owner,
            row.get::<_, String>(5)?,
        );
        key.revoked = row.get(6)?;
        key.expires = row.get::<_, Option<i64>>(7)?.map(Timestamp::from_unix);
        key.created = Some(Timestamp::from_unix(row.get(8)?));
        key.modified = Some(Timestamp::from_unix(row.get(9)?));
        Ok(key)
    };
    read().map_err(failed(READ))
}

pub(super) fn put_encryption_key(
    connection: &Connection,
    key: &EncryptionKey,
    place: &Place,
) -> Result<LocalId> {
    let kind = match &key.kind {
        KeyKind::OpenPgp => "openpgp",
        KeyKind::Smime => "smime",
        KeyKind::Other(other) => other,
        _ => return Err(corrupt(super::WRITE, "an unknown kind of key")),
    };
    let (owner_kind, owner) = match key.owner {
        Owner::Organisation(id) => (code(EntityKind::Organisation), id.uuid()),
        Owner::Individual(id) => (code(EntityKind::Individual), id.uuid()),
    };
    place.write(
        connection,
        "INSERT INTO encryption_key (id, uuid, kind, owner_kind, owner, text, revoked, expires,
             created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        "UPDATE encryption_key SET uuid = ?2, kind = ?3, owner_kind = ?4, owner = ?5, text = ?6,
             revoked = ?7, expires = ?8, created = ?9, modified = ?10 WHERE id = ?1",
        &[
            &key.id.uuid(),
            &kind,
            &owner_kind,
            &owner,
            &key.text,
            &key.revoked,
            &key.expires.map(Timestamp::unix),
            &place.time(key.created),
            &place.time(key.modified),
        ],
    )
}
