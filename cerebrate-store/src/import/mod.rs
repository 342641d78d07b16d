//! Organisations and individuals from files: CSV, JSON, and what Cerebrate and MISP export.
//!
//! An import is one transaction and one change set: undo takes it back as a whole. Rows that are
//! broken are listed with line, column, value and reason, and the others go in.
//!
//! - **Who a row is about** is told by its UUID; else by the external id that an earlier import
//!   from the same source remembered; else by the name, if exactly one record is called so and
//!   neither web address nor e-mail addresses contradict (individuals: by the e-mail address).
//!   Where that cannot be told, the row is listed as `ambiguous` and not written.
//! - **What a row changes** is what it says: a column that is not there and a cell that is empty
//!   leave the value alone. The values of each template field that the row names are replaced by
//!   those of the row, and so are tags.
//! - **The same file again** changes nothing.
//!
//! The source is read once, into memory if it is small and else into an unnamed temporary file, so
//! that one reader serves preview and apply.

pub(crate) mod cell;
mod column;
mod csv;
mod decode;
mod draft;
mod engine;
mod json;
mod merge;
mod peers;
mod report;
mod run;
mod seen;
pub(crate) mod shape;
mod source;
mod spool;

use std::cell::RefCell;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{Individual, Organisation};

use crate::Store;
use shape::Shape;
use spool::Spool;

pub use column::{ColumnTarget, IndividualField, OrganisationField};
pub use report::{ImportReport, RowProblem};

/// What happens to a record that is there and that a row would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnConflict {
    /// It is left alone.
    #[default]
    Skip,
    /// It is changed if the row was modified later. A row without a time is skipped and listed.
    Newer,
    /// It is changed.
    Overwrite,
}

impl OnConflict {
    /// The name on the command line and in the other languages.
    pub fn as_str(self) -> &'static str {
        match self {
            OnConflict::Skip => "skip",
            OnConflict::Newer => "newer",
            OnConflict::Overwrite => "overwrite",
        }
    }
}

impl fmt::Display for OnConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for OnConflict {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let modes = [OnConflict::Skip, OnConflict::Newer, OnConflict::Overwrite];
        modes.into_iter().find(|mode| mode.as_str() == name).ok_or_else(|| {
            Error::new(Kind::Invalid, "read conflict mode", "unknown conflict mode")
                .with("value", cerebrate_core::problem::excerpt(name))
                .hint("use `skip`, `newer` or `overwrite`")
        })
    }
}

/// What happens to a row with a value that is not valid here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidValues {
    /// The row is listed and not written: so for CSV and our own JSON, unless set. A value that the
    /// record holds already, or that the file itself marks as invalid, does not count.
    Refuse,
    /// The row is listed and written, with the value kept and flagged: so for what peers export,
    /// unless set.
    Keep,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// How many rows are done.
    pub rows: u64,
    /// How many bytes of the source are read.
    pub bytes: u64,
    /// How many bytes the source has.
    pub size: u64,
}

/// A kind of record that can be imported: [`Organisation`] and [`Individual`].
#[expect(private_bounds, reason = "which kinds there are is decided here")]
pub trait Importable: Shape {}

impl Importable for Organisation {}
impl Importable for Individual {}

/// An import: what is read, and how it is taken.
///
/// ```
/// use cerebrate_store::Store;
/// use cerebrate_store::import::{OnConflict, OrganisationField};
///
/// let store = Store::in_memory()?;
/// let members = "Team;nationality\nCIRCL;LU\nCERT.at;Austria\n";
/// let import = store
///     .import_organisations()
///     .csv(members.as_bytes())
///     .column("Team", OrganisationField::Name)
///     .on_conflict(OnConflict::Newer);
/// assert_eq!(import.preview()?.to_string(), "2 new, 0 changed");
/// assert_eq!(store.organisations().find().count()?, 0);
///
/// let report = import.apply()?;
/// assert_eq!(store.organisations().find().count()?, 2);
/// store.undo(report.change_set.expect("something was written"))?;
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[must_use = "an import does nothing until it is previewed or applied"]
pub struct Import<'a, E> {
    store: Store,
    input: RefCell<Input<'a>>,
    format: Format,
    columns: Vec<(String, ColumnTarget)>,
    delimiter: Option<u8>,
    source: Option<String>,
    actor: Option<String>,
    on_conflict: OnConflict,
    invalid_values: Option<InvalidValues>,
    dry_run: bool,
    progress: Option<RefCell<Box<OnProgress<'a>>>>,
    cancel: Option<&'a AtomicBool>,
    kind: PhantomData<fn() -> E>,
}

type OnProgress<'a> = dyn FnMut(Progress) + 'a;

enum Input<'a> {
    Missing,
    Waiting(Box<dyn Read + 'a>),
    Kept(Spool),
}

