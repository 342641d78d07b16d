//! The flat map for 32-bit spaces (IPv4 and AS numbers): 16 bits, 8 bits, 8 bits, no search.
//!
//! A directory by the upper 16 bits names a [`Block`]. A block says for each of its 256 slots
//! whether a new run begins there; counting the bits up to a slot gives the leaf. Where something
//! begins inside the slot, the leaf names a block for the last 8 bits instead. An address therefore
//! costs three dependent reads, five in such a slot, whatever the prefixes look like. Whose a leaf is
//! stands apart from its row: the batch reads nothing else, so more of it stays in the caches.

use super::flat::{Flat, Interval, Leaf, bytes, narrow};

/// Marks a leaf that is a block for the last 8 bits.
const DEEPER: u32 = 1 << 31;

/// Stands for whose a leaf is where the block has to be asked.
const ASK: u32 = u32::MAX - 1;

/// See the module.
pub(super) struct Flat32 {
    directory: Vec<u32>,
    blocks: Vec<Block>,
    /// The row of each leaf, or the block that it names.
    rows: Vec<u32>,
    /// Whose each leaf is, or [`ASK`].
    organisations: Vec<u32>,
}

/// 256 slots; a set bit begins a run, and slot 0 always does.
#[derive(Debug, Clone, Copy)]
struct Block {
    runs: [u64; 4],
    /// The leaf of the first run.
    first: u32,
    /// How many runs begin in the words before this one.
    before: [u8; 4],
}

