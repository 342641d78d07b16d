use std::fmt;

use serde::Serialize;

use super::{Reference, RowHash};

/// One thing that is wrong with a chain. Rows are named by their `seq` as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The row does not give its hash.
    Edited {
        /// The row.
        seq: u64,
        /// What of it was changed.
        part: Part,
    },
    /// Rows are missing: their numbers are, and the next row does not continue the last before them.
    /// (Were these numbers never given, it is the next row that was edited.)
    Dropped {
        /// The first missing row.
        first: u64,
        /// The last missing row.
        last: u64,
    },
    /// The row continues another row than the one before it.
    Reordered {
        /// The row as it stands in the file.
        seq: u64,
        /// Where it belongs; `seq` itself if only its place is wrong.
        belongs: u64,
    },
    /// Rows older than the chain, or its beginning, were changed, dropped or moved.
    Genesis {
        /// The last row that the genesis covers.
        through: u64,
    },
    /// The chain holds together, but it is not the one of the head: it was rebuilt from this row or
    /// an earlier one on.
    Rewritten {
        /// The row at which the head was taken.
        seq: u64,
    },
    /// The chain ends before the head, or before the largest number that was ever given to a row.
    Truncated {
        /// The last row that is there.
        last: u64,
        /// The row at which the head was taken, or the largest number.
        head: u64,
    },
    /// The row continues the one before it, but numbers in between are missing: rows were dropped,
    /// and the chain was continued without them.
    Skipped {
        /// The first missing number.
        first: u64,
        /// The last missing number.
        last: u64,
    },
    /// The row is younger than the head, and says of rows that the head covers that they were
    /// erased: nobody signed that.
    UnsignedErasure {
        /// The row that says so.
        seq: u64,
    },
    /// The payload of the row was erased, as a later row says, and is there again.
    Restored {
        /// The row.
        seq: u64,
    },
    /// There is a payload, and no row that it belongs to.
    Stray {
        /// The number that it claims.
        seq: u64,
    },
}

/// What of a row was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// What it says besides what was written: number, change set, time, actor, origin, record,
    /// action.
    Metadata,
    /// What was written, or its salt.
    Payload,
    /// What was written is gone, though it was never erased.
    PayloadMissing,
    /// The digest of what was written.
    PayloadDigest,
    /// The hash itself.
    Hash,
}

impl Finding {
    /// The row it names.
    pub fn seq(&self) -> u64 {
        match *self {
            Finding::Edited { seq, .. }
            | Finding::Reordered { seq, .. }
            | Finding::Rewritten { seq }
            | Finding::UnsignedErasure { seq }
            | Finding::Restored { seq }
            | Finding::Stray { seq } => seq,
            Finding::Dropped { first, .. } | Finding::Skipped { first, .. } => first,
            Finding::Genesis { through } => through,
            Finding::Truncated { last, .. } => last.saturating_add(1),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Finding::Edited { seq, part } => write!(f, "row {seq}: edited: {part}"),
            Finding::Dropped { first, last } if first == last => write!(f, "row {first}: dropped"),
            Finding::Dropped { first, last } => write!(f, "rows {first} to {last}: dropped"),
            Finding::Reordered { seq, belongs } if seq == belongs => {
                write!(f, "row {seq}: reordered: does not continue the row before it")
            }
            Finding::Reordered { seq, belongs } => {
                write!(f, "row {seq}: reordered: it was row {belongs}")
            }
            Finding::Genesis { through: 0 } => f.write_str("the beginning of the chain: edited"),
            Finding::Genesis { through } => {
                write!(
                    f,
                    "rows up to {through}, older than the chain: edited, dropped or reordered"
                )
            }
            Finding::Rewritten { seq } => {
                write!(f, "row {seq}: rewritten: the chain up to here is not the one of the head")
            }
            Finding::Truncated { last, head } => {
                write!(f, "row {last}: truncated: the chain went on to row {head}")
            }
            Finding::Skipped { first, last } if first == last => {
                write!(f, "row {first}: skipped: the chain goes on without it")
            }
            Finding::Skipped { first, last } => {
                write!(f, "rows {first} to {last}: skipped: the chain goes on without them")
            }
            Finding::UnsignedErasure { seq } => write!(
                f,
                "row {seq}: unsigned erasure: it erases rows at or below the head, and is not signed"
            ),
            Finding::Restored { seq } => {
                write!(f, "row {seq}: restored: what it wrote was erased, and is there again")
            }
            Finding::Stray { seq } => {
                write!(f, "row {seq}: stray: what it wrote is there, but the row is not")
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Metadata => "its metadata does not give its hash",
            Part::Payload => "what it wrote does not give its digest",
            Part::PayloadMissing => "what it wrote is gone, though it was never erased",
            Part::PayloadDigest => "the digest of what it wrote was changed",
            Part::Hash => "its hash was changed",
        })
    }
}

