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

/// How much of an endless row is kept.
const SHOWN: usize = 1024;

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
                Step::More if rest.len() > ROW => {
                    self.abandon(rest.len())?;
                    return Ok(Some(Line::TooLarge));
                }
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
                    let scanned = match fault {
                        Fault::Unterminated => rest.len(),
                        _ => self.cells.last().map_or(0, Cell::end),
                    };
                    self.abandon(scanned)?;
                    return Ok(Some(Line::Fault(fault)));
                }
            }
        }
    }

    /// The line on which the current row begins.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The line on which the next row begins.
    pub(super) fn next_line(&self) -> u64 {
        self.line + lines(self.row())
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

    /// Leaves what is no row, of which so much was read: its first line, or everything that was
    /// read if too much would be read again.
    fn abandon(&mut self, scanned: usize) -> Result<()> {
        self.again = self.again.saturating_add(scanned);
        let mut from = if self.again <= AGAIN { 0 } else { scanned };
        loop {
            let behind = self.rest().get(from..).unwrap_or_default();
            if let Some(length) = first_line(behind, self.ended) {
                self.end = self.start + from + length;
                return Ok(());
            }
            if self.ended {
                self.end = self.buffer.len();
                return Ok(());
            }
            if self.rest().len() > ROW {
                // The beginning is kept to show it.
                self.buffer.truncate(self.start + SHOWN);
                from = SHOWN;
            }
            self.fill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::decode::Judgement;
    use crate::import::spool::Spool;

    /// The line and the first bytes of everything found.
    fn read(text: &[u8], again: usize) -> Vec<(u64, Line, String)> {
        let mut spool = Spool::fill(&mut &*text).unwrap();
        let judgement = Judgement::of(&mut spool, false).unwrap();
        let mut lines = Lines::new(Text::new(&mut spool, judgement).unwrap());
        lines.again = again;
        let mut found = Vec::new();
        while let Some(line) = lines.advance().unwrap() {
            let row = String::from_utf8_lossy(lines.row()).trim_end().chars().take(9).collect();
            found.push((lines.line(), line, row));
        }
        found
    }

    #[test]
    fn reading_goes_on_behind_the_first_line_of_what_is_no_row() {
        let text = b"a,b\n\"open,x\nc,\"d\"\n\"e\nf\",g\nh,\"open\n\ni";
        let found = read(text, 0);
        let lines: Vec<(u64, &str)> =
            found.iter().map(|(line, _, row)| (*line, row.as_str())).collect();
        assert_eq!(
            lines,
            [
                (1, "a,b"),
                (2, "\"open,x"),
                (3, "c,\"d\""),
                (4, "\"e\nf\",g"),
                (6, "h,\"open"),
                (7, ""),
                (8, "i")
            ]
        );
        assert_eq!(found[1].1, Line::Fault(Fault::AfterQuote));
        assert_eq!(found[4].1, Line::Fault(Fault::Unterminated));
        assert_eq!(found[5].1, Line::Blank);
    }

    #[test]
    fn nothing_is_read_again_beyond_the_limit() {
        let found = read(b"\"open,x\nc,\"d\"\nrest,x\n\"end\nx", AGAIN);
        let lines: Vec<u64> = found.iter().map(|(line, ..)| *line).collect();
        assert_eq!(lines, [1, 3, 4]);
    }

    #[test]
    fn an_endless_row_is_left_at_its_end() {
        let mut text = vec![b'x'; ROW + 300_000];
        text.extend(b"\nb\n");
        let found = read(&text, 0);
        assert_eq!(found[0].1, Line::TooLarge);
        assert_eq!(found[1], (2, Line::Row, "b".to_owned()));
        assert_eq!(read(&vec![b'x'; ROW * 2 + 5], 0).len(), 1);
    }
}
