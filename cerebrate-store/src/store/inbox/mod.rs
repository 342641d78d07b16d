//! The inbox: what comes in is checked by whoever knows what to do with it, waits, and goes when
//! somebody acted on it.

mod notification;
mod processor;
mod registration;

use cerebrate_core::audit::Document;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::InboxMessageId;
use cerebrate_core::inbox::limit_data;
use cerebrate_core::model::{EntityKind, InboxMessage, MessageData, Record};
use cerebrate_core::problem::Problem;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Store;
use super::passwords::PasswordHash;
use super::records::one;
use super::transaction::{Along, Author, Transaction, not_found};
use crate::backend::{Arrival, Read};

pub(super) use notification::Noticed;
pub(super) use processor::Processors;
pub use processor::{ArrivalLimit, InboxProcessor, Processed, ProcessorDescription};
pub use registration::{Applicant, Approval};

const SUBMIT: &str = "submit message";
const PROCESS: &str = "process message";

/// The setting that keeps [`InboxRules`], as JSON.
const RULES: &str = "inbox";

/// What a community wants of its inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxRules {
    /// Whether site admins are told of what *every* user changes, admins and peers included. Off
    /// unless set.
    #[serde(default)]
    pub notify_for_all: bool,
    /// Whether messages that anybody may send are limited in number. On unless set.
    #[serde(default = "yes")]
    pub limit_arrivals: bool,
}

fn yes() -> bool {
    true
}

impl Default for InboxRules {
    fn default() -> Self {
        InboxRules { notify_for_all: false, limit_arrivals: true }
    }
}

/// What came with a message and stands apart from it.
pub(super) struct Received(Option<PasswordHash>);

impl Received {
    /// The hash that is to be kept.
    pub(super) fn hash<'a>(&'a self, along: &'a Along<'_>) -> Option<&'a PasswordHash> {
        match along {
            Along::Submitted(hash) => *hash,
            _ => self.0.as_ref(),
        }
    }
}

impl Store {
    /// What this store wants of its inbox.
    ///
    /// # Errors
    /// `Corrupt` if what stands there cannot be read.
    pub fn inbox_rules(&self) -> Result<InboxRules> {
        rules(self.read()?.as_ref())
    }

    /// Wants this of the inbox from now on.
    ///
    /// # Errors
    /// `Denied` for a user who is no site admin.
    pub fn set_inbox_rules(&self, rules: InboxRules) -> Result<()> {
        self.check_site_admin("set inbox rules")?;
        let text = serde_json::to_string(&rules).map_err(|source| {
            Error::new(Kind::Corrupt, "set inbox rules", "they cannot be written as JSON")
                .caused_by(source)
        })?;
        let mut write = self.inner().backend().write()?;
        write.set_setting(RULES, Some(&text))?;
        write.commit()
    }

    /// Lets somebody else know what to do with messages of a scope and action, for all clones of
    /// this store until it is closed. `User.Registration` and `Notification.DataChange` are known
    /// from the beginning.
    ///
    /// # Errors
    /// `Conflict` if that scope and action are known, `Invalid` if one of them is blank.
    pub fn register_processor(&self, processor: impl InboxProcessor + 'static) -> Result<()> {
        self.check_site_admin("register processor")?;
        self.inner().processors().add(std::sync::Arc::new(processor))
    }

    /// Every scope and action for which messages are taken, by scope, then action.
    pub fn processors(&self) -> Vec<ProcessorDescription> {
        self.inner().processors().describe()
    }

    /// Everything that is wrong with what a message would carry; nothing is stored.
    ///
    /// # Errors
    /// `NotFound` if the scope or action is unknown, `Exhausted` if it is too much.
    pub fn check_submission(
        &self,
        scope: &str,
        action: &str,
        mut data: MessageData,
    ) -> Result<Vec<Problem>> {
        let processor = self.inner().processors().find(scope, action, &data)?;
        limit_data(&data)?;
        Ok(examined(processor.as_ref(), &mut data).err().unwrap_or_default())
    }

    /// Takes a message in: `data` in the shape that scope and action ask for, from `origin`. Title
    /// and severity follow from what it is; where a user looks at the store, the message is theirs.
    ///
    /// A password in a registration is hashed at once and kept apart from the message: it is in no
    /// answer, history, export or log.
    ///
    /// ```
    /// use cerebrate_store::Store;
    /// use serde_json::json;
    ///
    /// let store = Store::in_memory()?;
    /// let data = json!({ "username": "alice", "email": "a@b.example", "password": "Password1234" });
    /// let data = data.as_object().cloned().unwrap_or_default();
    /// let message = store.submit("User", "Registration", "192.0.2.1", data)?;
    /// assert!(!message.data.contains_key("password"));
    /// assert_eq!(store.inbox().find().count()?, 1);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the scope or action is unknown, `Invalid` if something is wrong with the data,
    /// `Exhausted` if it is too much or if too many came from there lately, `Denied` for a user who
    /// may not.
    pub fn submit(
        &self,
        scope: &str,
        action: &str,
        origin: &str,
        data: MessageData,
    ) -> Result<InboxMessage> {
        let mut message = InboxMessage::new(self.next_id().into(), scope, action, origin);
        message.data = data;
        self.submit_message(&Author::of("inbox"), message)
    }

