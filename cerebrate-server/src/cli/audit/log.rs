//! `audit log`, `audit show` and `audit undo`.

use cerebrate_core::id::ChangeSetId;
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use cerebrate_store::feed::SetFilter;
use cerebrate_store::store::{Author, UndoReport};
use clap::{ArgGroup, Args};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Context;
use super::super::failure::{DONE, Outcome, Stop, WRONG};
use super::super::feed::{field_line, identity, json_of, kind_of, line};
use super::super::out::{Table, visible};
use super::super::records::Names;

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// At most this many
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = super::super::at_least_one)]
    limit: usize,
    /// Only what this user did: a name or a UUID
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only what came from just this origin, such as `import members.csv`
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    /// Only at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only with changes of records of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only with changes of this record: a UUID, or with `--kind` a number such as `#3` or a name
    #[arg(long, value_name = "RECORD")]
    record: Option<String>,
    /// Only older than this change set: go on where a list ended
    #[arg(long, value_name = "CHANGE_SET")]
    before: Option<ChangeSetId>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args(["change_set", "user", "origin"])))]
pub(crate) struct UndoArgs {
    /// The UUID of one, as `audit log` shows it
    #[arg(conflicts_with_all = ["user", "origin", "since"])]
    change_set: Option<ChangeSetId>,
    /// All that this user did: a name or a UUID
    #[arg(long, value_name = "USER", requires = "since")]
    user: Option<String>,
    /// All that came from just this origin, such as `import members.csv`
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    /// Only at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only tell what would be taken back and what left alone
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn log(context: &mut Context, args: &LogArgs) -> Outcome {
    let store = context.place.reading()?;
    let filter = filter(&store, args)?;
    let page = store.change_sets_where(&filter, args.before, args.limit)?;
    let last = page.sets.last().map(|set| set.id);
    if context.out.is_json() {
        context.out.document(&page.sets)?;
    } else {
        let mut table = Table::new(vec!["Time", "Origin", "Changes", "Change set", "Summary"]);
        let mut names = Names::new(&store);
        for set in page.sets {
            let origin = match set.actor {
                Some(actor) => format!("{} by {}", set.origin, names.actor(&actor)?),
                None => set.origin,
            };
            let summary = set.summary.unwrap_or_default();
            let cells = vec![
                set.time.to_string(),
                origin,
                set.changes.to_string(),
                set.id.to_string(),
                summary,
            ];
            table.row(&mut context.out, cells)?;
        }
        table.end(&mut context.out)?;
    }
    if let Some(last) = last.filter(|_| page.more) {
        context.out.say(&format!("there is more: go on with `--before {last}`"))?;
    }
    Ok(DONE)
}

fn filter(store: &Store, args: &LogArgs) -> Result<SetFilter, Stop> {
    let mut filter = of_user(store, args.user.as_deref())?;
    filter.origin.clone_from(&args.origin);
    filter.since = args.since;
    filter.kind = args.kind.as_deref().map(kind_of).transpose()?;
    filter.record = match (&args.record, filter.kind) {
        (None, _) => None,
        (Some(record), Some(kind)) => Some(identity(store, kind, record)?),
        (Some(record), None) => Some(Uuid::parse_str(record.trim()).map_err(|_| {
            Stop::Usage("`--record` takes a UUID; with `--kind` also a number or a name".to_owned())
        })?),
    };
    if let Some(id) = filter.record
        && is_unknown(store, id)?
    {
        return Err(Error::new(Kind::NotFound, "find record", "no such record is or was known")
            .with("id", id)
            .into());
    }
    Ok(filter)
}

fn of_user(store: &Store, user: Option<&str>) -> Result<SetFilter> {
    let Some(user) = user else { return Ok(SetFilter::all()) };
    let filter = store.done_by(user)?;
    if filter.user.is_some() || !store.change_sets_where(&filter, None, 1)?.sets.is_empty() {
        return Ok(filter);
    }
    let is_known = match Uuid::parse_str(user.trim()) {
        Ok(id) => !is_unknown(store, id)?,
        Err(_) => false,
    };
    if is_known {
        return Ok(filter);
    }
    Err(Error::new(Kind::NotFound, "find user", "nobody of this name is or was known")
        .with("user", user)
        .hint("`cerebrate user list` lists the users"))
}

/// Whether neither a record nor a change of it is known.
fn is_unknown(store: &Store, id: Uuid) -> Result<bool> {
    Ok(store.change_sets_where(&SetFilter::all().of_record(id), None, 1)?.sets.is_empty())
}

pub(crate) fn show(context: &mut Context, id: ChangeSetId) -> Outcome {
    let store = context.place.reading()?;
    let Some(set) = store.change_set(id)? else {
        return Err(Error::new(Kind::NotFound, "show change set", "there is no such change set")
            .with("change set", id)
            .hint("`cerebrate audit log` lists them")
            .into());
    };
    let changes = store.changes_of(id)?;
    if context.out.is_json() {
        let changes = changes.iter().map(json_of).collect::<Result<Vec<Value>>>()?;
        context.out.document(&json!({ "change_set": set, "changes": changes }))?;
        return Ok(DONE);
    }
    let mut names = Names::new(&store);
    changes.iter().try_for_each(|change| line(context, &mut names, change))?;
    Ok(DONE)
}

pub(crate) fn undo(context: &mut Context, args: &UndoArgs) -> Outcome {
    let store = context.place.writing()?;
    let spinner = context.out.progress(None, "taking back");
    let report = if let Some(id) = args.change_set {
        if args.dry_run { store.undo_preview(id) } else { store.undo(id) }
    } else {
        let mut filter = of_user(&store, args.user.as_deref())?;
        filter.origin.clone_from(&args.origin);
        filter.since = args.since;
        if args.dry_run {
            store.undo_preview_where(&filter)
        } else {
            store.undo_where(&Author::local(), &filter)
        }
    };
    spinner.finish_and_clear();
    tell(context, &store, &report?, args.dry_run)
}

/// Says how the user takes back what was just done, if the user may.
pub(crate) fn offer_undo(
    context: &mut Context,
    store: &Store,
    set: ChangeSetId,
) -> Result<(), Stop> {
    let what = match store.seen_as() {
        None => "it",
        Some(_) => match store.undo_preview(set)? {
            report if report.undone == 0 => return Ok(()),
            report if report.conflicts.is_empty() => "it",
            _ => "some of it",
        },
    };
    context.out.say(&format!("`cerebrate audit undo {set}` takes {what} back"))?;
    Ok(())
}

fn tell(context: &mut Context, store: &Store, report: &UndoReport, dry_run: bool) -> Outcome {
    let code = if report.conflicts.is_empty() { DONE } else { WRONG };
    if context.out.is_json() {
        context.out.document(report)?;
        return Ok(code);
    }
    context.out.say(&format!(
        "{} {}taken back, {} left alone",
        counted(report.undone, "change"),
        if dry_run { "would be " } else { "" },
        report.conflicts.len()
    ))?;
    let mut names = Names::new(store);
    for conflict in &report.conflicts {
        let kind = conflict.kind.noun();
        context.out.line(&format!("{kind} {}: {}", conflict.id, visible(&conflict.reason)))?;
        for field in &conflict.fields {
            context.out.line(&format!("  {}", field_line(&mut names, field)?))?;
        }
    }
    if let Some(set) = report.change_set {
        context.out.say(&format!("`cerebrate audit undo {set}` puts them back"))?;
    }
    Ok(code)
}
