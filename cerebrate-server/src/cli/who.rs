//! `who`: who is responsible.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use cerebrate_core::problem::excerpt;
use cerebrate_core::subject::{Subject, TEXT_LIMIT};
use cerebrate_core::{Error, Result};
use cerebrate_store::Store;
use cerebrate_store::lookup::{Basis, Match, Responsibility};
use clap::Args;
use serde::Serialize;

use super::Context;
use super::failure::{DONE, Outcome, Stop, WRONG, of_file};
use super::files;
use super::out::{STRONG, visible};

/// Up to this many subjects are put to the store one by one; for more an index may pay.
const FEW: usize = 200;

/// How many subjects are answered together.
const TOGETHER: usize = 10_000;

/// The longest line of a list, in bytes. No subject is that long.
const LONGEST_LINE: u64 = 64 * 1024;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("asked").required(true).multiple(true))]
pub(crate) struct WhoArgs {
    /// IP addresses, networks, AS numbers, domains, e-mail addresses, URLs, countries, in any mix
    #[arg(value_name = "SUBJECT", group = "asked")]
    subjects: Vec<String>,
    /// Put organisations that serve this sector first
    #[arg(long, value_name = "SECTOR")]
    sector: Option<String>,
    /// More subjects from a file, one a line; blank lines and those that begin with `#` are left
    /// out; `-` is stdin
    #[arg(long, value_name = "LIST", group = "asked")]
    file: Option<PathBuf>,
}

/// An answer, as scripts read it.
#[derive(Serialize)]
struct Answer<'a> {
    subject: &'a str,
    matches: &'a [Match],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Unreadable<'a>>,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    kind: &'static str,
    message: &'a str,
}

/// A subject as given, and as understood.
type Asked = (String, Result<Subject>);

pub(crate) fn who(context: &mut Context, args: &WhoArgs) -> Outcome {
    let store = context.place.reading()?;
    let given = args.subjects.iter().cloned().map(Ok);
    let listed = match &args.file {
        Some(path) => Some(lines(path)?),
        None => None,
    };
    let mut subjects = given.chain(listed.into_iter().flatten());
    let mut answers = Answers { sector: args.sector.as_deref(), first: true, unreadable: false };
    if context.out.is_json() {
        context.out.text("[")?;
    }
    let bar = context.out.progress_beside("subjects");
    let mut many = false;
    loop {
        let mut asked = Vec::new();
        for text in subjects.by_ref().take(TOGETHER) {
            let text = text?;
            let subject = text.parse();
            asked.push((text, subject));
        }
        many |= asked.len() > FEW;
        if asked.is_empty() {
            break;
        }
        bar.inc(asked.len() as u64);
        answers.tell(context, &store, &asked, many)?;
    }
    bar.finish_and_clear();
    if context.out.is_json() {
        context.out.text(if answers.first { "]\n" } else { "\n]\n" })?;
    }
    Ok(if answers.unreadable { WRONG } else { DONE })
}

/// What is known while answers are told.
struct Answers<'a> {
    sector: Option<&'a str>,
    first: bool,
    unreadable: bool,
}

impl Answers<'_> {
    fn tell(
        &mut self,
        context: &mut Context,
        store: &Store,
        asked: &[Asked],
        many: bool,
    ) -> Result<(), Stop> {
        let readable = asked.iter().filter_map(|(_, subject)| subject.as_ref().ok()).cloned();
        let mut lookup = store.lookup();
        if let Some(sector) = self.sector {
            lookup = lookup.sector(sector);
        }
        let found: Vec<Responsibility> = if many {
            lookup.responsible_for_all(readable)?
        } else {
            readable.map(|subject| lookup.responsible_by_query(subject)).collect::<Result<_>>()?
        };
        let mut found = found.iter();
        for (text, subject) in asked {
            match subject {
                Ok(_) => {
                    let matches = found.next().map(Responsibility::matches).unwrap_or_default();
                    self.answer(context, text, matches, None)?;
                }
                Err(error) => {
                    self.unreadable = true;
                    self.answer(context, text, &[], Some(error))?;
                }
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        context: &mut Context,
        subject: &str,
        matches: &[Match],
        error: Option<&Error>,
    ) -> Result<(), Stop> {
        // What is too long to be a subject is not repeated whole: a list may be full of such lines.
        let beginning;
        let subject = if subject.len() > TEXT_LIMIT {
            beginning = excerpt(subject);
            beginning.as_ref()
        } else {
            subject
        };
        if context.out.is_json() {
            let unreadable = |error: &'_ Error| (error.kind().as_str(), error.message().to_owned());
            let unreadable = error.map(unreadable);
            let error = unreadable
                .as_ref()
                .map(|(kind, message)| Unreadable { kind, message: message.as_str() });
            let answer = Answer { subject, matches, error };
            let separator = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
            context.out.text(separator)?;
            return context.out.compact(&answer);
        }
        let shown = visible(subject);
        if let Some(error) = error {
            context.out.line(&format!("{shown}  not readable: {}", visible(error.message())))?;
            return match error.advice() {
                Some(hint) => context.out.say(&format!("hint: {hint}")),
                None => Ok(()),
            };
        }
        if matches.is_empty() {
            return context.out.line(&format!("{shown}  nobody is known to be responsible"));
        }
        for hit in matches {
            let name = visible(&hit.organisation.name);
            let reason = reason(&hit.basis);
            context.out.line(&format!(
                "{shown}  {STRONG}{name}{STRONG:#}  because of {}",
                visible(&reason)
            ))?;
        }
        Ok(())
    }
}

/// The stored value that is the reason, and what it was read as where that differs.
fn reason(basis: &Basis) -> String {
    let (value, read) = (basis.value.trim(), basis.normalised());
    if value == read {
        format!("{} {read}", basis.kind)
    } else {
        format!("{} {} ({read})", basis.kind, excerpt(value))
    }
}

/// The subjects of a list: one a line, blank lines and comments left out.
fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String>>> {
    let mut reader = BufReader::new(files::open(path)?);
    let path = path.to_owned();
    let mut over = false;
    Ok(std::iter::from_fn(move || {
        while !over {
            let mut line = Vec::new();
            let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            match read {
                Err(error) => {
                    over = true;
                    return Some(Err(of_file("read list", &path, error)));
                }
                Ok(0) => over = true,
                Ok(bytes) if bytes as u64 == LONGEST_LINE && !line.ends_with(b"\n") => {
                    // Too long to be a subject, and told so; the next line begins behind it.
                    if let Err(error) = skip_line(&mut reader) {
                        over = true;
                        return Some(Err(of_file("read list", &path, error)));
                    }
                    return Some(Ok(String::from_utf8_lossy(&line).into_owned()));
                }
                Ok(_) => {
                    let text = String::from_utf8_lossy(&line);
                    let text = text.trim().trim_start_matches('\u{feff}');
                    if !text.is_empty() && !text.starts_with('#') {
                        return Some(Ok(text.to_owned()));
                    }
                }
            }
        }
        None
    }))
}

/// Reads to the end of a line without keeping it.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    let mut rest = Vec::new();
    loop {
        rest.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut rest)?;
        if read == 0 || rest.ends_with(b"\n") {
            return Ok(());
        }
    }
}
