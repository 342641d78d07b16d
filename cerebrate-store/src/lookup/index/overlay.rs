//! Changes since an index was built, in small tables that are cheap to replace.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::asns::{self, Asns};
use super::countries::Countries;
use super::domains::{self, Domains};
use super::flat::{Flat, Sorted};
use super::prefixes::{self, Prefixes};
use super::{Address, Claim, ClaimId, Coverage, NO_ORGANISATION};

/// Domains are kept in this many tables, so that a change rebuilds a small one.
const SHARDS: usize = 64;
/// One bit for each of 16 bits of hash.
const FILTER_WORDS: usize = (1 << 16) / 64;

/// Claims added to and removed from an index after it was built.
///
/// It never changes: [`View::with_changes`](super::View::with_changes) makes a new one that
/// shares what did not change.
#[derive(Debug, Clone)]
pub struct Overlay {
    pub(super) prefixes4: Arc<SmallPrefixes<u32>>,
    pub(super) prefixes6: Arc<SmallPrefixes<u128>>,
    pub(super) asns: Arc<Asns>,
    pub(super) domains: Shards,
    pub(super) countries: Arc<Countries>,
    /// Claims of the index, not of this overlay, that are gone.
    pub(super) removed: Arc<Removed>,
    refused: usize,
}

pub(super) type SmallPrefixes<A> = Prefixes<A, Sorted<A>>;

/// Claims that are gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Removed {
    ids: HashSet<u32, RandomState>,
    /// A bit for what may be among them, by hash: most claims are not, and need one small read.
    filter: Vec<u64>,
}

/// Domains by hash; no shards at all while no domain was added.
#[derive(Debug, Clone, Default)]
pub(super) struct Shards {
    shards: Vec<Arc<Domains>>,
    /// At least as many labels as any name has.
    labels: usize,
}

#[derive(Debug, Default)]
struct Additions<'a> {
    prefixes4: Vec<prefixes::Entry<u32>>,
    prefixes6: Vec<prefixes::Entry<u128>>,
    asns: Vec<asns::Entry>,
    domains: Vec<(&'a str, Claim)>,
    countries: Vec<([u8; 2], Claim)>,
    refused: usize,
}

impl Overlay {
    pub(super) fn empty() -> Self {
        Self {
            prefixes4: Arc::new(Prefixes::build(Vec::new())),
            prefixes6: Arc::new(Prefixes::build(Vec::new())),
            asns: Arc::new(Asns::build_small(Vec::new())),
            domains: Shards::default(),
            countries: Arc::new(Countries::build(Vec::new())),
            removed: Arc::default(),
            refused: 0,
        }
    }

    /// How many additions and removals it holds.
    pub fn len(&self) -> usize {
        self.prefixes4.len()
            + self.prefixes6.len()
            + self.asns.len()
            + self.domains.len()
            + self.countries.len()
            + self.removed.ids.len()
    }

