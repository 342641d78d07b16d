//! Figures: what happened, how records are distributed, where constituencies do not fit together.

use cerebrate_core::model::{SharingGroup, TagName};
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind};
use cerebrate_store::Store;
use cerebrate_store::overlaps::{ConstituencyQuestion, ConstituencyReport, Population};
use cerebrate_store::statistics::{Activity, DAYS, Distribution, Statistics, Top};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::{DONE, Outcome, Stop};
use super::out::{STRONG, Table, visible};
use super::{Context, at_least_one, records};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StatsArgs {
    #[command(subcommand)]
    command: Option<StatsCommand>,
    /// For so many days up to today, those of UTC
    #[arg(long, value_name = "NUMBER", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS)))]
    days: u32,
    /// The most frequent values, so many of each
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = at_least_one)]
    top: usize,
}

#[derive(Debug, Subcommand)]
enum StatsCommand {
    /// Prefixes, AS numbers and domains that two organisations claim, and who claims nothing
    Constituency(ConstituencyArgs),
}

#[derive(Debug, Args)]
struct ConstituencyArgs {
    /// Look for members of this sharing group without a constituency, rather than for anybody
    #[arg(long, value_name = "GROUP", conflicts_with = "tag")]
    group: Option<String>,
    /// Look for organisations that carry this tag, rather than for anybody
    #[arg(long, value_name = "TAG")]
    tag: Option<TagName>,
    /// At most this many overlaps of each kind, and this many organisations
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = at_least_one)]
    limit: usize,
}

/// What `stats` says to scripts.
#[derive(Serialize)]
struct Figures<'a> {
    activity: &'a Activity,
    #[serde(flatten)]
    statistics: &'a Statistics,
}

pub(crate) fn stats(context: &mut Context, args: &StatsArgs) -> Outcome {
    let store = context.place.reading()?;
    if let Some(StatsCommand::Constituency(args)) = &args.command {
        return constituency(context, &store, args);
    }
    let activity = store.activity(args.days)?;
    let statistics = store.statistics(&Top::of(args.top).with_empty())?;
    if context.out.is_json() {
        context.out.document(&Figures { activity: &activity, statistics: &statistics })?;
        return Ok(DONE);
    }
    let mut table = Table::new(vec!["Kind", "Total", "Added", "Changed", "Removed"]);
    for kind in &activity.kinds {
        let numbers =
            [kind.total, kind.created.variation, kind.modified.variation, kind.removed.variation];
        if numbers != [0; 4] {
            let cells = std::iter::once(kind.kind.noun().to_owned());
            let cells = cells.chain(numbers.map(|number| number.to_string()));
            table.row(&mut context.out, cells.collect())?;
        }
    }
    table.end(&mut context.out)?;
    let organisations = &statistics.organisations;
    for (title, distribution) in [
        ("Organisations by nationality", &organisations.nationality),
        ("Organisations by sector", &organisations.sector),
        ("Organisations by kind", &organisations.kind),
        ("Organisations by tag", &organisations.tag),
        ("Individuals by position", &statistics.individuals.position),
        ("Encryption keys by kind", &statistics.encryption_keys.kind),
        ("Mailing lists by whether they are active", &statistics.mailing_lists.active),
    ] {
        distributed(context, title, distribution)?;
    }
    fields(context, &statistics)?;
    context
        .out
        .say(&format!("added, changed and removed within {}", counted(args.days.into(), "day")))?;
    Ok(DONE)
}

fn distributed(
    context: &mut Context,
    title: &str,
    distribution: &Distribution,
) -> Result<(), Stop> {
    if distribution.entries.iter().all(|share| share.count == 0) {
        return Ok(());
    }
    context.out.line(&format!("\n{STRONG}{title}{STRONG:#}"))?;
    let rest = [("others", distribution.others), ("none", distribution.empty)];
    for share in &distribution.entries {
        context.out.line(&format!("  {:>7}  {}", share.count, visible(&share.value)))?;
    }
    for (word, count) in rest {
        if let Some(count @ 1..) = count {
            context.out.line(&format!("  {count:>7}  ({word})"))?;
        }
    }
    Ok(())
}

fn fields(context: &mut Context, statistics: &Statistics) -> Result<(), Stop> {
    let mut template = None;
    for usage in statistics.template_fields.iter().filter(|usage| usage.records > 0) {
        if template.replace(usage.template) != Some(usage.template) {
            let name = if usage.template_name.is_empty() {
                format!("Unknown template {}", usage.template)
            } else {
                format!("{} ({})", usage.template_name, usage.namespace)
            };
            context.out.line(&format!("\n{STRONG}{}{STRONG:#}", visible(&name)))?;
        }
        context.out.line(&format!("  {:>7}  {}", usage.records, visible(&usage.field)))?;
    }
    Ok(())
}

fn constituency(context: &mut Context, store: &Store, args: &ConstituencyArgs) -> Outcome {
    let population = match (&args.group, &args.tag) {
        (Some(group), _) => Population::Members(records::find::<SharingGroup>(store, group)?.id),
        (None, Some(tag)) if store.tags().get(tag.id())?.is_none() => {
            return Err(Error::new(Kind::NotFound, "find tag", "there is no such tag")
                .with("tag", tag)
                .hint("`cerebrate tag list` shows what there is")
                .into());
        }
        (None, Some(tag)) => Population::Tagged(tag.clone()),
        (None, None) => Population::Everybody,
    };
    let question = ConstituencyQuestion::among(population).limit(args.limit);
    let spinner = context.out.progress(None, "comparing");
    let report = store.constituency_report(&question);
    spinner.finish_and_clear();
    let report = report?;
    if context.out.is_json() {
        context.out.document(&report)?;
        return Ok(DONE);
    }
    overlapping(context, &report)?;
    missing(context, &report)?;
    Ok(DONE)
}

fn overlapping(context: &mut Context, report: &ConstituencyReport) -> Result<(), Stop> {
    if report.overlaps.is_empty() {
        context.out.say("no two organisations claim the same")?;
    }
    let mut table = Table::new(vec!["Claim", "Organisation", "Overlap", "Claim", "Organisation"]);
    for overlap in &report.overlaps {
        let (one, other) = (&overlap.one, &overlap.other);
        let cells = vec![
            one.claim.clone(),
            one.name.clone(),
            overlap.class.to_string(),
            other.claim.clone(),
            other.name.clone(),
        ];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    for basis in &report.more_overlaps {
        context.out.say(&format!("there are more of kind {basis}: raise `--limit`"))?;
    }
    Ok(())
}

fn missing(context: &mut Context, report: &ConstituencyReport) -> Result<(), Stop> {
    if report.gaps.is_empty() {
        context.out.say("every organisation that was looked at has a constituency")?;
        return Ok(());
    }
    if !report.overlaps.is_empty() {
        context.out.line("")?;
    }
    let mut table = Table::new(vec!["Without constituency", "Unreadable values", "UUID"]);
    for gap in &report.gaps {
        let cells =
            vec![gap.name.clone(), gap.unreadable.to_string(), gap.organisation.to_string()];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    if report.more_gaps {
        context.out.say("there are more organisations without: raise `--limit`")?;
    }
    if report.gaps.iter().any(|gap| gap.unreadable > 0) {
        context.out.say("hint: `cerebrate unreadable` tells what cannot be read")?;
    }
    Ok(())
}
