//! Classes in brackets.

use super::escape::Escape;
use super::reader::{Reader, Result};
use super::tree::Set;

/// Where a class stands with regard to ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// What came last cannot begin one.
    No,
    /// This unit may begin one.
    Possible(char),
    /// This unit and a hyphen were read.
    Begun(char),
}

impl Reader {
    /// Takes a class from its `[` on.
    pub(super) fn class(&mut self) -> Result<Set> {
        if self.posix_length().is_some() {
            return Err(self.malformed("a POSIX class stands outside of brackets"));
        }
        if self.looks_like("[[:<:]]") || self.looks_like("[[:>:]]") {
            return Err(self.unsupported("word boundary in brackets"));
        }
        let unclosed = self.malformed("a bracket is not closed");
        self.advance();
        let negated = self.class_head();
        let mut set = Set::empty();
        let mut listed = Vec::new();
        let mut range = Range::No;
        let mut first = true;
        loop {
            let Some(unit) = self.peek() else { return Err(unclosed) };
            let quote_mark = unit == '\\' && matches!(self.peek_at(1), Some('E' | 'Q'));
            if quote_mark && (!self.quoted || self.peek_at(1) == Some('E')) {
                self.quoted = self.peek_at(1) == Some('Q');
                self.skip(2);
                continue;
            }
            let literal = self.quoted || (first && unit == ']');
            first = false;
            let escape = match unit {
                _ if literal => None,
                ']' => break,
                '[' if self.posix_length().is_some() => Some(Escape::Set(self.posix()?)),
                '\\' => Some(self.escape(true)?),
                '-' => match range {
                    Range::Possible(from) => {
                        self.advance();
                        range = Range::Begun(from);
                        continue;
                    }
                    Range::No | Range::Begun(_) => None,
                },
                _ => None,
            };
            let unit = match escape {
                Some(Escape::Unit(unit)) => unit,
                Some(Escape::Set(members)) => {
                    let hyphen =
                        self.peek() == Some('-') && self.peek_at(1).is_some_and(|unit| unit != ']');
                    if matches!(range, Range::Begun(_)) || hyphen {
                        return Err(self.malformed("a range needs a single character at each end"));
                    }
                    set.add(&members);
                    range = Range::No;
                    continue;
                }
                Some(Escape::LineBreak | Escape::Look(_)) => {
                    return Err(self.malformed("this escape has no meaning in a class"));
                }
                None => {
                    self.advance();
                    unit
                }
            };
            range = match range {
                Range::Begun(from) if unit < from => {
                    return Err(self.malformed("a range is out of order"));
                }
                Range::Begun(from) => {
                    listed.push((from, unit));
                    Range::No
                }
                Range::No | Range::Possible(_) => {
                    listed.push((unit, unit));
                    Range::Possible(unit)
                }
            };
        }
        if let Range::Begun(_) = range {
            listed.push(('-', '-'));
        }
        self.advance();
        set.add(&self.listed(&listed)?);
        if negated {
            set.negate(self.units);
        }
        Ok(set)
    }

    /// Takes `^`, and quotation marks around nothing, at the beginning; true if there was a `^`.
    fn class_head(&mut self) -> bool {
        let mut negated = false;
        loop {
            if self.looks_like("\\E") {
                self.skip(2);
            } else if self.looks_like("\\Q\\E") {
                self.skip(4);
            } else if !negated && self.eat('^') {
                negated = true;
            } else {
                return negated;
            }
        }
    }

    /// The length of what looks like `[:name:]`, `[.name.]` or `[=name=]` here.
    fn posix_length(&self) -> Option<usize> {
        let kind = self.peek_at(1).filter(|unit| matches!(unit, ':' | '.' | '='))?;
        let mut ahead = 2;
        loop {
            match (self.peek_at(ahead)?, self.peek_at(ahead + 1)) {
                ('\\', Some(']' | '\\')) => ahead += 1,
                ('[', Some(next)) if next == kind => return None,
                (']', _) => return None,
                (unit, Some(']')) if unit == kind => return Some(ahead + 2),
                _ => {}
            }
            ahead += 1;
        }
    }

    fn posix(&mut self) -> Result<Set> {
        let length = self.posix_length().unwrap_or_default();
        if self.peek_at(1) != Some(':') {
            return Err(self.malformed("POSIX collating elements do not exist here"));
        }
        let negated = self.peek_at(2) == Some('^');
        let from = if negated { 3 } else { 2 };
        let to = length.saturating_sub(2);
        let name: String = (from..to).filter_map(|ahead| self.peek_at(ahead)).collect();
        let ranges: &[(char, char)] = match &*name {
            // Whoever ignores case does not ask for one.
            "lower" | "upper" if self.options.ignore_case => &[('A', 'Z'), ('a', 'z')],
            "lower" => &[('a', 'z')],
            "upper" => &[('A', 'Z')],
            "alpha" => &[('A', 'Z'), ('a', 'z')],
            "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
            "ascii" => &[('\0', '\x7F')],
            "blank" => &[('\t', '\t'), (' ', ' ')],
            "cntrl" => &[('\0', '\x1F'), ('\x7F', '\x7F')],
            "digit" => &[('0', '9')],
            "graph" => &[('!', '~')],
            "print" => &[(' ', '~')],
            "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "space" => &[('\t', '\r'), (' ', ' ')],
            "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => return Err(self.malformed("there is no POSIX class of this name")),
        };
        let mut set = Set::of(ranges);
        if negated {
            set.negate(self.units);
        }
        self.skip(length);
        Ok(set)
    }

    fn looks_like(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, unit)| self.peek_at(ahead) == Some(unit))
    }
}
