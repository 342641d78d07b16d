//! Somebody wants to become a user.

use std::fmt;
use std::str::FromStr;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::fold;
use cerebrate_core::id::{IndividualId, OrganisationId, RoleId};
use cerebrate_core::inbox::{REGISTRATION, Registration};
use cerebrate_core::model::{
    Alignment, EntityKind, InboxMessage, Individual, MessageData, Organisation, Severity, User,
    Username,
};
use cerebrate_core::problem::{Problem, excerpt};
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Email;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::PROCESS;
use super::processor::{ArrivalLimit, InboxProcessor, Processed};
use crate::backend::Read;
use crate::store::passwords::PasswordHash;
use crate::store::records::one;
use crate::store::transaction::Along;
use crate::store::{Store, Transaction};

/// In which role somebody who is new works for the organisation.
const MEMBER: &str = "Member";

/// Registrations: checked, kept with a hash of the password, and made into a user once somebody
/// agrees.
#[derive(Debug)]
pub(super) struct UserRegistration;

/// What somebody decides about a registration: the request that
/// [`process`](crate::Store::process) takes for it.
///
/// ```
/// use cerebrate_store::store::{Applicant, Approval};
/// use serde_json::json;
///
/// let mut approval = Approval::new(Applicant::New);
/// approval.username = Some("alice".to_owned());
/// assert_eq!(approval.to_request(), json!({ "individual": "new", "username": "alice" }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Approval {
    /// Which person it is.
    pub individual: Applicant,
    /// The name to log in with; the one asked for unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The organisation on whose behalf the user acts; none unless given, whatever was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// What the user may do; the default role unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// Whether the user is kept out for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Of a new person, the identity; a new one unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<IndividualId>,
    /// Of a new person, the e-mail address; the one of the registration unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Of a new person, the first name; the one of the registration unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Of a new person, the last name; the one of the registration unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Of a new person, the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
}

/// Which person registered: `new`, or the UUID of an individual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Applicant {
    /// Somebody who is not known yet.
    New,
    /// This one.
    Known(IndividualId),
}

impl Approval {
    /// As asked for, without an organisation and in the default role.
    pub fn new(individual: Applicant) -> Self {
        Approval {
            individual,
            username: None,
            organisation: None,
            role: None,
            disabled: false,
            uuid: None,
            email: None,
            first_name: None,
            last_name: None,
            position: None,
        }
    }

    /// The request for [`process`](crate::Store::process).
    pub fn to_request(&self) -> Value {
        // Plain data: it always serialises.
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl fmt::Display for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Applicant::New => f.write_str("new"),
            Applicant::Known(id) => id.fmt(f),
        }
    }
}

impl FromStr for Applicant {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim() == "new" {
            return Ok(Applicant::New);
        }
        let id = text.parse().map_err(|error: Error| error.hint("give a UUID, or `new`"))?;
        Ok(Applicant::Known(id))
    }
}

impl TryFrom<String> for Applicant {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Applicant> for String {
    fn from(applicant: Applicant) -> Self {
        applicant.to_string()
    }
}

impl InboxProcessor for UserRegistration {
    fn scope(&self) -> &str {
        REGISTRATION.0
    }

    fn action(&self) -> &str {
        REGISTRATION.1
    }

    fn description(&self) -> &'static str {
        "Somebody wants to become a user"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn limit(&self) -> Option<ArrivalLimit> {
        Some(ArrivalLimit { messages: 5, seconds: 300 })
    }

    fn check(&self, data: &MessageData) -> Vec<Problem> {
        Registration::check(data)
    }

    fn take_secret(&self, data: &mut MessageData) -> Result<Option<SecretText>, Problem> {
        Registration::take_password(data).map(Some)
    }

    fn title(&self, data: &MessageData) -> String {
        format!("Registration of {}", Registration::of(data).email)
    }

