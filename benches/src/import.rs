//! Many organisations at once, in a process of its own so that its memory can be read.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cerebrate_store::Store;
use serde_json::{Value, json};

use crate::machine;
use crate::organisations::{Organisations, with_templates};
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

use Target::{AtLeast, AtMost, None as NoTarget};

/// The first argument of the process that imports.
pub(crate) const CHILD: &str = "--import";

const CSV: &str = "csv";
const JSON: &str = "json";

/// Where the largest import is left for others.
pub(crate) fn imported(setting: &Setting) -> PathBuf {
    setting.scratch.join("imported.db")
}

/// How many the largest import has.
pub(crate) fn largest(setting: &Setting) -> usize {
    if setting.quick { 50_000 } else { 500_000 }
}

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let most = largest(setting);
    let imports = [
        (most / 10, 12_000.0, CSV, "CSV, known by name"),
        (most / 10, 12_000.0, JSON, "JSON lines of a peer, known by UUID"),
        (most, 8_000.0, JSON, "JSON lines of a peer, known by UUID"),
    ];
    for (count, least, form, from) in imports {
        let source = setting.scratch.join("import");
        write(&source, form, count)?;
        let database = imported(setting);
        remove(&database)?;
        let figures = in_a_process(form, &source, &database)?;
        fs::remove_file(&source)?;
        if figures.added != count as u64 {
            return Err(format!("{} of {count} were imported", figures.added).into());
        }
        add(report, count, least, from, &figures);
    }
    Ok(())
}

fn write(path: &Path, form: &str, count: usize) -> Result<()> {
    let organisations = Organisations::new()?;
    let mut file = BufWriter::new(File::create(path)?);
    if form == CSV {
        writeln!(file, "{}", Organisations::CSV_HEADER)?;
    }
    for number in 0..count {
        let line = match form {
            CSV => organisations.csv(number)?,
            _ => organisations.json(number)?,
        };
        writeln!(file, "{line}")?;
    }
    Ok(file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
}

fn add(report: &mut Report, count: usize, least: f64, from: &str, figures: &Figures) {
    let form = from.split_once([' ', ',']).map_or(from, |(form, _)| form);
    let many = format!("{} ({form})", counted(count));
    report.add(
        format!("import of {many}"),
        count as f64 / figures.seconds,
        Unit::PerSecond,
        AtLeast(least),
        format!(
            "{from}; organisations with 3 meta-fields; own process, one durable commit, {:.1} s, {:.1} s of processor",
            figures.seconds, figures.processor
        ),
    );
    let megabytes = |bytes: f64| bytes / 1e6;
    report.add(
        format!("most memory resident, {many}"),
        megabytes(figures.resident),
        Unit::Megabytes,
        AtMost(150.0),
        "`VmHWM` of that process",
    );
    report.add(
        format!("disk for each organisation, {many}"),
        figures.bytes / count as f64 / 1e3,
        Unit::Kilobytes,
        AtMost(2.5),
        format!("file and log after the checkpoint, which took {:.1} s", figures.checkpoint),
    );
    report.add(
        format!("largest write-ahead log, {many}"),
        megabytes(figures.log),
        Unit::Megabytes,
        NoTarget,
        format!("looked at every 5 ms; the file ends with {:.0} MB", megabytes(figures.bytes)),
    );
}

struct Figures {
    added: u64,
    seconds: f64,
    processor: f64,
    checkpoint: f64,
    resident: f64,
    bytes: f64,
    log: f64,
}

fn in_a_process(form: &str, source: &Path, database: &Path) -> Result<Figures> {
    let output = Command::new(std::env::current_exe()?)
        .args([CHILD, form])
        .args([source, database])
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the import failed: {said}").into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| answer[name].as_f64().ok_or_else(|| format!("no `{name}`"));
    Ok(Figures {
        added: answer["added"].as_u64().unwrap_or_default(),
        seconds: figure("seconds")?,
        processor: figure("processor")?,
        checkpoint: figure("checkpoint")?,
        resident: figure("resident")?,
        bytes: figure("bytes")?,
        log: figure("log")?,
    })
}

/// What the process does: imports `source` into a new `database` and prints what it took.
pub(crate) fn child(form: &str, source: &Path, database: &Path) -> Result<()> {
    let store = with_templates(Store::open(database)?)?;
    let log = with_ending(database, "-wal");
    let watch = Watch::start(log.clone());
    let used = machine::processor_seconds();
    let begun = Instant::now();
    let source = File::open(source)?;
    let import = store.import_organisations();
    let report = match form {
        CSV => import.csv(source),
        _ => import.cerebrate(source),
    }
    .apply()?;
    let seconds = begun.elapsed().as_secs_f64();
    let used = machine::processor_seconds().zip(used).map(|(end, start)| end - start);
    let largest = watch.stop().max(size(&log));
    let begun = Instant::now();
    store.tidy()?;
    let checkpoint = begun.elapsed().as_secs_f64();
    let answer = json!({
        "added": report.added,
        "seconds": seconds,
        "processor": used,
        "checkpoint": checkpoint,
        "resident": machine::resident_maximum(),
        "bytes": size(database) + size(&log),
        "log": largest,
    });
    println!("{answer}");
    Ok(())
}

/// Looks at the size of a file until it is told to stop.
struct Watch {
    stopped: Arc<AtomicBool>,
    thread: thread::JoinHandle<u64>,
}

impl Watch {
    fn start(file: PathBuf) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let stopped = Arc::clone(&stopped);
            move || {
                let mut largest = 0;
                while !stopped.load(Ordering::Relaxed) {
                    largest = size(&file).max(largest);
                    thread::sleep(Duration::from_millis(5));
                }
                largest
            }
        });
        Watch { stopped, thread }
    }

    fn stop(self) -> u64 {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |about| about.len())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove(database: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        match fs::remove_file(with_ending(database, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