impl std::fmt::Debug for Flat32 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Flat32")
            .field("blocks", &self.blocks.len())
            .field("leaves", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Flat<u32> for Flat32 {
    fn build(intervals: &[Interval<u32>]) -> Self {
        let mut writer = Writer::with_capacity(intervals.len() + intervals.len() / 8);
        let mut rest = intervals;
        let directory = (0..=u16::MAX).map(|top| writer.top(top, &mut rest)).collect();
        writer.blocks.shrink_to_fit();
        Self {
            directory,
            blocks: writer.blocks,
            rows: writer.leaves.iter().map(|leaf| leaf.row).collect(),
            organisations: writer.leaves.iter().map(|leaf| leaf.organisation).collect(),
        }
    }

    #[inline]
    fn leaf(&self, address: u32) -> Leaf {
        let at = self.at(address);
        let leaf = self.leaf_at(at);
        if leaf.row & DEEPER == 0 { leaf } else { self.leaf_at(self.deeper(leaf.row, address)) }
    }

    #[inline]
    fn leaves(&self, addresses: &[u32], leaves: &mut [Leaf]) {
        // Nothing here waits for the iteration before, so the processor overlaps the reads.
        for (leaf, address) in leaves.iter_mut().zip(addresses) {
            *leaf = self.leaf(*address);
        }
    }

    #[inline]
    fn organisation(&self, address: u32) -> u32 {
        match self.organisations[self.at(address)] {
            ASK => self.leaf(address).organisation,
            organisation => organisation,
        }
    }

    #[inline]
    fn organisations(&self, addresses: &[u32], organisations: &mut [u32]) {
        for (organisation, address) in organisations.iter_mut().zip(addresses) {
            *organisation = self.organisation(*address);
        }
    }

    fn memory(&self) -> usize {
        bytes(&self.directory)
            + bytes(&self.blocks)
            + bytes(&self.rows)
            + bytes(&self.organisations)
    }
}

impl Flat32 {
    /// Where the leaf of an address is, by its upper 24 bits.
    #[inline]
    fn at(&self, address: u32) -> usize {
        let [top, second, slot, _] = address.to_be_bytes();
        let block = self.directory[usize::from(u16::from_be_bytes([top, second]))];
        self.blocks[block as usize].leaf(slot) as usize
    }

    /// Where the leaf is if the one by the upper 24 bits has this row: a block for the last 8.
    fn deeper(&self, row: u32, address: u32) -> usize {
        let [.., low] = address.to_be_bytes();
        self.blocks[(row & !DEEPER) as usize].leaf(low) as usize
    }

    #[inline]
    fn leaf_at(&self, at: usize) -> Leaf {
        Leaf { row: self.rows[at], organisation: self.organisations[at] }
    }
}

impl Block {
    #[inline]
    fn leaf(&self, slot: u8) -> u32 {
        let word = usize::from(slot >> 6);
        let up_to_slot = self.runs[word] << (63 - (slot & 63));
        self.first + u32::from(self.before[word]) + up_to_slot.count_ones() - 1
    }
}

struct Writer {
    blocks: Vec<Block>,
    leaves: Vec<Leaf>,
    /// The leaf in force behind the last interval taken.
    current: Leaf,
    /// The last block made for a top without a boundary inside, and its leaf.
    uniform: Option<(Leaf, u32)>,
    runs: Vec<(u8, Leaf)>,
    deeper: Vec<(u8, Leaf)>,
}

impl Writer {
    fn with_capacity(leaves: usize) -> Self {
        Self {
            blocks: Vec::new(),
            leaves: Vec::with_capacity(leaves),
            current: Leaf::NONE,
            uniform: None,
            runs: Vec::new(),
            deeper: Vec::new(),
        }
    }

    /// The block for the addresses with this top; takes their intervals off `rest`.
    fn top(&mut self, top: u16, rest: &mut &[Interval<u32>]) -> u32 {
        let mut runs = std::mem::take(&mut self.runs);
        runs.clear();
        while let Some(slot) = rest.first().map(|interval| interval.start >> 8)
            && slot >> 8 == u32::from(top)
        {
            let taken = rest.iter().take_while(|interval| interval.start >> 8 == slot).count();
            let (inside, behind) = rest.split_at(taken);
            *rest = behind;
            self.slot(inside, &mut runs);
        }
        let block = match runs.as_slice() {
            [] => self.uniform(self.current),
            [(0, leaf)] if leaf.row & DEEPER == 0 => self.uniform(*leaf),
            _ => self.block(&runs),
        };
        self.runs = runs;
        block
    }

    /// Adds the runs for the intervals that start in one slot of 256 addresses.
    fn slot(&mut self, inside: &[Interval<u32>], runs: &mut Vec<(u8, Leaf)>) {
        let [.., slot, low] = inside[0].start.to_be_bytes();
        if runs.is_empty() && slot > 0 {
            runs.push((0, self.current));
        }
        if inside.len() == 1 && low == 0 {
            self.current = inside[0].leaf;
            begin(runs, slot, self.current);
            return;
        }
        let mut deeper = std::mem::take(&mut self.deeper);
        deeper.clear();
        deeper.push((0, self.current));
        for interval in inside {
            let [.., low] = interval.start.to_be_bytes();
            begin(&mut deeper, low, interval.leaf);
            self.current = interval.leaf;
        }
        let block = self.block(&deeper);
        self.deeper = deeper;
        begin(runs, slot, Leaf { row: DEEPER | block, organisation: ASK });
        if let Some(next) = slot.checked_add(1) {
            begin(runs, next, self.current);
        }
    }

    fn uniform(&mut self, leaf: Leaf) -> u32 {
        match self.uniform {
            Some((known, block)) if known == leaf => block,
            _ => {
                let block = self.block(&[(0, leaf)]);
                self.uniform = Some((leaf, block));
                block
            }
        }
    }

    fn block(&mut self, runs: &[(u8, Leaf)]) -> u32 {
        let mut block = Block { runs: [0; 4], first: narrow(self.leaves.len()), before: [0; 4] };
        for (slot, leaf) in runs {
            let word = usize::from(slot >> 6);
            block.runs[word] |= 1 << (slot & 63);
            for before in block.before.iter_mut().skip(word + 1) {
                *before += 1;
            }
            self.leaves.push(*leaf);
        }
        self.blocks.push(block);
        narrow(self.blocks.len() - 1)
    }
}

/// Begins a run; what begins later in the same slot replaces it.
fn begin(runs: &mut Vec<(u8, Leaf)>, slot: u8, leaf: Leaf) {
    match runs.last_mut() {
        Some((last, known)) if *last == slot => *known = leaf,
        _ => runs.push((slot, leaf)),
    }
}
