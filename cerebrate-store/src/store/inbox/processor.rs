use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::inbox::LOCAL_TOOL;
use cerebrate_core::model::{InboxMessage, MessageData, Severity};
use cerebrate_core::problem::{Problem, excerpt};
use cerebrate_core::secret::SecretText;
use serde::Serialize;
use serde_json::{Map, Value};

use super::notification::DataChange;
use super::registration::UserRegistration;
use crate::store::{Store, Transaction};

/// Who knows what to do with messages of one scope and action.
///
/// ```
/// use cerebrate_core::error::Result;
/// use cerebrate_core::model::{InboxMessage, MessageData};
/// use cerebrate_core::problem::{Problem, ProblemKind};
/// use cerebrate_store::Store;
/// use cerebrate_store::store::{InboxProcessor, Processed, Transaction};
/// use serde_json::{Value, json};
///
/// #[derive(Debug)]
/// struct NewTag;
///
/// impl InboxProcessor for NewTag {
///     fn scope(&self) -> &str {
///         "Tag"
///     }
///
///     fn action(&self) -> &str {
///         "Wish"
///     }
///
///     fn description(&self) -> &str {
///         "Somebody wishes for a tag"
///     }
///
///     fn check(&self, data: &MessageData) -> Vec<Problem> {
///         let is_there = data.get("name").is_some_and(Value::is_string);
///         let missing = || Problem::new(ProblemKind::Required, "name", "", "a name is needed");
///         if is_there { Vec::new() } else { vec![missing()] }
///     }
///
///     fn title(&self, data: &MessageData) -> String {
///         format!("Tag wanted: {}", data.get("name").unwrap_or_default())
///     }
///
///     fn process(&self, _: &Transaction<'_>, _: &InboxMessage, _: &Value) -> Result<Processed> {
///         Ok(Processed::done("noted"))
///     }
/// }
///
/// let store = Store::in_memory()?;
/// store.register_processor(NewTag)?;
/// let data = json!({ "name": "tlp:clear" }).as_object().cloned().unwrap_or_default();
/// let message = store.submit("Tag", "Wish", "192.0.2.1", data)?;
/// assert_eq!(store.process(message.id, &json!({}))?.message, "noted");
/// assert_eq!(store.inbox().get(message.id)?, None);
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub trait InboxProcessor: fmt::Debug + Send + Sync {
    /// What the messages are about.
    fn scope(&self) -> &str;

    /// What they want.
    fn action(&self) -> &str;

    /// What they are for, in a sentence.
    fn description(&self) -> &str;

    /// How much they matter.
    fn severity(&self) -> Severity {
        Severity::Primary
    }

    /// How many may come from one origin; `None` where nobody counts.
    fn limit(&self) -> Option<ArrivalLimit> {
        None
    }

    /// Everything that is wrong with what a message carries.
    fn check(&self, data: &MessageData) -> Vec<Problem>;

    /// Takes a password out of what a message carries, and whatever must not be stored. The store
    /// keeps its hash apart until the message goes.
    ///
    /// # Errors
    /// A problem that does not show it.
    fn take_secret(&self, _data: &mut MessageData) -> Result<Option<SecretText>, Problem> {
        Ok(None)
    }

    /// Whether the message may be stored, by what else is in the store and by who sends it.
    ///
    /// # Errors
    /// Why not.
    fn admit(&self, _transaction: &Transaction<'_>, _message: &InboxMessage) -> Result<()> {
        Ok(())
    }

    /// One line for people; it is cut to the length that messages may have.
    fn title(&self, data: &MessageData) -> String;

    /// A likely request for [`Self::process`].
    ///
    /// # Errors
    /// Of the store.
    fn suggest(&self, _store: &Store, _message: &InboxMessage) -> Result<Value> {
        Ok(Value::Object(Map::new()))
    }

    /// Acts on a message. What is written through `transaction` takes the rights of whoever acts; it
    /// is all kept, or nothing.
    ///
    /// # Errors
    /// What stands in the way; then nothing is kept.
    fn process(
        &self,
        transaction: &Transaction<'_>,
        message: &InboxMessage,
        request: &Value,
    ) -> Result<Processed>;

    /// Does what is to be done when a message is dropped, besides removing it.
    ///
    /// # Errors
    /// What stands in the way; then the message stays.
    fn discard(&self, _transaction: &Transaction<'_>, _message: &InboxMessage) -> Result<()> {
        Ok(())
    }
}

