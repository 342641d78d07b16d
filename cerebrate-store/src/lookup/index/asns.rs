//! AS numbers and ranges of them; ranges may overlap in any way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::flat::{Flat, Interval, Leaf, bytes, narrow};
use super::flat32::Flat32;
use super::hits::AsnHit;
use super::{Claim, ClaimId, NO_ORGANISATION};

/// Up to this many ranges are searched as they are.
const FEW: usize = 64;

/// A range and one claim to it.
pub(super) type Entry = AsnHit;

/// See the module.
#[derive(Debug)]
pub(super) struct Asns {
    /// Ordered by range and, for equal ranges, as given; entry 0 stands for none.
    entries: Vec<Entry>,
    wide: Wide,
    /// The first entry of the narrowest range around each number.
    narrowest: Option<Flat32>,
}

/// The distinct ranges of more than one number, as a search tree laid out in order: the root of
/// a stretch is its middle, and `reach` is the highest last number in the stretch.
#[derive(Debug, Default)]
struct Wide {
    ranges: Vec<Range>,
    reach: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    first: u32,
    last: u32,
    /// The first entry with this range.
    entry: u32,
}

impl Asns {
    /// For many questions; entries with equal ranges keep their order.
    pub(super) fn build(entries: Vec<Entry>) -> Self {
        let mut asns = Self::build_small(entries);
        if asns.len() > FEW {
            asns.narrowest = Some(Flat32::build(&asns.sweep()));
        }
        asns
    }

    /// Quick to build and slower to ask, for up to a few thousand ranges.
    pub(super) fn build_small(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| (entry.first, entry.last));
        let none = Claim { id: ClaimId(0), organisation: NO_ORGANISATION };
        entries.insert(0, Entry { first: 0, last: 0, claim: none });
        let wide = Wide::build(&entries);
        Self { entries, wide, narrowest: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.len() == 1
    }

    /// Claims, not distinct ranges.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - 1
    }

    /// The first claim to the narrowest range around a number; that of
    /// [`NO_ORGANISATION`] if there is none.
    #[inline]
    pub(super) fn narrowest(&self, asn: u32) -> Entry {
        let entry = match &self.narrowest {
            Some(narrowest) => narrowest.leaf(asn).row,
            None => self.search_narrowest(asn),
        };
        self.entries[entry as usize]
    }

    #[inline]
    pub(super) fn organisation(&self, asn: u32) -> u32 {
        match &self.narrowest {
            Some(narrowest) => narrowest.organisation(asn),
            None => self.narrowest(asn).claim.organisation,
        }
    }

    pub(super) fn organisations(&self, asns: &[u32], organisations: &mut [u32]) {
        match &self.narrowest {
            Some(narrowest) => narrowest.organisations(asns, organisations),
            None => {
                for (organisation, asn) in organisations.iter_mut().zip(asns) {
                    *organisation = self.organisation(*asn);
                }
            }
        }
    }

    /// Adds all claims around a number, in no order but that of equal ranges.
    pub(super) fn collect(&self, asn: u32, hits: &mut Vec<AsnHit>) {
        let narrowest = match &self.narrowest {
            Some(narrowest) => match narrowest.leaf(asn).row {
                0 => return,
                entry => self.single_at(entry, asn),
            },
            None => self.search_single(asn),
        };
        hits.extend_from_slice(self.equal(narrowest));
        self.wide.around(asn, &mut |range| hits.extend_from_slice(self.equal(range.entry)));
    }

    /// Everything that went in, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.iter().skip(1).copied()
    }

    pub(super) fn memory(&self) -> usize {
        bytes(&self.entries)
            + bytes(&self.wide.ranges)
            + bytes(&self.wide.reach)
            + self.narrowest.as_ref().map_or(0, Flat::memory)
    }

    /// All entries with the range of this first one.
    fn equal(&self, entry: u32) -> &[Entry] {
        if entry == 0 {
            return &[];
        }
        let from = &self.entries[entry as usize..];
        let known = from[0];
        let count = from.iter().take_while(|entry| entry.has_range_of(&known)).count();
        &from[..count]
    }

    fn single_at(&self, entry: u32, asn: u32) -> u32 {
        let known = &self.entries[entry as usize];
        if known.first == asn && known.last == asn { entry } else { 0 }
    }

    fn search_single(&self, asn: u32) -> u32 {
        let real = &self.entries[1..];
        let at = 1 + real.partition_point(|entry| (entry.first, entry.last) < (asn, asn));
        if at < self.entries.len() { self.single_at(narrow(at), asn) } else { 0 }
    }

    fn search_narrowest(&self, asn: u32) -> u32 {
        let single = self.search_single(asn);
        if single != 0 {
            return single;
        }
        let mut narrowest: Option<Range> = None;
        self.wide.around(asn, &mut |range| {
            if narrowest.is_none_or(|known| range.rank() < known.rank()) {
                narrowest = Some(range);
            }
        });
        narrowest.map_or(0, |range| range.entry)
    }

    /// Cuts the space where the narrowest range changes.
    fn sweep(&self) -> Vec<Interval<u32>> {
        let mut ranges = Range::distinct(&self.entries).peekable();
        let mut borders: Vec<u32> = vec![0];
        for entry in self.entries() {
            borders.push(entry.first);
            borders.extend(entry.last.checked_add(1));
        }
        borders.sort_unstable();
        borders.dedup();
        let mut intervals = Vec::with_capacity(borders.len());
        let mut open = BinaryHeap::new();
        for border in borders {
            while let Some(range) = ranges.next_if(|range| range.first == border) {
                open.push(Reverse((range.rank(), range.last, range.entry)));
            }
            while open.peek().is_some_and(|Reverse((_, last, _))| *last < border) {
                open.pop();
            }
            let row = open.peek().map_or(0, |Reverse((_, _, entry))| *entry);
            if intervals.last().is_none_or(|interval: &Interval<u32>| interval.leaf.row != row) {
                let organisation = self.entries[row as usize].claim.organisation;
                intervals.push(Interval { start: border, leaf: Leaf { row, organisation } });
            }
        }
        intervals
    }
}

