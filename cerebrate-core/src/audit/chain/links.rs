use std::collections::VecDeque;

use uuid::Uuid;

use super::report::{Findings, Place};
use super::{Finding, Part, PayloadDigest, Row, RowHash, RowMetadata, row_hash};
use crate::model::EntityKind;
use crate::value::Timestamp;

/// How many hashes are spent on finding out where faulty rows belong, over a whole file: more tells
/// nobody more, and a hostile file must not make it last.
const EFFORT: u32 = 1_000_000;

/// How many faulty rows, and how many hashes around them, are kept to be matched with each other.
const KEPT: usize = 128;

/// How far rows are looked for that were numbered anew.
const NEAR: u64 = 8;

/// What the next row has to continue, and what became of the rows that did not.
#[derive(Debug)]
pub(super) struct Links {
    previous: Previous,
    /// What to add to the number of a row to get the one that its hash covers: not zero after rows
    /// were numbered anew.
    shift: i64,
    /// Faulty rows whose predecessor has not been met.
    open: VecDeque<Open>,
    /// Number and hash of rows around faults.
    loose: VecDeque<(u64, RowHash)>,
    effort: u32,
}

#[derive(Debug, Clone, Copy)]
struct Previous {
    /// As it stands in the file.
    seq: u64,
    /// As its hash covers it, as far as known.
    proven_seq: u64,
    hash: RowHash,
    /// What the hash ought to be, if that is something else.
    computed: Option<RowHash>,
    /// What was said about it for now.
    finding: Option<Place>,
}

#[derive(Debug)]
struct Open {
    metadata: OwnedMetadata,
    payload_digest: Option<PayloadDigest>,
    hash: RowHash,
    /// Whether it can be in its place although it does not continue the row before it: that one
    /// stands wrong, or the right one is missing there.
    may_stand_right: bool,
    /// What was said about it for now.
    finding: Finding,
    place: Place,
}

/// How a row was proven to be one of the chain.
#[derive(Debug, Clone, Copy)]
struct Proof {
    /// Its number, as its hash covers it.
    seq: u64,
    by: By,
    /// Only with the digest that its payload really has.
    digest_edited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Previous,
    /// By what the hash of the previous row ought to be.
    Computed,
    /// By a row that is not the one before it.
    Other,
}

/// What was learned about a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learned {
    /// Its number, as its hash covers it.
    pub(super) seq: u64,
    /// The hash that it ought to have after the row before it.
    pub(super) expected: RowHash,
    /// Whether the digest of its payload is the only thing that was changed.
    pub(super) digest_edited: bool,
    /// What was said about the row itself.
    pub(super) finding: Option<Place>,
}

impl Links {
    /// A chain that begins after the row `seq` with `hash`, or, it seems, with `computed`.
    pub(super) fn new(seq: u64, hash: RowHash, computed: Option<RowHash>) -> Self {
        Links {
            previous: Previous { seq, proven_seq: seq, hash, computed, finding: None },
            shift: 0,
            open: VecDeque::new(),
            loose: VecDeque::new(),
            effort: EFFORT,
        }
    }

    /// The last row and its hash.
    pub(super) fn last(&self) -> (u64, RowHash) {
        (self.previous.seq, self.previous.hash)
    }

    /// The last row, as its hash covers it.
    pub(super) fn last_proven(&self) -> u64 {
        self.previous.proven_seq
    }

    /// Takes the next row. `actual` is the digest that its payload really has, if it is there.
    pub(super) fn push(
        &mut self,
        row: &Row<'_>,
        actual: Option<&PayloadDigest>,
        findings: &mut Findings,
    ) -> Learned {
        let seq = row.metadata.seq;
        let proven_seq = seq.wrapping_add_signed(self.shift);
        let expected = hash_as(&self.previous.hash, row, proven_seq, row.payload_digest.as_ref());
        if row.hash == Some(expected) {
            let next = self.previous.proven_seq.saturating_add(1);
            if proven_seq > next {
                findings.add(Finding::Skipped { first: next, last: proven_seq - 1 });
            } else if proven_seq < next {
                findings.add(Finding::Reordered { seq, belongs: next });
            }
            self.follow(seq, proven_seq, expected, None, None);
            return Learned { seq: proven_seq, expected, digest_edited: false, finding: None };
        }
        let Some(hash) = row.hash else {
            // With the hash gone, the row is taken for what it says.
            let place = findings.add(Finding::Edited { seq, part: Part::Hash });
            self.follow(seq, proven_seq, expected, None, Some(place));
            return Learned {
                seq: proven_seq,
                expected,
                digest_edited: false,
                finding: Some(place),
            };
        };
        match self.prove(row, hash, actual) {
            Some(proof) => self.proven(row, hash, expected, proof, findings),
            None => self.unproven(row, hash, expected, findings),
        }
    }

