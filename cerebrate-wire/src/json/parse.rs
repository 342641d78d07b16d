use std::borrow::Cow;
use std::collections::BTreeSet;

use cerebrate_core::problem::ProblemKind;

use super::{Member, Node, Value};

/// How many values one record may consist of.
const VALUES: usize = 1_000_000;

/// How deep values may be nested; serde's readers allow as much.
pub(crate) const DEPTH: u32 = 128;

/// Objects with more keys than this keep a set of them to find a repeated one.
const MANY_KEYS: usize = 48;

/// What a text says.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) root: Node<'a>,
    /// Keys that an object has twice, and where the second one stands.
    pub(crate) repeated: Vec<(usize, String)>,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) kind: ProblemKind,
    pub(crate) message: &'static str,
}

/// Reads a whole text. The values of the keys in `skip` are passed over.
pub(crate) fn parse<'a>(text: &'a str, skip: &[&str]) -> Result<Document<'a>, Fault> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        left: VALUES,
        usual: 14,
        skip,
        repeated: Vec::new(),
    };
    parser.blanks();
    let root = parser.value()?;
    parser.blanks();
    if parser.at < parser.bytes.len() {
        return Err(parser.malformed("there is text after the value"));
    }
    Ok(Document { root, repeated: parser.repeated })
}

struct Parser<'a, 's> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    left: usize,
    /// How many keys the last object had: rows of one kind follow each other.
    usual: usize,
    skip: &'s [&'s str],
    repeated: Vec<(usize, String)>,
}

impl<'a> Parser<'a, '_> {
    fn value(&mut self) -> Result<Node<'a>, Fault> {
        if self.left == 0 {
            return Err(self.fault(ProblemKind::TooLong, "one record has too many values"));
        }
        self.left -= 1;
        let at = self.at;
        let value = match self.peek() {
            Some(b'"') => Value::Text(self.string()?),
            Some(b'{') => Value::Object(self.nested(Self::object)?),
            Some(b'[') => Value::List(self.nested(Self::list)?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.literal("true", Value::Bool(true))?,
            Some(b'f') => self.literal("false", Value::Bool(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            Some(_) => return Err(self.malformed("a value is expected here")),
            None => return Err(self.malformed("the text ends too early")),
        };
        Ok(Node { at, value })
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == DEPTH {
            return Err(self.malformed("nested too deeply"));
        }
        self.depth += 1;
        self.at += 1;
        self.blanks();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Vec<Node<'a>>, Fault> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            if self.take(b']') {
                return Ok(items);
            }
            self.expect(b',', "`,` or `]` is expected here")?;
            self.blanks();
        }
    }

    fn object(&mut self) -> Result<Vec<Member<'a>>, Fault> {
        if self.take(b'}') {
            return Ok(Vec::new());
        }
        // What stands within is of another kind; without this a chain of objects would ask for much.
        let mut members = Vec::with_capacity(std::mem::replace(&mut self.usual, 4));
        let mut keys = Keys::default();
        loop {
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a key in quotes is expected here"));
            }
            let key = self.string()?;
            if keys.has(&members, &key) {
                self.repeated.push((at, key.clone().into_owned()));
            }
            self.blanks();
            self.expect(b':', "`:` is expected here")?;
            self.blanks();
            let node = if self.skip.contains(&&*key) { self.skipped()? } else { self.value()? };
            members.push(Member { key, node });
            self.blanks();
            if self.take(b'}') {
                self.usual = members.len().min(MANY_KEYS);
                return Ok(members);
            }
            self.expect(b',', "`,` or `}` is expected here")?;
            self.blanks();
        }
    }

    /// Passes over a value by its brackets and quotes. A scalar is read as it is.
    fn skipped(&mut self) -> Result<Node<'a>, Fault> {
        let at = self.at;
        if !matches!(self.peek(), Some(b'{' | b'[')) {
            return self.value();
        }
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(Node { at, value: Value::Skipped });
            }
        }
        Err(self.malformed("the text ends too early"))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let opening = self.at;
        self.at += 1;
        let mut from = self.at;
        let mut unescaped = String::new();
        loop {
            let plain = self.bytes.get(self.at..).unwrap_or_default();
            self.at += plain
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F))
                .unwrap_or(plain.len());
            match self.peek() {
                Some(b'"') => {
                    let rest = self.text.get(from..self.at).unwrap_or_default();
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(rest));
                    }
                    unescaped.push_str(rest);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(self.text.get(from..self.at).unwrap_or_default());
                    unescaped.push(self.escape()?);
                    from = self.at;
                }
                Some(_) => {
                    return Err(self.malformed("a control character stands in a text"));
                }
                None => {
                    self.at = opening;
                    return Err(self.malformed("the text in quotes does not end"));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let escaped = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.malformed("no such escape")),
        };
        self.at += 2;
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let unit = self.code_unit(self.at)?;
        let (code, length) = match unit {
            0xD800..=0xDBFF => match self.code_unit(self.at + 6) {
                Ok(low @ 0xDC00..=0xDFFF) => {
                    (0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00), 12)
                }
                _ => return Err(self.half_pair()),
            },
            _ => (unit, 6),
        };
        let character = char::from_u32(code).ok_or_else(|| self.half_pair())?;
        self.at += length;
        Ok(character)
    }

    /// The value of `\uXXXX` at `at`.
    fn code_unit(&self, at: usize) -> Result<u32, Fault> {
        self.text
            .get(at..at + 6)
            .and_then(|escape| escape.strip_prefix("\\u"))
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.malformed("four hexadecimal digits are expected after `\\u`"))
    }

    fn number(&mut self) -> Result<&'a str, Fault> {
        let from = self.at;
        self.take(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.malformed("a digit is expected here")),
        }
        if self.take(b'.') {
            self.some_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.some_digits()?;
        }
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    fn some_digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.malformed("a digit is expected here"));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Fault> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.malformed("a value is expected here"))
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, message: &'static str) -> Result<(), Fault> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.malformed(match self.peek() {
            Some(_) => message,
            None => "the text ends too early",
        }))
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn malformed(&self, message: &'static str) -> Fault {
        self.fault(ProblemKind::Malformed, message)
    }

    fn half_pair(&self) -> Fault {
        self.fault(ProblemKind::Undecodable, "half of a surrogate pair")
    }

    fn fault(&self, kind: ProblemKind, message: &'static str) -> Fault {
        Fault { at: self.at, kind, message }
    }
}

/// Finds a repeated key: a mask of what was seen settles most cases at once.
#[derive(Default)]
struct Keys {
    seen: u64,
    many: BTreeSet<String>,
}

impl Keys {
    fn has(&mut self, members: &[Member<'_>], key: &str) -> bool {
        if members.len() >= MANY_KEYS {
            if self.many.is_empty() {
                self.many.extend(members.iter().map(|member| member.key.clone().into_owned()));
            }
            return !self.many.insert(key.to_owned());
        }
        let bytes = key.as_bytes();
        let spread = bytes.len() * 7
            + usize::from(bytes.first().copied().unwrap_or(0)) * 3
            + usize::from(bytes.last().copied().unwrap_or(0));
        let bit = 1_u64 << (spread % 64);
        let maybe = self.seen & bit != 0;
        self.seen |= bit;
        maybe && members.iter().any(|member| member.key == key)
    }
}
