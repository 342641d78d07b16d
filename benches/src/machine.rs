//! What a figure depends on beside the code.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::measure::median_of;

/// The machine in one line.
pub(crate) fn describe(scratch: &Path) -> Result<String> {
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok())
        .map_or_else(|| "unknown".to_owned(), |kib| format!("{:.0} GiB", kib / 1_048_576.0));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let fsync = fsync_time(scratch)?.as_secs_f64() * 1e3;
    Ok(format!(
        "{model}, {cores} cores, {memory} of memory, {} {}, fsync {fsync:.2} ms",
        std::env::consts::OS,
        kernel.trim(),
    ))
}

/// How busy the machine is, as the system counts it.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The most memory that this process ever had resident, in bytes.
pub(crate) fn resident_maximum() -> Option<usize> {
    let text = field("/proc/self/status", "VmHWM")?;
    text.trim_end_matches(" kB").parse::<usize>().ok().map(|kib| kib * 1024)
}

/// Seconds of processor that this process has used.
pub(crate) fn processor_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything, come eleven others; ticks are hundredths.
    let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

/// How long the disk takes to keep a page for good.
fn fsync_time(scratch: &Path) -> Result<Duration> {
    let mut file = File::create(scratch.join("fsync"))?;
    median_of(51, || {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        Ok(begun.elapsed())
    })
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
