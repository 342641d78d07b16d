//! For whom somebody works, told with the person.

use cerebrate_core::error::Result;
use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{Alignment, EntityKind, Individual, Record};
use cerebrate_core::query::{Filter, Query};
use cerebrate_core::value::Timestamp;
use serde::Serialize;

use super::pages;
use crate::backend::Read;

/// An individual as exports write it.
#[derive(Debug, Serialize)]
pub(super) struct Person<'a> {
    #[serde(flatten)]
    individual: &'a Individual,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    alignments: &'a [Employment],
}

impl<'a> Person<'a> {
    pub(super) fn new(individual: &'a Individual, alignments: &'a [Employment]) -> Self {
        Person { individual, alignments }
    }
}

/// Where somebody works, and as what.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Employment {
    pub(super) organisation: OrganisationId,
    pub(super) role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
}

impl From<Alignment> for Employment {
    fn from(alignment: Alignment) -> Self {
        let Alignment { organisation, role, created, .. } = alignment;
        Employment { organisation, role, created }
    }
}

/// Where an individual works, by organisation and role.
pub(super) fn employments(read: &dyn Read, id: IndividualId) -> Result<Vec<Employment>> {
    let mut query = Query::new(EntityKind::Alignment);
    query.filters.push(Filter::Individual(id));
    let mut found = Vec::new();
    pages(read, query, &mut |record| {
        if let Record::Alignment(alignment) = record {
            found.push(Employment::from(alignment.clone()));
        }
    })?;
    found.sort_unstable();
    Ok(found)
}
