//! Finding the rows and cells of delimited text.

use std::borrow::Cow;
use std::ops::Range;

/// The most cells of one row.
pub(super) const CELLS: usize = 10_000;

/// Where a cell is within its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    range: Range<usize>,
    /// Whether doubled quotes stand for quotes.
    doubled: bool,
}

impl Cell {
    /// The same cell in a text that has so many bytes more before it.
    fn behind(mut self, bytes: usize) -> Self {
        self.range = self.range.start + bytes..self.range.end + bytes;
        self
    }

    /// Where the cell ends within its row.
    pub(super) fn end(&self) -> usize {
        self.range.end
    }

    /// The text of the cell in the text of its row.
    pub(super) fn text<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        let text = row.get(self.range.clone()).unwrap_or_default();
        if !self.doubled {
            return Cow::Borrowed(text);
        }
        let mut single = Vec::with_capacity(text.len());
        let mut quoted = false;
        for byte in text {
            quoted = *byte == b'"' && !quoted;
            if !quoted {
                single.push(*byte);
            }
        }
        Cow::Owned(single)
    }
}

/// What is wrong with the structure of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends within quotes.
    Unterminated,
    /// Something other than a delimiter follows a closing quote.
    AfterQuote,
    /// More than [`CELLS`] cells.
    TooMany,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The row goes on behind the text at hand.
    More,
    /// A row, with so many bytes including its end.
    Row(usize),
    /// No row.
    Fault(Fault),
}

/// Finds the cells of the row that `text` begins with; `ended` says that nothing follows `text`.
pub(super) fn scan(text: &[u8], ended: bool, delimiter: u8, cells: &mut Vec<Cell>) -> Step {
    cells.clear();
    let mut at = 0;
    loop {
        if cells.len() >= CELLS {
            return Step::Fault(Fault::TooMany);
        }
        let rest = text.get(at..).unwrap_or_default();
        let end = if rest.first() == Some(&b'"') {
            let (end, doubled) = match closing_quote(rest) {
                Some(found) => found,
                None if ended => return Step::Fault(Fault::Unterminated),
                None => return Step::More,
            };
            cells.push(Cell { range: at + 1..at + end, doubled });
            let behind = at + end + 1;
            behind + blanks(text.get(behind..).unwrap_or_default(), delimiter)
        } else {
            let end = match memchr::memchr3(delimiter, b'\n', b'\r', rest) {
                Some(end) => end,
                None if ended => rest.len(),
                None => return Step::More,
            };
            let before = blanks(rest, delimiter);
            let quoted = if rest.get(before) == Some(&b'"') {
                let line = match memchr::memchr2(b'\n', b'\r', rest) {
                    Some(line) => rest.get(..line).unwrap_or_default(),
                    None if ended => rest,
                    None => return Step::More,
                };
                quoted_behind(line, before, delimiter)
            } else {
                None
            };
            let (cell, end) = quoted.unwrap_or_else(|| (unquoted(rest, end, delimiter), end));
            cells.push(cell.behind(at));
            at + end
        };
        match (text.get(end), text.get(end + 1)) {
            (Some(byte), _) if *byte == delimiter => at = end + 1,
            (Some(b'\r'), Some(b'\n')) => return Step::Row(end + 2),
            (Some(b'\r'), None) | (None, _) if !ended => return Step::More,
            (Some(b'\n' | b'\r'), _) => return Step::Row(end + 1),
            (None, _) => return Step::Row(end),
            (Some(_), _) => return Step::Fault(Fault::AfterQuote),
        }
    }
}

/// The cell at the beginning of `text` that ends at `end`, without the blanks around it.
fn unquoted(text: &[u8], end: usize, delimiter: u8) -> Cell {
    let part = text.get(..end).unwrap_or_default();
    let before = blanks(part, delimiter);
    let after = part.iter().rev().take_while(|byte| is_blank(**byte, delimiter)).count();
    Cell { range: before..(end - after).max(before), doubled: false }
}

/// A cell in quotes behind so many blanks, and where it ends; `None` unless it closes on its line.
fn quoted_behind(line: &[u8], before: usize, delimiter: u8) -> Option<(Cell, usize)> {
    let (close, doubled) = closing_quote(line.get(before..)?)?;
    let behind = before + close + 1;
    let end = behind + blanks(line.get(behind..)?, delimiter);
    let ends = line.get(end).is_none_or(|byte| *byte == delimiter);
    ends.then_some((Cell { range: before + 1..before + close, doubled }, end))
}

fn blanks(text: &[u8], delimiter: u8) -> usize {
    text.iter().take_while(|byte| is_blank(**byte, delimiter)).count()
}

