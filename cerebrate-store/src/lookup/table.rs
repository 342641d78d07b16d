//! The organisations of an index, by their number on this node.

use std::sync::Arc;

use uuid::Uuid;

/// How many organisations stand in one piece; a change copies one piece.
const PIECE: u32 = 1_024;

/// Numbers from here on are not taken: the table is as long as the highest.
pub(super) const NUMBER_LIMIT: u32 = 1 << 26;

/// A row per organisation that claims something. A clone is cheap and stays what it was.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pieces: Vec<Arc<[Row]>>,
}

/// What is known of an organisation; all zero if it claims nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Row {
    /// Its identity.
    pub(super) id: Uuid,
    /// The number of the claims of its first value; those of its value `n` have this plus `n`.
    pub(super) first_claim: u32,
    /// How many such numbers belong to it.
    pub(super) values: u32,
    /// A sum over its claims: it differs if they do.
    pub(super) digest: u64,
}

impl Table {
    /// The row of an organisation, if it claims something.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Row> {
        let (piece, place) = place(number);
        let row = self.pieces.get(piece)?.get(place)?;
        (row.values > 0).then_some(row)
    }

    /// The row of an organisation, to be changed.
    pub(super) fn get_mut(&mut self, number: u32) -> &mut Row {
        let (piece, place) = place(number);
        if self.pieces.len() <= piece {
            let empty: Arc<[Row]> = vec![Row::default(); PIECE as usize].into();
            self.pieces.resize(piece + 1, empty);
        }
        &mut Arc::make_mut(&mut self.pieces[piece])[place]
    }

    /// Every row that claims something, with its number, in the order of numbers.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = (u32, &mut Row)> {
        let used = (0_u32..).zip(&mut self.pieces).filter(|(_, piece)| is_used(piece));
        used.flat_map(|(number, piece)| {
            let first = number * PIECE;
            (first..).zip(Arc::make_mut(piece)).filter(|(_, row)| row.values > 0)
        })
    }

    /// The number behind the last one there is room for.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.pieces.len() * PIECE as usize
    }

    /// How many organisations claim something.
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().flat_map(|piece| piece.iter()).filter(|row| row.values > 0).count()
    }

    /// Bytes on the heap.
    pub(super) fn memory(&self) -> usize {
        let used = self.pieces.iter().filter(|piece| is_used(piece)).count();
        self.pieces.len() * size_of::<Arc<[Row]>>() + used * PIECE as usize * size_of::<Row>()
    }
}

#[inline]
fn place(number: u32) -> (usize, usize) {
    ((number / PIECE) as usize, (number % PIECE) as usize)
}

fn is_used(piece: &Arc<[Row]>) -> bool {
    piece.iter().any(|row| row.values > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_stays_what_it_was() {
        let mut table = Table::default();
        assert_eq!(table.get(0), None);
        let row = Row { id: Uuid::from_u128(7), first_claim: 3, values: 2, digest: 9 };
        *table.get_mut(5_000) = row;
        let before = table.clone();
        table.get_mut(5_000).values = 0;
        *table.get_mut(1) = row;
        assert_eq!(before.get(5_000), Some(&row));
        assert_eq!(before.get(1), None);
        assert_eq!(table.get(5_000), None);
        assert_eq!(table.rows_mut().map(|(number, _)| number).collect::<Vec<_>>(), [1]);
        assert_eq!((table.len(), before.len()), (1, 1));
    }
}
