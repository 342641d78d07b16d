use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{PayloadDigest, RowHash, RowMetadata, row_hash};

const GENESIS: &[u8; 20] = b"cerebrate.genesis.v1";
const OLD_ROWS: &[u8; 21] = b"cerebrate.old-rows.v1";

/// Where a chain begins: the node it belongs to, and the rows written before there was a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The node whose feed it is.
    pub node: Uuid,
    /// How many rows are older than the chain.
    pub rows: u64,
    /// The last of them; rows beyond it are chained. 0 if there is none.
    pub through: u64,
    /// What the first row of the chain follows: covers all of the above, and the old rows in order.
    pub hash: RowHash,
}

impl Genesis {
    /// The beginning of a feed that was chained from its first row on.
    pub fn empty(node: Uuid) -> Self {
        GenesisBuilder::new(node).finish()
    }
}

/// Makes the [`Genesis`] of a feed that has rows without a hash.
///
/// ```
/// use cerebrate_core::audit::chain::{Genesis, GenesisBuilder, RowMetadata, payload_digest};
/// use cerebrate_core::model::EntityKind;
/// use cerebrate_core::value::Timestamp;
/// use uuid::Uuid;
///
/// let node = Uuid::from_u128(1);
/// let mut builder = GenesisBuilder::new(node);
/// let row = RowMetadata {
///     seq: 1,
///     change_set: Uuid::from_u128(2),
///     time: Timestamp::from_unix(0),
///     actor: None,
///     origin: "import members.csv",
///     kind: EntityKind::Organisation,
///     entity: Uuid::from_u128(3),
///     local_id: 1,
///     action: "insert",
/// };
/// builder.push(&row, Some(&payload_digest(&[4; 16], b"{}")));
/// let genesis = builder.finish();
/// assert_eq!((genesis.rows, genesis.through), (1, 1));
/// assert_ne!(genesis.hash, Genesis::empty(node).hash);
/// ```
#[derive(Debug, Clone)]
pub struct GenesisBuilder {
    node: Uuid,
    rows: u64,
    through: u64,
    last: RowHash,
}

impl GenesisBuilder {
    /// For the feed of `node`.
    pub fn new(node: Uuid) -> Self {
        let start = Sha256::new().chain_update(OLD_ROWS).chain_update(node.as_bytes());
        let last = RowHash::from_bytes(start.finalize().into());
        GenesisBuilder { node, rows: 0, through: 0, last }
    }

    /// Takes the next row without a hash, in the order of the feed. The digest is the one that the
    /// row keeps from now on, so that what it wrote can be erased later.
    pub fn push(&mut self, metadata: &RowMetadata<'_>, payload_digest: Option<&PayloadDigest>) {
        self.last = row_hash(&self.last, metadata, payload_digest);
        self.rows += 1;
        self.through = metadata.seq;
    }

    /// The genesis of the rows taken so far.
    pub fn finish(self) -> Genesis {
        let GenesisBuilder { node, rows, through, last } = self;
        let hash = Sha256::new()
            .chain_update(GENESIS)
            .chain_update(node.as_bytes())
            .chain_update(rows.to_be_bytes())
            .chain_update(through.to_be_bytes())
            .chain_update(last.as_bytes());
        Genesis { node, rows, through, hash: RowHash::from_bytes(hash.finalize().into()) }
    }
}
