use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::pattern::{Anchoring, Pattern, PatternError};
use cerebrate_core::model::Username;
use cerebrate_core::value::Email;
use serde::{Deserialize, Serialize};

use super::Store;
use super::accounts::WRITE;
use crate::backend::Read;

/// The setting that keeps [`UserRules`], as JSON.
const RULES: &str = "users";

/// What a community wants of its users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserRules {
    /// Whether a person may have several users. Off unless set.
    #[serde(default)]
    pub several_per_individual: bool,
    /// Whether a new username has to be an e-mail address. Off unless set.
    #[serde(default)]
    pub username_is_email: bool,
    /// What a new username has to hold, as PCRE, with or without slashes around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_pattern: Option<String>,
}

impl UserRules {
    fn pattern(&self) -> Result<Option<Pattern>> {
        let Some(text) = &self.username_pattern else { return Ok(None) };
        Pattern::compile(text, Anchoring::Anywhere).map(Some).map_err(|fault| {
            let kind = match fault {
                PatternError::Unsupported { .. } => Kind::Unsupported,
                _ => Kind::Invalid,
            };
            Error::new(kind, "read user rules", "the pattern of usernames cannot be used")
                .with("pattern", text)
                .caused_by(fault)
        })
    }

    /// Holds a new name against the rules.
    pub(super) fn check_username(&self, name: &Username) -> Result<()> {
        let invalid = |message| Error::new(Kind::Invalid, WRITE, message).with("username", name);
        if self.username_is_email && name.as_str().parse::<Email>().is_err() {
            return Err(invalid("the username is no e-mail address")
                .hint("this node wants the address of the person as username"));
        }
        match self.pattern()? {
            Some(pattern) if !pattern.is_match(name.as_str()) => {
                Err(invalid("the username is not of the form that this node wants")
                    .with("pattern", pattern.source()))
            }
            _ => Ok(()),
        }
    }
}

impl Store {
    /// What this store wants of its users.
    ///
    /// # Errors
    /// `Corrupt` if what stands there cannot be read.
    pub fn user_rules(&self) -> Result<UserRules> {
        rules(self.read()?.as_ref())
    }

    /// Wants this of users from now on. Users that are there stay as they are.
    ///
    /// # Errors
    /// `Denied` for a user who is no site admin, `Invalid` or `Unsupported` for a pattern that cannot
    /// be used.
    pub fn set_user_rules(&self, rules: &UserRules) -> Result<()> {
        rules.pattern()?;
        let text = serde_json::to_string(rules).map_err(|source| {
            Error::new(Kind::Corrupt, "set user rules", "they cannot be written as JSON")
                .caused_by(source)
        })?;
        self.check_site_admin("set user rules")?;
        let mut write = self.inner().backend().write()?;
        write.set_setting(RULES, Some(&text))?;
        write.commit()
    }
}

pub(super) fn rules(read: &dyn Read) -> Result<UserRules> {
    let Some(text) = read.setting(RULES)? else { return Ok(UserRules::default()) };
    serde_json::from_str(&text).map_err(|source| {
        Error::new(Kind::Corrupt, "read user rules", "what stands there are no rules")
            .caused_by(source)
    })
}
