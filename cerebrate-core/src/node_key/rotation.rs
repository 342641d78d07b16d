use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{AuthKeyDigest, AuthKeySubKey, NodeKey, NodeKeyId, derivation, derive, keyed};
use crate::error::{Error, Kind, Result};
use crate::hex;
use crate::secret::SecretText;

/// How many node keys before the present one still recognise auth keys.
const KEPT: usize = 16;

/// More than the sealed form of any sub-key has.
const LONGEST: usize = 256;

/// What is kept of a node key that was replaced: its sub-key for auth keys, sealed under the one
/// that is in use. Digests of auth keys cannot be made again without the auth keys, which nobody
/// has but their users; with this, they go on working.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredKey {
    /// The key that was replaced.
    pub key_id: NodeKeyId,
    #[serde(serialize_with = "as_hex", deserialize_with = "from_hex")]
    sealed: Vec<u8>,
}

/// The sub-key of an earlier node key, opened.
pub(super) struct RetiredSubKey {
    id: NodeKeyId,
    bytes: Zeroizing<[u8; 32]>,
    key: AuthKeySubKey,
}

impl NodeKey {
    /// What `next` has to keep of this key and of those before it, so that auth keys go on working:
    /// the latest first, at most sixteen. `record` is the node that it is kept for, and `nonce` must
    /// give random bytes, never the same twice.
    ///
    /// ```
    /// use cerebrate_core::node_key::NodeKey;
    /// use cerebrate_core::secret::SecretText;
    /// use uuid::Uuid;
    ///
    /// let (old, node) = (NodeKey::new([7; 32]), Uuid::from_u128(1));
    /// let auth_key = SecretText::from("5bf18a");
    /// let stored = old.auth_key_digest(&auth_key);
    ///
    /// let mut new = NodeKey::new([8; 32]);
    /// let retired = old.hand_over(&new, node, || [9; 24]);
    /// new.take_over(node, &retired)?;
    /// assert!(new.auth_key_digests(&auth_key).any(|digest| digest == stored));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn hand_over(
        &self,
        next: &NodeKey,
        record: Uuid,
        mut nonce: impl FnMut() -> [u8; 24],
    ) -> Vec<RetiredKey> {
        let own: Zeroizing<[u8; 32]> = derive(&derivation(&self.root), b"auth keys");
        let mut seal = |key_id: NodeKeyId, bytes: &[u8; 32]| RetiredKey {
            key_id,
            sealed: next.seal(bytes, record, &column(key_id), nonce()),
        };
        let mut retired = vec![seal(self.id, &own)];
        retired.extend(self.retired.iter().map(|key| seal(key.id, &key.bytes)));
        retired.truncate(KEPT);
        retired
    }

    /// Takes over what [`Self::hand_over`] gave, in place of what it took over before.
    ///
    /// # Errors
    /// As [`Self::open`]: `Denied` if it was handed to another key, `Untrusted` if it was changed.
    pub fn take_over(&mut self, record: Uuid, retired: &[RetiredKey]) -> Result<()> {
        self.retired = self.opened(record, retired)?;
        Ok(())
    }

    /// Succeeds if [`Self::take_over`] would.
    ///
    /// # Errors
    /// As there.
    pub fn opens(&self, record: Uuid, retired: &[RetiredKey]) -> Result<()> {
        self.opened(record, retired).map(drop)
    }

    fn opened(&self, record: Uuid, retired: &[RetiredKey]) -> Result<Vec<RetiredSubKey>> {
        let open = |retired: &RetiredKey| {
            let secret = self.open(&retired.sealed, record, &column(retired.key_id))?;
            let bytes: [u8; 32] = secret.expose().try_into().map_err(|_| {
                Error::new(Kind::Untrusted, "take over node key", "what was kept of it is no key")
                    .with("key", retired.key_id)
            })?;
            let bytes = Zeroizing::new(bytes);
            Ok(RetiredSubKey { id: retired.key_id, key: AuthKeySubKey(keyed(&bytes)), bytes })
        };
        retired.iter().take(KEPT).map(open).collect()
    }

    /// Every digest that may be stored for an auth key: that under this key first, then those under
    /// the keys that it [took over](Self::take_over).
    pub fn auth_key_digests<'a>(
        &'a self,
        auth_key: &'a SecretText,
    ) -> impl Iterator<Item = AuthKeyDigest> + 'a {
        let keys = std::iter::once(&self.auth_keys);
        keys.chain(self.retired.iter().map(|retired| &retired.key)).map(|key| key.digest(auth_key))
    }
}

