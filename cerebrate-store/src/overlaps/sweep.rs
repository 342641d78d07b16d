//! Which of many ranges overlap, found in one walk along their beginnings.

use std::collections::{BTreeMap, BTreeSet};

use super::OverlapClass;

/// A claim as the range of what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range<T> {
    /// The first that it covers.
    pub(super) first: u128,
    /// The last that it covers.
    pub(super) last: u128,
    /// Who claims it.
    pub(super) owner: i64,
    /// What stands for it.
    pub(super) tag: T,
}

/// Ranges that have begun and not ended. Each range that comes costs the logarithm of how many there
/// are, and one step for every overlap that it makes.
#[derive(Debug)]
pub(super) struct Sweep<T> {
    /// By owner, so that an owner's own ranges are passed over at once: last and first, and the tag.
    open: BTreeMap<i64, BTreeMap<(u128, u128), T>>,
    /// The same by end: last, owner, first.
    ends: BTreeSet<(u128, i64, u128)>,
}

impl<T: Copy> Sweep<T> {
    pub(super) fn new() -> Self {
        Sweep { open: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// Takes the next range, none of which begins before the one before, and hands out each overlap
    /// with a range of another owner, the wider one first; answers whether `found` wants more. The
    /// same range of the same owner is taken once.
    pub(super) fn push(
        &mut self,
        range: Range<T>,
        found: &mut dyn FnMut(OverlapClass, Range<T>, Range<T>) -> bool,
    ) -> bool {
        self.end_before(range.first);
        let key = (range.last, range.first);
        if self.open.get(&range.owner).is_some_and(|own| own.contains_key(&key)) {
            return true;
        }
        for (owner, others) in &self.open {
            if *owner == range.owner {
                continue;
            }
            for ((last, first), tag) in others {
                let other = Range { first: *first, last: *last, owner: *owner, tag: *tag };
                let (class, one, two) = compare(other, range);
                if !found(class, one, two) {
                    return false;
                }
            }
        }
        self.open.entry(range.owner).or_default().insert(key, range.tag);
        self.ends.insert((range.last, range.owner, range.first));
        true
    }

    fn end_before(&mut self, first: u128) {
        while let Some(end) = self.ends.first().copied()
            && end.0 < first
        {
            self.ends.pop_first();
            let (last, owner, begin) = end;
            if let Some(own) = self.open.get_mut(&owner) {
                own.remove(&(last, begin));
                if own.is_empty() {
                    self.open.remove(&owner);
                }
            }
        }
    }
}

/// How two ranges that overlap lie to each other; the first one begins no later.
fn compare<T: Copy>(one: Range<T>, two: Range<T>) -> (OverlapClass, Range<T>, Range<T>) {
    if (one.first, one.last) == (two.first, two.last) {
        (OverlapClass::Equal, one, two)
    } else if one.last >= two.last {
        (OverlapClass::Inside, one, two)
    } else if one.first == two.first {
        (OverlapClass::Inside, two, one)
    } else {
        (OverlapClass::Crossing, one, two)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Pair = (OverlapClass, (u128, u128, i64), (u128, u128, i64));

    fn pair(class: OverlapClass, one: Range<()>, two: Range<()>) -> Pair {
        let (mut one, mut two) =
            ((one.first, one.last, one.owner), (two.first, two.last, two.owner));
        // Neither of two that are equal or cross is the first one.
        if class != OverlapClass::Inside && two < one {
            std::mem::swap(&mut one, &mut two);
        }
        (class, one, two)
    }

    fn naive(ranges: &[Range<()>]) -> BTreeSet<Pair> {
        let mut pairs = BTreeSet::new();
        for one in ranges {
            for two in ranges {
                if one.owner == two.owner || one.last < two.first || two.last < one.first {
                    continue;
                }
                let holds = |a: &Range<()>, b: &Range<()>| a.first <= b.first && b.last <= a.last;
                let class = match (holds(one, two), holds(two, one)) {
                    (true, true) => OverlapClass::Equal,
                    (true, false) => OverlapClass::Inside,
                    (false, true) => continue,
                    (false, false) => OverlapClass::Crossing,
                };
                pairs.insert(pair(class, *one, *two));
            }
        }
        pairs
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_walk_finds_what_looking_at_every_pair_finds(
            ranges in prop::collection::vec((0_u128..24, 0_u128..8, 0_i64..4), 0..14)
        ) {
            let mut ranges: Vec<Range<()>> = ranges
                .into_iter()
                .map(|(first, more, owner)| Range { first, last: first + more, owner, tag: () })
                .collect();
            let expected = naive(&ranges);
            ranges.sort_by_key(|range| range.first);
            let mut sweep = Sweep::new();
            let mut found = Vec::new();
            for range in ranges {
                let more = sweep.push(range, &mut |class, one, two| {
                    found.push(pair(class, one, two));
                    true
                });
                prop_assert!(more);
            }
            let distinct: BTreeSet<Pair> = found.iter().copied().collect();
            prop_assert_eq!(distinct.len(), found.len(), "a pair came twice");
            prop_assert_eq!(distinct, expected);
        }
    }

    #[test]
    fn an_owner_with_many_ranges_of_its_own_costs_no_time_and_who_has_enough_is_left_alone() {
        let mut sweep = Sweep::new();
        let nested =
            |number: u128, owner| Range { first: number, last: 1_000_000 - number, owner, tag: () };
        let mut count = 0;
        for number in 0..50_000 {
            assert!(sweep.push(nested(number, 1), &mut |_, _, _| false));
        }
        let more = sweep.push(nested(50_000, 2), &mut |_, _, _| {
            count += 1;
            count < 10
        });
        assert!(!more);
        assert_eq!(count, 10);
    }
}
