//! An index alone.

use std::sync::Arc;

use proptest::prelude::*;

use super::model::{Covered, Model, claims, covered};
use crate::lookup::index::{Claim, ClaimId, Coverage, Index, IndexBuilder, NO_ORGANISATION, View};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_index_answers_as_a_scan(claims in claims(0..120)) {
        let model = Model(claims);
        model.check(&View::new(Arc::new(model.build())))?;
    }

    #[test]
    fn chains_of_prefixes_answer_as_a_scan(
        address in any::<u128>(),
        lens in prop::collection::vec(0..=128_u8, 0..60),
    ) {
        let mut model = Model::default();
        for (number, len) in (0..).zip(lens) {
            let claim = Claim { id: ClaimId(number), organisation: number };
            model.0.push((Covered::Prefix6(address, len), claim));
            let [.., a, b, c, d] = address.to_be_bytes();
            let address = u32::from_be_bytes([a, b, c, d]);
            model.0.push((Covered::Prefix4(address, len.min(32)), claim));
        }
        model.check(&View::new(Arc::new(model.build())))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_large_index_answers_as_a_scan(covered in prop::collection::vec(covered(), 800)) {
        let claim = |number| Claim { id: ClaimId(number), organisation: number };
        let model = Model(covered.into_iter().zip((0..).map(claim)).collect());
        let index = model.build();
        prop_assert_eq!(index.counts().total(), 800);
        model.check(&View::new(Arc::new(index)))?;
    }
}

fn claim(number: u32) -> Claim {
    Claim { id: ClaimId(number), organisation: number + 100 }
}

#[test]
fn nothing_is_known_to_an_empty_index() {
    let index = Index::empty();
    assert_eq!(index.organisation4(0), None);
    assert_eq!(index.organisation6(u128::MAX), None);
    assert_eq!(index.organisation_asn(0), None);
    assert_eq!(index.organisation_domain("example.lu"), None);
    assert_eq!(index.country(*b"LU").count(), 0);
    assert_eq!(index.counts().total(), 0);
    Model::default().check(&View::new(Arc::new(index))).unwrap();
}

#[test]
fn a_chain_from_everything_to_one_address_is_answered_whole() {
    let mut builder = IndexBuilder::new();
    for len in 0..=32_u8 {
        builder.prefix4(u32::MAX, len, claim(u32::from(len)));
    }
    for len in 0..=128_u8 {
        builder.prefix6(u128::MAX, len, claim(u32::from(len)));
    }
    let index = builder.build();
    let lens4: Vec<u8> = index.matches4(u32::MAX).map(|hit| hit.len).collect();
    assert_eq!(lens4, (0..=32).rev().collect::<Vec<u8>>());
    let lens6: Vec<u8> = index.matches6(u128::MAX).map(|hit| hit.len).collect();
    assert_eq!(lens6, (0..=128).rev().collect::<Vec<u8>>());
    assert_eq!(index.organisation4(0), Some(100));
    assert_eq!(index.organisation6(0), Some(100));
}

#[test]
fn each_address_of_a_network_may_have_its_own_claim() {
    let mut model = Model::default();
    for low in 0..=255_u32 {
        model.0.push((Covered::Prefix4(0x0a01_0200 + low, 32), claim(low)));
        model.0.push((Covered::Asn(0x0a01_0200 + low, 0x0a01_0200 + low), claim(low)));
        model.0.push((Covered::Prefix6(u128::from(low) << 56, 72), claim(low)));
    }
    model.check(&View::new(Arc::new(model.build()))).unwrap();
}

