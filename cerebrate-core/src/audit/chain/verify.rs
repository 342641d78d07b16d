use super::erased::Erased;
use super::links::{Learned, Links};
use super::report::Findings;
use super::{
    ERASE, Finding, Genesis, GenesisBuilder, Head, Part, PayloadDigest, Reference, Report, RowHash,
    RowMetadata, payload_digest,
};
use crate::error::{Error, Kind, Result};

/// A row of the feed as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What it says.
    pub metadata: RowMetadata<'a>,
    /// Its hash. `None` in a row older than the chain, and if what stands there is no hash.
    pub hash: Option<RowHash>,
    /// The digest of what it wrote. `None` if it wrote nothing, and if what stands there is no
    /// digest.
    pub payload_digest: Option<PayloadDigest>,
    /// What it wrote.
    pub payload: StoredPayload<'a>,
}

/// What the file still has of what a row wrote.
#[derive(Debug, Clone, Copy)]
pub enum StoredPayload<'a> {
    /// All of it.
    Kept {
        /// The salt of its digest: 16 bytes if nobody changed it.
        salt: &'a [u8],
        /// What was written.
        payload: &'a [u8],
    },
    /// Nothing: right in a row that wrote nothing, and in one that a later [`Erasure`](super::Erasure)
    /// covers.
    Absent,
}

/// Checks a chain row by row; it keeps nothing of a row that is as it should be, and goes on after
/// a fault, so that one changed row is one finding.
///
/// ```
/// use cerebrate_core::audit::chain::{
///     Finding, Genesis, Part, Row, RowMetadata, StoredPayload, Verifier, payload_digest, row_hash,
/// };
/// use cerebrate_core::model::EntityKind;
/// use cerebrate_core::value::Timestamp;
/// use uuid::Uuid;
///
/// let genesis = Genesis::empty(Uuid::from_u128(1));
/// let metadata = RowMetadata {
///     seq: 1,
///     change_set: Uuid::from_u128(2),
///     time: Timestamp::from_unix(1_795_495_765),
///     actor: Some("ada"),
///     origin: "local",
///     kind: EntityKind::Organisation,
///     entity: Uuid::from_u128(3),
///     local_id: 1,
///     action: "insert",
/// };
/// let digest = payload_digest(&[4; 16], b"{}");
/// let row = Row {
///     metadata,
///     hash: Some(row_hash(&genesis.hash, &metadata, Some(&digest))),
///     payload_digest: Some(digest),
///     payload: StoredPayload::Kept { salt: &[4; 16], payload: b"{}" },
/// };
/// let mut verifier = Verifier::new(genesis);
/// verifier.push(&row);
/// assert!(verifier.finish().is_clean());
///
/// let mut verifier = Verifier::new(genesis);
/// verifier.push(&Row { metadata: RowMetadata { actor: Some("eve"), ..metadata }, ..row });
/// let edited = Finding::Edited { seq: 1, part: Part::Metadata };
/// assert_eq!(verifier.finish().findings, [edited]);
/// ```
#[derive(Debug)]
pub struct Verifier {
    genesis: Genesis,
    reference: Reference,
    also: Option<Reference>,
    /// Erasures up to this row are signed, whatever else is known of it.
    vouched: Option<u64>,
    /// The largest number that was ever given to a row.
    given: u64,
    old: OldRows,
    /// Once the rows older than the chain are behind.
    links: Option<Links>,
    findings: Findings,
    erased: Erased,
    rows: u64,
    after_head: u64,
    heads_met: [bool; 2],
}

/// The rows older than the chain.
#[derive(Debug)]
struct OldRows {
    builder: GenesisBuilder,
    is_readable: bool,
}

impl Verifier {
    /// For the chain that begins with `genesis`, as the file has it. Give it every row of the feed,
    /// oldest first, those older than the chain included.
    pub fn new(genesis: Genesis) -> Self {
        Verifier {
            genesis,
            reference: Reference::FileAlone,
            also: None,
            vouched: None,
            given: 0,
            old: OldRows { builder: GenesisBuilder::new(genesis.node), is_readable: true },
            links: None,
            findings: Findings::default(),
            erased: Erased::default(),
            rows: 0,
            after_head: 0,
            heads_met: [false; 2],
        }
    }

