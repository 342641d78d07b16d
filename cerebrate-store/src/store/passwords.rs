//! Passwords: hashed with argon2id, kept apart from the users, and never anywhere else.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier};
use cerebrate_core::access::{Actor, accept_password};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::UserId;
use cerebrate_core::model::{EntityKind, User, Username};
use cerebrate_core::secret::SecretText;

use super::records::one;
use super::transaction::{Along, Transaction, not_found};
use super::{Author, Store};
use crate::backend::LocalId;
use crate::system;

const LOG_IN: &str = "log in";
const SET: &str = "set password";

/// The most bytes of a password.
const LONGEST: usize = 4 * 1024;

/// What a hash that comes from elsewhere may cost to check.
const MEMORY: u32 = 256 * 1024;
const PASSES: u32 = 16;
const LANES: u32 = 16;
const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=14;

/// How the hashes begin that are made here.
const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// What is checked where there is no password: of the cost of ours, and of no password.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                       $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash of a password.
pub(super) struct PasswordHash {
    pub(super) text: SecretText,
    /// The cost, if it is one of bcrypt.
    pub(super) bcrypt_cost: Option<u32>,
}

impl PasswordHash {
    /// Hashes a password with argon2id, under a salt of its own.
    pub(super) fn of(password: &SecretText) -> Result<Self> {
        let text = password.expose();
        if text.len() > LONGEST {
            return Err(
                Error::new(Kind::Invalid, SET, "the password is too long").with("limit", LONGEST)
            );
        }
        accept_password(password)?;
        let salt: [u8; 16] = system::random();
        let hash: Phc = hasher()
            .hash_password_with_salt(text.as_bytes(), &salt)
            .map_err(|_| Error::new(Kind::Exhausted, SET, "the password cannot be hashed"))?;
        Ok(PasswordHash { text: hash.to_string().into(), bcrypt_cost: None })
    }

    /// A hash that was made here and kept for a user to come.
    pub(super) fn kept(hash: SecretText) -> Self {
        let bcrypt_cost = bcrypt_cost(hash.expose());
        PasswordHash { text: hash, bcrypt_cost }
    }

    /// Reads a hash that another program made.
    fn read(hash: &SecretText) -> Result<Self> {
        let refused = |kind, message| {
            Err(Error::new(kind, SET, message).hint(
                "give an argon2id hash as `$argon2id$v=19$…`, or one of bcrypt as `$2y$10$…`",
            ))
        };
        let text = hash.expose();
        if let Some(cost) = bcrypt_cost(text) {
            let is_whole = text.parse::<bcrypt::HashParts>().is_ok();
            return match (is_whole, BCRYPT_COST.contains(&cost)) {
                (_, false) => refused(Kind::Exhausted, "the hash costs too much to check"),
                (false, _) => refused(Kind::Invalid, "it is no hash of a password"),
                (true, true) => Ok(PasswordHash { text: hash.clone(), bcrypt_cost: Some(cost) }),
            };
        }
        let Ok(phc) = Phc::new(text) else {
            return refused(Kind::Invalid, "it is no hash of a password");
        };
        let (Ok(params), Some(_), Some(_)) = (Params::try_from(&phc), &phc.salt, &phc.hash) else {
            return refused(Kind::Invalid, "it is no hash of a password");
        };
        if phc.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return refused(Kind::Unsupported, "the hash is of an unknown sort");
        }
        if params.m_cost() > MEMORY || params.t_cost() > PASSES || params.p_cost() > LANES {
            return refused(Kind::Exhausted, "the hash costs too much to check");
        }
        Ok(PasswordHash { text: hash.clone(), bcrypt_cost: None })
    }
}

/// Argon2id as it is recommended: 19 MiB, two passes.
fn hasher() -> Argon2<'static> {
    Argon2::default()
}

