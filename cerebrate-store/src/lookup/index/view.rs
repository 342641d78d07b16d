//! An index and its overlay, asked as one.

use std::sync::Arc;

use super::flat::{Flat, Leaf, Sorted};
use super::overlay::{Overlay, Removed, SmallPrefixes};
use super::prefixes::Prefixes;
use super::{
    Address, AsnHits, Claim, ClaimId, CountryHits, Coverage, DomainHits, Index, IndexBuilder,
    NO_ORGANISATION, PrefixHits, some,
};

/// How many addresses of a batch go through the index before the overlay is asked for them.
const TOGETHER: usize = 64;

/// An [`Index`] with the changes made since it was built.
///
/// A view never changes, and a clone is cheap: it stays what it was while later changes make new
/// views. Equal ranks stand in the order in which they were added, those of the index first.
///
/// ```
/// use std::sync::Arc;
/// use cerebrate_store::lookup::index::{Claim, ClaimId, Coverage, IndexBuilder, View};
///
/// let mut builder = IndexBuilder::new();
/// builder.country(*b"LU", Claim { id: ClaimId(1), organisation: 10 });
/// let before = View::new(Arc::new(builder.build()));
///
/// let added = (Coverage::Country(*b"LU"), Claim { id: ClaimId(2), organisation: 20 });
/// let after = before.with_changes(&[added], &[ClaimId(1)]);
///
/// let organisations = |view: &View| -> Vec<u32> {
///     view.country(*b"LU").map(|claim| claim.organisation).collect()
/// };
/// assert_eq!(organisations(&before), [10]);
/// assert_eq!(organisations(&after), [20]);
/// assert_eq!(organisations(&View::new(Arc::new(after.merge()))), [20]);
/// ```
#[derive(Debug, Clone)]
pub struct View {
    base: Arc<Index>,
    overlay: Arc<Overlay>,
}

impl View {
    /// The index as it is.
    pub fn new(base: Arc<Index>) -> Self {
        Self { base, overlay: Arc::new(Overlay::empty()) }
    }