    /// The same for a message with an identity and a text, saying who writes.
    ///
    /// # Errors
    /// As there, and `Conflict` if there is such a message already.
    pub fn submit_message(&self, author: &Author, message: InboxMessage) -> Result<InboxMessage> {
        let mut message = message;
        let processor =
            self.inner().processors().find(&message.scope, &message.action, &message.data)?;
        limit_data(&message.data)?;
        let secret =
            examined(processor.as_ref(), &mut message.data).map_err(|told| wrong(&told))?;
        let now = self.inner().clock().now();
        check_limit(self.whole()?.as_ref(), processor.as_ref(), &message, now)?;
        // Others can write meanwhile.
        let hash = secret.as_ref().map(PasswordHash::of).transpose()?;
        self.transaction_by(author, |transaction| {
            if transaction.standing(EntityKind::InboxMessage, message.id.uuid())?.is_some() {
                return Err(super::transaction::taken(EntityKind::InboxMessage, message.id));
            }
            let known = transaction.library();
            let along = Along::Submitted(hash.as_ref());
            one(transaction.put_along(message.into(), None, None, &known, &along)?.0)
        })
    }

    /// What acting on a message could look like: a request for [`Self::process`] that is likely, as
    /// far as something is known.
    ///
    /// # Errors
    /// `NotFound` if there is no such message, or if its scope or action is unknown.
    pub fn suggest(&self, id: InboxMessageId) -> Result<Value> {
        let message = self.inbox().require(id)?;
        let processor =
            self.inner().processors().find(&message.scope, &message.action, &message.data)?;
        processor.suggest(self, &message)
    }

    /// Acts on a message: what that means, and what `request` has to say, depends on scope and
    /// action. All of it is done, as one change set, or nothing. A message that was acted on is
    /// removed.
    ///
    /// # Errors
    /// `NotFound` if there is no such message, or if its scope or action is unknown; `Denied` for a
    /// user who may not; else what stands in the way.
    pub fn process(&self, id: InboxMessageId, request: &Value) -> Result<Processed> {
        self.process_by(&Author::of("inbox"), id, request)
    }

    /// The same, saying who does it.
    ///
    /// # Errors
    /// As there.
    pub fn process_by(
        &self,
        author: &Author,
        id: InboxMessageId,
        request: &Value,
    ) -> Result<Processed> {
        self.transaction_by(author, |transaction| {
            let message = transaction.message(id)?;
            if let Some(viewer) = transaction.watched_by() {
                transaction.admit_process(viewer, &message.clone().into())?;
            }
            let processors = self.inner().processors();
            let processor = processors.find(&message.scope, &message.action, &message.data)?;
            let done = processor.process(transaction, &message, request)?;
            if done.is_done {
                let _consequences = transaction.consequences();
                transaction.remove(EntityKind::InboxMessage, id.uuid())?;
            }
            Ok(done)
        })
    }

    /// Drops a message without acting on it; answers it as it was.
    ///
    /// # Errors
    /// `NotFound` if there is no such message, `Denied` for a user who may not.
    pub fn discard(&self, id: InboxMessageId) -> Result<InboxMessage> {
        self.discard_by(&Author::of("inbox"), id)
    }

    /// The same, saying who does it.
    ///
    /// # Errors
    /// As there.
    pub fn discard_by(&self, author: &Author, id: InboxMessageId) -> Result<InboxMessage> {
        self.transaction_by(author, |transaction| {
            let message = transaction.message(id)?;
            transaction.remove(EntityKind::InboxMessage, id.uuid())?;
            let processors = self.inner().processors();
            // What nobody knows any more can be dropped all the same.
            if let Ok(processor) = processors.find(&message.scope, &message.action, &message.data) {
                processor.discard(transaction, &message)?;
            }
            Ok(message)
        })
    }
}