fn is_blank(byte: u8, delimiter: u8) -> bool {
    byte != delimiter && matches!(byte, b' ' | b'\t')
}

/// Where the quote is that closes the one which `text` begins with, and whether there are doubled
/// ones before it.
fn closing_quote(text: &[u8]) -> Option<(usize, bool)> {
    let mut at = 1;
    let mut doubled = false;
    loop {
        let quote = at + memchr::memchr(b'"', text.get(at..)?)?;
        if text.get(quote + 1) != Some(&b'"') {
            return Some((quote, doubled));
        }
        doubled = true;
        at = quote + 2;
    }
}

/// How many bytes of `text` the first line has, with its end; `None` if it does not end.
pub(super) fn first_line(text: &[u8], ended: bool) -> Option<usize> {
    let end = memchr::memchr2(b'\n', b'\r', text)?;
    match (text.get(end), text.get(end + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(end + 2),
        (Some(b'\r'), None) if !ended => None,
        _ => Some(end + 1),
    }
}

/// How many lines end in `text`.
pub(super) fn lines(text: &[u8]) -> u64 {
    let mut count = memchr::memchr_iter(b'\n', text).count();
    if memchr::memchr(b'\r', text).is_some() {
        count +=
            memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
    }
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, delimiter: u8) -> (Step, Vec<String>) {
        let mut cells = Vec::new();
        let step = scan(text.as_bytes(), true, delimiter, &mut cells);
        let texts = cells
            .iter()
            .map(|cell| String::from_utf8(cell.text(text.as_bytes()).into_owned()).unwrap());
        (step, texts.collect())
    }

    #[test]
    fn cells_are_found_whatever_they_hold() {
        for (text, bytes, expected) in [
            ("a,b\nc", 4, vec!["a", "b"]),
            ("a,b\r\nc", 5, vec!["a", "b"]),
            ("a,b\rc", 4, vec!["a", "b"]),
            ("a,b", 3, vec!["a", "b"]),
            ("a,\n", 3, vec!["a", ""]),
            ("\"a,b\",c\n", 8, vec!["a,b", "c"]),
            ("\"a\nb\",c\n", 8, vec!["a\nb", "c"]),
            ("\"say \"\"hi\"\"\",\"\"\n", 16, vec!["say \"hi\"", ""]),
            ("CERT \"X\",c\n", 11, vec!["CERT \"X\"", "c"]),
            ("\"\"\"\"\n", 5, vec!["\""]),
            ("\n", 1, vec![""]),
            (" a , b\t\n", 8, vec!["a", "b"]),
            ("\"a\" , \" b \" \n", 13, vec!["a", " b "]),
            (" \"a,b\", \"c\"\"d\"", 14, vec!["a,b", "c\"d"]),
            (" \"a\" x,b\n", 9, vec!["\"a\" x", "b"]),
            (" \"a,b\n", 6, vec!["\"a", "b"]),
            ("  ,\"\"\n", 6, vec!["", ""]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(row(text, b','), (Step::Row(bytes), expected), "{text:?}");
        }
        assert_eq!(row("\"a\"b,c\n", b',').0, Step::Fault(Fault::AfterQuote));
        assert_eq!(row("\"a,c\n", b',').0, Step::Fault(Fault::Unterminated));
        assert_eq!(row(&",".repeat(CELLS), b',').0, Step::Fault(Fault::TooMany));
    }

    #[test]
    fn lines_of_every_kind_are_counted() {
        assert_eq!(lines(b"a\nb\r\nc\rd"), 3);
        assert_eq!(first_line(b"a\r\nb", false), Some(3));
        assert_eq!(first_line(b"a\r", false), None);
        assert_eq!(first_line(b"a\r", true), Some(2));
        assert_eq!(first_line(b"a", true), None);
    }

    proptest::proptest! {
        #[test]
        fn a_row_is_the_same_however_much_of_the_rest_is_at_hand(
            text in "[a,\"\n\r; x]{0,40}", cut in 0_usize..40,
        ) {
            let bytes = text.as_bytes();
            let (mut whole, mut part) = (Vec::new(), Vec::new());
            let all = scan(bytes, true, b',', &mut whole);
            let beginning = bytes.get(..cut.min(bytes.len())).unwrap();
            match scan(beginning, false, b',', &mut part) {
                Step::More => {}
                Step::Fault(fault) => assert_eq!(all, Step::Fault(fault)),
                Step::Row(length) => {
                    assert_eq!(all, Step::Row(length));
                    assert_eq!(whole, part);
                }
            }
        }
    }
}
