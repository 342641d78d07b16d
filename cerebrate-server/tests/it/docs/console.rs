//! Runs what a page shows, in a folder of its own, and compares.
//!
//! A block of kind `console` holds commands behind `$` and what they print, on stdout and stderr. A
//! comment `<!-- file: NAME -->` makes a file of the block below it, `<!-- run: COMMAND -->` runs
//! something that the page does not show. UUIDs, times and names of node keys differ from run to run:
//! a UUID of the page stands for the one that takes its place in the output.

use std::collections::HashMap;
use std::path::Path;

use crate::Place;

const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const TIME: &str = "dddd-dd-ddTdd:dd:ddZ";
/// The name of a node key.
const KEY: &str = "xxxxxxxxxxxxxxxx";

/// How many commands were run.
pub(super) fn check(page: &str, text: &str) -> usize {
    let mut session = Session { place: Place::empty(), page, known: HashMap::new(), commands: 0 };
    let mut lines = text.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"))
        {
            let (what, of) = comment.split_once(": ").expect("a comment says what to do");
            if what == "file" {
                file = Some(of);
            } else {
                assert_eq!(what, "run", "{page}: {line}");
                session.run(of);
            }
        } else if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(name) = file.take() {
                session.place.write(name, block.join("\n") + "\n");
            } else if kind == "console" {
                session.block(&block);
            }
        }
    }
    session.commands
}

struct Session<'p> {
    place: Place,
    page: &'p str,
    /// UUIDs of the page, and what they are here.
    known: HashMap<String, String>,
    commands: usize,
}

impl Session<'_> {
    fn block(&mut self, block: &[&str]) {
        let mut lines = block.iter().peekable();
        while let Some(line) = lines.next() {
            let mut command =
                line.strip_prefix("$ ").expect("output stands below a command").to_owned();
            while command.ends_with('\\') {
                command.pop();
                command.push_str(lines.next().unwrap());
            }
            let mut shown = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                shown.push(line.trim_end());
            }
            self.compare(&command, &shown);
        }
    }

    fn compare(&mut self, command: &str, shown: &[&str]) {
        self.commands += 1;
        let printed = self.run(command);
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        for (shown, printed) in shown.iter().zip(&printed) {
            for (page, here) in uuids(shown).into_iter().zip(uuids(printed)) {
                self.known.insert(page, here);
            }
        }
        let masked = |lines: &[&str]| lines.iter().map(|line| mask(line)).collect::<Vec<_>>();
        let (shown, printed) = (masked(shown), masked(&printed));
        assert_eq!(printed.join("\n"), shown.join("\n"), "{}: `{command}`", self.page);
    }

    fn run(&self, command: &str) -> String {
        let mut command = command.to_owned();
        for (page, here) in &self.known {
            command = command.replace(page, here);
        }
        let program = Path::new(env!("CARGO_BIN_EXE_cerebrate")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.place.path("."))
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .env_remove("CEREBRATE_DB")
            .env_remove("CEREBRATE_KEY_FILE")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The line with every UUID and every time made alike.
fn mask(line: &str) -> String {
    let mut masked = line.to_owned();
    for (pattern, at) in found(line) {
        masked.replace_range(at..at + pattern.len(), pattern);
    }
    masked
}

fn uuids(line: &str) -> Vec<String> {
    let uuids = found(line).into_iter().filter(|(pattern, _)| *pattern == UUID);
    uuids.map(|(_, at)| line[at..at + UUID.len()].to_owned()).collect()
}

fn found(line: &str) -> Vec<(&'static str, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        match [UUID, TIME, KEY].into_iter().find(|pattern| fits(pattern, &line.as_bytes()[at..])) {
            Some(pattern) => {
                found.push((pattern, at));
                at += pattern.len();
            }
            None => at += 1,
        }
    }
    found
}

fn fits(pattern: &str, text: &[u8]) -> bool {
    let fits = |(pattern, byte): (u8, &u8)| match pattern {
        b'x' => byte.is_ascii_hexdigit(),
        b'd' => byte.is_ascii_digit(),
        other => other == *byte,
    };
    text.len() >= pattern.len() && pattern.bytes().zip(text).all(fits)
}
