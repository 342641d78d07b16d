//! Many organisations at once, in a process of its own so that its memory can be read.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cerebrate_core::error::{Error, Kind};
use cerebrate_wire::FromWire;
use cerebrate_wire::read::OrganisationRecord;
use serde_json::{Value, json};

use crate::machine;
use crate::organisations::{Organisations, with_templates};
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

use Target::{AtLeast, AtMost, None as NoTarget};

/// The first argument of the process that imports.
pub(crate) const CHILD: &str = "--import";

/// Where the largest import is left for others.
pub(crate) fn imported(setting: &Setting) -> PathBuf {
    setting.scratch.join("imported.db")
}

/// How many the largest import has.
pub(crate) fn largest(setting: &Setting) -> usize {
    if setting.quick { 50_000 } else { 500_000 }
}

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let organisations = Organisations::new()?;
    let counts = [(largest(setting) / 10, 12_000.0), (largest(setting), 8_000.0)];
    for (count, least) in counts {
        let lines = setting.scratch.join("import.jsonl");
        let mut file = BufWriter::new(File::create(&lines)?);
        for number in 0..count {
            writeln!(file, "{}", organisations.json(number)?)?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        let database = imported(setting);
        remove(&database)?;
        let figures = in_a_process(&lines, &database)?;
        fs::remove_file(&lines)?;
        add(report, count, least, &figures);
    }
    Ok(())
}

fn add(report: &mut Report, count: usize, least: f64, figures: &Figures) {
    let many = counted(count);
    let how = "own process; JSON lines of peers, checked, indexed, on the feed; one durable commit";
    report.add(
        format!("import of {many} organisations"),
        count as f64 / figures.seconds,
        Unit::PerSecond,
        AtLeast(least),
        format!("{how}, {:.1} s", figures.seconds),
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
    seconds: f64,
    checkpoint: f64,
    resident: f64,
    bytes: f64,
    log: f64,
}

fn in_a_process(lines: &Path, database: &Path) -> Result<Figures> {
    let output =
        Command::new(std::env::current_exe()?).arg(CHILD).arg(lines).arg(database).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the import failed: {said}").into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| answer[name].as_f64().ok_or_else(|| format!("no `{name}`"));
    Ok(Figures {
        seconds: figure("seconds")?,
        checkpoint: figure("checkpoint")?,
        resident: figure("resident")?,
        bytes: figure("bytes")?,
        log: figure("log")?,
    })
}

/// What the process does: imports `lines` into a new `database` and prints what it took.
pub(crate) fn child(lines: &Path, database: &Path) -> Result<()> {
    let store = with_templates(database)?;
    let log = with_ending(database, "-wal");
    let watch = Watch::start(log.clone());
    let begun = Instant::now();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(lines)?);
    let mut line = Vec::new();
    let refused = |message: &str| Error::new(Kind::Invalid, "import", message.to_owned());
    store.transaction(|transaction| {
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line);
            if read.map_err(|error| refused(&error.to_string()))? == 0 {
                return Ok(());
            }
            let reading = OrganisationRecord::from_wire(&line);
            let record = reading.record.ok_or_else(|| refused("not an organisation"))?;
            transaction.organisations().upsert(record.organisation)?;
        }
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let largest = watch.stop().max(size(&log));
    let begun = Instant::now();
    store.tidy()?;
    let checkpoint = begun.elapsed().as_secs_f64();
    let answer = json!({
        "seconds": seconds,
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
