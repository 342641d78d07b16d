//! The slow and obvious answer to every question, and inputs that are hard on the quick one.

use proptest::prelude::*;

use crate::lookup::index::{Claim, ClaimId, Coverage, Index, IndexBuilder, View};

/// [`Coverage`] that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Covered {
    Prefix4(u32, u8),
    Prefix6(u128, u8),
    Asn(u32, u32),
    Domain(String),
    Country([u8; 2]),
}

/// All claims in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(super) struct Model(pub(super) Vec<(Covered, Claim)>);

pub(super) type Prefix<A> = (A, u8, Claim);

impl Covered {
    pub(super) fn borrow(&self) -> Coverage<'_> {
        match self {
            Self::Prefix4(bits, len) => Coverage::Prefix4 { bits: *bits, len: *len },
            Self::Prefix6(bits, len) => Coverage::Prefix6 { bits: *bits, len: *len },
            Self::Asn(first, last) => Coverage::Asn { first: *first, last: *last },
            Self::Domain(name) => Coverage::Domain(name),
            Self::Country(code) => Coverage::Country(*code),
        }
    }
}

impl Model {
    pub(super) fn build(&self) -> Index {
        let mut builder = IndexBuilder::new();
        builder.extend(self.0.iter().map(|(covered, claim)| (covered.borrow(), *claim)));
        builder.build()
    }

    pub(super) fn change(&mut self, added: &[(Covered, Claim)], removed: &[ClaimId]) {
        self.0.retain(|(_, claim)| !removed.contains(&claim.id));
        self.0.extend_from_slice(added);
    }

    /// Prefixes of at most `longest` bits around an address, most specific first.
    pub(super) fn prefixes4(&self, address: u32, longest: u8) -> Vec<Prefix<u32>> {
        let mut hits: Vec<_> = self
            .0
            .iter()
            .filter_map(|(covered, claim)| match *covered {
                Covered::Prefix4(bits, len) if len <= longest => {
                    let host = u32::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                    (address | host == bits | host).then_some((bits & !host, len, *claim))
                }
                _ => None,
            })
            .collect();
        hits.sort_by_key(|(_, len, _)| std::cmp::Reverse(*len));
        hits
    }

    pub(super) fn prefixes6(&self, address: u128, longest: u8) -> Vec<Prefix<u128>> {
        let mut hits: Vec<_> = self
            .0
            .iter()
            .filter_map(|(covered, claim)| match *covered {
                Covered::Prefix6(bits, len) if len <= longest => {
                    let host = u128::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                    (address | host == bits | host).then_some((bits & !host, len, *claim))
                }
                _ => None,
            })
            .collect();
        hits.sort_by_key(|(_, len, _)| std::cmp::Reverse(*len));
        hits
    }

    pub(super) fn asns(&self, asn: u32) -> Vec<(u32, u32, Claim)> {
        let mut hits: Vec<_> = self
            .0
            .iter()
            .filter_map(|(covered, claim)| match *covered {
                Covered::Asn(first, last) if first <= asn && asn <= last => {
                    Some((first, last, *claim))
                }
                _ => None,
            })
            .collect();
        hits.sort_by_key(|(first, last, _)| (last - first, *first));
        hits
    }

    pub(super) fn domains(&self, name: &str) -> Vec<(String, Claim)> {
        let mut hits: Vec<_> = self
            .0
            .iter()
            .filter_map(|(covered, claim)| match covered {
                Covered::Domain(suffix) if format!(".{name}").ends_with(&format!(".{suffix}")) => {
                    Some((suffix.clone(), *claim))
                }
                _ => None,
            })
            .collect();
        hits.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        hits
    }

    pub(super) fn countries(&self, code: [u8; 2]) -> Vec<Claim> {
        let claims = self.0.iter().filter(|(covered, _)| *covered == Covered::Country(code));
        claims.map(|(_, claim)| *claim).collect()
    }

