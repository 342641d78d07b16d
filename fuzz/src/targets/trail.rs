//! What the audit trail reads: payloads of the feed, and heads that were kept elsewhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cerebrate_core::Kind;
use cerebrate_core::audit::chain::{
    ERASE, Erasure, Finding, Genesis, Head, Part, PayloadDigest, Reference, Report, Row, RowHash,
    RowMetadata, RowRanges, StoredPayload, Verifier, payload_digest, row_hash,
};
use cerebrate_core::audit::{Difference, FieldChange};
use cerebrate_core::model::EntityKind;
use cerebrate_core::node_key::{HeadSignature, NodeKey};
use cerebrate_core::value::Timestamp;
use cerebrate_store::store::SignedHead;
use uuid::Uuid;

use super::values::survives_a_round;

pub(super) const ROW_TOKENS: &[&str] = &[
    "\n",
    "{\"cause\":\"person\",\"rows\":[[1,1]]}",
    "{\"cause\":\"retention\",\"before\":\"2026-11-24T05:49:25Z\",\"rows\":[]}",
    "\"cause\":\"retention\"",
    "\"rows\":[[",
    "[0,18446744073709551615]",
    "[1,3]",
    "[2,2],",
    "[{\"field\":\"name\",\"before\":",
    "\"after\":",
    "-",
    "~",
    "!",
    "null",
    "true",
    "\"7\"",
    "7",
    "{}",
    "[]",
    ",",
];

pub(super) const HEAD_TOKENS: &[&str] = &[
    "\n",
    "\"head\":{",
    "\"seq\":",
    "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"",
    "\"time\":\"2026-11-24T05:49:25Z\"",
    "\"node\":\"00000000-0000-0000-0000-000000000001\"",
    "\"key_id\":",
    "\"signature\":",
    "18446744073709551615",
    "null",
    "}",
    ",",
];

/// More rows tell nothing more.
const ROWS: usize = 64;

const NODE: Uuid = Uuid::from_u128(1);
const SALT: [u8; 16] = [4; 16];

/// Lines: what rows wrote. Whatever it is, it is read as it is written, and a chain of such rows is
/// found as it stands: nothing missing that was not erased, nothing there that was.
pub(super) fn trail_rows(bytes: &[u8]) {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').take(ROWS).collect();
    for line in &lines {
        let (_, payload) = written(line);
        erasure(payload);
        changes(payload);
    }
    let rows = chained(&lines);
    let expected = expected(&rows);
    let last = rows.last().and_then(|row| row.hash);
    let head = Head {
        seq: rows.len() as u64,
        hash: last.unwrap_or(Genesis::empty(NODE).hash),
        time: Timestamp::from_unix(0),
        node: NODE,
        key_id: None,
    };
    for reference in [Reference::FileAlone, Reference::Key(head), Reference::Exported(head)] {
        let report = verified(&rows, reference);
        let found: BTreeSet<String> = report.findings.iter().map(Finding::to_string).collect();
        assert_eq!(found, expected.0, "against {reference}");
        assert_eq!(report.erased, expected.1, "against {reference}");
        assert_eq!((report.rows, report.more), (rows.len() as u64, 0));
    }
    damaged(&lines, &rows, head);
}

/// Whether the row has what it wrote, and what that is: a line that begins with `-` has lost it.
fn written(line: &[u8]) -> (bool, &[u8]) {
    match line {
        [b'-' | b'~' | b'!', payload @ ..] => (line.first() != Some(&b'-'), payload),
        payload => (true, payload),
    }
}

fn erasure(payload: &[u8]) {
    let Ok(erasure) = serde_json::from_slice::<Erasure>(payload) else { return };
    let json = serde_json::to_vec(&erasure).expect("an erasure is plain data");
    let again = serde_json::from_slice::<Erasure>(&json);
    assert_eq!(again.ok().as_ref(), Some(&erasure), "{}", String::from_utf8_lossy(&json));
    let rows = &erasure.rows;
    assert_eq!(rows.is_empty(), rows.as_slice().is_empty());
    assert_eq!(&RowRanges::of(rows.as_slice().to_vec()), rows);
    for (first, last) in rows.as_slice() {
        assert!(first <= last && rows.contains(*first) && rows.contains(*last), "{rows:?}");
        let outside = [first.checked_sub(1), last.checked_add(1)];
        assert!(outside.into_iter().flatten().all(|row| !rows.contains(row)), "{rows:?}");
    }
    assert!(rows.count() >= rows.as_slice().len() as u64, "{rows:?}");
}

fn changes(payload: &[u8]) {
    let Ok(changes) = serde_json::from_slice::<Vec<FieldChange>>(payload) else { return };
    let json = serde_json::to_vec(&changes).expect("changes are plain data");
    let again = serde_json::from_slice::<Vec<FieldChange>>(&json);
    assert_eq!(again.ok().as_ref(), Some(&changes), "{}", String::from_utf8_lossy(&json));
    for change in changes {
        let back = FieldChange {
            field: change.field.clone(),
            before: change.after.clone(),
            after: change.before.clone(),
        };
        assert_eq!(
            Difference::of(&change).is_none(),
            Difference::of(&back).is_none(),
            "{change:?}"
        );
        let nothing = FieldChange { after: change.before.clone(), ..change };
        assert_eq!(Difference::of(&nothing), None, "{nothing:?}");
    }
}

