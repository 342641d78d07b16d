//! Users, roles and what belongs to them: the rules that hold whenever one is written, and who a
//! user is when it comes to rights.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use cerebrate_core::access::{Actor, Permissions};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::fold;
use cerebrate_core::id::{RoleId, UserId};
use cerebrate_core::model::{AuthKey, EntityKind, Record, Role, User, UserSetting};
use cerebrate_core::query::{Column, Filter, OrderBy, Query, TextTest};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use super::Store;
use super::records::{Records, one};
use super::transaction::{Along, Transaction, not_found};
use super::user_rules;
use crate::backend::Read;

pub(super) const WRITE: &str = "write record";

/// The most settings and the most auth keys that a user has.
const OF_USER: u64 = 1_000;

/// The name of the role that a new store begins with.
const FIRST_ROLE: &str = "admin";

impl Store {
    /// Who the user is when it comes to rights: what its role grants, on behalf of whom, and the
    /// organisations of the groups that it administers.
    ///
    /// # Errors
    /// `NotFound` if there is no such user, `Denied` if it is disabled.
    pub fn actor(&self, user: UserId) -> Result<Actor> {
        let (actor, disabled) =
            actor(self.read()?.as_ref(), user)?.ok_or_else(|| not_found(EntityKind::User, user))?;
        if disabled {
            return Err(
                Error::new(Kind::Denied, "act as user", "the user is disabled").with("user", user)
            );
        }
        Ok(actor)
    }

    /// The role that a new user gets unless another one is named: the default, else the first by
    /// name.
    ///
    /// ```
    /// use cerebrate_store::Store;
    /// use cerebrate_core::model::{Individual, User};
    ///
    /// let store = Store::in_memory()?;
    /// store.ensure_role()?;
    /// let alice = Individual::new(store.next_id().into(), "alice@example.org");
    /// let alice = store.individuals().insert(alice)?;
    /// let role = store.default_role()?;
    /// let user = User::new(store.next_id().into(), "alice".parse()?, alice.id, role.id);
    /// let user = store.users().insert(user)?;
    /// store.set_password(user.id, &"correct horse battery".into())?;
    /// let actor = store.check_password("Alice", &"correct horse battery".into())?;
    /// assert_eq!(actor.user, user.id);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no role.
    pub fn default_role(&self) -> Result<Role> {
        default_role(self.read()?.as_ref())
    }

    /// Makes the role `admin`, which grants everything, if there is no role at all; answers it
    /// then. A store with roles stays as it is.
    pub fn ensure_role(&self) -> Result<Option<Role>> {
        if self.roles().find().count()? > 0 {
            return Ok(None);
        }
        self.transaction(|transaction| {
            // Another process may have been first.
            if transaction.roles().find().count()? > 0 {
                return Ok(None);
            }
            let mut role = Role::new(transaction.next_id().into(), FIRST_ROLE.parse()?);
            role.permissions = Permissions::all();
            transaction.roles().insert(role).map(Some)
        })
    }
}

