//! Auth keys: what programs come in with.

use cerebrate_core::access::Actor;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::UserId;
use cerebrate_core::model::AuthKey;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use zeroize::Zeroize as _;

use super::records::one;
use super::transaction::{Along, Transaction};
use super::{Author, Store};
use crate::system;

/// How many characters a key has, as peers expect them.
const LENGTH: usize = 40;

impl Store {
    /// Gives a user a key to come in with: 40 lower-case hexadecimal digits. It is shown here, once;
    /// what is kept tells nothing of it. `auth_keys().remove(id)` revokes it, at once.
    ///
    /// ```
    /// # use cerebrate_store::Store;
    /// # use cerebrate_core::model::{Individual, User};
    /// # use cerebrate_core::node_key::NodeKey;
    /// let store = Store::options().key(NodeKey::new([7; 32])).in_memory()?;
    /// # store.ensure_role()?;
    /// # let alice = Individual::new(store.next_id().into(), "alice@example.org");
    /// # let alice = store.individuals().insert(alice)?;
    /// # let role = store.default_role()?.id;
    /// # let user = User::new(store.next_id().into(), "alice".parse()?, alice.id, role);
    /// # let user = store.users().insert(user)?;
    /// let (key, secret) = store.issue_auth_key(user.id, Some("nightly export"), None)?;
    /// assert!(secret.expose().starts_with(&key.start));
    /// assert_eq!(store.check_auth_key(&secret)?.user, user.id);
    /// store.auth_keys().remove(key.id)?;
    /// assert!(store.check_auth_key(&secret).is_err());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` without the node key, `Invalid` if the user is unknown or the expiry past,
    /// `Exhausted` if the user has too many.
    pub fn issue_auth_key(
        &self,
        user: UserId,
        comment: Option<&str>,
        expires: Option<Timestamp>,
    ) -> Result<(AuthKey, SecretText)> {
        self.issue_auth_key_by(&Author::local(), user, comment, expires)
    }

    /// The same, saying who does it.
    pub fn issue_auth_key_by(
        &self,
        author: &Author,
        user: UserId,
        comment: Option<&str>,
        expires: Option<Timestamp>,
    ) -> Result<(AuthKey, SecretText)> {
        self.transaction_by(author, |transaction| {
            transaction.issue_auth_key(user, comment, expires)
        })
    }

    /// Who comes in with the key. Whatever is wrong – an unknown key, one that was revoked or has
    /// expired, one of a disabled user, something that is no key – has the same answer.
    ///
    /// # Errors
    /// `Denied`; without the node key too, and then with a hint.
    pub fn check_auth_key(&self, key: &SecretText) -> Result<Actor> {
        let node_key = self.required_key()?;
        // A digest of what cannot be a key is never found, and costs no more than that of a key.
        let nothing = SecretText::from("");
        let key = if key.expose().len() == LENGTH { key } else { &nothing };
        let mut found = None;
        // The present node key first, then those from before it was rotated.
        for digest in node_key.auth_key_digests(key) {
            let answer = self.inner().backend().auth_key(&digest)?;
            if let Some(known) = answer.key {
                found = Some((known, answer.newest));
                break;
            }
        }
        let (known, newest) = found.ok_or_else(denied)?;
        if known.expires.is_some_and(|expires| expires <= self.inner().clock().now()) {
            return Err(denied());
        }
        let actor = self.inner().actors.get(self, known.user, newest)?;
        actor.map(|actor| Actor::clone(&actor)).ok_or_else(denied)
    }
}

impl Transaction<'_> {
    /// Gives a user a key to come in with; see [`Store::issue_auth_key`]. It opens nothing until
    /// this is committed.
    pub fn issue_auth_key(
        &self,
        user: UserId,
        comment: Option<&str>,
        expires: Option<Timestamp>,
    ) -> Result<(AuthKey, SecretText)> {
        let node_key = self.node_key()?;
        let mut bytes: [u8; LENGTH / 2] = system::random();
        let secret = spelled(&bytes);
        bytes.zeroize();
        let text = secret.expose();
        let (start, _) = text.split_at_checked(AuthKey::SHOWN).unwrap_or((text, ""));
        let (_, end) = text.split_at_checked(LENGTH - AuthKey::SHOWN).unwrap_or(("", text));
        let mut key = AuthKey::new(self.next_id().into(), user, start, end);
        key.comment = comment.map(str::to_owned);
        key.expires = expires;
        let digest = node_key.auth_key_digest(&secret);
        let library = self.library();
        let (record, _) =
            self.put_along(key.into(), None, None, &library, &Along::Digest(&digest))?;
        Ok((one(record)?, secret))
    }
}

fn spelled(bytes: &[u8; LENGTH / 2]) -> SecretText {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    // Room for all of it at once: growing would leave a copy behind.
    let mut text = String::with_capacity(LENGTH);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text.into()
}

fn denied() -> Error {
    Error::new(Kind::Denied, "check auth key", "the auth key is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_40_lower_case_digits() {
        let mut bytes = [0; 20];
        bytes[0] = 0x0a;
        bytes[19] = 0xf9;
        let text = spelled(&bytes);
        assert_eq!(text.expose(), "0a000000000000000000000000000000000000f9");
    }
}
