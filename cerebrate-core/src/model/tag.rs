use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind};
use crate::error::{Error, Kind};
use crate::id::{TagId, derive};
use crate::problem::{Problem, ProblemKind};

/// The longest name of a tag, in characters; as peers since release 1.39 take them.
pub const TAG_NAME: usize = 255;

/// By so many characters at its beginning, a tag is told from others; as peers since release 1.39
/// do, and those before take no longer name at all.
const DISTINCT: usize = 191;

/// The name of a tag: an opaque text such as `tlp:green`, never blank, at most [`TAG_NAME`]
/// characters. Names that differ only in case name the same tag.
///
/// ```
/// use cerebrate_core::model::{TAG_NAME, TagName};
///
/// assert_eq!(" tlp:green ".parse::<TagName>()?.as_str(), "tlp:green");
/// assert!("é".repeat(TAG_NAME).parse::<TagName>().is_ok());
/// assert!("é".repeat(TAG_NAME + 1).parse::<TagName>().is_err());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
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

    /// The beginning that no other tag of a peer shares: the first 191 characters whatever their
    /// case, as peers since release 1.39 do. `None` for a shorter name, which is told apart whole.
    ///
    /// ```
    /// use cerebrate_core::model::TagName;
    ///
    /// let [one, two]: [TagName; 2] =
    ///     ["one", "TWO"].map(|end| format!("{}{end}", "x".repeat(191)).parse().unwrap());
    /// assert_ne!(one.id(), two.id());
    /// assert_eq!(one.distinct_beginning(), two.distinct_beginning());
    /// ```
    pub fn distinct_beginning(&self) -> Option<String> {
        if self.0.len() < DISTINCT {
            return None;
        }
        let beginning: String = self.0.chars().take(DISTINCT).collect();
        (beginning.chars().count() == DISTINCT).then(|| beginning.to_lowercase())
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
        if name.len() > TAG_NAME {
            let characters = name.chars().count();
            if characters > TAG_NAME {
                let message = "the tag name is longer than 255 characters";
                return Err(Error::new(Kind::Invalid, "read tag", message)
                    .with("characters", characters)
                    .with("limit", TAG_NAME));
            }
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

    /// What is wrong with a colour that somebody here chose: it is written as `#` and six
    /// hexadecimal digits, or left empty. Peers at release 1.35 take any text, so colours from
    /// elsewhere are kept as they are.
    ///
    /// ```
    /// use cerebrate_core::model::Tag;
    ///
    /// assert!(Tag::colour_problem("#33FF00").is_none());
    /// assert!(Tag::colour_problem("green").is_some());
    /// ```
    pub fn colour_problem(colour: &str) -> Option<Problem> {
        let is_colour = |digits: &str| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        if colour.is_empty() || colour.strip_prefix('#').is_some_and(is_colour) {
            return None;
        }
        Some(
            Problem::new(ProblemKind::NotColour, "colour", colour, "not a colour")
                .hint("write it as `#33ff00`"),
        )
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
    fn a_name_is_limited_in_characters_not_bytes() {
        for (character, count, is_fine) in
            [("x", 255, true), ("x", 256, false), ("日", 255, true), ("日", 256, false)]
        {
            let name = character.repeat(count).parse::<TagName>();
            assert_eq!(name.is_ok(), is_fine, "{character} {count}");
        }
        let error = "x".repeat(5_000).parse::<TagName>().unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(error.message().contains("255 characters"), "{error}");
        assert!(format!("  {}  ", "x".repeat(255)).parse::<TagName>().is_ok());
    }

    #[test]
    fn a_beginning_is_distinct_from_191_characters_on() {
        let beginning = |text: &str| text.parse::<TagName>().unwrap().distinct_beginning();
        assert_eq!(beginning(&"é".repeat(190)), None);
        assert_eq!(beginning(&"É".repeat(191)), Some("é".repeat(191)));
        assert_eq!(beginning(&"É".repeat(255)), Some("é".repeat(191)));
        // Lower-casing adds a character; which ones count does not change.
        assert_eq!(
            beginning(&format!("{}a", "İ".repeat(191))),
            beginning(&format!("{}b", "İ".repeat(191)))
        );
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        for colour in ["", "#000000", "#aBcDeF", Tag::DEFAULT_COLOUR] {
            assert_eq!(Tag::colour_problem(colour), None, "{colour}");
        }
        for colour in
            ["#fff", "#12345", "#1234567", "123456", "#12345g", " #123456", "#+f+f+f", "#éé12"]
        {
            let problem = Tag::colour_problem(colour).unwrap();
            assert_eq!(problem.kind(), ProblemKind::NotColour, "{colour}");
        }
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
