//! Drafts from delimited text.

mod delimiter;
mod lines;
mod scan;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{LONG_TEXT, Scope};
use cerebrate_core::problem::{ProblemKind, excerpt};
use cerebrate_core::words::counted;

use super::cell;
use super::column::{Columns, Slot, field_name, invalid};
use super::decode::{Judgement, Text};
use super::draft::{About, Draft};
use super::report::RowProblem;
use super::shape::Shape;
use super::source::{Drafts, Position, not_of_this_kind};
use super::spool::Spool;
use lines::{Line, Lines};
use scan::Fault;

/// How much of the beginning is looked at to find the delimiter.
const BEGINNING: usize = 64 << 10;

/// The rows of a file.
#[derive(Debug)]
pub(super) struct CsvDrafts<'s> {
    lines: Lines<'s>,
    headers: Vec<String>,
    slots: Vec<Option<Slot<'s>>>,
    notices: Vec<RowProblem>,
    /// Which column is which text.
    texts: Vec<Option<usize>>,
    /// What the rows are, if none of those asked for.
    other_kind: Option<&'static str>,
}

impl<'s> CsvDrafts<'s> {
    /// Reads the header.
    ///
    /// # Errors
    /// `Invalid` if there is none, or none that says who a row is about.
    pub(super) fn open<E: Shape>(
        spool: &'s mut Spool,
        columns: &Columns<'s>,
        delimiter: Option<u8>,
    ) -> Result<Self> {
        let judgement = Judgement::of(spool, true)?;
        let mut lines = Lines::new(Text::new(spool, judgement)?);
        let mut notices = Vec::new();
        notices.extend(
            judgement
                .notice
                .map(|message| RowProblem::new(1, "", "", ProblemKind::Undecodable, message)),
        );
        let (beginning, ended) = lines.ahead(BEGINNING)?;
        let declared = delimiter::declared(beginning);
        let found = match (delimiter, declared) {
            (Some(delimiter), _) | (None, Some((delimiter, _))) => delimiter,
            (None, None) => delimiter::detect(beginning, ended, &|header| columns.is_known(header)),
        };
        lines.set_delimiter(found);
        let headers = header(&mut lines, declared.is_some())?;
        let resolved = columns.resolve(&headers)?;
        let mut slots = Vec::with_capacity(resolved.len());
        for (header, slot) in headers.iter().zip(resolved) {
            let line = lines.line();
            slots.push(match slot {
                Ok(slot) => Some(slot),
                Err(reason) => {
                    if !header.is_empty() {
                        let message = reason.message;
                        notices.push(RowProblem::new(line, header, header, reason.kind, message));
                    }
                    None
                }
            });
        }
        let who = |slot: &Option<Slot<'_>>| {
            matches!(slot, Some(Slot::Text(0) | Slot::Id | Slot::External))
        };
        if !slots.iter().any(who) {
            let first = E::FIELDS.first().map_or("", |field| field.name);
            let headers: Vec<String> =
                headers.iter().map(|header| excerpt(header).into_owned()).collect();
            return Err(invalid(format!("no column is the {first}"))
                .with("columns", headers.join(", "))
                .hint(format!("map one, as with `--column \"Team={first}\"`")));
        }
        let mut texts = vec![None; E::FIELDS.len()];
        for (index, slot) in slots.iter().enumerate() {
            if let Some(Slot::Text(text)) = slot
                && let Some(place) = texts.get_mut(*text)
            {
                *place = Some(index);
            }
        }
        let is_mapped = headers.iter().any(|header| columns.is_given(header));
        let other_kind =
            cerebrate_wire::other_kind(&field_names(&headers), E::SCOPE).filter(|_| !is_mapped);
        if other_kind.is_some() {
            notices.clear();
        }
        Ok(CsvDrafts { lines, headers, slots, notices, texts, other_kind })
    }

    fn draft<E: Shape>(&self) -> Draft {
        let mut draft = Draft::new(self.lines.line());
        let width = self.lines.width();
        if width < self.headers.len() {
            let message = self.ragged(width);
            let row = self.shown();
            draft.problem(About::Row, "", &row, ProblemKind::Malformed, message);
            return draft;
        }
        if self.is_header() {
            let (row, message) = (self.shown(), "the headers once more; not imported");
            draft.problem(About::Row, "", &row, ProblemKind::Repeated, message);
            return draft;
        }
        if let Some(kind) = self.other_kind {
            let row = self.shown();
            draft.problem(About::Row, "", &row, ProblemKind::WrongType, not_of_this_kind(kind));
            return draft;
        }
        self.take_flagged(&mut draft);
        let nameless = |at: &usize| {
            self.headers.get(*at).is_some_and(String::is_empty)
                && self.lines.cell(*at).is_some_and(|cell| !cell.trim_ascii().is_empty())
        };
        if let Some(at) = (0..width).find(nameless) {
            let cell = self.lines.cell(at).unwrap_or_default();
            let shown = String::from_utf8_lossy(cell.get(..512).unwrap_or(&cell)).into_owned();
            let message = format!("column {} has no header; not imported", at + 1);
            draft.notice("", &shown, ProblemKind::UnknownField, message);
        }
        for index in 0..width {
            let Some(bytes) = self.lines.cell(index) else { break };
            let header = self.headers.get(index);
            let Some(header) = header else {
                if !bytes.is_empty() {
                    let message = self.ragged(width);
                    let row = self.shown();
                    draft.problem(About::Row, "", &row, ProblemKind::Malformed, message);
                    break;
                }
                continue;
            };
            if bytes.is_empty() {
                continue;
            }
            let Ok(text) = str::from_utf8(&bytes) else {
                let shown = String::from_utf8_lossy(bytes.get(..512).unwrap_or(&bytes));
                let message = "bytes that are no text in the encoding of the file";
                draft.problem(About::Row, header, &shown, ProblemKind::Undecodable, message);
                continue;
            };
            let Some(Some(slot)) = self.slots.get(index) else { continue };
            if matches!(slot, Slot::Flagged) {
                continue;
            }
            if text.len() > LONG_TEXT && !matches!(slot, Slot::Meta(_)) {
                let message = format!("longer than {LONG_TEXT} bytes");
                draft.problem(About::Row, header, text, ProblemKind::TooLong, message);
                continue;
            }
            draft.take(slot, header, cell::as_meant(text).into());
        }
        let first = self.texts.first().copied().flatten();
        if let Some(header) = first.and_then(|index| self.headers.get(index)) {
            draft.need_first(header, || self.shown(), missing(E::SCOPE));
        }
        draft.finish::<E>(&|text| {
            let column = self.texts.get(text).copied().flatten();
            column.and_then(|index| self.headers.get(index)).cloned().unwrap_or_default()
        });
        let flagged = std::mem::take(&mut draft.flagged);
        draft.forgive(|about, problem| {
            matches!(about, About::Text(_) | About::Value(_)) && flagged.contains(&problem.column)
        });
        draft
    }

    /// Learns first what the row says of itself.
    fn take_flagged(&self, draft: &mut Draft) {
        let is_flagged = |slot: &Option<Slot<'_>>| matches!(slot, Some(Slot::Flagged));
        let Some(index) = self.slots.iter().position(is_flagged) else { return };
        if let Some(bytes) = self.lines.cell(index)
            && let Ok(text) = str::from_utf8(&bytes)
        {
            draft.take(&Slot::Flagged, cell::FLAGGED, cell::as_meant(text).into());
        }
    }

    fn ragged(&self, width: usize) -> String {
        let columns = self.headers.len() as u64;
        let are = if columns == 1 { "is" } else { "are" };
        format!(
            "{} where there {are} {}",
            counted(width as u64, "cell"),
            counted(columns, "column")
        )
    }

    /// Whether the row is the first line once more, as where two files were put together.
    fn is_header(&self) -> bool {
        self.lines.width() == self.headers.len()
            && self.headers.len() > 1
            && self.headers.iter().enumerate().all(|(index, header)| {
                self.lines.cell(index).is_some_and(|cell| cell.trim_ascii() == header.as_bytes())
            })
    }

    fn broken(&self, kind: ProblemKind, message: &'static str) -> Draft {
        let mut draft = Draft::new(self.lines.line());
        let behind = self.lines.next_line();
        if behind > self.lines.line() + 1 {
            let message = format!("{message}; reading goes on at line {behind}");
            draft.problem(About::Row, "", &self.shown(), kind, message);
        } else {
            draft.problem(About::Row, "", &self.shown(), kind, message);
        }
        draft
    }

    /// The beginning of the row, as text.
    fn shown(&self) -> String {
        let row = self.lines.row();
        String::from_utf8_lossy(row.get(..512).unwrap_or(row)).trim_end().to_owned()
    }
}

