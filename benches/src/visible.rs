//! What it costs that everybody sees their own: the organisations that a user sees, worked out once,
//! and asked at every match of a lookup.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, Organisation};
use cerebrate_core::subject::Subject;
use cerebrate_store::Store;
use cerebrate_store::lookup::Snapshot;
use cerebrate_store::lookup::index::NO_ORGANISATION;
use uuid::Uuid;

use crate::measure::{each, median_of};
use crate::random::Random;
use crate::report::Target::AtMost;
use crate::report::Unit::{Milliseconds, Nanoseconds};
use crate::report::{Report, counted};
use crate::{Result, Setting};

/// Every second organisation is seen.
const SEEN: usize = 2;

const QUESTIONS: usize = 200_000;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let count: u32 = if setting.quick { 10_000 } else { 100_000 };
    let store = filled(count)?;
    let nobody = Uuid::from_u128(1);
    let role = Permissions::NONE.with(Permission::GroupAdmin);
    let mut actor = Actor::new(nobody.into(), nobody.into(), Some(id(0)), role);
    actor.administered = (0..count).step_by(SEEN).map(id).collect::<BTreeSet<_>>();

    store.lookup().snapshot()?;
    let all = Permissions::NONE.with(Permission::CommunityAdmin);
    let everybody = Actor::new(nobody.into(), nobody.into(), Some(id(0)), all);
    for (reader, whose) in [
        (&actor, "every second one administered by the user"),
        (&everybody, "all of them seen by a community admin"),
    ] {
        let time = median_of(21, || {
            let begun = Instant::now();
            black_box(store.as_actor(reader).lookup().snapshot()?);
            Ok::<_, Box<dyn std::error::Error>>(begun.elapsed())
        })?;
        report.add(
            "the organisations that somebody sees, by identity and for lookup",
            time.as_secs_f64() * 1e3,
            Milliseconds,
            AtMost(20.0),
            format!(
                "`as_actor` and `snapshot`; {} organisations, {whose}",
                counted(count as usize)
            ),
        );
    }
    asking(&store.lookup().snapshot()?, &store.as_actor(&actor).lookup().snapshot()?, count, report)
}

/// What a question costs more where half of the answers are hidden.
fn asking(whole: &Snapshot, seen: &Snapshot, count: u32, report: &mut Report) -> Result<()> {
    let mut random = Random::new(5);
    let addresses: Vec<IpAddr> =
        (0..QUESTIONS).map(|_| address(random.next_u32() % count, 7)).collect();
    let found: usize = addresses.iter().map(|one| seen.prefixes(*one).count()).sum();
    println!("{found} of {QUESTIONS} addresses belong to somebody who is seen");
    let subjects: Vec<Subject> =
        addresses.iter().map(|address| Ok(address.to_string().parse()?)).collect::<Result<_>>()?;
    let bits: Vec<u32> = addresses
        .iter()
        .filter_map(|address| match address {
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(_) => None,
        })
        .collect();
    let both = [whole, seen];
    let prefixes = both.map(|snapshot| {
        each(&addresses, |part| {
            let hits = part.iter().map(|address| snapshot.prefixes(*address).count());
            black_box(hits.sum::<usize>());
        })
    });
    let responsible = both.map(|snapshot| {
        each(&subjects, |part| {
            let hits = part.iter().map(|subject| snapshot.responsible(subject).len());
            black_box(hits.sum::<usize>());
        })
    });
    let organisations = both.map(|snapshot| {
        each(&bits, |part| {
            let mut answers = vec![NO_ORGANISATION; part.len()];
            snapshot.organisations4(part, &mut answers);
            black_box(answers);
        })
    });
    for (what, [all, own]) in [
        ("`Snapshot::prefixes`", prefixes),
        ("`Snapshot::responsible`", responsible),
        ("`Snapshot::organisations4`", organisations),
    ] {
        report.add(
            "a match of a lookup, more for whether it is seen",
            own - all,
            Nanoseconds,
            AtMost(50.0),
            format!("{what}, one match each: {all:.0} ns whole, {own:.0} ns seen"),
        );
    }
    Ok(())
}

fn filled(count: u32) -> Result<Store> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;
    let key = Library::shipped().find("cerebrate/csirt-constituency")?.key();
    store.transaction(|transaction| {
        for number in 0..count {
            let mut team = Organisation::new(id(number), format!("Team {number}").parse()?);
            let network = format!("{}/24", address(number, 0));
            team.meta_fields.push(MetaField::new(key, "IPv4 address", network));
            transaction.organisations().insert(team)?;
        }
        Ok(())
    })?;
    Ok(store)
}

fn id(number: u32) -> OrganisationId {
    // As random as real ones: in no order, and all over a table.
    let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    OrganisationId::new(Uuid::from_u128(spread | 1 << 127))
}

fn address(number: u32, host: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits((1 << 28) + (number << 8) + host))
}
