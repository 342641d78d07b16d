//! A pattern after reading: flags resolved, every matcher a set of units.
//!
//! What is left needs no knowledge of either dialect, so that printing it cannot change its meaning.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// What a pattern is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Matches the empty text.
    Empty,
    /// One unit out of a set.
    Set(Set),
    /// A condition on the place.
    Look(Look),
    /// `\R`: a line break, never half of CR LF.
    LineBreak,
    /// One after the other.
    Concat(Vec<Node>),
    /// Any of them.
    Either(Vec<Node>),
    /// Again and again; without end if `most` is `None`.
    Repeat { node: Box<Node>, least: u32, most: Option<u32> },
}

/// Conditions on a place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The very beginning.
    Start,
    /// The very end.
    End,
    /// The end, or before a newline that ends the text.
    EndOrFinalNewline,
    /// The beginning, or after a newline that does not end the text.
    LineStart,
    /// The end, or before a newline.
    LineEnd,
    /// Between a word character and none, in ASCII.
    WordBoundary,
    /// Not there.
    NotWordBoundary,
}

/// What a unit of a pattern is: a character, or a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    Characters,
    Bytes,
}

/// A set of characters, or of bytes written as U+0000 to U+00FF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    class: ClassUnicode,
    /// A shorter spelling understood by Rust and ECMA-262 alike, for sets with Unicode properties.
    spelling: Option<String>,
}

impl Set {
    /// No unit at all.
    pub(super) fn empty() -> Self {
        Self { class: ClassUnicode::empty(), spelling: None }
    }

    /// The units between the pairs, both included.
    pub(super) fn of(ranges: &[(char, char)]) -> Self {
        let ranges = ranges.iter().map(|&(from, to)| ClassUnicodeRange::new(from, to));
        Self { class: ClassUnicode::new(ranges), spelling: None }
    }

    /// Every unit.
    pub(super) fn all(units: Units) -> Self {
        match units {
            Units::Characters => Self::of(&[('\0', char::MAX)]),
            Units::Bytes => Self::of(&[('\0', '\u{FF}')]),
        }
    }

    /// Characters of a general category by its short name, or all others; `None` if there is no
    /// such category.
    pub(super) fn category(name: &str, negated: bool, units: Units) -> Option<Self> {
        const CATEGORIES: [&str; 39] = [
            "Any", "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "L&", "Ll", "Lm", "Lo", "Lt", "Lu", "M",
            "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps",
            "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
        ];
        if !CATEGORIES.contains(&name) {
            return None;
        }
        let mut set = match name {
            "Any" => Self::all(units),
            // Surrogates are no characters: nothing that is text has one.
            "Cs" => Self::empty(),
            "L&" => Self::property(r"\p{Lu}\p{Ll}\p{Lt}")?,
            name => Self::property(&format!(r"\p{{{name}}}"))?,
        };
        if negated {
            set.negate(units);
            set.spelling =
                (name.len() <= 2 && name != "L&" && name != "Cs").then(|| format!(r"\P{{{name}}}"));
        }
        if units == Units::Bytes {
            set.class.intersect(&Self::all(units).class);
            set.spelling = None;
        }
        Some(set)
    }

    fn property(spelling: &str) -> Option<Self> {
        let hir = regex_syntax::parse(&format!("[{spelling}]")).ok()?;
        match hir.into_kind() {
            HirKind::Class(Class::Unicode(class)) => {
                Some(Self { class, spelling: Some(spelling.to_owned()) })
            }
            _ => None,
        }
    }

    /// Adds what another set has.
    pub(super) fn add(&mut self, other: &Self) {
        if self.spelling.is_some() || other.spelling.is_some() {
            let both = [self.spelled(), other.spelled()].concat();
            self.spelling = Some(both);
        }
        self.class.union(&other.class);
    }

    /// Every unit that was not in the set.
    pub(super) fn negate(&mut self, units: Units) {
        self.class.negate();
        if units == Units::Bytes {
            self.class.intersect(&Self::all(units).class);
        }
        self.spelling = self.spelling.take().map(|inner| format!("^{inner}"));
    }