    fn suggest(&self, store: &Store, message: &InboxMessage) -> Result<Value> {
        let registration = Registration::of(&message.data);
        let read = store.read()?;
        let individual = match known_person(read.as_ref(), &registration.email)?[..] {
            [id] => Applicant::Known(id),
            _ => Applicant::New,
        };
        drop(read);
        let mut approval = Approval::new(individual);
        approval.username.clone_from(&registration.username);
        approval.organisation = known_organisation(store, &registration)?;
        approval.role = match store.default_role() {
            Ok(role) => Some(role.id).filter(|_| role.is_default),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        if individual == Applicant::New {
            approval.email = Some(registration.email);
            approval.first_name = registration.first_name;
            approval.last_name = registration.last_name;
        }
        Ok(approval.to_request())
    }

    fn process(
        &self,
        transaction: &Transaction<'_>,
        message: &InboxMessage,
        request: &Value,
    ) -> Result<Processed> {
        let unreadable = || {
            Error::new(Kind::Invalid, PROCESS, "the request cannot be read")
                .hint("say `individual`: `new` or a UUID")
        };
        // A list would be read as members without names.
        if !request.is_object() {
            return Err(unreadable());
        }
        let approval =
            Approval::deserialize(request).map_err(|source| unreadable().caused_by(source))?;
        let registration = Registration::of(&message.data);
        let username = username(&approval, &registration)?;
        let role = match approval.role {
            Some(role) => transaction.roles().require(role)?.id,
            None => default_role(transaction)?,
        };
        let individual = match approval.individual {
            Applicant::Known(id) => transaction.individuals().require(id)?.id,
            Applicant::New => add_person(transaction, &approval, &registration)?,
        };
        let mut user = User::new(transaction.next_id().into(), username, individual, role);
        user.organisation = approval.organisation;
        user.disabled = approval.disabled;
        let hash = transaction.ask_whole(|whole| {
            let local = whole.local_id(EntityKind::InboxMessage, message.id.uuid())?;
            Ok(local.map(|local| whole.message_password(local)).transpose()?.flatten())
        })?;
        let hash = hash.map(PasswordHash::kept);
        let along = hash.as_ref().map_or(Along::Nothing, Along::Password);
        let known = transaction.library();
        let user: User = one(transaction.put_along(user.into(), None, None, &known, &along)?.0)?;
        let told = if hash.is_some() { "user added" } else { "user added without a password" };
        let data = serde_json::to_value(&user).map_err(|source| {
            Error::new(Kind::Corrupt, PROCESS, "the user cannot be written as JSON")
                .caused_by(source)
        })?;
        Ok(Processed::done(told).with(data))
    }
}

fn username(approval: &Approval, registration: &Registration) -> Result<Username> {
    match approval.username.as_ref().or(registration.username.as_ref()) {
        Some(name) => name.parse(),
        None => Err(Error::new(Kind::Invalid, PROCESS, "a username is needed")
            .hint("the registration has none: say `username`")),
    }
}

/// The role of somebody whom nobody chose one for: one that was made the default.
fn default_role(transaction: &Transaction<'_>) -> Result<RoleId> {
    let role = transaction.default_role()?;
    if role.is_default {
        return Ok(role.id);
    }
    Err(Error::new(Kind::Invalid, PROCESS, "no role is the default").hint(
        "name a role, or make one the default: `cerebrate role edit ROLE --set is_default=yes`",
    ))
}

/// A person who is not known yet, working for the organisation if there is one.
fn add_person(
    transaction: &Transaction<'_>,
    approval: &Approval,
    registration: &Registration,
) -> Result<IndividualId> {
    let email = approval.email.as_ref().unwrap_or(&registration.email).trim().to_owned();
    if email.parse::<Email>().is_err() {
        return Err(Error::new(Kind::Invalid, PROCESS, "not an e-mail address")
            .with("email", excerpt(&email)));
    }
    if let Some(known) = transaction.ask(|read| known_person(read, &email))?.first() {
        return Err(Error::new(Kind::Conflict, PROCESS, "there is a person of that address")
            .with("individual", known)
            .hint("name that individual, or give another e-mail address"));
    }
    let id = approval.uuid.unwrap_or_else(|| transaction.next_id().into());
    let given = |one: &Option<String>, other: &Option<String>| {
        one.as_ref().or(other.as_ref()).map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let mut person = Individual::new(id, email);
    person.first_name = given(&approval.first_name, &registration.first_name);
    person.last_name = given(&approval.last_name, &registration.last_name);
    person.position.clone_from(&approval.position);
    transaction.individuals().insert(person)?;
    if let Some(organisation) = approval.organisation {
        transaction.alignments().insert(Alignment::new(id, organisation, MEMBER))?;
    }
    Ok(id)
}

/// The people of an e-mail address, at most two.
fn known_person(read: &dyn Read, email: &str) -> Result<Vec<IndividualId>> {
    let found = read.by_email(&fold(email.trim()), 2)?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// The organisation that a registration means: by UUID, else by a name that only one has.
fn known_organisation(
    store: &Store,
    registration: &Registration,
) -> Result<Option<OrganisationId>> {
    let id = registration.org_uuid.as_deref().and_then(|text| Uuid::parse_str(text.trim()).ok());
    if let Some(id) = id
        && let Some(found) = store.organisations().get(id.into())?
    {
        return Ok(Some(found.id));
    }
    let name = registration.org_name.as_deref().map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Ok(None);
    }
    let found = store.organisations().find().name(name).one_page(2)?.records;
    match &found[..] {
        [Organisation { id, .. }] => Ok(Some(*id)),
        _ => Ok(None),
    }
}
