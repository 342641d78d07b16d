//! Cutting a document into its records, one at a time and without a tree of it.
//!
//! Understood are a list, a list wrapped as `{"response":[…]}`, a single object, JSON lines or any
//! other row of objects, and where [`Lists`] are named an object with a list for each kind of record. A record that is broken is reported with its place, and reading goes
//! on with the next one where the structure shows where that begins.

mod record;
mod scan;
mod tail;
#[cfg(test)]
mod tests;

use std::ops::Range;

use cerebrate_core::problem::{Problem, ProblemKind};

use crate::place::{Finding, Place};
use scan::{Scanner, Step};

/// What a document may ask of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of one record.
    pub record_size: usize,
    /// The deepest nesting within one record, at most 128.
    pub depth: u32,
    /// The most records, broken ones included.
    pub records: u64,
}

impl Limits {
    /// At most `records` records.
    #[must_use]
    pub fn records(mut self, records: u64) -> Self {
        self.records = records;
        self
    }

    /// At most `bytes` bytes a record.
    #[must_use]
    pub fn record_size(mut self, bytes: usize) -> Self {
        self.record_size = bytes;
        self
    }

    /// At most `levels` levels of nesting within a record; more than 128 count as 128.
    #[must_use]
    pub fn depth(mut self, levels: u32) -> Self {
        self.depth = levels.min(scan::DEPTH);
        self
    }
}

impl Default for Limits {
    /// 16 MiB and 128 levels a record, any number of records.
    fn default() -> Self {
        Limits { record_size: 16 << 20, depth: scan::DEPTH, records: u64::MAX }
    }
}

/// The lists of an object that holds records of several kinds, such as
/// `{"organisations":[…],"individuals":[…]}`. It is known for one by its first key, if that is not
/// one that a record has as well; from then on any other list is one of other records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lists {
    /// The list whose records are given.
    pub wanted: &'static str,
    /// Lists of other records, by names that no member of a record has.
    pub others: &'static [&'static str],
}

impl Lists {
    /// The list that has this key, in an object that may still be a record.
    fn first(&self, key: &[u8]) -> Option<&'static str> {
        let names = std::iter::once(&self.wanted).chain(self.others);
        names.copied().find(|name| name.as_bytes() == key)
    }
}

/// The text of one record, not parsed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The bytes, without what separates records.
    pub text: &'a [u8],
    /// Where it begins.
    pub place: Place,
}

/// Cuts a document that arrives in chunks.
///
/// ```
/// use cerebrate_wire::{Limits, Splitter};
///
/// let mut splitter = Splitter::new(Limits::default());
/// let mut found = Vec::new();
/// for chunk in [&br#"[{"name":"A"}, {"na"#[..], br#"me":"B"}]"#] {
///     splitter.push(chunk);
///     while let Some(element) = splitter.next_element() {
///         found.push(element.expect("it is well-formed").text.to_vec());
///     }
/// }
/// splitter.finish();
/// assert!(splitter.next_element().is_none());
/// assert_eq!(found, [br#"{"name":"A"}"#, br#"{"name":"B"}"#]);
/// ```
#[derive(Debug)]
pub struct Splitter {
    scanner: Scanner,
    buffer: Vec<u8>,
    finished: bool,
}

impl Splitter {
    /// A splitter that has not seen anything yet.
    pub fn new(limits: Limits) -> Self {
        Splitter { scanner: Scanner::new(limits, None), buffer: Vec::new(), finished: false }
    }

    /// A splitter that also understands an object of these lists.
    pub fn of_lists(limits: Limits, lists: Lists) -> Self {
        Splitter { scanner: Scanner::new(limits, Some(lists)), buffer: Vec::new(), finished: false }
    }

    /// Which of the other lists hold something, as far as the document is read.
    pub fn passed_over(&self) -> &[String] {
        &self.scanner.met
    }

    /// Takes the next bytes of the document. Fetch the elements before the next chunk: only then
    /// can what was read be forgotten.
    pub fn push(&mut self, chunk: &[u8]) {
        let spent = self.scanner.forget(&self.buffer);
        self.buffer.drain(..spent.min(self.buffer.len()));
        self.buffer.extend_from_slice(chunk);
    }

    /// Says that no chunk follows, so that a document which ends too early is noticed.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next element, or what is broken; `None` when more bytes are needed or all is read.
    ///
    /// # Errors
    ///
    /// What is broken, with its place. Reading goes on with the next call.
    pub fn next_element(&mut self) -> Option<Result<Element<'_>, Finding>> {
        let step = self.scanner.step(&self.buffer, self.finished);
        answer(&self.buffer, step)
    }
}

/// Cuts a document that is in memory.
#[derive(Debug)]
pub struct Elements<'a> {
    scanner: Scanner,
    text: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements of `text`, with the default limits.
    pub fn new(text: &'a [u8]) -> Self {
        Elements::with_limits(text, Limits::default())
    }

    /// The elements of `text`.
    pub fn with_limits(text: &'a [u8], limits: Limits) -> Self {
        Elements { scanner: Scanner::new(limits, None), text }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.scanner.step(self.text, true);
        answer(self.text, step)
    }
}

fn answer(text: &[u8], step: Step) -> Option<Result<Element<'_>, Finding>> {
    match step {
        Step::More | Step::End => None,
        Step::Element(range, place) => Some(Ok(Element { text: part(text, range), place })),
        Step::Broken { kind, place, range, message } => {
            let value = String::from_utf8_lossy(excerpt(part(text, range)));
            Some(Err(Finding { place, problem: Problem::new(kind, "document", &value, message) }))
        }
    }
}

fn part(text: &[u8], range: Range<usize>) -> &[u8] {
    text.get(range).unwrap_or_default()
}

/// More than a problem shows, and little enough to be copied.
fn excerpt(text: &[u8]) -> &[u8] {
    text.get(..512).unwrap_or(text)
}

/// A text that is not a record at all.
pub(crate) fn broken(kind: ProblemKind, text: &[u8], message: &'static str) -> Problem {
    Problem::new(kind, "record", &String::from_utf8_lossy(excerpt(text)), message)
}
