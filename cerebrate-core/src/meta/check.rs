//! Verdicts on values, under two profiles.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::compiled::CompiledField;
use super::{loose, strict};
use crate::error::{Error, Kind};
use crate::problem::Problem;

/// Under which rules values are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// For what our users write: masks, booleans, dates and codes are real, a pattern matches the
    /// value as a whole, and a field takes one value unless it says otherwise.
    #[default]
    Strict,
    /// What a peer at release 1.35 accepts in a field, for reading from peers and predicting
    /// them. That peers drop an empty value is a rule of the record, not of the field: the empty
    /// text is judged like any other.
    Cerebrate,
}

impl Profile {
    /// The name on the command line and in the other languages.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Strict => "strict",
            Profile::Cerebrate => "cerebrate",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let profiles = [Profile::Strict, Profile::Cerebrate];
        profiles.into_iter().find(|profile| profile.as_str() == name).ok_or_else(|| {
            Error::new(Kind::Invalid, "read profile", "unknown profile")
                .with("value", crate::problem::excerpt(name))
                .hint("use `strict` or `cerebrate`")
        })
    }
}

/// The verdict on one value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The field, as the input named it.
    pub field: String,
    /// The value, exactly as given.
    pub value: String,
    /// Whether the profile accepts it. `None` if that cannot be told, because the pattern of the
    /// field is beyond our engine; only under [`Profile::Cerebrate`].
    pub accepted: Option<bool>,
    /// The value in normal form, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalised: Option<String>,
    /// All that is wrong with it, and notices ([`Problem::is_notice`]).
    pub problems: Vec<Problem>,
}

/// The verdict on one value of one field, without the rules between values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldVerdict {
    /// Whether the profile accepts it; see [`Verdict::accepted`].
    pub accepted: Option<bool>,
    /// The value in normal form, where that differs: a network without host bits and in its
    /// shortest spelling, `1` or `0` for a boolean (what every peer understands). None where the
    /// pattern or the values list of the field does not allow that spelling.
    pub normalised: Option<String>,
    /// All that is wrong with it, and notices.
    pub problems: Vec<Problem>,
}

impl FieldVerdict {
    /// Nothing to say about the value.
    pub(super) fn fine() -> Self {
        FieldVerdict { accepted: Some(true), normalised: None, problems: Vec::new() }
    }

    /// Not accepted any more, because of `problem`. What it is read as stays.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
        self.accepted = Some(false);
    }

    /// Accepted unless something is wrong beyond notices.
    pub(super) fn of(normalised: Option<String>, problems: Vec<Problem>) -> Self {
        let accepted = problems.iter().all(Problem::is_notice);
        let normalised = normalised.filter(|_| accepted);
        FieldVerdict { accepted: Some(accepted), normalised, problems }
    }
}

impl CompiledField {
    /// Checks one value. Nothing is allocated if all is well and the value is in normal form.
    ///
    /// ```
    /// use cerebrate_core::meta::{Library, Profile};
    ///
    /// let template = Library::shipped().find("cerebrate/csirt-constituency")?;
    /// let field = template.field("IPv4 address").expect("the template has it");
    ///
    /// let verdict = field.check(Profile::Strict, "185.194.93.1/22");
    /// assert_eq!(verdict.accepted, Some(true));
    /// assert_eq!(verdict.normalised.as_deref(), Some("185.194.92.0/22"));
    ///
    /// assert_eq!(field.check(Profile::Strict, "1.2.3.4/33").accepted, Some(false));
    /// assert_eq!(field.check(Profile::Cerebrate, "1.2.3.4/33").accepted, Some(true));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn check(&self, profile: Profile, value: &str) -> FieldVerdict {
        match profile {
            Profile::Strict => strict::check(self, value),
            Profile::Cerebrate => loose::check(self, value),
        }
    }
}
