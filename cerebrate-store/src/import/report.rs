use std::borrow::Cow;
use std::fmt;

use cerebrate_core::id::ChangeSetId;
use cerebrate_core::problem::{Problem, ProblemKind, excerpt};
use serde::Serialize;

/// How many problems are listed; the rest is counted.
const PROBLEMS: usize = 10_000;

/// How many notices are listed; the rest is counted.
const NOTICES: usize = 1_000;

/// What an import did, or would do.
///
/// ```
/// # use cerebrate_store::Store;
/// # let store = Store::in_memory()?;
/// let import = store.import_organisations().csv("name,uuid\nCIRCL,\nCERT,no\n".as_bytes());
/// let report = import.apply()?;
/// assert_eq!(report.to_string(), "1 new, 0 changed, 1 line with problems");
/// assert_eq!(report.problems[0].to_string(), "line 3: uuid: not a UUID: `no`");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// Records that are new.
    pub added: u64,
    /// Records that were there and changed.
    pub changed: u64,
    /// Rows whose record was there just so, and rows that stand in the file before.
    pub unchanged: u64,
    /// Rows whose record was there and was left alone, as [`OnConflict`](super::OnConflict) says.
    pub skipped: u64,
    /// What is wrong, in the order of the file: at most 10,000 problems.
    pub problems: Vec<RowProblem>,
    /// How many problems there are beyond those listed.
    pub problems_not_listed: u64,
    /// On how many rows there are problems.
    pub lines_with_problems: u64,
    /// What is worth knowing and stopped nothing: at most 1,000 notices.
    pub notices: Vec<RowProblem>,
    /// How many notices there are beyond those listed.
    pub notices_not_listed: u64,
    /// The change set, for undo; `None` if nothing was written.
    pub change_set: Option<ChangeSetId>,
    /// Whether it only says what would be done.
    pub dry_run: bool,
}

/// A problem or a notice, and where in the file it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowProblem {
    /// The line, from 1, on which the row begins.
    pub line: u64,
    /// What the record is called, where a line says little because a document may be one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The header of the column or the key of the member; empty if it is about the whole row.
    pub column: String,
    /// The value, cut to a readable length.
    pub value: String,
    /// What sort of problem it is.
    pub kind: ProblemKind,
    /// One sentence for people.
    pub message: Cow<'static, str>,
}

impl RowProblem {
    pub(super) fn new(
        line: u64,
        column: impl Into<String>,
        value: &str,
        kind: ProblemKind,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        RowProblem {
            line,
            record: None,
            column: column.into(),
            value: excerpt(value).into_owned(),
            kind,
            message: message.into(),
        }
    }

    /// The same problem, at its place.
    pub(super) fn of(line: u64, column: &str, problem: &Problem) -> Self {
        let message = problem.message().to_owned();
        RowProblem::new(line, column, problem.value(), problem.kind(), message)
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if let Some(record) = &self.record {
            write!(f, "`{record}`: ")?;
        }
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        f.write_str(&self.message)?;
        if self.value.is_empty() { Ok(()) } else { write!(f, ": `{}`", self.value) }
    }
}

impl ImportReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.lines_with_problems == 0
    }

    /// Lists the problems of one row.
    pub(super) fn list_problems(&mut self, problems: impl IntoIterator<Item = RowProblem>) {
        let mut any = false;
        for problem in problems {
            any = true;
            if self.problems.len() < PROBLEMS {
                self.problems.push(problem);
            } else {
                self.problems_not_listed += 1;
            }
        }
        self.lines_with_problems += u64::from(any);
    }

    pub(super) fn list_notices(&mut self, notices: impl IntoIterator<Item = RowProblem>) {
        for notice in notices {
            if self.notices.len() < NOTICES {
                self.notices.push(notice);
            } else {
                self.notices_not_listed += 1;
            }
        }
    }
}

impl fmt::Display for ImportReport {
    /// One line, such as `312 new, 14 changed, 3 lines with problems`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} new, {} changed", self.added, self.changed)?;
        match self.lines_with_problems {
            0 => Ok(()),
            1 => f.write_str(", 1 line with problems"),
            lines => write!(f, ", {lines} lines with problems"),
        }
    }
}
