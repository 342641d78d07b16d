//! The prefixes of one family: rows with their claims, and the flat map that finds them.

use super::address::Address;
use super::flat::{Flat, Interval, Leaf, bytes, narrow};
use super::{Claim, ClaimId, NO_ORGANISATION};

/// A prefix and one claim to it, as collected before building.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<A> {
    pub(super) bits: A,
    pub(super) len: u8,
    pub(super) claim: Claim,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Prefixes<A, F> {
    rows: Rows<A>,
    flat: F,
}

/// One row a claim, ordered by prefix and, for equal prefixes, as given. Row 0 stands for none.
#[derive(Debug)]
pub(super) struct Rows<A> {
    /// The bits of each prefix. Whoever asks knows them, so they stand apart.
    bits: Vec<A>,
    rows: Vec<Row>,
}

/// What an answer reads of one claim, four to a cache line and none across two.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
struct Row {
    id: ClaimId,
    organisation: u32,
    /// The row that follows for an address of this prefix: the next claim to the same prefix,
    /// else the first claim to the next less specific one, else 0.
    next: u32,
    len: u8,
}

impl<A: Address, F: Flat<A>> Prefixes<A, F> {
    /// Host bits are cleared and lengths cut to what the family has; entries with equal prefixes
    /// keep their order.
    pub(super) fn build(mut entries: Vec<Entry<A>>) -> Self {
        for entry in &mut entries {
            entry.len = entry.len.min(A::BITS);
            entry.bits = entry.bits & A::mask(entry.len);
        }
        entries.sort_by_key(|entry| (entry.bits, entry.len));
        let mut rows = Rows::with_capacity(entries.len() + 1);
        let intervals = rows.sweep(&entries);
        drop(entries);
        Self { rows, flat: F::build(&intervals) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.rows.len() == 1
    }

    /// Claims, not distinct prefixes.
    pub(super) fn len(&self) -> usize {
        self.rows.rows.len() - 1
    }

    #[inline]
    pub(super) fn organisation(&self, address: A) -> u32 {
        self.flat.organisation(address)
    }

    #[inline]
    pub(super) fn organisations(&self, addresses: &[A], organisations: &mut [u32]) {
        self.flat.organisations(addresses, organisations);
    }

    /// Claims to prefixes around the address, most specific first.
    #[inline]
    pub(super) fn chain(&self, address: A) -> Chain<'_, A> {
        self.chain_from(self.flat.leaf(address), address)
    }

    /// [`Prefixes::chain`] where the leaf of the address is known from [`Prefixes::leaves`].
    #[inline]
    pub(super) fn chain_from(&self, leaf: Leaf, address: A) -> Chain<'_, A> {
        Chain { rows: &self.rows, address, leaf }
    }

    /// The leaf of each address, for as many as both slices have.
    pub(super) fn leaves(&self, addresses: &[A], leaves: &mut [Leaf]) {
        self.flat.leaves(addresses, leaves);
    }

    #[inline]
    pub(super) fn leaf(&self, address: A) -> Leaf {
        self.flat.leaf(address)
    }

    /// The number of the first claim of a row.
    #[inline]
    pub(super) fn claim_id(&self, row: u32) -> ClaimId {
        self.rows.rows[row as usize].id
    }

    /// Everything that went in, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<A>> + '_ {
        (1..self.rows.rows.len()).map(|row| self.rows.entry(row))
    }

    pub(super) fn memory(&self) -> usize {
        self.rows.memory() + self.flat.memory()
    }
}

impl<A: Address> Rows<A> {
    fn with_capacity(capacity: usize) -> Self {
        let mut rows =
            Self { bits: Vec::with_capacity(capacity), rows: Vec::with_capacity(capacity) };
        let none = Claim { id: ClaimId(0), organisation: NO_ORGANISATION };
        rows.push(Entry { bits: A::default(), len: 0, claim: none }, 0);
        rows
    }

    fn push(&mut self, entry: Entry<A>, next: u32) {
        self.bits.push(entry.bits);
        let Claim { id, organisation } = entry.claim;
        self.rows.push(Row { id, organisation, next, len: entry.len });
    }

    fn entry(&self, row: usize) -> Entry<A> {
        let Row { id, organisation, len, .. } = self.rows[row];
        Entry { bits: self.bits[row], len, claim: Claim { id, organisation } }
    }

    /// Adds the sorted entries as rows, and cuts the space where the most specific row changes.
    fn sweep(&mut self, entries: &[Entry<A>]) -> Vec<Interval<A>> {
        let mut intervals = Vec::with_capacity(entries.len() + entries.len() / 4 + 1);
        intervals.push(Interval { start: A::default(), leaf: Leaf::NONE });
        // Prefixes around the current one, the most specific last: last address and first row.
        let mut open: Vec<(A, Leaf)> = Vec::new();
        for equal in entries.chunk_by(|one, other| one.bits == other.bits && one.len == other.len) {
            let Entry { bits, len, .. } = equal[0];
            close(&mut open, &mut intervals, |last| last < bits);
            let around = open.last().map_or(0, |(_, leaf)| leaf.row);
            let first = narrow(self.rows.len());
            for (entry, following) in equal.iter().zip(first + 1..) {
                self.push(*entry, following);
            }
            if let Some(last) = self.rows.last_mut() {
                last.next = around;
            }
            let leaf = Leaf { row: first, organisation: equal[0].claim.organisation };
            begin(&mut intervals, bits, leaf);
            open.push((bits.last_of(len), leaf));
        }
        close(&mut open, &mut intervals, |_| true);
        intervals
    }

    fn memory(&self) -> usize {
        bytes(&self.bits) + bytes(&self.rows)
    }
}

/// Behind the last address of each prefix that ends, the one around it is in force again.
fn close<A: Address>(
    open: &mut Vec<(A, Leaf)>,
    intervals: &mut Vec<Interval<A>>,
    ends: impl Fn(A) -> bool,
) {
    while let Some((last, _)) = open.pop_if(|(last, _)| ends(*last)) {
        if let Some(behind) = last.next() {
            begin(intervals, behind, open.last().map_or(Leaf::NONE, |(_, leaf)| *leaf));
        }
    }
}

/// Begins an interval; what begins later at the same address replaces it.
fn begin<A: Address>(intervals: &mut Vec<Interval<A>>, start: A, leaf: Leaf) {
    match intervals.last_mut() {
        Some(last) if last.start == start => last.leaf = leaf,
        _ => intervals.push(Interval { start, leaf }),
    }
}

/// The claims around one address, most specific first.
#[derive(Debug, Clone)]
pub(super) struct Chain<'a, A> {
    rows: &'a Rows<A>,
    address: A,
    leaf: Leaf,
}

impl<A: Address> Chain<'_, A> {
    #[inline]
    pub(super) fn peek(&self) -> Option<Entry<A>> {
        let Leaf { row, organisation } = self.leaf;
        (row != 0).then(|| {
            let Row { id, len, .. } = self.rows.rows[row as usize];
            // The prefix is around the address, so its bits need not be read, and whose it is
            // stands in the leaf: what is read of that organisation need not wait for the row.
            Entry { bits: self.address & A::mask(len), len, claim: Claim { id, organisation } }
        })
    }

    #[inline]
    pub(super) fn advance(&mut self) {
        let row = self.rows.rows[self.leaf.row as usize].next;
        self.leaf = Leaf { row, organisation: self.rows.rows[row as usize].organisation };
    }
}
