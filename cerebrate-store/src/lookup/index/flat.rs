//! From an address to a row: the space cut into disjoint intervals, each with one leaf.

use super::NO_ORGANISATION;
use super::address::Address;

/// What stands at an address: a row, and whose its claim is, so that what is read of that
/// organisation need not wait for the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) row: u32,
    pub(super) organisation: u32,
}

/// One leaf is in force from `start` up to the next interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval<A> {
    pub(super) start: A,
    pub(super) leaf: Leaf,
}

/// A map from every address to the leaf in force there, [`Leaf::NONE`] where there is none.
///
/// `build` takes intervals with strictly rising starts of which the first starts at zero, so
/// that together they cover the whole space.
pub(super) trait Flat<A>: std::fmt::Debug + Send + Sync {
    fn build(intervals: &[Interval<A>]) -> Self;

    fn leaf(&self, address: A) -> Leaf;

    /// `leaves[i] = self.leaf(addresses[i])` for as many as both slices have.
    fn leaves(&self, addresses: &[A], leaves: &mut [Leaf]);

    /// `self.leaf(address).organisation`, which may be quicker to find.
    #[inline]
    fn organisation(&self, address: A) -> u32 {
        self.leaf(address).organisation
    }

    /// `organisations[i] = self.organisation(addresses[i])` for as many as both slices have.
    fn organisations(&self, addresses: &[A], organisations: &mut [u32]);

    /// Bytes on the heap.
    fn memory(&self) -> usize;
}

/// The intervals as they are, searched by halving: nothing to build, for a few thousand of them.
#[derive(Debug)]
pub(super) struct Sorted<A> {
    starts: Vec<A>,
    leaves: Vec<Leaf>,
}

impl Leaf {
    /// Nobody claims it.
    pub(super) const NONE: Leaf = Leaf { row: 0, organisation: NO_ORGANISATION };
}

impl<A: Address> Flat<A> for Sorted<A> {
    fn build(intervals: &[Interval<A>]) -> Self {
        Self {
            starts: intervals.iter().map(|interval| interval.start).collect(),
            leaves: intervals.iter().map(|interval| interval.leaf).collect(),
        }
    }

    fn leaf(&self, address: A) -> Leaf {
        let behind = self.starts.partition_point(|start| *start <= address);
        behind.checked_sub(1).map_or(Leaf::NONE, |at| self.leaves[at])
    }

    fn leaves(&self, addresses: &[A], leaves: &mut [Leaf]) {
        for (leaf, address) in leaves.iter_mut().zip(addresses) {
            *leaf = self.leaf(*address);
        }
    }

    fn organisations(&self, addresses: &[A], organisations: &mut [u32]) {
        for (organisation, address) in organisations.iter_mut().zip(addresses) {
            *organisation = self.organisation(*address);
        }
    }

    fn memory(&self) -> usize {
        bytes(&self.starts) + bytes(&self.leaves)
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
