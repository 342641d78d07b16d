//! The hash chain of the change feed: each row's hash covers the hash of the row before, the
//! metadata of the row, and a salted digest of what it wrote.
//!
//! - Whoever changes, drops or moves a row breaks the chain at that row; [`Verifier`] finds it from
//!   the file alone.
//! - Whoever rebuilds the chain, or cuts its end, cannot make it agree with a [`Head`] that is
//!   signed under the [node key](crate::node_key) or kept elsewhere.
//! - What a row wrote can be erased together with its salt: the digest that stays tells nothing,
//!   and the chain still verifies, because a later row of it says so: an [`Erasure`].
//! - Rows written before there was a chain hang under one [`Genesis`], which covers all of them.
//!
//! Everything hashed begins with the name of what it is and its version, every text with its
//! length: no two different rows are ever the same bytes.

mod erased;
mod erasure;
mod genesis;
mod head;
mod links;
mod report;
mod verify;

#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::hex::hex_bytes;
use crate::model::EntityKind;
use crate::value::Timestamp;

pub use erasure::{Erasure, ErasureCause, RowRanges};
pub use genesis::{Genesis, GenesisBuilder};
pub use head::{Head, Reference};
pub use report::{Finding, Part, Report};
pub use verify::{Row, StoredPayload, Verifier};

/// The action of a row whose payload is an [`Erasure`]. Its own payload is never erased.
pub const ERASE: &str = "erase";

const ROW: &[u8; 16] = b"cerebrate.row.v1";
const PAYLOAD: &[u8; 20] = b"cerebrate.payload.v1";

hex_bytes! {
    /// The hash of one row, which covers all rows before it.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    RowHash, 32, "row hash";
    /// The salted digest of what a row wrote.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    PayloadDigest, 32, "payload digest";
}

/// What a row of the feed says besides what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMetadata<'a> {
    /// Its place in the order of commits.
    pub seq: u64,
    /// The change set it belongs to.
    pub change_set: Uuid,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it, if somebody is known.
    pub actor: Option<&'a str>,
    /// What it comes from.
    pub origin: &'a str,
    /// Which kind of record.
    pub kind: EntityKind,
    /// Which record.
    pub entity: Uuid,
    /// The number of the record on this node.
    pub local_id: i64,
    /// What happened, such as `insert`; see also [`ERASE`].
    pub action: &'a str,
}

/// The digest that a row keeps of what it wrote. `salt` must be random and is erased together with
/// the payload, so that nobody can guess from the digest what was written.
///
/// ```
/// use cerebrate_core::audit::chain::payload_digest;
///
/// let digest = payload_digest(&[1; 16], b"{}");
/// assert_ne!(digest, payload_digest(&[2; 16], b"{}"));
/// ```
pub fn payload_digest(salt: &[u8; 16], payload: &[u8]) -> PayloadDigest {
    let hash = Sha256::new().chain_update(PAYLOAD).chain_update(salt).chain_update(payload);
    PayloadDigest::from_bytes(hash.finalize().into())
}

/// The hash of the row that follows the one with the hash `previous`; the first row follows
/// [`Genesis::hash`]. `payload_digest` is `None` for a row that wrote nothing.
///
/// ```
/// use cerebrate_core::audit::chain::{Genesis, RowMetadata, payload_digest, row_hash};
/// use cerebrate_core::model::EntityKind;
/// use cerebrate_core::value::Timestamp;
/// use uuid::Uuid;
///
/// let genesis = Genesis::empty(Uuid::from_u128(1));
/// let row = RowMetadata {
///     seq: 1,
///     change_set: Uuid::from_u128(2),
///     time: Timestamp::from_unix(1_795_495_765),
///     actor: Some("ada"),
///     origin: "local",
///     kind: EntityKind::Organisation,
///     entity: Uuid::from_u128(3),
///     local_id: 1,
///     action: "insert",
/// };
/// let first = row_hash(&genesis.hash, &row, Some(&payload_digest(&[4; 16], b"{}")));
/// let second = row_hash(&first, &RowMetadata { seq: 2, action: "remove", ..row }, None);
/// assert_ne!(first, second);
/// ```
pub fn row_hash(
    previous: &RowHash,
    metadata: &RowMetadata<'_>,
    payload_digest: Option<&PayloadDigest>,
) -> RowHash {
    let mut hash = Sha256::new();
    hash.update(ROW);
    hash.update(previous.as_bytes());
    hash.update(metadata.seq.to_be_bytes());
    hash.update(metadata.change_set.as_bytes());
    hash.update(metadata.time.unix().to_be_bytes());
    hash.update(metadata.entity.as_bytes());
    hash.update(metadata.local_id.to_be_bytes());
    for text in [metadata.origin, metadata.kind.as_str(), metadata.action] {
        absorb(&mut hash, text.as_bytes());
    }
    match metadata.actor {
        None => hash.update([0]),
        Some(actor) => {
            hash.update([1]);
            absorb(&mut hash, actor.as_bytes());
        }
    }
    match payload_digest {
        None => hash.update([0]),
        Some(digest) => {
            hash.update([1]);
            hash.update(digest.as_bytes());
        }
    }
    RowHash::from_bytes(hash.finalize().into())
}

/// A text with its length before it, so that no two lists of texts give the same bytes.
fn absorb(hash: &mut Sha256, text: &[u8]) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}
