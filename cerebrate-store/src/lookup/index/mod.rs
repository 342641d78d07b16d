//! The index in memory that answers which claims cover an address, an AS number, a domain or a
//! country.
//!
//! A [`Claim`] says that an organisation is responsible for something; here it is two numbers
//! whose tables the caller keeps. An [`Index`] is built once from all claims and never changes.
//! A [`View`] lays an [`Overlay`] of later additions and removals over it and answers the same
//! questions, so that a change is visible at once and the index is rebuilt when it suits.
//!
//! ```
//! use cerebrate_store::lookup::index::{Claim, ClaimId, IndexBuilder};
//!
//! let mut builder = IndexBuilder::new();
//! builder.prefix4(0xc000_0200, 24, Claim { id: ClaimId(1), organisation: 10 });
//! builder.prefix4(0xc000_0000, 8, Claim { id: ClaimId(2), organisation: 20 });
//! builder.domain("example.lu", Claim { id: ClaimId(3), organisation: 10 });
//! let index = builder.build();
//!
//! assert_eq!(index.organisation4(0xc000_0207), Some(10));
//! let lens: Vec<u8> = index.matches4(0xc000_0207).map(|hit| hit.len).collect();
//! assert_eq!(lens, [24, 8]);
//! assert_eq!(index.organisation_domain("www.example.lu"), Some(10));
//! ```

mod address;
mod asns;
mod builder;
mod countries;
mod domains;
mod flat;
mod flat128;
mod flat32;
mod hits;
mod overlay;
mod prefixes;
#[cfg(test)]
mod tests;
mod view;

pub use address::Address;
pub use builder::{Coverage, IndexBuilder};
pub use hits::{AsnHit, AsnHits, CountryHits, DomainHit, DomainHits, PrefixHit, PrefixHits};
pub use overlay::Overlay;
pub use view::View;

use asns::Asns;
use countries::Countries;
use domains::Domains;
use flat32::Flat32;
use flat128::Flat128;
use prefixes::Prefixes;

/// What a batch answers for an address that nobody covers; no organisation may have this number.
pub const NO_ORGANISATION: u32 = u32::MAX;

/// The most claims of one kind that an index takes; what exceeds it is counted in
/// [`Counts::refused`].
pub const MAX_CLAIMS: usize = 1 << 28;

/// The number by which the caller knows a claim.
///
/// Several things may be claimed under one number (a range of addresses that is no single
/// prefix, say); they are removed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId(pub u32);

/// An organisation answers for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The caller's number of the claim.
    pub id: ClaimId,
    /// The caller's number of the organisation, anything but [`NO_ORGANISATION`].
    pub organisation: u32,
}

/// All claims, ready to be asked. It never changes; see [`View`] for changes.
#[derive(Debug)]
pub struct Index {
    prefixes4: Prefixes<u32, Flat32>,
    prefixes6: Prefixes<u128, Flat128>,
    asns: Asns,
    domains: Domains,
    countries: Countries,
    refused: usize,
}

/// Bytes on the heap, by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// IPv4 prefixes with their claims.
    pub prefixes4: usize,
    /// IPv6 prefixes with their claims.
    pub prefixes6: usize,
    /// AS numbers and ranges with their claims.
    pub asns: usize,
    /// Domains with their claims.
    pub domains: usize,
    /// Countries with their claims.
    pub countries: usize,
}

/// How many claims there are, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Claims to IPv4 prefixes.
    pub prefixes4: usize,
    /// Claims to IPv6 prefixes.
    pub prefixes6: usize,
    /// Claims to AS numbers and ranges.
    pub asns: usize,
    /// Claims to domains.
    pub domains: usize,
    /// Claims to countries.
    pub countries: usize,
    /// Claims that were not taken, because they can cover nothing (an empty domain, one above 253
    /// bytes, a range that ends before it begins) or exceed [`MAX_CLAIMS`].
    pub refused: usize,
}

impl Index {
    /// An index without claims.
    pub fn empty() -> Self {
        IndexBuilder::new().build()
    }

    /// The organisation with the first claim to the most specific prefix around an IPv4 address.
    #[inline]
    pub fn organisation4(&self, address: u32) -> Option<u32> {
        some(self.prefixes4.organisation(address))
    }

    /// [`Index::organisation4`] for many addresses: the answer to `addresses[i]`, or
    /// [`NO_ORGANISATION`], is written to `organisations[i]`, for as many as both slices have.
    #[inline]
    pub fn organisations4(&self, addresses: &[u32], organisations: &mut [u32]) {
        self.prefixes4.organisations(addresses, organisations);
    }

