//! Patterns of template fields.
//!
//! Templates speak PCRE. A [`Pattern`] is read as PCRE2 reads it, rewritten for an engine that needs
//! linear time, and refused where the engine could not answer as PCRE2 does. Nothing changes its
//! meaning in silence.
//!
//! # What is supported
//!
//! Literals and every escape for one (`\/ \e \cX \012 \o{12} \x{e9} \Q…\E`), classes in brackets with
//! POSIX names, `\d \w \s \h \v \N \R` and their negations, general categories such as `\p{Lu}`,
//! groups with and without names, alternatives, greedy and lazy quantifiers, `^ $ \A \Z \z \b \B`,
//! the options `i m s x U` for a group or from a place on, comments.
//!
//! # What is not
//!
//! [`PatternError::Unsupported`] names one of these: look-around, atomic group, possessive quantifier,
//! back-reference, recursion, conditional group, branch reset, verb, callout, `\K`, `\G`, `\C`, `\X`,
//! `\N{…}`, the options `n`, `J`, `xx` and those of later PCRE2 versions, word boundaries in brackets,
//! properties other than general categories, letter case by property while case is ignored, names of
//! groups that are long or beyond ASCII, letters that have no meaning after a backslash (some peers
//! take them for themselves), a NUL in the pattern of a peer, an unknown flag behind a delimiter, and
//! what PCRE2 versions read differently: `{,3}`, blanks within a quantifier, blanks beyond ASCII in
//! extended mode, and three ligatures and accented letters while case is ignored.
//!
//! # Unicode
//!
//! With [`Anchoring::Whole`] the text consists of characters: `.` is one, and case is ignored as
//! Unicode folds it. `\d`, `\w`, `\s`, `\b` and the POSIX names mean ASCII nonetheless, also behind the
//! flag `u`: a telephone number in Devanagari digits is not what a template's author expects.
//! Categories are those of the engine's version of Unicode.
//! With [`Anchoring::Cerebrate`] the text consists of bytes, as it does for peers.

use std::fmt;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use reader::{Dialect, Options};
use tree::{Node, Units};

mod class;
mod emit;
mod escape;
mod group;
mod reader;
mod tree;

#[cfg(test)]
mod tests;

/// The longest pattern that is read, in bytes.
pub const MAX_PATTERN: usize = 4096;
/// The largest program of a compiled pattern, in bytes.
const MAX_PROGRAM: usize = 4 << 20;
/// What PCRE2 can compile with its usual link size, in code units.
const MAX_WEIGHT: u64 = 64_000;

/// How a pattern is laid over a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anchoring {
    /// The whole value has to match, as `\A(?:…)\z` does: the strict profile. A pattern written as
    /// `/…/` with the flags `i m s x u D U A` behind is understood.
    Whole,
    /// Anywhere in the value, unless the pattern says otherwise. `/…/` is understood just so, without
    /// the flag `A`.
    Anywhere,
    /// As peers at release 1.35 do: `/^` before and `$/m` behind, without a group, on bytes. One
    /// matching line is enough, `a|b` is "starts a line with a, or ends one with b", and an unescaped
    /// `/` makes the pattern malformed.
    Cerebrate,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It may well be a pattern, but what it means cannot be told by a linear-time engine. What a
    /// peer says about a value is unknown.
    #[error("{construct} at byte {at} is not supported")]
    Unsupported {
        /// One of the constructs listed in the [module's documentation](self).
        construct: &'static str,
        /// Where, in bytes from the beginning of the pattern.
        at: usize,
    },
    /// It is no pattern. Peers refuse every value.
    #[error("malformed at byte {at}: {reason}")]
    Malformed {
        /// What is wrong, as a clause.
        reason: String,
        /// Where, in bytes from the beginning of the pattern.
        at: usize,
    },
    /// It is too long, too deep, or would grow too large when compiled.
    #[error("too complex")]
    TooComplex,
}

/// A compiled pattern. Cloning is cheap.
///
/// ```
/// use cerebrate_core::meta::pattern::{Anchoring, Pattern};
///
/// let phone = Pattern::compile(r"/^\+[0-9\-]*$/", Anchoring::Whole)?;
/// assert!(phone.is_match("+352-123"));
/// assert!(!phone.is_match("352"));
/// assert_eq!(phone.to_ecma().as_deref(), Some(r"^(?:\+[\x2D0-9]*)$"));
/// # Ok::<(), cerebrate_core::meta::pattern::PatternError>(())
/// ```
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    source: Box<str>,
    anchoring: Anchoring,
    tree: Node,
    regex: Regex,
    /// Values have to be prepared, see [`emit::prepare`].
    minds_lines: bool,
}

