use std::fmt;

use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{
    Alignment, Entity, EntityKind, Individual, MetaField, Organisation, OrganisationGroup, Scope,
    Tag, TagName,
};
use cerebrate_core::value::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{Form, Writer};

/// `2026-11-24T05:49:25+00:00`.
#[derive(Clone, Copy)]
pub(super) struct Moment(Timestamp);

impl Moment {
    pub(super) fn of(moment: Option<Timestamp>) -> Option<Self> {
        moment.map(Moment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+00:00", self.0.to_string().trim_end_matches('Z'))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The columns of an organisation, as every answer begins that has one.
#[derive(Serialize)]
pub(super) struct OrganisationColumns<'a> {
    id: Option<u64>,
    uuid: OrganisationId,
    name: &'a str,
    url: Option<&'a str>,
    nationality: Option<&'a str>,
    sector: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    contacts: Option<&'a str>,
    created: Option<Moment>,
    modified: Option<Moment>,
}

impl<'a> OrganisationColumns<'a> {
    pub(super) fn new(writer: &Writer<'_>, organisation: &'a Organisation) -> Self {
        OrganisationColumns {
            id: writer.local().local_id(EntityKind::Organisation, organisation.id.uuid()),
            uuid: organisation.id,
            name: &organisation.name,
            url: organisation.url.as_deref(),
            nationality: organisation.nationality.as_deref(),
            sector: organisation.sector.as_deref(),
            kind: organisation.kind.as_deref(),
            contacts: organisation.contacts.as_deref(),
            created: Moment::of(organisation.created),
            modified: Moment::of(organisation.modified),
        }
    }

    /// An organisation of which nothing but the identity is known here.
    pub(super) fn unknown(writer: &Writer<'_>, id: OrganisationId) -> Self {
        OrganisationColumns {
            id: writer.local().local_id(EntityKind::Organisation, id.uuid()),
            uuid: id,
            name: "",
            url: None,
            nationality: None,
            sector: None,
            kind: None,
            contacts: None,
            created: None,
            modified: None,
        }
    }
}

/// An organisation as indexes and views answer it.
pub(super) struct OrganisationRow<'a> {
    form: Form,
    columns: OrganisationColumns<'a>,
    tags: Vec<TagOnRecord<'a>>,
    meta_fields: Vec<MetaFieldRow<'a>>,
    groups: Vec<GroupRow<'a>>,
    alignments: Alignments<IndividualEnd<'a>>,
}

impl<'a> OrganisationRow<'a> {
    pub(super) fn new(
        writer: &Writer<'_>,
        organisation: &'a Organisation,
        individuals: &[&'a Individual],
        groups: &[&'a OrganisationGroup],
    ) -> Self {
        let columns = OrganisationColumns::new(writer, organisation);
        let number = columns.id;
        let ends = individuals.iter().map(|individual| IndividualEnd {
            id: writer.local().local_id(EntityKind::Individual, individual.id.uuid()),
            email: &individual.email,
        });
        OrganisationRow {
            form: writer.form,
            columns,
            tags: tags(writer, &organisation.tags),
            meta_fields: meta_fields(
                writer,
                &organisation.meta_fields,
                Scope::Organisation,
                organisation.id.uuid(),
                number,
            ),
            groups: groups.iter().map(|group| GroupRow::new(writer, group, number)).collect(),
            alignments: Alignments { key: "individual", ends: ends.collect() },
        }
    }
}

impl Serialize for OrganisationRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'r, T: Serialize> {
            #[serde(flatten)]
            columns: &'r T,
            #[serde(flatten)]
            rest: Rest<'r>,
        }

        #[derive(Clone, Copy)]
        struct Rest<'r>(&'r OrganisationRow<'r>);

        impl Serialize for Rest<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let row = self.0;
                let mut map = serializer.serialize_map(None)?;
                if row.form == Form::Index {
                    map.serialize_entry("tags", &row.tags)?;
                    map.serialize_entry("meta_fields", &row.meta_fields)?;
                } else {
                    map.serialize_entry("meta_fields", &row.meta_fields)?;
                    map.serialize_entry("tags", &row.tags)?;
                }
                if row.form != Form::Open {
                    map.serialize_entry("org_groups", &row.groups)?;
                }
                map.serialize_entry("alignments", &row.alignments)?;
                map.end()
            }
        }

        Flat { columns: &self.columns, rest: Rest(self) }.serialize(serializer)
    }
}

