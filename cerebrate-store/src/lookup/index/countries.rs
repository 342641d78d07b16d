//! Claims to countries.

use super::Claim;
use super::flat::bytes;

/// Ordered by code and, for equal codes, as given.
#[derive(Debug)]
pub(super) struct Countries {
    codes: Vec<[u8; 2]>,
    claims: Vec<Claim>,
}

impl Countries {
    pub(super) fn build(mut entries: Vec<([u8; 2], Claim)>) -> Self {
        entries.sort_by_key(|(code, _)| *code);
        let (codes, claims) = entries.into_iter().unzip();
        Self { codes, claims }
    }

    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn claims(&self, code: [u8; 2]) -> &[Claim] {
        let from = self.codes.partition_point(|known| *known < code);
        let to = self.codes.partition_point(|known| *known <= code);
        &self.claims[from..to]
    }

    /// Everything that went in, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = ([u8; 2], Claim)> + '_ {
        self.codes.iter().copied().zip(self.claims.iter().copied())
    }

    pub(super) fn memory(&self) -> usize {
        bytes(&self.codes) + bytes(&self.claims)
    }
}
