//! The one error type of the workspace. The [`Kind`] says what the caller can do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The input is wrong: mend it.
    Invalid,
    /// What was asked for is not there.
    NotFound,
    /// It changed meanwhile, or exists already: reload and decide.
    Conflict,
    /// A right or a key is missing.
    Denied,
    /// It cannot be relied on.
    Untrusted,
    /// It does not answer now: try again.
    Unavailable,
    /// The other side does not speak as expected.
    Protocol,
    /// This build cannot do it: update, or enable a feature.
    Unsupported,
    /// A limit or a resource is used up.
    Exhausted,
    /// The caller asked to stop.
    Cancelled,
    /// Stored data is damaged: restore a backup.
    Corrupt,
}

impl Kind {
    /// The name of the kind in JSON and in the other languages.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::NotFound => "not_found",
            Kind::Conflict => "conflict",
            Kind::Denied => "denied",
            Kind::Untrusted => "untrusted",
            Kind::Unavailable => "unavailable",
            Kind::Protocol => "protocol",
            Kind::Unsupported => "unsupported",
            Kind::Exhausted => "exhausted",
            Kind::Cancelled => "cancelled",
            Kind::Corrupt => "corrupt",
        }
    }

    /// The exit code of a program that ends with this kind of error.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Invalid | Kind::NotFound | Kind::Conflict | Kind::Untrusted => 1,
            Kind::Cancelled => 130,
            Kind::Denied
            | Kind::Unavailable
            | Kind::Protocol
            | Kind::Unsupported
            | Kind::Exhausted
            | Kind::Corrupt => 3,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything that can go wrong. Match on [`Error::kind`]; print the rest.
///
/// ```
/// use cerebrate_core::{Error, Kind};
///
/// let error = Error::new(Kind::NotFound, "find organisation", "no such organisation")
///     .with("name", "CIRCL")
///     .hint("`cerebrate organisation list` shows the known ones");
/// assert_eq!(error.kind(), Kind::NotFound);
/// assert_eq!(error.to_string(), "no such organisation (name: CIRCL)");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    operation: &'static str,
    message: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`, met while doing `operation`.
    pub fn new(kind: Kind, operation: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            operation,
            message: message.into(),
            hint: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// Says where: adds a pair such as `("line", "41")`. Never put a secret here.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Says what to try next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the error that this one reports.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What was being done, such as `"open store"`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// One sentence without the context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to try next, if there is advice.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_temporary(&self) -> bool {
        self.0.kind == Kind::Unavailable
    }

    /// Where it happened: pairs such as `("line", "41")`.
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.context.iter().map(|(key, value)| (*key, value.as_str()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{key}: {value}", if index == 0 { " (" } else { ", " })?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("message", &self.0.message)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_message_and_place_and_keeps_its_source() {
        let source = std::io::Error::other("disk on fire");
        let error = Error::new(Kind::Exhausted, "write", "the disk is full")
            .with("file", "a.db")
            .with("page", 7)
            .caused_by(source);
        assert_eq!(error.to_string(), "the disk is full (file: a.db, page: 7)");
        assert_eq!(error.context().last(), Some(("page", "7")));
        assert_eq!(StdError::source(&error).map(ToString::to_string), Some("disk on fire".into()));
        assert!(!error.is_temporary());
    }
}