    /// Checks against `reference` too; called again, against both: the last one replaces any third.
    ///
    /// # Errors
    /// `Invalid` if its head is one of another node.
    pub fn against(mut self, reference: Reference) -> Result<Self> {
        if let Some(head) = reference.head().filter(|head| head.node != self.genesis.node) {
            return Err(Error::new(
                Kind::Invalid,
                "verify audit trail",
                "the head is one of another node",
            )
            .with("its node", head.node)
            .with("this node", self.genesis.node)
            .hint("give the head that was exported from this database"));
        }
        if matches!(self.reference, Reference::FileAlone) {
            self.reference = reference;
        } else if !matches!(reference, Reference::FileAlone) {
            self.also = Some(reference);
        }
        Ok(self)
    }

    /// Takes erasures up to the row `seq` for signed although the reference is older: whoever calls
    /// it has compared that row with a head under the node key.
    #[must_use]
    pub fn vouched(mut self, seq: u64) -> Self {
        self.vouched = Some(seq);
        self
    }

    /// Tells the largest number that was ever given to a row: a chain that ends before it was cut.
    #[must_use]
    pub fn given(mut self, seq: u64) -> Self {
        self.given = seq;
        self
    }

    /// Takes the next row of the file.
    pub fn push(&mut self, row: &Row<'_>) {
        self.rows += 1;
        let seq = row.metadata.seq;
        let (actual, mut fault) = check_payload(row);
        let (mut proven_seq, mut finding) = (seq, None);
        if self.is_old(seq) {
            self.old.builder.push(&row.metadata, row.payload_digest.as_ref());
            if row.hash.is_some() {
                self.findings.add(Finding::Edited { seq, part: Part::Hash });
            }
        } else {
            let links = begin(&mut self.links, &self.old, &self.genesis, &mut self.findings);
            let learned = links.push(row, actual.as_ref(), &mut self.findings);
            if learned.digest_edited {
                fault = Some(Part::PayloadDigest);
            }
            (proven_seq, finding) = (learned.seq, learned.finding);
            self.check_head(row, learned);
        }
        match fault {
            // Whether it was erased is told by a later row.
            Some(Part::PayloadMissing) if row.metadata.action != ERASE => {
                self.erased.missing(seq, proven_seq);
            }
            Some(part) => {
                self.findings.add(Finding::Edited { seq, part });
            }
            None => {}
        }
        if matches!(row.payload, StoredPayload::Kept { .. }) && row.metadata.action != ERASE {
            self.erased.kept(seq, proven_seq);
        }
        if let StoredPayload::Kept { payload, .. } = row.payload
            && row.metadata.action == ERASE
            && matches!(fault, None | Some(Part::PayloadDigest))
        {
            self.erased.says((seq, proven_seq), payload, finding);
        }
    }

    /// Takes a row of which more than hash and digest cannot be read, such as one that names an
    /// unknown kind of record: it was edited.
    pub fn push_unreadable(&mut self, seq: u64, hash: Option<RowHash>) {
        self.rows += 1;
        if self.is_old(seq) {
            self.old.is_readable = false;
            self.findings.add(Finding::Edited { seq, part: Part::Metadata });
            return;
        }
        let links = begin(&mut self.links, &self.old, &self.genesis, &mut self.findings);
        links.push_unreadable(seq, hash, &mut self.findings);
        for (head, is_met) in heads(&self.reference, self.also.as_ref()).zip(&mut self.heads_met) {
            *is_met |= head.is_some_and(|head| seq == head.seq);
        }
        self.after_head += u64::from(self.head_seq().is_some_and(|head| seq > head));
    }

    /// Takes a payload that belongs to no row, with the number that it claims; after all rows. Where
    /// the row is known to be missing, that says it all.
    pub fn push_stray(&mut self, seq: u64) {
        let links = begin(&mut self.links, &self.old, &self.genesis, &mut self.findings);
        let last = links.last_proven();
        // That the chain was cut is told at the end.
        let is_cut = seq > last && seq <= self.given.max(self.head_seq().unwrap_or_default());
        if !is_cut && !self.findings.tells_missing(seq) {
            self.findings.add(Finding::Stray { seq });
        }
    }

