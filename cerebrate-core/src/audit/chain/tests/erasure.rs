//! A payload may be missing only where a later row of the chain says so.

use super::*;

fn missing(rows: &[u64]) -> Vec<Finding> {
    let finding = |seq: &u64| Finding::Edited { seq: *seq, part: Part::PayloadMissing };
    rows.iter().map(finding).collect()
}

/// Twelve rows, of which the last says that `rows` were erased; nothing is missing yet.
fn feed(rows: &[u64]) -> Feed {
    let mut feed = Feed::new(2, 9);
    feed.rows.push(TestRow::erasure(12, rows));
    feed.chain_again();
    feed
}

fn erase(feed: &mut Feed, rows: &[u64]) {
    for row in rows {
        feed.rows[usize::try_from(*row).unwrap() - 1].erase();
    }
}

#[test]
fn what_an_erasure_covers_may_be_missing_and_nothing_else() {
    let mut feed = feed(&[1, 4, 5, 9]);
    erase(&mut feed, &[1, 4, 5, 9]);
    let report = feed.verify();
    assert!(report.is_clean() && report.erased == 4, "{report}");
    erase(&mut feed, &[2, 6, 10]);
    let report = feed.verify();
    assert_eq!((report.findings, report.erased), (missing(&[2, 6, 10]), 4));
}

#[test]
fn an_erasure_says_nothing_of_later_rows_and_of_itself() {
    let mut feed = feed(&[12, 13, 14]);
    feed.rows.extend((13..=15).map(TestRow::new));
    feed.chain_again();
    erase(&mut feed, &[13]);
    assert_eq!(feed.verify().findings, missing(&[13]));
    erase(&mut feed, &[12]);
    assert_eq!(feed.verify().findings, missing(&[12, 13]));
}

#[test]
fn an_erasure_is_not_erased_by_another() {
    let mut feed = feed(&[4, 5]);
    feed.rows.push(TestRow::erasure(13, &[3, 12]));
    feed.chain_again();
    erase(&mut feed, &[3, 4, 5]);
    assert!(feed.verify().is_clean());
    erase(&mut feed, &[12]);
    assert_eq!(feed.verify().findings, missing(&[4, 5, 12]));
}

#[test]
fn an_erasure_that_was_edited_or_forged_explains_nothing() {
    let mut original = feed(&[4]);
    erase(&mut original, &[4, 6]);
    let more = TestRow::erasure(12, &[4, 6]);

    let mut edited = original.clone();
    edited.rows[11].payload.clone_from(&more.payload);
    let payload = Finding::Edited { seq: 12, part: Part::Payload };
    assert_eq!(edited.verify().findings, [missing(&[4, 6]), vec![payload]].concat());

    let mut with_digest = original.clone();
    with_digest.rows[11] = TestRow { hash: original.rows[11].hash, ..more.clone() };
    let metadata = Finding::Edited { seq: 12, part: Part::Metadata };
    assert_eq!(with_digest.verify().findings, [missing(&[4, 6]), vec![metadata]].concat());

    let mut renamed = original.clone();
    renamed.rows[8].action = ERASE.to_owned();
    let renamed = renamed.verify().findings;
    assert_eq!(
        renamed,
        [missing(&[6]), vec![Finding::Edited { seq: 9, part: Part::Metadata }]].concat()
    );

    // What can be proven from the rows around it still counts.
    let mut unhashed = original.clone();
    unhashed.rows.push(TestRow::new(13));
    unhashed.chain_again();
    unhashed.rows[11].hash = Some(RowHash::from_bytes([3; 32]));
    let hash = Finding::Edited { seq: 12, part: Part::Hash };
    assert_eq!(unhashed.verify().findings, [missing(&[6]), vec![hash]].concat());
}

#[test]
fn rows_are_covered_by_the_number_that_their_hash_covers() {
    let mut feed = feed(&[6, 7, 9]);
    erase(&mut feed, &[6, 9]);
    feed.rows.remove(2);
    for row in &mut feed.rows[2..] {
        row.seq -= 1;
    }
    let report = feed.verify();
    assert_eq!(report.findings, [Finding::Dropped { first: 3, last: 3 }], "{report}");
    assert_eq!(report.erased, 2);
}

