//! What anybody would write first: sorted ranges, and binary search. It answers from other code
//! than the index, so that both can be held against one another.

use std::ops::Add;

use crate::world::Prefix;

const NOBODY: u32 = u32::MAX;

/// Who holds which addresses, as ranges without gaps.
#[derive(Debug)]
pub(crate) struct SortedRanges<A> {
    starts: Vec<A>,
    organisations: Vec<u32>,
}

impl<A> SortedRanges<A>
where
    A: Copy + Ord + From<u8> + Add<Output = A>,
{
    /// From prefixes; `last` is the last address of one, `end` the last of all.
    pub(crate) fn new(prefixes: &[Prefix<A>], end: A, last: impl Fn(&Prefix<A>) -> A) -> Self {
        let mut sorted: Vec<_> = prefixes.iter().collect();
        sorted.sort_unstable_by_key(|prefix| (prefix.bits, prefix.len));
        let mut ranges = SortedRanges { starts: Vec::new(), organisations: Vec::new() };
        ranges.begin(A::from(0), NOBODY);
        // The prefixes around the place where we are, widest first.
        let mut around: Vec<(A, u32)> = Vec::new();
        for prefix in sorted {
            ranges.close(&mut around, end, Some(prefix.bits));
            ranges.begin(prefix.bits, prefix.organisation);
            around.push((last(prefix), prefix.organisation));
        }
        ranges.close(&mut around, end, None);
        ranges
    }

    /// The organisation with the most specific prefix, or `u32::MAX`.
    #[inline]
    pub(crate) fn organisation(&self, address: A) -> u32 {
        let behind = self.starts.partition_point(|start| *start <= address);
        self.organisations[behind - 1]
    }

    /// Ends the prefixes that lie before `next`.
    fn close(&mut self, around: &mut Vec<(A, u32)>, end: A, next: Option<A>) {
        while let Some((last, _)) = around.last().copied()
            && next.is_none_or(|next| last < next)
        {
            around.pop();
            if last < end {
                let outer = around.last().map_or(NOBODY, |(_, organisation)| *organisation);
                self.begin(last + A::from(1), outer);
            }
        }
    }

    fn begin(&mut self, start: A, organisation: u32) {
        if self.starts.last() == Some(&start) {
            self.organisations.pop();
        } else {
            self.starts.push(start);
        }
        self.organisations.push(organisation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_prefix_answers() {
        let prefix = |bits, len, organisation| Prefix { bits, len, organisation };
        let prefixes = [
            prefix(0x0a00_0000_u32, 8, 1),
            prefix(0x0a01_0000, 16, 2),
            prefix(0x0a01_ff00, 24, 3),
            prefix(0xffff_ff00, 24, 4),
        ];
        let last = |prefix: &Prefix<u32>| prefix.bits | (u32::MAX >> prefix.len);
        let ranges = SortedRanges::new(&prefixes, u32::MAX, last);
        let expected = [
            (0x09ff_ffff, NOBODY),
            (0x0a00_ffff, 1),
            (0x0a01_0000, 2),
            (0x0a01_feff, 2),
            (0x0a01_ffff, 3),
            (0x0a02_0000, 1),
            (0x0b00_0000, NOBODY),
            (u32::MAX, 4),
        ];
        for (address, organisation) in expected {
            assert_eq!(ranges.organisation(address), organisation, "{address:x}");
        }
    }
}
