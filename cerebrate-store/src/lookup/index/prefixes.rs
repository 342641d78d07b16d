//! The prefixes of one family: rows with their claims, and the flat map that finds them.

use super::address::Address;
use super::flat::{Flat, Interval, bytes, narrow};
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
    bits: Vec<A>,
    lens: Vec<u8>,
    /// The row that follows for an address of this prefix: the next claim to the same prefix,
    /// else the first claim to the next less specific one, else 0.
    next: Vec<u32>,
    claims: Vec<u32>,
    organisations: Vec<u32>,
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
        let mut flat = F::build(&intervals);
        flat.remember(&rows.organisations);
        Self { rows, flat }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.lens.len() == 1
    }

    /// Claims, not distinct prefixes.
    pub(super) fn len(&self) -> usize {
        self.rows.lens.len() - 1
    }

    #[inline]
    pub(super) fn organisation(&self, address: A) -> u32 {
        let mut answer = [NO_ORGANISATION];
        self.flat.answers(&self.rows.organisations, &[address], &mut answer);
        answer[0]
    }

    #[inline]
    pub(super) fn organisations(&self, addresses: &[A], organisations: &mut [u32]) {
        self.flat.answers(&self.rows.organisations, addresses, organisations);
    }

    /// Claims to prefixes around the address, most specific first.
    pub(super) fn chain(&self, address: A) -> Chain<'_, A> {
        self.chain_from(self.flat.row(address), address)
    }

    /// [`Prefixes::chain`] where the row of the address is known from [`Prefixes::rows`].
    pub(super) fn chain_from(&self, row: u32, address: A) -> Chain<'_, A> {
        Chain { rows: &self.rows, address, row }
    }

    /// The row of each address, for as many as both slices have.
    pub(super) fn rows(&self, addresses: &[A], rows: &mut [u32]) {
        self.flat.rows(addresses, rows);
    }

    #[inline]
    pub(super) fn row(&self, address: A) -> u32 {
        self.flat.row(address)
    }

    /// The first claim of a row; its organisation is [`NO_ORGANISATION`] for row 0.
    #[inline]
    pub(super) fn claim(&self, row: u32) -> Claim {
        self.rows.claim(row as usize)
    }

    /// Everything that went in, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<A>> + '_ {
        (1..self.rows.lens.len()).map(|row| self.rows.entry(row))
    }

    pub(super) fn memory(&self) -> usize {
        self.rows.memory() + self.flat.memory()
    }
}

impl<A: Address> Rows<A> {
    fn with_capacity(capacity: usize) -> Self {
        let mut rows = Self {
            bits: Vec::with_capacity(capacity),
            lens: Vec::with_capacity(capacity),
            next: Vec::with_capacity(capacity),
            claims: Vec::with_capacity(capacity),
            organisations: Vec::with_capacity(capacity),
        };
        let none = Claim { id: ClaimId(0), organisation: NO_ORGANISATION };
        rows.push(Entry { bits: A::default(), len: 0, claim: none }, 0);
        rows
    }

    fn push(&mut self, entry: Entry<A>, next: u32) {
        self.bits.push(entry.bits);
        self.lens.push(entry.len);
        self.next.push(next);
        self.claims.push(entry.claim.id.0);
        self.organisations.push(entry.claim.organisation);
    }

    fn entry(&self, row: usize) -> Entry<A> {
        Entry { bits: self.bits[row], len: self.lens[row], claim: self.claim(row) }
    }

    fn claim(&self, row: usize) -> Claim {
        Claim { id: ClaimId(self.claims[row]), organisation: self.organisations[row] }
    }

    /// Adds the sorted entries as rows, and cuts the space where the most specific row changes.
    fn sweep(&mut self, entries: &[Entry<A>]) -> Vec<Interval<A>> {
        let mut intervals = Vec::with_capacity(entries.len() + entries.len() / 4 + 1);
        intervals.push(Interval { start: A::default(), row: 0 });
        // Prefixes around the current one, the most specific last: last address and first row.
        let mut open: Vec<(A, u32)> = Vec::new();
        for equal in entries.chunk_by(|one, other| one.bits == other.bits && one.len == other.len) {
            let Entry { bits, len, .. } = equal[0];
            close(&mut open, &mut intervals, |last| last < bits);
            let around = open.last().map_or(0, |(_, row)| *row);
            let first = narrow(self.lens.len());
            for (entry, following) in equal.iter().zip(first + 1..) {
                self.push(*entry, following);
            }
            if let Some(next) = self.next.last_mut() {
                *next = around;
            }
            begin(&mut intervals, bits, first);
            open.push((bits.last_of(len), first));
        }
        close(&mut open, &mut intervals, |_| true);
        intervals
    }

    fn memory(&self) -> usize {
        bytes(&self.bits)
            + bytes(&self.lens)
            + bytes(&self.next)
            + bytes(&self.claims)
            + bytes(&self.organisations)
    }
}

/// Behind the last address of each prefix that ends, the one around it is in force again.
fn close<A: Address>(
    open: &mut Vec<(A, u32)>,
    intervals: &mut Vec<Interval<A>>,
    ends: impl Fn(A) -> bool,
) {
    while let Some((last, _)) = open.pop_if(|(last, _)| ends(*last)) {
        if let Some(behind) = last.next() {
            begin(intervals, behind, open.last().map_or(0, |(_, row)| *row));
        }
    }
}

/// Begins an interval; what begins later at the same address replaces it.
fn begin<A: Address>(intervals: &mut Vec<Interval<A>>, start: A, row: u32) {
    match intervals.last_mut() {
        Some(last) if last.start == start => last.row = row,
        _ => intervals.push(Interval { start, row }),
    }
}

/// The claims around one address, most specific first.
#[derive(Debug, Clone)]
pub(super) struct Chain<'a, A> {
    rows: &'a Rows<A>,
    address: A,
    row: u32,
}

impl<A: Address> Chain<'_, A> {
    pub(super) fn peek(&self) -> Option<Entry<A>> {
        let row = self.row as usize;
        (row != 0).then(|| {
            let len = self.rows.lens[row];
            // The prefix is around the address, so its bits need not be read.
            Entry { bits: self.address & A::mask(len), len, claim: self.rows.claim(row) }
        })
    }

    pub(super) fn advance(&mut self) {
        self.row = self.rows.next[self.row as usize];
    }
}