    /// Whether nothing was added or removed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Additions that were left out because they can cover nothing.
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// This overlay without the removals, then with the additions. `hasher` is that of the index.
    pub(super) fn with_changes(
        &self,
        hasher: &RandomState,
        additions: &[(Coverage<'_>, Claim)],
        removals: &[ClaimId],
    ) -> Self {
        let added = Additions::sort(additions);
        let gone = Removed::default().and(removals.iter().map(|id| id.0));
        let removed = if gone.is_empty() {
            Arc::clone(&self.removed)
        } else {
            Arc::new(self.removed.as_ref().clone().and(gone.ids.iter().copied()))
        };
        Self {
            prefixes4: changed_prefixes(&self.prefixes4, added.prefixes4, &gone),
            prefixes6: changed_prefixes(&self.prefixes6, added.prefixes6, &gone),
            asns: changed_asns(&self.asns, added.asns, &gone),
            domains: self.domains.changed(hasher, &added.domains, &gone),
            countries: changed_countries(&self.countries, added.countries, &gone),
            removed,
            refused: self.refused + added.refused,
        }
    }
}

impl<'a> Additions<'a> {
    fn sort(additions: &[(Coverage<'a>, Claim)]) -> Self {
        let mut sorted = Self::default();
        for (coverage, claim) in additions {
            let claim = *claim;
            if !coverage.is_possible() || claim.organisation == NO_ORGANISATION {
                sorted.refused += 1;
                continue;
            }
            match *coverage {
                Coverage::Prefix4 { bits, len } => {
                    sorted.prefixes4.push(prefixes::Entry { bits, len, claim });
                }
                Coverage::Prefix6 { bits, len } => {
                    sorted.prefixes6.push(prefixes::Entry { bits, len, claim });
                }
                Coverage::Asn { first, last } => {
                    sorted.asns.push(asns::Entry { first, last, claim });
                }
                Coverage::Domain(name) => sorted.domains.push((name, claim)),
                Coverage::Country(code) => sorted.countries.push((code, claim)),
            }
        }
        sorted
    }
}

impl Removed {
    #[inline]
    pub(super) fn contains(&self, id: ClaimId) -> bool {
        let (word, bit) = Self::place(id.0);
        self.filter.get(word).is_some_and(|bits| bits & bit != 0) && self.ids.contains(&id.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn and(mut self, ids: impl Iterator<Item = u32>) -> Self {
        for id in ids {
            self.filter.resize(FILTER_WORDS, 0);
            let (word, bit) = Self::place(id);
            self.filter[word] |= bit;
            self.ids.insert(id);
        }
        self
    }

    /// The word of the filter and the bit in it for a claim.
    fn place(id: u32) -> (usize, u64) {
        // The multiplier spreads neighbouring numbers (2^32 divided by the golden ratio).
        let [high, low, ..] = id.wrapping_mul(0x9e37_79b1).to_be_bytes();
        let place = u16::from_be_bytes([high, low]);
        (usize::from(place >> 6), 1 << (place & 63))
    }

    /// Whether a table with these claims must be rebuilt.
    fn touches(&self, mut claims: impl Iterator<Item = Claim>) -> bool {
        !self.is_empty() && claims.any(|claim| self.contains(claim.id))
    }
}

impl Shards {
    /// The table in which a name with this hash is.
    pub(super) fn shard(&self, hash: u64) -> &Domains {
        &self.shards[Self::place(hash)]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Claim)> + '_ {
        self.shards.iter().flat_map(|shard| shard.entries())
    }

    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// The hash tables inside use the lowest and the highest bits.
    fn place(hash: u64) -> usize {
        usize::from(hash.to_be_bytes()[3]) % SHARDS
    }

    fn changed(&self, hasher: &RandomState, added: &[(&str, Claim)], gone: &Removed) -> Self {
        let mut shards = self.shards.clone();
        for shard in &mut shards {
            if gone.touches(shard.claims()) {
                let mut smaller = Domains::new(hasher);
                for (name, claim) in shard.entries().filter(|(_, claim)| !gone.contains(claim.id)) {
                    smaller.add(name, claim);
                }
                *shard = Arc::new(smaller);
            }
        }
        if shards.is_empty() && !added.is_empty() {
            let empty = Arc::new(Domains::new(hasher));
            shards = vec![empty; SHARDS];
        }
        for (name, claim) in added {
            let shard = &mut shards[Self::place(domains::hash(hasher, name))];
            Arc::make_mut(shard).add(name, *claim);
        }
        let labels = added.iter().map(|(name, _)| domains::labels(name)).max().unwrap_or(0);
        Self { shards, labels: self.labels.max(labels) }
    }
}

fn changed_prefixes<A: Address>(
    known: &Arc<SmallPrefixes<A>>,
    added: Vec<prefixes::Entry<A>>,
    gone: &Removed,
) -> Arc<SmallPrefixes<A>>
where
    Sorted<A>: Flat<A>,
{
    if added.is_empty() && !gone.touches(known.entries().map(|entry| entry.claim)) {
        return Arc::clone(known);
    }
    let mut entries = Vec::with_capacity(known.len() + added.len());
    entries.extend(known.entries().filter(|entry| !gone.contains(entry.claim.id)));
    entries.extend(added);
    Arc::new(Prefixes::build(entries))
}

fn changed_asns(known: &Arc<Asns>, added: Vec<asns::Entry>, gone: &Removed) -> Arc<Asns> {
    if added.is_empty() && !gone.touches(known.entries().map(|entry| entry.claim)) {
        return Arc::clone(known);
    }
    Arc::new(Asns::build_small(
        known.entries().filter(|entry| !gone.contains(entry.claim.id)).chain(added).collect(),
    ))
}

fn changed_countries(
    known: &Arc<Countries>,
    added: Vec<([u8; 2], Claim)>,
    gone: &Removed,
) -> Arc<Countries> {
    if added.is_empty() && !gone.touches(known.entries().map(|(_, claim)| claim)) {
        return Arc::clone(known);
    }
    Arc::new(Countries::build(
        known.entries().filter(|(_, claim)| !gone.contains(claim.id)).chain(added).collect(),
    ))
}
