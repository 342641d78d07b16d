//! How long something takes: the least of several medians, for other work on the machine only ever
//! adds.

use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(250);

/// Nanoseconds for each of the `items` that one call of `work` does.
pub(crate) fn per_item(items: usize, mut work: impl FnMut()) -> f64 {
    work();
    let once = elapsed(&mut work).max(Duration::from_nanos(100));
    let samples = (ROUND.as_secs_f64() / once.as_secs_f64()).clamp(3.0, 2_001.0) as usize;
    let rounds = (0..ROUNDS).map(|_| median((0..samples).map(|_| elapsed(&mut work)).collect()));
    let least = rounds.min().unwrap_or_default();
    least.as_secs_f64() * 1e9 / items as f64
}

/// The median of `times` runs, each timed by itself.
pub(crate) fn median_of<E>(
    times: usize,
    mut work: impl FnMut() -> Result<Duration, E>,
) -> Result<Duration, E> {
    Ok(median((0..times).map(|_| work()).collect::<Result<_, E>>()?))
}

pub(crate) fn elapsed(work: &mut impl FnMut()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