#[test]
fn a_payload_that_is_no_erasure_explains_nothing() {
    let mut feed = feed(&[4]);
    let payload = b"{\"cause\":\"person\",\"rows\":[[1,\"x\"]]}".to_vec();
    let row = feed.rows.last_mut().unwrap();
    row.payload_digest = Some(payload_digest(&[9; 16], &payload));
    row.payload = Some(payload);
    feed.chain_again();
    erase(&mut feed, &[4]);
    assert_eq!(feed.verify().findings, missing(&[4]));
}

#[test]
fn a_payload_that_is_there_again_is_found() {
    let mut feed = feed(&[1, 4, 5, 6]);
    let whole = feed.clone();
    erase(&mut feed, &[1, 4, 5, 6]);
    for row in [4, 6] {
        feed.rows[row - 1].clone_from(&whole.rows[row - 1]);
    }
    let report = feed.verify();
    let restored = [4, 6].map(|seq| Finding::Restored { seq });
    assert_eq!((report.findings.as_slice(), report.erased), (&restored[..], 2));
}

#[test]
fn an_erasure_behind_the_head_that_takes_from_before_it_is_found() {
    let mut feed = Feed::new(2, 8);
    let head = feed.head();
    feed.rows.push(TestRow::new(11));
    feed.rows.push(TestRow::erasure(12, &[4, 9]));
    feed.chain_again();
    erase(&mut feed, &[4, 9]);
    assert_eq!(feed.head().seq, 12);
    let head = Head { hash: feed.rows[9].hash.unwrap(), ..head };
    let unsigned = [Finding::UnsignedErasure { seq: 12 }];
    for reference in [Reference::Key(head), Reference::Exported(head)] {
        let report = feed.verify_against(reference);
        assert_eq!((report.findings.as_slice(), report.erased), (&unsigned[..], 2), "{report}");
    }
    assert!(feed.verify().is_clean(), "nobody can tell from the file alone");
    assert!(feed.verify_against(Reference::Key(feed.head())).is_clean());

    // With both heads, the younger one covers it; and whoever vouches for it has seen that one.
    let push = |verifier: Verifier| {
        let mut verifier = verifier;
        feed.rows.iter().for_each(|row| verifier.push(&row.row()));
        verifier.finish()
    };
    let exported = Verifier::new(feed.genesis).against(Reference::Exported(head)).unwrap();
    let both = exported.against(Reference::Key(feed.head())).unwrap();
    let report = push(both);
    assert!(report.is_clean() && report.after_head == 0, "{report}");
    assert!(report.to_string().contains("an exported head (row 10) and the node key"), "{report}");
    let exported = Verifier::new(feed.genesis).against(Reference::Exported(head)).unwrap();
    assert!(push(exported.vouched(12)).is_clean());

    // Of rows that no head covers, anybody may say so.
    *feed.rows.last_mut().unwrap() = TestRow::erasure(12, &[11]);
    feed.rows[3] = TestRow::new(4);
    feed.rows[8] = TestRow::new(9);
    feed.chain_again();
    erase(&mut feed, &[11]);
    let head = Head { hash: feed.rows[9].hash.unwrap(), ..head };
    assert!(feed.verify_against(Reference::Key(head)).is_clean());
}

#[test]
fn ranges_without_end_are_no_trouble() {
    let mut feed = Feed::new(0, 5);
    let payload =
        br#"{"cause":"person","rows":[[0,9223372036854775807],[0,18446744073709551615]]}"#;
    let mut row = TestRow::erasure(6, &[]);
    row.payload_digest = Some(payload_digest(&[9; 16], payload));
    row.payload = Some(payload.to_vec());
    feed.rows.push(row);
    feed.rows.push(TestRow::new(8));
    feed.rows[6].seq = 7;
    feed.chain_again();
    erase(&mut feed, &[1, 2, 3, 4, 5]);
    assert!(feed.verify().is_clean(), "{}", feed.verify());
    assert_eq!(
        feed.verify_against(Reference::Key(Head {
            seq: 0,
            hash: feed.genesis.hash,
            ..feed.head()
        }))
        .findings,
        [],
        "there is no row at or below that head"
    );
}

#[test]
fn a_stray_payload_and_a_missing_end_are_found() {
    let feed = Feed::new(2, 8);
    let mut verifier = Verifier::new(feed.genesis).given(12);
    feed.rows.iter().for_each(|row| verifier.push(&row.row()));
    verifier.push_stray(11);
    verifier.push_stray(13);
    assert_eq!(
        verifier.finish().findings,
        [Finding::Stray { seq: 13 }, Finding::Truncated { last: 10, head: 12 }]
    );
}