impl Transaction<'_> {
    fn message(&self, id: InboxMessageId) -> Result<InboxMessage> {
        match self.ask(|read| read.get(EntityKind::InboxMessage, id.uuid()))? {
            Some(record) => one(record),
            None => Err(not_found(EntityKind::InboxMessage, id)),
        }
    }

    /// Checks a message that is to stand in the inbox and takes out of it what stands apart.
    ///
    /// # Errors
    /// As [`Store::submit`], and `Invalid` for a message that stands there in another form.
    pub(super) fn receive(
        &self,
        record: &mut Record,
        before: Option<&Record>,
        along: &Along<'_>,
    ) -> Result<Received> {
        let Record::InboxMessage(message) = record else { return Ok(Received(None)) };
        if let Some(before) = before {
            let changes = Document::of(before).changes_to(&Document::of(record));
            return match changes.first() {
                None => Ok(Received(None)),
                Some(change) => {
                    Err(Error::new(Kind::Invalid, "write record", "a message stays as it came")
                        .with("field", &change.field)
                        .hint("discard it and submit another one"))
                }
            };
        }
        if matches!(along, Along::Trusted) {
            return Ok(Received(None));
        }
        let processors = self.store().inner().processors();
        let processor = processors.find(&message.scope, &message.action, &message.data)?;
        let secret = if matches!(along, Along::Submitted(_)) {
            None
        } else {
            limit_data(&message.data)?;
            examined(processor.as_ref(), &mut message.data).map_err(|told| wrong(&told))?
        };
        processor.admit(self, message)?;
        self.count_arrival(processor.as_ref(), message)?;
        message.title = cut(&processor.title(&message.data));
        message.severity = processor.severity();
        if let Some(viewer) = self.viewer() {
            message.user = Some(viewer.actor().user);
        }
        Ok(Received(secret.as_ref().map(PasswordHash::of).transpose()?))
    }

    fn count_arrival(&self, processor: &dyn InboxProcessor, message: &InboxMessage) -> Result<()> {
        let Some(limit) = processor.limit() else { return Ok(()) };
        let now = self.now();
        self.ask_whole(|whole| check_limit(whole, processor, message, now))?;
        let since = behind(now, limit);
        self.write.borrow_mut().note_arrival(&arrival(message), since, now)
    }
}

/// What is wrong with what a message carries, or what stands apart from it; that is taken out in any
/// case.
fn examined(
    processor: &dyn InboxProcessor,
    data: &mut MessageData,
) -> Result<Option<SecretText>, Vec<Problem>> {
    let mut problems = processor.check(data);
    let secret = processor.take_secret(data);
    problems.retain(|problem| !problem.is_notice());
    match secret {
        Ok(secret) if problems.is_empty() => Ok(secret),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

fn wrong(problems: &[Problem]) -> Error {
    let error = Error::new(Kind::Invalid, SUBMIT, "the message cannot be taken as it is");
    problems.iter().take(20).fold(error, |error, problem| error.with("problem", problem))
}

fn arrival(message: &InboxMessage) -> Arrival<'_> {
    Arrival { scope: &message.scope, action: &message.action, origin: message.origin.trim() }
}

fn behind(now: Timestamp, limit: ArrivalLimit) -> Timestamp {
    Timestamp::from_unix(now.unix().saturating_sub(i64::from(limit.seconds)))
}

/// Whether one more may come from there.
fn check_limit(
    read: &dyn Read,
    processor: &dyn InboxProcessor,
    message: &InboxMessage,
    now: Timestamp,
) -> Result<()> {
    let Some(limit) = processor.limit() else { return Ok(()) };
    if !rules(read)?.limit_arrivals {
        return Ok(());
    }
    let came = read.arrivals(&arrival(message), behind(now, limit), now)?;
    if came < u64::from(limit.messages) {
        return Ok(());
    }
    Err(Error::new(Kind::Exhausted, SUBMIT, "too many such messages came from there lately")
        .with("limit", limit.messages)
        .with("seconds", limit.seconds)
        .hint("try again later"))
}

fn rules(read: &dyn Read) -> Result<InboxRules> {
    let Some(text) = read.setting(RULES)? else { return Ok(InboxRules::default()) };
    serde_json::from_str(&text).map_err(|source| {
        Error::new(Kind::Corrupt, "read inbox rules", "what stands there are no rules")
            .caused_by(source)
    })
}

/// A title of a length that every peer takes.
fn cut(title: &str) -> String {
    let title = title.trim();
    match title.char_indices().nth(InboxMessage::TEXT - 1) {
        Some((end, last)) if end + last.len_utf8() < title.len() => {
            format!("{}…", title.get(..end).unwrap_or_default())
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cut_to_what_peers_take() {
        for length in [0, 1, 190, 191] {
            let title = "é".repeat(length);
            assert_eq!(cut(&title), title);
        }
        let cut = cut(&"é".repeat(192));
        assert_eq!(cut.chars().count(), 191);
        assert!(cut.ends_with("é…"));
    }
}
