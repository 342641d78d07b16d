//! Who holds which part of the internet: what lookup is measured with.

mod generated;
mod ranges;

use std::fmt;
use std::path::Path;

use cerebrate_store::lookup::index::{Claim, ClaimId, Index, IndexBuilder};

use crate::Result;
use crate::random::Random;
use crate::report::counted;

/// A network and who holds it, as a place in [`World::organisations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Prefix<A> {
    pub(crate) bits: A,
    pub(crate) len: u8,
    pub(crate) organisation: u32,
}

/// An organisation with an AS number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) asn: u32,
    pub(crate) name: String,
}

/// Prefixes, AS numbers and domains, each with an organisation. No prefix is there twice.
#[derive(Debug)]
pub(crate) struct World {
    /// Where it comes from.
    pub(crate) source: String,
    pub(crate) prefixes4: Vec<Prefix<u32>>,
    pub(crate) prefixes6: Vec<Prefix<u128>>,
    pub(crate) organisations: Vec<Holder>,
    pub(crate) domains: Vec<(String, u32)>,
}

/// How many domains are claimed, at most.
const DOMAINS: usize = 100_000;

impl World {
    /// The world of the files in `directory` if they are there, else one of the same shape.
    pub(crate) fn open(directory: &Path, quick: bool) -> Result<World> {
        let mut world = match ranges::read(directory)? {
            Some(world) if !quick => world,
            _ => generated::world(if quick { 10 } else { 1 }),
        };
        world.domains = domains(&world.organisations);
        // In no order, as records of a database are.
        let mut random = Random::new(1);
        random.shuffle(&mut world.prefixes4);
        random.shuffle(&mut world.prefixes6);
        Ok(world)
    }

    /// A small one that is the same everywhere.
    pub(crate) fn small() -> World {
        let mut world = generated::world(20);
        world.domains = domains(&world.organisations);
        world
    }

    /// All claims, ready to be indexed; the number of a claim is its place.
    pub(crate) fn claims(&self) -> IndexBuilder {
        let mut builder = IndexBuilder::new();
        self.add_prefixes4(&mut builder);
        self.add_prefixes6(&mut builder);
        let mut number = self.prefixes4.len() + self.prefixes6.len();
        let mut next = |organisation| {
            number += 1;
            claim(number - 1, organisation)
        };
        for (organisation, holder) in (0..).zip(&self.organisations) {
            builder.asn(holder.asn, holder.asn, next(organisation));
        }
        for (domain, organisation) in &self.domains {
            builder.domain(domain, next(*organisation));
        }
        builder
    }

    /// The index over everything.
    pub(crate) fn index(&self) -> Index {
        self.claims().build()
    }

    pub(crate) fn add_prefixes4(&self, builder: &mut IndexBuilder) {
        for (number, prefix) in self.prefixes4.iter().enumerate() {
            builder.prefix4(prefix.bits, prefix.len, claim(number, prefix.organisation));
        }
    }

    pub(crate) fn add_prefixes6(&self, builder: &mut IndexBuilder) {
        for (number, prefix) in (self.prefixes4.len()..).zip(&self.prefixes6) {
            builder.prefix6(prefix.bits, prefix.len, claim(number, prefix.organisation));
        }
    }

    /// An address inside a random prefix.
    pub(crate) fn covered4(&self, random: &mut Random) -> u32 {
        let prefix = random.pick(&self.prefixes4);
        let host = u32::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0);
        prefix.bits | (random.next_u32() & host)
    }

    /// An address inside a random prefix.
    pub(crate) fn covered6(&self, random: &mut Random) -> u128 {
        let prefix = random.pick(&self.prefixes6);
        let host = u128::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0);
        prefix.bits | (random.next_u128() & host)
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} IPv4 prefixes, {} IPv6 prefixes, {} organisations with an AS number each, {} domains",
            self.source,
            counted(self.prefixes4.len()),
            counted(self.prefixes6.len()),
            counted(self.organisations.len()),
            counted(self.domains.len()),
        )
    }
}

fn claim(number: usize, organisation: u32) -> Claim {
    Claim { id: ClaimId(number as u32), organisation }
}

/// A domain for each organisation, more for some, under suffixes of one and two labels.
fn domains(organisations: &[Holder]) -> Vec<(String, u32)> {
    const SUFFIXES: [&str; 12] =
        ["com", "net", "org", "de", "lu", "fr", "co.uk", "com.br", "ac.at", "gov.pl", "eu", "io"];
    let mut random = Random::new(2);
    let count = DOMAINS.min(organisations.len() * 5 / 4);
    let domain = |number: usize| {
        let place = number % organisations.len();
        let name: String = organisations[place]
            .name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|character| character.to_ascii_lowercase())
            .take(14)
            .collect();
        // Names repeat; domains do not.
        (format!("{name}-{number:x}.{}", random.pick(&SUFFIXES)), place as u32)
    };
    (0..count).map(domain).collect()
}
