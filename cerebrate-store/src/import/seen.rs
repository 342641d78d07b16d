//! Which records the rows so far were about.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use uuid::Uuid;

/// The rows that were taken, found by what identifies their records.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: Vec<SeenRow>,
    by_id: HashTable<u32>,
    by_name: HashTable<u32>,
    by_external: HashTable<u32>,
    hashing: FixedState,
}

/// A row that was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenRow {
    pub(super) id: Uuid,
    pub(super) digest: u64,
    pub(super) line: u64,
    name: u64,
    external: u64,
    /// Whether the row is known by its name alone.
    by_name: bool,
}

impl SeenRow {
    /// Whether the row says no more of its identity than the name.
    pub(super) fn is_by_name(&self) -> bool {
        self.by_name
    }

    /// Whether the row has an external id.
    pub(super) fn has_external(&self) -> bool {
        self.external != 0
    }
}

impl Seen {
    /// Notes that a row has an external id though it is not certain which record it is about: no
    /// later row may make a record of it, or the next import would take that for the first row's.
    pub(super) fn claim(&mut self, external: &str, digest: u64, line: u64) {
        if self.by_external(external).is_none() {
            self.note(Uuid::nil(), digest, line, None, Some(external), false);
        }
    }

    /// Notes a row; of several rows with one name the first is found.
    pub(super) fn note(
        &mut self,
        id: Uuid,
        digest: u64,
        line: u64,
        name: Option<&str>,
        external: Option<&str>,
        by_name: bool,
    ) {
        let Ok(index) = u32::try_from(self.rows.len()) else { return };
        let row = SeenRow {
            id,
            digest,
            line,
            name: name.map_or(0, |name| self.hash(name)),
            external: external.map_or(0, |external| self.hash(external)),
            by_name,
        };
        self.rows.push(row);
        let Seen { rows, by_id, by_name, by_external, hashing } = self;
        let id_of = |index: &u32| rows.get(*index as usize).map_or(Uuid::nil(), |row| row.id);
        if !id.is_nil() {
            by_id
                .insert_unique(hashing.hash_one(id), index, |index| hashing.hash_one(id_of(index)));
        }
        let name_of = |index: &u32| rows.get(*index as usize).map_or(0, |row| row.name);
        if row.name != 0 && by_name.find(row.name, |index| name_of(index) == row.name).is_none() {
            by_name.insert_unique(row.name, index, name_of);
        }
        let external_of = |index: &u32| rows.get(*index as usize).map_or(0, |row| row.external);
        if row.external != 0 {
            by_external.insert_unique(row.external, index, external_of);
        }
    }

    pub(super) fn by_id(&self, id: Uuid) -> Option<SeenRow> {
        let index = self.by_id.find(self.hashing.hash_one(id), |index| {
            self.rows.get(*index as usize).is_some_and(|row| row.id == id)
        })?;
        self.rows.get(*index as usize).copied()
    }

    pub(super) fn by_name(&self, name: &str) -> Option<SeenRow> {
        let hash = self.hash(name);
        let index = self.by_name.find(hash, |index| {
            self.rows.get(*index as usize).is_some_and(|row| row.name == hash)
        })?;
        self.rows.get(*index as usize).copied()
    }

    pub(super) fn by_external(&self, external: &str) -> Option<SeenRow> {
        let hash = self.hash(external);
        let index = self.by_external.find(hash, |index| {
            self.rows.get(*index as usize).is_some_and(|row| row.external == hash)
        })?;
        self.rows.get(*index as usize).copied()
    }

    /// Never 0, which stands for nothing.
    fn hash(&self, text: &str) -> u64 {
        self.hashing.hash_one(text) | 1
    }
}
