//! Collecting claims for an index.

use foldhash::fast::RandomState;

use super::asns::{self, Asns};
use super::countries::Countries;
use super::domains::{self, Domains};
use super::prefixes::{self, Prefixes};
use super::{Claim, Index, MAX_CLAIMS, NO_ORGANISATION};

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage<'a> {
    /// An IPv4 prefix; host bits do not count.
    Prefix4 {
        /// The network address.
        bits: u32,
        /// The length, 0 to 32.
        len: u8,
    },
    /// An IPv6 prefix; host bits do not count.
    Prefix6 {
        /// The network address.
        bits: u128,
        /// The length, 0 to 128.
        len: u8,
    },
    /// AS numbers from the first to the last, both included.
    Asn {
        /// The first number.
        first: u32,
        /// The last number, not below the first.
        last: u32,
    },
    /// A domain and everything below it: lower-case ASCII without dots at its ends.
    Domain(&'a str),
    /// A country by its code in capitals.
    Country([u8; 2]),
}

/// Collects claims, and builds an [`Index`] of them. Claims to the same thing keep their order.
#[derive(Debug)]
pub struct IndexBuilder {
    prefixes4: Vec<prefixes::Entry<u32>>,
    prefixes6: Vec<prefixes::Entry<u128>>,
    asns: Vec<asns::Entry>,
    domains: Domains,
    countries: Vec<([u8; 2], Claim)>,
    refused: usize,
}

impl Coverage<'_> {
    /// Whether anything can be covered by it at all.
    pub(super) fn is_possible(&self) -> bool {
        match *self {
            Self::Prefix4 { len, .. } => len <= 32,
            Self::Prefix6 { len, .. } => len <= 128,
            Self::Asn { first, last } => first <= last,
            Self::Domain(name) => domains::is_acceptable(name),
            Self::Country(_) => true,
        }
    }
}

impl IndexBuilder {
    /// A builder without claims.
    pub fn new() -> Self {
        Self {
            prefixes4: Vec::new(),
            prefixes6: Vec::new(),
            asns: Vec::new(),
            domains: Domains::new(&RandomState::default()),
            countries: Vec::new(),
            refused: 0,
        }
    }

    /// Adds a claim; one that can cover nothing is counted in
    /// [`Counts::refused`](super::Counts::refused) and left out.
    pub fn add(&mut self, coverage: Coverage<'_>, claim: Claim) {
        if !coverage.is_possible() || claim.organisation == NO_ORGANISATION {
            self.refused += 1;
            return;
        }
        let taken = match coverage {
            Coverage::Prefix4 { bits, len } => {
                push(&mut self.prefixes4, prefixes::Entry { bits, len, claim })
            }
            Coverage::Prefix6 { bits, len } => {
                push(&mut self.prefixes6, prefixes::Entry { bits, len, claim })
            }
            Coverage::Asn { first, last } => {
                push(&mut self.asns, asns::Entry { first, last, claim })
            }
            Coverage::Domain(name) => self.domains.add(name, claim),
            Coverage::Country(code) => push(&mut self.countries, (code, claim)),
        };
        self.refused += usize::from(!taken);
    }

    /// Adds a claim to an IPv4 prefix.
    pub fn prefix4(&mut self, bits: u32, len: u8, claim: Claim) {
        self.add(Coverage::Prefix4 { bits, len }, claim);
    }

    /// Adds a claim to an IPv6 prefix.
    pub fn prefix6(&mut self, bits: u128, len: u8, claim: Claim) {
        self.add(Coverage::Prefix6 { bits, len }, claim);
    }

    /// Adds a claim to AS numbers from the first to the last, both included.
    pub fn asn(&mut self, first: u32, last: u32, claim: Claim) {
        self.add(Coverage::Asn { first, last }, claim);
    }

    /// Adds a claim to a domain and everything below it: lower-case ASCII (A-labels) without
    /// dots at its ends.
    pub fn domain(&mut self, suffix: &str, claim: Claim) {
        self.add(Coverage::Domain(suffix), claim);
    }

    /// Adds a claim to a country by its code in capitals.
    pub fn country(&mut self, code: [u8; 2], claim: Claim) {
        self.add(Coverage::Country(code), claim);
    }

    /// The index of everything added.
    pub fn build(mut self) -> Index {
        self.domains.shrink();
        Index {
            prefixes4: Prefixes::build(self.prefixes4),
            prefixes6: Prefixes::build(self.prefixes6),
            asns: Asns::build(self.asns),
            domains: self.domains,
            countries: Countries::build(self.countries),
            refused: self.refused,
        }
    }
}

impl Default for IndexBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Extend<(Coverage<'a>, Claim)> for IndexBuilder {
    fn extend<T: IntoIterator<Item = (Coverage<'a>, Claim)>>(&mut self, claims: T) {
        for (coverage, claim) in claims {
            self.add(coverage, claim);
        }
    }
}

fn push<T>(entries: &mut Vec<T>, entry: T) -> bool {
    let room = entries.len() < MAX_CLAIMS;
    if room {
        entries.push(entry);
    }
    room
}
