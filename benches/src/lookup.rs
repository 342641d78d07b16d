//! Address, AS number or domain in, organisation out: the index in memory beside peers.

use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use cerebrate_store::lookup::index::{Index, IndexBuilder, NO_ORGANISATION};
use ipnet::{Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use crate::baseline::SortedRanges;
use crate::measure::{each, elapsed};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::world::{Prefix, World};
use crate::{Result, Setting};

use Target::{AtMost, None as NoTarget};
use Unit::{Megabytes, Milliseconds, Nanoseconds};

const QUESTIONS: usize = 1_000_000;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let world = World::open(&setting.data, setting.quick)?;
    println!("world from {world}");
    let index = world.index();
    let mut random = Random::new(4);
    ipv4(&world, &index, &mut random, report)?;
    ipv6(&world, &index, &mut random, report)?;
    others(&world, &index, &mut random, report);
    building(&world, report);
    Ok(())
}

fn ipv4(world: &World, index: &Index, random: &mut Random, report: &mut Report) -> Result<()> {
    let anywhere: Vec<u32> = (0..QUESTIONS).map(|_| random.next_u32()).collect();
    let covered: Vec<u32> = (0..QUESTIONS).map(|_| world.covered4(random)).collect();
    let trie: PrefixMap<Ipv4Net, u32> = world
        .prefixes4
        .iter()
        .map(|p| Ok((Ipv4Net::new(Ipv4Addr::from_bits(p.bits), p.len)?, p.organisation)))
        .collect::<Result<_>>()?;
    let of_trie = |address: &u32| {
        let net = Ipv4Net::from(Ipv4Addr::from_bits(*address));
        trie.get_lpm(&net).map_or(NO_ORGANISATION, |(_, organisation)| *organisation)
    };
    let sorted = SortedRanges::new(&world.prefixes4, u32::MAX, last4);
    let mut answers = vec![NO_ORGANISATION; QUESTIONS];
    for addresses in [&anywhere, &covered] {
        index.organisations4(addresses, &mut answers);
        compare("IPv4", addresses, |place, address| {
            let all = index.matches4(*address).next().map(|hit| hit.claim.organisation);
            [
                answers[place],
                index.organisation4(*address).unwrap_or(NO_ORGANISATION),
                all.unwrap_or(NO_ORGANISATION),
                of_trie(address),
                sorted.organisation(*address),
            ]
        })?;
    }

    let prefixes = counted(world.prefixes4.len());
    let sets = [("random addresses", &anywhere), ("addresses in random prefixes", &covered)];
    for (name, addresses) in sets {
        let batch = each(addresses, |part| index.organisations4(part, black_box(&mut answers)));
        report.add(
            format!("IPv4 address → organisation, {name}"),
            batch,
            Nanoseconds,
            AtMost(15.0),
            format!("{prefixes} prefixes, 10⁶ addresses through `organisations4`"),
        );
        let peer = each(addresses, |part| sum(part, of_trie));
        report.add(
            format!("the same, `prefix-trie` ({:.1} × ours)", peer / batch),
            peer,
            Nanoseconds,
            NoTarget,
            "`get_lpm`, same prefixes, same run",
        );
        let baseline = each(addresses, |part| sum(part, |address| sorted.organisation(*address)));
        report.add(
            format!("the same, binary search ({:.1} × ours)", baseline / batch),
            baseline,
            Nanoseconds,
            NoTarget,
            "sorted ranges without gaps",
        );
    }
    let single = each(&covered, |part| {
        sum(part, |address| index.organisation4(*address).unwrap_or(NO_ORGANISATION));
    });
    let how = "`organisation4`, addresses in random prefixes";
    report.add("IPv4 address → organisation, one by one", single, Nanoseconds, NoTarget, how);
    report.add(
        "IPv4 part of the index",
        index.memory().prefixes4 as f64 / 1e6,
        Megabytes,
        AtMost(24.0),
        format!("{prefixes} prefixes with their claims, bytes on the heap"),
    );

    let texts: Vec<String> =
        covered.iter().map(|address| Ipv4Addr::from_bits(*address).to_string()).collect();
    let text = each(&texts, |part| {
        sum(part, |text| match text.parse::<Ipv4Addr>() {
            Ok(address) => index.organisation4(address.to_bits()).unwrap_or(NO_ORGANISATION),
            Err(_) => NO_ORGANISATION,
        });
    });
    let how = "parse and `organisation4`, addresses in random prefixes";
    report.add("IPv4 address as text → organisation", text, Nanoseconds, AtMost(60.0), how);
    Ok(())
}

