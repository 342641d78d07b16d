//! The pages under `docs/` tell the truth: the reference is what `help` says, and what guides show is
//! what happens.
//!
//! After a change of the command line, `CEREBRATE_WRITE_DOCS=1 cargo test -p cerebrate-server docs`
//! writes the reference anew.

#[cfg(unix)]
mod console;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cerebrate_core::constituency::{CLAIM_LIMIT, PROBLEM_LIMIT};
use cerebrate_core::meta::file;
use cerebrate_core::meta::pattern::MAX_PATTERN;
use cerebrate_core::model::{LONG_TEXT, SHORT_TEXT, TAG_NAME};
use cerebrate_core::query::FILTER_LIST;
use cerebrate_core::sharing::{MAX_MEMBERS, MAX_NODES};
use cerebrate_core::subject::TEXT_LIMIT;
use cerebrate_store::lookup::index::MAX_CLAIMS;

use crate::Place;

/// Of these every command is the same: records are listed, shown, added, edited, removed.
const RECORDS: [&str; 12] = [
    "organisation",
    "individual",
    "alignment",
    "group",
    "tag",
    "mailing-list",
    "organisation-group",
    "enumeration",
    "key",
    "role",
    "user",
    "limitation",
];

/// The heading of the options that every command has; they are described once.
const COMMON: &str = "\nEverywhere:\n";

fn page(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name)
}

#[test]
fn the_reference_is_what_help_says() {
    let path = page("reference/command-line.md");
    let text = reference(&Place::sample());
    if std::env::var_os("CEREBRATE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "see the head of `tests/it/docs.rs`; help says now:\n{text}");
}

#[cfg(unix)]
#[test]
fn what_pages_show_is_what_happens() {
    for name in [
        "guides/first-database.md",
        "guides/import-a-member-list.md",
        "guides/define-a-template.md",
        "concepts/lookup.md",
        "concepts/feed-and-undo.md",
        "concepts/audit.md",
        "concepts/sharing-groups.md",
        "concepts/who-sees-what.md",
        "concepts/figures.md",
        "concepts/users-and-roles.md",
        "concepts/inbox.md",
    ] {
        let text = std::fs::read_to_string(page(name)).unwrap();
        let shown = console::check(name, &text);
        assert!(shown > 0, "{name} shows no command");
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let page = std::fs::read_to_string(page("reference/limits.md")).unwrap();
    for (what, limit) in [
        ("name, web address", SHORT_TEXT),
        ("name of a tag", TAG_NAME),
        ("contacts, description, value", LONG_TEXT),
        ("entries of one filter", FILTER_LIST),
        ("organisations listed by one sharing group", MAX_MEMBERS),
        ("nodes that write one value of a sharing group", MAX_NODES),
        ("claims from one value", CLAIM_LIMIT),
        ("problems listed for one value", PROBLEM_LIMIT),
        ("text of a subject", TEXT_LIMIT),
        ("template file", file::MAX_FILE),
        ("fields of a template", file::MAX_FIELDS),
        ("entries of a values list", file::MAX_LIST),
        ("pattern |", MAX_PATTERN),
        ("claims of one kind in the index", MAX_CLAIMS),
    ] {
        let row = page.lines().find(|line| line.starts_with(&format!("| {what}"))).unwrap();
        let spelled = row.split('|').nth(2).unwrap().trim().replace(',', "");
        let (number, unit) = spelled.split_once(' ').unwrap_or((&spelled, ""));
        let unit = if unit == "MiB" { 1 << 20 } else { 1 };
        assert_eq!(number.parse::<usize>().unwrap() * unit, limit, "{row}");
    }
}

fn reference(place: &Place) -> String {
    let mut page = String::from(
        "# Command line\n\n\
         What `cerebrate help COMMAND` says, in one page. Options of every command:\n\n```text\n",
    );
    let main = help(place, &[], "-h");
    page.push_str(&main[main.find("Options:").unwrap()..]);
    page.push_str("```\n");
    for command in commands(&main) {
        describe(place, &[&command], &mut page);
    }
    page
}

fn describe(place: &Place, path: &[&str], page: &mut String) {
    if let [record] = path
        && RECORDS.contains(record)
    {
        return describe_record(place, record, page);
    }
    let short = help(place, path, "-h");
    let long = help(place, path, "--help");
    let about = paragraphs(long.split("\nUsage:").next().unwrap_or_default());
    let _ = write!(page, "\n## cerebrate {}\n\n{about}\n", path.join(" "));
    let commands = commands(&short);
    if commands.is_empty() {
        let _ = write!(page, "\n```text\n{}```\n", usage(&short));
    }
    for command in commands {
        describe(place, &[path, &[&command]].concat(), page);
    }
}

/// What is special about one kind of record; the first one stands for all.
fn describe_record(place: &Place, record: &str, page: &mut String) {
    let short = help(place, &[record], "-h");
    let about = paragraphs(short.split("\nUsage:").next().unwrap_or_default());
    let fields = place.fails(1, &[record, "add", "x", "--set", "nothing=x"]).err;
    let fields = fields.split_once("it has ").unwrap().1.split(';').next().unwrap();
    let _ = write!(page, "\n## cerebrate {record}\n\n{about}. Fields: {}.\n", fields.trim());
    let first = RECORDS[0];
    if record == first {
        for command in commands(&short) {
            describe(place, &[record, &command], page);
        }
        return;
    }
    let common = commands(&help(place, &[first], "-h"));
    let (shared, own): (Vec<_>, Vec<_>) =
        commands(&short).into_iter().partition(|command| common.contains(command));
    assert_eq!(shared, common);
    for command in shared {
        let this = help(place, &[record, &command], "-h");
        let that = help(place, &[first, &command], "-h");
        let spelled = |record: &str| format!("cerebrate {record} ");
        assert_eq!(this.replace(&spelled(record), &spelled(first)), that);
    }
    let more = if own.is_empty() { "." } else { ", and these:" };
    let _ =
        writeln!(page, "\nThe commands and their options are those of `cerebrate {first}`{more}");
    for command in own {
        describe(place, &[record, &command], page);
    }
}

fn help(place: &Place, path: &[&str], flag: &str) -> String {
    let arguments = [path, &[flag]].concat();
    let output = place.command(&arguments).env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success(), "{path:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

/// Text with a line for each paragraph.
fn paragraphs(text: &str) -> String {
    let lines = text.trim().split("\n\n").map(|lines| lines.replace('\n', " "));
    lines.collect::<Vec<_>>().join("\n\n")
}

/// A help from its usage on, without the options of every command.
fn usage(help: &str) -> String {
    let text = &help[help.find("Usage:").unwrap()..help.find(COMMON).unwrap()];
    // Its text stands below it where the lines are long.
    let is_of_help =
        |line: &&str| line.trim_start().starts_with("-h, --help") || line.trim() == "Print help";
    let lines: Vec<&str> = text.lines().filter(|line| !is_of_help(line)).collect();
    let text = lines.join("\n");
    let text = text.trim_end();
    format!("{}\n", text.strip_suffix("Options:").unwrap_or(text).trim_end())
}
