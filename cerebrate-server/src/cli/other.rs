//! Small commands: search, backup, completions.

use std::path::PathBuf;

use cerebrate_core::error::Result;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{Individual, Organisation};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde::Serialize;
use serde_json::json;

use super::failure::{DONE, Outcome};
use super::out::Table;
use super::records::{Known, Names};
use super::{Cli, Context, at_least_one};

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// What to look for, without regard to case and accents
    text: String,
    /// At most this many of each kind
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = at_least_one)]
    limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct UnreadableArgs {
    /// At most this many
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = at_least_one)]
    limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; it must not exist
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// A record that was found.
#[derive(Serialize)]
struct Found {
    kind: &'static str,
    id: String,
    name: String,
}

pub(crate) fn search(context: &mut Context, args: &SearchArgs) -> Outcome {
    let store = context.place.reading()?;
    let mut names = Names::new(&store);
    let organisations = store.search::<Organisation>(&args.text, args.limit)?;
    let mut found = rows(&organisations, &mut names)?;
    let individuals = store.search::<Individual>(&args.text, args.limit)?;
    found.extend(rows(&individuals, &mut names)?);
    let full = |found: usize| found == args.limit;
    if full(organisations.len()) || full(individuals.len()) {
        context.out.say("there may be more: raise `--limit`, or search for a longer text")?;
    }
    if context.out.is_json() {
        context.out.document(&found)?;
        return Ok(DONE);
    }
    if found.is_empty() {
        context.out.say("nothing found")?;
        return Ok(DONE);
    }
    let mut table = Table::new(vec!["Kind", "Name", "UUID"]);
    for row in found {
        table.row(&mut context.out, vec![row.kind.to_owned(), row.name, row.id])?;
    }
    table.end(&mut context.out)?;
    Ok(DONE)
}

fn rows<E: Known>(records: &[E], names: &mut Names<'_>) -> Result<Vec<Found>> {
    let row = |record: &E| {
        let name = record.title(names)?;
        Ok(Found { kind: E::KIND.as_str(), id: record.id().to_string(), name })
    };
    records.iter().map(row).collect()
}

/// A value from which nothing could be read.
#[derive(Serialize)]
struct UnreadableValue<'a> {
    organisation: Owner<'a>,
    field: &'a str,
    value: &'a str,
    problem: &'a str,
}

#[derive(Serialize)]
struct Owner<'a> {
    uuid: OrganisationId,
    name: &'a str,
}

pub(crate) fn unreadable(context: &mut Context, args: &UnreadableArgs) -> Outcome {
    let found = context.place.reading()?.lookup().unreadable(args.limit)?;
    if context.out.is_json() {
        let rows: Vec<UnreadableValue<'_>> = found
            .iter()
            .map(|claim| UnreadableValue {
                organisation: Owner { uuid: claim.organisation, name: &claim.name },
                field: &claim.field,
                value: &claim.value,
                problem: &claim.problem,
            })
            .collect();
        context.out.document(&rows)?;
        return Ok(DONE);
    }
    if found.is_empty() {
        context.out.say("every constituency value can be read")?;
        return Ok(DONE);
    }
    let mut table = Table::new(vec!["Organisation", "Field", "Value", "Problem"]);
    for claim in found {
        let cells = vec![claim.name, claim.field, claim.value, claim.problem];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    Ok(DONE)
}

pub(crate) fn backup(context: &mut Context, args: &BackupArgs) -> Outcome {
    let store = context.place.reading()?;
    let spinner = context.out.progress(None, "copying");
    let copied = store.backup(&args.file);
    spinner.finish_and_clear();
    copied?;
    if context.out.is_json() {
        context.out.document(&json!({ "file": args.file.display().to_string() }))?;
    } else {
        context.out.say(&format!("copied to `{}`", args.file.display()))?;
    }
    let key = context.place.key_path();
    context.out.say(&format!("the node key `{}` is not in it: keep that apart", key.display()))?;
    Ok(DONE)
}

pub(crate) fn completions(context: &mut Context, args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cerebrate", &mut script);
    context.out.text(&String::from_utf8_lossy(&script))?;
    Ok(DONE)
}