    /// The organisation with the first claim to the most specific prefix around an IPv6 address.
    #[inline]
    pub fn organisation6(&self, address: u128) -> Option<u32> {
        some(self.prefixes6.organisation(address))
    }

    /// [`Index::organisation6`] for many addresses, as [`Index::organisations4`].
    #[inline]
    pub fn organisations6(&self, addresses: &[u128], organisations: &mut [u32]) {
        self.prefixes6.organisations(addresses, organisations);
    }

    /// The organisation with the first claim to the narrowest range around an AS number.
    #[inline]
    pub fn organisation_asn(&self, asn: u32) -> Option<u32> {
        some(self.asns.organisation(asn))
    }

    /// [`Index::organisation_asn`] for many AS numbers, as [`Index::organisations4`].
    #[inline]
    pub fn organisations_asn(&self, asns: &[u32], organisations: &mut [u32]) {
        self.asns.organisations(asns, organisations);
    }

    /// The organisation with the first claim to the longest suffix of a domain name.
    pub fn organisation_domain(&self, name: &str) -> Option<u32> {
        self.domain(name).next().map(|hit| hit.claim.organisation)
    }

    /// All claims to prefixes around an IPv4 address, most specific first, equal prefixes as
    /// given.
    #[inline]
    pub fn matches4(&self, address: u32) -> PrefixHits<'_, u32> {
        PrefixHits::new(self.prefixes4.chain(address), <u32 as Address>::BITS)
    }

    /// All claims to prefixes around an IPv6 address, as [`Index::matches4`].
    #[inline]
    pub fn matches6(&self, address: u128) -> PrefixHits<'_, u128> {
        PrefixHits::new(self.prefixes6.chain(address), <u128 as Address>::BITS)
    }

    /// All claims to prefixes that cover the whole of an IPv4 network, most specific first.
    #[inline]
    pub fn covering4(&self, bits: u32, len: u8) -> PrefixHits<'_, u32> {
        PrefixHits::new(self.prefixes4.chain(bits & u32::mask(len)), len)
    }

    /// All claims to prefixes that cover the whole of an IPv6 network, most specific first.
    #[inline]
    pub fn covering6(&self, bits: u128, len: u8) -> PrefixHits<'_, u128> {
        PrefixHits::new(self.prefixes6.chain(bits & u128::mask(len)), len)
    }

    /// All claims to ranges around an AS number, narrowest first, ranges of one width by their
    /// first number, equal ranges as given.
    pub fn asn(&self, asn: u32) -> AsnHits {
        let mut hits = Vec::new();
        self.asns.collect(asn, &mut hits);
        AsnHits::new(hits)
    }

    /// All claims to suffixes of a domain name, longest first, equal ones as given.
    ///
    /// The name is lower-case ASCII (A-labels) without dots at its ends; suffixes end at dots.
    pub fn domain<'a>(&'a self, name: &'a str) -> DomainHits<'a> {
        DomainHits::new(&self.domains, None, None, name)
    }

    /// All claims to a country, by its code in capitals, as given.
    pub fn country(&self, code: [u8; 2]) -> CountryHits<'_> {
        CountryHits::new(self.countries.claims(code), &[], None)
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> Memory {
        Memory {
            prefixes4: self.prefixes4.memory(),
            prefixes6: self.prefixes6.memory(),
            asns: self.asns.memory(),
            domains: self.domains.memory(),
            countries: self.countries.memory(),
        }
    }

    /// How many claims there are.
    pub fn counts(&self) -> Counts {
        Counts {
            prefixes4: self.prefixes4.len(),
            prefixes6: self.prefixes6.len(),
            asns: self.asns.len(),
            domains: self.domains.len(),
            countries: self.countries.len(),
            refused: self.refused,
        }
    }
}

impl Memory {
    /// All parts together.
    pub fn total(&self) -> usize {
        self.prefixes4 + self.prefixes6 + self.asns + self.domains + self.countries
    }
}

impl Counts {
    /// Claims of all kinds that can be found.
    pub fn total(&self) -> usize {
        self.prefixes4 + self.prefixes6 + self.asns + self.domains + self.countries
    }
}

fn some(organisation: u32) -> Option<u32> {
    (organisation != NO_ORGANISATION).then_some(organisation)
}