/// What a [`Verifier`](super::Verifier) found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What the chain was checked against.
    pub reference: Reference,
    /// What else it was checked against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Reference>,
    /// How many rows were read.
    pub rows: u64,
    /// In how many of them what was written has been erased.
    pub erased: u64,
    /// How many rows no head covers, because they are younger.
    pub after_head: u64,
    /// The last row; that of the genesis if there is none.
    pub last_seq: u64,
    /// Its hash.
    pub last_hash: RowHash,
    /// What is wrong, in the order of the file: at most [`Self::LIMIT`].
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more: u64,
}

impl Report {
    /// How many findings are kept; the rest is counted.
    pub const LIMIT: usize = 1_000;

    /// Whether nothing is wrong, as far as the [reference](Self::reference) can tell.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }
}

impl fmt::Display for Report {
    /// The findings, a line each, and what was checked against what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more", self.more)?;
        }
        write!(f, "{} rows checked against {}", self.rows, self.reference)?;
        if let Some(also) = &self.also {
            write!(f, " and {also}")?;
        }
        f.write_str(": ")?;
        match (self.findings.len() as u64).saturating_add(self.more) {
            0 => f.write_str("nothing was changed"),
            1 => f.write_str("1 finding"),
            findings => write!(f, "{findings} findings"),
        }
    }
}

/// Findings as they come; a provisional one can be amended while it is kept.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Option<Finding>>,
    more: u64,
}

/// A finding that may still be amended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(Option<usize>);

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) -> Place {
        if self.kept.len() < Report::LIMIT {
            self.kept.push(Some(finding));
            return Place(Some(self.kept.len() - 1));
        }
        self.more += 1;
        Place(None)
    }

    /// Replaces a finding, or withdraws it.
    pub(super) fn amend(&mut self, place: Place, finding: Option<Finding>) {
        match (place.0.and_then(|index| self.kept.get_mut(index)), finding) {
            (Some(slot), finding) => *slot = finding,
            (None, None) => self.more = self.more.saturating_sub(1),
            (None, Some(_)) => {}
        }
    }

    /// Whether what was said there still stands, and doubts more than a hash.
    pub(super) fn doubts(&self, place: Place) -> bool {
        match place.0.and_then(|index| self.kept.get(index)) {
            Some(None | Some(Finding::Edited { part: Part::Hash, .. })) => false,
            Some(Some(_)) | None => true,
        }
    }

    /// Puts findings that came late where they belong.
    pub(super) fn sort(&mut self) {
        self.kept.sort_by_key(|finding| finding.map(|finding| finding.seq()));
    }

    pub(super) fn covers(&self, missing: u64) -> bool {
        self.kept.iter().flatten().any(|finding| {
            matches!(finding, Finding::Dropped { first, last } if (*first..=*last).contains(&missing))
        })
    }

    /// Whether a row is said to be missing, or may be by what is said.
    pub(super) fn tells_missing(&self, seq: u64) -> bool {
        let is_old = self.kept.iter().flatten().any(|finding| {
            matches!(finding, Finding::Genesis { through } if (1..=*through).contains(&seq))
        });
        is_old || self.covers(seq)
    }

    pub(super) fn finish(self) -> (Vec<Finding>, u64) {
        (self.kept.into_iter().flatten().collect(), self.more)
    }
}
