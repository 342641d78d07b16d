use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::problem::excerpt;

/// The fewest and the most characters of a user name.
const LENGTH: std::ops::RangeInclusive<usize> = 5..=50;

/// The name with which a user comes in: 5 to 50 characters, without blanks around it, in lower
/// case, as peers at release 1.35 keep it. Names that differ in case are one.
///
/// ```
/// use cerebrate_core::value::Username;
///
/// let name: Username = " Ada.Lovelace ".parse()?;
/// assert_eq!(name.as_str(), "ada.lovelace");
/// assert!("ada".parse::<Username>().is_err());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Username {
    type Err = Error;

    /// # Errors
    /// `Invalid` if it has too few or too many characters, or some that cannot be seen.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = |message| {
            Error::new(Kind::Invalid, "read user name", message)
                .with("value", excerpt(text))
                .hint("a user name has 5 to 50 characters, such as `ada.lovelace`")
        };
        let name = text.trim().to_lowercase();
        if !LENGTH.contains(&name.chars().count()) {
            return Err(invalid("too short or too long for a user name"));
        }
        if name.chars().any(char::is_control) || crate::fold::hidden_characters(&name).is_some() {
            return Err(invalid("a character of the user name cannot be seen"));
        }
        Ok(Username(name))
    }
}

impl TryFrom<String> for Username {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_lowered_and_measured_in_characters() {
        for (text, expected) in [
            (" ADMIN ", Some("admin")),
            ("Élise", Some("élise")),
            ("12345", Some("12345")),
            ("abcd", None),
            ("  abcd  ", None),
            ("", None),
            ("tab\there", None),
            ("zero\u{200b}width", None),
        ] {
            let name = text.parse::<Username>().ok();
            assert_eq!(name.as_ref().map(Username::as_str), expected, "{text:?}");
        }
        assert!("é".repeat(50).parse::<Username>().is_ok());
        assert!("é".repeat(51).parse::<Username>().is_err());
        let error = "x".parse::<Username>().unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }
}
