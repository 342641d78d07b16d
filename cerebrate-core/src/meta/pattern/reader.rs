//! Reading PCRE as PCRE2 10.42 does, and refusing what later versions read differently.

use super::PatternError;
use super::escape::Escape;
use super::tree::{Look, Node, Set, Units};

/// How deep groups may nest.
const MAX_DEPTH: usize = 64;
/// How many characters classes may list while case is ignored: three times all there are.
const MAX_FOLDED: u32 = 3 * 0x11_0000;
/// The largest number in a quantifier.
const MAX_COUNT: u32 = 65_535;

/// Characters of which some versions of PCRE2 say that they differ in case alone.
const DISPUTED_CASES: [(char, char); 3] =
    [('\u{390}', '\u{1FD3}'), ('\u{3B0}', '\u{1FE3}'), ('\u{FB05}', '\u{FB06}')];

pub(super) type Result<T> = std::result::Result<T, PatternError>;

/// Options that a pattern can change while it goes on.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches of the dialect")]
pub(super) struct Options {
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) extended: bool,
    pub(super) dollar_end_only: bool,
}

/// What kind of text the pattern is in, and whether it may end within a comment or a quotation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) units: Units,
    pub(super) open_end: bool,
}

/// Reads a whole pattern.
pub(super) fn read(pattern: &str, dialect: Dialect, options: Options) -> Result<Node> {
    let mut reader = Reader::new(pattern, dialect, options);
    let node = reader.alternatives(0)?;
    if reader.peek().is_some() {
        return Err(reader.malformed("a closing parenthesis has no opening one"));
    }
    if reader.open && !dialect.open_end {
        return Err(reader.malformed("a comment or `\\Q` runs past the end"));
    }
    Ok(node)
}

#[derive(Debug)]
pub(super) struct Reader {
    /// Position in bytes and code of each unit.
    input: Vec<(usize, u32)>,
    end: usize,
    position: usize,
    pub(super) units: Units,
    pub(super) options: Options,
    /// Within `\Q…\E`.
    pub(super) quoted: bool,
    /// The end came within a comment or `\Q…\E`.
    open: bool,
    pub(super) groups: u32,
    pub(super) names: Vec<String>,
    folded: u32,
}

/// What a `{` begins.
#[derive(Debug, PartialEq, Eq)]
enum Brace {
    Literal,
    Disputed,
    Count { least: u32, most: Option<u32>, length: usize },
}

impl Reader {
    fn new(pattern: &str, dialect: Dialect, options: Options) -> Self {
        let input = match dialect.units {
            Units::Characters => pattern.char_indices().map(|(at, c)| (at, u32::from(c))).collect(),
            Units::Bytes => pattern.bytes().map(u32::from).enumerate().collect(),
        };
        Self {
            input,
            end: pattern.len(),
            position: 0,
            units: dialect.units,
            options,
            quoted: false,
            open: false,
            groups: 0,
            names: Vec::new(),
            folded: 0,
        }
    }

    pub(super) fn alternatives(&mut self, depth: usize) -> Result<Node> {
        if depth > MAX_DEPTH {
            return Err(PatternError::TooComplex);
        }
        let mut branches = vec![self.branch(depth)?];
        while self.eat('|') {
            branches.push(self.branch(depth)?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => {
                branches.extend(last);
                Node::Either(branches)
            }
        })
    }

