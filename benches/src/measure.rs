//! How long something takes: the least of several medians, for other work on the machine only ever
//! adds.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(250);

/// So short that on a busy machine most parts run without being interrupted.
const PART: Duration = Duration::from_micros(200);

/// Nanoseconds for each question. They are asked in parts, all of them before one is asked again.
pub(crate) fn each<Q>(questions: &[Q], mut ask: impl FnMut(&[Q])) -> f64 {
    let whole = elapsed(&mut || ask(black_box(questions))).as_secs_f64();
    let parts = (whole / PART.as_secs_f64()).ceil().max(1.0) as usize;
    let part = questions.len().div_ceil(parts).max(1);
    let mut turn = questions.chunks_exact(part).cycle();
    let mut round = || {
        let begun = Instant::now();
        let mut times = Vec::new();
        while begun.elapsed() < ROUND || times.len() < parts.min(2_000) {
            let Some(questions) = turn.next() else { break };
            times.push(elapsed(&mut || ask(black_box(questions))));
        }
        median(times)
    };
    let least = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
    least.as_secs_f64() * 1e9 / part as f64
}

/// Nanoseconds for one call of `work`.
pub(crate) fn once(mut work: impl FnMut()) -> f64 {
    each(&[(); 1], |_| work())
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

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
