use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::Timestamp;

/// What a row of the feed says that erased what others wrote: which rows, and why. It takes nothing
/// out of them but payload and salt; of the data that went it says nothing.
///
/// ```
/// use cerebrate_core::audit::chain::{Erasure, ErasureCause, RowRanges};
///
/// let erasure = Erasure { cause: ErasureCause::Person, rows: [3, 4, 9].into_iter().collect() };
/// let json = r#"{"cause":"person","rows":[[3,4],[9,9]]}"#;
/// assert_eq!(serde_json::to_string(&erasure)?, json);
/// assert_eq!(serde_json::from_str::<Erasure>(json)?, erasure);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Why it was erased.
    #[serde(flatten)]
    pub cause: ErasureCause,
    /// The rows whose payloads may be gone because of it. Rows of other erasures keep theirs though
    /// they stand in between.
    pub rows: RowRanges,
}

/// Why payloads were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErasureCause {
    /// They told of a person who is to be forgotten.
    Person,
    /// They were kept long enough.
    Retention {
        /// Older than this.
        before: Timestamp,
    },
}

/// Numbers of rows as ranges, both ends included: in order, none touching the next.
///
/// ```
/// use cerebrate_core::audit::chain::RowRanges;
///
/// let rows: RowRanges = [7, 1, 2, 3].into_iter().collect();
/// assert_eq!(rows.as_slice(), [(1, 3), (7, 7)]);
/// assert_eq!((rows.count(), rows.contains(2), rows.contains(4)), (4, true, false));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowRanges(Vec<(u64, u64)>);

impl RowRanges {
    /// Of ranges in any order; those that end before they begin hold nothing.
    pub fn of(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => joined.push((first, last)),
            }
        }
        RowRanges(joined)
    }

    /// The ranges.
    pub fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rows.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |count: u64, (first, last)| {
            count.saturating_add((last - first).saturating_add(1))
        })
    }

    /// Whether a row is among them.
    pub fn contains(&self, row: u64) -> bool {
        let behind = self.0.partition_point(|(first, _)| *first <= row);
        behind.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, last)| row <= *last)
    }
}

impl FromIterator<u64> for RowRanges {
    fn from_iter<T: IntoIterator<Item = u64>>(rows: T) -> Self {
        RowRanges::of(rows.into_iter().map(|row| (row, row)).collect())
    }
}

impl Serialize for RowRanges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RowRanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(RowRanges::of)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_what_was_put_in(rows in prop::collection::vec(0_u64..60, 0..40)) {
            let set: BTreeSet<u64> = rows.iter().copied().collect();
            let ranges: RowRanges = rows.into_iter().collect();
            prop_assert_eq!(ranges.count(), set.len() as u64);
            for row in 0..62 {
                prop_assert_eq!(ranges.contains(row), set.contains(&row));
            }
            let gaps = ranges.as_slice().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0);
            prop_assert!(gaps, "{:?}", ranges);
        }
    }

    #[test]
    fn ranges_from_outside_are_put_in_order() {
        let read = |json: &str| serde_json::from_str::<RowRanges>(json).unwrap();
        assert_eq!(read("[[5,9],[1,2],[3,4],[8,6],[7,11]]").as_slice(), [(1, 11)]);
        let all = read(&format!("[[0,{0}],[{0},{0}]]", u64::MAX));
        assert_eq!((all.as_slice(), all.count()), (&[(0, u64::MAX)][..], u64::MAX));
        assert!(serde_json::from_str::<RowRanges>("[[-1,2]]").is_err());
    }
}
