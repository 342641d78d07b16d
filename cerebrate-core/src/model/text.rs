use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};

/// The longest short text (a name, a URL, a role) that is stored, in bytes. Peers take 191
/// characters; what is longer is kept here and flagged.
pub const SHORT_TEXT: usize = 4 * 1024;

/// The longest free text (contacts, descriptions, meta-field values) that is stored, in bytes.
pub const LONG_TEXT: usize = 65_535;

/// The name of a record: never blank, at most [`SHORT_TEXT`] bytes, kept as given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(Error::new(Kind::Invalid, "read name", "a name is needed"));
        }
        if text.len() > SHORT_TEXT {
            return Err(Error::new(Kind::Invalid, "read name", "the name is too long")
                .with("bytes", text.len())
                .with("limit", SHORT_TEXT));
        }
        Ok(Name(text))
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Name::try_from(text.to_owned())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_given_but_never_blank_or_endless() {
        assert_eq!("  CIRCL ".parse::<Name>().unwrap(), "  CIRCL ");
        assert!(" \u{a0}\t".parse::<Name>().is_err());
        assert!("x".repeat(SHORT_TEXT + 1).parse::<Name>().is_err());
    }
}
