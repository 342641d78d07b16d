use hmac::Mac as _;
use subtle::ConstantTimeEq;

use super::NodeKey;
use crate::audit::chain::Head;
use crate::error::{Error, Kind, Result};
use crate::hex::hex_bytes;

/// So that the signature of a head is never one of something else.
const KEPT: &[u8] = b"cerebrate.head.v1";

/// The same of one that leaves the database, so that it never serves in there.
const EXPORTED: &[u8] = b"cerebrate.exported-head.v1";

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
    /// Signs where the feed stands, to be kept beside it. The signature is of this key, whichever `head.key_id` says.
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
        self.sign(KEPT, head)
    }

    /// The same, to be kept elsewhere. Put back beside the feed, it does not pass for one that is
    /// [kept there](Self::sign_head): the feed cannot be set back to it.
    pub fn sign_exported_head(&self, head: &Head) -> HeadSignature {
        self.sign(EXPORTED, head)
    }

    fn sign(&self, domain: &[u8], head: &Head) -> HeadSignature {
        let mac = self
            .heads
            .0
            .clone()
            .chain_update(domain)
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
        self.verify(&[KEPT], head, signature)
    }

    /// The same of [`Self::sign_exported_head`]; what earlier versions exported had the signature of
    /// [`Self::sign_head`], and passes too.
    ///
    /// # Errors
    /// As there.
    pub fn verify_exported_head(&self, head: &Head, signature: &HeadSignature) -> Result<()> {
        self.verify(&[EXPORTED, KEPT], head, signature)
    }

    fn verify(&self, domains: &[&[u8]], head: &Head, signature: &HeadSignature) -> Result<()> {
        const OPERATION: &str = "verify head";
        if let Some(theirs) = head.key_id.filter(|theirs| *theirs != self.id) {
            return Err(self.other_key(OPERATION, theirs));
        }
        if domains.iter().any(|domain| self.sign(domain, head) == *signature) {
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
