//! Runs a target on mutated inputs, for a while, and keeps the input that broke it.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, process, thread};

use crate::Target;
use crate::mutate::Mutator;

/// An input that keeps a target busy for longer is a finding.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// So many inputs, and none broke the target.
    Survived(u64),
    /// An input broke it.
    Broken {
        /// The input.
        input: Vec<u8>,
        /// Message and place of the panic.
        message: String,
    },
}

/// Runs `target` on its seeds and then on mutations of them, until `time` is over.
///
/// # Errors
///
/// When the seeds cannot be read.
pub fn run(target: &Target, number: u64, time: Duration) -> io::Result<Outcome> {
    let seeds = target.seeds()?;
    let watch = Watch::start(target.name);
    let begun = Instant::now();
    let mut mutator = Mutator::new(number, seeds.clone(), target.tokens);
    let mut count = 0;
    let mutations = std::iter::from_fn(|| (begun.elapsed() < time).then(|| mutator.next_input()));
    for input in seeds.into_iter().chain(mutations) {
        watch.begin(&input);
        if let Err(message) = attempt(target, &input) {
            return Ok(Outcome::Broken { input, message });
        }
        count += 1;
    }
    Ok(Outcome::Survived(count))
}

/// Runs `target` once; a panic becomes the error, with its place.
///
/// # Errors
///
/// The message of the panic.
pub fn attempt(target: &Target, input: &[u8]) -> Result<(), String> {
    note_panics();
    ATTEMPT.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let message = ATTEMPT.take().unwrap_or_default();
    outcome.map_err(|_| message)
}

/// Writes an input where it can be found again, and returns where.
///
/// # Errors
///
/// When the file cannot be written.
pub fn keep(name: &str, input: &[u8]) -> io::Result<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(name);
    fs::create_dir_all(&directory)?;
    let path = directory.join(format!("{:016x}", fingerprint(input)));
    fs::write(&path, input)?;
    Ok(path)
}

thread_local! {
    /// During an attempt on this thread: what its panic said.
    static ATTEMPT: Cell<Option<String>> = const { Cell::new(None) };
}

/// Has panics during attempts noted and not printed, those elsewhere treated as before.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match ATTEMPT.take() {
            Some(_) => ATTEMPT.set(Some(panic.to_string())),
            None => previous(panic),
        }));
    });
}

/// Ends the process when one input takes too long: a thread cannot be stopped from outside.
struct Watch {
    current: Arc<Mutex<Current>>,
}

/// The input under work, and since when.
type Current = Option<(Instant, Vec<u8>)>;

impl Watch {
    fn start(name: &'static str) -> Self {
        let current: Arc<Mutex<Current>> = Arc::default();
        let watched = Arc::downgrade(&current);
        thread::spawn(move || {
            while let Some(current) = watched.upgrade() {
                let current = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some((begun, input)) = current
                    && begun.elapsed() > PATIENCE
                {
                    report_hang(name, &input);
                }
                thread::sleep(Duration::from_millis(500));
            }
        });
        Watch { current }
    }

    fn begin(&self, input: &[u8]) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some((Instant::now(), input.to_vec()));
    }
}

#[expect(clippy::print_stderr, reason = "the last words of the process")]
fn report_hang(name: &str, input: &[u8]) -> ! {
    match keep(name, input) {
        Ok(path) => eprintln!("{name}: no answer in {PATIENCE:?} to {}", path.display()),
        Err(error) => eprintln!("{name}: no answer in {PATIENCE:?} to {input:?} ({error})"),
    }
    process::exit(1)
}

/// FNV-1a: a name for a file, nothing more.
fn fingerprint(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