impl Wide {
    fn build(entries: &[Entry]) -> Self {
        let ranges: Vec<Range> =
            Range::distinct(entries).filter(|range| range.first < range.last).collect();
        let mut wide = Self { reach: vec![0; ranges.len()], ranges };
        wide.fill_reach(0, wide.ranges.len());
        wide
    }

    /// Halves the stretch, so the depth is at most that of 2^28 ranges: 29.
    fn fill_reach(&mut self, from: usize, to: usize) -> u32 {
        if from >= to {
            return 0;
        }
        let middle = usize::midpoint(from, to);
        let left = self.fill_reach(from, middle);
        let right = self.fill_reach(middle + 1, to);
        self.reach[middle] = self.ranges[middle].last.max(left).max(right);
        self.reach[middle]
    }

    fn around(&self, asn: u32, found: &mut impl FnMut(Range)) {
        if !self.ranges.is_empty() {
            self.around_in(0, self.ranges.len(), asn, found);
        }
    }

    fn around_in(&self, from: usize, to: usize, asn: u32, found: &mut impl FnMut(Range)) {
        let middle = usize::midpoint(from, to);
        if from >= to || self.reach[middle] < asn {
            return;
        }
        self.around_in(from, middle, asn, found);
        let range = self.ranges[middle];
        if range.first <= asn {
            if range.last >= asn {
                found(range);
            }
            self.around_in(middle + 1, to, asn, found);
        }
    }
}

impl Range {
    fn distinct(entries: &[Entry]) -> impl Iterator<Item = Self> + '_ {
        let mut entry = 1;
        entries[1..].chunk_by(Entry::has_range_of).map(move |equal| {
            let range = Self { first: equal[0].first, last: equal[0].last, entry };
            entry += narrow(equal.len());
            range
        })
    }

    /// Narrow before wide, and of one width the one that begins first.
    fn rank(self) -> (u32, u32) {
        (self.last - self.first, self.first)
    }
}