/// How the source is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    Cerebrate,
    Misp,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Cerebrate => "cerebrate",
            Format::Misp => "misp",
        }
    }
}

impl Store {
    /// Starts an import of organisations; see [`Import`].
    pub fn import_organisations<'a>(&self) -> Import<'a, Organisation> {
        Import::into(self.clone())
    }

    /// Starts an import of individuals; see [`Import`].
    pub fn import_individuals<'a>(&self) -> Import<'a, Individual> {
        Import::into(self.clone())
    }
}

impl<'a, E: Importable> Import<'a, E> {
    fn into(store: Store) -> Self {
        Import {
            store,
            input: RefCell::new(Input::Missing),
            format: Format::Csv,
            columns: Vec::new(),
            delimiter: None,
            source: None,
            actor: None,
            on_conflict: OnConflict::default(),
            invalid_values: None,
            dry_run: false,
            progress: None,
            cancel: None,
            kind: PhantomData,
        }
    }

    /// Reads delimited text with a line of headers. A header that is the name of a field (`name`,
    /// `url`, `uuid`, `tags`, …; individuals `email`, `first_name`, `organisations`, …), whatever
    /// the case, is that field; `cerebrate/csirt-constituency:IPv4 address` is a field of a
    /// meta-template, also with `@2` or, as peers export it, `_v2` behind the name of the template.
    /// Where a field takes several values, a cell may hold several, separated by `;` or line breaks.
    ///
    /// UTF-8, or UTF-16 with a byte order mark; what is neither is read as Windows-1252, with a
    /// notice. An apostrophe in front of what a spreadsheet would take for a formula is left out, as
    /// exports put it there.
    pub fn csv(self, source: impl Read + 'a) -> Self {
        self.reading(Format::Csv, source)
    }

    /// Reads JSON as exports write it, as a list or line by line. Objects with the members that a
    /// CSV file would have as columns are fine too.
    pub fn json(self, source: impl Read + 'a) -> Self {
        self.reading(Format::Json, source)
    }

    /// Reads what the index of a Cerebrate answers.
    pub fn cerebrate(self, source: impl Read + 'a) -> Self {
        self.reading(Format::Cerebrate, source)
    }

    /// Reads what MISP exports: `[{"Organisation":{…}}]`.
    pub fn misp(self, source: impl Read + 'a) -> Self {
        self.reading(Format::Misp, source)
    }

    /// Says what a column is.
    pub fn column(mut self, header: impl Into<String>, field: impl Into<ColumnTarget>) -> Self {
        self.columns.push((header.into(), field.into()));
        self
    }

    /// Says what separates the cells; found out unless set.
    ///
    /// A delimiter beyond ASCII, a quote or a line break counts as not set.
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = u8::try_from(delimiter)
            .ok()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r'));
        self
    }

    /// Says where the rows come from, such as `members.csv`: shown in the feed, and external ids
    /// are those of this source.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.source = Some(name.into());
        self
    }

    /// Says who imports.
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// What happens to records that are there: [`OnConflict::Skip`] unless set.
    pub fn on_conflict(mut self, mode: OnConflict) -> Self {
        self.on_conflict = mode;
        self
    }

    /// What happens to rows with invalid values; depends on the format unless set.
    pub fn invalid_values(mut self, treatment: InvalidValues) -> Self {
        self.invalid_values = Some(treatment);
        self
    }

    /// Lets [`Self::apply`] only say what it would do.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Calls back every few hundred rows.
    pub fn progress(mut self, report: impl FnMut(Progress) + 'a) -> Self {
        self.progress = Some(RefCell::new(Box::new(report)));
        self
    }

    /// Stops with `Cancelled` and nothing written once `flag` is set.
    pub fn cancel_on(mut self, flag: &'a AtomicBool) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Says what the import would do, without doing it.
    ///
    /// # Errors
    /// `Invalid` if the file has no header that says who its rows are about, or a mapping is wrong;
    /// `Unavailable` if the source cannot be read.
    pub fn preview(&self) -> Result<ImportReport> {
        self.run(true)
    }

    /// Imports. Can be called again: then nothing changes.
    ///
    /// # Errors
    /// As [`Self::preview`], and what a write can meet. Then nothing was written.
    pub fn apply(&self) -> Result<ImportReport> {
        self.run(self.dry_run)
    }

    fn reading(mut self, format: Format, source: impl Read + 'a) -> Self {
        self.format = format;
        self.input = RefCell::new(Input::Waiting(Box::new(source)));
        self
    }
}

impl<E> fmt::Debug for Import<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("format", &self.format)
            .field("source", &self.source)
            .field("columns", &self.columns)
            .field("on_conflict", &self.on_conflict)
            .finish_non_exhaustive()
    }
}