/// Rows as a store would have written them.
fn chained<'a>(lines: &[&'a [u8]]) -> Vec<Row<'a>> {
    let mut previous = Genesis::empty(NODE).hash;
    (1..)
        .zip(lines)
        .map(|(seq, line)| {
            let (is_kept, payload) = written(line);
            let is_erasure = serde_json::from_slice::<Erasure>(payload).is_ok();
            let metadata = RowMetadata {
                seq,
                change_set: Uuid::from_u128(2),
                time: Timestamp::from_unix(1_795_495_765),
                actor: None,
                origin: "local",
                kind: EntityKind::Individual,
                entity: Uuid::from_u128(3),
                local_id: 1,
                action: if is_erasure { ERASE } else { "update" },
            };
            let digest = payload_digest(&SALT, payload);
            previous = row_hash(&previous, &metadata, Some(&digest));
            let payload = if is_kept {
                StoredPayload::Kept { salt: &SALT, payload }
            } else {
                StoredPayload::Absent
            };
            Row { metadata, hash: Some(previous), payload_digest: Some(digest), payload }
        })
        .collect()
}

/// What there is to find in rows that nobody changed, and how many were erased.
fn expected(rows: &[Row<'_>]) -> (BTreeSet<String>, u64) {
    let erasures: Vec<(u64, Erasure)> = rows
        .iter()
        .filter_map(|row| match row.payload {
            StoredPayload::Kept { payload, .. } if row.metadata.action == ERASE => {
                Some((row.metadata.seq, serde_json::from_slice(payload).ok()?))
            }
            _ => None,
        })
        .collect();
    let (mut findings, mut erased) = (BTreeSet::new(), 0);
    for row in rows {
        let seq = row.metadata.seq;
        let is_covered =
            erasures.iter().any(|(later, erasure)| seq < *later && erasure.rows.contains(seq));
        let is_erasure = row.metadata.action == ERASE;
        match row.payload {
            StoredPayload::Absent if is_covered && !is_erasure => erased += 1,
            StoredPayload::Absent => {
                findings.insert(Finding::Edited { seq, part: Part::PayloadMissing }.to_string());
            }
            StoredPayload::Kept { .. } if is_covered && !is_erasure => {
                findings.insert(Finding::Restored { seq }.to_string());
            }
            StoredPayload::Kept { .. } => {}
        }
    }
    (findings, erased)
}

fn verified(rows: &[Row<'_>], reference: Reference) -> Report {
    let verifier = Verifier::new(Genesis::empty(NODE)).against(reference);
    let mut verifier = verifier.expect("the head is one of the same node").given(rows.len() as u64);
    for row in rows {
        verifier.push(row);
    }
    verifier.finish()
}

/// A line with `~` has its row dropped, one with `!` has another actor: the head tells so.
fn damaged(lines: &[&[u8]], rows: &[Row<'_>], head: Head) {
    let mut changed: Vec<Row<'_>> = Vec::new();
    let mut is_changed = false;
    for (line, row) in lines.iter().zip(rows) {
        match line.first() {
            Some(b'~') => is_changed = true,
            Some(b'!') => {
                is_changed = true;
                let metadata = RowMetadata { actor: Some("eve"), ..row.metadata };
                changed.push(Row { metadata, ..*row });
            }
            _ => changed.push(*row),
        }
    }
    let report = verified(&changed, Reference::Key(head));
    assert!(!is_changed || !report.is_clean(), "{report:?}");
    for finding in &report.findings {
        assert!(finding.seq() <= rows.len() as u64 + 1, "{finding}");
    }
    changed.reverse();
    verified(&changed, Reference::Key(head));
}

/// Heads as files keep them: read as written, and taken only as they were signed.
pub(super) fn exported_head(bytes: &[u8]) {
    static KEY: LazyLock<NodeKey> = LazyLock::new(|| NodeKey::new([7; 32]));

    for line in bytes.split(|byte| *byte == b'\n').take(6) {
        survives_a_round::<RowHash>(line);
        survives_a_round::<PayloadDigest>(line);
        if let Ok(text) = std::str::from_utf8(line)
            && let Ok(signature) = text.parse::<HeadSignature>()
        {
            assert_eq!(signature.to_string().parse().ok(), Some(signature));
        }
    }
    let Ok(SignedHead { head, signature }) = serde_json::from_slice::<SignedHead>(bytes) else {
        return;
    };
    let json = serde_json::to_vec(&SignedHead { head, signature }).expect("a head is plain data");
    let again = serde_json::from_slice::<SignedHead>(&json);
    assert_eq!(again.ok(), Some(SignedHead { head, signature }));

    let ours = Head { key_id: Some(KEY.id()), ..head };
    let [kept, exported] = [KEY.sign_head(&ours), KEY.sign_exported_head(&ours)];
    assert!(KEY.verify_head(&ours, &kept).is_ok() && KEY.verify_head(&ours, &exported).is_err());
    assert!(KEY.verify_exported_head(&ours, &exported).is_ok());
    if let Some(signature) = signature {
        let is_genuine = signature == kept || signature == exported;
        let is_ours = head.key_id.is_none_or(|id| id == KEY.id());
        match KEY.verify_exported_head(&head, &signature) {
            Ok(()) => assert!(is_genuine && is_ours, "{head:?}"),
            Err(error) => {
                assert!(!(is_genuine && is_ours), "{error}");
                let expected = if is_ours { Kind::Untrusted } else { Kind::Denied };
                assert_eq!(error.kind(), expected, "{error}");
            }
        }
    }
    let report = Verifier::new(Genesis::empty(head.node)).against(Reference::Exported(head));
    let report = report.expect("the node is the same").finish();
    let is_beginning = head.seq == 0 && head.hash == Genesis::empty(head.node).hash;
    assert_eq!(report.is_clean(), is_beginning, "{report:?}");
}
