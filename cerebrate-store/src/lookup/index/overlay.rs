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
pub(super) struct Removed(HashSet<u32, RandomState>);

/// Domains by hash; none at all while no domain was added.
#[derive(Debug, Clone)]
pub(super) struct Shards(Vec<Arc<Domains>>);

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
            domains: Shards(Vec::new()),
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
            + self.removed.0.len()
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
        let gone = Removed(removals.iter().map(|id| id.0).collect());
        let removed = if gone.is_empty() {
            Arc::clone(&self.removed)
        } else {
            Arc::new(Removed(self.removed.0.union(&gone.0).copied().collect()))
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
        self.0.contains(&id.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a table with these claims must be rebuilt.
    fn touches(&self, mut claims: impl Iterator<Item = Claim>) -> bool {
        !self.is_empty() && claims.any(|claim| self.contains(claim.id))
    }
}

impl Shards {
    /// The table in which a name with this hash is.
    pub(super) fn shard(&self, hash: u64) -> &Domains {
        &self.0[Self::place(hash)]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn labels(&self) -> usize {
        self.0.iter().map(|shard| shard.labels()).max().unwrap_or(0)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Claim)> + '_ {
        self.0.iter().flat_map(|shard| shard.entries())
    }

    fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.len()).sum()
    }

    /// The hash tables inside use the lowest and the highest bits.
    fn place(hash: u64) -> usize {
        usize::from(hash.to_be_bytes()[3]) % SHARDS
    }

    fn changed(&self, hasher: &RandomState, added: &[(&str, Claim)], gone: &Removed) -> Self {
        let mut shards = self.0.clone();
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
            shards = vec![Arc::new(Domains::new(hasher)); SHARDS];
        }
        for (name, claim) in added {
            let shard = &mut shards[Self::place(domains::hash(hasher, name))];
            Arc::make_mut(shard).add(name, *claim);
        }
        Self(shards)
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
    Arc::new(Prefixes::build(
        known.entries().filter(|entry| !gone.contains(entry.claim.id)).chain(added).collect(),
    ))
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
