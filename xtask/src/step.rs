//! Steps: what is run, how long it took, and what to type when it failed.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why a command of `cargo xtask` ends with an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments make no sense.
    Usage(String),
    /// Something else, with a hint if there is one.
    Failed { what: String, hint: Option<String> },
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Failure::Failed { what: what.into(), hint: None }
    }

    pub(crate) fn with_hint(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Failure::Failed { what: what.into(), hint: Some(hint.into()) }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Failed { .. } => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(what) => {
                write!(f, "error: {what}\nhint: `cargo xtask` lists the commands")
            }
            Failure::Failed { what, hint: None } => write!(f, "error: {what}"),
            Failure::Failed { what, hint: Some(hint) } => write!(f, "error: {what}\nhint: {hint}"),
        }
    }
}

/// A program with its arguments, shown exactly as one would type it.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
}

impl Invocation {
    pub(crate) fn new(program: impl Into<String>) -> Self {
        Invocation { program: program.into(), arguments: Vec::new(), environment: Vec::new() }
    }

    pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Invocation::new("cargo").arguments(arguments)
    }

    pub(crate) fn arguments<T: AsRef<str>>(mut self, more: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(more.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn environment(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Runs it with our own standard output, so that its closing lines are in the log.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let status = self.command().status().map_err(|error| self.not_started(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::with_hint(
                format!("`{}` ended with {status}", self.program),
                format!("to repeat it: {self}"),
            ))
        }
    }

    /// Runs it and returns what it printed.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        let output = self
            .command()
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| self.not_started(&error))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Failure::with_hint(
                format!("`{}` ended with {}", self.program, output.status),
                format!("to repeat it: {self}"),
            ))
        }
    }

    fn command(&self) -> Command {
        // Within `cargo xtask` this names the very cargo that runs us.
        let program = match self.program.as_str() {
            "cargo" => std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
            other => other.to_owned(),
        };
        let mut command = Command::new(program);
        command.args(&self.arguments).envs(self.environment.iter().copied()).stdin(Stdio::null());
        command.current_dir(crate::workspace::root());
        command
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` could not be started: {error}", self.program))
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", quoted(&self.program))?;
        for argument in &self.arguments {
            write!(f, " {}", quoted(argument))?;
        }
        Ok(())
    }
}

/// One line of the summary.
pub(crate) struct Step {
    name: String,
    work: Work,
}

enum Work {
    Run(Invocation),
    Check { command: &'static str, check: fn() -> Result<(), Failure> },
}

impl Step {
    pub(crate) fn run(name: impl Into<String>, invocation: Invocation) -> Self {
        Step { name: name.into(), work: Work::Run(invocation) }
    }

    /// A check of our own; `command` is what to type to repeat it.
    pub(crate) fn check(
        name: impl Into<String>,
        command: &'static str,
        check: fn() -> Result<(), Failure>,
    ) -> Self {
        Step { name: name.into(), work: Work::Check { command, check } }
    }

    pub(crate) fn command(&self) -> String {
        match &self.work {
            Work::Run(invocation) => invocation.to_string(),
            Work::Check { command, .. } => (*command).to_owned(),
        }
    }
}

/// Runs the steps in order, stops at the first that fails, and prints the time of each.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), Failure> {
    let started = Instant::now();
    let mut times = Vec::new();
    for (place, step) in (1..).zip(steps) {
        println!("\n==> [{place}/{}] {}: {}", steps.len(), step.name, step.command());
        let begun = Instant::now();
        let outcome = match &step.work {
            Work::Run(invocation) => invocation.run(),
            Work::Check { check, .. } => check(),
        };
        times.push((step.name.as_str(), begun.elapsed()));
        if let Err(failure) = outcome {
            // What an invocation can say is said by its program, and below.
            if let Work::Check { .. } = step.work {
                println!("\n{failure}");
            }
            println!("{}", summary(&times, "FAILED"));
            return Err(Failure::with_hint(
                format!("step `{}` failed, {} not run", step.name, steps.len() - times.len()),
                format!("to repeat it: {}", step.command()),
            ));
        }
    }
    println!("{}", summary(&times, "ok"));
    println!("all {} steps passed in {}", steps.len(), seconds(started.elapsed()));
    Ok(())
}

/// A table of times; the last step carries `last`, all before it passed.
fn summary(times: &[(&str, Duration)], last: &str) -> String {
    let lines = times.iter().enumerate().map(|(index, (name, time))| {
        let verdict = if index + 1 == times.len() { last } else { "ok" };
        format!("\n{:>9}  {verdict:<6}  {name}", seconds(*time))
    });
    format!("\n==> Summary{}", lines.collect::<String>())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The argument as a POSIX shell needs it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_shown_as_one_types_it() {
        let invocation = Invocation::cargo(["doc", "--no-deps"])
            .arguments(["it's"])
            .environment("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            invocation.to_string(),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s'"
        );
    }

    #[test]
    fn the_first_failing_step_stops_the_run_and_says_how_to_repeat_it() {
        fn fails() -> Result<(), Failure> {
            Err(Failure::new("on purpose"))
        }
        fn is_not_reached() -> Result<(), Failure> {
            panic!("the step after a failure ran")
        }
        let steps = [
            Step::check("first", "cargo xtask first", || Ok(())),
            Step::check("second", "cargo xtask second", fails),
            Step::check("third", "cargo xtask third", is_not_reached),
        ];
        let failure = run_all(&steps).unwrap_err();
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(
            failure.to_string(),
            "error: step `second` failed, 1 not run\nhint: to repeat it: cargo xtask second"
        );
    }

    #[test]
    fn a_program_that_fails_or_is_missing_is_a_failure() {
        assert!(Invocation::cargo(["--version"]).read().unwrap().starts_with("cargo "));
        assert!(Invocation::new("false").read().is_err());
        assert!(Invocation::new("/no/such/program").run().is_err());
    }

    #[test]
    fn the_summary_names_every_step_and_the_one_that_failed() {
        let times = [("format", Duration::from_millis(1240)), ("lints", Duration::from_secs(90))];
        let text = summary(&times, "FAILED");
        assert_eq!(text, "\n==> Summary\n    1.2 s  ok      format\n   90.0 s  FAILED  lints");
    }
}
