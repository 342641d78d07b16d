use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entity, EntityKind};
use crate::error::{Error, Kind, Result};
use crate::id::{InboxMessageId, OutboxMessageId, UserId};
use crate::problem::excerpt;
use crate::value::Timestamp;

/// What a message carries: a JSON object, in the shape that its scope and action ask for.
pub type MessageData = Map<String, Value>;

/// Something that came in and waits for somebody to act on it. A message that was acted on is
/// removed: there is no state but being there.
///
/// Scope and action say what it is about, and choose who knows what to do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxMessage {
    /// Identity.
    pub id: InboxMessageId,
    /// What it is about, such as `User`; at most [`Self::TEXT`] characters.
    pub scope: String,
    /// What is wanted, such as `Registration`; at most [`Self::TEXT`] characters.
    pub action: String,
    /// One line for people, made from `data` when the message is stored; at most [`Self::TEXT`]
    /// characters.
    #[serde(default)]
    pub title: String,
    /// Where it comes from: an address, a peer, or the kind of record that changed; at most
    /// [`Self::TEXT`] characters.
    pub origin: String,
    /// Who sent it; of a notification, whom it is for. `None` if that is nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it carries.
    #[serde(default)]
    pub data: MessageData,
    /// How much it matters.
    #[serde(default)]
    pub severity: Severity,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl InboxMessage {
    /// The most characters of scope, action, title and origin.
    pub const TEXT: usize = 191;

    /// A message without data.
    pub fn new(
        id: InboxMessageId,
        scope: impl Into<String>,
        action: impl Into<String>,
        origin: impl Into<String>,
    ) -> Self {
        InboxMessage {
            id,
            scope: scope.into(),
            action: action.into(),
            title: String::new(),
            origin: origin.into(),
            user: None,
            message: None,
            data: MessageData::new(),
            severity: Severity::default(),
            created: None,
            modified: None,
        }
    }

    /// The connector that a message about local tools names.
    pub fn connector(&self) -> Option<&str> {
        self.data.get("connectorName").and_then(Value::as_str)
    }
}

impl Entity for InboxMessage {
    type Id = InboxMessageId;
    const KIND: EntityKind = EntityKind::InboxMessage;

    fn id(&self) -> InboxMessageId {
        self.id
    }
}

/// Something that should have gone out and did not. It is removed once it went, or is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutboxMessage {
    /// Identity.
    pub id: OutboxMessageId,
    /// What it is about, such as `Broods`; at most [`InboxMessage::TEXT`] characters.
    pub scope: String,
    /// What is to be done, such as `ResendFailedMessage`; at most [`InboxMessage::TEXT`]
    /// characters.
    pub action: String,
    /// One line for people; at most [`InboxMessage::TEXT`] characters.
    pub title: String,
    /// Who wanted to send it; `None` if that is nobody in particular, or if the user is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it carries.
    #[serde(default)]
    pub data: MessageData,
    /// How much it matters.
    #[serde(default)]
    pub severity: Severity,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl OutboxMessage {
    /// A message without data.
    pub fn new(
        id: OutboxMessageId,
        scope: impl Into<String>,
        action: impl Into<String>,
        title: impl Into<String>,
    ) -> Self {
        OutboxMessage {
            id,
            scope: scope.into(),
            action: action.into(),
            title: title.into(),
            user: None,
            message: None,
            data: MessageData::new(),
            severity: Severity::default(),
            created: None,
            modified: None,
        }
    }
}

impl Entity for OutboxMessage {
    type Id = OutboxMessageId;
    const KIND: EntityKind = EntityKind::OutboxMessage;

    fn id(&self) -> OutboxMessageId {
        self.id
    }
}

/// How much a message matters, least first.
///
/// ```
/// use cerebrate_core::model::Severity;
///
/// assert!(Severity::Primary < Severity::Danger);
/// assert_eq!("warning".parse::<Severity>()?, Severity::Warning);
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Something to take note of.
    #[default]
    Primary,
    /// Something to look at.
    Info,
    /// Something that waits for a decision.
    Warning,
    /// Something that is wrong.
    Danger,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Severity; 4] =
        [Severity::Primary, Severity::Info, Severity::Warning, Severity::Danger];

    /// The name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Primary => "primary",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Danger => "danger",
        }
    }

    /// Its place among [`Self::ALL`], which is also how peers number them.
    pub fn number(self) -> u8 {
        match self {
            Severity::Primary => 0,
            Severity::Info => 1,
            Severity::Warning => 2,
            Severity::Danger => 3,
        }
    }

    /// The severity of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.number() == number)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text.trim()).ok_or_else(|| {
            Error::new(Kind::Invalid, "read severity", "not a severity")
                .with("value", excerpt(text))
                .hint("use `primary`, `info`, `warning` or `danger`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_read_by_name_and_by_number() {
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse::<Severity>().unwrap(), severity);
            assert_eq!(Severity::from_number(severity.number()), Some(severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
        }
        assert_eq!(Severity::from_number(4), None);
        assert_eq!("critical".parse::<Severity>().unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn a_message_is_read_without_what_the_store_fills_in() {
        let id = "00000000-0000-0000-0000-000000000001";
        let text =
            format!(r#"{{"id":"{id}","scope":"User","action":"Registration","origin":"x"}}"#);
        let read: InboxMessage = serde_json::from_str(&text).unwrap();
        assert_eq!(read, InboxMessage::new(id.parse().unwrap(), "User", "Registration", "x"));
        let list = text.replace('}', r#","data":[]}"#);
        assert!(serde_json::from_str::<InboxMessage>(&list).is_err(), "data is an object");
    }
}