/// An individual as indexes and views answer it.
#[derive(Serialize)]
pub(super) struct IndividualRow<'a> {
    id: Option<u64>,
    uuid: Uuid,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    position: Option<&'a str>,
    created: Option<Moment>,
    modified: Option<Moment>,
    meta_fields: Vec<MetaFieldRow<'a>>,
    tags: Vec<TagOnRecord<'a>>,
    alignments: Alignments<OrganisationEnd<'a>>,
    full_name: Option<String>,
    alternate_emails: Vec<MetaFieldRow<'a>>,
}

impl<'a> IndividualRow<'a> {
    pub(super) fn new(
        writer: &Writer<'_>,
        individual: &'a Individual,
        organisations: &[&'a Organisation],
    ) -> Self {
        let uuid = individual.id.uuid();
        let id = writer.local().local_id(EntityKind::Individual, uuid);
        let rows = |wanted: fn(&MetaField) -> bool| {
            let chosen = individual.meta_fields.iter().filter(|field| wanted(field));
            meta_fields(writer, chosen, Scope::Individual, uuid, id)
        };
        let ends = organisations.iter().map(|organisation| OrganisationEnd {
            id: writer.local().local_id(EntityKind::Organisation, organisation.id.uuid()),
            uuid: organisation.id,
            name: &organisation.name,
        });
        IndividualRow {
            id,
            uuid,
            email: &individual.email,
            first_name: &individual.first_name,
            last_name: &individual.last_name,
            position: individual.position.as_deref(),
            created: Moment::of(individual.created),
            modified: Moment::of(individual.modified),
            meta_fields: rows(|_| true),
            tags: tags(writer, &individual.tags),
            alignments: Alignments { key: "organisation", ends: ends.collect() },
            full_name: individual.full_name(),
            // Peers take every field for an address whose name says so.
            alternate_emails: rows(|field| field.field.contains("email")),
        }
    }
}

/// `[]` when empty, else an object with one list.
struct Alignments<T> {
    key: &'static str,
    ends: Vec<T>,
}

impl<T: Serialize> Serialize for Alignments<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.ends.is_empty() {
            return serializer.collect_seq(std::iter::empty::<()>());
        }
        serializer.collect_map([(self.key, &self.ends)])
    }
}

#[derive(Serialize)]
struct IndividualEnd<'a> {
    id: Option<u64>,
    email: &'a str,
}

#[derive(Serialize)]
struct OrganisationEnd<'a> {
    id: Option<u64>,
    uuid: OrganisationId,
    name: &'a str,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    id: Option<u64>,
    uuid: Uuid,
    name: &'a str,
    description: Option<&'a str>,
    created: Option<Moment>,
    modified: Option<Moment>,
    #[serde(rename = "_joinData")]
    link: GroupLink,
}

#[derive(Serialize)]
struct GroupLink {
    id: Option<u64>,
    org_group_id: Option<u64>,
    organisation_id: Option<u64>,
}

impl<'a> GroupRow<'a> {
    fn new(
        writer: &Writer<'_>,
        group: &'a OrganisationGroup,
        organisation_id: Option<u64>,
    ) -> Self {
        let uuid = group.id.uuid();
        let id = writer.local().local_id(EntityKind::OrganisationGroup, uuid);
        GroupRow {
            id,
            uuid,
            name: &group.name,
            description: group.description.as_deref(),
            created: Moment::of(group.created),
            modified: Moment::of(group.modified),
            link: GroupLink { id: None, org_group_id: id, organisation_id },
        }
    }
}

/// A tag as records carry it.
#[derive(Serialize)]
struct TagOnRecord<'a> {
    id: Option<u64>,
    name: &'a str,
    colour: String,
}

fn tags<'a>(writer: &Writer<'_>, names: &'a [TagName]) -> Vec<TagOnRecord<'a>> {
    let rows = names.iter().map(|name| TagOnRecord {
        id: writer.local().local_id(EntityKind::Tag, name.id().uuid()),
        name: name.as_str(),
        colour: writer.local().colour(name).unwrap_or_else(|| Tag::DEFAULT_COLOUR.to_owned()),
    });
    rows.collect()
}

