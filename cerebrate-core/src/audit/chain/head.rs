use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RowHash;
use crate::node_key::NodeKeyId;
use crate::value::Timestamp;

/// Where a chain stood at a moment: kept elsewhere or signed under the node key, it proves that the
/// chain up to there is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The last row.
    pub seq: u64,
    /// Its hash; that of the [`Genesis`](super::Genesis) if there was no row yet.
    pub hash: RowHash,
    /// When the head was taken.
    pub time: Timestamp,
    /// The node whose feed it is.
    pub node: Uuid,
    /// The node key that signs it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<NodeKeyId>,
}

/// What a chain is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", content = "head", rename_all = "snake_case")]
pub enum Reference {
    /// Nothing but the file: a chain that was rebuilt as a whole, or cut, looks right.
    #[default]
    FileAlone,
    /// The head that the file keeps, signed under the node key; whoever passes it has
    /// [verified](crate::node_key::NodeKey::verify_head) it.
    Key(Head),
    /// A head that was exported and kept elsewhere.
    Exported(Head),
}

impl Reference {
    /// The head, if there is one.
    pub fn head(&self) -> Option<&Head> {
        match self {
            Reference::FileAlone => None,
            Reference::Key(head) | Reference::Exported(head) => Some(head),
        }
    }
}

impl fmt::Display for Reference {
    /// `the file alone`, `the node key (head at row 7)` or `an exported head (row 7)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::FileAlone => f.write_str("the file alone"),
            Reference::Key(head) => write!(f, "the node key (head at row {})", head.seq),
            Reference::Exported(head) => write!(f, "an exported head (row {})", head.seq),
        }
    }
}
