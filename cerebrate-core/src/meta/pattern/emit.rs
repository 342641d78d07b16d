//! Printing a pattern for the engine, and as ECMA-262.
//!
//! The engine has no look-around, so "before a newline that ends the text" cannot be said in its
//! syntax. It can be said of a *prepared* text, see [`prepare`]: bytes that never occur in UTF-8
//! stand for the newline and the carriage returns in question.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::tree::{Look, Node, Set, Units};

/// Stands for a newline that ends the text. Also the engine's line terminator.
pub(super) const FINAL_NEWLINE: u8 = 0xFF;
/// Stands for a carriage return.
const LONE_RETURN: u8 = 0xFE;
/// Stands for a carriage return before a newline.
const RETURN_OF_PAIR: u8 = 0xFD;

/// The text as the engine has to see it if the pattern minds lines.
///
/// The final newline becomes [`FINAL_NEWLINE`], so that `(?m:$)` is "the end or before the final
/// newline". Carriage returns become other bytes, so that in the engine's CR LF mode `(?mR:^)` and
/// `(?mR:$)` are about the remaining newlines alone, and `\R` need not look ahead.
pub(super) fn prepare(text: &[u8]) -> Cow<'_, [u8]> {
    if text.last() != Some(&b'\n') && !text.contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    let mut prepared = text.to_vec();
    let mut before_newline = false;
    for byte in prepared.iter_mut().rev() {
        let newline = *byte == b'\n';
        if *byte == b'\r' {
            *byte = if before_newline { RETURN_OF_PAIR } else { LONE_RETURN };
        }
        before_newline = newline;
    }
    if let Some(last @ b'\n') = prepared.last_mut() {
        *last = FINAL_NEWLINE;
    }
    Cow::Owned(prepared)
}

/// The pattern for `regex::bytes`, to be matched against a prepared text if `prepared`.
pub(super) fn to_engine(node: &Node, units: Units, prepared: bool) -> String {
    let mut printer = Engine { out: String::new(), units, prepared };
    printer.node(node);
    printer.out
}

/// The pattern as ECMA-262 in `u` mode without look-around, `None` if it cannot be said.
pub(super) fn to_ecma(node: &Node) -> Option<String> {
    let mut out = "^(?:".to_owned();
    write_ecma(&mut out, node)?;
    out.push_str(")$");
    Some(out)
}

/// The inside of a class in brackets, as Rust and ECMA-262 read it alike.
pub(super) fn write_ranges(out: &mut String, ranges: impl Iterator<Item = (char, char)>) {
    for (from, to) in ranges {
        write_unit(out, from);
        if from < to {
            if u32::from(to) - u32::from(from) > 1 {
                out.push('-');
            }
            write_unit(out, to);
        }
    }
}

struct Engine {
    out: String,
    units: Units,
    prepared: bool,
}

impl Engine {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Empty => self.out.push_str("(?:)"),
            Node::Set(set) => self.set(set),
            Node::Look(look) => self.out.push_str(match look {
                Look::Start => r"\A",
                Look::End => r"\z",
                Look::EndOrFinalNewline => "(?m:$)",
                Look::LineStart => "(?mR:^)",
                Look::LineEnd => "(?:(?m:$)|(?mR:$))",
                Look::WordBoundary => r"(?-u:\b)",
                Look::NotWordBoundary => r"(?-u:\B)",
            }),
            Node::LineBreak => self.out.push_str(match self.units {
                Units::Characters => {
                    r"(?:(?-u:\xFD(?:\n|\xFF)|[\xFE\xFF])|[\n\x0B\x0C\u{85}\u{2028}\u{2029}])"
                }
                Units::Bytes => r"(?-u:\xFD(?:\n|\xFF)|[\xFE\xFF\n\x0B\x0C\x85])",
            }),
            Node::Concat(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Node::Either(nodes) => {
                self.out.push_str("(?:");
                for (position, node) in nodes.iter().enumerate() {
                    if position > 0 {
                        self.out.push('|');
                    }
                    self.node(node);
                }
                self.out.push(')');
            }
            Node::Repeat { node, least, most } => {
                self.out.push_str("(?:");
                self.node(node);
                self.out.push(')');
                write_count(&mut self.out, *least, *most);
            }
        }
    }

    fn set(&mut self, set: &Set) {
        let newline = self.prepared && set.contains('\n');
        let carriage_return = self.prepared && set.contains('\r');
        match self.units {
            Units::Bytes => {
                let set = set.without(&['\u{FD}', '\u{FE}', '\u{FF}']);
                self.out.push_str("(?-u:[");
                for (from, to) in set.ranges() {
                    let _ = write!(self.out, r"\x{:02X}-\x{:02X}", u32::from(from), u32::from(to));
                }
                if newline {
                    self.out.push_str(r"\xFF");
                }
                if carriage_return {
                    self.out.push_str(r"\xFD\xFE");
                }
                if set.ranges().len() == 0 {
                    self.out.push_str("a&&b");
                }
                self.out.push_str("])");
            }
            Units::Characters => {
                if newline || carriage_return {
                    self.out.push_str("(?:(?-u:[");
                    self.out.push_str(if newline { r"\xFF" } else { "" });
                    self.out.push_str(if carriage_return { r"\xFD\xFE" } else { "" });
                    self.out.push_str("])|");
                    write_class(&mut self.out, set);
                    self.out.push(')');
                } else {
                    write_class(&mut self.out, set);
                }
            }
        }
    }
}

