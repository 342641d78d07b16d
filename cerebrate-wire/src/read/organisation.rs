use cerebrate_core::id::{IndividualId, OrganisationGroupId, OrganisationId};
use cerebrate_core::model::{LONG_TEXT, NameDirectoryEntry, Organisation, Tag};

use super::meta_fields::meta_fields;
use super::tag::tags;
use super::{Fields, FromNode, Notes, Path};
use crate::json::Node;

/// An organisation as the organisations index and view answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrganisationRecord {
    /// The organisation.
    pub organisation: Organisation,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// Its tags with their colours, in name order.
    pub tags: Vec<Tag>,
    /// What the templates of its values are called.
    pub templates: Vec<NameDirectoryEntry>,
    /// Who is aligned with it; peers drop the role.
    pub alignments: Vec<IndividualReference>,
    /// The organisation groups that it is in.
    pub groups: Vec<GroupReference>,
}

/// How a record names an individual.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndividualReference {
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// Its identity, where given.
    pub id: Option<IndividualId>,
    /// Its e-mail address, which is unique on a node.
    pub email: Option<String>,
}

/// How an organisation names a group that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupReference {
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// Its identity, where given.
    pub id: Option<OrganisationGroupId>,
    /// Its name.
    pub name: Option<String>,
}

const KEYS: [&str; 14] = [
    "id",
    "uuid",
    "name",
    "url",
    "nationality",
    "sector",
    "type",
    "contacts",
    "created",
    "modified",
    "tags",
    "meta_fields",
    "org_groups",
    "alignments",
];

/// What follows from other keys, or belongs to the record that this one stands in.
const IGNORED: [&str; 5] =
    ["MetaTemplates", "_joinData", "extend", "_matchingData", "_metafields_to_delete"];

impl FromNode for OrganisationRecord {
    const SKIPPED: &'static [&'static str] =
        &["MetaTemplates", "meta_template_field", "_matchingData"];

    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let (fields, picked) = Fields::pick(node, path, notes, KEYS, &IGNORED)?;
        let [
            id,
            uuid,
            name,
            url,
            nationality,
            sector,
            kind,
            contacts,
            created,
            modified,
            rest @ ..,
        ] = picked;
        let [tag_list, values, groups, alignments] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let name = fields.name("name", name, notes);
        let (identity, name) = identity.zip(name)?;
        let mut organisation = Organisation::new(OrganisationId::new(identity), name);
        organisation.url = fields.short("url", url, notes);
        organisation.nationality = fields.short("nationality", nationality, notes);
        organisation.sector = fields.short("sector", sector, notes);
        organisation.kind = fields.short("type", kind, notes);
        organisation.contacts = fields.text("contacts", contacts, LONG_TEXT, notes);
        organisation.created = fields.time("created", created, notes);
        organisation.modified = fields.time("modified", modified, notes);
        let tags = tags(tag_list, fields.path("tags"), notes);
        organisation.tags = tags.iter().map(|tag| tag.name.clone()).collect();
        let meta_fields = meta_fields(values, fields.path("meta_fields"), notes);
        organisation.meta_fields = meta_fields.values;
        Some(OrganisationRecord {
            organisation,
            local_id: fields.number("id", id, notes),
            tags,
            templates: meta_fields.templates,
            alignments: individuals(alignments, fields.path("alignments"), notes),
            groups: group_references(groups, fields.path("org_groups"), notes),
        })
    }
}

fn individuals(
    node: Option<&Node<'_>>,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> Vec<IndividualReference> {
    let Some(items) = aligned(node, "individual", path, notes) else { return Vec::new() };
    let path = path.key("individual");
    let mut found = Vec::with_capacity(items.len());
    for (position, item) in items.into_iter().enumerate() {
        found.extend(individual_reference(item, path.position(position), notes));
    }
    found
}

/// The list in `{"<key>":[…]}`.
pub(super) fn aligned<'n, 'a>(
    node: Option<&'n Node<'a>>,
    key: &'static str,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> Option<Vec<&'n Node<'a>>> {
    use crate::json::Value;

    let node = node.filter(|node| node.value != Value::Null)?;
    let (fields, [list]) = Fields::pick(node, path, notes, [key], &[])?;
    Some(notes.list(list, fields.path(key)))
}

/// An individual as other records name it.
pub(super) fn individual_reference(
    node: &Node<'_>,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> Option<IndividualReference> {
    let ignored = ["first_name", "last_name", "position", "full_name", "created", "modified"];
    let (fields, [id, email, uuid]) =
        Fields::pick(node, path, notes, ["id", "email", "uuid"], &ignored)?;
    Some(IndividualReference {
        local_id: fields.number("id", id, notes),
        id: fields.uuid("uuid", uuid, notes).map(IndividualId::new),
        email: fields.short("email", email, notes),
    })
}

fn group_references(
    node: Option<&Node<'_>>,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> Vec<GroupReference> {
    let ignored = ["description", "created", "modified", "tags", "organisations", "_joinData"];
    let items = notes.list(node, path);
    let mut found = Vec::with_capacity(items.len());
    for (position, item) in items.into_iter().enumerate() {
        let path = path.position(position);
        let picked = Fields::pick(item, path, notes, ["id", "uuid", "name"], &ignored);
        if let Some((fields, [id, uuid, name])) = picked {
            found.push(GroupReference {
                local_id: fields.number("id", id, notes),
                id: fields.uuid("uuid", uuid, notes).map(OrganisationGroupId::new),
                name: fields.short("name", name, notes),
            });
        }
    }
    found
}