impl<E: Shape> Drafts<E> for CsvDrafts<'_> {
    fn next_draft(&mut self) -> Result<Option<Draft>> {
        loop {
            return Ok(Some(match self.lines.advance()? {
                None => return Ok(None),
                Some(Line::Blank) => continue,
                Some(Line::Row) => self.draft::<E>(),
                Some(Line::TooLarge) => self.broken(ProblemKind::TooLong, "the row is too large"),
                Some(Line::Fault(Fault::Unterminated)) => {
                    self.broken(ProblemKind::Malformed, "a quote is opened and never closed")
                }
                Some(Line::Fault(Fault::AfterQuote)) => {
                    self.broken(ProblemKind::Malformed, "text follows a closing quote")
                }
                Some(Line::Fault(Fault::TooMany)) => {
                    self.broken(ProblemKind::Malformed, "too many cells")
                }
            }));
        }
    }

    fn notices(&mut self) -> Vec<RowProblem> {
        std::mem::take(&mut self.notices)
    }

    fn position(&self) -> Position {
        Position { read: self.lines.text().bytes_read(), size: self.lines.text().size() }
    }
}

fn field_names(headers: &[String]) -> Vec<String> {
    headers.iter().map(|header| field_name(header)).collect()
}

/// What is said where the first text is missing.
pub(super) fn missing(scope: Scope) -> &'static str {
    match scope {
        Scope::Individual | Scope::User => "an e-mail address is needed",
        Scope::Organisation => "a name is needed",
    }
}

