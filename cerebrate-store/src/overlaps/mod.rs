//! Where constituencies do not fit together: what two organisations claim, and who claims nothing.

mod sweep;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::IpAddr;

use cerebrate_core::constituency::{BasisKind, Claim};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::{AsnRange, IpPrefix};
use serde::Serialize;

use self::sweep::{Range, Sweep};
use crate::Store;
use crate::backend::{ClaimText, LocalId, Read, StoredClaim};

pub use crate::backend::{Population, Unclaimed};

const REPORT: &str = "report constituencies";

/// The longest list in a report.
const LONGEST: usize = 100_000;

/// What a report of constituencies is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConstituencyQuestion {
    /// Among whom to look for organisations without any constituency.
    pub population: Population,
    /// How many overlaps of each kind, and how many gaps, are told at most.
    pub limit: usize,
}

impl Default for ConstituencyQuestion {
    /// Everybody, at most 1,000 of each.
    fn default() -> Self {
        ConstituencyQuestion { population: Population::Everybody, limit: 1_000 }
    }
}

impl ConstituencyQuestion {
    /// At most 1,000 of each; gaps among these.
    #[must_use]
    pub fn among(population: Population) -> Self {
        ConstituencyQuestion { population, ..ConstituencyQuestion::default() }
    }

    /// At most so many overlaps of each kind, and so many gaps.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// Where constituencies overlap, and who has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConstituencyReport {
    /// Claims of two organisations on the same: prefixes in the order of their addresses, then AS
    /// numbers, then domains from the top-level down.
    pub overlaps: Vec<Overlap>,
    /// Of which kinds there are more overlaps than were asked for.
    pub more_overlaps: Vec<BasisKind>,
    /// Organisations of which no constituency can be read, in name order.
    pub gaps: Vec<Gap>,
    /// Whether there are more of them than were asked for.
    pub more_gaps: bool,
}

/// What two organisations claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Overlap {
    /// What kind of claim.
    pub basis: BasisKind,
    /// How the claims lie to each other.
    pub class: OverlapClass,
    /// One claim: the wider one if the other lies inside.
    pub one: Claimed,
    /// The other claim.
    pub other: Claimed,
}

/// How two claims lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OverlapClass {
    /// They claim the same.
    Equal,
    /// The second lies inside the first.
    Inside,
    /// They share a part, and each has one of its own: ranges of AS numbers only.
    Crossing,
}

impl OverlapClass {
    /// The name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            OverlapClass::Equal => "equal",
            OverlapClass::Inside => "inside",
            OverlapClass::Crossing => "crossing",
        }
    }
}

impl fmt::Display for OverlapClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an organisation claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Claimed {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The claim, in normal form.
    pub claim: String,
    /// The value that makes it, as stored.
    pub value: String,
}

/// An organisation of which no constituency can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// How many of its values are meant as one and cannot be read.
    pub unreadable: u64,
}

impl Store {
    /// Where constituencies overlap, and which organisations have none. A store that is seen
    /// [as a user](Store::as_actor) tells of what that user sees.
    ///
    /// An organisation's claims on the same twice are no overlap; countries and sectors are there
    /// to be shared. Any claim that can be read is a constituency, a country or a sector too.
    ///
    /// ```
    /// use cerebrate_store::Store;
    /// use cerebrate_store::overlaps::ConstituencyQuestion;
    ///
    /// let store = Store::in_memory()?;
    /// cerebrate_store::sample::load(&store)?;
    /// let question = ConstituencyQuestion::default().limit(10);
    /// let report = store.constituency_report(&question)?;
    /// for overlap in &report.overlaps {
    ///     println!("{} and {}", overlap.one.name, overlap.other.name);
    /// }
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the sharing group of the question is not there or not seen.
    pub fn constituency_report(
        &self,
        question: &ConstituencyQuestion,
    ) -> Result<ConstituencyReport> {
        let read = self.read()?;
        let read = read.as_ref();
        if let Population::Members(id) = &question.population
            && read.get(EntityKind::SharingGroup, id.uuid())?.is_none()
        {
            return Err(
                Error::new(Kind::NotFound, REPORT, "there is no such sharing group").with("id", id)
            );
        }
        let limit = question.limit.min(LONGEST);
        let mut report = ConstituencyReport {
            overlaps: Vec::new(),
            more_overlaps: Vec::new(),
            gaps: Vec::new(),
            more_gaps: false,
        };
        let mut texts = Texts::default();
        for basis in [BasisKind::Prefix, BasisKind::Asn, BasisKind::Domain] {
            let mut found = match basis {
                BasisKind::Domain => domains(read, limit)?,
                _ => ranges(read, basis, limit)?,
            };
            if found.len() > limit {
                found.truncate(limit);
                report.more_overlaps.push(basis);
            }
            for (class, one, other) in found {
                let (Some(one), Some(other)) = (texts.of(read, &one)?, texts.of(read, &other)?)
                else {
                    continue;
                };
                report.overlaps.push(Overlap { basis, class, one, other });
            }
        }
        let mut gaps = read.unclaimed(&question.population, None, limit + 1)?;
        report.more_gaps = gaps.len() > limit;
        gaps.truncate(limit);
        report.gaps = gaps
            .into_iter()
            .map(|Unclaimed { organisation, name, unreadable }| Gap {
                organisation,
                name,
                unreadable,
            })
            .collect();
        Ok(report)
    }
}

