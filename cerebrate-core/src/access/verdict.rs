use std::fmt;

use super::{Permission, Permissions};
use crate::error::{Error, Kind};

/// The answer to whether somebody may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Yes.
    Allowed,
    /// No, and why.
    Refused(Reason),
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The record is not visible: for the actor it is not there.
    Hidden,
    /// One of these rights would be needed.
    Needs(&'static [Right]),
    /// The role in question grants what the actor does not hold.
    Beyond(Permissions),
    /// A user whom the actor does not see stands behind the record, and holds more.
    Above,
    /// It can be done by nobody, as long as that is so.
    Blocked(&'static str),
}

/// A right that would do, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Right {
    /// A permission, wherever.
    Any(Permission),
    /// A permission, over the organisation that the record belongs to.
    Over(Permission),
    /// A permission of somebody who acts for the organisation that the record belongs to; to
    /// administer a group that holds it does not do.
    ActingFor(Permission),
    /// To own the record or be the one it is about.
    Own,
    /// To be a member that may extend.
    Extend,
}

impl Verdict {
    /// Whether it is yes.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Verdict::Allowed
    }

    /// Nothing if allowed.
    ///
    /// # Errors
    /// `NotFound` for what is hidden, so that a refusal tells nothing of it; else `Denied` with the
    /// right that is missing.
    pub fn ok(self, operation: &'static str) -> Result<(), Error> {
        match self {
            Verdict::Allowed => Ok(()),
            Verdict::Refused(Reason::Hidden) => {
                Err(Error::new(Kind::NotFound, operation, "there is no such record"))
            }
            Verdict::Refused(Reason::Blocked(sentence)) => {
                Err(Error::new(Kind::Conflict, operation, sentence))
            }
            Verdict::Refused(reason) => {
                Err(Error::new(Kind::Denied, operation, "the right to do that is missing")
                    .with("needed", reason))
            }
        }
    }

    /// The first verdict that refuses.
    pub(super) fn and(self, other: impl FnOnce() -> Verdict) -> Verdict {
        match self {
            Verdict::Allowed => other(),
            refused @ Verdict::Refused(_) => refused,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Hidden => f.write_str("there is no such record"),
            Reason::Blocked(sentence) => f.write_str(sentence),
            Reason::Above => f.write_str("the person has a user with more rights"),
            Reason::Needs(rights) => {
                for (index, right) in rights.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", or " })?;
                    right.fmt(f)?;
                }
                Ok(())
            }
            Reason::Beyond(permissions) => {
                f.write_str("the role grants ")?;
                for (index, permission) in permissions.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { " and " })?;
                    write!(f, "`{permission}`")?;
                }
                f.write_str(", which yours does not")
            }
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Right::Any(permission) => write!(f, "`{permission}`"),
            Right::Over(Permission::GroupAdmin) => {
                write!(f, "`{}` of a group that holds its organisation", Permission::GroupAdmin)
            }
            Right::Over(permission) => write!(f, "`{permission}` of its organisation"),
            Right::ActingFor(permission) => {
                write!(f, "`{permission}` acting for its organisation")
            }
            Right::Own => f.write_str("to own it"),
            Right::Extend => f.write_str("to be a member that may extend it"),
        }
    }
}