impl fmt::Debug for RetiredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetiredKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn column(key_id: NodeKeyId) -> String {
    format!("auth keys of {key_id}")
}

fn as_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&bytes.iter().flat_map(|byte| hex::spell(*byte)).collect::<String>())
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = vec![0; text.len().min(LONGEST * 2) / 2];
    if hex::read(&text, &mut bytes) {
        return Ok(bytes);
    }
    Err(serde::de::Error::custom("not hexadecimal text of a sealed key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Uuid = Uuid::from_u128(5);

    fn rotated(old: &NodeKey, number: u8) -> NodeKey {
        let mut new = NodeKey::new([number; 32]);
        let mut nonces = 0..;
        let retired = old.hand_over(&new, NODE, || [nonces.next().unwrap(); 24]);
        let text = serde_json::to_string(&retired).unwrap();
        new.take_over(NODE, &serde_json::from_str::<Vec<RetiredKey>>(&text).unwrap()).unwrap();
        new
    }

    #[test]
    fn auth_keys_work_through_sixteen_rotations_and_no_more() {
        let auth_key = SecretText::from("5bf18a");
        let mut key = NodeKey::new([1; 32]);
        let first = key.auth_key_digest(&auth_key);
        for number in 2..=17 {
            key = rotated(&key, number);
            let digests: Vec<_> = key.auth_key_digests(&auth_key).collect();
            assert!(digests[0] == key.auth_key_digest(&auth_key));
            assert!(digests.len() == usize::from(number) && digests.contains(&first), "{number}");
        }
        key = rotated(&key, 18);
        assert!(!key.auth_key_digests(&auth_key).any(|digest| digest == first));
        assert_eq!(key.auth_key_digests(&auth_key).count(), 17);
    }

    #[test]
    fn what_was_handed_over_opens_for_nobody_else() {
        let (old, mut new) = (NodeKey::new([1; 32]), NodeKey::new([2; 32]));
        let retired = old.hand_over(&new, NODE, || [0; 24]);
        let other = NodeKey::new([3; 32]).take_over(NODE, &retired).unwrap_err();
        assert_eq!(other.kind(), Kind::Denied);
        assert_eq!(new.take_over(Uuid::nil(), &retired).unwrap_err().kind(), Kind::Untrusted);
        let renamed = RetiredKey { key_id: new.id(), ..retired[0].clone() };
        assert_eq!(new.take_over(NODE, &[renamed]).unwrap_err().kind(), Kind::Untrusted);
        assert_eq!(new.auth_key_digests(&"x".into()).count(), 1, "nothing was taken over");
        let short = RetiredKey {
            sealed: new.seal(b"short", NODE, &column(old.id()), [1; 24]),
            ..retired[0].clone()
        };
        assert_eq!(new.take_over(NODE, &[short]).unwrap_err().kind(), Kind::Untrusted);
    }

    #[test]
    fn neither_text_nor_debug_tells_the_key() {
        let (old, new) = (NodeKey::new([1; 32]), NodeKey::new([2; 32]));
        let retired = old.hand_over(&new, NODE, || [0; 24]);
        let own: Zeroizing<[u8; 32]> = derive(&derivation(&old.root), b"auth keys");
        let spelled: String = own.iter().flat_map(|byte| hex::spell(*byte)).collect();
        let json = serde_json::to_string(&retired).unwrap();
        assert!(!json.contains(&spelled) && json.contains(&old.id().to_string()));
        assert!(!format!("{retired:?}").contains("sealed"));
        for text in ["\"zz\"", "\"0\"", &format!("\"{}\"", "00".repeat(300))] {
            let json = format!("{{\"key_id\":\"{}\",\"sealed\":{text}}}", old.id());
            assert!(serde_json::from_str::<RetiredKey>(&json).is_err(), "{text}");
        }
    }
}
