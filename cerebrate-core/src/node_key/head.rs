use hmac::Mac as _;
use subtle::ConstantTimeEq;

use super::NodeKey;
use crate::audit::chain::Head;
use crate::error::{Error, Kind, Result};
use crate::hex::hex_bytes;

/// So that the signature of a head is never one of something else.
const DOMAIN: &[u8; 17] = b"cerebrate.head.v1";

hex_bytes! {
    /// The proof that a [`Head`] was made by a holder of the node key: HMAC-SHA-256.
    #[derive(Clone, Copy)]
    HeadSignature, 32, "head signature";
}

impl PartialEq for HeadSignature {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for HeadSignature {}

impl NodeKey {
    /// Signs where the feed stands. The signature is of this key, whichever `head.key_id` says.
    ///
    /// ```
    /// use cerebrate_core::audit::chain::{Genesis, Head};
    /// use cerebrate_core::node_key::NodeKey;
    /// use cerebrate_core::value::Timestamp;
    /// use uuid::Uuid;
    ///
    /// let key = NodeKey::new([7; 32]);
    /// let genesis = Genesis::empty(Uuid::from_u128(1));
    /// let head = Head {
    ///     seq: 0,
    ///     hash: genesis.hash,
    ///     time: Timestamp::from_unix(1_795_495_765),
    ///     node: genesis.node,
    ///     key_id: Some(key.id()),
    /// };
    /// let signature = key.sign_head(&head);
    /// key.verify_head(&head, &signature)?;
    /// assert!(key.verify_head(&Head { seq: 1, ..head }, &signature).is_err());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn sign_head(&self, head: &Head) -> HeadSignature {
        let mac = self
            .heads
            .0
            .clone()
            .chain_update(DOMAIN)
            .chain_update(self.id.as_bytes())
            .chain_update(head.node.as_bytes())
            .chain_update(head.seq.to_be_bytes())
            .chain_update(head.hash.as_bytes())
            .chain_update(head.time.unix().to_be_bytes());
        HeadSignature::from_bytes(mac.finalize().into_bytes().into())
    }

    /// Succeeds if `signature` is that of `head` under this key; success is the proof.
    ///
    /// # Errors
    /// `Denied` if the head says that it was signed with another key, `Untrusted` if head or
    /// signature were changed.
    pub fn verify_head(&self, head: &Head, signature: &HeadSignature) -> Result<()> {
        const OPERATION: &str = "verify head";
        if let Some(theirs) = head.key_id.filter(|theirs| *theirs != self.id) {
            return Err(self.other_key(OPERATION, theirs));
        }
        if self.sign_head(head) == *signature {
            return Ok(());
        }
        Err(Error::new(
            Kind::Untrusted,
            OPERATION,
            "the head or its signature was changed, or made with another key",
        )
        .with("seq", head.seq)
        .with("this key", self.id))
    }
}
