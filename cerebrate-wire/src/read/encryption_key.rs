use cerebrate_core::id::{EncryptionKeyId, IndividualId, OrganisationId};
use cerebrate_core::model::{EncryptionKey, KeyKind, Owner};
use cerebrate_core::problem::ProblemKind;
use uuid::Uuid;

use super::alignment::present;
use super::{Fields, FromNode, Notes, Path};
use crate::json::Node;

/// The longest key that is read, in bytes.
const KEY_TEXT: usize = 4 << 20;

/// A key as the encryption keys index and view answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncryptionKeyRecord {
    /// The key.
    pub key: EncryptionKey,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// The number of its owner on that node.
    pub owner_local_id: Option<u64>,
    /// The fingerprint as that node read it.
    pub fingerprint: Option<String>,
}

const KEYS: [&str; 14] = [
    "id",
    "uuid",
    "type",
    "encryption_key",
    "revoked",
    "expires",
    "owner_id",
    "owner_model",
    "created",
    "modified",
    "organisation",
    "individual",
    "fingerprint",
    "pgp_fingerprint",
];

impl FromNode for EncryptionKeyRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let ignored = ["status", "pgp_error", "_canBeEdited", "organisation_id", "individual_id"];
        let (fields, picked) = Fields::pick(node, path, notes, KEYS, &ignored)?;
        let [id, uuid, kind, text, revoked, expires, owner_id, model, created, modified, rest @ ..] =
            picked;
        let [organisation, individual, fingerprint, read_fingerprint] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let kind = fields.short("type", kind, notes);
        if kind.is_none() {
            fields.required("type", "the kind of key is needed", notes);
        }
        let before = notes.count();
        let text = fields.text("encryption_key", text, KEY_TEXT, notes);
        if text.is_none() && notes.count() == before {
            fields.required("encryption_key", "the key is missing", notes);
        }
        let owner_model = fields.short("owner_model", model, notes);
        let owner = match owner_model.as_deref() {
            Some("organisation") => owner(organisation, "organisation", &fields, notes)
                .map(|id| Owner::Organisation(OrganisationId::new(id))),
            Some("individual") => owner(individual, "individual", &fields, notes)
                .map(|id| Owner::Individual(IndividualId::new(id))),
            _ => {
                let message = "the owner is neither an organisation nor an individual";
                notes.problem(
                    model.unwrap_or(node),
                    fields.path("owner_model"),
                    ProblemKind::UnknownReference,
                    message,
                );
                None
            }
        };
        let local_id = fields.number("id", id, notes);
        let owner_local_id = fields.number("owner_id", owner_id, notes);
        let revoked = fields.flag("revoked", revoked, notes).unwrap_or(false);
        let expires = fields.time("expires", expires, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);
        // The index and the view call it differently.
        let fingerprint = fields
            .short("fingerprint", fingerprint, notes)
            .or_else(|| fields.short("pgp_fingerprint", read_fingerprint, notes));
        let mut key =
            EncryptionKey::new(EncryptionKeyId::new(identity?), key_kind(kind?), owner?, text?);
        key.revoked = revoked;
        key.expires = expires;
        key.created = created;
        key.modified = modified;
        Some(EncryptionKeyRecord { key, local_id, owner_local_id, fingerprint })
    }
}

/// The identity of the owner, whose number alone says nothing elsewhere.
fn owner(
    node: Option<&Node<'_>>,
    key: &'static str,
    fields: &Fields<'_, '_, '_>,
    notes: &mut Notes<'_>,
) -> Option<Uuid> {
    let Some(node) = present(node) else {
        fields.required(key, "the owner and its UUID are needed", notes);
        return None;
    };
    let (owner, [uuid]) =
        Fields::pick(node, fields.path(key), notes, ["uuid"], &["id", "email", "name"])?;
    owner.identity("uuid", uuid, notes)
}

fn key_kind(name: String) -> KeyKind {
    match name.as_str() {
        "pgp" => KeyKind::OpenPgp,
        "smime" => KeyKind::Smime,
        _ => KeyKind::Other(name),
    }
}
