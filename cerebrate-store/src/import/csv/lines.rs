//! The rows of a file, one by one, with what is broken between them.

use std::borrow::Cow;

use cerebrate_core::error::Result;

use super::scan::{Cell, Fault, Step, first_line, lines, scan};
use crate::import::decode::Text;

/// The most bytes of one row.
const ROW: usize = 16 << 20;

/// How many bytes may be read a second time after rows that were no rows. Beyond it reading goes on
/// where such a row was given up.
const AGAIN: usize = 256 << 20;

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Lines<'s> {
    text: Text<'s>,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Where the current row begins in the buffer.
    start: usize,
    /// Where it ends.
    end: usize,
    ended: bool,
    /// The line of the current row, from 1.
    line: u64,
    cells: Vec<Cell>,
    again: usize,
}

/// What stands where a row should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A row.
    Row,
    /// A line without anything in it.
    Blank,
    /// No row.
    Fault(Fault),
    /// A row of more than [`ROW`] bytes.
    TooLarge,
}

impl<'s> Lines<'s> {
    pub(super) fn new(text: Text<'s>) -> Self {
        Lines {
            text,
            delimiter: b',',
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            line: 1,
            cells: Vec::new(),
            again: 0,
        }
    }

    /// The text that is at hand from the beginning of the next row on, at least `bytes` if there
    /// are as many; and whether that is all.
    pub(super) fn ahead(&mut self, bytes: usize) -> Result<(&[u8], bool)> {
        while self.rest().len() < bytes && self.fill()? {}
        let ended = self.ended;
        Ok((self.rest(), ended))
    }

    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Goes on to the next row; `None` at the end.
    pub(super) fn advance(&mut self) -> Result<Option<Line>> {
        self.line += lines(self.buffer.get(self.start..self.end).unwrap_or_default());
        self.start = self.end;
        loop {
            if self.rest().is_empty() && !self.fill()? {
                return Ok(None);
            }
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            match scan(rest, self.ended, self.delimiter, &mut self.cells) {
                Step::More if rest.len() > ROW => return self.give_up().map(Some),
                Step::More => {
                    // The row is scanned again from its beginning: fetch as much as it has.
                    let wanted = (rest.len() * 2).min(ROW + 1);
                    while self.fill()? && self.rest().len() < wanted {}
                }
                Step::Row(length) => {
                    self.end = self.start + length;
                    let blank = self.row().iter().all(|byte| matches!(byte, b'\n' | b'\r'));
                    return Ok(Some(if blank { Line::Blank } else { Line::Row }));
                }
                Step::Fault(fault) => {
                    self.again += rest.len();
                    let first = first_line(rest, self.ended);
                    let length = match (first, fault) {
                        (Some(length), _) if self.again <= AGAIN => length,
                        (_, Fault::Unterminated) => rest.len(),
                        (Some(length), _) => length,
                        (None, _) => return self.skip_line().map(|()| Some(Line::Fault(fault))),
                    };
                    self.end = self.start + length;
                    return Ok(Some(Line::Fault(fault)));
                }
            }
        }
    }

    /// The line on which the current row begins.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The text of the current row.
    pub(super) fn row(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// How many cells the current row has.
    pub(super) fn width(&self) -> usize {
        self.cells.len()
    }

    /// A cell of the current row.
    pub(super) fn cell(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        Some(self.cells.get(index)?.text(self.row()))
    }

    pub(super) fn text(&self) -> &Text<'s> {
        &self.text
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Fetches more; `false` if there is none.
    fn fill(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        self.ended = !self.text.more(&mut self.buffer)?;
        Ok(!self.ended)
    }

    /// Leaves a row that is too large: its first line if that is at hand, else up to the end of
    /// the line that is being read.
    fn give_up(&mut self) -> Result<Line> {
        self.again += self.rest().len();
        match first_line(self.rest(), self.ended).filter(|_| self.again <= AGAIN) {
            Some(length) => self.end = self.start + length,
            None => self.skip_line()?,
        }
        Ok(Line::TooLarge)
    }

    /// Skips to the next end of a line, keeping the beginning of the row to show it.
    fn skip_line(&mut self) -> Result<()> {
        loop {
            if let Some(length) = first_line(self.rest(), self.ended) {
                self.end = self.start + length;
                return Ok(());
            }
            if self.rest().len() > ROW {
                self.buffer.truncate(self.start + 1024);
            }
            if !self.fill()? {
                self.end = self.buffer.len();
                return Ok(());
            }
        }
    }
}