    /// Adds the other cases of letters: all of Unicode for characters, ASCII alone for bytes.
    pub(super) fn fold_case(&mut self, units: Units) {
        match units {
            Units::Characters => self.class.case_fold_simple(),
            Units::Bytes => {
                let mut folded = self.class.clone();
                for range in self.class.iter() {
                    for letter in 'a'..='z' {
                        let capital = letter.to_ascii_uppercase();
                        let has = |c: char| range.start() <= c && c <= range.end();
                        if has(letter) || has(capital) {
                            folded.push(ClassUnicodeRange::new(letter, letter));
                            folded.push(ClassUnicodeRange::new(capital, capital));
                        }
                    }
                }
                self.class = folded;
            }
        }
        self.spelling = None;
    }

    /// Takes units out.
    pub(super) fn without(&self, units: &[char]) -> Self {
        let taken = units.iter().map(|&unit| ClassUnicodeRange::new(unit, unit));
        let mut class = self.class.clone();
        class.difference(&ClassUnicode::new(taken));
        Self { class, spelling: None }
    }

    /// Whether a unit is in the set.
    pub(super) fn contains(&self, unit: char) -> bool {
        self.class.iter().any(|range| range.start() <= unit && unit <= range.end())
    }

    /// The set as pairs in ascending order, both ends included.
    pub(super) fn ranges(&self) -> impl ExactSizeIterator<Item = (char, char)> + '_ {
        self.class.ranges().iter().map(|range| (range.start(), range.end()))
    }

    /// The inside of a class in brackets, if the set is better said by name.
    pub(super) fn spelling(&self) -> Option<&str> {
        self.spelling.as_deref()
    }

    fn spelled(&self) -> String {
        let mut text = String::new();
        match &self.spelling {
            Some(spelling) => text.push_str(spelling),
            None => super::emit::write_ranges(&mut text, self.ranges()),
        }
        text
    }
}

impl Node {
    /// Whether the node looks at line ends, which need the text prepared (see `emit`).
    pub(super) fn minds_lines(&self) -> bool {
        match self {
            Self::Empty | Self::Set(_) => false,
            Self::Look(look) => {
                matches!(look, Look::EndOrFinalNewline | Look::LineStart | Look::LineEnd)
            }
            Self::LineBreak => true,
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().any(Self::minds_lines),
            Self::Repeat { node, .. } => node.minds_lines(),
        }
    }

    /// Whether a text with this unit in it may match as a whole.
    pub(super) fn takes(&self, unit: char) -> bool {
        match self {
            Self::Empty | Self::Look(_) => false,
            Self::Set(set) => set.contains(unit),
            Self::LineBreak => true,
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().any(|node| node.takes(unit)),
            Self::Repeat { node, .. } => node.takes(unit),
        }
    }

    /// No less than the code units that PCRE2 needs for the node.
    pub(super) fn weight(&self) -> u64 {
        let inner =
            |nodes: &[Self]| nodes.iter().map(Self::weight).fold(0_u64, u64::saturating_add);
        match self {
            Self::Empty | Self::Look(_) | Self::LineBreak => 2,
            Self::Set(set) if set.ranges().len() <= 1 => 10,
            Self::Set(set) => 64 + 8 * set.ranges().len().min(64) as u64,
            Self::Concat(nodes) => inner(nodes),
            Self::Either(nodes) => inner(nodes).saturating_add(4 * nodes.len() as u64 + 8),
            Self::Repeat { node, least, most } => {
                let once = node.weight().saturating_add(12);
                match **node {
                    Self::Set(_) => once,
                    _ => {
                        once.saturating_mul(u64::from((*least).max(most.unwrap_or(*least)).max(1)))
                    }
                }
            }
        }
    }

    /// Drops the conditions at both edges that always hold there, for a pattern that has to match
    /// the text from its beginning to its end.
    pub(super) fn drop_edges(&mut self) {
        self.drop_edge(true);
        self.drop_edge(false);
    }

    fn drop_edge(&mut self, first: bool) {
        match self {
            Self::Look(Look::Start | Look::LineStart) if first => *self = Self::Empty,
            Self::Look(Look::End | Look::EndOrFinalNewline | Look::LineEnd) if !first => {
                *self = Self::Empty;
            }
            Self::Either(nodes) => nodes.iter_mut().for_each(|node| node.drop_edge(first)),
            Self::Concat(nodes) => loop {
                let edge = if first { nodes.first_mut() } else { nodes.last_mut() };
                let Some(edge) = edge else { break };
                edge.drop_edge(first);
                if *edge != Self::Empty {
                    break;
                }
                if first {
                    nodes.remove(0);
                } else {
                    nodes.pop();
                }
            },
            _ => {}
        }
    }
}
