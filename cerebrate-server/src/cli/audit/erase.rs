//! `audit erase`, `audit prune` and `audit scrub`.

use std::path::PathBuf;

use cerebrate_core::Kind;
use cerebrate_core::model::Individual;
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use cerebrate_store::store::{Author, EraseReport, Mentions, PruneReport};
use clap::Args;

use super::super::failure::{DONE, Outcome, Stop};
use super::super::out::visible;
use super::super::{Context, records};

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// A UUID, a number such as `#3`, or an e-mail address; of somebody removed before, the UUID
    individual: String,
    /// Only tell what would be erased
    #[arg(long)]
    dry_run: bool,
    /// Leave an address of the person in records of others that hold one, and in their history
    ///
    /// Without it nothing is erased as long as there are such records. Done again when they hold it
    /// no more, their history is erased too.
    #[arg(long)]
    keep_mentions: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// What was told before this time is forgotten
    #[arg(long, value_name = "TIME")]
    before: Timestamp,
    /// Only tell how much would be forgotten
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn erase(context: &mut Context, args: &EraseArgs) -> Outcome {
    let store = context.place.writing()?;
    let id = match records::find::<Individual>(&store, &args.individual) {
        Ok(individual) => individual.id,
        // Who was removed before has a history all the same.
        Err(error) if error.kind() == Kind::NotFound => {
            match uuid::Uuid::parse_str(args.individual.trim()) {
                Ok(id) => id.into(),
                Err(_) => return Err(error.into()),
            }
        }
        Err(error) => return Err(error.into()),
    };
    let spinner = context.out.progress(None, "erasing");
    let mentions = if args.keep_mentions { Mentions::Keep } else { Mentions::Refuse };
    let report = if args.dry_run {
        store.erase_preview(id)
    } else {
        store.erase_by(&Author::local(), id, mentions)
    };
    spinner.finish_and_clear();
    let report = report?;
    if context.out.is_json() {
        context.out.document(&report)?;
    } else {
        tell_erased(context, &report)?;
    }
    if args.dry_run {
        return Ok(DONE);
    }
    tell_copies(context)?;
    tell_scrubbed(context, report.scrubbed)
}

fn tell_erased(context: &mut Context, report: &EraseReport) -> Result<(), Stop> {
    let is_done = report.change_set.is_some();
    let verb = if is_done { "erased" } else { "would be erased" };
    let removed = match (report.removed, is_done) {
        (false, _) => "",
        (true, true) => "the record removed, ",
        (true, false) => "the record would be removed, ",
    };
    let rows = counted(report.rows, "row");
    context.out.line(&format!("individual {}: {removed}{rows} {verb}", report.individual))?;
    for (count, noun, note) in [
        (report.rows_of_others, "row", "of other records that held an address"),
        (report.messages, "message", "in or out"),
        (report.external_ids, "external id", "of imports"),
        (report.texts, "summary or note", "that named the person"),
    ] {
        if count > 0 {
            context.out.say(&format!("of these or besides, {}: {note}", counted(count, noun)))?;
        }
    }
    if report.named_in > 0 {
        context.out.warn(&format!(
            "{} by or from the person: actor and origin are covered by the chain and stay",
            counted(report.named_in, "change set")
        ))?;
    }
    for mention in &report.mentions {
        let kind = mention.kind.noun();
        let name = if mention.name.is_empty() {
            String::new()
        } else {
            format!("`{}` ", visible(&mention.name))
        };
        context.out.warn(&format!("{kind} {name}{} holds an address of the person", mention.id))?;
    }
    Ok(())
}

pub(crate) fn prune(context: &mut Context, args: &PruneArgs) -> Outcome {
    let store = context.place.writing()?;
    let spinner = context.out.progress(None, "pruning");
    let report =
        if args.dry_run { store.prune_preview(args.before) } else { store.prune(args.before) };
    spinner.finish_and_clear();
    let report = report?;
    if context.out.is_json() {
        context.out.document(&report)?;
    } else {
        tell_pruned(context, &report, args.dry_run)?;
    }
    if args.dry_run {
        return Ok(DONE);
    }
    if report.change_set.is_some() {
        tell_copies(context)?;
    }
    tell_scrubbed(context, report.scrubbed)
}

fn tell_pruned(context: &mut Context, report: &PruneReport, dry_run: bool) -> Result<(), Stop> {
    let verb = if dry_run { "would be erased" } else { "erased" };
    context.out.line(&format!(
        "{} of {} from before {} {verb}",
        counted(report.rows, "row"),
        counted(report.change_sets, "change set"),
        report.before
    ))
}

pub(crate) fn scrub(context: &mut Context) -> Outcome {
    let store = context.place.writing()?;
    let spinner = context.out.progress(None, "clearing");
    let done = store.scrub();
    spinner.finish_and_clear();
    let done = done?;
    if done {
        context.out.say("the file holds nothing of what was erased")?;
    }
    tell_scrubbed(context, done)
}

fn tell_scrubbed(context: &mut Context, done: bool) -> Outcome {
    if done {
        return Ok(DONE);
    }
    context.out.warn(super::SCRUB_DUE)?;
    Ok(Kind::Unavailable.exit_code())
}

/// Copies that were made before an upgrade hold what they held.
fn tell_copies(context: &mut Context) -> Result<(), Stop> {
    for copy in copies(context) {
        context.out.warn(&format!("`{}` is an older copy and still holds it", copy.display()))?;
    }
    Ok(())
}

fn copies(context: &Context) -> Vec<PathBuf> {
    let path = &context.place.path;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let folder = if folder.as_os_str().is_empty() { std::path::Path::new(".") } else { folder };
    let prefix = format!("{}.before-v", name.to_string_lossy());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut copies: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| path.with_file_name(entry.file_name()))
        .collect();
    copies.sort();
    copies
}
