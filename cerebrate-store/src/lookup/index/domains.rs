//! Claims to domains, found by hash.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::flat::{bytes, narrow};
use super::{Claim, MAX_CLAIMS};

/// The longest name there can be, in bytes without the final dot.
const MAX_NAME: usize = 253;
/// Stands for no claim.
const NONE: u32 = u32::MAX;

/// Names in one arena, their claims in chains. The first claim stands with the name: most names
/// have no other.
#[derive(Debug, Clone)]
pub(super) struct Domains {
    hasher: RandomState,
    arena: String,
    names: HashTable<Name>,
    others: Vec<Link>,
    /// The most labels that a name has.
    labels: usize,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    begin: u32,
    len: u8,
    first: Link,
    /// Its last claim among the others, or [`NONE`].
    last: u32,
}

/// A claim to a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) claim: Claim,
    /// The next claim to the same name among the others, or [`NONE`].
    next: u32,
}

impl Domains {
    /// Tables that are asked together share one hasher.
    pub(super) fn new(hasher: &RandomState) -> Self {
        Self {
            hasher: hasher.clone(),
            arena: String::new(),
            names: HashTable::new(),
            others: Vec::new(),
            labels: 0,
        }
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Whether the claim was taken: a name must be one that can be asked for, and there must be
    /// room.
    pub(super) fn add(&mut self, name: &str, claim: Claim) -> bool {
        let Some(len) = acceptable_len(name) else { return false };
        let Ok(begin) = u32::try_from(self.arena.len()) else { return false };
        if self.len() >= MAX_CLAIMS {
            return false;
        }
        let link = Link { claim, next: NONE };
        let arena = &mut self.arena;
        let hasher = &self.hasher;
        let entry = self.names.entry(
            hash(hasher, name),
            |known| known.is(arena, name),
            |known| hash(hasher, known.text(arena)),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let row = narrow(self.others.len());
                self.others.push(link);
                match self.others.get_mut(known.last as usize) {
                    Some(last) => last.next = row,
                    None => known.first.next = row,
                }
                known.last = row;
            }
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert(Name { begin, len, first: link, last: NONE });
                arena.push_str(name);
                self.labels = self.labels.max(labels(name));
            }
        }
        true
    }

    pub(super) fn shrink(&mut self) {
        self.arena.shrink_to_fit();
        self.others.shrink_to_fit();
        let (arena, hasher) = (&self.arena, &self.hasher);
        self.names.shrink_to_fit(|known| hash(hasher, known.text(arena)));
    }

    /// Claims, not distinct names.
    pub(super) fn len(&self) -> usize {
        self.names.len() + self.others.len()
    }

    /// The most labels that a name has.
    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    /// The first claim to exactly this name.
    #[inline]
    pub(super) fn first(&self, hash: u64, name: &str) -> Option<Link> {
        self.names.find(hash, |known| known.is(&self.arena, name)).map(|known| known.first)
    }

    /// The claim to the same name behind this one.
    #[inline]
    pub(super) fn behind(&self, link: Link) -> Option<Link> {
        self.others.get(link.next as usize).copied()
    }

    /// Everything that went in; claims to one name as given.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Claim)> + '_ {
        self.names.iter().flat_map(move |name| {
            let links = std::iter::successors(Some(name.first), |link| self.behind(*link));
            links.map(|link| (name.text(&self.arena), link.claim))
        })
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = Claim> + '_ {
        let firsts = self.names.iter().map(|name| &name.first);
        firsts.chain(&self.others).map(|link| link.claim)
    }

    pub(super) fn memory(&self) -> usize {
        self.arena.capacity() + bytes(&self.others) + self.names.allocation_size()
    }
}

impl Name {
    fn text<'a>(&self, arena: &'a str) -> &'a str {
        let begin = self.begin as usize;
        &arena[begin..begin + usize::from(self.len)]
    }

    fn is(&self, arena: &str, name: &str) -> bool {
        let begin = self.begin as usize;
        arena.as_bytes()[begin..begin + usize::from(self.len)] == *name.as_bytes()
    }
}

/// The hash under which a name is kept.
pub(super) fn hash(hasher: &RandomState, name: &str) -> u64 {
    let mut hash = hasher.build_hasher();
    hash.write(name.as_bytes());
    hash.finish()
}

/// Whether a name can be claimed at all.
pub(super) fn is_acceptable(name: &str) -> bool {
    acceptable_len(name).is_some()
}

/// The longest suffix of the name that may be known when no known name has more labels.
pub(super) fn longest_suffix(name: &str, labels: usize) -> Option<&str> {
    if name.len() > MAX_NAME {
        let from = name.len() - MAX_NAME - 1;
        let dot = name.as_bytes()[from..].iter().position(|byte| *byte == b'.')?;
        return longest_suffix(name.get(from + dot + 1..)?, labels);
    }
    if labels == 0 {
        return None;
    }
    let mut suffix = name;
    for _ in labels..self::labels(name) {
        suffix = shorter_suffix(suffix)?;
    }
    Some(suffix)
}

/// The next shorter suffix.
#[inline]
pub(super) fn shorter_suffix(name: &str) -> Option<&str> {
    let dot = name.bytes().position(|byte| byte == b'.')?;
    name.get(dot + 1..)
}

/// How many labels a name has.
pub(super) fn labels(name: &str) -> usize {
    1 + name.bytes().filter(|byte| *byte == b'.').count()
}

fn acceptable_len(name: &str) -> Option<u8> {
    u8::try_from(name.len()).ok().filter(|len| (1..=MAX_NAME).contains(&usize::from(*len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_suffix_has_no_more_labels_and_bytes_than_may_be_known() {
        assert_eq!(longest_suffix("www.example.lu", 9), Some("www.example.lu"));
        assert_eq!(longest_suffix("www.example.lu", 2), Some("example.lu"));
        assert_eq!(longest_suffix("www.example.lu", 0), None);
        let long = format!("{}.{}lu", "ü".repeat(130), "a.".repeat(120));
        assert_eq!(longest_suffix(&long, 200), Some(&long[261..]));
        assert_eq!(longest_suffix(&long, 1), Some("lu"));
        assert_eq!(longest_suffix(&"a".repeat(300), 3), None);
        let just = format!("{}.{}", "b".repeat(50), "c".repeat(MAX_NAME));
        assert_eq!(longest_suffix(&just, 5), Some(&just[51..]));
    }
}