    fn branch(&mut self, depth: usize) -> Result<Node> {
        let mut nodes = Vec::new();
        loop {
            self.skip_ignored()?;
            let Some(unit) = self.peek() else { break };
            if !self.quoted && (unit == '|' || unit == ')') {
                break;
            }
            let (node, repeatable) = self.item(unit, depth)?;
            let node = if repeatable { self.repeated(node)? } else { self.not_repeated(node)? };
            if node != Node::Empty {
                nodes.push(node);
            }
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    /// One item without its quantifier, and whether it may have one.
    fn item(&mut self, unit: char, depth: usize) -> Result<(Node, bool)> {
        if self.quoted {
            self.advance();
            return Ok((self.literal(unit)?, true));
        }
        let look = |look| Ok((Node::Look(look), false));
        match unit {
            '\\' => return self.escaped(),
            '[' => return Ok((Node::Set(self.class()?), true)),
            '(' => return self.group(depth),
            '*' | '+' | '?' => return Err(self.malformed("nothing to repeat")),
            '{' => match self.brace()? {
                Brace::Literal => {}
                Brace::Disputed => return Err(self.disputed_brace()),
                Brace::Count { .. } => return Err(self.malformed("nothing to repeat")),
            },
            _ => {}
        }
        self.advance();
        match unit {
            '^' if self.options.multi_line => look(Look::LineStart),
            '^' => look(Look::Start),
            '$' if self.options.multi_line => look(Look::LineEnd),
            '$' if self.options.dollar_end_only => look(Look::End),
            '$' => look(Look::EndOrFinalNewline),
            '.' if self.options.dot_all => Ok((Node::Set(Set::all(self.units)), true)),
            '.' => Ok((Node::Set(self.all_but_newline()), true)),
            _ => Ok((self.literal(unit)?, true)),
        }
    }

    pub(super) fn all_but_newline(&self) -> Set {
        let mut set = Set::of(&[('\n', '\n')]);
        set.negate(self.units);
        set
    }

    fn literal(&mut self, unit: char) -> Result<Node> {
        self.listed(&[(unit, unit)]).map(Node::Set)
    }

    /// The set of what is written out, with the other cases of letters if case is ignored.
    pub(super) fn listed(&mut self, ranges: &[(char, char)]) -> Result<Set> {
        let mut set = Set::of(ranges);
        if !self.options.ignore_case {
            return Ok(set);
        }
        let disputed = |&(one, other): &(char, char)| set.contains(one) != set.contains(other);
        if self.units == Units::Characters && DISPUTED_CASES.iter().any(disputed) {
            return Err(self.unsupported("letter whose case PCRE2 versions fold differently"));
        }
        // Looking for the other cases of a wide range takes a while.
        let characters = set.ranges().map(|(from, to)| u32::from(to) - u32::from(from) + 1);
        self.folded = characters.fold(self.folded, u32::saturating_add);
        if self.folded > MAX_FOLDED {
            return Err(PatternError::TooComplex);
        }
        set.fold_case(self.units);
        Ok(set)
    }

    fn escaped(&mut self) -> Result<(Node, bool)> {
        Ok(match self.escape(false)? {
            Escape::Unit(unit) => (self.literal(unit)?, true),
            Escape::Set(set) => (Node::Set(set), true),
            Escape::LineBreak => (Node::LineBreak, true),
            Escape::Look(look) => (Node::Look(look), false),
        })
    }

    fn repeated(&mut self, node: Node) -> Result<Node> {
        self.skip_ignored()?;
        let Some((least, most)) = self.quantifier()? else { return Ok(node) };
        if self.peek() == Some('+') {
            return Err(self.unsupported("possessive quantifier"));
        }
        // Which of several matches is found is nothing to whoever asks whether there is one.
        self.eat('?');
        let behind = self.position;
        self.skip_ignored()?;
        if self.quantifier()?.is_some() {
            return Err(if behind == self.position {
                self.malformed("a quantifier follows a quantifier")
            } else {
                self.unsupported("quantifier apart from its suffix")
            });
        }
        Ok(Node::Repeat { node: Box::new(node), least, most })
    }

    fn not_repeated(&mut self, node: Node) -> Result<Node> {
        self.skip_ignored()?;
        match self.quantifier()? {
            Some(_) => Err(self.malformed("nothing to repeat")),
            None => Ok(node),
        }
    }

    /// Takes a quantifier if one is here.
    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let found = match self.peek() {
            _ if self.quoted => return Ok(None),
            Some('*') => (0, None, 1),
            Some('+') => (1, None, 1),
            Some('?') => (0, Some(1), 1),
            Some('{') => match self.brace()? {
                Brace::Literal => return Ok(None),
                Brace::Disputed => return Err(self.disputed_brace()),
                Brace::Count { least, most, length } => (least, most, length),
            },
            _ => return Ok(None),
        };
        self.position += found.2;
        Ok(Some((found.0, found.1)))
    }

    /// Looks at a `{` without taking it.
    fn brace(&self) -> Result<Brace> {
        let mut inside = String::new();
        let mut ahead = 1;
        loop {
            match self.peek_at(ahead) {
                Some('}') => break,
                Some(unit @ ('0'..='9' | ',' | ' ' | '\t')) => inside.push(unit),
                _ => return Ok(Brace::Literal),
            }
            ahead += 1;
        }
        let (least, most) = match inside.split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (&*inside, None),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if least.is_empty() || !digits(least) || !digits(most.unwrap_or_default()) {
            let has_digit = inside.bytes().any(|byte| byte.is_ascii_digit());
            return Ok(if has_digit { Brace::Disputed } else { Brace::Literal });
        }
        let least = self.count(least)?;
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => Some(self.count(most)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err(self.malformed("the numbers of a quantifier are out of order"));
        }
        Ok(Brace::Count { least, most, length: ahead + 1 })
    }

    fn count(&self, digits: &str) -> Result<u32> {
        let count = digits.parse().ok().filter(|count| *count <= MAX_COUNT);
        count.ok_or_else(|| self.malformed("the number of a quantifier is too large"))
    }

    /// Whether `\N{` goes on with a quantifier.
    pub(super) fn brace_is_count(&self) -> Result<bool> {
        Ok(matches!(self.brace()?, Brace::Count { .. }))
    }

    fn disputed_brace(&self) -> PatternError {
        self.unsupported("quantifier that PCRE2 versions read differently")
    }

    /// Skips what stands for nothing: comments, blanks in extended mode, quotation marks.
    fn skip_ignored(&mut self) -> Result<()> {
        loop {
            let next = self.peek_at(1);
            match self.peek() {
                Some('\\') if next == Some('E') => {
                    self.quoted = false;
                    self.position += 2;
                }
                None if self.quoted => {
                    self.open = true;
                    return Ok(());
                }
                _ if self.quoted => return Ok(()),
                Some('\\') if next == Some('Q') => {
                    self.quoted = true;
                    self.position += 2;
                }
                Some('(') if next == Some('?') && self.peek_at(2) == Some('#') => {
                    let comment = self.at();
                    while self.peek().is_some_and(|unit| unit != ')') {
                        self.advance();
                    }
                    if !self.eat(')') {
                        let reason = "a comment is not closed".to_owned();
                        return Err(PatternError::Malformed { reason, at: comment });
                    }
                }
                Some(unit) if self.options.extended => match unit {
                    '\t'..='\r' | ' ' => self.advance(),
                    '#' => {
                        while self.peek().is_some_and(|unit| unit != '\n') {
                            self.advance();
                        }
                        self.open |= self.peek().is_none();
                    }
                    '\u{85}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' => {
                        return Err(self.unsupported("blank beyond ASCII in extended mode"));
                    }
                    _ => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    /// The next unit as a character, bytes as U+0000 to U+00FF.
    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        let (_, code) = self.input.get(self.position.checked_add(ahead)?)?;
        char::from_u32(*code)
    }

    pub(super) fn advance(&mut self) {
        self.position += 1;
    }

    pub(super) fn skip(&mut self, units: usize) {
        self.position += units;
    }

    /// Takes the unit if it is the next.
    pub(super) fn eat(&mut self, unit: char) -> bool {
        let found = self.peek() == Some(unit);
        self.position += usize::from(found);
        found
    }

    pub(super) fn at(&self) -> usize {
        self.input.get(self.position).map_or(self.end, |(at, _)| *at)
    }

    pub(super) fn malformed(&self, reason: &str) -> PatternError {
        PatternError::Malformed { reason: reason.to_owned(), at: self.at() }
    }

    pub(super) fn unsupported(&self, construct: &'static str) -> PatternError {
        PatternError::Unsupported { construct, at: self.at() }
    }
}