impl Transaction<'_> {
    /// The role that a new user gets unless another one is named; see [`Store::default_role`].
    pub fn default_role(&self) -> Result<Role> {
        self.ask(|read| default_role(read))
    }

    /// Holds what is about users against the rules, and keeps what only the store may change.
    ///
    /// # Errors
    /// `Conflict` if another record stands in the way, `Invalid` if it may not be written like
    /// that, `Exhausted` over a limit.
    pub(super) fn check_account(
        &self,
        record: &mut Record,
        before: Option<&Record>,
        along: &Along<'_>,
    ) -> Result<()> {
        match record {
            Record::User(user) => {
                let before = match before {
                    Some(Record::User(before)) => Some(before),
                    _ => None,
                };
                let known = before.and_then(|before| before.password_changed);
                user.password_changed =
                    match along {
                        // Each change is later than the one before, so that each is one in the trail.
                        Along::Password(_) => {
                            let next = known.map(|known| known.unix().saturating_add(1));
                            Some(next.map_or(self.now(), |next| {
                                self.now().max(Timestamp::from_unix(next))
                            }))
                        }
                        _ => known,
                    };
                self.check_user(user, before)
            }
            Record::AuthKey(key) => match (before, along) {
                (Some(Record::AuthKey(before)), _) => self.check_key_change(key, before),
                (_, Along::Digest(_)) => {
                    check_expiry(key, self)?;
                    self.check_count(EntityKind::AuthKey, key.user)
                }
                _ => Err(Error::new(Kind::Invalid, WRITE, "auth keys are issued, not written")
                    .hint("issue one with `issue_auth_key`")),
            },
            Record::UserSetting(UserSetting { user, .. }) if before.is_none() => {
                self.check_count(EntityKind::UserSetting, *user)
            }
            Record::PermissionLimitation(limitation) => self.check_limitation(limitation),
            _ => Ok(()),
        }
    }

    fn check_user(&self, user: &User, before: Option<&User>) -> Result<()> {
        let rules = self.ask(|read| user_rules::rules(read))?;
        if before.is_none_or(|before| before.username != user.username) {
            rules.check_username(&user.username)?;
            self.check_new_username(user)?;
        }
        if before.is_none_or(|before| before.individual != user.individual)
            && !rules.several_per_individual
        {
            let others = self.all(EntityKind::User, Filter::Individual(user.individual))?;
            let other = others.into_iter().find(|other| other.id() != user.id.uuid());
            if let Some(Record::User(other)) = other {
                let mut refused =
                    Error::new(Kind::Conflict, WRITE, "the individual has a user already")
                        .with("individual", user.individual)
                        .hint("a person has one user, unless the rules of the store allow more");
                // Whoever is watched may not see that user.
                if self.viewer().is_none() {
                    refused = refused.with("user", &other.username);
                }
                return Err(refused);
            }
        }
        self.check_quotas(user, before)
    }

    fn check_new_username(&self, user: &User) -> Result<()> {
        let taken = |message| {
            Err(Error::new(Kind::Conflict, WRITE, message)
                .with("username", &user.username)
                .hint("choose another username"))
        };
        let holder = self.ask(|read| read.by_username(&user.username))?;
        if holder.is_some_and(|id| id != user.id.uuid()) {
            return taken("another user has that name");
        }
        check_username(user)?;
        if self.has_look_alike(user)? {
            return taken("too like another username");
        }
        Ok(())
    }

    /// Whether another user's name is the same but for accents and forms of letters.
    fn has_look_alike(&self, user: &User) -> Result<bool> {
        let name = user.username.as_str();
        let alike = Filter::Text(Column::Name, TextTest::Equals(name.to_owned()));
        let others = self.all(EntityKind::User, alike)?;
        Ok(others.iter().any(|other| {
            matches!(other, Record::User(other)
                if other.id != user.id && fold(other.username.as_str()) == fold(name))
        }))
    }

    /// Of a key that was issued, only comment and expiry change.
    fn check_key_change(&self, key: &AuthKey, before: &AuthKey) -> Result<()> {
        let invalid = |message| Error::new(Kind::Invalid, WRITE, message).with("auth key", key.id);
        if (key.user, &key.start, &key.end) != (before.user, &before.start, &before.end) {
            return Err(invalid("an auth key stays what it was issued as")
                .hint("remove it and issue another one"));
        }
        if key.expires == before.expires {
            return Ok(());
        }
        if before.is_expired(self.now()) {
            return Err(invalid("the auth key has expired").hint("issue another one"));
        }
        check_expiry(key, self)
    }

    fn check_count(&self, kind: EntityKind, user: UserId) -> Result<()> {
        if self.ask(|read| read.count(kind, &[Filter::User(user)]))? < OF_USER {
            return Ok(());
        }
        Err(Error::new(Kind::Exhausted, WRITE, "the user has as many as there may be")
            .with("kind", kind.noun())
            .with("limit", OF_USER))
    }

    /// Takes the default from all roles but this one.
    pub(super) fn clear_default_role(&self, role: RoleId) -> Result<()> {
        for other in self.all(EntityKind::Role, None)? {
            if let Record::Role(mut other) = other
                && other.is_default
                && other.id != role
            {
                other.is_default = false;
                self.put(other.into(), None)?;
            }
        }
        Ok(())
    }

    /// Lets another role stay the default where `record` would become it; says so.
    pub(super) fn yield_default_role(&self, record: &mut Record) -> Result<bool> {
        let Record::Role(role) = record else { return Ok(false) };
        if !role.is_default {
            return Ok(false);
        }
        let roles = self.all(EntityKind::Role, None)?;
        let is_other = |other: &Record| matches!(other, Record::Role(other) if other.is_default && other.id != role.id);
        let yields = roles.iter().any(is_other);
        role.is_default &= !yields;
        Ok(yields)
    }
}

