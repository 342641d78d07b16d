//! The index and its organisations as of one place in the feed.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use cerebrate_core::constituency::Claim;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::EntityKind;
use cerebrate_core::subject::Subject;
use cerebrate_core::value::{Asn, AsnRange, IpPrefix};
use foldhash::fast::FixedState;
use uuid::Uuid;

use super::index::{self, ClaimId, Coverage, IndexBuilder, View};
use super::table::{NUMBER_LIMIT, Row, Table};
use crate::backend::{LocalId, Read, StoredClaim};

/// How many changes are read from the feed at once.
const FEED_PAGE: usize = 8 * 1_024;

/// Up to this many changed organisations are always brought in one by one.
const FEW_CHANGED: usize = 1_024;

/// Who claims what, as of one place in the feed. It never changes.
///
/// The number of an organisation is its local id. A claim is numbered by the value that makes it,
/// so that the value is found again: several claims of one value share a number.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The newest change that is in it.
    pub(super) seq: u64,
    pub(super) view: View,
    pub(super) organisations: Table,
    /// The first number that no claim has had.
    next_claim: u32,
}

/// The organisations that changed, by number.
type Touched = BTreeMap<LocalId, Uuid>;

/// What an organisation claims: which value, and what.
pub(super) type Claims = Vec<(u32, Claim)>;

impl State {
    /// Everything that `read` sees.
    pub(super) fn build(read: &dyn Read) -> Result<Self> {
        let seq = read.newest()?;
        let mut claims = Vec::new();
        let mut organisations = Table::default();
        let mut taken = Ok(());
        read.claims(&mut |claim| {
            if !is_indexed(&claim.claim) || taken.is_err() {
                return;
            }
            taken = number_of(claim.owner).and_then(|number| {
                organisations.get_mut(number).count(claim.position, &claim.claim)?;
                claims.push((number, claim));
                Ok(())
            });
        })?;
        taken?;
        let mut next_claim = 0_u32;
        for (number, row) in organisations.rows_mut() {
            row.first_claim = next_claim;
            next_claim = next_claim.checked_add(row.values).ok_or_else(too_many)?;
            let local = LocalId(i64::from(number));
            row.id = read.by_local_id(EntityKind::Organisation, local)?.ok_or_else(|| {
                Error::new(Kind::Corrupt, BUILD, "a constituency has lost its organisation")
                    .with("organisation", local)
            })?;
        }
        let mut builder = IndexBuilder::new();
        for (number, claim) in &claims {
            if let (Some(row), Some(coverage)) =
                (organisations.get(*number), coverage(&claim.claim))
            {
                let id = row.claim_id(claim.position);
                builder.add(coverage, index::Claim { id, organisation: *number });
            }
        }
        drop(claims);
        let view = View::new(Arc::new(builder.build()));
        Ok(State { seq, view, organisations, next_claim })
    }

    /// The state with all that changed since, as `read` sees it; `None` if more than `limit`
    /// changes have to be brought in.
    pub(super) fn advanced_within(&self, read: &dyn Read, limit: usize) -> Result<Option<Self>> {
        let newest = read.newest()?;
        let touched = read.touched(EntityKind::Organisation, self.seq, limit.saturating_add(1))?;
        if touched.len() > limit || newest < self.seq {
            return Ok(None);
        }
        let changed = touched.iter().map(|touched| (touched.local, touched.entity)).collect();
        self.with_touched(read, newest, changed).map(Some)
    }

    /// The state as `read` sees it, whatever changed since.
    pub(super) fn advanced(&self, read: &dyn Read) -> Result<Self> {
        let newest = read.newest()?;
        if newest < self.seq {
            // Somebody put an older file in place.
            return Self::build(read);
        }
        let most = FEW_CHANGED.max(self.organisations.len() / 8);
        let mut changed = Touched::new();
        let mut after = self.seq;
        loop {
            let page = read.touched(EntityKind::Organisation, after, FEED_PAGE)?;
            changed.extend(page.iter().map(|touched| (touched.local, touched.entity)));
            if changed.len() > most {
                return Self::build(read);
            }
            match page.last() {
                Some(last) if page.len() == FEED_PAGE => after = last.seq,
                _ => break,
            }
        }
        self.with_touched(read, newest, changed)
    }