    /// What was found in all rows.
    pub fn finish(mut self) -> Report {
        let links = begin(&mut self.links, &self.old, &self.genesis, &mut self.findings);
        let (last_seq, last_hash) = links.last();
        let last_proven = links.last_proven();
        let head_seq = self.head_seq();
        let met = self.heads_met;
        let unmet: Vec<Head> = heads(&self.reference, self.also.as_ref())
            .zip(met)
            .filter_map(|(head, is_met)| head.copied().filter(|_| !is_met))
            .collect();
        let mut end = (self.given > last_proven).then_some(self.given);
        for head in unmet {
            if head.seq > last_proven {
                end = end.max(Some(head.seq));
            } else {
                self.check_beginning(head.seq, head.hash);
            }
        }
        if let Some(head) = end {
            self.findings.add(Finding::Truncated { last: last_proven, head });
        }
        let signed = head_seq.map(|head| head.max(self.vouched.unwrap_or_default()));
        let erased = self.erased.finish(signed, &mut self.findings);
        let (findings, more) = self.findings.finish();
        Report {
            reference: self.reference,
            also: self.also,
            rows: self.rows,
            erased,
            after_head: self.after_head,
            last_seq,
            last_hash,
            findings,
            more,
        }
    }

    fn is_old(&self, seq: u64) -> bool {
        self.links.is_none() && seq <= self.genesis.through
    }

    /// Compares the head if it was taken at this row.
    fn check_head(&mut self, row: &Row<'_>, learned: Learned) {
        self.after_head += u64::from(self.head_seq().is_some_and(|head| learned.seq > head));
        let seq = row.metadata.seq;
        let mut is_rewritten = false;
        for (head, is_met) in heads(&self.reference, self.also.as_ref()).zip(&mut self.heads_met) {
            let Some(head) = head.filter(|head| head.seq == learned.seq) else { continue };
            *is_met = true;
            match learned.finding {
                // The head knows the hash that the row ought to have.
                Some(place) if head.hash == learned.expected => {
                    self.findings.amend(place, Some(Finding::Edited { seq, part: Part::Hash }));
                }
                None if row.hash != Some(head.hash) => is_rewritten = true,
                _ => {}
            }
        }
        if is_rewritten {
            self.findings.add(Finding::Rewritten { seq });
        }
    }

    /// The row of the younger head.
    fn head_seq(&self) -> Option<u64> {
        heads(&self.reference, self.also.as_ref()).flatten().map(|head| head.seq).max()
    }

    /// Compares a head whose row was not met although there are later ones.
    fn check_beginning(&mut self, seq: u64, hash: RowHash) {
        if seq == self.genesis.through {
            if hash != self.genesis.hash {
                self.findings.add(Finding::Genesis { through: seq });
            }
        } else if !self.findings.covers(seq) {
            self.findings.add(Finding::Rewritten { seq });
        }
    }
}

/// The heads of both references.
fn heads<'a>(
    reference: &'a Reference,
    also: Option<&'a Reference>,
) -> impl Iterator<Item = Option<&'a Head>> {
    [reference.head(), also.and_then(Reference::head)].into_iter()
}

/// Leaves the rows older than the chain behind, if that has not been done.
fn begin<'a>(
    links: &'a mut Option<Links>,
    old: &OldRows,
    genesis: &Genesis,
    findings: &mut Findings,
) -> &'a mut Links {
    links.get_or_insert_with(|| {
        let computed = old.builder.clone().finish();
        let differs = old.is_readable && computed != *genesis;
        if differs {
            findings.add(Finding::Genesis { through: genesis.through });
        }
        Links::new(genesis.through, genesis.hash, differs.then_some(computed.hash))
    })
}

/// The digest that the payload really has, and what is wrong with it.
fn check_payload(row: &Row<'_>) -> (Option<PayloadDigest>, Option<Part>) {
    match (row.payload, row.payload_digest) {
        (StoredPayload::Kept { salt, payload }, stored) => {
            let actual = salt.try_into().ok().map(|salt| payload_digest(salt, payload));
            let part = if stored.is_some() { Part::Payload } else { Part::PayloadDigest };
            (actual, (actual.is_none() || actual != stored).then_some(part))
        }
        (StoredPayload::Absent, Some(_)) => (None, Some(Part::PayloadMissing)),
        (StoredPayload::Absent, None) => (None, None),
    }
}
