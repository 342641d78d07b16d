//! Which records the rows so far were about.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use uuid::Uuid;

/// The rows that were met, found by what identifies their records.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: Vec<SeenRow>,
    by_id: HashTable<u32>,
    by_name: HashTable<u32>,
    by_external: HashTable<u32>,
    /// The domains that rows are at, one a line.
    domains: String,
    hashing: FixedState,
}

/// A row that was met.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenRow {
    id: Option<Uuid>,
    pub(super) digest: u64,
    pub(super) line: u64,
    /// Where its domains begin, and how many bytes they take.
    domains: (u32, u32),
    /// Whether it was known which record the row is about.
    pub(super) is_certain: bool,
    name: u64,
    external: u64,
    /// Whether the row says no more of its identity than the name.
    pub(super) is_by_name: bool,
}

impl SeenRow {
    /// Whether the row has an external id.
    pub(super) fn has_external(&self) -> bool {
        self.external != 0
    }
}

/// What a row says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub(super) id: Option<Uuid>,
    pub(super) name: Option<&'a str>,
    pub(super) external: Option<&'a str>,
    pub(super) digest: u64,
    pub(super) line: u64,
}

impl Seen {
    /// Notes a row that was about the record `id`, which is at `domains`; of several rows with one
    /// name the first is found.
    pub(super) fn note(&mut self, id: Uuid, row: Identity<'_>, domains: &[String]) {
        self.insert(Some(id), row, domains, true);
    }

    /// Notes a row though it is not certain which record it is about: no later row may make a record
    /// of its external id or name, or the next import would take that for the first row's.
    pub(super) fn claim(&mut self, row: Identity<'_>) {
        self.insert(None, row, &[], false);
    }

    /// The same, and neither may a later row make a record of its UUID.
    pub(super) fn claim_id(&mut self, row: Identity<'_>) {
        self.insert(row.id.filter(|id| self.by_id(*id).is_none()), row, &[], false);
    }

    /// Where the record of a row is at home, as far as that is remembered: a row with a UUID needs
    /// nothing else to be told from others.
    pub(super) fn domains(&self, row: SeenRow) -> Vec<&str> {
        let (start, length) = (row.domains.0 as usize, row.domains.1 as usize);
        self.domains.get(start..start + length).unwrap_or_default().lines().collect()
    }

    fn remember(&mut self, domains: &[String]) -> (u32, u32) {
        let start = self.domains.len();
        for domain in domains {
            self.domains.push_str(domain);
            self.domains.push('\n');
        }
        match (u32::try_from(start), u32::try_from(self.domains.len() - start)) {
            (Ok(start), Ok(length)) => (start, length),
            _ => (0, 0),
        }
    }

    fn insert(
        &mut self,
        id: Option<Uuid>,
        said: Identity<'_>,
        domains: &[String],
        is_certain: bool,
    ) {
        let Ok(index) = u32::try_from(self.rows.len()) else { return };
        let is_by_name = said.id.is_none() && said.external.is_none();
        let name = said.name.filter(|_| is_certain || is_by_name);
        let known = |external: &&str| is_certain || self.by_external(external).is_none();
        let external = said.external.filter(known).map_or(0, |external| self.hash(external));
        let row = SeenRow {
            id,
            digest: said.digest,
            line: said.line,
            domains: self.remember(domains),
            is_certain,
            name: name.map_or(0, |name| self.hash(name)),
            external,
            is_by_name,
        };
        self.rows.push(row);
        let Seen { rows, by_id, by_name, by_external, hashing, .. } = self;
        let id_of = |index: &u32| rows.get(*index as usize).and_then(|row| row.id);
        if id.is_some() {
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
        let index = self.by_id.find(self.hashing.hash_one(Some(id)), |index| {
            self.rows.get(*index as usize).is_some_and(|row| row.id == Some(id))
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