    /// The view after a change: claims with the removed numbers are gone, whatever they covered,
    /// then the additions are there. An addition may use a number that is removed with it.
    ///
    /// The cost grows with the overlay and the change, not with the index.
    #[must_use]
    pub fn with_changes(&self, additions: &[(Coverage<'_>, Claim)], removals: &[ClaimId]) -> Self {
        let hasher = self.base.domains.hasher();
        let overlay = self.overlay.with_changes(hasher, additions, removals);
        Self { base: Arc::clone(&self.base), overlay: Arc::new(overlay) }
    }

    /// The index below the changes.
    pub fn base(&self) -> &Arc<Index> {
        &self.base
    }

    /// The changes.
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// How many additions and removals the overlay holds. Lookups under it slow down and
    /// changes cost more as it grows; a few thousand are a good time to [`View::merge`].
    pub fn overlay_len(&self) -> usize {
        self.overlay.len()
    }

    /// An index that answers as this view, built from the view alone.
    ///
    /// Whoever merges in the background keeps the changes made meanwhile, and applies them to the
    /// view of the merged index.
    pub fn merge(&self) -> Index {
        let mut builder = IndexBuilder::new();
        builder.extend(self.claims());
        builder.build()
    }

    /// Every claim that is there, kind by kind; claims to the same thing in their order.
    pub fn claims(&self) -> impl Iterator<Item = (Coverage<'_>, Claim)> + '_ {
        let (base, overlay) = (&*self.base, &*self.overlay);
        let removed = &overlay.removed;
        let kept =
            base.prefixes4
                .entries()
                .map(|entry| (Coverage::Prefix4 { bits: entry.bits, len: entry.len }, entry.claim))
                .chain(base.prefixes6.entries().map(|entry| {
                    (Coverage::Prefix6 { bits: entry.bits, len: entry.len }, entry.claim)
                }))
                .chain(base.asns.entries().map(|entry| {
                    (Coverage::Asn { first: entry.first, last: entry.last }, entry.claim)
                }))
                .chain(base.domains.entries().map(|(name, claim)| (Coverage::Domain(name), claim)))
                .chain(
                    base.countries.entries().map(|(code, claim)| (Coverage::Country(code), claim)),
                )
                .filter(|(_, claim)| !removed.contains(claim.id));
        let added = overlay
            .prefixes4
            .entries()
            .map(|entry| (Coverage::Prefix4 { bits: entry.bits, len: entry.len }, entry.claim))
            .chain(
                overlay.prefixes6.entries().map(|entry| {
                    (Coverage::Prefix6 { bits: entry.bits, len: entry.len }, entry.claim)
                }),
            )
            .chain(
                overlay.asns.entries().map(|entry| {
                    (Coverage::Asn { first: entry.first, last: entry.last }, entry.claim)
                }),
            )
            .chain(overlay.domains.entries().map(|(name, claim)| (Coverage::Domain(name), claim)))
            .chain(
                overlay.countries.entries().map(|(code, claim)| (Coverage::Country(code), claim)),
            );
        kept.chain(added)
    }

    /// As [`Index::organisation4`].
    #[inline]
    pub fn organisation4(&self, address: u32) -> Option<u32> {
        if self.removed().is_none() && self.overlay.prefixes4.is_empty() {
            return self.base.organisation4(address);
        }
        self.matches4(address).next().map(|hit| hit.claim.organisation)
    }

    /// As [`Index::organisations4`].
    pub fn organisations4(&self, addresses: &[u32], organisations: &mut [u32]) {
        if self.removed().is_none() && self.overlay.prefixes4.is_empty() {
            return self.base.organisations4(addresses, organisations);
        }
        resolve(
            &self.base.prefixes4,
            &self.overlay.prefixes4,
            self.removed(),
            addresses,
            organisations,
        );
    }

    /// As [`Index::organisation6`].
    #[inline]
    pub fn organisation6(&self, address: u128) -> Option<u32> {
        if self.removed().is_none() && self.overlay.prefixes6.is_empty() {
            return self.base.organisation6(address);
        }
        self.matches6(address).next().map(|hit| hit.claim.organisation)
    }

    /// As [`Index::organisations6`].
    pub fn organisations6(&self, addresses: &[u128], organisations: &mut [u32]) {
        if self.removed().is_none() && self.overlay.prefixes6.is_empty() {
            return self.base.organisations6(addresses, organisations);
        }
        resolve(
            &self.base.prefixes6,
            &self.overlay.prefixes6,
            self.removed(),
            addresses,
            organisations,
        );
    }

    /// As [`Index::organisation_asn`].
    #[inline]
    pub fn organisation_asn(&self, asn: u32) -> Option<u32> {
        let (base, added) = (self.base.asns.narrowest(asn), self.overlay.asns.narrowest(asn));
        if self.overlay.removed.contains(base.claim.id) {
            return self.asn(asn).next().map(|hit| hit.claim.organisation);
        }
        let (base_some, added_some) =
            (some(base.claim.organisation), some(added.claim.organisation));
        if added_some.is_some() && (base_some.is_none() || added.rank() < base.rank()) {
            return added_some;
        }
        base_some
    }

    /// As [`Index::organisations_asn`].
    pub fn organisations_asn(&self, asns: &[u32], organisations: &mut [u32]) {
        if self.removed().is_none() && self.overlay.asns.is_empty() {
            return self.base.organisations_asn(asns, organisations);
        }
        for (organisation, asn) in organisations.iter_mut().zip(asns) {
            *organisation = self.organisation_asn(*asn).unwrap_or(NO_ORGANISATION);
        }
    }

    /// As [`Index::organisation_domain`].
    pub fn organisation_domain(&self, name: &str) -> Option<u32> {
        self.domain(name).next().map(|hit| hit.claim.organisation)
    }

    /// As [`Index::matches4`].
    #[inline]
    pub fn matches4(&self, address: u32) -> PrefixHits<'_, u32> {
        self.merged4(self.base.matches4(address), address)
    }

    /// As [`Index::matches6`].
    #[inline]
    pub fn matches6(&self, address: u128) -> PrefixHits<'_, u128> {
        self.merged6(self.base.matches6(address), address)
    }

    /// As [`Index::covering4`].
    #[inline]
    pub fn covering4(&self, bits: u32, len: u8) -> PrefixHits<'_, u32> {
        self.merged4(self.base.covering4(bits, len), bits & u32::mask(len))
    }

