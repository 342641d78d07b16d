//! A world of the shape of the real one, for where that cannot be had.

use std::collections::HashSet;

use super::{Holder, Prefix, World};
use crate::random::Random;

const ORGANISATIONS: usize = 84_000;
const PREFIXES4: usize = 565_000;
const PREFIXES6: usize = 200_000;

/// How many IPv4 prefixes of the real world have which length, from 8 on.
const LENGTHS4: [u32; 25] = [
    8, 6, 31, 95, 257, 493, 1120, 2455, 9332, 6735, 11_825, 22_075, 33_264, 46_064, 103_676,
    103_717, 218_667, 1350, 1447, 1595, 141, 164, 53, 3, 7,
];

/// The same for IPv6, from 28 to 64; one in a hundred is longer.
const LENGTHS6: [u32; 37] = [
    175, 10_410, 974, 1523, 28_341, 1808, 2173, 2580, 4860, 2673, 3330, 3739, 8021, 3762, 4368,
    5099, 9835, 5009, 6329, 9632, 41_327, 386, 405, 417, 520, 492, 386, 362, 457, 384, 537, 683,
    800, 835, 862, 891, 1712,
];

/// Where IPv6 networks lie, by their first sixteen bits.
const HEADS6: [u128; 20] = [
    0x2001, 0x2001, 0x2001, 0x2804, 0x2804, 0x2602, 0x2a10, 0x2401, 0x2a02, 0x2600, 0x2a00, 0x2409,
    0x2a03, 0x2803, 0x2620, 0x2400, 0x2a0f, 0x2404, 0x2607, 0x2a01,
];

/// The world, divided by `part`. Prefixes lie in one another wherever chance puts them.
pub(super) fn world(part: usize) -> World {
    let mut random = Random::new(3);
    let organisations = organisations(ORGANISATIONS / part, &mut random);
    let count = organisations.len();
    let prefixes4 = distinct(PREFIXES4 / part, count, &mut random, |random| {
        let len = 8 + weighted(&LENGTHS4, random);
        let address = 0x0100_0000 + random.below(0xdf00_0000 - 0x0100_0000) as u32;
        (address & (u32::MAX << (32 - len)), len as u8)
    });
    let prefixes6 = distinct(PREFIXES6 / part, count, &mut random, |random| {
        let len = match random.below(100) {
            0 => 65 + random.below(64),
            _ => 28 + weighted(&LENGTHS6, random),
        };
        let address = (*random.pick(&HEADS6) << 112) | (random.next_u128() >> 16);
        (address & (u128::MAX << (128 - len)), len as u8)
    });
    World {
        source: "generated".to_owned(),
        prefixes4,
        prefixes6,
        organisations,
        domains: Vec::new(),
    }
}

fn organisations(count: usize, random: &mut Random) -> Vec<Holder> {
    const FIRST: [&str; 16] = [
        "Nordic", "Pacific", "Alpine", "Central", "United", "Blue", "Global", "Metro", "Baltic",
        "Iberian", "Coastal", "First", "Prime", "Royal", "Digital", "Open",
    ];
    const SECOND: [&str; 16] = [
        "Telecom",
        "Networks",
        "Hosting",
        "Fibre",
        "University",
        "Bank",
        "Energy",
        "Cable",
        "Internet",
        "Cloud",
        "Data",
        "Broadband",
        "Media",
        "Systems",
        "Wireless",
        "Exchange",
    ];
    const THIRD: [&str; 8] = ["Ltd", "Inc", "GmbH", "S.A.", "AB", "Corporation", "LLC", "a.s."];
    let holder = |number: usize| Holder {
        // Apart as real ones are, and never twice.
        asn: number as u32 * 5 + random.below(5) as u32 + 1,
        name: format!(
            "{} {} {number} {}",
            random.pick(&FIRST),
            random.pick(&SECOND),
            random.pick(&THIRD)
        ),
    };
    (0..count).map(holder).collect()
}

/// Different prefixes, at least one for each organisation and most for the few large ones.
fn distinct<A: Copy + Eq + std::hash::Hash>(
    count: usize,
    organisations: usize,
    random: &mut Random,
    mut prefix: impl FnMut(&mut Random) -> (A, u8),
) -> Vec<Prefix<A>> {
    let mut known = HashSet::with_capacity(count);
    let mut list = Vec::with_capacity(count);
    while list.len() < count {
        let (bits, len) = prefix(random);
        if !known.insert((bits, len)) {
            continue;
        }
        let organisation = if list.len() < organisations {
            list.len() as u32
        } else {
            (organisations as f64 * random.fraction().powf(2.5)) as u32
        };
        list.push(Prefix { bits, len, organisation });
    }
    list
}

/// A place in `weights`, as often as its weight says.
fn weighted(weights: &[u32], random: &mut Random) -> usize {
    let total: u32 = weights.iter().sum();
    let mut left = random.below(total as usize) as u32;
    for (place, weight) in weights.iter().enumerate() {
        if left < *weight {
            return place;
        }
        left -= weight;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_the_same_every_time_and_nothing_is_there_twice() {
        let (one, other) = (world(100), world(100));
        assert_eq!(one.prefixes4, other.prefixes4);
        assert_eq!(one.prefixes6, other.prefixes6);
        assert_eq!(one.prefixes4.len(), PREFIXES4 / 100);
        assert_eq!(one.organisations.len(), ORGANISATIONS / 100);
        let numbers: HashSet<u32> = one.organisations.iter().map(|holder| holder.asn).collect();
        assert_eq!(numbers.len(), one.organisations.len());
        assert!(one.prefixes4.iter().any(|inner| {
            one.prefixes4.iter().any(|outer| {
                outer.len < inner.len && (outer.bits ^ inner.bits) >> (32 - outer.len) == 0
            })
        }));
    }
}
