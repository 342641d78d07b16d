use std::fmt;

use cerebrate_core::problem::Problem;

/// Where in a text: line and column, both counted from 1, the column in characters.
///
/// ```
/// use cerebrate_wire::Place;
///
/// assert_eq!(Place::START.after("é\nab".as_bytes()), Place { line: 2, column: 3 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Place {
    /// The first character of a text.
    pub const START: Place = Place { line: 1, column: 1 };

    /// The place that `text`, beginning here, leads to.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Place {
        let mut lines = 0;
        let mut last_line = text;
        if let Some(end) = text.iter().rposition(|byte| *byte == b'\n') {
            let (before, rest) = text.split_at(end + 1);
            lines = count(before, |byte| byte == b'\n');
            last_line = rest;
        }
        // A character is counted at its first byte.
        let columns = count(last_line, |byte| byte & 0xC0 != 0x80);
        if lines == 0 {
            Place { line: self.line, column: self.column + columns }
        } else {
            Place { line: self.line + lines, column: 1 + columns }
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Place::START
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A problem and where in the text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where the value begins, or where the text stops making sense.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

fn count(text: &[u8], wanted: impl Fn(u8) -> bool) -> u64 {
    text.iter().map(|byte| u64::from(wanted(*byte))).sum()
}
