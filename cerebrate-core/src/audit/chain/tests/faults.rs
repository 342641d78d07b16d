use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A part of a row, and how one byte of it changes.
#[derive(Debug, Clone, Copy)]
enum Flip {
    Seq,
    ChangeSet,
    Time,
    Actor,
    NoActor,
    Origin,
    Kind,
    Entity,
    LocalId,
    Action,
    Hash,
    NoHash,
    Digest,
    NoDigest,
    Salt,
    Payload,
    NoPayload,
}

use Flip::*;

const FLIPS: [Flip; 17] = [
    Seq, ChangeSet, Time, Actor, NoActor, Origin, Kind, Entity, LocalId, Action, Hash, NoHash,
    Digest, NoDigest, Salt, Payload, NoPayload,
];

fn flip<const N: usize>(mut bytes: [u8; N], byte: Index, bit: u32) -> [u8; N] {
    bytes[byte.index(N)] ^= 1 << bit;
    bytes
}

/// Other text of the same length, or one byte longer if it was empty.
fn flip_text(text: &mut String, byte: Index, bit: u32) {
    let mut bytes = std::mem::take(text).into_bytes();
    if bytes.is_empty() {
        bytes.push(b'x');
    } else {
        let place = byte.index(bytes.len());
        bytes[place] ^= 1 << (bit % 7);
    }
    *text = String::from_utf8(bytes).unwrap();
}

impl Flip {
    /// Changes `row`; what of it is then said to be changed.
    fn apply(self, row: &mut TestRow, byte: Index, bit: u32) -> Part {
        match self {
            Seq => row.seq = u64::from_be_bytes(flip(row.seq.to_be_bytes(), byte, bit)),
            ChangeSet => {
                row.change_set = Uuid::from_bytes(flip(row.change_set.into_bytes(), byte, bit));
            }
            Time => row.time ^= 1 << (bit + 8 * u32::try_from(byte.index(4)).unwrap()),
            Actor => flip_text(row.actor.get_or_insert_default(), byte, bit),
            NoActor => row.actor = row.actor.is_none().then(String::new),
            Origin => flip_text(&mut row.origin, byte, bit),
            Kind => {
                let other = EntityKind::ALL.into_iter().filter(|kind| *kind != row.kind);
                row.kind = other.collect::<Vec<_>>()[byte.index(9)];
            }
            Entity => row.entity = Uuid::from_bytes(flip(row.entity.into_bytes(), byte, bit)),
            LocalId => {
                row.local_id = i64::from_be_bytes(flip(row.local_id.to_be_bytes(), byte, bit));
            }
            Action => flip_text(&mut row.action, byte, bit),
            Hash => {
                row.hash =
                    row.hash.map(|hash| RowHash::from_bytes(flip(*hash.as_bytes(), byte, bit)));
                return Part::Hash;
            }
            NoHash => {
                row.hash = None;
                return Part::Hash;
            }
            Digest => {
                let digest = row.payload_digest.map_or([0; 32], |digest| *digest.as_bytes());
                row.payload_digest = Some(PayloadDigest::from_bytes(flip(digest, byte, bit)));
                return Part::PayloadDigest;
            }
            NoDigest => {
                row.payload_digest = None;
                return Part::PayloadDigest;
            }
            Salt | Payload => {
                let bytes = match &mut row.payload {
                    Some(payload) if matches!(self, Payload) => payload,
                    Some(_) => &mut row.salt,
                    None => row.payload.get_or_insert_default(),
                };
                if bytes.is_empty() {
                    bytes.push(0);
                }
                let place = byte.index(bytes.len());
                bytes[place] ^= 1 << bit;
                return Part::Payload;
            }
            NoPayload => {
                row.payload = None;
                return Part::PayloadMissing;
            }
        }
        Part::Metadata
    }
}