impl Pattern {
    /// Reads and compiles a pattern.
    pub fn compile(pcre: &str, anchoring: Anchoring) -> Result<Self, PatternError> {
        if pcre.len() > MAX_PATTERN {
            return Err(PatternError::TooComplex);
        }
        let (tree, units) = match anchoring {
            Anchoring::Whole => (read_whole(pcre)?, Units::Characters),
            Anchoring::Anywhere => (read_delimited(pcre, anchoring)?, Units::Characters),
            Anchoring::Cerebrate => (read_line(pcre)?, Units::Bytes),
        };
        if tree.weight() > MAX_WEIGHT {
            return Err(PatternError::TooComplex);
        }
        let minds_lines = tree.minds_lines();
        let body = emit::to_engine(&tree, units, minds_lines);
        let mut builder = match anchoring {
            Anchoring::Whole => RegexBuilder::new(&format!(r"\A(?:{body})\z")),
            Anchoring::Anywhere | Anchoring::Cerebrate => RegexBuilder::new(&body),
        };
        builder.size_limit(MAX_PROGRAM).nest_limit(1024);
        if minds_lines {
            builder.line_terminator(emit::FINAL_NEWLINE);
        }
        // What is printed is always well formed: only a limit can be in the way.
        let regex = builder.build().map_err(|_| PatternError::TooComplex)?;
        let source = pcre.into();
        Ok(Self(Arc::new(Compiled { source, anchoring, tree, regex, minds_lines })))
    }

    /// Whether a value matches.
    pub fn is_match(&self, value: &str) -> bool {
        let text = value.as_bytes();
        if self.0.minds_lines {
            self.0.regex.is_match(&emit::prepare(text))
        } else {
            self.0.regex.is_match(text)
        }
    }

    /// Whether a value with this character in it may match as a whole; false only if none can.
    pub(super) fn takes(&self, character: char) -> bool {
        self.0.tree.takes(character)
    }

    /// The pattern as the template spells it.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// How it is laid over a value.
    pub fn anchoring(&self) -> Anchoring {
        self.0.anchoring
    }

    /// The same pattern as ECMA-262 with the flag `u`, for a JSON Schema: `^(?:…)$` without
    /// look-around, so that linear-time engines take it too.
    ///
    /// `None` if it cannot be said exactly (`\b`, `\R`, conditions on lines in the middle), and for
    /// any other anchoring than [`Anchoring::Whole`].
    pub fn to_ecma(&self) -> Option<String> {
        match self.0.anchoring {
            Anchoring::Whole => emit::to_ecma(&self.0.tree),
            Anchoring::Anywhere | Anchoring::Cerebrate => None,
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Compiled { source, anchoring, .. } = &*self.0;
        formatter.debug_tuple("Pattern").field(source).field(anchoring).finish()
    }
}

fn read_whole(pcre: &str) -> Result<Node, PatternError> {
    let mut tree = read_delimited(pcre, Anchoring::Whole)?;
    tree.drop_edges();
    Ok(tree)
}

/// A pattern that may be written as `/…/flags`.
fn read_delimited(pcre: &str, anchoring: Anchoring) -> Result<Node, PatternError> {
    let mut options = Options::default();
    let mut dialect = Dialect { units: Units::Characters, open_end: false };
    let mut body = pcre;
    let mut offset = 0;
    if let Some((inner, flags)) = delimited(pcre) {
        for (position, flag) in flags.char_indices() {
            match flag {
                'i' => options.ignore_case = true,
                'm' => options.multi_line = true,
                's' => options.dot_all = true,
                'x' => options.extended = true,
                'D' => options.dollar_end_only = true,
                // Characters, and which of several matches: settled already.
                'u' | 'U' => {}
                // The whole text: just so.
                'A' if anchoring == Anchoring::Whole => {}
                _ => {
                    let at = inner.len() + 2 + position;
                    return Err(PatternError::Unsupported { construct: "flag", at });
                }
            }
        }
        dialect.open_end = true;
        body = inner;
        offset = 1;
    }
    reader::read(body, dialect, options).map_err(|error| error.moved(|at| at + offset))
}

/// Splits `/…/flags`. A pattern that merely begins with a slash is none.
fn delimited(pcre: &str) -> Option<(&str, &str)> {
    let inner = pcre.strip_prefix('/')?;
    let closing = unescaped_slash(inner.as_bytes())?;
    let (body, flags) = inner.split_at_checked(closing)?;
    let flags = flags.strip_prefix('/')?;
    flags.bytes().all(|flag| flag.is_ascii_alphabetic()).then_some((body, flags))
}

fn read_line(pcre: &str) -> Result<Node, PatternError> {
    if let Some(at) = pcre.find('\0') {
        return Err(PatternError::Unsupported { construct: "NUL", at });
    }
    // A backslash that ends the pattern escapes the `$`, as it does for peers.
    let composed = format!("^{pcre}$");
    if let Some(slash) = unescaped_slash(composed.as_bytes()) {
        let reason = "an unescaped `/` ends the pattern".to_owned();
        return Err(PatternError::Malformed { reason, at: slash - 1 });
    }
    let dialect = Dialect { units: Units::Bytes, open_end: true };
    let options = Options { multi_line: true, ..Options::default() };
    reader::read(&composed, dialect, options)
        .map_err(|error| error.moved(|at| at.saturating_sub(1).min(pcre.len())))
}

fn unescaped_slash(pattern: &[u8]) -> Option<usize> {
    let mut escaped = false;
    pattern.iter().position(|&byte| {
        let found = byte == b'/' && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}

impl PatternError {
    fn moved(self, to: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Unsupported { construct, at } => Self::Unsupported { construct, at: to(at) },
            Self::Malformed { reason, at } => Self::Malformed { reason, at: to(at) },
            Self::TooComplex => Self::TooComplex,
        }
    }
}
