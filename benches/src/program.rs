//! `cerebrate who`: the whole program, from start to end.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::measure::median_of;
use crate::organisations::{Organisations, of_usual_size};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

const RUNS: usize = 21;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name(format!("cerebrate{}", std::env::consts::EXE_SUFFIX));
    let sample = setting.scratch.join("sample.db");
    let output =
        Command::new(&program).arg("--db").arg(&sample).args(["init", "--sample"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let subjects = ["185.194.93.14", "AS197869", "www.circl.lu"].map(str::to_owned);
    let time = slowest(&program, &sample, &subjects.map(|subject| vec![subject]))?;
    report.add(
        "`cerebrate who X`, the sample",
        time,
        Unit::Milliseconds,
        Target::AtMost(30.0),
        format!("whole process, median of {RUNS}; address, AS number, domain: the slowest"),
    );

    let (large, count) = of_usual_size(setting)?;
    let mut random = Random::new(9);
    let mut kinds = [const { Vec::new() }; 3];
    for _ in 0..RUNS {
        let organisation = Organisations::new()?.get(random.below(count))?;
        for (kind, value) in kinds.iter_mut().zip(&organisation.meta_fields) {
            kind.push(value.value.replace(".0/24", ".7"));
        }
    }
    let time = slowest(&program, &large, &kinds)?;
    report.add(
        format!("`cerebrate who X`, {} organisations", counted(count)),
        time,
        Unit::Milliseconds,
        Target::AtMost(300.0),
        format!("the same, {RUNS} different subjects of each kind"),
    );
    Ok(())
}

/// The median of each kind of subject; the greatest of them, in milliseconds.
fn slowest(program: &Path, database: &Path, kinds: &[Vec<String>]) -> Result<f64> {
    let mut slowest: f64 = 0.0;
    for subjects in kinds {
        let mut next = subjects.iter().cycle();
        let time = median_of(RUNS, || {
            let subject = next.next().map_or("", String::as_str);
            let mut command = Command::new(program);
            command.arg("--db").arg(database).args(["who", subject, "--json"]);
            let begun = Instant::now();
            let output = command.output()?;
            let time = begun.elapsed();
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
            if answer[0]["matches"].as_array().is_none_or(Vec::is_empty) {
                return Err(format!("`who {subject}` found nobody").into());
            }
            Ok::<_, Box<dyn std::error::Error>>(time)
        })?;
        slowest = slowest.max(time.as_secs_f64() * 1e3);
    }
    Ok(slowest)
}
