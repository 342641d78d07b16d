//! The audit trail as evidence: `audit verify` and `audit head`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cerebrate_core::audit::chain::{Reference, Report};
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use cerebrate_store::store::SignedHead;
use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::super::failure::{DONE, Outcome, Stop, WRONG, of_file};
use super::super::files::{Draft, read_text};

/// More than any head has.
const LARGEST_HEAD: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A head that `audit head` wrote before; `-` is stdin
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HeadArgs {
    /// Write it to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What was found, and what is wrong with the head that the database keeps.
#[derive(Serialize)]
struct Verified<'a> {
    clean: bool,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_problem: Option<String>,
}

pub(crate) fn verify(context: &mut Context, args: &VerifyArgs) -> Outcome {
    let store = context.place.reading()?;
    let (references, problem) = references(context, &store, args)?;
    let spinner = context.out.progress(None, "verifying");
    let report = store.verify_against(&references);
    spinner.finish_and_clear();
    let report = match report {
        // Where the trail begins is a part of it.
        Err(error) if error.kind() == Kind::Corrupt => return beginning_gone(context, &error),
        report => report?,
    };
    let clean = report.is_clean() && problem.is_none();
    let code = if clean { DONE } else { WRONG };
    if context.out.is_json() {
        let head_problem = problem.as_ref().map(ToString::to_string);
        context.out.document(&Verified { clean, report: Some(&report), head_problem })?;
        return Ok(code);
    }
    context.out.line(&report.to_string())?;
    if let Some(problem) = problem {
        context.out.line(&problem.to_string())?;
    }
    if report.erased > 0 {
        let rows = counted(report.erased, "row");
        context.out.say(&format!("{rows} erased, as later rows of the trail say"))?;
    }
    let is_whole = store.seen_as().is_none();
    if is_whole
        && store.node_key().is_ok()
        && let Err(error) = store.retired_node_keys()
    {
        context.out.warn(&error.to_string())?;
    }
    if store.is_scrub_due()? {
        context.out.warn(super::SCRUB_DUE)?;
    }
    if report.after_head > 0 {
        let rows = counted(report.after_head, "row");
        context.out.say(&format!("{rows} younger than the head"))?;
    }
    let is_alone = matches!(report.reference, Reference::FileAlone);
    if is_whole && is_alone && store.node_key().is_err() {
        let key = context.place.key_path();
        match std::fs::File::open(&key) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => context.out.warn(&format!(
                "the node key in `{}` cannot be read, so that nothing was checked against it: {error}",
                key.display()
            ))?,
            _ => {
                context.out.say(&format!("no node key could be read from `{}`", key.display()))?;
            }
        }
    }
    if is_alone {
        context.out.say(
            "a trail that was rebuilt or cut as a whole shows only against the node key or an \
             exported head: see `cerebrate audit head`",
        )?;
    }
    Ok(code)
}

/// Tells that the trail cannot be followed at all.
fn beginning_gone(context: &mut Context, error: &Error) -> Outcome {
    if context.out.is_json() {
        let head_problem = Some(error.to_string());
        context.out.document(&Verified { clean: false, report: None, head_problem })?;
    } else {
        context.out.line(&error.to_string())?;
    }
    Ok(WRONG)
}

/// What to verify against, and what is wrong with the head that was to be it. An exported head is
/// checked beside the one that is kept.
fn references(
    context: &mut Context,
    store: &Store,
    args: &VerifyArgs,
) -> Result<(Vec<Reference>, Option<Error>), Stop> {
    let mut references = Vec::new();
    if let Some(path) = &args.head {
        let head = read_head(path)?;
        let reference =
            store.reference_of(&head).map_err(|error| error.with("file", path.display()))?;
        let is_ours = store.node_key().is_ok_and(|key| head.head.key_id == Some(key.id()));
        // A user is not told of which key the node is.
        if head.signature.is_some() && !is_ours && store.seen_as().is_none() {
            context.out.say("the signature of the head was not checked: it needs its node key")?;
        }
        references.push(reference);
    }
    match store.reference() {
        Ok(reference) => {
            references.push(reference);
            Ok((references, None))
        }
        Err(error) if matches!(error.kind(), Kind::Untrusted | Kind::Corrupt) => {
            Ok((references, Some(error)))
        }
        Err(error) => Err(error.into()),
    }
}

fn read_head(path: &Path) -> Result<SignedHead> {
    serde_json::from_str(&read_text(path, LARGEST_HEAD)?).map_err(|source| {
        Error::new(Kind::Invalid, "read head", "the file is not a head of an audit trail")
            .with("file", path.display())
            .hint("`cerebrate audit head -o FILE` writes one")
            .caused_by(source)
    })
}

pub(crate) fn head(context: &mut Context, args: &HeadArgs) -> Outcome {
    let head = context.place.reading()?.head()?;
    match &args.output {
        None => context.out.document(&head)?,
        Some(path) => {
            // A head that was exported before is evidence.
            if path.is_file() {
                return Err(Error::new(Kind::Conflict, "write head", "there is a file already")
                    .with("file", path.display())
                    .hint("an older head is worth keeping: write this one to another file")
                    .into());
            }
            let write = || -> io::Result<()> {
                let mut draft = Draft::of(path)?;
                serde_json::to_writer_pretty(&mut draft, &head)?;
                draft.write_all(b"\n")?;
                draft.finish()
            };
            write().map_err(|error| of_file("write head", path, error))?;
            context.out.say(&format!(
                "head at row {} written to `{}`; keep it where the database is not",
                head.head.seq,
                path.display()
            ))?;
        }
    }
    if head.signature.is_none() {
        context.out.warn("the head is not signed: there is no node key")?;
    }
    Ok(DONE)
}
