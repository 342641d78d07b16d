//! What a transaction of this process wrote, so that the index need not read it again.

use std::collections::BTreeMap;

use cerebrate_core::constituency::Claim;
use uuid::Uuid;

use super::state::Claims;
use crate::backend::LocalId;

/// Transactions that write more organisations than this are read from the feed instead.
const ORGANISATIONS: usize = 64;

/// The same for claims.
const CLAIMS: usize = 1_024;

/// The organisations that a transaction wrote, and what they claim now.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The sequence number of its first change; 0 without any.
    pub(super) first: u64,
    pub(super) organisations: BTreeMap<LocalId, (Uuid, Claims)>,
    claims: usize,
    pub(super) too_many: bool,
}

impl Written {
    /// Notes a change, of whatever kind of record.
    pub(crate) fn change(&mut self, seq: u64) {
        if self.first == 0 {
            self.first = seq;
        }
    }

    /// Notes what an organisation claims from now on; nothing, if it was removed.
    pub(crate) fn organisation(&mut self, local: LocalId, id: Uuid, claims: &[(u32, Claim)]) {
        self.claims = self.claims.saturating_add(claims.len());
        if self.organisations.len() >= ORGANISATIONS || self.claims > CLAIMS {
            self.too_many = true;
            self.organisations.clear();
        }
        if !self.too_many {
            self.organisations.insert(local, (id, claims.to_vec()));
        }
    }
}