    /// Takes a row whose metadata cannot be read.
    pub(super) fn push_unreadable(
        &mut self,
        seq: u64,
        hash: Option<RowHash>,
        findings: &mut Findings,
    ) {
        let place = findings.add(Finding::Edited { seq, part: Part::Metadata });
        let proven_seq = seq.wrapping_add_signed(self.shift);
        self.loosen(seq, hash.unwrap_or(self.previous.hash), findings);
        self.follow(seq, proven_seq, hash.unwrap_or(self.previous.hash), None, Some(place));
    }

    fn follow(
        &mut self,
        seq: u64,
        proven_seq: u64,
        hash: RowHash,
        computed: Option<RowHash>,
        finding: Option<Place>,
    ) {
        self.previous = Previous { seq, proven_seq, hash, computed, finding };
    }

    fn prove(
        &mut self,
        row: &Row<'_>,
        hash: RowHash,
        actual: Option<&PayloadDigest>,
    ) -> Option<Proof> {
        let Previous { proven_seq, hash: before, computed, .. } = self.previous;
        let seq = row.metadata.seq;
        let digest = row.payload_digest.as_ref();
        let actual = actual.filter(|actual| digest != Some(*actual));
        let befores = [Some((before, By::Previous)), computed.map(|hash| (hash, By::Computed))];
        let gives_as = |seq: u64| {
            for (before, by) in befores.into_iter().flatten() {
                if hash_as(&before, row, seq, digest) == hash {
                    return Some(Proof { seq, by, digest_edited: false });
                }
                if actual.is_some() && hash_as(&before, row, seq, actual) == hash {
                    return Some(Proof { seq, by, digest_edited: true });
                }
            }
            None
        };
        let shifted = seq.wrapping_add_signed(self.shift);
        let next = proven_seq.wrapping_add(1);
        if let Some(proof) = [shifted, seq, next].into_iter().find_map(gives_as) {
            return Some(proof);
        }
        let near = (1..=NEAR).flat_map(|step| [seq.wrapping_add(step), seq.wrapping_sub(step)]);
        if let Some(proof) = near.take_while(|_| spend(&mut self.effort)).find_map(gives_as) {
            return Some(proof);
        }
        let others = self
            .loose
            .iter()
            .flat_map(|(number, before)| [seq, number.wrapping_add(1)].map(|seq| (before, seq)));
        others
            .take_while(|_| spend(&mut self.effort))
            .find(|(before, seq)| hash_as(before, row, *seq, digest) == hash)
            .map(|(_, seq)| Proof { seq, by: By::Other, digest_edited: false })
    }

    fn proven(
        &mut self,
        row: &Row<'_>,
        hash: RowHash,
        expected: RowHash,
        proof: Proof,
        findings: &mut Findings,
    ) -> Learned {
        let seq = row.metadata.seq;
        if proof.by == By::Computed
            && let Some(place) = self.previous.finding
        {
            let edited = Finding::Edited { seq: self.previous.seq, part: Part::Hash };
            findings.amend(place, Some(edited));
            self.close_last(place);
        }
        let shift = proof.seq.wrapping_sub(seq).cast_signed();
        // Behind a row that stands wrong, one that stands right continues another.
        let is_out_of_order =
            proof.by == By::Other && (seq <= self.previous.seq || self.previous.finding.is_none());
        let mut finding = None;
        if (shift != 0 && shift != self.shift && !self.is_renumbered(proof, shift, findings))
            || is_out_of_order
        {
            finding = Some(findings.add(Finding::Reordered { seq, belongs: proof.seq }));
        }
        self.shift = shift;
        if proof.by == By::Other {
            self.loosen(proof.seq, hash, findings);
        }
        self.follow(seq, proof.seq, hash, None, finding);
        Learned { seq: proof.seq, expected, digest_edited: proof.digest_edited, finding }
    }

    /// Whether the row before this one follows a gap that was closed by numbering the rest anew.
    fn is_renumbered(&mut self, proof: Proof, shift: i64, findings: &mut Findings) -> bool {
        let Some(place) = self.previous.finding.filter(|_| proof.by == By::Previous) else {
            return false;
        };
        if shift <= self.shift || self.open.back().is_none_or(|open| open.place != place) {
            return false;
        }
        let first = self.previous.seq.wrapping_add_signed(self.shift);
        let last = self.previous.seq.wrapping_add_signed(shift).wrapping_sub(1);
        findings.amend(place, Some(Finding::Dropped { first, last }));
        self.close_last(place);
        true
    }