/// How many messages may come from one origin within so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalLimit {
    /// How many.
    pub messages: u32,
    /// Within which time.
    pub seconds: u32,
}

/// What came of acting on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Processed {
    /// What was made, if something was.
    pub data: Value,
    /// What was done, in a sentence without a full stop.
    pub message: String,
    /// Whether the message has had its use and is removed.
    #[serde(skip)]
    pub is_done: bool,
}

impl Processed {
    /// Done, and the message can go.
    pub fn done(message: impl Into<String>) -> Self {
        Processed { data: Value::Null, message: message.into(), is_done: true }
    }

    /// The same, with what was made.
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// The same, but the message stays.
    #[must_use]
    pub fn and_stays(mut self) -> Self {
        self.is_done = false;
        self
    }
}

/// A scope and action for which messages are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProcessorDescription {
    /// What the messages are about.
    pub scope: String,
    /// What they want.
    pub action: String,
    /// How much they matter.
    pub severity: Severity,
    /// What they are for.
    pub description: String,
}

type Known = BTreeMap<(String, String), Arc<dyn InboxProcessor>>;

/// Everybody who knows what to do with messages, by scope and action.
pub(in crate::store) struct Processors(RwLock<Known>);

impl Processors {
    pub(in crate::store) fn new() -> Self {
        let mut known = Known::new();
        let own: [Arc<dyn InboxProcessor>; 2] = [Arc::new(UserRegistration), Arc::new(DataChange)];
        for processor in own {
            known.insert(key(processor.as_ref()), processor);
        }
        Processors(RwLock::new(known))
    }

    pub(super) fn add(&self, processor: Arc<dyn InboxProcessor>) -> Result<()> {
        const REGISTER: &str = "register processor";
        let key = key(processor.as_ref());
        if key.0.trim().is_empty() || key.1.trim().is_empty() {
            return Err(Error::new(Kind::Invalid, REGISTER, "scope and action are needed"));
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.contains_key(&key) {
            return Err(Error::new(Kind::Conflict, REGISTER, "such messages are known already")
                .with("scope", &key.0)
                .with("action", &key.1));
        }
        known.insert(key, processor);
        Ok(())
    }

    pub(super) fn describe(&self) -> Vec<ProcessorDescription> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let describe = |processor: &Arc<dyn InboxProcessor>| ProcessorDescription {
            scope: processor.scope().to_owned(),
            action: processor.action().to_owned(),
            severity: processor.severity(),
            description: processor.description().to_owned(),
        };
        known.values().map(describe).collect()
    }

    /// Who knows such messages. What is about local tools may be known for one connector alone: then
    /// the scope has the name of the connector in front.
    ///
    /// # Errors
    /// `NotFound` if nobody does.
    pub(super) fn find(
        &self,
        scope: &str,
        action: &str,
        data: &MessageData,
    ) -> Result<Arc<dyn InboxProcessor>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let find = |scope: String| known.get(&(scope, action.to_owned())).map(Arc::clone);
        let connector = data.get("connectorName").and_then(Value::as_str);
        let own = connector
            .filter(|name| scope == LOCAL_TOOL && name.len() <= InboxMessage::TEXT)
            .and_then(|name| find(format!("{name}{LOCAL_TOOL}")));
        own.or_else(|| find(scope.to_owned())).ok_or_else(|| {
            let of_scope = known.keys().any(|(known, _)| known == scope);
            let message =
                if of_scope { "there is no such action" } else { "there is no such scope" };
            Error::new(Kind::NotFound, "find processor", message)
                .with("scope", excerpt(scope))
                .with("action", excerpt(action))
        })
    }
}

fn key(processor: &dyn InboxProcessor) -> (String, String) {
    (processor.scope().to_owned(), processor.action().to_owned())
}
