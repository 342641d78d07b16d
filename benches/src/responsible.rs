//! Who is responsible, asked of a store that holds the world.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Instant;

use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, Organisation};
use cerebrate_core::subject::Subject;
use cerebrate_store::Store;

use crate::measure::{each, median_of};
use crate::organisations::{Organisations, failed, with_templates};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::world::World;
use crate::{Result, Setting};

use Target::{AtMost, None as NoTarget};
use Unit::{Megabytes, Microseconds, Milliseconds, Nanoseconds};

const QUESTIONS: usize = 200_000;
const CHANGES: u32 = 101;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let world = World::open(&setting.data, setting.quick)?;
    println!("world from {world}");
    let path = setting.scratch.join("world.db");
    let begun = Instant::now();
    fill(&world, &with_templates(Store::open(&path)?)?)?;
    println!("stored in {:.1} s", begun.elapsed().as_secs_f64());
    building(&path, report)?;
    let store = Store::open(&path)?;
    same_answers(&world, &store)?;
    asking(&world, &store, report)?;
    changing(&store, report)
}

/// Stores every organisation of the world with its prefixes, AS number and domains.
pub(crate) fn fill(world: &World, store: &Store) -> Result<()> {
    let key = Library::shipped().find("cerebrate/csirt-constituency")?.key();
    let mut values: Vec<Vec<MetaField>> = vec![Vec::new(); world.organisations.len()];
    let mut add = |organisation: u32, field: &str, value: String| {
        values[organisation as usize].push(MetaField::new(key, field, value));
    };
    for (organisation, holder) in (0..).zip(&world.organisations) {
        add(organisation, "AS Number", format!("AS{}", holder.asn));
    }
    for (domain, organisation) in &world.domains {
        add(*organisation, "Domain", domain.clone());
    }
    for prefix in &world.prefixes4 {
        let value = format!("{}/{}", Ipv4Addr::from_bits(prefix.bits), prefix.len);
        add(prefix.organisation, "IPv4 address", value);
    }
    for prefix in &world.prefixes6 {
        let value = format!("{}/{}", Ipv6Addr::from_bits(prefix.bits), prefix.len);
        add(prefix.organisation, "IPv6 address", value);
    }
    store.transaction(|transaction| {
        for (number, (holder, values)) in world.organisations.iter().zip(values).enumerate() {
            let name = holder.name.parse().map_err(|error| failed(&error))?;
            let mut organisation = Organisation::new(Organisations::id(number), name);
            organisation.meta_fields = values;
            transaction.organisations().upsert(organisation)?;
        }
        Ok(())
    })?;
    Ok(store.tidy()?)
}

fn building(path: &Path, report: &mut Report) -> Result<()> {
    let mut counts = None;
    let mut memory = 0;
    let time = median_of(5, || {
        let store = Store::open(path)?;
        let begun = Instant::now();
        let snapshot = store.lookup().snapshot()?;
        let time = begun.elapsed();
        counts = Some(snapshot.counts());
        memory = snapshot.memory();
        Ok::<_, Box<dyn std::error::Error>>(time)
    })?;
    let claims = counts.map_or(0, |counts| counts.total());
    report.add(
        "index from the store",
        time.as_secs_f64() * 1e3,
        Milliseconds,
        AtMost(1_000.0),
        format!(
            "first `lookup().snapshot()` of a store just opened, {} claims, median of 5",
            counted(claims)
        ),
    );
    report.add(
        "index with the table of organisations",
        memory as f64 / 1e6,
        Megabytes,
        NoTarget,
        "`Snapshot::memory`",
    );
    Ok(())
}

/// Fails unless the store answers as the world says.
fn same_answers(world: &World, store: &Store) -> Result<()> {
    let index = world.index();
    let snapshot = store.lookup().snapshot()?;
    let mut random = Random::new(7);
    for place in 0..QUESTIONS {
        let address = if place % 2 == 0 { random.next_u32() } else { world.covered4(&mut random) };
        let expected =
            index.organisation4(address).map(|number| Organisations::id(number as usize));
        let given =
            snapshot.organisation4(address).and_then(|number| snapshot.organisation(number));
        if expected != given {
            return Err(format!("{address:x}: {given:?} instead of {expected:?}").into());
        }
    }
    println!("IPv4: {} addresses answered as the world says", counted(QUESTIONS));
    Ok(())
}

fn asking(world: &World, store: &Store, report: &mut Report) -> Result<()> {
    let snapshot = store.lookup().snapshot()?;
    let mut random = Random::new(8);
    let addresses: Vec<IpAddr> = (0..QUESTIONS)
        .map(|_| IpAddr::V4(Ipv4Addr::from_bits(world.covered4(&mut random))))
        .collect();
    let subjects: Vec<Subject> =
        addresses.iter().map(|address| Ok(address.to_string().parse()?)).collect::<Result<_>>()?;

    let hits = each(&subjects, |part| {
        let hits = part.iter().map(|subject| snapshot.responsible(subject).len());
        black_box(hits.sum::<usize>());
    });
    report.add(
        "`responsible_for` one address: all matches with bases, names on demand",
        hits,
        Nanoseconds,
        AtMost(300.0),
        "`Snapshot::responsible`, addresses in random prefixes, independent, warm",
    );
    let prefixes = each(&addresses, |part| {
        let hits = part.iter().map(|address| snapshot.prefixes(*address).count());
        black_box(hits.sum::<usize>());
    });
    report.add(
        "the same without allocating: organisations and prefixes",
        prefixes,
        Nanoseconds,
        NoTarget,
        "`Snapshot::prefixes`",
    );
    let few = &subjects[..QUESTIONS / 20];
    let names = each(few, |part| {
        for subject in part {
            black_box(store.responsible_for(subject.clone()).is_ok());
        }
    });
    report.add(
        "the same with names and values as stored",
        names / 1e3,
        Microseconds,
        NoTarget,
        "`Store::responsible_for`, one by one",
    );
    Ok(())
}

fn changing(store: &Store, report: &mut Report) -> Result<()> {
    let key = Library::shipped().find("cerebrate/csirt-constituency")?.key();
    let id = Organisations::id(1);
    store.lookup().snapshot()?;
    let mut next = 0;
    let mut commits = Vec::new();
    let visible = median_of(CHANGES as usize, || {
        next += 1;
        // Nobody has a part of 255.0.0.0/8.
        let address = 0xff00_0000 + (next << 8);
        let mut organisation = store.organisations().require(id)?;
        let value = format!("{}/24", Ipv4Addr::from_bits(address));
        organisation.meta_fields.push(MetaField::new(key, "IPv4 address", value));
        let begun = Instant::now();
        store.organisations().update(organisation)?;
        commits.push(begun.elapsed());
        let begun = Instant::now();
        let snapshot = store.lookup().snapshot()?;
        let found = snapshot.organisation4(address + 7);
        let time = begun.elapsed();
        if found.and_then(|number| snapshot.organisation(number)) != Some(id) {
            return Err(Box::<dyn std::error::Error>::from("the change is not visible"));
        }
        Ok(time)
    })?;
    commits.sort_unstable();
    report.add(
        "one changed prefix visible",
        visible.as_secs_f64() * 1e6,
        Microseconds,
        AtMost(100.0),
        format!(
            "from the end of `update` to the answer, median of {CHANGES}; the durable commit before takes {:.1} ms",
            commits[commits.len() / 2].as_secs_f64() * 1e3
        ),
    );
    Ok(())
}
