use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::id::{OrganisationId, SharingGroupId};
use cerebrate_core::model::{LONG_TEXT, Member, SharingGroup};
use cerebrate_core::problem::ProblemKind;

use super::alignment::present;
use super::{Fields, FromNode, Notes, OrganisationRecord, Path};
use crate::json::{Node, Value};

/// A sharing group as the sharing groups index and view answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharingGroupRecord {
    /// The sharing group; its members by organisation, each once.
    pub sharing_group: SharingGroup,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// The owner and the members as far as their rows could be read, each once.
    pub organisations: Vec<OrganisationRecord>,
}

const KEYS: [&str; 12] = [
    "id",
    "uuid",
    "name",
    "releasability",
    "description",
    "organisation_id",
    "active",
    "local",
    "created",
    "modified",
    "organisation",
    "sharing_group_orgs",
];

impl FromNode for SharingGroupRecord {
    const SKIPPED: &'static [&'static str] = &["MetaTemplates", "meta_template_field", "user"];

    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let (fields, picked) = Fields::pick(
            node,
            path,
            notes,
            KEYS,
            &["user", "user_id", "organisation_uuid", "_matchingData"],
        )?;
        let [
            id,
            uuid,
            name,
            releasability,
            description,
            _,
            active,
            local,
            created,
            modified,
            rest @ ..,
        ] = picked;
        let [owner, members] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let name = fields.name("name", name, notes);
        let mut organisations = Rows::default();
        let owner = present(owner).and_then(|owner| {
            organisation(owner, fields.path("organisation"), &mut organisations, notes)
        });
        if owner.is_none() {
            fields.required("organisation", "the owner and its UUID are needed", notes);
        }
        let members =
            read_members(members, fields.path("sharing_group_orgs"), &mut organisations, notes);
        let local_id = fields.number("id", id, notes);
        let releasability = fields.text("releasability", releasability, LONG_TEXT, notes);
        let description = fields.text("description", description, LONG_TEXT, notes);
        let active = fields.flag("active", active, notes);
        let local = fields.flag("local", local, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);

        let mut group = SharingGroup::new(SharingGroupId::new(identity?), name?, owner?);
        group.releasability = releasability.unwrap_or_default();
        group.description = description;
        group.active = active.unwrap_or(true);
        group.local = local.unwrap_or(true);
        group.members = members;
        group.created = created;
        group.modified = modified;
        Some(SharingGroupRecord {
            sharing_group: group,
            local_id,
            organisations: organisations.records,
        })
    }
}

/// The identity of an organisation; its row goes to `found`.
fn organisation(
    node: &Node<'_>,
    path: Path<'_>,
    found: &mut Rows,
    notes: &mut Notes<'_>,
) -> Option<OrganisationId> {
    if let Some(record) = OrganisationRecord::from_node(node, path, notes) {
        let id = record.organisation.id;
        if found.known.insert(id) {
            found.records.push(record);
        }
        return Some(id);
    }
    // Membership needs the identity only, which may be there without a name.
    let uuid = find(node, "uuid")?;
    match &uuid.value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn read_members(
    node: Option<&Node<'_>>,
    path: Path<'_>,
    found: &mut Rows,
    notes: &mut Notes<'_>,
) -> Vec<Member> {
    let items = notes.list(node, path);
    let mut members = Members::default();
    for (position, item) in items.into_iter().enumerate() {
        let path = path.position(position);
        if let Some(id) = organisation(item, path, found, notes) {
            let extend = extend(item, path, notes);
            members.add(Member { organisation: id, extend }, item, path, notes);
        }
    }
    members.in_order()
}

/// Whether the member may extend the group: `_joinData` says so, or else the row itself.
fn extend(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> bool {
    const LINK: [&str; 4] = ["sharing_group_id", "organisation_id", "deleted", "id"];
    if let Some(link) = present(find(node, "_joinData"))
        && let Some((fields, [extend])) =
            Fields::pick(link, path.key("_joinData"), notes, ["extend"], &LINK)
        && let Some(extend) = fields.flag("extend", extend, notes)
    {
        return extend;
    }
    let fields = Fields::at(node, path);
    fields.flag("extend", find(node, "extend"), notes).unwrap_or(false)
}

fn find<'n, 'a>(node: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().rev().find(|member| member.key == key).map(|member| &member.node)
}

/// Members by organisation, each once.
#[derive(Default)]
pub(crate) struct Members(BTreeMap<OrganisationId, bool>);

impl Members {
    /// Adds one; of two that are one organisation the first stays.
    pub(crate) fn add(
        &mut self,
        member: Member,
        node: &Node<'_>,
        path: Path<'_>,
        notes: &mut Notes<'_>,
    ) {
        match self.0.entry(member.organisation) {
            Entry::Vacant(place) => {
                place.insert(member.extend);
            }
            Entry::Occupied(_) => {
                notes.problem(node, path, ProblemKind::Repeated, "the member stands here twice");
            }
        }
    }

    pub(crate) fn in_order(self) -> Vec<Member> {
        let members = self.0.into_iter();
        members.map(|(organisation, extend)| Member { organisation, extend }).collect()
    }
}

/// The organisations whose rows a group carries, each once.
#[derive(Default)]
struct Rows {
    records: Vec<OrganisationRecord>,
    known: BTreeSet<OrganisationId>,
}
