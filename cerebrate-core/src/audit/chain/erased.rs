use super::report::{Findings, Place};
use super::{Erasure, Finding, Part, RowRanges};

/// Rows whose payloads are missing, and what later rows say of that.
#[derive(Debug, Default)]
pub(super) struct Erased {
    missing: Vec<Missing>,
    erasures: Vec<Said>,
}

/// A run of rows without payload.
#[derive(Debug)]
struct Missing {
    /// As the first of them stands in the file.
    seq: u64,
    /// As its hash covers it.
    proven_seq: u64,
    rows: u64,
}

/// What an erasure says, and what was said about the row itself.
#[derive(Debug)]
struct Said {
    rows: RowRanges,
    finding: Option<Place>,
}

impl Erased {
    /// The payload of a row is not there.
    pub(super) fn missing(&mut self, seq: u64, proven_seq: u64) {
        if let Some(run) = self.missing.last_mut()
            && run.seq.checked_add(run.rows) == Some(seq)
            && run.proven_seq.checked_add(run.rows) == Some(proven_seq)
        {
            run.rows += 1;
        } else {
            self.missing.push(Missing { seq, proven_seq, rows: 1 });
        }
    }

    /// A row says that payloads of rows before it were erased.
    pub(super) fn says(&mut self, seq: u64, payload: &[u8], finding: Option<Place>) {
        let Ok(erasure) = serde_json::from_slice::<Erasure>(payload) else { return };
        let Some(last) = seq.checked_sub(1) else { return };
        let before = erasure.rows.as_slice().iter().map(|(first, end)| (*first, last.min(*end)));
        self.erasures.push(Said { rows: RowRanges::of(before.collect()), finding });
    }

    /// How many payloads were erased; the others that are missing are findings.
    pub(super) fn finish(self, findings: &mut Findings) -> u64 {
        let said = self.erasures.into_iter();
        let trusted = said.filter(|said| said.finding.is_none_or(|place| !findings.doubts(place)));
        let covered: Vec<(u64, u64)> =
            trusted.flat_map(|said| said.rows.as_slice().to_vec()).collect();
        let covered = RowRanges::of(covered);
        let mut erased = 0;
        let mut is_any_unexplained = false;
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