/// Two claims that overlap, as they are stored.
type Found = (OverlapClass, StoredClaim, StoredClaim);

/// Overlaps of prefixes or AS ranges, one more than `limit` at most.
fn ranges(read: &dyn Read, basis: BasisKind, limit: usize) -> Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    let mut sweep = Sweep::new();
    let mut is_ipv4 = true;
    read.claims_in_order(basis, None, &mut |stored| {
        let (first, last, of_ipv4, claim) = match &stored.claim {
            Claim::Prefix(prefix) => {
                let (first, last) = addresses(prefix);
                (first, last, prefix.is_ipv4(), Simple::Prefix(*prefix))
            }
            Claim::Asn(range) => (
                u128::from(range.first().number()),
                u128::from(range.last().number()),
                is_ipv4,
                Simple::Asn(*range),
            ),
            _ => return true,
        };
        if of_ipv4 != is_ipv4 {
            // The other family begins; the two never meet.
            (is_ipv4, sweep) = (of_ipv4, Sweep::new());
        }
        let range = Range { first, last, owner: stored.owner.0, tag: (stored.position, claim) };
        sweep.push(range, &mut |class, one, other| {
            found.push((class, simple(one), simple(other)));
            found.len() <= limit
        })
    })?;
    Ok(found)
}

/// A claim that is cheap to keep.
#[derive(Debug, Clone, Copy)]
enum Simple {
    Prefix(IpPrefix),
    Asn(AsnRange),
}

fn simple(range: Range<(u32, Simple)>) -> StoredClaim {
    let (position, claim) = range.tag;
    let claim = match claim {
        Simple::Prefix(prefix) => Claim::Prefix(prefix),
        Simple::Asn(asns) => Claim::Asn(asns),
    };
    StoredClaim { owner: LocalId(range.owner), position, claim }
}

fn addresses(prefix: &IpPrefix) -> (u128, u128) {
    let (first, width) = match prefix.address() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let hosts = width - u32::from(prefix.len().min(128));
    (first, first | 1_u128.checked_shl(hosts).map_or(u128::MAX, |size| size - 1))
}

/// Overlaps of domains: a domain covers every name below it.
fn domains(read: &dyn Read, limit: usize) -> Result<Vec<Found>> {
    let mut claims: Vec<(String, StoredClaim)> = Vec::new();
    read.claims_in_order(BasisKind::Domain, None, &mut |stored| {
        if let Claim::Domain(suffix) = &stored.claim {
            claims.push((from_the_top(suffix.as_str()), stored));
        }
        true
    })?;
    claims.sort_by(|(one, a), (other, b)| {
        (one, a.owner, a.position).cmp(&(other, b.owner, b.position))
    });
    let ends = ends(&claims);
    let mut found: Vec<Found> = Vec::new();
    let mut sweep = Sweep::new();
    let mut first = 0;
    for (place, (key, stored)) in claims.iter().enumerate() {
        if place > 0 && claims.get(place - 1).is_some_and(|(before, _)| before != key) {
            first = place;
        }
        let last = ends.get(place).copied().unwrap_or(place);
        let range =
            Range { first: first as u128, last: last as u128, owner: stored.owner.0, tag: place };
        let stored = |range: Range<usize>| claims.get(range.tag).map(|(_, stored)| stored.clone());
        let more = sweep.push(range, &mut |class, one, other| {
            if let (Some(one), Some(other)) = (stored(one), stored(other)) {
                found.push((class, one, other));
            }
            found.len() <= limit
        });
        if !more {
            break;
        }
    }
    Ok(found)
}

/// `mail.example.lu` as labels from the top down, each ended by a character that sorts before all
/// others: a domain is followed by what is below it.
fn from_the_top(domain: &str) -> String {
    let mut key = String::with_capacity(domain.len() + 1);
    for label in domain.rsplit('.') {
        key.push_str(label);
        key.push('\0');
    }
    key
}

/// For each of the sorted claims, the place of the last one at or below its domain.
fn ends(claims: &[(String, StoredClaim)]) -> Vec<usize> {
    let mut ends = vec![0; claims.len()];
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut close = |open: &mut Vec<(&str, usize)>, next: Option<&str>, place: usize| {
        while let Some((key, begun)) = open.last().copied()
            && next.is_none_or(|next| !next.starts_with(key))
        {
            open.pop();
            if let Some(end) = ends.get_mut(begun) {
                *end = place.saturating_sub(1);
            }
        }
    };
    for (place, (key, _)) in claims.iter().enumerate() {
        close(&mut open, Some(key), place);
        open.push((key, place));
    }
    close(&mut open, None, claims.len());
    ends
}

/// Organisations and values behind claims, read once each.
#[derive(Default)]
struct Texts {
    known: HashMap<(LocalId, u32), Option<ClaimText>>,
}

impl Texts {
    fn of(&mut self, read: &dyn Read, stored: &StoredClaim) -> Result<Option<Claimed>> {
        let text = match self.known.entry((stored.owner, stored.position)) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => {
                place.insert(read.claim_text(stored.owner, stored.position)?).clone()
            }
        };
        let claim = match &stored.claim {
            Claim::Prefix(prefix) => prefix.to_string(),
            Claim::Asn(range) => range.to_string(),
            Claim::Domain(suffix) => suffix.to_string(),
            _ => String::new(),
        };
        Ok(text.map(|ClaimText { organisation, name, value }| Claimed {
            organisation,
            name,
            claim,
            value,
        }))
    }
}
