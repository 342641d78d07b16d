use std::cmp::Reverse;
use std::collections::HashMap;

use cerebrate_core::fold::fold;
use serde::Serialize;

use crate::backend::Tally;

/// How much of a distribution is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Top {
    /// The most frequent values, so many.
    pub entries: usize,
    /// Whether the rest is told as a number.
    pub others: bool,
    /// Whether it is told how many records have no value.
    pub empty: bool,
}

impl Default for Top {
    /// Five values and the number of the rest, as peers show them.
    fn default() -> Self {
        Top { entries: 5, others: true, empty: false }
    }
}

impl Top {
    /// So many values and the number of the rest.
    #[must_use]
    pub fn of(entries: usize) -> Self {
        Top { entries, ..Top::default() }
    }

    /// Without the number of the rest.
    #[must_use]
    pub fn without_others(mut self) -> Self {
        self.others = false;
        self
    }

    /// With the number of records that have no value.
    #[must_use]
    pub fn with_empty(mut self) -> Self {
        self.empty = true;
        self
    }
}

/// How often the values of a field occur. Values that differ only in case or accents are one, as
/// they are for a filter, and are spelled as most records spell them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Distribution {
    /// The most frequent values, most frequent first.
    pub entries: Vec<Share>,
    /// How many records have another value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// How many records have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<u64>,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Share {
    /// The value; the beginning of a long one.
    pub value: String,
    /// How many records have it.
    pub count: u64,
}

impl Distribution {
    pub(super) fn of(tally: Tally, top: &Top) -> Self {
        let mut values: Vec<(String, u64)> = tally.values.into_iter().collect();
        // The spelling that most records use comes first and stays.
        values.sort_unstable_by(|one, other| {
            (Reverse(one.1), &one.0).cmp(&(Reverse(other.1), &other.0))
        });
        let mut places: HashMap<String, usize> = HashMap::with_capacity(values.len());
        let mut shares: Vec<Share> = Vec::new();
        for (value, count) in values {
            let next = shares.len();
            let at = *places.entry(fold(&value)).or_insert(next);
            match shares.get_mut(at) {
                Some(share) => share.count += count,
                None => shares.push(Share { value, count }),
            }
        }
        Self::cut(shares, tally.empty, top)
    }

    /// Of tags, which are told apart by name.
    pub(super) fn of_tags(tally: Tally, top: &Top) -> Self {
        let shares = tally.values.into_iter().map(|(value, count)| Share { value, count });
        Self::cut(shares.collect(), tally.empty, top)
    }

    /// Of a fact that holds or not.
    pub(super) fn of_both(tally: &Tally) -> Self {
        let entries = ["true", "false"].map(|value| Share {
            value: value.to_owned(),
            count: tally.values.get(value).copied().unwrap_or(0),
        });
        Distribution { entries: entries.into(), others: None, empty: None }
    }

    fn cut(mut shares: Vec<Share>, empty: u64, top: &Top) -> Self {
        shares.sort_unstable_by(|one, other| {
            (Reverse(one.count), &one.value).cmp(&(Reverse(other.count), &other.value))
        });
        let rest = shares.split_off(top.entries.min(shares.len()));
        let others = rest.iter().map(|share| share.count).sum();
        Distribution {
            entries: shares,
            others: top.others.then_some(others),
            empty: top.empty.then_some(empty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(values: &[(&str, u64)]) -> Tally {
        Tally {
            values: values.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect(),
            empty: 4,
        }
    }

    fn told(distribution: &Distribution) -> Vec<(&str, u64)> {
        distribution.entries.iter().map(|share| (share.value.as_str(), share.count)).collect()
    }

    #[test]
    fn spellings_of_one_value_add_up_under_the_usual_one() {
        let tally = tally(&[("energie", 3), ("Énergie", 4), ("finance", 6), ("ENERGIE", 1)]);
        let distribution = Distribution::of(tally, &Top::of(1).with_empty());
        assert_eq!(told(&distribution), [("Énergie", 8)]);
        assert_eq!((distribution.others, distribution.empty), (Some(6), Some(4)));
    }

    #[test]
    fn equal_counts_are_in_the_order_of_their_values() {
        let distribution =
            Distribution::of(tally(&[("b", 1), ("a", 1), ("c", 2)]), &Top::of(9).without_others());
        assert_eq!(told(&distribution), [("c", 2), ("a", 1), ("b", 1)]);
        assert_eq!((distribution.others, distribution.empty), (None, None));
    }

    #[test]
    fn tags_that_differ_in_accents_are_two_and_a_fact_has_both_sides() {
        let distribution = Distribution::of_tags(tally(&[("été", 1), ("ete", 2)]), &Top::of(0));
        assert_eq!((told(&distribution), distribution.others), (vec![], Some(3)));
        let both = Distribution::of_both(&tally(&[("true", 2)]));
        assert_eq!(told(&both), [("true", 2), ("false", 0)]);
    }

    proptest! {
        #[test]
        fn no_record_is_lost_or_counted_twice(
            values in prop::collection::hash_map("[aAäb]{1,3}", 1_u64..9, 0..12),
            entries in 0_usize..6,
        ) {
            let sum: u64 = values.values().sum();
            let distribution = Distribution::of(Tally { values, empty: 0 }, &Top::of(entries));
            let told: u64 = distribution.entries.iter().map(|share| share.count).sum();
            prop_assert_eq!(told + distribution.others.unwrap(), sum);
            prop_assert!(distribution.entries.len() <= entries);
            prop_assert!(distribution.entries.is_sorted_by_key(|share| Reverse(share.count)));
        }
    }
}
