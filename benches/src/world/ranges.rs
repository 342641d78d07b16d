//! The ranges of the npm package `@ip-location-db/asn`, cut into prefixes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::Hash;
use std::path::Path;

use super::{Holder, Prefix, World};
use crate::Result;
use crate::report::counted;

const FILES: [&str; 2] = ["asn-ipv4-num.csv", "asn-ipv6-num.csv"];

/// The world of the files, unless they are not there.
pub(super) fn read(directory: &Path) -> Result<Option<World>> {
    let [ipv4, ipv6] = FILES.map(|name| directory.join(name));
    if !ipv4.exists() || !ipv6.exists() {
        return Ok(None);
    }
    let mut holders = Holders::default();
    let (mut prefixes4, mut prefixes6) = (Vec::new(), Vec::new());
    let ranges4 = each_range(&fs::read_to_string(ipv4)?, |first, last, asn, name| {
        let organisation = holders.number(asn, name);
        cut(first, last, 32, |bits, len| {
            prefixes4.push(Prefix { bits: bits as u32, len, organisation });
        });
    })?;
    let ranges6 = each_range(&fs::read_to_string(ipv6)?, |first, last, asn, name| {
        let organisation = holders.number(asn, name);
        cut(first, last, 128, |bits, len| prefixes6.push(Prefix { bits, len, organisation }));
    })?;
    // Where a range is claimed by two, the first one has it.
    keep_first(&mut prefixes4);
    keep_first(&mut prefixes6);
    Ok(Some(World {
        source: format!(
            "the {} IPv4 and {} IPv6 ranges of @ip-location-db/asn",
            counted(ranges4),
            counted(ranges6)
        ),
        prefixes4,
        prefixes6,
        organisations: holders.list,
        domains: Vec::new(),
    }))
}

fn keep_first<A: Copy + Eq + Hash>(prefixes: &mut Vec<Prefix<A>>) {
    let mut known = HashSet::with_capacity(prefixes.len());
    prefixes.retain(|prefix| known.insert((prefix.bits, prefix.len)));
}

#[derive(Default)]
struct Holders {
    list: Vec<Holder>,
    places: HashMap<u32, u32>,
}

impl Holders {
    fn number(&mut self, asn: u32, name: &str) -> u32 {
        let next = self.list.len() as u32;
        *self.places.entry(asn).or_insert_with(|| {
            self.list.push(Holder { asn, name: name.to_owned() });
            next
        })
    }
}

/// Calls `found` with first and last address, AS number and name of each line; how many there are.
fn each_range(text: &str, mut found: impl FnMut(u128, u128, u32, &str)) -> Result<usize> {
    for (number, line) in (1..).zip(text.lines()) {
        let mut parts = line.splitn(4, ',');
        let mut next = || parts.next().ok_or_else(|| format!("line {number}: too few columns"));
        let (first, last, asn, name) = (next()?, next()?, next()?, next()?);
        let name = name.trim_matches('"');
        found(
            first.parse()?,
            last.parse()?,
            asn.parse()?,
            if name.is_empty() { "?" } else { name },
        );
    }
    Ok(text.lines().count())
}

/// The prefixes that make up a range of addresses of `width` bits.
fn cut(mut first: u128, last: u128, width: u32, mut found: impl FnMut(u128, u8)) {
    while first <= last {
        let mut free = if first == 0 { width } else { first.trailing_zeros().min(width) };
        let end = |free: u32| first + (u128::MAX >> (128 - free.max(1))) * u128::from(free > 0);
        while end(free) > last {
            free -= 1;
        }
        found(first, (width - free) as u8);
        let Some(next) = end(free).checked_add(1) else { return };
        first = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_to_list(first: u128, last: u128, width: u32) -> Vec<(u128, u8)> {
        let mut found = Vec::new();
        cut(first, last, width, |bits, len| found.push((bits, len)));
        found
    }

    #[test]
    fn a_range_is_cut_into_the_fewest_prefixes() {
        assert_eq!(cut_to_list(0, u128::from(u32::MAX), 32), [(0, 0)]);
        assert_eq!(cut_to_list(0, u128::MAX, 128), [(0, 0)]);
        assert_eq!(cut_to_list(5, 5, 32), [(5, 32)]);
        assert_eq!(cut_to_list(1, 8, 32), [(1, 32), (2, 31), (4, 30), (8, 32)]);
        assert_eq!(cut_to_list(u128::MAX - 2, u128::MAX, 128).len(), 2);
    }

    #[test]
    fn a_name_may_have_commas() {
        let mut names = Vec::new();
        let read = each_range("1,2,64500,\"A, B\"\n3,4,7,\n", |_, _, asn, name| {
            names.push((asn, name.to_owned()));
        });
        assert_eq!(read.unwrap(), 2);
        assert_eq!(names, [(64500, "A, B".to_owned()), (7, "?".to_owned())]);
        assert!(each_range("1,2\n", |_, _, _, _| ()).is_err());
    }
}