    /// Asks a view everything that could be answered wrongly, and compares.
    pub(super) fn check(&self, view: &View) -> Result<(), TestCaseError> {
        self.check4(view)?;
        self.check6(view)?;
        self.check_asns(view)?;
        self.check_domains(view)?;
        for (covered, _) in &self.0 {
            if let Covered::Country(code) = covered {
                let found: Vec<_> = view.country(*code).collect();
                prop_assert_eq!(found, self.countries(*code));
            }
        }
        prop_assert_eq!(view.country(*b"ZZ").collect::<Vec<_>>(), self.countries(*b"ZZ"));
        Ok(())
    }

    fn check4(&self, view: &View) -> Result<(), TestCaseError> {
        let mut probes = vec![0, 1, u32::MAX, u32::MAX - 1, 0x8000_0000];
        for (covered, _) in &self.0 {
            if let Covered::Prefix4(bits, len) = *covered {
                let host = u32::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                let (first, last) = (bits & !host, bits | host);
                probes.extend([bits, first, last]);
                probes.extend([first.wrapping_sub(1), last.wrapping_add(1)]);
                for longest in [len, len.saturating_sub(1), 32] {
                    let found: Vec<_> = view.covering4(bits, longest).map(triple).collect();
                    prop_assert_eq!(found, self.prefixes4(first_of4(bits, longest), longest));
                }
            }
        }
        let mut batch = vec![7; probes.len()];
        view.organisations4(&probes, &mut batch);
        for (address, organisation) in probes.into_iter().zip(batch) {
            let expected = self.prefixes4(address, 32);
            let first = expected.first().map(|hit| hit.2.organisation);
            prop_assert_eq!(view.organisation4(address), first);
            prop_assert_eq!(organisation, first.unwrap_or(u32::MAX));
            prop_assert_eq!(view.matches4(address).map(triple).collect::<Vec<_>>(), expected);
        }
        Ok(())
    }

    fn check6(&self, view: &View) -> Result<(), TestCaseError> {
        let mut probes = vec![0, 1, u128::MAX, u128::MAX - 1, 1 << 127, u128::MAX << 64];
        for (covered, _) in &self.0 {
            if let Covered::Prefix6(bits, len) = *covered {
                let host = u128::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                let (first, last) = (bits & !host, bits | host);
                probes.extend([bits, first, last]);
                probes.extend([first.wrapping_sub(1), last.wrapping_add(1)]);
                for longest in [len, len.saturating_sub(1), 128] {
                    let found: Vec<_> = view.covering6(bits, longest).map(triple).collect();
                    prop_assert_eq!(found, self.prefixes6(first_of6(bits, longest), longest));
                }
            }
        }
        let mut batch = vec![7; probes.len()];
        view.organisations6(&probes, &mut batch);
        for (address, organisation) in probes.into_iter().zip(batch) {
            let expected = self.prefixes6(address, 128);
            let first = expected.first().map(|hit| hit.2.organisation);
            prop_assert_eq!(view.organisation6(address), first);
            prop_assert_eq!(organisation, first.unwrap_or(u32::MAX));
            prop_assert_eq!(view.matches6(address).map(triple).collect::<Vec<_>>(), expected);
        }
        Ok(())
    }

    fn check_asns(&self, view: &View) -> Result<(), TestCaseError> {
        let mut probes = vec![0, 1, u32::MAX];
        for (covered, _) in &self.0 {
            if let Covered::Asn(first, last) = *covered {
                probes.extend([first, last, first.wrapping_sub(1), last.wrapping_add(1)]);
                probes.push(u32::midpoint(first, last));
            }
        }
        let mut batch = vec![7; probes.len()];
        view.organisations_asn(&probes, &mut batch);
        for (asn, organisation) in probes.into_iter().zip(batch) {
            let expected = self.asns(asn);
            let first = expected.first().map(|hit| hit.2.organisation);
            prop_assert_eq!(view.organisation_asn(asn), first);
            prop_assert_eq!(organisation, first.unwrap_or(u32::MAX));
            let found: Vec<_> = view.asn(asn).map(|hit| (hit.first, hit.last, hit.claim)).collect();
            prop_assert_eq!(found, expected);
        }
        Ok(())
    }

