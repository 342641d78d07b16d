//! The organisations of an index that a user sees, by number.

use cerebrate_core::id::OrganisationId;

use super::table::Table;

/// A bit for each number: worked out once for a user and a state of the index, then asked at every
/// match.
#[derive(Debug)]
pub(crate) struct Seen(Box<[u64]>);

impl Seen {
    /// Those of the table that are seen.
    pub(super) fn of(table: &Table, sees: impl Fn(OrganisationId) -> bool) -> Self {
        let mut words = Vec::new();
        for (number, row) in table.rows() {
            if sees(OrganisationId::new(row.id)) {
                let (word, bit) = place(number);
                if words.len() <= word {
                    words.resize(word + 1, 0_u64);
                }
                words[word] |= bit;
            }
        }
        Seen(words.into_boxed_slice())
    }

    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        let (word, bit) = place(number);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

#[inline]
fn place(number: u32) -> (usize, u64) {
    ((number / 64) as usize, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::table::Row;
    use uuid::Uuid;

    #[test]
    fn a_number_is_seen_if_its_organisation_is() {
        let mut table = Table::default();
        for number in [0, 63, 64, 5_000] {
            let id = Uuid::from_u128(u128::from(number));
            *table.get_mut(number) = Row { id, values: 1, ..Row::default() };
        }
        let seen = Seen::of(&table, |id| id.uuid().as_u128() != 64);
        let numbers: Vec<u32> = (0..10_000).filter(|number| seen.has(*number)).collect();
        assert_eq!(numbers, [0, 63, 5_000]);
        assert!(!seen.has(u32::MAX));
    }
}
