//! The key of a node: what it keeps under it, and what it proves with it.
//!
//! 32 random bytes, from which HKDF-SHA-256 derives one sub-key for each purpose, so that what is
//! made for one never serves another: digests of auth keys, signatures of feed heads, secrets at
//! rest. Randomness is passed in.

mod auth_key;
mod head;
mod rotation;
mod seal;

#[cfg(test)]
mod tests;

use std::fmt;

use chacha20poly1305::XChaCha20Poly1305;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::hex::{self, hex_bytes};
use crate::secret::SecretText;

pub use auth_key::AuthKeyDigest;
pub use head::HeadSignature;
pub use rotation::RetiredKey;

/// How many characters the text of a key has.
const TEXT: usize = 64;

/// The secret of a node.
///
/// ```
/// use cerebrate_core::node_key::NodeKey;
/// use uuid::Uuid;
///
/// let key = NodeKey::new([7; 32]);
/// let record = Uuid::from_u128(1);
/// let sealed = key.seal(b"hunter2", record, "brood.auth_key", [9; 24]);
/// assert_eq!(key.open(&sealed, record, "brood.auth_key")?.expose(), b"hunter2");
/// assert!(key.open(&sealed, record, "brood.password").is_err());
/// assert_eq!(NodeKey::from_text(key.to_text().expose())?.id(), key.id());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub struct NodeKey {
    root: Zeroizing<[u8; 32]>,
    id: NodeKeyId,
    auth_keys: AuthKeySubKey,
    heads: HeadSubKey,
    secrets: SecretSubKey,
    /// Of the keys before this one, the latest first.
    retired: Vec<rotation::RetiredSubKey>,
}

/// Keyed once, cloned for each digest.
struct AuthKeySubKey(Hmac<Sha256>);

struct HeadSubKey(Hmac<Sha256>);

struct SecretSubKey(XChaCha20Poly1305);

hex_bytes! {
    /// Names a [`NodeKey`] in public: 16 hexadecimal digits that tell nothing about the key.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    NodeKeyId, 8, "node key id";
}

impl NodeKey {
    /// The key of these bytes, which must come from a source of randomness that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Self {
        let root = Zeroizing::new(bytes);
        let derivation = derivation(&root);
        NodeKey {
            id: NodeKeyId::from_bytes(*derive(&derivation, b"key id")),
            auth_keys: AuthKeySubKey(keyed(&derive(&derivation, b"auth keys"))),
            heads: HeadSubKey(keyed(&derive(&derivation, b"feed heads"))),
            secrets: SecretSubKey(KeyInit::new((&*derive(&derivation, b"secrets at rest")).into())),
            root,
            retired: Vec::new(),
        }
    }

    /// Reads what [`Self::to_text`] writes: 64 hexadecimal digits of either case, with any white
    /// space around them.
    ///
    /// # Errors
    /// `Invalid`, which never repeats what was read.
    pub fn from_text(text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let invalid = |message: &'static str| {
            Err(Error::new(Kind::Invalid, "read node key", message).hint(
                "a node key is one line of 64 hexadecimal digits; restore the key file from where \
                 it is kept safe",
            ))
        };
        if text.is_empty() {
            return invalid("the node key is empty");
        }
        if text.lines().nth(1).is_some() {
            return invalid("the node key has more than one line");
        }
        let mut bytes = Zeroizing::new([0; 32]);
        if hex::read(text, bytes.as_mut_slice()) {
            return Ok(NodeKey::new(*bytes));
        }
        if text.chars().count() == TEXT {
            return invalid("the node key has characters that are no hexadecimal digits");
        }
        invalid("the node key does not have 64 digits")
    }

    /// The key as its file spells it: one line of 64 lower-case hexadecimal digits, with its end.
    pub fn to_text(&self) -> SecretText {
        // Room for all of it at once: growing would leave a copy behind.
        let mut text = String::with_capacity(TEXT + 1);
        text.extend(self.root.iter().flat_map(|byte| hex::spell(*byte)));
        text.push('\n');
        text.into()
    }

    /// The public name of the key.
    pub fn id(&self) -> NodeKeyId {
        self.id
    }

    /// The refusal of what was made under another key.
    fn other_key(&self, operation: &'static str, theirs: NodeKeyId) -> Error {
        let ours = self.id;
        Error::new(Kind::Denied, operation, "made under another node key")
            .with("its key", theirs)
            .with("this key", ours)
            .hint(format!(
                "it needs the node key `{theirs}`, and the one given is `{ours}`: point \
                 `CEREBRATE_KEY_FILE` to the right one"
            ))
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn derivation(root: &[u8; 32]) -> Hkdf<Sha256> {
    Hkdf::new(Some(b"cerebrate node key v1"), root.as_slice())
}

/// The sub-key for one purpose.
fn derive<const N: usize>(derivation: &Hkdf<Sha256>, purpose: &[u8]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 32, "one block of HMAC-SHA-256") };
    let mut key = Zeroizing::new([0; N]);
    derivation.expand(purpose, key.as_mut_slice()).expect("HKDF-SHA-256 gives up to 8,160 bytes");
    key
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