fn write_ecma(out: &mut String, node: &Node) -> Option<()> {
    match node {
        Node::Empty => {}
        Node::Set(set) => write_class(out, set),
        Node::Look(Look::Start) => out.push('^'),
        Node::Look(Look::End) => out.push('$'),
        // Either needs look-around, or is about words, which engines understand differently.
        Node::Look(_) | Node::LineBreak => return None,
        Node::Concat(nodes) => {
            for node in nodes {
                if let Node::Either(_) = node {
                    out.push_str("(?:");
                    write_ecma(out, node)?;
                    out.push(')');
                } else {
                    write_ecma(out, node)?;
                }
            }
        }
        Node::Either(nodes) => {
            for (position, node) in nodes.iter().enumerate() {
                if position > 0 {
                    out.push('|');
                }
                write_ecma(out, node)?;
            }
        }
        Node::Repeat { node, least, most } => {
            if let Node::Set(set) = &**node {
                write_class(out, set);
            } else {
                out.push_str("(?:");
                write_ecma(out, node)?;
                out.push(')');
            }
            write_count(out, *least, *most);
        }
    }
    Some(())
}

fn write_class(out: &mut String, set: &Set) {
    if let Some(spelling) = set.spelling() {
        let _ = write!(out, "[{spelling}]");
        return;
    }
    let mut ranges = set.ranges();
    if let (Some((from, to)), 0) = (ranges.next(), ranges.len())
        && from == to
    {
        return write_unit(out, from);
    }
    let mut others = set.clone();
    others.negate(Units::Characters);
    if others.ranges().len() > 0 && set.contains(char::MAX) {
        out.push_str("[^");
        write_ranges(out, others.ranges());
    } else if set.ranges().len() > 0 {
        out.push('[');
        write_ranges(out, set.ranges());
    } else {
        out.push_str(r"[^\x00-\u{10FFFF}");
    }
    out.push(']');
}

/// One character, in a class or outside of it.
fn write_unit(out: &mut String, unit: char) {
    match unit {
        '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => {
            out.push('\\');
            out.push(unit);
        }
        // `\-` and `\&` are no escapes outside of a class in `u` mode, and two of these in a class
        // are an operator elsewhere.
        '-' | '&' | '~' | '#' => {
            let _ = write!(out, r"\x{:02X}", u32::from(unit));
        }
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        ' '..='~' => out.push(unit),
        '\0'..='\u{FF}' => {
            let _ = write!(out, r"\x{:02X}", u32::from(unit));
        }
        '\u{100}'..='\u{FFFF}' => {
            let _ = write!(out, r"\u{:04X}", u32::from(unit));
        }
        _ => {
            let _ = write!(out, r"\u{{{:X}}}", u32::from(unit));
        }
    }
}

fn write_count(out: &mut String, least: u32, most: Option<u32>) {
    let _ = match (least, most) {
        (0, None) => write!(out, "*"),
        (1, None) => write!(out, "+"),
        (0, Some(1)) => write!(out, "?"),
        (least, None) => write!(out, "{{{least},}}"),
        (least, Some(most)) if least == most => write!(out, "{{{least}}}"),
        (least, Some(most)) => write!(out, "{{{least},{most}}}"),
    };
}
