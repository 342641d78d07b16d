//! Clocks that tests can rely on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cerebrate_core::clock::Clock;
use cerebrate_core::value::Timestamp;

/// Where clocks of tests begin, in seconds of Unix time.
pub const START: i64 = 1_800_000_000;

/// A clock that goes on by a second whenever it is asked.
#[derive(Debug)]
pub struct Ticks(AtomicI64);

impl Default for Ticks {
    fn default() -> Self {
        Ticks(AtomicI64::new(START))
    }
}

impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct Fixed(pub Timestamp);

impl Default for Fixed {
    fn default() -> Self {
        Fixed(Timestamp::from_unix(START))
    }
}

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that is set by hand; clones are the same clock.
#[derive(Debug, Clone)]
pub struct SetClock(Arc<AtomicI64>);

impl SetClock {
    /// A clock that shows this time.
    pub fn at(time: &str) -> Self {
        let clock = SetClock(Arc::new(AtomicI64::new(0)));
        clock.set(time);
        clock
    }

    /// Sets it, forward or back.
    pub fn set(&self, time: &str) {
        self.0.store(time.parse::<Timestamp>().unwrap().unix(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}
