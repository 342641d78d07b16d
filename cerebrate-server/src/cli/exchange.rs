//! `import`, `export`, `duplicates`.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use cerebrate_core::problem::excerpt;
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use cerebrate_store::duplicates::DuplicateOptions;
use cerebrate_store::import::{ColumnTarget, Import, ImportReport, Importable, OnConflict};
use cerebrate_wire::Dialect;
use clap::{Args, ValueEnum};

use super::Context;
use super::audit::log::offer_undo;
use super::failure::{DONE, Outcome, Stop, WRONG, of_file};
use super::files::{self, Draft};
use super::out::Table;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Imported {
    Organisations,
    Individuals,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Delimited text with a line of headers
    Csv,
    /// What `export` writes, or a list or lines of objects
    Json,
    /// What the index of a Cerebrate answers
    Cerebrate,
    /// What MISP exports
    Misp,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What the file holds
    #[arg(value_enum)]
    what: Imported,
    /// The file; `-` is stdin
    file: PathBuf,
    /// How it is written; found out unless given
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// What a column is, such as `Team=name` or `Nets=cerebrate/csirt-constituency:IPv4 address`
    #[arg(long, value_name = "HEADER=FIELD")]
    column: Vec<String>,
    /// What separates the cells of CSV; found out unless given. `tab` is a tab
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<char>,
    /// Where it comes from; ids of this source are remembered. The name of the file unless given
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// What happens to records that are there and differ: `skip`, `newer` or `overwrite`
    #[arg(long, value_name = "MODE", default_value_t)]
    on_conflict: OnConflict,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Exported {
    Organisations,
    Individuals,
    SharingGroups,
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    Json,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// What to write
    #[arg(value_enum)]
    what: Exported,
    /// How to write it; told by the name of the file unless given, else JSON
    #[arg(long, value_enum)]
    format: Option<ExportFormat>,
    /// Write to this file rather than to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn delimiter(text: &str) -> Result<char, String> {
    if matches!(text, "tab" | "\\t") {
        return Ok('\t');
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii() && !"\"\n\r".contains(character) => {
            Ok(character)
        }
        _ => Err("one character such as `;`, or `tab`".to_owned()),
    }
}

pub(crate) fn import(context: &mut Context, args: &ImportArgs) -> Outcome {
    let store = context.place.writing()?;
    let report = match args.what {
        Imported::Organisations => run(context, args, store.import_organisations())?,
        Imported::Individuals => run(context, args, store.import_individuals())?,
    };
    let code = if report.is_clean() { DONE } else { WRONG };
    if context.out.is_json() {
        context.out.document(&report)?;
        return Ok(code);
    }
    tell(context, &store, args, &report)?;
    Ok(code)
}

/// How much of a file is looked at to tell how it is written.
const LOOKED_AT: usize = 64 * 1024;

fn run<'a, E: Importable>(
    context: &Context,
    args: &'a ImportArgs,
    mut import: Import<'a, E>,
) -> Result<ImportReport, Stop> {
    for text in &args.column {
        // A header may hold the sign, a field never does.
        let Some((header, field)) = text.rsplit_once('=') else {
            let shown = excerpt(text);
            return Err(Stop::Usage(format!(
                "`--column {shown}` is not of the form `HEADER=FIELD`"
            )));
        };
        import = import.column(header, ColumnTarget::from(field.trim()));
    }
    if let Some(delimiter) = args.delimiter {
        import = import.delimiter(delimiter);
    }
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let source = args.source.clone().or(name.filter(|name| name != "-"));
    if let Some(source) = source {
        import = import.source(source);
    }
    import = import.on_conflict(args.on_conflict).dry_run(args.dry_run);
    let mut input = files::open(&args.file)?;
    let mut head = Vec::new();
    input
        .by_ref()
        .take(LOOKED_AT as u64)
        .read_to_end(&mut head)
        .map_err(|error| of_file("read file", &args.file, error))?;
    let format = args.format.unwrap_or_else(|| told_by(&args.file, &head));
    let whole = io::Cursor::new(head).chain(input);
    let bar = context.out.progress(size(&args.file), "importing");
    let counter = bar.clone();
    import = import.progress(move |progress| {
        counter.set_length(progress.size.max(progress.bytes));
        counter.set_position(progress.bytes);
    });
    let import = match format {
        Format::Csv => import.csv(whole),
        Format::Json => import.json(whole),
        Format::Cerebrate => import.cerebrate(whole),
        Format::Misp => import.misp(whole),
    };
    let report = import.apply();
    bar.finish_and_clear();
    Ok(report?)
}

fn size(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|metadata| metadata.len()).filter(|size| *size > 0)
}

/// How a file is written, by what it begins with.
fn told_by(path: &Path, head: &[u8]) -> Format {
    match cerebrate_wire::detect(head) {
        Some(Dialect::Misp) => Format::Misp,
        Some(Dialect::Cerebrate) => Format::Cerebrate,
        Some(_) => Format::Json,
        None => {
            let named = |wanted: &str| {
                path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
            };
            let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
            let json = ["json", "jsonl", "ndjson"].into_iter().any(named);
            if json || text.starts_with(b"{") || text.starts_with(b"[") {
                Format::Json
            } else {
                Format::Csv
            }
        }
    }
}

/// How many problems a terminal is shown.
const SHOWN: usize = 100;