    fn check_domains(&self, view: &View) -> Result<(), TestCaseError> {
        let mut probes =
            vec![String::new(), ".".to_owned(), "a".to_owned(), "a.b.c.d.e".to_owned()];
        for (covered, _) in &self.0 {
            if let Covered::Domain(name) = covered {
                probes.extend([name.clone(), format!("www.{name}"), format!("x{name}")]);
                probes.extend([format!("a.b.{name}"), format!("{name}.b"), format!(".{name}")]);
            }
        }
        for name in probes {
            let expected = self.domains(&name);
            let first = expected.first().map(|hit| hit.1.organisation);
            prop_assert_eq!(view.organisation_domain(&name), first);
            let found: Vec<_> =
                view.domain(&name).map(|hit| (hit.suffix.to_owned(), hit.claim)).collect();
            prop_assert_eq!(found, expected);
        }
        Ok(())
    }
}

fn triple<A>(hit: crate::lookup::index::PrefixHit<A>) -> Prefix<A> {
    (hit.bits, hit.len, hit.claim)
}

fn first_of4(bits: u32, len: u8) -> u32 {
    bits & !u32::MAX.checked_shr(u32::from(len)).unwrap_or(0)
}

fn first_of6(bits: u128, len: u8) -> u128 {
    bits & !u128::MAX.checked_shr(u32::from(len)).unwrap_or(0)
}

/// Addresses and numbers that crowd together, touch the ends, or lie anywhere.
pub(super) fn crowded32() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0..4_u32,
        (u32::MAX - 3)..=u32::MAX,
        (0..16_u32).prop_map(|top| top << 28),
        (0..2048_u32).prop_map(|low| 0x0a00_ff00 + low),
        (0..64_u32).prop_map(|middle| 0x0a00_0000 + (middle << 12)),
    ]
}

/// As [`crowded32`]; many around the border between the two halves of an address.
pub(super) fn crowded128() -> impl Strategy<Value = u128> {
    let site = 0x2a00_1450_u128 << 96;
    prop_oneof![
        any::<u128>(),
        0..4_u128,
        (u128::MAX - 3)..=u128::MAX,
        (0..16_u128).prop_map(|top| top << 124),
        (0..8_u128, 0..4_u128).prop_map(move |(net, low)| site + (net << 64) + low),
        (0..8_u128).prop_map(move |net| site + (net << 64) + u128::from(u64::MAX)),
        (0..8_u128).prop_map(|net| (u128::MAX << 67) + (net << 64)),
        (0..64_u128).prop_map(move |net| site + (net << 78)),
    ]
}

pub(super) fn covered() -> impl Strategy<Value = Covered> {
    let label = prop_oneof!["[ab]", "xn--[a-c]", "[a-z]{1,3}"];
    prop_oneof![
        4 => (crowded32(), 0..=32_u8).prop_map(|(bits, len)| Covered::Prefix4(bits, len)),
        4 => (crowded128(), 0..=128_u8).prop_map(|(bits, len)| Covered::Prefix6(bits, len)),
        2 => crowded32().prop_map(|asn| Covered::Asn(asn, asn)),
        2 => (crowded32(), crowded32()).prop_map(|(a, b)| Covered::Asn(a.min(b), a.max(b))),
        2 => prop::collection::vec(label, 1..5).prop_map(|labels| Covered::Domain(labels.join("."))),
        1 => prop::sample::select(vec![*b"LU", *b"AT", *b"AL"]).prop_map(Covered::Country),
    ]
}

/// Claims with few numbers, so that several share one.
pub(super) fn claims(
    count: impl Into<prop::collection::SizeRange>,
) -> impl Strategy<Value = Vec<(Covered, Claim)>> {
    let claim = (0..40_u32, 0..9_u32)
        .prop_map(|(id, organisation)| Claim { id: ClaimId(id), organisation });
    prop::collection::vec((covered(), claim), count)
}