fn too_wide() -> Error {
    Error::new(Kind::Exhausted, "import", "the first line names too many columns")
        .with("limit", scan::CELLS)
}

fn header(lines: &mut Lines<'_>, declared: bool) -> Result<Vec<String>> {
    let mut skip = declared;
    loop {
        match lines.advance()? {
            None => {
                return Err(
                    invalid("the file is empty").hint("the first line says what the columns are")
                );
            }
            Some(Line::Row) if skip => skip = false,
            Some(Line::Blank) => {}
            Some(Line::Row) if lines.width() > scan::CELLS => return Err(too_wide()),
            Some(Line::Row) => break,
            Some(Line::TooLarge | Line::Fault(Fault::TooMany)) => return Err(too_wide()),
            Some(Line::Fault(_)) => {
                let line = String::from_utf8_lossy(lines.row());
                return Err(invalid("the first line names no columns")
                    .with("line", excerpt(line.trim_end())));
            }
        }
    }
    let mut headers = Vec::with_capacity(lines.width());
    for index in 0..lines.width() {
        let cell = lines.cell(index).unwrap_or_default();
        headers.push(cell::as_meant(String::from_utf8_lossy(&cell).trim()).to_owned());
    }
    // Spreadsheets leave empty cells behind the last header.
    while headers.last().is_some_and(String::is_empty) && headers.len() > 1 {
        headers.pop();
    }
    Ok(headers)
}
