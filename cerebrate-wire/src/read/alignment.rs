use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::Alignment;
use cerebrate_core::value::Timestamp;

use super::individual::organisation_reference;
use super::organisation::individual_reference;
use super::{Fields, FromNode, IndividualReference, Notes, OrganisationReference, Path};
use crate::json::{Node, Value};

/// A row of the alignments index. Peers name both ends by their numbers only; who knows which
/// records these are makes it an [`Alignment`] with [`AlignmentRecord::between`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlignmentRecord {
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// The person.
    pub individual: IndividualReference,
    /// The organisation.
    pub organisation: OrganisationReference,
    /// The role; `Member` where none is given.
    pub role: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

impl AlignmentRecord {
    /// The alignment, between the records that its numbers stand for.
    pub fn between(&self, individual: IndividualId, organisation: OrganisationId) -> Alignment {
        let mut alignment = Alignment::new(individual, organisation, self.role.as_str());
        alignment.created = self.created;
        alignment
    }
}

impl FromNode for AlignmentRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let keys = [
            "id",
            "individual_id",
            "organisation_id",
            "type",
            "created",
            "modified",
            "individual",
            "organisation",
        ];
        let (fields, picked) = Fields::pick(node, path, notes, keys, &[])?;
        let [id, individual_id, organisation_id, role, created, modified, person, team] = picked;
        let role = fields.short("type", role, notes);
        let local_id = fields.number("id", id, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);

        let mut individual = present(person)
            .and_then(|node| individual_reference(node, fields.path("individual"), notes))
            .unwrap_or(IndividualReference { local_id: None, id: None, email: None });
        individual.local_id =
            fields.number("individual_id", individual_id, notes).or(individual.local_id);
        let mut organisation = present(team)
            .and_then(|node| organisation_reference(node, fields.path("organisation"), notes))
            .unwrap_or(OrganisationReference { local_id: None, id: None, name: None });
        organisation.local_id =
            fields.number("organisation_id", organisation_id, notes).or(organisation.local_id);

        let has_individual = individual.local_id.is_some() || individual.id.is_some();
        if !has_individual {
            fields.required("individual_id", "the individual is missing", notes);
        }
        let has_organisation = organisation.local_id.is_some() || organisation.id.is_some();
        if !has_organisation {
            fields.required("organisation_id", "the organisation is missing", notes);
        }
        (has_individual && has_organisation).then(|| AlignmentRecord {
            local_id,
            individual,
            organisation,
            role: role.unwrap_or_else(|| "Member".to_owned()),
            created,
            modified,
        })
    }
}

/// The node, unless it is `null`.
pub(super) fn present<'n, 'a>(node: Option<&'n Node<'a>>) -> Option<&'n Node<'a>> {
    node.filter(|node| node.value != Value::Null)
}
