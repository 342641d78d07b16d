//! From claims that match to an answer: ranking, grouping by organisation, names and texts.

use std::collections::HashMap;

use cerebrate_core::constituency::{BasisKind, Claim, sector_key};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::fold;
use cerebrate_core::subject::Subject;

use super::answer::{Basis, Match, OrganisationRef, Rank, Responsibility};
use crate::backend::{ClaimQuery, ClaimText, LocalId, Read, StoredClaim};

/// How many texts are remembered between the answers of one bulk question.
const TEXTS: usize = 16 * 1024;

/// Turns claims into answers, all as of one moment.
pub(super) struct Answers<'r> {
    read: &'r dyn Read,
    /// Which values of whom claim the sector asked for; `None` if none was asked for.
    sector: Option<HashMap<LocalId, Vec<StoredClaim>>>,
    texts: HashMap<(LocalId, u32), ClaimText>,
}

impl<'r> Answers<'r> {
    pub(super) fn new(read: &'r dyn Read, sector: Option<&str>) -> Result<Self> {
        let sector = match sector.map(sector_key).filter(|key| !key.is_empty()) {
            None => None,
            Some(key) => {
                let mut claiming: HashMap<_, Vec<_>> = HashMap::new();
                for claim in read.claims_of(&ClaimQuery::Sector(key))? {
                    claiming.entry(claim.owner).or_default().push(claim);
                }
                Some(claiming)
            }
        };
        Ok(Answers { read, sector, texts: HashMap::new() })
    }

    /// The answer to `subject`, whose matching claims are `found`, in any order.
    pub(super) fn answer(
        &mut self,
        subject: Subject,
        mut found: Vec<StoredClaim>,
    ) -> Result<Responsibility> {
        found.sort_by_cached_key(|claim| (claim.owner, order(claim)));
        let mut matches = Vec::new();
        for claims in found.chunk_by(|a, b| a.owner == b.owner) {
            matches.extend(self.organisation(claims)?);
        }
        matches.sort_by_cached_key(|hit: &Match| {
            let organisation = &hit.organisation;
            (hit.rank, fold(&organisation.name), organisation.name.clone(), organisation.id)
        });
        Ok(Responsibility::new(subject, matches))
    }

    /// The match of one organisation, from its claims, best first.
    fn organisation(&mut self, claims: &[StoredClaim]) -> Result<Option<Match>> {
        let Some((best, others)) = claims.split_first() else {
            return Ok(None);
        };
        let in_sector = match &self.sector {
            Some(claiming) => claiming.get(&best.owner).cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        let (kind, width) = specificity(&best.claim);
        let outside_sector = self.sector.is_some() && in_sector.is_empty();
        let text = self.text(best)?;
        let mut also = Vec::with_capacity(others.len() + in_sector.len());
        for claim in others.iter().chain(&in_sector) {
            also.push(Basis::new(claim.claim.clone(), self.text(claim)?.value));
        }
        Ok(Some(Match {
            organisation: OrganisationRef { id: text.organisation, name: text.name },
            basis: Basis::new(best.claim.clone(), text.value),
            also,
            rank: Rank { outside_sector, kind, width },
        }))
    }

    fn text(&mut self, claim: &StoredClaim) -> Result<ClaimText> {
        let place = (claim.owner, claim.position);
        if let Some(text) = self.texts.get(&place) {
            return Ok(text.clone());
        }
        let text = self.read.claim_text(claim.owner, claim.position)?.ok_or_else(|| {
            Error::new(Kind::Corrupt, "look up", "a constituency has lost its value")
                .with("organisation", claim.owner)
        })?;
        if self.texts.len() >= TEXTS {
            self.texts.clear();
        }
        self.texts.insert(place, text.clone());
        Ok(text)
    }
}

/// The matching claims, asked of the store itself.
pub(super) fn by_query(read: &dyn Read, subject: &Subject) -> Result<Vec<StoredClaim>> {
    let queries = [
        subject.address_or_network().map(ClaimQuery::Covering),
        subject.asn().map(|asn| ClaimQuery::Asn(asn.0)),
        subject
            .domain()
            .map(|name| ClaimQuery::Domains(name.suffixes().map(str::to_owned).collect())),
        subject.country().map(|code| ClaimQuery::Country(code.to_string())),
    ];
    let mut found = Vec::new();
    for query in queries.into_iter().flatten() {
        found.extend(read.claims_of(&query)?);
    }
    Ok(found)
}

/// The order of the claims of one organisation: best first, then as its values stand.
pub(super) fn order(claim: &StoredClaim) -> (BasisKind, u32, u32, Claim) {
    let (kind, width) = specificity(&claim.claim);
    (kind, width, claim.position, claim.claim.clone())
}

/// What a claim is worth: its kind, and how wide it is among those of its kind.
pub(super) fn specificity(claim: &Claim) -> (BasisKind, u32) {
    let width = match claim {
        Claim::Prefix(prefix) => u32::from(u8::MAX - prefix.len()),
        Claim::Asn(range) => range.last().0 - range.first().0,
        Claim::Domain(suffix) => {
            u32::MAX - u32::try_from(suffix.as_str().len()).unwrap_or(u32::MAX)
        }
        _ => 0,
    };
    (claim.basis_kind(), width)
}