    /// The state with the changes merged into its index.
    pub(super) fn merged(&self) -> Self {
        State { view: View::new(Arc::new(self.view.merge())), ..self.clone() }
    }

    /// The claims that match, in no order.
    pub(super) fn matching(&self, subject: &Subject) -> Vec<StoredClaim> {
        let mut found = Vec::new();
        self.each_matching(subject, |by, claim| {
            if let Some(row) = self.organisations.get(by.organisation) {
                let owner = LocalId(i64::from(by.organisation));
                found.push(StoredClaim { owner, position: row.position(by.id), claim });
            }
        });
        found
    }

    /// Hands out the claims that match: by whom, and what is claimed. Those to prefixes come first,
    /// most specific first.
    #[inline]
    pub(super) fn each_matching(
        &self,
        subject: &Subject,
        mut add: impl FnMut(index::Claim, Claim),
    ) {
        if let Some(prefix) = subject.address_or_network() {
            match prefix.address() {
                IpAddr::V4(address) => {
                    let hits = self.view.covering4(address.to_bits(), prefix.len());
                    hits.for_each(|hit| {
                        add(hit.claim, Claim::Prefix(prefix.widened_to(hit.len)));
                    });
                }
                IpAddr::V6(address) => {
                    let hits = self.view.covering6(address.to_bits(), prefix.len());
                    hits.for_each(|hit| {
                        add(hit.claim, Claim::Prefix(prefix.widened_to(hit.len)));
                    });
                }
            }
        }
        if let Some(asn) = subject.asn() {
            for hit in self.view.asn(asn.0) {
                if let Ok(range) = AsnRange::new(Asn(hit.first), Asn(hit.last)) {
                    add(hit.claim, Claim::Asn(range));
                }
            }
        }
        if let Some(domain) = subject.domain() {
            for hit in self.view.domain(domain.as_str()) {
                if let Ok(suffix) = hit.suffix.parse() {
                    add(hit.claim, Claim::Domain(suffix));
                }
            }
        }
        if let Some(country) = subject.country()
            && let Some(code) = code_of(country.as_str())
        {
            self.view.country(code).for_each(|claim| add(claim, Claim::Country(country)));
        }
    }

    /// The claims to prefixes that cover `prefix`, most specific first.
    #[inline]
    pub(super) fn covering(&self, prefix: IpPrefix) -> Covering<'_> {
        let hits = match prefix.address() {
            IpAddr::V4(address) => Hits::V4(self.view.covering4(address.to_bits(), prefix.len())),
            IpAddr::V6(address) => Hits::V6(self.view.covering6(address.to_bits(), prefix.len())),
        };
        Covering { prefix, hits }
    }

    /// The state with what organisations claim now, as of `seq`.
    pub(super) fn with_claims(
        &self,
        seq: u64,
        changed: impl IntoIterator<Item = Result<(LocalId, Uuid, Claims)>>,
    ) -> Result<Self> {
        let mut state = State { seq, ..self.clone() };
        let mut removals = Vec::new();
        let mut added = Vec::new();
        for organisation in changed {
            let (local, id, mut claims) = organisation?;
            claims.retain(|(_, claim)| is_indexed(claim));
            let number = number_of(local)?;
            let old = state.organisations.get(number).copied().unwrap_or_default();
            let mut row = Row { id, first_claim: old.first_claim, ..Row::default() };
            for (position, claim) in &claims {
                row.count(*position, claim)?;
            }
            if row == (Row { id, ..old }) && (id == old.id || row.values == 0) {
                continue;
            }
            if row.values > old.values {
                row.first_claim = state.next_claim;
                state.next_claim = state.next_claim.checked_add(row.values).ok_or_else(too_many)?;
            }
            removals.extend((0..old.values).map(|value| ClaimId(old.first_claim + value)));
            added.extend(claims.into_iter().map(|(position, claim)| {
                (claim, index::Claim { id: row.claim_id(position), organisation: number })
            }));
            *state.organisations.get_mut(number) = row;
        }
        if !removals.is_empty() || !added.is_empty() {
            let additions: Vec<_> =
                added.iter().filter_map(|(what, who)| Some((coverage(what)?, *who))).collect();
            state.view = state.view.with_changes(&additions, &removals);
        }
        Ok(state)
    }

    fn with_touched(&self, read: &dyn Read, seq: u64, touched: Touched) -> Result<Self> {
        self.with_claims(
            seq,
            touched.into_iter().map(|(local, id)| {
                let claims = read.claims_by(local)?;
                let claims = claims.into_iter().map(|claim| (claim.position, claim.claim));
                Ok((local, id, claims.collect()))
            }),
        )
    }
}

