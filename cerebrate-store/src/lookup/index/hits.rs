//! The answers: every claim that covers what was asked, best first.

use super::Claim;
use super::address::Address;
use super::domains::{self, Domains, Link};
use super::overlay::{Removed, Shards};
use super::prefixes::{Chain, Entry};

/// A prefix around the address, and one claim to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefixHit<A> {
    /// The network address; host bits are clear.
    pub bits: A,
    /// The length of the prefix.
    pub len: u8,
    /// Who claims it.
    pub claim: Claim,
}

/// Claims to prefixes, most specific first; claims to one prefix stand together.
#[derive(Debug, Clone)]
pub struct PrefixHits<'a, A> {
    base: Chain<'a, A>,
    added: Option<Chain<'a, A>>,
    removed: Option<&'a Removed>,
    longest: u8,
}

/// A range around the AS number, and one claim to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsnHit {
    /// The first number of the range.
    pub first: u32,
    /// The last number of the range, included.
    pub last: u32,
    /// Who claims it.
    pub claim: Claim,
}

/// Claims to ranges of AS numbers, narrowest first; claims to one range stand together.
#[derive(Debug, Clone)]
pub struct AsnHits(std::vec::IntoIter<AsnHit>);

/// A suffix of the name, and one claim to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainHit<'a> {
    /// The domain claimed.
    pub suffix: &'a str,
    /// Who claims it.
    pub claim: Claim,
}

/// Claims to suffixes of a name, longest first; claims to one suffix stand together.
#[derive(Debug, Clone)]
pub struct DomainHits<'a> {
    base: &'a Domains,
    added: Option<&'a Shards>,
    removed: Option<&'a Removed>,
    /// What is looked at first, until it was.
    longest: Option<&'a str>,
    suffix: &'a str,
    base_link: Option<Link>,
    added_link: Option<Link>,
    shard: Option<&'a Domains>,
}

/// Claims to one country.
#[derive(Debug, Clone)]
pub struct CountryHits<'a> {
    base: std::slice::Iter<'a, Claim>,
    added: std::slice::Iter<'a, Claim>,
    removed: Option<&'a Removed>,
}

impl<'a, A: Address> PrefixHits<'a, A> {
    #[inline]
    pub(super) fn new(base: Chain<'a, A>, longest: u8) -> Self {
        Self { base, added: None, removed: None, longest }
    }

    #[inline]
    pub(super) fn changed(self, added: Option<Chain<'a, A>>, removed: Option<&'a Removed>) -> Self {
        Self { added, removed, ..self }
    }

    #[inline]
    fn peek_base(&mut self) -> Option<Entry<A>> {
        loop {
            let entry = self.base.peek()?;
            if entry.len <= self.longest && !is_removed(self.removed, entry.claim) {
                return Some(entry);
            }
            self.base.advance();
        }
    }

    #[inline]
    fn peek_added(&mut self) -> Option<Entry<A>> {
        let added = self.added.as_mut()?;
        loop {
            let entry = added.peek()?;
            if entry.len <= self.longest {
                return Some(entry);
            }
            added.advance();
        }
    }
}

impl<A: Address> Iterator for PrefixHits<'_, A> {
    type Item = PrefixHit<A>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let base = self.peek_base();
        let added = self.peek_added();
        let entry = match (base, added) {
            (Some(base), Some(added)) if added.len <= base.len => {
                self.base.advance();
                base
            }
            (Some(base), None) => {
                self.base.advance();
                base
            }
            (_, added) => {
                self.added.as_mut()?.advance();
                added?
            }
        };
        Some(PrefixHit { bits: entry.bits, len: entry.len, claim: entry.claim })
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, initial: B, mut each: F) -> B {
        let mut folded = initial;
        if self.added.is_none() && self.removed.is_none() {
            // The usual case: the fewer instructions there are, the more answers the processor
            // works on at once while it waits for memory.
            while let Some(Entry { bits, len, claim }) = self.base.peek() {
                if len <= self.longest {
                    folded = each(folded, PrefixHit { bits, len, claim });
                }
                self.base.advance();
            }
            return folded;
        }
        for hit in self {
            folded = each(folded, hit);
        }
        folded
    }
}

impl AsnHit {
    /// Narrow before wide, and of one width the one that begins first.
    pub(super) fn rank(&self) -> (u32, u32) {
        (self.last - self.first, self.first)
    }

    pub(super) fn has_range_of(&self, other: &Self) -> bool {
        self.first == other.first && self.last == other.last
    }
}

impl AsnHits {
    /// Takes hits in any order but that of equal ranges.
    pub(super) fn new(mut hits: Vec<AsnHit>) -> Self {
        hits.sort_by_key(AsnHit::rank);
        Self(hits.into_iter())
    }
}

impl Iterator for AsnHits {
    type Item = AsnHit;

    fn next(&mut self) -> Option<AsnHit> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for AsnHits {}

impl<'a> DomainHits<'a> {
    pub(super) fn new(
        base: &'a Domains,
        added: Option<&'a Shards>,
        removed: Option<&'a Removed>,
        name: &'a str,
    ) -> Self {
        let labels = base.labels().max(added.map_or(0, Shards::labels));
        Self {
            base,
            added,
            removed,
            longest: domains::longest_suffix(name, labels),
            suffix: "",
            base_link: None,
            added_link: None,
            shard: None,
        }
    }

    fn next_of_suffix(&mut self) -> Option<Claim> {
        while let Some(link) = self.base_link {
            self.base_link = self.base.behind(link);
            if !is_removed(self.removed, link.claim) {
                return Some(link.claim);
            }
        }
        let link = self.added_link?;
        self.added_link = self.shard?.behind(link);
        Some(link.claim)
    }
}

impl<'a> Iterator for DomainHits<'a> {
    type Item = DomainHit<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(claim) = self.next_of_suffix() {
                return Some(DomainHit { suffix: self.suffix, claim });
            }
            self.suffix = match self.longest.take() {
                Some(longest) => longest,
                None => domains::shorter_suffix(self.suffix)?,
            };
            let hash = domains::hash(self.base.hasher(), self.suffix);
            self.base_link = self.base.first(hash, self.suffix);
            self.shard = self.added.map(|added| added.shard(hash));
            self.added_link = self.shard.and_then(|shard| shard.first(hash, self.suffix));
        }
    }
}

impl<'a> CountryHits<'a> {
    pub(super) fn new(base: &'a [Claim], added: &'a [Claim], removed: Option<&'a Removed>) -> Self {
        Self { base: base.iter(), added: added.iter(), removed }
    }
}

impl Iterator for CountryHits<'_> {
    type Item = Claim;

    fn next(&mut self) -> Option<Claim> {
        let removed = self.removed;
        self.base.find(|claim| !is_removed(removed, **claim)).or_else(|| self.added.next()).copied()
    }
}

fn is_removed(removed: Option<&Removed>, claim: Claim) -> bool {
    removed.is_some_and(|removed| removed.contains(claim.id))
}
