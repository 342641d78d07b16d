//! Where drafts come from.

use cerebrate_core::error::Result;
use cerebrate_core::problem::{Problem, ProblemKind};
use cerebrate_wire::split::Element;
use cerebrate_wire::{Finding, Limits, Lists, Splitter};

use super::decode::{Judgement, Text};
use super::draft::{About, Draft};
use super::report::RowProblem;
use super::spool::Spool;

/// How much of a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub(super) read: u64,
    pub(super) size: u64,
}

/// A source of drafts.
pub(super) trait Drafts<E>: Send {
    /// The next row; `None` at the end.
    fn next_draft(&mut self) -> Result<Option<Draft>>;

    /// What is worth telling about the source as a whole, once it is known.
    fn notices(&mut self) -> Vec<RowProblem>;

    fn position(&self) -> Position;
}

/// The records of a JSON document that is read piece by piece.
#[derive(Debug)]
pub(super) struct Pieces<'s> {
    text: Text<'s>,
    splitter: Splitter,
    chunk: Vec<u8>,
    begun: bool,
    ended: bool,
}

impl<'s> Pieces<'s> {
    pub(super) fn new(spool: &'s mut Spool) -> Result<Self> {
        Self::cut_by(Splitter::new(Limits::default()), spool)
    }

    /// Understands an object of lists as well.
    pub(super) fn of_lists(spool: &'s mut Spool, lists: Lists) -> Result<Self> {
        Self::cut_by(Splitter::of_lists(Limits::default(), lists), spool)
    }

    fn cut_by(splitter: Splitter, spool: &'s mut Spool) -> Result<Self> {
        let judgement = Judgement::of(spool, false)?;
        Ok(Pieces {
            text: Text::new(spool, judgement)?,
            splitter,
            chunk: Vec::new(),
            begun: false,
            ended: false,
        })
    }

    /// What `read` makes of the next record, or of what is broken there.
    pub(super) fn next_piece<T>(
        &mut self,
        mut read: impl FnMut(Element<'_>) -> T,
        broken: impl Fn(Finding) -> T,
    ) -> Result<Option<T>> {
        loop {
            if let Some(step) = self.splitter.next_element() {
                let first = !std::mem::replace(&mut self.begun, true);
                return Ok(Some(match step {
                    Ok(element) if first && element.is_refusal() => broken(refusal(&element)),
                    Ok(element) => read(element),
                    Err(finding) => broken(finding),
                }));
            }
            if self.ended {
                return Ok(None);
            }
            self.chunk.clear();
            if self.text.more(&mut self.chunk)? {
                self.splitter.push(&self.chunk);
            } else {
                self.splitter.finish();
                self.ended = true;
            }
        }
    }

    /// Which lists of other records there are.
    pub(super) fn passed_over(&self) -> &[String] {
        self.splitter.passed_over()
    }

    pub(super) fn position(&self) -> Position {
        Position { read: self.text.bytes_read(), size: self.text.size() }
    }
}

/// What a peer says instead of records.
fn refusal(element: &Element<'_>) -> Finding {
    let shown = element.text.get(..512).unwrap_or(element.text);
    let message = "an error answer of the peer, not a record";
    let value = String::from_utf8_lossy(shown);
    let problem = Problem::new(ProblemKind::Malformed, "document", &value, message);
    Finding { place: element.place, problem }
}

/// What is said of a record that is none of those asked for.
pub(super) fn not_of_this_kind(kind: &str) -> String {
    format!("a record of another kind (`{kind}`); not imported")
}

/// A draft of what is broken.
pub(super) fn broken(finding: Finding) -> Draft {
    let Finding { place, problem } = finding;
    let mut draft = Draft::new(place.line);
    let problem = RowProblem::of(place.line, "", &problem);
    draft.problems.push((About::Row, problem));
    draft
}
