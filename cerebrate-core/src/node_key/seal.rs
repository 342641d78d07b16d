use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Tag, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{NodeKey, NodeKeyId};
use crate::error::{Error, Kind, Result};
use crate::secret::SecretBytes;

/// So that what is sealed here never opens as something else.
const DOMAIN: &[u8; 19] = b"cerebrate.secret.v1";

/// The lengths of what stands around the encrypted bytes: key id and nonce before, tag behind.
const KEY_ID: usize = 8;
const NONCE: usize = 24;
const TAG: usize = 16;

impl NodeKey {
    /// Encrypts `plain` for one column of one record; it opens nowhere else. What comes out is the
    /// key id, the nonce, and the encrypted bytes with their tag: 48 bytes more than `plain`.
    ///
    /// `nonce` must be random and never used twice.
    #[expect(clippy::missing_panics_doc, reason = "no secret has the 256 GiB that it takes")]
    pub fn seal(&self, plain: &[u8], record: Uuid, column: &str, nonce: [u8; 24]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(KEY_ID + NONCE + plain.len() + TAG);
        sealed.extend_from_slice(self.id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, text) = sealed.split_at_mut(KEY_ID + NONCE);
        let place = place(self.id, record, column);
        let tag = self.secrets.0.encrypt_inout_detached(&XNonce::from(nonce), &place, text.into());
        sealed.extend_from_slice(&tag.expect("the cipher takes up to 256 GiB"));
        sealed
    }

    /// Decrypts what [`Self::seal`] made for this column of this record.
    ///
    /// # Errors
    /// `Denied` if it was sealed under another key (the hint names both), `Untrusted` if it was
    /// changed, cut, or comes from another record or column.
    pub fn open(&self, sealed: &[u8], record: Uuid, column: &str) -> Result<SecretBytes> {
        const OPERATION: &str = "open secret";
        let untrusted = |message: &'static str| {
            Error::new(Kind::Untrusted, OPERATION, message)
                .with("record", record)
                .with("column", column)
                .hint("enter the secret again, or restore a backup")
        };
        let cut = || untrusted("a sealed secret was cut short");
        let (key_id, rest) = sealed.split_first_chunk::<KEY_ID>().ok_or_else(cut)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(cut)?;
        let (text, tag) = rest.split_last_chunk::<TAG>().ok_or_else(cut)?;
        let key_id = NodeKeyId::from_bytes(*key_id);
        if key_id != self.id {
            return Err(self.other_key(OPERATION, key_id).with("record", record));
        }
        let mut plain = Zeroizing::new(text.to_vec());
        let place = place(key_id, record, column);
        self.secrets
            .0
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &place,
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| untrusted("a sealed secret was changed, or moved from another place"))?;
        Ok(SecretBytes::from(std::mem::take(&mut *plain)))
    }
}

impl NodeKeyId {
    /// The key under which something was sealed, without opening it: what rotation asks. `None` if
    /// it is too short to have been sealed.
    ///
    /// ```
    /// use cerebrate_core::node_key::{NodeKey, NodeKeyId};
    /// use uuid::Uuid;
    ///
    /// let key = NodeKey::new([7; 32]);
    /// let sealed = key.seal(b"hunter2", Uuid::from_u128(1), "auth_key", [9; 24]);
    /// assert_eq!(NodeKeyId::of_sealed(&sealed), Some(key.id()));
    /// assert_eq!(NodeKeyId::of_sealed(b"hunter2"), None);
    /// ```
    pub fn of_sealed(sealed: &[u8]) -> Option<Self> {
        let (key_id, rest) = sealed.split_first_chunk::<KEY_ID>()?;
        (rest.len() >= NONCE + TAG).then(|| NodeKeyId::from_bytes(*key_id))
    }
}

/// Where a secret belongs, as associated data: only the last part has no fixed length.
fn place(key: NodeKeyId, record: Uuid, column: &str) -> Vec<u8> {
    [DOMAIN.as_slice(), key.as_bytes(), record.as_bytes(), column.as_bytes()].concat()
}
