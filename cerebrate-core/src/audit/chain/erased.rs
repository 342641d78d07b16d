use super::report::{Findings, Place};
use super::{Erasure, Finding, Part, RowRanges};

/// Rows whose payloads are missing or there, and what later rows say of that.
#[derive(Debug, Default)]
pub(super) struct Erased {
    missing: Vec<Run>,
    kept: Vec<Run>,
    erasures: Vec<Said>,
}

/// A run of rows without payload, or of such with one.
#[derive(Debug)]
struct Run {
    /// As the first of them stands in the file.
    seq: u64,
    /// As its hash covers it.
    proven_seq: u64,
    rows: u64,
}

/// What an erasure says, and what was said about the row itself.
#[derive(Debug)]
struct Said {
    /// As it stands in the file.
    seq: u64,
    /// As its hash covers it.
    proven_seq: u64,
    rows: RowRanges,
    finding: Option<Place>,
}

impl Erased {
    /// The payload of a row is not there.
    pub(super) fn missing(&mut self, seq: u64, proven_seq: u64) {
        append(&mut self.missing, seq, proven_seq);
    }

    /// The payload of a row is there.
    pub(super) fn kept(&mut self, seq: u64, proven_seq: u64) {
        append(&mut self.kept, seq, proven_seq);
    }

    /// A row says that payloads of rows before it were erased.
    pub(super) fn says(
        &mut self,
        (seq, proven_seq): (u64, u64),
        payload: &[u8],
        finding: Option<Place>,
    ) {
        let Ok(erasure) = serde_json::from_slice::<Erasure>(payload) else { return };
        let Some(last) = proven_seq.checked_sub(1) else { return };
        let ranges = erasure.rows.as_slice().iter();
        let before = ranges.map(|(first, end)| (1.max(*first), last.min(*end)));
        let rows = RowRanges::of(before.collect());
        self.erasures.push(Said { seq, proven_seq, rows, finding });
    }

    /// How many payloads were erased; the others that are missing are findings, and so are those
    /// that are there again, and what is said of rows up to `signed` by rows behind it.
    pub(super) fn finish(self, signed: Option<u64>, findings: &mut Findings) -> u64 {
        let mut covered: Vec<(u64, u64)> = Vec::new();
        let mut is_any_unexplained = false;
        for said in self.erasures {
            if said.finding.is_some_and(|place| findings.doubts(place)) {
                continue;
            }
            let is_unsigned = signed.is_some_and(|signed| {
                let first = said.rows.as_slice().first();
                said.proven_seq > signed && first.is_some_and(|(first, _)| *first <= signed)
            });
            if is_unsigned {
                findings.add(Finding::UnsignedErasure { seq: said.seq });
                is_any_unexplained = true;
            }
            covered.extend(said.rows.as_slice());
        }
        let covered = RowRanges::of(covered);
        for run in self.kept {
            let last = run.proven_seq.saturating_add(run.rows - 1);
            for (first, end) in covered.as_slice() {
                for row in run.proven_seq.max(*first)..=last.min(*end) {
                    let seq = run.seq.saturating_add(row - run.proven_seq);
                    findings.add(Finding::Restored { seq });
                    is_any_unexplained = true;
                }
            }
        }
        let mut erased = 0;
        for run in self.missing {
            for row in 0..run.rows {
                if covered.contains(run.proven_seq.saturating_add(row)) {
                    erased += 1;
                    continue;
                }
                is_any_unexplained = true;
                let seq = run.seq.saturating_add(row);
                findings.add(Finding::Edited { seq, part: Part::PayloadMissing });
            }
        }
        if is_any_unexplained {
            findings.sort();
        }
        erased
    }
}

fn append(runs: &mut Vec<Run>, seq: u64, proven_seq: u64) {
    if let Some(run) = runs.last_mut()
        && run.seq.checked_add(run.rows) == Some(seq)
        && run.proven_seq.checked_add(run.rows) == Some(proven_seq)
    {
        run.rows += 1;
    } else {
        runs.push(Run { seq, proven_seq, rows: 1 });
    }
}
