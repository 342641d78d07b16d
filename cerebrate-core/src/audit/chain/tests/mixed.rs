//! More than one thing wrong, and what is neither clean nor simple.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

#[test]
fn dropping_or_swapping_old_rows_and_changing_the_genesis_is_found() {
    let feed = Feed::new(5, 5);
    let expected = [Finding::Genesis { through: 5 }];
    let mut dropped = feed.clone();
    dropped.rows.remove(2);
    assert_eq!(dropped.verify().findings, expected);
    let mut swapped = feed.clone();
    swapped.rows.swap(1, 2);
    assert_eq!(swapped.verify().findings, expected);
    (swapped.rows[1].seq, swapped.rows[2].seq) = (2, 3);
    assert_eq!(swapped.verify().findings, expected);
    let mut changed = feed.clone();
    changed.genesis.hash = RowHash::from_bytes([1; 32]);
    assert_eq!(changed.verify().findings, expected);
    let mut changed = feed.clone();
    changed.genesis.rows = 4;
    assert_eq!(changed.verify().findings, expected);
    for through in [0, 4, 6, 10, u64::MAX] {
        let mut changed = feed.clone();
        changed.genesis.through = through;
        assert!(!changed.verify().is_clean(), "{through}");
    }
}

#[test]
fn a_fault_beside_another_is_found_too() {
    let mut feed = Feed::new(0, 20);
    feed.rows[4].origin.push('!');
    feed.rows[5].origin.push('!');
    feed.rows[9].payload = Some(b"{}".to_vec());
    feed.rows[9].action = "remove".to_owned();
    feed.rows.remove(15);
    feed.rows.remove(12);
    let edited = |seq, part| Finding::Edited { seq, part };
    assert_eq!(
        feed.verify().findings,
        [
            edited(5, Part::Metadata),
            edited(6, Part::Metadata),
            edited(10, Part::Metadata),
            edited(10, Part::Payload),
            Finding::Dropped { first: 13, last: 13 },
            Finding::Dropped { first: 16, last: 16 },
        ]
    );
}

#[test]
fn a_gap_from_which_a_row_was_moved_away_is_as_long_as_what_is_missing() {
    let mut feed = Feed::new(0, 12);
    feed.rows[6].seq = 100;
    feed.rows.remove(5);
    feed.rows.sort_by_key(|row| row.seq);
    // The moved row continues one that is gone: it stands behind a gap that nobody can explain.
    assert_eq!(
        feed.verify().findings,
        [Finding::Dropped { first: 6, last: 6 }, Finding::Dropped { first: 13, last: 99 }]
    );
}

#[test]
fn rows_in_another_order_than_their_numbers_are_reordered() {
    let mut feed = Feed::new(0, 6);
    feed.rows.swap(2, 3);
    assert_eq!(feed.verify().findings, [Finding::Reordered { seq: 3, belongs: 3 }]);
}

#[test]
fn a_forged_row_among_others_is_found() {
    let mut feed = Feed::new(0, 20);
    let head = feed.head();
    let mut forged = TestRow::new(8);
    forged.hash = Some(RowHash::from_bytes([3; 32]));
    forged.origin = "forged".to_owned();
    feed.rows.insert(7, forged);
    feed.rows[8..].iter_mut().for_each(|row| row.seq += 1);
    let expected = [
        Finding::Edited { seq: 8, part: Part::Metadata },
        Finding::Reordered { seq: 9, belongs: 8 },
    ];
    assert_eq!(feed.verify().findings, expected);
    assert_eq!(feed.verify_against(Reference::Key(head)).findings, expected);
}

#[test]
fn a_row_that_cannot_be_read_is_edited_and_its_neighbours_are_not() {
    let feed = Feed::new(3, 10);
    for unreadable in [2, 4, 8, 13] {
        let mut verifier =
            Verifier::new(feed.genesis).against(Reference::Key(feed.head())).unwrap();
        for row in &feed.rows {
            if row.seq == unreadable {
                verifier.push_unreadable(row.seq, row.hash);
            } else {
                verifier.push(&row.row());
            }
        }
        let report = verifier.finish();
        let edited = Finding::Edited { seq: unreadable, part: Part::Metadata };
        assert_eq!(report.findings, [edited]);
        assert_eq!(report.rows, 13);
    }
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let mut feed = Feed::new(0, 2_000);
    for row in &mut feed.rows[100..1_900] {
        row.origin.push('!');
    }
    let report = feed.verify();
    assert_eq!((report.findings.len(), report.more), (Report::LIMIT, 800));
    assert!(
        report.to_string().ends_with("2000 rows checked against the file alone: 1800 findings")
    );
}

#[test]
fn numbers_at_the_end_of_their_range_are_no_trouble() {
    let mut feed = Feed::new(0, 4);
    for (row, seq) in feed.rows.iter_mut().zip([1, 2, u64::MAX - 1, u64::MAX]) {
        row.seq = seq;
    }
    assert!(!feed.verify().is_clean());
    feed.chain_again();
    let skipped = Finding::Skipped { first: 3, last: u64::MAX - 2 };
    assert_eq!(feed.verify().findings, [skipped]);
    let head = Head { seq: u64::MAX, ..feed.head() };
    feed.rows.pop();
    let report = feed.verify_against(Reference::Exported(head));
    let truncated = Finding::Truncated { last: u64::MAX - 1, head: u64::MAX };
    assert_eq!(report.findings, [skipped, truncated]);
}