/// Claims to prefixes that cover one, most specific first.
#[derive(Debug, Clone)]
pub(super) struct Covering<'a> {
    prefix: IpPrefix,
    hits: Hits<'a>,
}

#[derive(Debug, Clone)]
enum Hits<'a> {
    V4(index::PrefixHits<'a, u32>),
    V6(index::PrefixHits<'a, u128>),
}

impl Iterator for Covering<'_> {
    type Item = (index::Claim, IpPrefix);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (claim, len) = match &mut self.hits {
            Hits::V4(hits) => hits.next().map(|hit| (hit.claim, hit.len))?,
            Hits::V6(hits) => hits.next().map(|hit| (hit.claim, hit.len))?,
        };
        Some((claim, self.prefix.widened_to(len)))
    }
}

impl Row {
    /// Takes note of a claim.
    fn count(&mut self, position: u32, claim: &Claim) -> Result<()> {
        let values = position.checked_add(1).ok_or_else(too_many)?;
        self.values = self.values.max(values);
        let digest = FixedState::with_seed(0).hash_one((position, claim));
        self.digest = self.digest.wrapping_add(digest);
        Ok(())
    }

    fn claim_id(&self, position: u32) -> ClaimId {
        ClaimId(self.first_claim + position)
    }

    /// Which value of the organisation makes a claim of it.
    pub(super) fn position(&self, claim: ClaimId) -> u32 {
        claim.0.wrapping_sub(self.first_claim)
    }
}

const BUILD: &str = "build lookup index";

fn number_of(owner: LocalId) -> Result<u32> {
    u32::try_from(owner.0).ok().filter(|number| *number < NUMBER_LIMIT).ok_or_else(too_many)
}

fn too_many() -> Error {
    Error::new(Kind::Exhausted, BUILD, "more organisations or values than an index has numbers for")
}

fn is_indexed(claim: &Claim) -> bool {
    coverage(claim).is_some()
}

/// What the index is told of a claim; `None` for what it does not answer.
fn coverage(claim: &Claim) -> Option<Coverage<'_>> {
    match claim {
        Claim::Prefix(prefix) => Some(match prefix.address() {
            IpAddr::V4(address) => Coverage::Prefix4 { bits: address.to_bits(), len: prefix.len() },
            IpAddr::V6(address) => Coverage::Prefix6 { bits: address.to_bits(), len: prefix.len() },
        }),
        Claim::Asn(range) => Some(Coverage::Asn { first: range.first().0, last: range.last().0 }),
        Claim::Domain(suffix) => Some(Coverage::Domain(suffix.as_str())),
        Claim::Country(code) => code_of(code.as_str()).map(Coverage::Country),
        _ => None,
    }
}

fn code_of(code: &str) -> Option<[u8; 2]> {
    code.as_bytes().try_into().ok()
}
