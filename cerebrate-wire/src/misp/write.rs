use cerebrate_core::value::Timestamp;
use serde::{Serialize, Serializer};

use super::OrganisationRecord;

/// The organisation as `/organisations/view` answers it, wrapped in `Organisation`: numbers are
/// texts, what is not set is `""` or `null` as MISP has it. The number is left out if there is
/// none, so that the result can be sent to an instance as it is.
///
/// ```
/// use cerebrate_core::model::Organisation;
/// use cerebrate_wire::misp::{self, OrganisationRecord};
///
/// let id = "49e3572b-c2b4-58ac-a239-a3fb2d236b1c".parse()?;
/// let record = OrganisationRecord::new(Organisation::new(id, "CSIRT 01".parse()?));
/// let json = serde_json::to_string(&misp::organisation(&record))?;
/// assert!(json.starts_with(r#"{"Organisation":{"name":"CSIRT 01","date_created":null,"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn organisation(record: &OrganisationRecord) -> impl Serialize + '_ {
    let organisation = &record.organisation;
    Envelope {
        organisation: Row {
            id: record.local_id.map(|id| id.to_string()),
            name: organisation.name.as_str(),
            date_created: Moment(organisation.created),
            date_modified: Moment(organisation.modified),
            description: record.description.as_deref(),
            kind: organisation.kind.as_deref().unwrap_or_default(),
            nationality: organisation.nationality.as_deref().unwrap_or_default(),
            sector: organisation.sector.as_deref().unwrap_or_default(),
            uuid: organisation.id.to_string(),
            contacts: organisation.contacts.as_deref(),
            local: record.local,
            restricted_to_domain: Some(record.domains.as_slice()).filter(|list| !list.is_empty()),
            landingpage: None,
        },
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "Organisation")]
    organisation: Row<'a>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: &'a str,
    date_created: Moment,
    date_modified: Moment,
    description: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
    nationality: &'a str,
    sector: &'a str,
    uuid: String,
    contacts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<bool>,
    restricted_to_domain: Option<&'a [String]>,
    landingpage: Option<&'a str>,
}

/// `2026-11-24 05:58:50`, in UTC.
struct Moment(Option<Timestamp>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(moment) => {
                let text = moment.to_string().replace('T', " ");
                serializer.serialize_str(text.trim_end_matches('Z'))
            }
            None => serializer.serialize_none(),
        }
    }
}
