use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind};
use crate::id::{AlignmentId, IndividualId, OrganisationId, derive};
use crate::value::Timestamp;

/// An individual works for an organisation, in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Alignment {
    /// The person.
    pub individual: IndividualId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// In which role, free text; `Member` where nothing else is known.
    pub role: String,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

impl Alignment {
    /// Connects `individual` to `organisation` in `role`.
    pub fn new(
        individual: IndividualId,
        organisation: OrganisationId,
        role: impl Into<String>,
    ) -> Self {
        Alignment { individual, organisation, role: role.into(), created: None }
    }
}

impl Entity for Alignment {
    type Id = AlignmentId;
    const KIND: EntityKind = EntityKind::Alignment;

    /// Derived from individual, organisation and role: an alignment exists once, on every node.
    fn id(&self) -> AlignmentId {
        AlignmentId::new(derive(
            "alignment",
            &[
                self.individual.uuid().as_bytes(),
                self.organisation.uuid().as_bytes(),
                self.role.as_bytes(),
            ],
        ))
    }
}