#[test]
fn equal_prefixes_keep_the_order_given() {
    let mut builder = IndexBuilder::new();
    for number in [5, 3, 9] {
        builder.prefix4(0xc000_0207, 24, claim(number));
        builder.domain("example.lu", claim(number));
        builder.asn(7, 7, claim(number));
        builder.country(*b"LU", claim(number));
    }
    let index = builder.build();
    let ids = |claims: Vec<Claim>| claims.into_iter().map(|claim| claim.id.0).collect::<Vec<_>>();
    assert_eq!(ids(index.matches4(0xc000_0200).map(|hit| hit.claim).collect()), [5, 3, 9]);
    assert_eq!(ids(index.domain("example.lu").map(|hit| hit.claim).collect()), [5, 3, 9]);
    assert_eq!(ids(index.asn(7).map(|hit| hit.claim).collect()), [5, 3, 9]);
    assert_eq!(ids(index.country(*b"LU").collect()), [5, 3, 9]);
    assert_eq!(index.organisation4(0xc000_02ff), Some(105));
}

#[test]
fn host_bits_do_not_count() {
    let mut builder = IndexBuilder::new();
    builder.prefix4(0xc000_0207, 24, claim(1));
    builder.prefix6((0x2001_0db8 << 96) | 1, 32, claim(2));
    let index = builder.build();
    let hit = index.matches4(0xc000_02fe).next().unwrap();
    assert_eq!((hit.bits, hit.len), (0xc000_0200, 24));
    let hit = index.matches6((0x2001_0db8 << 96) | (7 << 64)).next().unwrap();
    assert_eq!((hit.bits, hit.len), (0x2001_0db8 << 96, 32));
}

#[test]
fn a_network_is_covered_only_by_what_is_around_all_of_it() {
    let mut builder = IndexBuilder::new();
    builder.prefix4(0x0a00_0000, 8, claim(1));
    builder.prefix4(0x0a00_0000, 25, claim(2));
    builder.prefix4(0x0a00_0080, 25, claim(3));
    let index = builder.build();
    let lens = |len| index.covering4(0x0a00_0000, len).map(|hit| hit.len).collect::<Vec<_>>();
    assert_eq!(lens(26), [25, 8]);
    assert_eq!(lens(24), [8]);
    assert!(lens(7).is_empty());
}

#[test]
fn what_can_cover_nothing_is_refused_and_counted() {
    let mut builder = IndexBuilder::new();
    builder.prefix4(0, 33, claim(1));
    builder.prefix6(0, 129, claim(1));
    builder.asn(2, 1, claim(1));
    builder.domain("", claim(1));
    builder.domain(&"a".repeat(254), claim(1));
    builder.prefix4(0, 0, Claim { id: ClaimId(1), organisation: NO_ORGANISATION });
    let index = builder.build();
    assert_eq!(index.counts().refused, 6);
    assert_eq!(index.counts().total(), 0);

    let impossible = [(Coverage::Asn { first: 2, last: 1 }, claim(1))];
    let view = View::new(Arc::new(index)).with_changes(&impossible, &[]);
    assert_eq!((view.overlay_len(), view.overlay().refused()), (0, 1));
}

#[test]
fn domains_end_at_dots() {
    let mut builder = IndexBuilder::new();
    builder.domain("example.lu", claim(1));
    builder.domain("lu", claim(2));
    builder.domain("a.b.c.example.lu", claim(3));
    let index = builder.build();
    let suffixes = |name| index.domain(name).map(|hit| hit.suffix).collect::<Vec<_>>();
    assert_eq!(suffixes("www.example.lu"), ["example.lu", "lu"]);
    assert_eq!(suffixes("badexample.lu"), ["lu"]);
    assert_eq!(suffixes("z.a.b.c.example.lu"), ["a.b.c.example.lu", "example.lu", "lu"]);
    assert_eq!(suffixes("za.b.c.example.lu"), ["example.lu", "lu"]);
    assert_eq!(suffixes("example.lu.org"), [""; 0]);
    assert_eq!(suffixes("lu"), ["lu"]);
}

