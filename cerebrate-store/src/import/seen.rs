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
    /// What the rows say, one after the other, and the domains they are at.
    sayings: Vec<u64>,
    domains: Vec<Box<str>>,
    hashing: FixedState,
}

/// A row that was met.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenRow {
    id: Option<Uuid>,
    pub(super) line: u64,
    sayings: Stretch,
    domains: Stretch,
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
    pub(super) sayings: &'a [u64],
    pub(super) line: u64,
}

/// Some of the elements of a list.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    start: u32,
    end: u32,
}

impl Stretch {
    /// Appends elements; none of them where the list is full.
    fn append<T>(list: &mut Vec<T>, elements: impl IntoIterator<Item = T>) -> Self {
        let Ok(start) = u32::try_from(list.len()) else { return Stretch::default() };
        list.extend(elements);
        Stretch { start, end: u32::try_from(list.len()).unwrap_or(start) }
    }

    fn of<T>(self, list: &[T]) -> &[T] {
        list.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Seen {
    /// Notes a row that was about the record `id`, which is at `domains`; of several rows with one
    /// name the first is found.
    pub(super) fn note(&mut self, id: Uuid, row: Identity<'_>, domains: Vec<String>) {
        self.insert(Some(id), row, domains, true);
    }

    /// Notes a row though it is not certain which record it is about: no later row may make a record
    /// of its external id or name, or the next import would take that for the first row's.
    pub(super) fn claim(&mut self, row: Identity<'_>) {
        self.insert(None, row, Vec::new(), false);
    }

    /// The same, and neither may a later row make a record of its UUID.
    pub(super) fn claim_id(&mut self, row: Identity<'_>) {
        self.insert(row.id.filter(|id| self.by_id(*id).is_none()), row, Vec::new(), false);
    }

    /// Whether a row says nothing that the earlier one does not say.
    pub(super) fn repeats(&self, earlier: SeenRow, sayings: &[u64]) -> bool {
        let said = earlier.sayings.of(&self.sayings);
        sayings.iter().all(|saying| said.binary_search(saying).is_ok())
    }

    /// Where the record of a row is at home.
    pub(super) fn domains(&self, row: SeenRow) -> &[Box<str>] {
        row.domains.of(&self.domains)
    }

    fn insert(
        &mut self,
        id: Option<Uuid>,
        said: Identity<'_>,
        domains: Vec<String>,
        is_certain: bool,
    ) {
        let Ok(index) = u32::try_from(self.rows.len()) else { return };
        let is_by_name = said.id.is_none() && said.external.is_none();
        let name = said.name.filter(|_| is_certain || is_by_name);
        let known = |external: &&str| is_certain || self.by_external(external).is_none();
        let external = said.external.filter(known).map_or(0, |external| self.hash(external));
        let row = SeenRow {
            id,
            line: said.line,
            sayings: Stretch::append(&mut self.sayings, said.sayings.iter().copied()),
            domains: Stretch::append(&mut self.domains, domains.into_iter().map(String::into)),
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