#[test]
fn a_row_put_between_two_is_seen_beside_another_fault() {
    let mut feed = Feed::new(0, 10);
    // Numbers that leave room, as they never should.
    feed.rows[4..].iter_mut().for_each(|row| row.seq += 10);
    feed.chain_again();
    assert_eq!(feed.verify().findings, [Finding::Skipped { first: 5, last: 14 }]);
    let mut between = TestRow::new(8);
    between.hash = Some(row_hash(
        &feed.rows[3].hash.unwrap(),
        &between.metadata(),
        between.payload_digest.as_ref(),
    ));
    feed.rows[3].origin.push('!');
    feed.rows.insert(4, between);
    assert_eq!(
        feed.verify().findings,
        [
            Finding::Edited { seq: 4, part: Part::Metadata },
            Finding::Skipped { first: 5, last: 7 },
            Finding::Reordered { seq: 15, belongs: 15 },
        ]
    );
}

#[derive(Debug, Clone)]
enum Tampering {
    Edit(Index, String),
    Drop(Index),
    /// Two rows change places, with or without their numbers.
    Swap(Index, Index, bool),
    /// A row stands once more, under a number of its own.
    Copy(Index, u64),
    Renumber(Index, u64),
    /// The hashes from one row on are made anew, up to another.
    Rebuild(Index, Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (any::<Index>(), "[a-z]{0,3}").prop_map(|(index, text)| Tampering::Edit(index, text)),
        any::<Index>().prop_map(Tampering::Drop),
        any::<(Index, Index, bool)>().prop_map(|(a, b, with)| Tampering::Swap(a, b, with)),
        (any::<Index>(), 0_u64..60).prop_map(|(index, seq)| Tampering::Copy(index, seq)),
        (any::<Index>(), 0_u64..60).prop_map(|(index, seq)| Tampering::Renumber(index, seq)),
        any::<(Index, Index)>().prop_map(|(from, to)| Tampering::Rebuild(from, to)),
    ]
}

impl Tampering {
    fn apply(&self, rows: &mut Vec<TestRow>) {
        if rows.is_empty() {
            return;
        }
        match self {
            Tampering::Edit(index, text) => index.get_mut(rows).origin.clone_from(text),
            Tampering::Drop(index) => {
                rows.remove(index.index(rows.len()));
            }
            Tampering::Swap(a, b, with) => {
                let (a, b) = (a.index(rows.len()), b.index(rows.len()));
                rows.swap(a, b);
                if !with {
                    let seq = rows[a].seq;
                    rows[a].seq = rows[b].seq;
                    rows[b].seq = seq;
                }
            }
            Tampering::Copy(index, seq) => {
                let copy = TestRow { seq: *seq, ..index.get(rows).clone() };
                rows.push(copy);
            }
            Tampering::Renumber(index, seq) => index.get_mut(rows).seq = *seq,
            Tampering::Rebuild(from, to) => {
                let (from, to) = (from.index(rows.len()), to.index(rows.len()));
                for index in from.max(1)..=to {
                    let Some(previous) = rows[index - 1].hash else { return };
                    let row = &rows[index];
                    let digest = row.payload_digest.as_ref();
                    rows[index].hash = Some(row_hash(&previous, &row.metadata(), digest));
                }
            }
        }
    }
}

/// Whether each row gives its hash and has the next number, asked in the plainest way.
fn holds_together(feed: &Feed) -> bool {
    let mut previous = feed.genesis.hash;
    feed.rows.iter().zip(1..).all(|(row, seq)| {
        let hash = row_hash(&previous, &row.metadata(), row.payload_digest.as_ref());
        previous = hash;
        row.hash == Some(hash) && row.seq == seq
    })
}

proptest! {
    #[test]
    fn no_mixture_of_faults_looks_clean_beside_the_head(
        length in 1_u64..30, tamperings in prop::collection::vec(tampering(), 1..6), sorted: bool,
    ) {
        let feed = Feed::new(0, length);
        let mut changed = feed.clone();
        for tampering in &tamperings {
            tampering.apply(&mut changed.rows);
        }
        if sorted {
            // As a file has it, in which a number stands once.
            changed.rows.sort_by_key(|row| row.seq);
            changed.rows.dedup_by_key(|row| row.seq);
        }
        let is_same = changed.rows.starts_with(&feed.rows) && holds_together(&changed);
        prop_assert_eq!(changed.verify().is_clean(), holds_together(&changed));
        let report = changed.verify_against(Reference::Key(feed.head()));
        prop_assert_eq!(report.is_clean(), is_same, "{}", report);
        prop_assert_eq!(report.rows, changed.rows.len() as u64);
    }
}
