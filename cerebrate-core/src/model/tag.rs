use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, SHORT_TEXT};
use crate::error::{Error, Kind};
use crate::id::{TagId, derive};

/// The name of a tag: an opaque text such as `tlp:green`, never blank. Names that differ only in
/// case name the same tag.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagName(String);

impl TagName {
    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names of one tag are equal.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The identity of the tag of this name.
    pub fn id(&self) -> TagId {
        TagId::new(derive("tag", &[self.folded().as_bytes()]))
    }
}

impl TryFrom<String> for TagName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let name = text.trim();
        if name.is_empty() {
            return Err(Error::new(Kind::Invalid, "read tag", "a tag needs a name"));
        }
        if name.len() > SHORT_TEXT {
            return Err(Error::new(Kind::Invalid, "read tag", "the tag name is too long")
                .with("bytes", name.len())
                .with("limit", SHORT_TEXT));
        }
        Ok(if name.len() == text.len() { TagName(text) } else { TagName(name.to_owned()) })
    }
}

impl FromStr for TagName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        TagName::try_from(text.to_owned())
    }
}

impl From<TagName> for String {
    fn from(name: TagName) -> Self {
        name.0
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A tag: a name with a colour, put on organisations, individuals and organisation groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tag {
    /// The name; at most one tag per name, whatever the case.
    pub name: TagName,
    /// Colour as `#rrggbb`.
    pub colour: String,
}

impl Tag {
    /// The colour of a tag that nobody gave one.
    pub const DEFAULT_COLOUR: &'static str = "#924da6";

    /// A tag in the default colour.
    pub fn new(name: TagName) -> Self {
        Tag { name, colour: Self::DEFAULT_COLOUR.to_owned() }
    }

    /// `white` or `black`, whichever reads better on the tag's colour: white where
    /// (2 red + 3 green + blue) / 6 is below 127. `None` without a colour.
    pub fn text_colour(&self) -> Option<&'static str> {
        if self.colour.is_empty() {
            return None;
        }
        let part = |from: usize| {
            let digits = self.colour.get(from..from + 2).unwrap_or_default();
            u32::from_str_radix(digits, 16).unwrap_or(0)
        };
        let (red, green, blue) = (part(1), part(3), part(5));
        Some(if 2 * red + 3 * green + blue < 127 * 6 { "white" } else { "black" })
    }
}

impl Entity for Tag {
    type Id = TagId;
    const KIND: EntityKind = EntityKind::Tag;

    fn id(&self) -> TagId {
        self.name.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_name_one_tag() {
        let (a, b): (TagName, TagName) =
            ("tlp:GREEN".parse().unwrap(), " tlp:green".parse().unwrap());
        assert_eq!(a.id(), b.id());
        assert!("  ".parse::<TagName>().is_err());
    }

    #[test]
    fn text_reads_on_its_colour() {
        let tag = |colour: &str| Tag { name: "x".parse().unwrap(), colour: colour.to_owned() };
        assert_eq!(tag("#924da6").text_colour(), Some("white"));
        assert_eq!(tag("#33ff00").text_colour(), Some("black"));
        assert_eq!(tag("#ffffff").text_colour(), Some("black"));
        assert_eq!(tag("#zzzzzz").text_colour(), Some("white"));
        assert_eq!(tag("").text_colour(), None);
    }
}
