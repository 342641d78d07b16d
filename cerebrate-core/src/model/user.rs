use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, MetaField};
use crate::error::{Error, Kind};
use crate::fold;
use crate::id::{IndividualId, OrganisationId, RoleId, UserId};
use crate::value::Timestamp;

/// Who may come in: a person, on behalf of an organisation, in a role. Passwords and auth keys are
/// kept apart and never stand in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// The name to log in with; no two users have the same.
    pub username: Username,
    /// The person. A person has one user, unless the store allows more.
    pub individual: IndividualId,
    /// The organisation on whose behalf the user acts. Alignments of the person do not count;
    /// without an organisation a user sees less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// What the user may do.
    pub role: RoleId,
    /// Whether the user is kept out.
    #[serde(default)]
    pub disabled: bool,
    /// Community-defined values, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta_fields: Vec<MetaField>,
    /// When the password was set last; `None` while there is none. Kept by the store: whatever is
    /// written here, only setting a password changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_changed: Option<Timestamp>,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl User {
    /// An enabled user without organisation.
    pub fn new(id: UserId, username: Username, individual: IndividualId, role: RoleId) -> Self {
        User {
            id,
            username,
            individual,
            organisation: None,
            role,
            disabled: false,
            meta_fields: Vec::new(),
            password_changed: None,
            created: None,
            modified: None,
        }
    }
}

impl Entity for User {
    type Id = UserId;
    const KIND: EntityKind = EntityKind::User;

    fn id(&self) -> UserId {
        self.id
    }
}

/// The name that somebody logs in with: without white space around it, in lower case, 5 to 50
/// characters (the rule of peers at release 1.35), none of them invisible.
///
/// ```
/// use cerebrate_core::model::Username;
///
/// assert_eq!("  Alice@Example.LU ".parse::<Username>()?.as_str(), "alice@example.lu");
/// assert!("bob".parse::<Username>().is_err());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// The fewest characters.
    pub const SHORTEST: usize = 5;

    /// The most characters.
    pub const LONGEST: usize = 50;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Username {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |message| Error::new(Kind::Invalid, "read username", message);
        let limits = || format!("use {} to {} characters", Username::SHORTEST, Username::LONGEST);
        let long = || invalid("the username is too long").hint(limits());
        let text = text.trim();
        // Nothing with that many bytes has few enough characters.
        if text.len() > 4 * Username::LONGEST {
            return Err(long());
        }
        let name = text.to_lowercase();
        let characters = name.chars().count();
        if characters < Username::SHORTEST {
            return Err(invalid("the username is too short").hint(limits()));
        }
        if characters > Username::LONGEST {
            return Err(long());
        }
        if name.contains(char::is_control) || fold::hidden_characters(&name).is_some() {
            return Err(invalid("the username holds characters that cannot be seen"));
        }
        Ok(Username(name))
    }
}

impl TryFrom<String> for Username {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
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
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Username, Error> {
        text.parse()
    }

    #[test]
    fn the_length_counts_characters_after_trimming() {
        for text in ["abcde", " abcde\n", "ääääé", "団体の連絡", &"x".repeat(50), &"団".repeat(50)]
        {
            assert!(read(text).is_ok(), "{text}");
        }
        let too_long = "団".repeat(51);
        for text in ["", "abcd", " abcd ", "ääää", &"x".repeat(51), &too_long, &"x".repeat(1 << 20)]
        {
            assert_eq!(read(text).unwrap_err().kind(), Kind::Invalid, "{text}");
        }
    }

    #[test]
    fn case_makes_no_difference() {
        assert_eq!(read("ALICE").unwrap(), read("alice").unwrap());
        assert_eq!(read("Élise").unwrap().as_str(), "élise");
    }

    #[test]
    fn nothing_invisible_tells_two_names_apart() {
        for text in ["al\u{200b}ice", "alice\0", "al\u{202e}ice", "ali\nce"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_username_is_read_as_it_is_written(text in ".{0,60}") {
            if let Ok(name) = read(&text) {
                prop_assert_eq!(&read(name.as_str()).unwrap(), &name);
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<Username>(&json).unwrap(), name);
            }
        }
    }
}
