//! Why a command ends early, and how that is told.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use cerebrate_core::problem::Problem;
use cerebrate_core::{Error, Kind};

use super::out::visible;

/// Exit code of a command that did all it was asked.
pub(crate) const DONE: u8 = 0;

/// Exit code of a command that did what it could, and listed what is wrong.
pub(crate) const WRONG: u8 = 1;

/// Exit code of a wrong command line.
pub(crate) const USAGE: u8 = 2;

/// What a command answers: its exit code, or why it stopped.
pub(crate) type Outcome = Result<u8, Stop>;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something went wrong.
    Error(Error),
    /// The input is refused for these problems.
    Refused(Error, Vec<Problem>),
    /// The command line is wrong in a way that only the command knows.
    Usage(String),
    /// The same, and what to type instead.
    Misused { message: String, hint: String },
    /// Whoever reads our output went away.
    NobodyReads,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let source = std::error::Error::source(&error);
        let source = source.and_then(|source| source.downcast_ref::<io::Error>());
        match source.map(io::Error::kind) {
            Some(io::ErrorKind::BrokenPipe) => Stop::NobodyReads,
            _ => Stop::Error(error),
        }
    }
}

impl Stop {
    /// What it means that our output could not be written.
    pub(crate) fn of_output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::NobodyReads,
            _ => Stop::Error(
                Error::new(Kind::Exhausted, "write output", "the output cannot be written")
                    .hint("check where it goes: the disk may be full")
                    .caused_by(error),
            ),
        }
    }

    /// The exit code that tells it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Stop::Error(error) | Stop::Refused(error, _) => error.kind().exit_code(),
            Stop::Usage(_) | Stop::Misused { .. } => USAGE,
            Stop::NobodyReads => DONE,
        }
    }

    /// Tells it on stderr, for people.
    pub(crate) fn tell(&self) {
        let text = match self {
            Stop::Error(error) => told(error, &[]),
            Stop::Refused(error, problems) => told(error, problems),
            Stop::Usage(message) => {
                format!("{}\n{MORE}", headed("error", ERROR, message))
            }
            Stop::Misused { message, hint } => {
                let hint = headed("hint", HINT, hint);
                format!("{}\n{hint}\n{MORE}", headed("error", ERROR, message))
            }
            Stop::NobodyReads => return,
        };
        super::out::talk(&text);
    }
}

/// What it means that a file could not be read or written.
pub(crate) fn of_file(operation: &'static str, path: &Path, error: io::Error) -> Error {
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (Kind::NotFound, "there is no such file"),
        io::ErrorKind::PermissionDenied => (Kind::Denied, "the permission is missing"),
        io::ErrorKind::ReadOnlyFilesystem => (Kind::Denied, "the file system is read-only"),
        io::ErrorKind::IsADirectory => (Kind::Invalid, "it is a folder, not a file"),
        io::ErrorKind::AlreadyExists => (Kind::Conflict, "the file exists already"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (Kind::Exhausted, "the disk is full")
        }
        io::ErrorKind::InvalidData => (Kind::Invalid, "the file is not UTF-8 text"),
        _ => (Kind::Unavailable, "the file cannot be used"),
    };
    Error::new(kind, operation, message).with("file", path.display()).caused_by(error)
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

const MORE: &str = "\nFor more information, try '--help'.\n";

fn told(error: &Error, problems: &[Problem]) -> String {
    let mut text = headed("error", ERROR, &error.to_string());
    text.push('\n');
    for problem in problems {
        text.push_str(&problem_lines(problem));
    }
    if let Some(hint) = error.advice() {
        text.push_str(&headed("hint", HINT, hint));
        text.push('\n');
    }
    text
}

/// A problem in one line, with its advice in a second.
pub(crate) fn problem_lines(problem: &Problem) -> String {
    let mut text = format!("  {}\n", visible(&problem.to_string()));
    if let Some(hint) = problem.advice() {
        let _ = writeln!(text, "    {}", headed("hint", HINT, hint));
    }
    text
}

fn headed(head: &str, style: Style, message: &str) -> String {
    format!("{style}{head}:{style:#} {}", visible(message))
}

/// A warning in one line.
pub(crate) fn warning(message: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{}\n", headed("warning", AnsiColor::Yellow.on_default().bold(), message)))
}
