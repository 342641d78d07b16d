//! A view with changes.

use std::sync::Arc;

use proptest::prelude::*;

use super::model::{Covered, Model, claims};
use crate::lookup::index::{Claim, ClaimId, Coverage, Index, View};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_view_answers_as_a_scan_after_every_change_and_when_merged(
        claims_before in claims(0..60),
        changes in prop::collection::vec(
            (claims(0..12), prop::collection::vec(0..40_u32, 0..6)),
            1..6,
        ),
    ) {
        let mut model = Model(claims_before);
        let mut view = View::new(Arc::new(model.build()));
        for (added, removed) in changes {
            let removed: Vec<ClaimId> = removed.into_iter().map(ClaimId).collect();
            let before = (view.clone(), model.clone());
            view = change(&view, &added, &removed);
            model.change(&added, &removed);
            model.check(&view)?;
            before.1.check(&before.0)?;
        }
        prop_assert_eq!(view.claims().count(), model.0.len());
        let merged = View::new(Arc::new(view.merge()));
        prop_assert_eq!(merged.overlay_len(), 0);
        prop_assert_eq!(merged.base().counts().total(), model.0.len());
        model.check(&merged)?;
    }

    #[test]
    fn one_large_change_is_as_good_as_many_small_ones(added in claims(0..120)) {
        let empty = View::new(Arc::new(Index::empty()));
        let at_once = change(&empty, &added, &[]);
        let one_by_one = added
            .chunks(1)
            .fold(empty, |view, added| change(&view, added, &[]));
        let model = Model(added);
        model.check(&at_once)?;
        model.check(&one_by_one)?;
        prop_assert_eq!(at_once.overlay_len(), model.0.len());
    }
}

fn change(view: &View, added: &[(Covered, Claim)], removed: &[ClaimId]) -> View {
    let added: Vec<(Coverage<'_>, Claim)> =
        added.iter().map(|(covered, claim)| (covered.borrow(), *claim)).collect();
    view.with_changes(&added, removed)
}

fn claim(number: u32) -> Claim {
    Claim { id: ClaimId(number), organisation: number + 100 }
}

#[test]
fn the_next_prefix_answers_when_the_most_specific_is_gone() {
    let model = Model(vec![
        (Covered::Prefix4(0x0a00_0000, 8), claim(1)),
        (Covered::Prefix4(0x0a00_0000, 24), claim(2)),
        (Covered::Prefix4(0x0a00_0000, 24), claim(3)),
    ]);
    let view = View::new(Arc::new(model.build()));
    assert_eq!(view.organisation4(0x0a00_0001), Some(102));
    let view = view.with_changes(&[], &[ClaimId(2)]);
    assert_eq!(view.organisation4(0x0a00_0001), Some(103));
    let view = view.with_changes(&[], &[ClaimId(3)]);
    assert_eq!(view.organisation4(0x0a00_0001), Some(101));
    let view = view.with_changes(&[], &[ClaimId(1)]);
    assert_eq!(view.organisation4(0x0a00_0001), None);
    assert_eq!(view.overlay_len(), 3);
}

#[test]
fn a_claim_may_move_under_its_number() {
    let model = Model(vec![(Covered::Asn(64500, 64500), claim(1))]);
    let view = View::new(Arc::new(model.build()));
    let there = (Coverage::Asn { first: 64501, last: 64510 }, claim(1));
    let moved = view.with_changes(&[there], &[ClaimId(1)]);
    assert_eq!(moved.organisation_asn(64500), None);
    assert_eq!(moved.organisation_asn(64505), Some(101));
    let back = (Coverage::Asn { first: 64500, last: 64500 }, claim(1));
    let moved_back = moved.with_changes(&[back], &[ClaimId(1)]);
    assert_eq!(moved_back.organisation_asn(64500), Some(101));
    assert_eq!(moved_back.organisation_asn(64505), None);
    assert_eq!(view.organisation_asn(64500), Some(101));
}

#[test]
fn an_overlay_that_grew_and_shrank_holds_no_additions() {
    let empty = View::new(Arc::new(Index::empty()));
    let names: Vec<String> = (0..500).map(|number| format!("team{number}.example.lu")).collect();
    let added: Vec<(Coverage<'_>, Claim)> = names
        .iter()
        .zip((0..).map(claim))
        .map(|(name, claim)| (Coverage::Domain(name), claim))
        .collect();
    let grown = empty.with_changes(&added, &[]);
    assert_eq!(grown.overlay_len(), 500);
    for (name, (_, claim)) in names.iter().zip(&added) {
        assert_eq!(grown.organisation_domain(name), Some(claim.organisation));
    }
    let removed: Vec<ClaimId> = (0..500).map(ClaimId).collect();
    let shrunk = grown.with_changes(&[], &removed);
    assert_eq!(shrunk.claims().count(), 0);
    assert!(names.iter().all(|name| shrunk.organisation_domain(name).is_none()));
}
