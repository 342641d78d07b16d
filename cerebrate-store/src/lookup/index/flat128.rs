//! The flat map for IPv6: a static search tree over the upper 64 bits, and small sorted lists
//! for the few /64 networks in which something begins.
//!
//! The tree keeps all starts in order in its lowest level, eight to a cache line, and above it
//! levels of separators with nine children a node. Every descent takes the same number of steps
//! without a branch that depends on the address, so a batch overlaps its reads level by level.

use super::NO_ORGANISATION;
use super::flat::{Flat, Interval, Leaf, bytes, narrow};

/// Marks a leaf that is a list for the lower 64 bits.
const DEEPER: u32 = 1 << 31;
const KEYS: usize = 8;
const CHILDREN: usize = KEYS + 1;
/// How many addresses of a batch go down the tree side by side.
const TOGETHER: usize = 16;

/// See the module.
pub(super) struct Flat128 {
    nodes: Vec<Node>,
    /// The root first, the level with all keys last.
    levels: Vec<Level>,
    leaves: Vec<Leaf>,
    /// List `n` is `low_starts[lists[n]..lists[n + 1]]`.
    lists: Vec<u32>,
    low_starts: Vec<u64>,
    low_leaves: Vec<Leaf>,
}

/// Where a level begins in the nodes, and its last node counted from there.
#[derive(Debug, Clone, Copy)]
struct Level {
    begin: usize,
    last: usize,
}

/// One cache line of rising keys, filled up with the highest.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Node([u64; KEYS]);

impl std::fmt::Debug for Flat128 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Flat128")
            .field("levels", &self.levels.len())
            .field("leaves", &self.leaves.len())
            .field("lists", &self.lists.len().saturating_sub(1))
            .finish_non_exhaustive()
    }
}

impl Flat<u128> for Flat128 {
    fn build(intervals: &[Interval<u128>]) -> Self {
        let mut flat = Self {
            nodes: Vec::new(),
            levels: Vec::new(),
            leaves: Vec::with_capacity(intervals.len()),
            lists: vec![0],
            low_starts: Vec::new(),
            low_leaves: Vec::new(),
        };
        let keys = flat.cut(intervals);
        flat.plant(&keys);
        flat.leaves.shrink_to_fit();
        flat.lists.shrink_to_fit();
        flat.low_starts.shrink_to_fit();
        flat.low_leaves.shrink_to_fit();
        flat
    }

    fn leaf(&self, address: u128) -> Leaf {
        let mut leaf = [Leaf::NONE];
        self.descend(&[address], &mut leaf);
        leaf[0]
    }

    fn leaves(&self, addresses: &[u128], leaves: &mut [Leaf]) {
        let together = addresses.len().min(leaves.len());
        let (addresses, last_addresses) = addresses[..together].as_chunks::<TOGETHER>();
        let (leaves, last_leaves) = leaves[..together].as_chunks_mut::<TOGETHER>();
        for (addresses, leaves) in addresses.iter().zip(leaves) {
            self.descend(addresses, leaves);
        }
        for (address, leaf) in last_addresses.iter().zip(last_leaves) {
            *leaf = self.leaf(*address);
        }
    }

    fn organisations(&self, addresses: &[u128], organisations: &mut [u32]) {
        let mut leaves = [Leaf::NONE; TOGETHER];
        let organisations = organisations.chunks_mut(TOGETHER);
        for (addresses, organisations) in addresses.chunks(TOGETHER).zip(organisations) {
            self.leaves(addresses, &mut leaves);
            for (organisation, leaf) in organisations.iter_mut().zip(&leaves).take(addresses.len())
            {
                *organisation = leaf.organisation;
            }
        }
    }

    fn memory(&self) -> usize {
        bytes(&self.nodes)
            + bytes(&self.levels)
            + bytes(&self.leaves)
            + bytes(&self.lists)
            + bytes(&self.low_starts)
            + bytes(&self.low_leaves)
    }
}

impl Flat128 {
    #[inline]
    fn descend<const N: usize>(&self, addresses: &[u128; N], leaves: &mut [Leaf; N]) {
        let keys = addresses.map(upper);
        let mut at = [0_usize; N];
        let (lowest, above) = match self.levels.split_last() {
            Some((lowest, above)) => (*lowest, above),
            None => return,
        };
        for level in above {
            for (at, key) in at.iter_mut().zip(&keys) {
                let node = (*at).min(level.last);
                *at = node * CHILDREN + self.nodes[level.begin + node].up_to(*key);
            }
        }
        let last_leaf = self.leaves.len() - 1;
        for (at, key) in at.iter_mut().zip(&keys) {
            let node = (*at).min(lowest.last);
            let behind = node * KEYS + self.nodes[lowest.begin + node].up_to(*key);
            // The first key is zero, so at least one is not above any address.
            *at = (behind - 1).min(last_leaf);
        }
        for ((leaf, at), address) in leaves.iter_mut().zip(&at).zip(addresses) {
            *leaf = self.leaves[*at];
            if leaf.row & DEEPER != 0 {
                *leaf = self.in_list(leaf.row & !DEEPER, *address);
            }
        }
    }

    #[cold]
    fn in_list(&self, list: u32, address: u128) -> Leaf {
        let list = list as usize;
        let range = self.lists[list] as usize..self.lists[list + 1] as usize;
        let low = lower(address);
        let behind = self.low_starts[range.clone()].partition_point(|start| *start <= low);
        // Every list begins with zero.
        self.low_leaves[range][behind - 1]
    }

