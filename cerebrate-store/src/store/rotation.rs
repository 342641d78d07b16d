//! Giving a database another node key.

use std::sync::{Arc, PoisonError};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::node_key::{NodeKey, NodeKeyId, RetiredKey};
use serde::Serialize;
use uuid::Uuid;

use super::audit::{self, SignedHead};
use super::transaction::Transaction;
use super::{Author, Inner, Store};
use crate::backend::Write;

const ROTATE: &str = "rotate node key";

/// The setting that keeps what is left of earlier node keys, as JSON.
const RETIRED: &str = "retired_node_keys";

/// Whether auth keys from before a rotation still work after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetiredKeys {
    /// They do: the sub-key that recognises them is kept, sealed under the new node key.
    #[default]
    Keep,
    /// They do not, for when the old key is in wrong hands: they are removed.
    Drop,
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rotation {
    /// The key before.
    pub before: NodeKeyId,
    /// The key from now on.
    pub after: NodeKeyId,
    /// How many rows of the trail were verified first.
    pub rows: u64,
    /// How many secrets were sealed again.
    pub secrets: u64,
    /// Where the trail stands, signed with the new key.
    pub head: SignedHead,
}

impl Store {
    /// Gives the database another node key, in one transaction: verifies the whole trail with the old
    /// key, seals every secret again, and signs the trail with the new one. This store and its clones
    /// use the new key from then on; another program that has the database open writes nothing more
    /// until it opens it again.
    ///
    /// Keep the new key where it survives before this is called, and the old one as long as backups
    /// from before are.
    ///
    /// ```
    /// use cerebrate_core::node_key::NodeKey;
    /// use cerebrate_store::Store;
    /// use cerebrate_store::store::RetiredKeys;
    ///
    /// let store = Store::options().key(NodeKey::new([7; 32])).in_memory()?;
    /// let rotation = store.rotate_node_key(NodeKey::new([8; 32]), RetiredKeys::Keep)?;
    /// assert_eq!(store.node_key_id()?, Some(rotation.after));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` without the old key and for a user who is no site admin, `Invalid` if both are the
    /// same, `Untrusted` if the trail does not verify: nothing is signed over that. Then everything
    /// stays as it was.
    pub fn rotate_node_key(&self, mut new: NodeKey, retired: RetiredKeys) -> Result<Rotation> {
        self.check_site_admin(ROTATE)?;
        let old = self.required_key()?;
        if old.id() == new.id() {
            return Err(Error::new(Kind::Invalid, ROTATE, "the new node key is the old one")
                .with("key", new.id())
                .hint("make another one"));
        }
        let inner = self.inner();
        let author = self.signed(&Author::of("rotate node key"));
        let transaction = Transaction::begin(self, &author)?;
        let (rows, secrets) = {
            let mut write = transaction.write.borrow_mut();
            audit::check_key(audit::key_id(&**write)?, &old)?;
            let rows = audit::verified(&**write, Some(&old), ROTATE)?;
            let node = write.node()?.uuid();
            let nonce = || nonce(inner);
            let secrets = write.reseal(&mut |record, column, sealed| {
                let plain = old.open(sealed, record, column)?;
                Ok(new.seal(plain.expose(), record, column, nonce()))
            })?;
            let kept = match retired {
                RetiredKeys::Keep => old.hand_over(&new, node, nonce),
                RetiredKeys::Drop => Vec::new(),
            };
            new.take_over(node, &kept)?;
            keep(&mut **write, &kept)?;
            (rows, secrets)
        };
        if retired == RetiredKeys::Drop {
            // Whoever may rotate may do what follows from it.
            let _consequences = transaction.consequences();
            for key in transaction.auth_keys().find().all()? {
                transaction.auth_keys().remove(key.id)?;
            }
        }
        let now = transaction.now();
        let head = transaction.commit_signed(|write| audit::sign(write, &new, now))?;
        let rotation = Rotation { before: old.id(), after: new.id(), rows, secrets, head };
        *inner.key.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(new));
        Ok(rotation)
    }

    /// The node keys before the present one under which auth keys still work, the latest first.
    ///
    /// # Errors
    /// `Denied` without the node key, and for a user who is no site admin. `Untrusted` if what is kept
    /// of them was changed: then auth keys from before the last rotation do not work.
    pub fn retired_node_keys(&self) -> Result<Vec<NodeKeyId>> {
        self.check_site_admin("list node keys")?;
        let key = self.required_key()?;
        let (node, retired) = self.retired()?;
        key.opens(node, &retired)?;
        Ok(retired.into_iter().map(|retired| retired.key_id).collect())
    }

    /// Lets the key recognise what was made under those before it. What cannot be read of them keeps
    /// nobody from opening the store.
    pub(super) fn take_over_retired(&self) -> Result<()> {
        let (node, retired) = match self.retired() {
            Err(error) if matches!(error.kind(), Kind::Untrusted | Kind::Corrupt) => return Ok(()),
            retired => retired?,
        };
        let mut key = self.inner().key.write().unwrap_or_else(PoisonError::into_inner);
        // While a store is being opened, nobody else has its key.
        match key.as_mut().and_then(Arc::get_mut).map(|key| key.take_over(node, &retired)) {
            Some(Err(error)) if !matches!(error.kind(), Kind::Untrusted | Kind::Denied) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// What is kept of earlier keys, and the node that it is kept for.
    fn retired(&self) -> Result<(Uuid, Vec<RetiredKey>)> {
        let read = self.read()?;
        let node = read.node()?.uuid();
        let Some(text) = read.setting(RETIRED)? else { return Ok((node, Vec::new())) };
        let retired = serde_json::from_str(&text).map_err(|source| {
            Error::new(Kind::Untrusted, "use node key", "what is kept of earlier keys was changed")
                .hint("`cerebrate key rotate-node-key --revoke-auth-keys` begins anew")
                .caused_by(source)
        })?;
        Ok((node, retired))
    }
}

fn keep(write: &mut dyn Write, retired: &[RetiredKey]) -> Result<()> {
    if retired.is_empty() {
        return write.set_setting(RETIRED, None);
    }
    let text = serde_json::to_string(retired).map_err(|source| {
        Error::new(Kind::Corrupt, ROTATE, "what is kept of the old key cannot be written")
            .caused_by(source)
    })?;
    write.set_setting(RETIRED, Some(&text))
}

/// Never given before: 183 of its bits are random.
fn nonce(inner: &Inner) -> [u8; 24] {
    let (first, second) = (inner.ids.next_id().into_bytes(), inner.ids.next_id().into_bytes());
    let mut nonce = [0; 24];
    for (byte, chance) in nonce.iter_mut().zip(first.into_iter().chain(second.into_iter().rev())) {
        *byte = chance;
    }
    nonce
}
