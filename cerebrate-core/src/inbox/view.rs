use std::fmt;
use std::str::FromStr;

use super::{DATA_CHANGE, LOCAL_TOOL, REGISTRATION};
use crate::error::{Error, Kind, Result};
use crate::id::UserId;
use crate::model::Severity;
use crate::problem::excerpt;
use crate::query::{Column, Filter, TextTest};

/// A part of the inbox with a name, as peers at release 1.35 offer them.
///
/// ```
/// use cerebrate_core::inbox::InboxView;
/// use cerebrate_core::model::Severity;
///
/// let view: InboxView = "severity:danger".parse()?;
/// assert_eq!(view, InboxView::Severity(Severity::Danger));
/// assert_eq!(InboxView::default().to_string(), "My Notifications");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum InboxView {
    /// What is for me, or for nobody in particular.
    #[default]
    Own,
    /// Who wants to come in.
    Registrations,
    /// What is about local tools.
    Interconnections,
    /// What changed, as I am told.
    DataChanged,
    /// What matters so much.
    Severity(Severity),
}

impl InboxView {
    /// Every view, in the order in which peers list them.
    pub const ALL: [InboxView; 8] = [
        InboxView::Own,
        InboxView::Registrations,
        InboxView::Interconnections,
        InboxView::DataChanged,
        InboxView::Severity(Severity::Primary),
        InboxView::Severity(Severity::Info),
        InboxView::Severity(Severity::Warning),
        InboxView::Severity(Severity::Danger),
    ];

    /// The label, as peers spell it.
    pub fn label(self) -> &'static str {
        match self {
            InboxView::Own => "My Notifications",
            InboxView::Registrations => "User Registration",
            InboxView::Interconnections => "Inter-connection Requests",
            InboxView::DataChanged => "Data changed",
            InboxView::Severity(Severity::Primary) => "severity:primary",
            InboxView::Severity(Severity::Info) => "severity:info",
            InboxView::Severity(Severity::Warning) => "severity:warning",
            InboxView::Severity(Severity::Danger) => "severity:danger",
        }
    }

    /// What the messages of the view have in common, for whoever looks. For nobody in particular,
    /// own are the messages of all.
    pub fn filters(self, user: Option<UserId>) -> Vec<Filter> {
        let is = |column, text: &str| Filter::Text(column, TextTest::Equals(text.to_owned()));
        match self {
            InboxView::Own => user.map(Filter::UserOrNobody).into_iter().collect(),
            InboxView::Registrations => {
                vec![is(Column::Scope, REGISTRATION.0), is(Column::Action, REGISTRATION.1)]
            }
            InboxView::Interconnections => vec![is(Column::Scope, LOCAL_TOOL)],
            InboxView::DataChanged => {
                let mut filters =
                    vec![is(Column::Scope, DATA_CHANGE.0), is(Column::Action, DATA_CHANGE.1)];
                filters.extend(user.map(Filter::User));
                filters
            }
            InboxView::Severity(severity) => vec![Filter::Severity(severity)],
        }
    }
}

impl fmt::Display for InboxView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for InboxView {
    type Err = Error;

    /// Reads a label, without regard to case.
    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim();
        Self::ALL.into_iter().find(|view| view.label().eq_ignore_ascii_case(wanted)).ok_or_else(
            || {
                let labels = Self::ALL.map(|view| format!("`{view}`"));
                Error::new(Kind::Invalid, "read view", "there is no such view")
                    .with("value", excerpt(text))
                    .hint(format!("views are {}", labels.join(", ")))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_is_found_by_its_label() {
        for view in InboxView::ALL {
            assert_eq!(view.label().parse::<InboxView>().unwrap(), view);
            assert_eq!(view.label().to_uppercase().parse::<InboxView>().unwrap(), view);
        }
        let error = "All".parse::<InboxView>().unwrap_err();
        assert!(error.advice().unwrap_or_default().contains("Inter-connection Requests"));
    }
}
