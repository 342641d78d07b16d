mod erasure;
mod faults;
mod mixed;
mod vectors;

use uuid::Uuid;

use super::*;

/// A row that a test can change in any part.
#[derive(Debug, Clone, PartialEq)]
struct TestRow {
    seq: u64,
    change_set: Uuid,
    time: i64,
    actor: Option<String>,
    origin: String,
    kind: EntityKind,
    entity: Uuid,
    local_id: i64,
    action: String,
    hash: Option<RowHash>,
    payload_digest: Option<PayloadDigest>,
    salt: Vec<u8>,
    payload: Option<Vec<u8>>,
}

impl TestRow {
    fn new(seq: u64) -> Self {
        let salt = [seq.to_le_bytes(), (seq ^ 0x5a5a).to_le_bytes()].concat();
        let payload = (!seq.is_multiple_of(7))
            .then(|| format!(r#"{{"name":"organisation {seq}"}}"#).into_bytes());
        TestRow {
            seq,
            change_set: Uuid::from_u128(u128::from(seq / 3)),
            time: 1_795_495_765 + seq.cast_signed(),
            actor: (!seq.is_multiple_of(3)).then(|| "ada".to_owned()),
            origin: "import members.csv".to_owned(),
            kind: EntityKind::ALL[usize::try_from(seq % 10).unwrap()],
            entity: Uuid::from_u128(u128::from(seq) << 70),
            local_id: seq.cast_signed() * 2 - 5,
            action: "insert".to_owned(),
            hash: None,
            payload_digest: payload
                .as_ref()
                .map(|payload| payload_digest(salt.as_slice().try_into().unwrap(), payload)),
            salt,
            payload,
        }
    }

    fn metadata(&self) -> RowMetadata<'_> {
        RowMetadata {
            seq: self.seq,
            change_set: self.change_set,
            time: Timestamp::from_unix(self.time),
            actor: self.actor.as_deref(),
            origin: &self.origin,
            kind: self.kind,
            entity: self.entity,
            local_id: self.local_id,
            action: &self.action,
        }
    }

    fn row(&self) -> Row<'_> {
        Row {
            metadata: self.metadata(),
            hash: self.hash,
            payload_digest: self.payload_digest,
            payload: match &self.payload {
                Some(payload) => StoredPayload::Kept { salt: &self.salt, payload },
                None => StoredPayload::Absent,
            },
        }
    }

    /// One that says of other rows that they were erased.
    fn erasure(seq: u64, rows: &[u64]) -> Self {
        let erasure = Erasure { cause: ErasureCause::Person, rows: rows.iter().copied().collect() };
        let payload = serde_json::to_vec(&erasure).unwrap();
        let salt = [9; 16];
        TestRow {
            action: ERASE.to_owned(),
            payload_digest: Some(payload_digest(&salt, &payload)),
            salt: salt.to_vec(),
            payload: Some(payload),
            ..TestRow::new(seq)
        }
    }

    fn erase(&mut self) {
        self.payload = None;
        self.salt.clear();
    }
}

/// A feed as a file has it.
#[derive(Debug, Clone)]
struct Feed {
    genesis: Genesis,
    rows: Vec<TestRow>,
}

const NODE: Uuid = Uuid::from_u128(1);

impl Feed {
    /// `old` rows from before the chain, then `chained` ones.
    fn new(old: u64, chained: u64) -> Self {
        let rows: Vec<TestRow> = (1..=old + chained).map(TestRow::new).collect();
        let mut builder = GenesisBuilder::new(NODE);
        for row in &rows[..usize::try_from(old).unwrap()] {
            builder.push(&row.metadata(), row.payload_digest.as_ref());
        }
        let mut feed = Feed { genesis: builder.finish(), rows };
        feed.chain_again();
        feed
    }

    /// Makes the hashes anew, as somebody does who wants to hide a change.
    fn chain_again(&mut self) {
        let mut previous = self.genesis.hash;
        let through = self.genesis.through;
        for row in self.rows.iter_mut().filter(|row| row.seq > through) {
            previous = row_hash(&previous, &row.metadata(), row.payload_digest.as_ref());
            row.hash = Some(previous);
        }
    }

