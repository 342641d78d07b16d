use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{Individual, LONG_TEXT, NameDirectoryEntry, Tag};

use super::meta_fields::meta_fields;
use super::organisation::aligned;
use super::tag::tags;
use super::{Fields, FromNode, Notes, Path};
use crate::json::Node;

/// An individual as the individuals index and view answer it.
///
/// An index that is limited to some organisations repeats a person for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndividualRecord {
    /// The individual.
    pub individual: Individual,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// Its tags with their colours, in name order.
    pub tags: Vec<Tag>,
    /// What the templates of its values are called.
    pub templates: Vec<NameDirectoryEntry>,
    /// The organisations that it is aligned with; peers drop the role.
    pub alignments: Vec<OrganisationReference>,
}

/// How a record names an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrganisationReference {
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// Its identity, where given.
    pub id: Option<OrganisationId>,
    /// Its name.
    pub name: Option<String>,
}

impl OrganisationReference {
    pub(crate) fn new(
        local_id: Option<u64>,
        id: Option<OrganisationId>,
        name: Option<String>,
    ) -> Self {
        OrganisationReference { local_id, id, name }
    }
}

const KEYS: [&str; 11] = [
    "id",
    "uuid",
    "email",
    "first_name",
    "last_name",
    "position",
    "created",
    "modified",
    "meta_fields",
    "tags",
    "alignments",
];

/// What follows from other keys, or is about the user of that node.
const IGNORED: [&str; 9] = [
    "full_name",
    "alternate_emails",
    "user",
    "has_user",
    "MetaTemplates",
    "_matchingData",
    "_joinData",
    "_metafields_to_delete",
    "mailinglist_emails",
];

impl FromNode for IndividualRecord {
    const SKIPPED: &'static [&'static str] =
        &["MetaTemplates", "alternate_emails", "_matchingData", "meta_template_field", "user"];

    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let (fields, picked) = Fields::pick(node, path, notes, KEYS, &IGNORED)?;
        let [id, uuid, email, first_name, last_name, position, created, modified, rest @ ..] =
            picked;
        let [values, tag_list, alignments] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let address = fields.short("email", email, notes).filter(|email| !email.trim().is_empty());
        if address.is_none() {
            fields.required("email", "an e-mail address is needed", notes);
        }
        let (identity, address) = identity.zip(address)?;
        let mut individual = Individual::new(IndividualId::new(identity), address);
        individual.first_name = fields.short("first_name", first_name, notes).unwrap_or_default();
        individual.last_name = fields.short("last_name", last_name, notes).unwrap_or_default();
        individual.position = fields.text("position", position, LONG_TEXT, notes);
        individual.created = fields.time("created", created, notes);
        individual.modified = fields.time("modified", modified, notes);
        let meta_fields = meta_fields(values, fields.path("meta_fields"), notes);
        individual.meta_fields = meta_fields.values;
        let tags = tags(tag_list, fields.path("tags"), notes);
        individual.tags = tags.iter().map(|tag| tag.name.clone()).collect();
        let local_id = fields.number("id", id, notes);
        let path = fields.path("alignments");
        let items = aligned(alignments, "organisation", path, notes).unwrap_or_default();
        let path = path.key("organisation");
        let mut alignments = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            alignments.extend(organisation_reference(item, path.position(position), notes));
        }
        Some(IndividualRecord {
            individual,
            local_id,
            tags,
            templates: meta_fields.templates,
            alignments,
        })
    }
}

/// An organisation as other records name it.
pub(crate) fn organisation_reference(
    node: &Node<'_>,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> Option<OrganisationReference> {
    const IGNORED: [&str; 10] = [
        "url",
        "nationality",
        "sector",
        "type",
        "contacts",
        "created",
        "modified",
        "_joinData",
        "local",
        "extend",
    ];
    let (fields, [id, uuid, name]) =
        Fields::pick(node, path, notes, ["id", "uuid", "name"], &IGNORED)?;
    Some(OrganisationReference {
        local_id: fields.number("id", id, notes),
        id: fields.uuid("uuid", uuid, notes).map(OrganisationId::new),
        name: fields.short("name", name, notes),
    })
}