fn tell(
    context: &mut Context,
    store: &Store,
    args: &ImportArgs,
    report: &ImportReport,
) -> Result<(), Stop> {
    let mut line = report.to_string();
    let _ = write!(line, ", {} unchanged, {} skipped", report.unchanged, report.skipped);
    if report.dry_run {
        line.push_str(" (dry run: nothing was written)");
    }
    context.out.line(&line)?;
    for notice in report.notices.iter().take(SHOWN) {
        context.out.say(&format!("notice: {notice}"))?;
    }
    for problem in report.problems.iter().take(SHOWN) {
        context.out.warn(&format!("{}: {problem}", args.file.display()))?;
    }
    let listed = report.problems.len() as u64 + report.problems_not_listed;
    let more = listed.saturating_sub(SHOWN as u64);
    if more > 0 {
        context.out.warn(&format!("and {more} more; `--json` lists up to 10,000"))?;
    }
    if let Some(set) = report.change_set {
        offer_undo(context, store, set)?;
    }
    Ok(())
}

pub(crate) fn export(context: &mut Context, args: &ExportArgs) -> Outcome {
    let store = context.place.reading()?;
    let Some(path) = &args.output else {
        write(&store, args, context.out.raw()).map_err(where_to_write)?;
        return Ok(DONE);
    };
    if is_same_file(path, &context.place.key_path()) {
        return Err(Error::new(Kind::Conflict, "export", "the file is the key of the node")
            .with("file", path.display())
            .hint("write to another file")
            .into());
    }
    if is_part_of_database(path, &context.place.path) {
        return Err(Error::new(Kind::Conflict, "export", "the file is the database itself")
            .with("file", path.display())
            .hint("write to another file")
            .into());
    }
    let of_export = |error| where_to_write(of_file("export", path, error));
    let mut target = BufWriter::new(Draft::of(path).map_err(of_export)?);
    let bar = context.out.progress(None, "exporting");
    let written = write(&store, args, &mut target);
    bar.finish_and_clear();
    let written = written.map_err(|error| where_to_write(error.with("file", path.display())))?;
    let draft = target.into_inner().map_err(|error| of_export(error.into_error()))?;
    draft.finish().map_err(of_export)?;
    context.out.say(&format!("{} written to `{}`", counted(written, "record"), path.display()))?;
    Ok(DONE)
}

/// Whether a file is the database, one of the files that SQLite keeps beside it, or will be.
fn is_part_of_database(path: &Path, database: &Path) -> bool {
    let Some((path, database)) = whole(path).zip(whole(database)) else { return false };
    ["", "-wal", "-shm", "-journal"].iter().any(|suffix| {
        let mut beside = database.as_os_str().to_owned();
        beside.push(suffix);
        path.as_os_str() == beside
    })
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    whole(a).is_some_and(|a| Some(a) == whole(b))
}

/// A path from the root, also of a file that is not there yet.
fn whole(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    })
}

/// With advice where space is what is missing.
fn where_to_write(error: Error) -> Error {
    match error.kind() {
        Kind::Exhausted => error.hint("free some space, or write to another disk"),
        _ => error,
    }
}

fn write(store: &Store, args: &ExportArgs, target: impl Write) -> Result<u64> {
    let export = match args.what {
        Exported::Organisations => store.export().organisations(),
        Exported::Individuals => store.export().individuals(),
        Exported::SharingGroups => store.export().sharing_groups(),
        Exported::All => store.export().all(),
    };
    let csv = args.output.as_ref().and_then(|path| path.extension());
    let csv = csv.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    match args.format.unwrap_or(if csv { ExportFormat::Csv } else { ExportFormat::Json }) {
        ExportFormat::Json => export.json(target),
        ExportFormat::Csv => export.csv(target),
    }
}

#[derive(Debug, Args)]
pub(crate) struct DuplicatesArgs {
    /// Among which records
    #[arg(value_enum, default_value_t = Imported::Organisations)]
    what: Imported,
    /// Only pairs with at least this score, from 0 to 1
    #[arg(long, value_name = "SCORE", default_value_t = 0.5)]
    at_least: f64,
    /// At most this many
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = super::at_least_one)]
    limit: usize,
}

pub(crate) fn duplicates(context: &mut Context, args: &DuplicatesArgs) -> Outcome {
    let store = context.place.reading()?;
    let options = match args.what {
        Imported::Organisations => DuplicateOptions::organisations(),
        Imported::Individuals => DuplicateOptions::individuals(),
    };
    let spinner = context.out.progress(None, "comparing");
    let found = store.duplicates(&options.at_least(args.at_least).limit(args.limit));
    spinner.finish_and_clear();
    let found = found?;
    if context.out.is_json() {
        context.out.document(&found)?;
        return Ok(DONE);
    }
    if found.is_empty() {
        context.out.say("no two records look alike")?;
        return Ok(DONE);
    }
    let mut table = Table::new(vec!["Score", "First", "UUID", "Second", "UUID", "Because of"]);
    for pair in found {
        let reasons: Vec<String> = pair.reasons.iter().map(ToString::to_string).collect();
        let cells = vec![
            format!("{:.2}", pair.score),
            pair.a_name,
            pair.a.to_string(),
            pair.b_name,
            pair.b.to_string(),
            reasons.join(", "),
        ];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    Ok(DONE)
}