    /// Fills the leaves and lists, and answers the key of each leaf.
    fn cut(&mut self, intervals: &[Interval<u128>]) -> Vec<u64> {
        let mut keys = Vec::with_capacity(intervals.len());
        let mut current = Leaf::NONE;
        for network in intervals.chunk_by(|one, other| upper(one.start) == upper(other.start)) {
            let key = upper(network[0].start);
            if let [only] = network
                && lower(only.start) == 0
            {
                current = only.leaf;
                self.begin(&mut keys, key, current);
                continue;
            }
            let list = narrow(self.lists.len() - 1);
            if lower(network[0].start) > 0 {
                self.low_starts.push(0);
                self.low_leaves.push(current);
            }
            for interval in network {
                self.low_starts.push(lower(interval.start));
                self.low_leaves.push(interval.leaf);
                current = interval.leaf;
            }
            self.lists.push(narrow(self.low_starts.len()));
            let deeper = Leaf { row: DEEPER | list, organisation: NO_ORGANISATION };
            self.begin(&mut keys, key, deeper);
            if let Some(next) = key.checked_add(1) {
                self.begin(&mut keys, next, current);
            }
        }
        keys
    }

    /// Begins a run; what begins later at the same key replaces it.
    fn begin(&mut self, keys: &mut Vec<u64>, key: u64, leaf: Leaf) {
        match (keys.last(), self.leaves.last_mut()) {
            (Some(last), Some(known)) if *last == key => *known = leaf,
            _ => {
                keys.push(key);
                self.leaves.push(leaf);
            }
        }
    }

    /// Builds the tree over the keys, from the lowest level upwards.
    fn plant(&mut self, keys: &[u64]) {
        let mut levels = vec![keys.chunks(KEYS).map(Node::of).collect::<Vec<_>>()];
        // The lowest key below each node of the level made last.
        let mut lowest: Vec<u64> = keys.iter().step_by(KEYS).copied().collect();
        while lowest.len() > 1 {
            levels.push(lowest.chunks(CHILDREN).map(|children| Node::of(&children[1..])).collect());
            lowest = lowest.into_iter().step_by(CHILDREN).collect();
        }
        self.nodes.reserve_exact(levels.iter().map(Vec::len).sum());
        for level in levels.into_iter().rev() {
            self.levels.push(Level { begin: self.nodes.len(), last: level.len() - 1 });
            self.nodes.extend(level);
        }
    }
}

impl Node {
    fn of(keys: &[u64]) -> Self {
        let mut node = [u64::MAX; KEYS];
        node[..keys.len()].copy_from_slice(keys);
        Self(node)
    }

    /// How many keys are not above this one.
    #[inline]
    fn up_to(&self, key: u64) -> usize {
        let half = usize::from(self.0[3] <= key) << 2;
        let quarter = half + (usize::from(self.0[half + 1] <= key) << 1);
        let eighth = quarter + usize::from(self.0[quarter] <= key);
        eighth + usize::from(self.0[eighth] <= key)
    }
}

fn upper(address: u128) -> u64 {
    (address >> 64) as u64
}

fn lower(address: u128) -> u64 {
    (address & 0xffff_ffff_ffff_ffff) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_of_every_height_find_every_key() {
        for count in [1, 2, 7, 8, 9, 71, 72, 73, 74, 647, 648, 649, 650, 5832, 5833, 5841] {
            let step = u128::MAX / count;
            let leaf = |row: u32| Leaf { row, organisation: row ^ 7 };
            let start = |row: u128| if row == 0 { 0 } else { (row * step) & (u128::MAX << 64) };
            let intervals: Vec<Interval<u128>> = (0..count)
                .zip(1..)
                .map(|(at, row)| Interval { start: start(at), leaf: leaf(row) })
                .collect();
            let flat = Flat128::build(&intervals);
            for (at, interval) in intervals.iter().enumerate() {
                assert_eq!(flat.leaf(interval.start), interval.leaf);
                assert_eq!(flat.leaf(interval.start | u128::from(u64::MAX)), interval.leaf);
                if let Some(before) = at.checked_sub(1) {
                    assert_eq!(flat.leaf(interval.start - 1), intervals[before].leaf);
                }
            }
            assert_eq!(flat.leaf(u128::MAX), intervals[intervals.len() - 1].leaf);
        }
    }

    #[test]
    fn the_last_network_may_begin_an_interval() {
        let leaf = |row: u32| Leaf { row, organisation: row ^ 7 };
        let last = u128::MAX << 64;
        for count in [1_u32, 8, 72, 80] {
            let mut intervals: Vec<Interval<u128>> = (0..count)
                .map(|row| Interval { start: u128::from(row) << 64, leaf: leaf(row + 1) })
                .collect();
            intervals.push(Interval { start: last, leaf: leaf(900) });
            intervals.push(Interval { start: u128::MAX, leaf: leaf(901) });
            let flat = Flat128::build(&intervals);
            assert_eq!(flat.leaf(last - 1), leaf(count));
            assert_eq!(flat.leaf(last), leaf(900));
            assert_eq!(flat.leaf(u128::MAX - 1), leaf(900));
            assert_eq!(flat.leaf(u128::MAX), leaf(901));
        }
    }
}