/// A name that reads as another way to name a record would name that one.
fn check_username(user: &User) -> Result<()> {
    let name = user.username.as_str();
    let is_number = name
        .strip_prefix('#')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_numeric));
    if is_number || Uuid::parse_str(name).is_ok() {
        return Err(Error::new(Kind::Invalid, WRITE, "the username looks like a number or a UUID")
            .with("username", &user.username)
            .hint("choose one with letters, such as `alice`"));
    }
    Ok(())
}

fn check_expiry(key: &AuthKey, transaction: &Transaction<'_>) -> Result<()> {
    if !key.is_expired(transaction.now()) {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, WRITE, "the expiry of the auth key is past")
        .with("now", transaction.now())
        .hint("name a time to come, or none"))
}

fn default_role(read: &dyn Read) -> Result<Role> {
    let mut query = Query::new(EntityKind::Role);
    query.order.by = OrderBy::Name;
    query.limit = 1_000;
    let mut first = None;
    loop {
        let page = read.query(&query)?;
        for record in page.records {
            let role: Role = one(record)?;
            if role.is_default {
                return Ok(role);
            }
            first.get_or_insert(role);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    first.ok_or_else(|| {
        Error::new(Kind::NotFound, "find role", "there is no role")
            .hint("`cerebrate init` makes the role `admin`")
    })
}

/// What only users can tell.
impl Records<'_, User> {
    /// The user who logs in with that name: without white space around it and without regard to
    /// case, and with no other regard. A text that is no username is nobody's.
    pub fn by_username(&self, name: &str) -> Result<Option<User>> {
        let Ok(username) = name.parse() else { return Ok(None) };
        let found = self.access.ask(|read| match read.by_username(&username)? {
            Some(id) => read.get(EntityKind::User, id),
            None => Ok(None),
        })?;
        found.map(one).transpose()
    }
}

/// The actor that a user is, and whether the user is disabled.
pub(super) fn actor(read: &dyn Read, id: UserId) -> Result<Option<(Actor, bool)>> {
    let Some(record) = read.get(EntityKind::User, id.uuid())? else { return Ok(None) };
    let user: User = one(record)?;
    let role = read.get(EntityKind::Role, user.role.uuid())?.ok_or_else(|| {
        Error::new(Kind::Corrupt, "find role", "the role of the user is gone").with("user", id)
    })?;
    let role: Role = one(role)?;
    let mut actor = Actor::new(id, user.individual, user.organisation, role.permissions);
    let mut query = Query::new(EntityKind::OrganisationGroup);
    query.filters.push(Filter::User(id));
    query.limit = 1_000;
    loop {
        let page = read.query(&query)?;
        for record in page.records {
            if let Record::OrganisationGroup(group) = record {
                actor.administered.extend(group.organisations);
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(Some((actor, user.disabled)))
}

/// The actors met since the feed moved last.
pub(super) struct Actors(ArcSwap<Moment>);

#[derive(Default)]
struct Moment {
    /// The newest change that was known.
    newest: u64,
    /// Who users are; nobody for those who may not come in.
    known: RwLock<HashMap<UserId, Option<Arc<Actor>>>>,
}

impl Actors {
    pub(super) fn new() -> Self {
        Actors(ArcSwap::default())
    }

    /// The actor that an enabled user is, as of the change `newest` or later.
    pub(super) fn get(
        &self,
        store: &Store,
        user: UserId,
        newest: u64,
    ) -> Result<Option<Arc<Actor>>> {
        let mut moment = self.0.load_full();
        if moment.newest != newest {
            moment = Arc::new(Moment { newest, ..Moment::default() });
            self.0.store(Arc::clone(&moment));
        }
        let known = moment.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(actor) = known.get(&user) {
            return Ok(actor.clone());
        }
        drop(known);
        // What is read now is as new as `newest` at least.
        let found = actor(store.whole()?.as_ref(), user)?;
        let found = found.filter(|(_, disabled)| !disabled).map(|(actor, _)| Arc::new(actor));
        let mut known = moment.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(user, found.clone());
        Ok(found)
    }
}

impl fmt::Debug for Actors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actors").finish_non_exhaustive()
    }
}
