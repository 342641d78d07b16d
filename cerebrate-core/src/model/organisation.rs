use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, MetaField, Name, TagName};
use crate::id::OrganisationId;
use crate::problem::ProblemKind;
use crate::value::Timestamp;

/// A team or body: a CSIRT, a company, an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organisation {
    /// Identity, the same on every node.
    pub id: OrganisationId,
    /// Name; not unique.
    pub name: Name,
    /// Web address, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Nationality, as given: a code or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Sector, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// What sort of organisation, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How to reach it, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<String>,
    /// Tags, in name order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagName>,
    /// Community-defined values, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta_fields: Vec<MetaField>,
    /// What is odd about the record itself, such as hidden characters in the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<ProblemKind>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl Organisation {
    /// An organisation of which only the name is known.
    pub fn new(id: OrganisationId, name: Name) -> Self {
        Organisation {
            id,
            name,
            url: None,
            nationality: None,
            sector: None,
            kind: None,
            contacts: None,
            tags: Vec::new(),
            meta_fields: Vec::new(),
            flags: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for Organisation {
    type Id = OrganisationId;
    const KIND: EntityKind = EntityKind::Organisation;

    fn id(&self) -> OrganisationId {
        self.id
    }
}
