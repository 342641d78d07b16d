//! The audit trail: the hash chain of the feed, and the head that is signed under the node key.

use std::sync::{Arc, PoisonError};

use cerebrate_core::audit::chain::{ERASE, Head, Reference, Report, RowHash, Verifier, row_hash};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::node_key::{HeadSignature, NodeKey, NodeKeyId};
use cerebrate_core::value::Timestamp;
use cerebrate_core::words::counted;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::backend::{Read, StoredRow, Write};

const VERIFY: &str = "verify audit trail";
const OPEN: &str = "open store";

/// The setting that names the node key.
const KEY_ID: &str = "node_key";

/// The setting that keeps the head signed last, as JSON.
const HEAD: &str = "head";

/// Where the audit trail stood at a moment. Kept elsewhere, it proves that the trail up to there is
/// still the same; signed, it proves so inside the file too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// Its signature, if the store that made it has the node key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<HeadSignature>,
}

impl SignedHead {
    /// To be kept in the database.
    fn of(head: Head, key: &NodeKey) -> Self {
        let head = Head { key_id: Some(key.id()), ..head };
        SignedHead { head, signature: Some(key.sign_head(&head)) }
    }
}

impl Store {
    /// Checks every row of the feed against the hash chain, and the chain against `reference`. Rows
    /// that were edited, dropped or moved are found with nothing but the file; a trail that was
    /// rebuilt or cut is found with [`Self::reference`] or an exported head.
    ///
    /// ```
    /// use cerebrate_core::audit::chain::Reference;
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// store.load_shipped_templates()?;
    /// let kept_elsewhere = store.head()?;
    /// let report = store.verify(Reference::Exported(kept_elsewhere.head))?;
    /// assert!(report.is_clean());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` if the head of the reference is one of another node, `Corrupt` if the beginning of
    /// the trail is gone. What is wrong with rows is in the report.
    pub fn verify(&self, reference: Reference) -> Result<Report> {
        self.verify_against(&[reference])
    }

    /// The same against more than one reference, such as [`Self::reference`] and an exported head: of
    /// several, the first two count.
    ///
    /// # Errors
    /// As there.
    pub fn verify_against(&self, references: &[Reference]) -> Result<Report> {
        let read = self.read()?;
        let read = read.as_ref();
        let key = self.key();
        let signed = key.and_then(|key| kept_head(read, &key).ok());
        verify(read, references, signed.as_ref())
    }

    /// The best that this store can check its audit trail against by itself: the head that it keeps
    /// under the node key, or without the key nothing but the file.
    ///
    /// # Errors
    /// `Untrusted` if the head that is kept was changed or taken away, `Denied` if the key of the
    /// database was rotated since this store was opened, and for a user who is no community admin.
    pub fn reference(&self) -> Result<Reference> {
        self.check_community_admin(VERIFY)?;
        let Some(key) = self.key() else { return Ok(Reference::FileAlone) };
        let read = self.read()?;
        let known = key_id(read.as_ref())?;
        if known.is_none() {
            if read.setting(HEAD)?.is_some() {
                let message = "the name of the node key was taken out of the database";
                return Err(Error::new(Kind::Untrusted, VERIFY, message)
                    .hint("verify against a head kept elsewhere"));
            }
            // Opened for reading only, before the key was ever used here.
            return Ok(Reference::FileAlone);
        }
        check_key(known, &key)?;
        kept_head(read.as_ref(), &key).map(Reference::Key)
    }

    /// What an exported head is good for, after a look at its signature if it is one of this store's
    /// node key. A head that is not signed proves what it does by having been kept elsewhere.
    ///
    /// # Errors
    /// `Untrusted` if the head or its signature was changed, `Denied` for a user who is no community
    /// admin.
    pub fn reference_of(&self, exported: &SignedHead) -> Result<Reference> {
        self.check_community_admin(VERIFY)?;
        if let (Some(key), Some(signature)) = (self.key(), &exported.signature)
            && exported.head.key_id == Some(key.id())
        {
            key.verify_exported_head(&exported.head, signature)?;
        }
        Ok(Reference::Exported(exported.head))
    }

    /// Where the audit trail stands now, signed if the store has the node key. Keep it elsewhere.
    ///
    /// # Errors
    /// `Untrusted` if the trail does not continue the head that was signed last: nothing is signed
    /// over that. `Denied` for a user who is no community admin.
    pub fn head(&self) -> Result<SignedHead> {
        self.check_community_admin("export head")?;
        let read = self.read()?;
        let read = read.as_ref();
        let key = self.key();
        if let Some(key) = &key {
            let known = key_id(read)?;
            if known.is_some() {
                check_key(known, key)?;
                check_continues(read, key, None)?;
            }
        }
        let head = end(read, self.inner().clock().now())?;
        let head = Head { key_id: key.as_ref().map(|key| key.id()), ..head };
        let signature = key.map(|key| key.sign_exported_head(&head));
        Ok(SignedHead { head, signature })
    }