/// The cost in a hash of bcrypt.
fn bcrypt_cost(hash: &str) -> Option<u32> {
    let rest = ["$2y$", "$2b$", "$2a$"].into_iter().find_map(|start| hash.strip_prefix(start))?;
    rest.split_once('$')?.0.parse().ok()
}

/// Whether the password is the one of the hash. One hash of argon2id is made in any case, and one of
/// bcrypt if `cost` says that some user still has one: how long it takes tells nothing of a user.
fn is_right(password: &SecretText, hash: Option<&SecretText>, cost: Option<u32>) -> bool {
    let text = password.expose();
    let is_short = text.len() <= LONGEST;
    let text = if is_short { text } else { "" };
    let (argon, bcrypt) = match hash.map(SecretText::expose) {
        Some(hash) if bcrypt_cost(hash).is_some() => (None, Some(hash)),
        other => (other, None),
    };
    let right_argon = hasher().verify_password(text.as_bytes(), argon.unwrap_or(NOBODYS)).is_ok();
    let right_bcrypt = match (bcrypt, cost) {
        (Some(hash), _) => bcrypt::verify(text, hash).unwrap_or(false),
        (None, Some(cost)) => {
            let nobodys = format!("$2b${cost:02}${}", ".".repeat(53));
            bcrypt::verify(text, &nobodys).unwrap_or(false)
        }
        (None, None) => false,
    };
    let is_own = if bcrypt.is_some() { right_bcrypt } else { argon.is_some() && right_argon };
    is_own && is_short
}

impl Store {
    /// Sets the password of a user. The trail tells that it changed and when, nothing else.
    ///
    /// # Errors
    /// `Invalid` if it may not be chosen ([`accept_password`]), `NotFound` if there is no such user.
    pub fn set_password(&self, user: UserId, password: &SecretText) -> Result<User> {
        self.set_password_by(&Author::local(), user, password)
    }

    /// The same, saying who does it.
    pub fn set_password_by(
        &self,
        author: &Author,
        user: UserId,
        password: &SecretText,
    ) -> Result<User> {
        // Others can write meanwhile.
        let hash = PasswordHash::of(password)?;
        self.transaction_by(author, |transaction| transaction.put_password(user, &hash))
    }

    /// Who logs in like that. A wrong password, an unknown name, a user without password and one
    /// that is disabled get the same answer after the same work.
    ///
    /// A hash of bcrypt, such as a peer has it, or of another cost than ours, is replaced by our own
    /// once the password was right.
    ///
    /// # Errors
    /// `Denied`.
    pub fn check_password(&self, username: &str, password: &SecretText) -> Result<Actor> {
        let (found, cost) = self.find_login(username)?;
        let hash = found.as_ref().and_then(|login| login.hash.as_ref());
        let right = is_right(password, hash, cost);
        let Some(Login { user, local, hash: Some(hash) }) = found.filter(|_| right) else {
            return Err(denied());
        };
        let newest = self.inner().backend().head()?;
        let Some(actor) = self.inner().actors.get(self, user, newest)? else {
            return Err(denied());
        };
        if !hash.expose().starts_with(OURS) && !self.is_read_only() {
            // Who cannot be written to now is tried again at the next login.
            let _ = self.rehash(local, &hash, password);
        }
        Ok(Actor::clone(&actor))
    }

    fn find_login(&self, username: &str) -> Result<(Option<Login>, Option<u32>)> {
        let read = self.whole()?;
        let cost = read.bcrypt_cost()?;
        let Ok(username) = username.parse::<Username>() else { return Ok((None, cost)) };
        let Some(id) = read.by_username(&username)? else { return Ok((None, cost)) };
        let Some(local) = read.local_id(EntityKind::User, id)? else { return Ok((None, cost)) };
        let hash = read.password(local)?;
        Ok((Some(Login { user: UserId::new(id), local, hash }), cost))
    }

