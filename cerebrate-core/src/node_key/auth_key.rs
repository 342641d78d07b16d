use std::fmt;

use hmac::Mac as _;
use subtle::ConstantTimeEq;

use super::{AuthKeySubKey, NodeKey};
use crate::secret::SecretText;

/// What is kept of an auth key: enough to recognise it, useless without the node key. Comparing
/// takes the same time whatever differs, and nothing prints it.
#[derive(Clone, Copy)]
pub struct AuthKeyDigest([u8; 32]);

impl AuthKeyDigest {
    /// Wraps the bytes, such as they stand in a file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        AuthKeyDigest(bytes)
    }

    /// The bytes, to be stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for AuthKeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for AuthKeyDigest {}

impl fmt::Debug for AuthKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKeyDigest(***)")
    }
}

impl NodeKey {
    /// The digest of an auth key under this node key: HMAC-SHA-256. What may be stored from before
    /// the key was rotated is among [`auth_key_digests`](Self::auth_key_digests).
    ///
    /// ```
    /// use cerebrate_core::node_key::NodeKey;
    /// use cerebrate_core::secret::SecretText;
    ///
    /// let key = NodeKey::new([7; 32]);
    /// let digest = |text: &str| key.auth_key_digest(&SecretText::from(text));
    /// assert!(digest("5bf18a") == digest("5bf18a"));
    /// assert!(digest("5bf18a") != digest("5bf18b"));
    /// ```
    pub fn auth_key_digest(&self, auth_key: &SecretText) -> AuthKeyDigest {
        self.auth_keys.digest(auth_key)
    }
}

impl AuthKeySubKey {
    pub(super) fn digest(&self, auth_key: &SecretText) -> AuthKeyDigest {
        let mac = self.0.clone().chain_update(auth_key.expose());
        AuthKeyDigest(mac.finalize().into_bytes().into())
    }
}