proptest! {
    #[test]
    fn any_change_of_a_row_is_one_finding_that_names_it(
        length in 1_u64..60, index: Index, change in 0..FLIPS.len(), byte: Index, bit in 0_u32..8,
    ) {
        let change = FLIPS[change];
        let mut feed = Feed::new(0, length);
        let head = feed.head();
        let row = index.get_mut(&mut feed.rows);
        let before = row.clone();
        let part = change.apply(row, byte, bit);
        prop_assume!(*row != before);
        let seq = row.seq;
        for reference in [Reference::FileAlone, Reference::Exported(head)] {
            let report = feed.verify_against(reference);
            prop_assert!(!report.is_clean());
            prop_assert_eq!(report.more, 0);
            let alone = reference == Reference::FileAlone;
            if matches!(change, Seq) {
                prop_assert!(report.findings.iter().any(|finding| finding.seq() == seq), "{}", report);
                continue;
            }
            prop_assert!(report.findings.iter().all(|finding| finding.seq() == seq), "{}", report);
            // Of the last row nothing but a head tells whether it or its hash was changed.
            let exact = !(alone && before.seq == length && part == Part::Hash)
                // A row that wrote nothing has no digest to compare with.
                && before.payload.is_some();
            if exact {
                prop_assert_eq!(&report.findings, &[Finding::Edited { seq, part }]);
            }
        }
    }

    #[test]
    fn a_row_moved_to_another_number_is_one_finding(
        length in 2_u64..60, index: Index, byte: Index, bit in 0_u32..8,
    ) {
        let mut feed = Feed::new(0, length);
        let row = index.get_mut(&mut feed.rows);
        let belongs = row.seq;
        Seq.apply(row, byte, bit);
        let seq = row.seq;
        prop_assume!(seq > length);
        feed.rows.sort_by_key(|row| row.seq);
        prop_assert_eq!(feed.verify().findings, [Finding::Reordered { seq, belongs }]);
    }

    #[test]
    fn dropped_rows_are_named_and_a_cut_end_is_seen_by_the_head(
        length in 1_u64..60, index: Index, count: Index,
    ) {
        let mut feed = Feed::new(0, length);
        let head = feed.head();
        let first = index.index(feed.rows.len());
        let count = 1 + count.index(feed.rows.len() - first);
        feed.rows.drain(first..first + count);
        let (first, last) = (first as u64 + 1, (first + count) as u64);
        let expected = if last == length {
            prop_assert!(feed.verify().is_clean());
            Finding::Truncated { last: first - 1, head: length }
        } else {
            prop_assert_eq!(feed.verify().findings, [Finding::Dropped { first, last }]);
            Finding::Dropped { first, last }
        };
        let report = feed.verify_against(Reference::Key(head));
        prop_assert_eq!(report.findings, [expected]);
    }

    #[test]
    fn numbering_the_rest_anew_hides_no_dropped_row(length in 4_u64..60, index: Index) {
        let mut feed = Feed::new(0, length);
        let head = feed.head();
        // At least two rows follow: one that continues nothing, and one that continues it.
        let dropped = index.index(feed.rows.len() - 2);
        feed.rows.remove(dropped);
        feed.rows[dropped..].iter_mut().for_each(|row| row.seq -= 1);
        let seq = dropped as u64 + 1;
        let expected = [Finding::Dropped { first: seq, last: seq }];
        prop_assert_eq!(feed.verify().findings, expected);
        prop_assert_eq!(feed.verify_against(Reference::Exported(head)).findings, expected);
    }

    #[test]
    fn rows_that_changed_places_are_the_two_that_are_named(
        length in 2_u64..60, one: Index, other: Index,
    ) {
        let mut feed = Feed::new(0, length);
        let (a, b) = (one.index(feed.rows.len()), other.index(feed.rows.len()));
        prop_assume!(a != b);
        let (first, last) = (a.min(b) as u64 + 1, a.max(b) as u64 + 1);
        feed.rows.swap(a, b);
        let report = feed.verify();
        prop_assert!(!report.is_clean());
        prop_assert!(
            report.findings.iter().any(|finding| {
                matches!(finding, Finding::Reordered { seq, .. } if *seq == first || *seq == last)
            }),
            "{}", report,
        );
        // As a file that is read in the order of its numbers has it.
        (feed.rows[a].seq, feed.rows[b].seq) = (a as u64 + 1, b as u64 + 1);
        prop_assert_eq!(feed.verify().findings, [
            Finding::Reordered { seq: first, belongs: last },
            Finding::Reordered { seq: last, belongs: first },
        ]);
    }

    #[test]
    fn a_rebuilt_chain_disagrees_with_the_head(length in 1_u64..60, index: Index) {
        let mut feed = Feed::new(0, length);
        let head = feed.head();
        index.get_mut(&mut feed.rows).origin.push('!');
        feed.chain_again();
        prop_assert!(feed.verify().is_clean());
        let report = feed.verify_against(Reference::Key(head));
        prop_assert_eq!(report.findings, [Finding::Rewritten { seq: length }]);
        // Also after more rows.
        feed.rows.extend((length + 1..length + 4).map(TestRow::new));
        feed.chain_again();
        let report = feed.verify_against(Reference::Key(head));
        prop_assert_eq!(report.findings, [Finding::Rewritten { seq: length }]);
    }

    #[test]
    fn erased_payloads_keep_the_chain(
        erased in prop::collection::vec(any::<bool>(), 1..60), old in 0_u64..10,
    ) {
        let mut feed = Feed::new(old, erased.len() as u64);
        let rows = feed.rows.iter().zip(&erased).filter(|(row, erased)| **erased && row.payload.is_some());
        let rows: Vec<u64> = rows.map(|(row, _)| row.seq).collect();
        feed.rows.push(TestRow::erasure(feed.rows.len() as u64 + 1, &rows));
        feed.chain_again();
        for row in &mut feed.rows {
            if rows.contains(&row.seq) {
                row.erase();
            }
        }
        let report = feed.verify_against(Reference::Key(feed.head()));
        prop_assert!(report.is_clean(), "{}", report);
        prop_assert_eq!(report.erased, rows.len() as u64);
    }

    #[test]
    fn each_of_many_edited_rows_is_one_finding(edited in prop::collection::btree_set(0_usize..40, 0..40)) {
        let mut feed = Feed::new(0, 40);
        for index in &edited {
            feed.rows[*index].action = "update".to_owned();
        }
        let expected: Vec<_> = edited
            .iter()
            .map(|index| Finding::Edited { seq: *index as u64 + 1, part: Part::Metadata })
            .collect();
        prop_assert_eq!(feed.verify().findings, expected);
    }

    #[test]
    fn any_change_among_old_rows_is_found(
        old in 2_u64..20, index: Index, change in 0..FLIPS.len(), byte: Index, bit in 0_u32..8,
    ) {
        let mut feed = Feed::new(old, 10);
        let row = &mut feed.rows[index.index(usize::try_from(old).unwrap())];
        let before = row.clone();
        FLIPS[change].apply(row, byte, bit);
        prop_assume!(*row != before);
        let report = feed.verify();
        prop_assert!(!report.is_clean());
        prop_assert!(report.findings.iter().all(|finding| finding.seq() <= old.max(row_seq(&feed))));
        feed.rows.sort_by_key(|row| row.seq);
        prop_assert!(!feed.verify().is_clean());
    }
}

fn row_seq(feed: &Feed) -> u64 {
    feed.rows.iter().map(|row| row.seq).max().unwrap_or_default()
}
