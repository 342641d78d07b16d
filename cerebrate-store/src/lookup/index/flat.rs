//! From an address to a row: the space cut into disjoint intervals, each with one row.

use super::address::Address;

/// One row is in force from `start` up to the next interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval<A> {
    pub(super) start: A,
    pub(super) row: u32,
}

/// A map from every address to the row in force there; 0 where there is none.
///
/// `build` takes intervals with strictly rising starts of which the first starts at zero, so
/// that together they cover the whole space.
pub(super) trait Flat<A>: std::fmt::Debug + Send + Sync {
    fn build(intervals: &[Interval<A>]) -> Self;

    fn row(&self, address: A) -> u32;

    /// `rows[i] = self.row(addresses[i])` for as many as both slices have.
    fn rows(&self, addresses: &[A], rows: &mut [u32]);

    /// Keeps what is answered for each row, where that saves a read.
    fn remember(&mut self, _answers: &[u32]) {}

    /// `answers[i] = all[self.row(addresses[i])]` for as many as both slices have; `all` is what
    /// was remembered.
    fn answers(&self, all: &[u32], addresses: &[A], answers: &mut [u32]);

    /// Bytes on the heap.
    fn memory(&self) -> usize;
}

/// The intervals as they are, searched by halving: nothing to build, for a few thousand of them.
#[derive(Debug)]
pub(super) struct Sorted<A> {
    starts: Vec<A>,
    rows: Vec<u32>,
}

impl<A: Address> Flat<A> for Sorted<A> {
    fn build(intervals: &[Interval<A>]) -> Self {
        Self {
            starts: intervals.iter().map(|interval| interval.start).collect(),
            rows: intervals.iter().map(|interval| interval.row).collect(),
        }
    }

    fn row(&self, address: A) -> u32 {
        let behind = self.starts.partition_point(|start| *start <= address);
        behind.checked_sub(1).map_or(0, |at| self.rows[at])
    }

    fn rows(&self, addresses: &[A], rows: &mut [u32]) {
        for (row, address) in rows.iter_mut().zip(addresses) {
            *row = self.row(*address);
        }
    }

    fn answers(&self, all: &[u32], addresses: &[A], answers: &mut [u32]) {
        for (answer, address) in answers.iter_mut().zip(addresses) {
            *answer = all[self.row(*address) as usize];
        }
    }

    fn memory(&self) -> usize {
        bytes(&self.starts) + bytes(&self.rows)
    }
}

/// Bytes on the heap of a vector.
pub(super) fn bytes<T>(vector: &Vec<T>) -> usize {
    vector.capacity() * size_of::<T>()
}

/// A position as the `u32` in which rows, blocks and leaves are linked.
///
/// The builder takes at most [`super::MAX_CLAIMS`] claims of a kind, and no table has more than
/// four entries a claim plus the fixed 65,536.
pub(super) fn narrow(position: usize) -> u32 {
    u32::try_from(position).expect("`MAX_CLAIMS` keeps every table far below 2^31 entries")
}