#[test]
fn overlong_and_foreign_names_are_answered_without_harm() {
    let longest = format!("{}.{}", "a".repeat(125), "b".repeat(127));
    let mut builder = IndexBuilder::new();
    builder.domain(&longest, claim(1));
    builder.domain("lu", claim(2));
    builder.domain("ü.lu", claim(3));
    let index = builder.build();
    assert_eq!(index.domain(&longest).count(), 1);
    assert_eq!(index.domain(&format!("www.{longest}")).count(), 1);
    assert_eq!(index.domain(&"a.".repeat(100_000)).count(), 0);
    assert_eq!(index.domain(&"a".repeat(100_000)).count(), 0);
    let many_labels = format!("{}lu", "a.".repeat(100_000));
    assert_eq!(index.domain(&many_labels).map(|hit| hit.suffix).collect::<Vec<_>>(), ["lu"]);
    assert_eq!(index.domain(&format!("{}ü.lu", "é".repeat(300))).count(), 1);
    assert_eq!(index.domain("www.ü.lu").count(), 2);
}

#[test]
fn a_batch_answers_for_as_many_as_both_slices_have() {
    let mut builder = IndexBuilder::new();
    builder.prefix4(0, 0, claim(1));
    builder.prefix6(0, 0, claim(1));
    builder.asn(0, u32::MAX, claim(1));
    let base = View::new(Arc::new(builder.build()));
    let changed = base.with_changes(&[(Coverage::Country(*b"LU"), claim(2))], &[ClaimId(77)]);
    for view in [base, changed] {
        for (asked, answered) in [(0, 3), (3, 0), (5, 3), (3, 5), (40, 33), (33, 40), (200, 131)] {
            let expected = |at: usize| if at < asked.min(answered) { 101 } else { 7 };
            let expected: Vec<u32> = (0..answered).map(expected).collect();
            let mut answers = vec![7; answered];
            view.organisations4(&vec![5; asked], &mut answers);
            assert_eq!(answers, expected);
            answers.fill(7);
            view.organisations6(&vec![5; asked], &mut answers);
            assert_eq!(answers, expected);
            answers.fill(7);
            view.organisations_asn(&vec![5; asked], &mut answers);
            assert_eq!(answers, expected);
        }
    }
}

#[test]
fn any_number_but_the_last_may_be_an_organisation() {
    for organisation in [0, 1, 1 << 31, u32::MAX - 1] {
        let claim = Claim { id: ClaimId(u32::MAX), organisation };
        let mut builder = IndexBuilder::new();
        builder.prefix4(0x0a00_0000, 16, claim);
        builder.prefix4(0x0b00_0001, 32, claim);
        builder.prefix6(1, 128, claim);
        builder.asn(7, 9, claim);
        builder.domain("lu", claim);
        let base = View::new(Arc::new(builder.build()));
        let emptied = base.with_changes(&[], &[claim.id]);
        for (view, expected) in [(base, Some(organisation)), (emptied, None)] {
            assert_eq!(view.organisation4(0x0a00_0007), expected);
            assert_eq!(view.organisation4(0x0b00_0001), expected);
            assert_eq!(view.organisation4(0x0b00_0002), None);
            assert_eq!(view.organisation6(1), expected);
            assert_eq!(view.organisation_asn(8), expected);
            assert_eq!(view.organisation_domain("example.lu"), expected);
        }
    }
}

#[test]
fn memory_stays_within_its_budget() {
    let mut builder = IndexBuilder::new();
    for number in 0..200_000_u32 {
        builder.prefix4(0x0100_0000 + (number << 10), 23, claim(number));
    }
    let memory = builder.build().memory();
    // 24 MB for 565,000 prefixes.
    assert!(memory.prefixes4 / 200_000 <= 24_000_000 / 565_000, "{memory:?}");
    assert_eq!(memory.domains, 0);
    assert!(memory.total() >= memory.prefixes4 + memory.prefixes6);
}

#[test]
fn what_is_shared_between_threads_may_be() {
    fn shareable<T: Send + Sync + std::fmt::Debug>() {}
    shareable::<Index>();
    shareable::<IndexBuilder>();
    shareable::<View>();
}