/// A row of the tags index.
#[derive(Serialize)]
pub(super) struct TagRow<'a> {
    id: Option<u64>,
    namespace: Option<&'a str>,
    predicate: Option<&'a str>,
    value: Option<&'a str>,
    name: &'a str,
    colour: &'a str,
    counter: u64,
    created: Option<Moment>,
    modified: Option<Moment>,
    text_colour: Option<&'static str>,
}

impl<'a> TagRow<'a> {
    pub(super) fn new(writer: &Writer<'_>, tag: &'a Tag, counter: u64) -> Self {
        TagRow {
            id: writer.local().local_id(EntityKind::Tag, tag.id().uuid()),
            namespace: None,
            predicate: None,
            value: None,
            name: tag.name.as_str(),
            colour: &tag.colour,
            counter,
            created: None,
            modified: None,
            text_colour: tag.text_colour(),
        }
    }
}

/// A row of the alignments index.
#[derive(Serialize)]
pub(super) struct AlignmentRow<'a> {
    id: Option<u64>,
    individual_id: Option<u64>,
    organisation_id: Option<u64>,
    #[serde(rename = "type")]
    role: &'a str,
    created: Option<Moment>,
    modified: Option<Moment>,
}

impl<'a> AlignmentRow<'a> {
    pub(super) fn new(writer: &Writer<'_>, alignment: &'a Alignment) -> Self {
        let number = |kind, id| writer.local().local_id(kind, id);
        AlignmentRow {
            id: number(EntityKind::Alignment, alignment.id().uuid()),
            individual_id: number(EntityKind::Individual, alignment.individual.uuid()),
            organisation_id: number(EntityKind::Organisation, alignment.organisation.uuid()),
            role: &alignment.role,
            created: Moment::of(alignment.created),
            // An alignment never changes.
            modified: Moment::of(alignment.created),
        }
    }
}

/// A value as records carry it.
#[derive(Serialize)]
pub(super) struct MetaFieldRow<'a> {
    id: Option<u64>,
    scope: Scope,
    parent_id: Option<u64>,
    field: &'a str,
    value: &'a str,
    uuid: Uuid,
    meta_template_id: Option<u64>,
    meta_template_field_id: Option<u64>,
    is_default: bool,
    created: Option<Moment>,
    modified: Option<Moment>,
    meta_template_directory_id: Option<u64>,
    template_uuid: Uuid,
    template_version: String,
    template_name: Option<String>,
    template_namespace: Option<String>,
}

impl<'a> MetaFieldRow<'a> {
    pub(super) fn new(
        writer: &Writer<'_>,
        meta_field: &'a MetaField,
        scope: Scope,
        owner: Uuid,
        parent_id: Option<u64>,
    ) -> Self {
        let local = writer.local();
        let identity = meta_field.id(owner);
        let key = meta_field.template;
        let template = local.template(key);
        let (name, namespace, number, directory) = match template {
            Some(row) => (Some(row.name), Some(row.namespace), row.local_id, row.directory_id),
            None => (None, None, None, None),
        };
        MetaFieldRow {
            id: local.meta_field_id(identity),
            scope,
            parent_id,
            field: &meta_field.field,
            value: &meta_field.value,
            uuid: identity.uuid(),
            meta_template_id: number,
            meta_template_field_id: local.template_field_id(key, &meta_field.field),
            is_default: false,
            created: Moment::of(meta_field.created),
            modified: Moment::of(meta_field.modified),
            meta_template_directory_id: directory,
            template_uuid: key.id.uuid(),
            template_version: key.version.to_string(),
            template_name: name,
            template_namespace: namespace,
        }
    }
}

fn meta_fields<'a>(
    writer: &Writer<'_>,
    values: impl IntoIterator<Item = &'a MetaField>,
    scope: Scope,
    owner: Uuid,
    number: Option<u64>,
) -> Vec<MetaFieldRow<'a>> {
    let values = values.into_iter();
    values.map(|value| MetaFieldRow::new(writer, value, scope, owner, number)).collect()
}

/// The number of the record that holds a value. Users are numbered elsewhere.
pub(super) fn owner_number(writer: &Writer<'_>, scope: Scope, owner: Uuid) -> Option<u64> {
    match scope {
        Scope::Organisation => writer.local().local_id(EntityKind::Organisation, owner),
        Scope::Individual => writer.local().local_id(EntityKind::Individual, owner),
        Scope::User => None,
    }
}
