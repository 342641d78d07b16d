use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{LONG_TEXT, Organisation, SHORT_TEXT};
use cerebrate_core::problem::ProblemKind;

use super::{find, unwrapped};
use crate::json::{Node, Value, parse};
use crate::read::{Fields, FromNode, Notes, Path};

/// What MISP writes where nobody chose a nationality.
const NO_NATIONALITY: &str = "Not specified";

/// An organisation of a MISP instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrganisationRecord {
    /// The organisation. MISP knows neither web address nor tags nor meta-fields.
    pub organisation: Organisation,
    /// Its number on that instance.
    pub local_id: Option<u64>,
    /// What it is, in words.
    pub description: Option<String>,
    /// Whether it has users there or may have.
    pub local: Option<bool>,
    /// The domains that the e-mail addresses of its users must have.
    pub domains: Vec<String>,
}

impl OrganisationRecord {
    /// An organisation as it is sent to an instance that may not know it yet.
    pub fn new(organisation: Organisation) -> Self {
        OrganisationRecord {
            organisation,
            local_id: None,
            description: None,
            local: None,
            domains: Vec::new(),
        }
    }
}

const KEYS: [&str; 13] = [
    "id",
    "name",
    "date_created",
    "date_modified",
    "description",
    "type",
    "nationality",
    "sector",
    "uuid",
    "contacts",
    "local",
    "restricted_to_domain",
    "landingpage",
];

impl FromNode for OrganisationRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let Some(inner) = unwrapped(node, "Organisation") else {
            return flat(node, path, notes);
        };
        let _siblings = Fields::pick(node, path, notes, [], &["Organisation", "response"]);
        flat(inner, path.key("Organisation"), notes)
    }
}

fn flat(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<OrganisationRecord> {
    let ignored = ["created_by", "created_by_email", "user_count"];
    let (fields, picked) = Fields::pick(node, path, notes, KEYS, &ignored)?;
    let [id, name, created, modified, description, kind, nationality, sector, uuid, rest @ ..] =
        picked;
    let [contacts, local, domains, landing_page] = rest;
    if landing_page.is_some_and(|page| page.value != Value::Null) {
        notes.unknown(fields.path("landingpage"));
    }
    let identity = fields.identity("uuid", uuid, notes);
    let name = fields.name("name", name, notes);
    let (identity, name) = identity.zip(name)?;
    let mut organisation = Organisation::new(OrganisationId::new(identity), name);
    organisation.nationality =
        fields.short("nationality", nationality, notes).filter(|text| text != NO_NATIONALITY);
    organisation.sector = fields.short("sector", sector, notes);
    organisation.kind = fields.short("type", kind, notes);
    organisation.contacts = fields.text("contacts", contacts, LONG_TEXT, notes);
    organisation.created = fields.time("date_created", created, notes);
    organisation.modified = fields.time("date_modified", modified, notes);
    Some(OrganisationRecord {
        organisation,
        local_id: fields.number("id", id, notes),
        description: fields.text("description", description, LONG_TEXT, notes),
        local: fields.flag("local", local, notes),
        domains: read_domains(domains, fields.path("restricted_to_domain"), notes),
    })
}

/// A list, or one as JSON or line by line in a text.
fn read_domains(node: Option<&Node<'_>>, path: Path<'_>, notes: &mut Notes<'_>) -> Vec<String> {
    let Some(Node { value: Value::Text(text), .. }) = node else {
        return domains_of(notes.list(node, path), path, notes);
    };
    if let Ok(document) = parse(text, &[])
        && let Value::List(items) = &document.root.value
        && items.iter().all(|item| matches!(item.value, Value::Text(_)))
    {
        return domains_of(items.iter().collect(), path, notes);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn domains_of(items: Vec<&Node<'_>>, path: Path<'_>, notes: &mut Notes<'_>) -> Vec<String> {
    let mut domains = Vec::with_capacity(items.len());
    for (position, item) in items.into_iter().enumerate() {
        let path = path.position(position);
        match &item.value {
            Value::Text(text) if text.len() > SHORT_TEXT => {
                notes.problem(item, path, ProblemKind::TooLong, "too long for a domain");
            }
            Value::Text(text) if text.trim().is_empty() => {}
            Value::Text(text) => domains.push(text.clone().into_owned()),
            _ => notes.problem(item, path, ProblemKind::WrongType, "a domain is expected"),
        }
    }
    domains
}

/// The organisation that `node` names, directly or under `Organisation`.
pub(super) fn named<'n, 'a>(node: &'n Node<'a>) -> &'n Node<'a> {
    find(node, "Organisation")
        .filter(|inner| matches!(inner.value, Value::Object(_)))
        .unwrap_or(node)
}