    /// The node key that the store was opened with, or the one it was
    /// [rotated](Self::rotate_node_key) to since.
    ///
    /// # Errors
    /// `Denied` if there is none: whatever touches a secret needs it. `Denied` for every user: what
    /// is sealed under it is open to whoever holds it.
    pub fn node_key(&self) -> Result<Arc<NodeKey>> {
        self.check_whole("use node key")?;
        self.required_key()
    }

    /// The node key, whoever looks: for what is done with it and does not hand it out.
    pub(super) fn required_key(&self) -> Result<Arc<NodeKey>> {
        self.key().ok_or_else(|| {
            Error::new(Kind::Denied, "use node key", "the store was opened without its node key")
                .hint(
                    "point `CEREBRATE_KEY_FILE` to the key file, or give the key with \
                     `StoreOptions::key`",
                )
        })
    }

    /// Which node key this database belongs to, if it ever was opened with one.
    ///
    /// # Errors
    /// `Corrupt` if what stands there is no name of a key, `Denied` for every user.
    pub fn node_key_id(&self) -> Result<Option<NodeKeyId>> {
        self.check_whole("use node key")?;
        key_id(self.read()?.as_ref())
    }

    pub(super) fn key(&self) -> Option<Arc<NodeKey>> {
        self.inner().key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes sure that the key is the one of the database; a database without one takes it.
    pub(super) fn take_key(&self) -> Result<()> {
        let Some(key) = self.key() else { return Ok(()) };
        let known = match self.node_key_id() {
            // Whoever reads or verifies learns of it then.
            Err(error) if error.kind() == Kind::Corrupt && self.is_read_only() => return Ok(()),
            known => known?,
        };
        check_key(known, &key)?;
        if known.is_some() {
            drop(key);
            return self.take_over_retired();
        }
        if self.is_read_only() {
            return Ok(());
        }
        let mut write = self.inner().backend().write()?;
        // Another process may have been first.
        let known = key_id(&*write)?;
        check_key(known, &key)?;
        // With a head but no name of a key, it was taken away: that is not covered up.
        if known.is_none() && write.setting(HEAD)?.is_none() {
            sign(&mut *write, &key, self.inner().clock().now())?;
            write.commit()?;
        }
        Ok(())
    }

    /// Signs where the trail stands with what `write` appended. A trail that does not continue the
    /// head signed last keeps that one, so that whoever verifies still learns of it.
    /// `first` is the first row of `write`: what stands between that head and this row was written
    /// without the key, and has to continue the chain and erase nothing.
    pub(super) fn sign_end(
        &self,
        write: &mut dyn Write,
        first: Option<u64>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(key) = self.key() else { return Ok(()) };
        // Rotated meanwhile by another program: nothing is written under the old one.
        check_key(key_id(write)?, &key)?;
        match check_continues(write, &key, first) {
            Ok(()) => {
                let head = end(write, now)?;
                keep(write, &SignedHead::of(head, &key))
            }
            Err(error) if error.kind() == Kind::Untrusted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Checks every row that `read` sees. `signed` is the head that is kept under the node key: erasures
/// up to it are signed, whichever head the trail is checked against.
pub(super) fn verify(
    read: &dyn Read,
    references: &[Reference],
    signed: Option<&Head>,
) -> Result<Report> {
    let mut verifier = Verifier::new(read.genesis()?).given(read.given()?);
    for reference in references {
        verifier = verifier.against(*reference)?;
    }
    if let Some(signed) = signed
        && read.row_hash(signed.seq)? == Some(signed.hash)
    {
        verifier = verifier.vouched(signed.seq);
    }
    read.stored_rows(&mut |row| match row {
        StoredRow::Readable(row) => verifier.push(&row),
        StoredRow::Unreadable { seq, hash } => verifier.push_unreadable(seq, hash),
        StoredRow::Stray { seq } => verifier.push_stray(seq),
    })?;
    Ok(verifier.finish())
}

/// Verifies the whole trail with the key, or without it with nothing but the file, before
/// `operation`; how many rows it has.
///
/// # Errors
/// `Untrusted` if there is a finding: nothing is signed over that, and nothing erased.
pub(super) fn verified(
    read: &dyn Read,
    key: Option<&NodeKey>,
    operation: &'static str,
) -> Result<u64> {
    let reference = match key {
        Some(key) => Reference::Key(kept_head(read, key)?),
        None => Reference::FileAlone,
    };
    let report = verify(read, &[reference], reference.head())?;
    match report.findings.first() {
        None if report.is_clean() => Ok(report.rows),
        first => {
            let findings = (report.findings.len() as u64).saturating_add(report.more);
            let error = Error::new(Kind::Untrusted, operation, "the audit trail does not verify")
                .with("found", counted(findings, "finding"))
                .hint("`cerebrate audit verify` tells what was changed");
            Err(first.iter().fold(error, |error, finding| error.with("first", finding)))
        }
    }
}

/// Succeeds if payloads may be erased: whatever erases is signed at once, over a trail that verifies.
pub(super) fn admit_erasing(
    read: &dyn Read,
    key: Option<&NodeKey>,
    operation: &'static str,
) -> Result<()> {
    let known = key_id(read)?;
    let Some(key) = key else {
        if known.is_some() {
            return Err(Error::new(
                Kind::Denied,
                operation,
                "what is erased has to be signed, and the store was opened without its node key",
            )
            .hint("point `CEREBRATE_KEY_FILE` to the key file of the database"));
        }
        return verified(read, None, operation).map(drop);
    };
    check_key(known, key)?;
    verified(read, Some(key), operation).map(drop)
}

/// Makes `key` the one of the database, and signs where the trail stands with it; the same head as
/// it may leave the database.
pub(super) fn sign(write: &mut dyn Write, key: &NodeKey, now: Timestamp) -> Result<SignedHead> {
    write.set_setting(KEY_ID, Some(&key.id().to_string()))?;
    let head = SignedHead::of(end(write, now)?, key);
    keep(write, &head)?;
    let signature = Some(key.sign_exported_head(&head.head));
    Ok(SignedHead { signature, ..head })
}

pub(super) fn check_key(known: Option<NodeKeyId>, key: &NodeKey) -> Result<()> {
    match known {
        Some(known) if known != key.id() => {
            Err(Error::new(Kind::Denied, OPEN, "the node key is not the one of this database")
                .with("its key", known)
                .with("this key", key.id())
                .hint(
                    "point `CEREBRATE_KEY_FILE` to the key file of the database; if its key was \
                     rotated, open it again with the new one",
                ))
        }
        _ => Ok(()),
    }
}

pub(super) fn key_id(read: &dyn Read) -> Result<Option<NodeKeyId>> {
    let Some(text) = read.setting(KEY_ID)? else { return Ok(None) };
    text.parse().map(Some).map_err(|source: Error| {
        Error::new(Kind::Corrupt, OPEN, "the name of the node key cannot be read")
            .hint("restore a backup")
            .caused_by(source)
    })
}

/// The head signed last.
pub(super) fn kept_head(read: &dyn Read, key: &NodeKey) -> Result<Head> {
    let untrusted = |message| {
        Error::new(Kind::Untrusted, VERIFY, message).hint("verify against a head kept elsewhere")
    };
    let text = read
        .setting(HEAD)?
        .ok_or_else(|| untrusted("the signed head was taken out of the database"))?;
    let SignedHead { head, signature } = serde_json::from_str(&text).map_err(|source| {
        untrusted("the signed head of the database cannot be read").caused_by(source)
    })?;
    let signature = signature
        .ok_or_else(|| untrusted("the signature of the head was taken out of the database"))?;
    key.verify_head(&head, &signature).map_err(|source| {
        untrusted("the signed head of the database was changed").caused_by(source)
    })?;
    Ok(head)
}

/// Succeeds if the trail continues the head signed last, up to the row before `first` or to its end.
fn check_continues(read: &dyn Read, key: &NodeKey, first: Option<u64>) -> Result<()> {
    let head = kept_head(read, key)?;
    let genesis = read.genesis()?;
    let hash =
        if head.seq <= genesis.through { Some(genesis.hash) } else { read.row_hash(head.seq)? };
    let mut broken = (head.node != genesis.node || hash != Some(head.hash)).then_some(head.seq);
    let mut previous = head.hash;
    let before = match first {
        Some(first) => first,
        None => read.newest()?.saturating_add(1),
    };
    read.stored_rows_between(head.seq, before, &mut |row| {
        let (seq, is_right) = match row {
            StoredRow::Readable(row) => {
                let expected = row_hash(&previous, &row.metadata, row.payload_digest.as_ref());
                previous = expected;
                (row.metadata.seq, row.hash == Some(expected) && row.metadata.action != ERASE)
            }
            StoredRow::Unreadable { seq, .. } | StoredRow::Stray { seq } => (seq, false),
        };
        if !is_right {
            broken = broken.or(Some(seq));
        }
    })?;
    let Some(row) = broken else { return Ok(()) };
    Err(Error::new(Kind::Untrusted, VERIFY, "the trail does not continue the head signed last")
        .with("row", row)
        .hint("`cerebrate audit verify` tells what was changed"))
}

/// Where the trail ends.
fn end(read: &dyn Read, time: Timestamp) -> Result<Head> {
    let genesis = read.genesis()?;
    let newest = read.newest()?;
    let (seq, hash): (u64, Option<RowHash>) = if newest <= genesis.through {
        (genesis.through, Some(genesis.hash))
    } else {
        (newest, read.row_hash(newest)?)
    };
    let hash = hash.ok_or_else(|| {
        Error::new(Kind::Untrusted, VERIFY, "the last row of the trail has no hash")
            .with("row", seq)
            .hint("`cerebrate audit verify` tells what was changed")
    })?;
    Ok(Head { seq, hash, time, node: genesis.node, key_id: None })
}

fn keep(write: &mut dyn Write, head: &SignedHead) -> Result<()> {
    let text = serde_json::to_string(head).map_err(|source| {
        Error::new(Kind::Corrupt, "sign audit trail", "the head cannot be written")
            .caused_by(source)
    })?;
    write.set_setting(HEAD, Some(&text))
}
