//! `import`, `export`, `duplicates`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use cerebrate_core::problem::excerpt;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use cerebrate_store::import::{ColumnTarget, Import, Importable, ImportReport, OnConflict};
use clap::{Args, ValueEnum};

use super::Context;
use super::failure::{DONE, Outcome, Stop, WRONG, of_file};
use super::out::visible;

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
    tell(context, args, &report)?;
    Ok(code)
}