    /// Puts a hash of ours in place of an imported one, unless the password changed meanwhile.
    fn rehash(&self, user: LocalId, old: &SecretText, password: &SecretText) -> Result<()> {
        // A password that is in use was accepted elsewhere: no policy here.
        let salt: [u8; 16] = system::random();
        let Ok(hash) = hasher().hash_password_with_salt(password.expose().as_bytes(), &salt) else {
            return Ok(());
        };
        let hash: Phc = hash;
        let mut write = self.inner().backend().write()?;
        if write.password(user)?.as_ref() == Some(old) {
            write.set_password(user, &hash.to_string().into(), None)?;
            write.commit()?;
        }
        Ok(())
    }
}

/// A user who may be logging in.
struct Login {
    user: UserId,
    local: LocalId,
    hash: Option<SecretText>,
}

impl Transaction<'_> {
    /// Sets the password of a user; see [`Store::set_password`].
    pub fn set_password(&self, user: UserId, password: &SecretText) -> Result<User> {
        self.put_password(user, &PasswordHash::of(password)?)
    }

    /// Keeps a hash that another node made: of argon2id, or of bcrypt as peers at release 1.35 have
    /// it.
    ///
    /// # Errors
    /// `Invalid` if it is none, `Unsupported` if it is of another sort, `Exhausted` if checking it
    /// would cost too much, `NotFound` if there is no such user. `Denied` for a user who is no
    /// community admin: what a hash is of cannot be held against what passwords have to be.
    pub fn set_password_hash(&self, user: UserId, hash: &SecretText) -> Result<User> {
        self.admit_hash()?;
        self.put_password(user, &PasswordHash::read(hash)?)
    }

    fn put_password(&self, user: UserId, hash: &PasswordHash) -> Result<User> {
        let Some(standing) = self.standing(EntityKind::User, user.uuid())? else {
            return Err(not_found(EntityKind::User, user));
        };
        let known = self.library();
        let along = Along::Password(hash);
        one(self.put_along(standing.1.clone(), Some(&standing), None, &known, &along)?.0)
    }
}

fn denied() -> Error {
    Error::new(Kind::Denied, LOG_IN, "the username or the password is wrong")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_others_are_read_within_limits() {
        let kind =
            |text: &str| PasswordHash::read(&text.into()).map_err(|error| error.kind()).err();
        let bcrypt = "$2y$10$abcdefghijklmnopqrstuuW2ZnS1ZkzoQqo1kHYQo.qRpFIu8nNlC";
        assert_eq!(kind(NOBODYS), None);
        assert_eq!(kind(&bcrypt.replace("$10$", "$04$")), None);
        assert_eq!(kind(&bcrypt.replace("$10$", "$31$")), Some(Kind::Exhausted));
        assert_eq!(kind(&NOBODYS.replace("m=19456", "m=4000000")), Some(Kind::Exhausted));
        assert_eq!(kind(&NOBODYS.replace("t=2", "t=1000")), Some(Kind::Exhausted));
        assert_eq!(kind(&NOBODYS.replace("argon2id", "argon2d")), Some(Kind::Unsupported));
        for broken in ["", "hunter2", "$2y$10$short", "$argon2id$v=19$m=19456,t=2,p=1", "$2y$"] {
            assert_eq!(kind(broken), Some(Kind::Invalid), "{broken}");
        }
    }

    #[test]
    fn what_is_made_here_is_known_as_ours() {
        let hash = PasswordHash::of(&"Password1234".into()).unwrap();
        assert!(hash.text.expose().starts_with(OURS) && NOBODYS.starts_with(OURS));
        assert!(is_right(&"Password1234".into(), Some(&hash.text), None));
        assert!(!is_right(&"Password1235".into(), Some(&hash.text), None));
    }

    #[test]
    fn nobodys_password_is_no_password() {
        for text in ["", "password", NOBODYS] {
            assert!(!is_right(&text.into(), None, Some(4)));
            assert!(!is_right(&text.into(), Some(&NOBODYS.into()), None));
        }
    }
}
