//! The wall clock and chance of the machine: the only places where either enters.

use std::time::{SystemTime, UNIX_EPOCH};

use cerebrate_core::clock::{Clock, IdSource};
use cerebrate_core::value::Timestamp;
use std::sync::{Mutex, PoisonError};
use uuid::{Builder, Uuid};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        Timestamp::from_unix(seconds)
    }
}

/// Bytes that nobody can guess: for secrets. They never come from an [`IdSource`], which may be any that
/// makes identities, and whose identities are public.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    bytes
}

/// How many random bytes are fetched from the system at once.
const RESERVE: usize = 16 * 64;

/// Random (version 4) UUIDs from the random source of the system.
#[derive(Debug, Default)]
pub struct RandomIds {
    reserve: Mutex<Vec<u8>>,
}

impl IdSource for RandomIds {
    fn next_id(&self) -> Uuid {
        let mut reserve = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
        if reserve.len() < 16 {
            reserve.resize(RESERVE, 0);
            getrandom::fill(&mut reserve).expect("the system has a random source");
        }
        let at = reserve.len() - 16;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&reserve[at..]);
        reserve.truncate(at);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn identities_are_random_and_never_repeat() {
        let ids = RandomIds::default();
        let made: HashSet<Uuid> = (0..1_000).map(|_| ids.next_id()).collect();
        assert_eq!(made.len(), 1_000);
        assert!(made.iter().all(|id| id.get_version_num() == 4));
    }
}
