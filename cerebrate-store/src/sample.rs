//! Ten real teams, for a first look at a database with content.

use std::collections::BTreeMap;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{ChangeSetId, OrganisationId, SharingGroupId};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Member, MetaField, Name, Organisation, SharingGroup, TagName, TemplateKey,
};
use cerebrate_core::words::counted;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{Author, Store};

const READ: &str = "read sample teams";

/// The groups of meta-fields in the file, and the templates they are of.
const TEMPLATES: [(&str, &str); 3] = [
    ("constituency", "cerebrate/csirt-constituency"),
    ("first", "first/first-directory"),
    ("enisa", "cnw/enisa-csirt-network"),
];

/// What loading the sample did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct SampleReport {
    /// The change set, if anything was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<ChangeSetId>,
    /// Organisations that are new.
    pub organisations: u64,
    /// Sharing groups that are new.
    pub sharing_groups: u64,
    /// Records that were there and stay as they are.
    pub present: u64,
}

/// Stores the sample teams and their sharing group as one change set of origin `sample`. What is
/// there already, edited or not, stays as it is. Load the shipped templates before, or the values
/// wait for them.
///
/// ```
/// use cerebrate_store::{Store, sample};
///
/// let store = Store::in_memory()?;
/// store.load_shipped_templates()?;
/// let report = sample::load(&store)?;
/// assert_eq!((report.organisations, report.sharing_groups), (10, 1));
/// assert_eq!(store.search::<cerebrate_core::model::Organisation>("circl", 1)?[0].name, "CIRCL");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub fn load(store: &Store) -> Result<SampleReport> {
    let file: File = serde_json::from_str(cerebrate_libraries::SAMPLE_TEAMS)
        .map_err(|source| Error::new(Kind::Corrupt, READ, "not as expected").caused_by(source))?;
    let templates = templates()?;
    store.transaction_by(&Author::of("sample"), |transaction| {
        let mut report = SampleReport::default();
        for team in file.organisations {
            let organisation = team.organisation(&templates)?;
            if transaction.organisations().get(organisation.id)?.is_some() {
                report.present += 1;
            } else {
                transaction.organisations().insert(organisation)?;
                report.organisations += 1;
            }
        }
        for group in file.sharing_groups {
            let group = group.sharing_group();
            if transaction.sharing_groups().get(group.id)?.is_some() {
                report.present += 1;
            } else {
                transaction.sharing_groups().insert(group)?;
                report.sharing_groups += 1;
            }
        }
        if transaction.has_changes() {
            report.change_set = Some(transaction.change_set());
            transaction.summarise(&format!(
                "{} and {}",
                counted(report.organisations, "organisation"),
                counted(report.sharing_groups, "sharing group")
            ))?;
        }
        Ok(report)
    })
}

#[derive(Deserialize)]
struct File {
    organisations: Vec<Team>,
    sharing_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Team {
    uuid: OrganisationId,
    name: Name,
    url: Option<String>,
    nationality: Option<String>,
    sector: Option<String>,
    contacts: Option<String>,
    #[serde(default)]
    tags: Vec<TagName>,
    /// The meta-fields, by group and field.
    #[serde(flatten)]
    meta_fields: BTreeMap<String, serde_json::Map<String, Value>>,
}

#[derive(Deserialize)]
struct Group {
    uuid: SharingGroupId,
    name: Name,
    releasability: String,
    organisation: OrganisationId,
    active: bool,
    local: bool,
    members: Vec<OrganisationId>,
}

impl Team {
    fn organisation(self, templates: &BTreeMap<&str, TemplateKey>) -> Result<Organisation> {
        let mut organisation = Organisation::new(self.uuid, self.name);
        organisation.url = self.url;
        organisation.nationality = self.nationality;
        organisation.sector = self.sector;
        organisation.contacts = self.contacts;
        organisation.tags = self.tags;
        for (group, fields) in self.meta_fields {
            let template = templates.get(group.as_str()).ok_or_else(|| {
                Error::new(Kind::Corrupt, READ, "unknown group of meta-fields")
                    .with("group", &group)
            })?;
            for (field, value) in fields {
                for value in texts(value) {
                    organisation.meta_fields.push(MetaField::new(*template, &field, value));
                }
            }
        }
        Ok(organisation)
    }
}

impl Group {
    fn sharing_group(self) -> SharingGroup {
        let mut group = SharingGroup::new(self.uuid, self.name, self.organisation);
        group.releasability = self.releasability;
        group.active = self.active;
        group.local = self.local;
        group.members = self
            .members
            .into_iter()
            .map(|organisation| Member { organisation, extend: false })
            .collect();
        group
    }
}

/// The newest version of each template that the file has values for.
fn templates() -> Result<BTreeMap<&'static str, TemplateKey>> {
    TEMPLATES
        .into_iter()
        .map(|(group, name)| Ok((group, Library::shipped().find(name)?.key())))
        .collect()
}

/// The values that a JSON value stands for.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.into_iter().flat_map(texts).collect(),
        Value::String(text) => vec![text],
        Value::Bool(true) => vec!["1".to_owned()],
        Value::Bool(false) => vec!["0".to_owned()],
        Value::Number(number) => vec![number.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}
