//! The other process.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running `cerebrate-testkit-writer`; killed when dropped.
pub(crate) struct Writer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// The program, and how it is started.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cerebrate-testkit-writer");

impl Writer {
    pub(crate) fn start(what: &str, file: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg(what).arg(file).args(more);
        Self::run(command)
    }

    pub(crate) fn run(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Writer { child, lines }
    }

    /// The next line it says; `None` once it is gone. A line that was cut off is none.
    pub(crate) fn line(&mut self) -> Option<String> {
        self.lines.next().map(Result::unwrap)
    }

    /// Kills it, without a chance to clean up, and answers what it had still said.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.by_ref().map(Result::unwrap).collect()
    }

    /// Ends its input and waits for its end; answers what it had still said.
    pub(crate) fn finish(mut self) -> Vec<String> {
        drop(self.child.stdin.take());
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        self.child.wait().unwrap();
        rest
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
