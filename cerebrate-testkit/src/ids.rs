//! Identities that tests can rely on.

use std::sync::atomic::{AtomicU64, Ordering};

use cerebrate_core::clock::IdSource;
use uuid::Uuid;

/// Identities that count upwards, the same in every run.
#[derive(Debug)]
pub struct Counting {
    base: u128,
    next: AtomicU64,
}

impl Default for Counting {
    fn default() -> Self {
        Counting::from(0xabc0_0000_0000)
    }
}

impl From<u128> for Counting {
    /// Counts from `base` on.
    fn from(base: u128) -> Self {
        Counting { base, next: AtomicU64::new(1) }
    }
}

impl IdSource for Counting {
    fn next_id(&self) -> Uuid {
        Uuid::from_u128(self.base + u128::from(self.next.fetch_add(1, Ordering::Relaxed)))
    }
}