    /// As [`Index::covering6`].
    #[inline]
    pub fn covering6(&self, bits: u128, len: u8) -> PrefixHits<'_, u128> {
        self.merged6(self.base.covering6(bits, len), bits & u128::mask(len))
    }

    /// As [`Index::asn`].
    pub fn asn(&self, asn: u32) -> AsnHits {
        let mut hits = Vec::new();
        self.base.asns.collect(asn, &mut hits);
        if let Some(removed) = self.removed() {
            hits.retain(|hit| !removed.contains(hit.claim.id));
        }
        self.overlay.asns.collect(asn, &mut hits);
        AsnHits::new(hits)
    }

    /// As [`Index::domain`].
    pub fn domain<'a>(&'a self, name: &'a str) -> DomainHits<'a> {
        let added = &self.overlay.domains;
        DomainHits::new(
            &self.base.domains,
            (!added.is_empty()).then_some(added),
            self.removed(),
            name,
        )
    }

    /// As [`Index::country`].
    pub fn country(&self, code: [u8; 2]) -> CountryHits<'_> {
        CountryHits::new(
            self.base.countries.claims(code),
            self.overlay.countries.claims(code),
            self.removed(),
        )
    }

    #[inline]
    fn removed(&self) -> Option<&Removed> {
        (!self.overlay.removed.is_empty()).then_some(&*self.overlay.removed)
    }

    #[inline]
    fn merged4<'a>(&'a self, base: PrefixHits<'a, u32>, address: u32) -> PrefixHits<'a, u32> {
        let added = &self.overlay.prefixes4;
        base.changed((!added.is_empty()).then(|| added.chain(address)), self.removed())
    }

    #[inline]
    fn merged6<'a>(&'a self, base: PrefixHits<'a, u128>, address: u128) -> PrefixHits<'a, u128> {
        let added = &self.overlay.prefixes6;
        base.changed((!added.is_empty()).then(|| added.chain(address)), self.removed())
    }
}

/// The batch where there are changes: most addresses are not touched by any of them.
fn resolve<A: Address, F: Flat<A>>(
    base: &Prefixes<A, F>,
    added: &SmallPrefixes<A>,
    removed: Option<&Removed>,
    addresses: &[A],
    organisations: &mut [u32],
) where
    Sorted<A>: Flat<A>,
{
    let together = addresses.len().min(organisations.len());
    let organisations = organisations[..together].chunks_mut(TOGETHER);
    let mut leaves = [Leaf::NONE; TOGETHER];
    for (addresses, organisations) in addresses[..together].chunks(TOGETHER).zip(organisations) {
        base.leaves(addresses, &mut leaves);
        for ((organisation, leaf), address) in organisations.iter_mut().zip(leaves).zip(addresses) {
            let added_leaf = added.leaf(*address);
            *organisation = leaf.organisation;
            let is_gone = |removed: &Removed| removed.contains(base.claim_id(leaf.row));
            if added_leaf != Leaf::NONE || removed.is_some_and(is_gone) {
                let base = PrefixHits::new(base.chain_from(leaf, *address), A::BITS);
                let added = added.chain_from(added_leaf, *address);
                let mut hits = base.changed(Some(added), removed);
                *organisation = hits.next().map_or(NO_ORGANISATION, |hit| hit.claim.organisation);
            }
        }
    }
}