    fn close_last(&mut self, place: Place) {
        if self.open.back().is_some_and(|open| open.place == place) {
            self.open.pop_back();
        }
    }

    fn unproven(
        &mut self,
        row: &Row<'_>,
        hash: RowHash,
        expected: RowHash,
        findings: &mut Findings,
    ) -> Learned {
        let seq = row.metadata.seq;
        let proven_seq = seq.wrapping_add_signed(self.shift);
        let first = self.previous.proven_seq.wrapping_add(1);
        let finding = if proven_seq > first {
            Finding::Dropped { first, last: proven_seq - 1 }
        } else {
            Finding::Edited { seq, part: Part::Metadata }
        };
        let place = findings.add(finding);
        self.loosen(seq, hash, findings);
        if self.effort > 0 {
            if self.open.len() == KEPT {
                self.open.pop_front();
            }
            let may_stand_right = seq > self.previous.seq
                && (self.previous.finding.is_some() || matches!(finding, Finding::Dropped { .. }));
            self.open.push_back(Open {
                metadata: OwnedMetadata::of(&row.metadata),
                payload_digest: row.payload_digest,
                hash,
                may_stand_right,
                finding,
                place,
            });
        }
        self.follow(seq, proven_seq, hash, Some(expected), Some(place));
        Learned { seq: proven_seq, expected, digest_edited: false, finding: Some(place) }
    }

    /// Remembers the hashes on both sides of a fault, and looks whether an open row continues one.
    fn loosen(&mut self, seq: u64, hash: RowHash, findings: &mut Findings) {
        if self.effort == 0 {
            return;
        }
        for end in [(self.previous.proven_seq, self.previous.hash), (seq, hash)] {
            if self.loose.len() == KEPT {
                self.loose.pop_front();
            }
            self.loose.push_back(end);
            self.close(end, findings);
        }
    }

    fn close(&mut self, (number, before): (u64, RowHash), findings: &mut Findings) {
        let effort = &mut self.effort;
        self.open.retain(|open| {
            let seq = open.metadata.seq;
            let metadata = open.metadata.borrowed();
            let digest = open.payload_digest.as_ref();
            let belongs = [seq, number.wrapping_add(1)].into_iter().find(|seq| {
                let metadata = RowMetadata { seq: *seq, ..metadata };
                spend(effort) && row_hash(&before, &metadata, digest) == open.hash
            });
            let Some(belongs) = belongs else {
                return true;
            };
            let stands_right = belongs == seq && open.may_stand_right;
            let finding = match open.finding {
                // The one before it is found; those before that are still missing.
                Finding::Dropped { first, last } if stands_right => {
                    (first < last).then(|| Finding::Dropped { first, last: last - 1 })
                }
                _ if stands_right => None,
                _ => Some(Finding::Reordered { seq, belongs }),
            };
            findings.amend(open.place, finding);
            false
        });
    }
}

fn spend(effort: &mut u32) -> bool {
    let left = effort.checked_sub(1);
    *effort = left.unwrap_or_default();
    left.is_some()
}

fn hash_as(
    before: &RowHash,
    row: &Row<'_>,
    seq: u64,
    payload_digest: Option<&PayloadDigest>,
) -> RowHash {
    row_hash(before, &RowMetadata { seq, ..row.metadata }, payload_digest)
}

/// [`RowMetadata`] beyond the row it was read from.
#[derive(Debug)]
struct OwnedMetadata {
    seq: u64,
    change_set: Uuid,
    time: Timestamp,
    actor: Option<String>,
    origin: String,
    kind: EntityKind,
    entity: Uuid,
    local_id: i64,
    action: String,
}

impl OwnedMetadata {
    fn of(metadata: &RowMetadata<'_>) -> Self {
        OwnedMetadata {
            seq: metadata.seq,
            change_set: metadata.change_set,
            time: metadata.time,
            actor: metadata.actor.map(str::to_owned),
            origin: metadata.origin.to_owned(),
            kind: metadata.kind,
            entity: metadata.entity,
            local_id: metadata.local_id,
            action: metadata.action.to_owned(),
        }
    }

    fn borrowed(&self) -> RowMetadata<'_> {
        RowMetadata {
            seq: self.seq,
            change_set: self.change_set,
            time: self.time,
            actor: self.actor.as_deref(),
            origin: &self.origin,
            kind: self.kind,
            entity: self.entity,
            local_id: self.local_id,
            action: &self.action,
        }
    }
}