    fn head(&self) -> Head {
        Head {
            seq: self.rows.last().map_or(0, |row| row.seq),
            hash: self.rows.last().and_then(|row| row.hash).unwrap_or(self.genesis.hash),
            time: Timestamp::from_unix(1_795_495_765),
            node: self.genesis.node,
            key_id: None,
        }
    }

    fn verify(&self) -> Report {
        self.verify_against(Reference::FileAlone)
    }

    fn verify_against(&self, reference: Reference) -> Report {
        let mut verifier = Verifier::new(self.genesis).against(reference).unwrap();
        for row in &self.rows {
            verifier.push(&row.row());
        }
        verifier.finish()
    }
}

#[test]
fn a_chain_that_nobody_touched_is_clean() {
    for (old, chained) in [(0, 0), (0, 1), (0, 50), (1, 0), (20, 0), (20, 30)] {
        let feed = Feed::new(old, chained);
        for reference in
            [Reference::FileAlone, Reference::Key(feed.head()), Reference::Exported(feed.head())]
        {
            if chained == 0 && old > 0 && reference != Reference::FileAlone {
                continue;
            }
            let report = feed.verify_against(reference);
            assert!(report.is_clean(), "{report}");
            assert_eq!((report.rows, report.after_head), (old + chained, 0));
            assert_eq!((report.last_seq, report.reference), (old + chained, reference));
            assert_eq!(report.last_hash, feed.head().hash);
        }
    }
}

#[test]
fn texts_never_run_into_each_other() {
    let row = TestRow::new(2);
    let hash = |origin: &str, action: &str, actor: Option<&str>| {
        row_hash(
            &Genesis::empty(NODE).hash,
            &RowMetadata { actor, origin, action, ..row.metadata() },
            None,
        )
    };
    let hashes = [
        hash("ab", "c", None),
        hash("a", "bc", None),
        hash("ab", "", Some("c")),
        hash("ab", "c", Some("")),
        hash("", "abc", None),
        hash("abc", "", None),
    ];
    for (index, hash) in hashes.iter().enumerate() {
        assert!(!hashes[index + 1..].contains(hash), "{index}");
    }
}

#[test]
fn a_head_of_another_node_is_refused_and_a_younger_tail_counted() {
    let mut feed = Feed::new(3, 10);
    let head = feed.head();
    let other = Head { node: Uuid::from_u128(2), ..head };
    let error = Verifier::new(feed.genesis).against(Reference::Exported(other)).unwrap_err();
    assert_eq!(error.kind(), crate::Kind::Invalid);
    feed.rows.extend((14..=18).map(TestRow::new));
    feed.chain_again();
    let report = feed.verify_against(Reference::Exported(head));
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.after_head, 5);
    assert_eq!(
        report.to_string(),
        "18 rows checked against an exported head (row 13): nothing was changed"
    );
}

#[test]
fn a_head_taken_before_the_first_row_knows_the_genesis() {
    let feed = Feed::new(0, 5);
    let head = Head { seq: 0, hash: feed.genesis.hash, ..feed.head() };
    let report = feed.verify_against(Reference::Exported(head));
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.after_head, 5);
    let other = Head { hash: RowHash::from_bytes([1; 32]), ..head };
    let report = feed.verify_against(Reference::Exported(other));
    assert_eq!(report.findings, [Finding::Genesis { through: 0 }]);
}

#[test]
fn a_report_reads_well_in_text_and_json() {
    let mut feed = Feed::new(0, 12);
    feed.rows[4].origin.push('!');
    feed.rows.remove(8);
    let report = feed.verify();
    assert_eq!(
        report.to_string(),
        "row 5: edited: its metadata does not give its hash\n\
         row 9: dropped\n\
         11 rows checked against the file alone: 2 findings"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["findings"],
        serde_json::json!([
            { "kind": "edited", "seq": 5, "part": "metadata" },
            { "kind": "dropped", "first": 9, "last": 9 },
        ])
    );
    assert_eq!(json["reference"], serde_json::json!({ "kind": "file_alone" }));
    let head = serde_json::to_value(feed.head()).unwrap();
    assert_eq!(serde_json::from_value::<Head>(head).unwrap(), feed.head());
}