fn ipv6(world: &World, index: &Index, random: &mut Random, report: &mut Report) -> Result<()> {
    let addresses: Vec<u128> = (0..QUESTIONS).map(|_| world.covered6(random)).collect();
    let trie: PrefixMap<Ipv6Net, u32> = world
        .prefixes6
        .iter()
        .map(|p| Ok((Ipv6Net::new(Ipv6Addr::from_bits(p.bits), p.len)?, p.organisation)))
        .collect::<Result<_>>()?;
    let of_trie = |address: &u128| {
        let net = Ipv6Net::from(Ipv6Addr::from_bits(*address));
        trie.get_lpm(&net).map_or(NO_ORGANISATION, |(_, organisation)| *organisation)
    };
    let sorted = SortedRanges::new(&world.prefixes6, u128::MAX, last6);
    let mut answers = vec![NO_ORGANISATION; QUESTIONS];
    index.organisations6(&addresses, &mut answers);
    compare("IPv6", &addresses, |place, address| {
        let all = index.matches6(*address).next().map(|hit| hit.claim.organisation);
        [
            answers[place],
            index.organisation6(*address).unwrap_or(NO_ORGANISATION),
            all.unwrap_or(NO_ORGANISATION),
            of_trie(address),
            sorted.organisation(*address),
        ]
    })?;
    let batch = each(&addresses, |part| index.organisations6(part, black_box(&mut answers)));
    let prefixes = counted(world.prefixes6.len());
    let how = format!("{prefixes} prefixes, 10⁶ addresses through `organisations6`");
    report.add("IPv6 address → organisation", batch, Nanoseconds, AtMost(60.0), how);
    let peer = each(&addresses, |part| sum(part, of_trie));
    report.add(
        format!("the same, `prefix-trie` ({:.1} × ours)", peer / batch),
        peer,
        Nanoseconds,
        NoTarget,
        "`get_lpm`, same prefixes, same run",
    );
    report.add(
        "IPv6 part of the index",
        index.memory().prefixes6 as f64 / 1e6,
        Megabytes,
        NoTarget,
        format!("{prefixes} prefixes with their claims, bytes on the heap"),
    );
    Ok(())
}

fn others(world: &World, index: &Index, random: &mut Random, report: &mut Report) {
    let asns: Vec<u32> = (0..QUESTIONS).map(|_| random.pick(&world.organisations).asn).collect();
    let mut answers = vec![NO_ORGANISATION; QUESTIONS];
    let asn = each(&asns, |part| index.organisations_asn(part, black_box(&mut answers)));
    let how = format!(
        "{} numbers, 10⁶ of them through `organisations_asn`",
        counted(index.counts().asns)
    );
    report.add("AS number → organisation", asn, Nanoseconds, AtMost(30.0), how);

    let names: Vec<String> = (0..QUESTIONS / 5)
        .map(|_| {
            let domain = &random.pick(&world.domains).0;
            match random.below(3) {
                0 => domain.clone(),
                1 => format!("www.{domain}"),
                _ => format!("mail.internal.{domain}"),
            }
        })
        .collect();
    let domain = each(&names, |part| {
        sum(part, |name| index.organisation_domain(name).unwrap_or(NO_ORGANISATION));
    });
    let how = format!(
        "{} domains, names up to two labels below one of them, one by one",
        counted(index.counts().domains)
    );
    report.add("domain suffix → organisation", domain, Nanoseconds, AtMost(150.0), how);
}

fn building(world: &World, report: &mut Report) {
    let mut least = [f64::MAX; 3];
    for _ in 0..7 {
        let parts = [World::add_prefixes4, World::add_prefixes6];
        for (time, add) in least.iter_mut().zip(parts) {
            let mut builder = IndexBuilder::new();
            add(world, &mut builder);
            *time = time.min(build(builder));
        }
        least[2] = least[2].min(build(world.claims()));
    }
    let how = "`IndexBuilder::build`, prefixes in random order, least of 7";
    let [ipv4, ipv6, all] = least;
    report.add("index of all IPv4 prefixes, from memory", ipv4, Milliseconds, AtMost(100.0), how);
    report.add("index of all IPv6 prefixes, from memory", ipv6, Milliseconds, AtMost(100.0), how);
    let how = "the same with AS numbers and domains";
    report.add("index of everything, from memory", all, Milliseconds, NoTarget, how);
}

fn build(builder: IndexBuilder) -> f64 {
    let mut builder = Some(builder);
    let mut index = None;
    let time = elapsed(&mut || index = builder.take().map(IndexBuilder::build));
    black_box(index);
    time.as_secs_f64() * 1e3
}

/// Fails unless all answers to each address are the same.
fn compare<A: std::fmt::Debug, const N: usize>(
    what: &str,
    addresses: &[A],
    answers: impl Fn(usize, &A) -> [u32; N],
) -> Result<()> {
    let begun = Instant::now();
    let mut covered = 0;
    for (place, address) in addresses.iter().enumerate() {
        let given = answers(place, address);
        if given.iter().any(|answer| *answer != given[0]) {
            return Err(format!("{what} {address:?}: the answers differ: {given:?}").into());
        }
        covered += usize::from(given[0] != NO_ORGANISATION);
    }
    println!(
        "{what}: {} addresses compared with `prefix-trie` and binary search, {} covered, no difference ({:.1} s)",
        counted(addresses.len()),
        counted(covered),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Asks one by one.
fn sum<Q>(questions: &[Q], answer: impl Fn(&Q) -> u32) {
    let mut sum = 0_u64;
    for question in questions {
        sum += u64::from(answer(question));
    }
    black_box(sum);
}

fn last4(prefix: &Prefix<u32>) -> u32 {
    prefix.bits | u32::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0)
}

fn last6(prefix: &Prefix<u128>) -> u128 {
    prefix.bits | u128::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0)
}
