use cerebrate_core::id::{OrganisationId, SharingGroupId};
use cerebrate_core::model::{LONG_TEXT, Member, SharingGroup};

use super::organisation::named;
use super::{find, unwrapped};
use crate::json::{Node, Value};
use crate::read::{Fields, FromNode, Members, Notes, Path};

pub use crate::read::OrganisationReference;

/// A sharing group of a MISP instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharingGroupRecord {
    /// The sharing group; its members by organisation, each once.
    pub sharing_group: SharingGroup,
    /// Its number on that instance.
    pub local_id: Option<u64>,
    /// Whether it goes to every instance that the sharing instance is connected to.
    pub roaming: bool,
    /// The owner and the members as MISP names them.
    pub organisations: Vec<OrganisationReference>,
}

const KEYS: [&str; 11] = [
    "id",
    "name",
    "releasability",
    "description",
    "uuid",
    "organisation_uuid",
    "active",
    "created",
    "modified",
    "local",
    "roaming",
];

const IGNORED: [&str; 7] = [
    "org_id",
    "sync_user_id",
    "sync_org_name",
    "sync_org",
    "org_count",
    "Organisation",
    "SharingGroupOrg",
];

const ENVELOPE: [&str; 6] =
    ["SharingGroup", "Organisation", "SharingGroupOrg", "editable", "deletable", "response"];

impl FromNode for SharingGroupRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let envelope = find(node, "response").unwrap_or(node);
        let group = unwrapped(node, "SharingGroup");
        if group.is_some() {
            let _others = Fields::pick(envelope, path, notes, ["SharingGroupServer"], &ENVELOPE)
                .and_then(|(fields, [servers])| {
                    let used = servers.is_some_and(|node| !is_empty(node));
                    used.then(|| notes.unknown(fields.path("SharingGroupServer")))
                });
        }
        let inside = path.key("SharingGroup");
        let (group, group_path) = match group {
            Some(group) => (group, inside),
            None => (envelope, path),
        };
        let (fields, picked) = Fields::pick(group, group_path, notes, KEYS, &IGNORED)?;
        let [
            id,
            name,
            releasability,
            description,
            uuid,
            owner_id,
            active,
            created,
            modified,
            rest @ ..,
        ] = picked;
        let [local, roaming] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let name = fields.name("name", name, notes);
        let mut organisations = Vec::new();
        let owner = part(envelope, group, "Organisation")
            .and_then(|owner| reference(owner, path.key("Organisation"), &mut organisations, notes))
            .or_else(|| fields.uuid("organisation_uuid", owner_id, notes).map(OrganisationId::new));
        if owner.is_none() {
            fields.required("Organisation", "the owner and its UUID are needed", notes);
        }
        let path = path.key("SharingGroupOrg");
        let mut members = Members::default();
        let items = notes.list(part(envelope, group, "SharingGroupOrg"), path);
        for (position, item) in items.into_iter().enumerate() {
            let path = path.position(position);
            let Some(organisation) = reference(item, path, &mut organisations, notes) else {
                let message = "the UUID of the member is needed";
                Fields::at(item, path).required("uuid", message, notes);
                continue;
            };
            let row = Fields::at(item, path);
            let extend = row.flag("extend", find(item, "extend"), notes).unwrap_or(false);
            members.add(Member { organisation, extend }, item, path, notes);
        }
        let local_id = fields.number("id", id, notes);
        let releasability = fields.text("releasability", releasability, LONG_TEXT, notes);
        let description = fields.text("description", description, LONG_TEXT, notes);
        let active = fields.flag("active", active, notes);
        let local = fields.flag("local", local, notes);
        let roaming = fields.flag("roaming", roaming, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);

        let mut sharing_group = SharingGroup::new(SharingGroupId::new(identity?), name?, owner?);
        sharing_group.releasability = releasability.unwrap_or_default();
        sharing_group.description = description;
        sharing_group.active = active.unwrap_or(true);
        sharing_group.local = local.unwrap_or(true);
        sharing_group.members = members.in_order();
        sharing_group.created = created;
        sharing_group.modified = modified;
        let roaming = roaming.unwrap_or(false);
        Some(SharingGroupRecord { sharing_group, local_id, roaming, organisations })
    }
}

/// What stands beside the group or within it.
fn part<'n, 'a>(envelope: &'n Node<'a>, group: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    find(envelope, key).or_else(|| find(group, key)).filter(|node| node.value != Value::Null)
}

fn reference(
    node: &Node<'_>,
    path: Path<'_>,
    found: &mut Vec<OrganisationReference>,
    notes: &mut Notes<'_>,
) -> Option<OrganisationId> {
    let row = named(node);
    let inside = path.key("Organisation");
    let fields = Fields::at(row, if std::ptr::eq(row, node) { path } else { inside });
    let id = fields.uuid("uuid", find(row, "uuid"), notes).map(OrganisationId::new)?;
    let name = fields.short("name", find(row, "name"), notes);
    let number = find(row, "id").filter(|_| find(row, "sharing_group_id").is_none());
    let local_id = fields.number("id", number, notes);
    found.push(OrganisationReference::new(local_id, Some(id), name));
    Some(id)
}

fn is_empty(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
