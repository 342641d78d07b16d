//! Instructions of one lookup, counted by valgrind: a figure that is the same on a busy machine, so
//! that two commits can be compared anywhere.

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::process::Command;

use cerebrate_core::subject::Subject;
use cerebrate_store::Store;
use cerebrate_store::lookup::index::NO_ORGANISATION;

use crate::organisations::with_templates;
use crate::random::Random;
use crate::report::{Report, Target, Unit};
use crate::world::World;
use crate::{Result, Setting, responsible};

/// The first argument of the process that is counted.
pub(crate) const CHILD: &str = "--instructions";

const QUESTIONS: usize = 200_000;
const KINDS: [(&str, &str); 5] = [
    ("ipv4", "IPv4 address → organisation, in a batch"),
    ("ipv6", "IPv6 address → organisation, in a batch"),
    ("asn", "AS number → organisation, in a batch"),
    ("domain", "domain suffix → organisation"),
    ("responsible", "`responsible_for` one IPv4 address: all matches with bases"),
];

pub(crate) fn run(_: &Setting, report: &mut Report) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions: not counted, `valgrind` is not installed");
        return Ok(());
    }
    for (kind, what) in KINDS {
        // Once with the questions asked and once without: what differs is the answers.
        let counted = counted(kind, 1)? - counted(kind, 0)?;
        report.add(
            what,
            counted / QUESTIONS as f64,
            Unit::Instructions,
            Target::None,
            "`valgrind --tool=callgrind`, generated world of a twentieth",
        );
    }
    Ok(())
}

fn counted(kind: &str, times: usize) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([CHILD, kind, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| format!("valgrind counted nothing: {said}").into())
}

/// What the process does: builds the index, makes the questions, asks them `times` times.
pub(crate) fn child(kind: &str, times: &str) -> Result<()> {
    let world = World::small();
    let index = world.index();
    let mut random = Random::new(6);
    let times: usize = times.parse()?;
    let mut answers = vec![NO_ORGANISATION; QUESTIONS];
    match kind {
        "ipv4" => {
            let asked: Vec<_> = (0..QUESTIONS).map(|_| world.covered4(&mut random)).collect();
            (0..times).for_each(|_| index.organisations4(black_box(&asked), &mut answers));
        }
        "ipv6" => {
            let asked: Vec<_> = (0..QUESTIONS).map(|_| world.covered6(&mut random)).collect();
            (0..times).for_each(|_| index.organisations6(black_box(&asked), &mut answers));
        }
        "asn" => {
            let asked: Vec<_> =
                (0..QUESTIONS).map(|_| random.pick(&world.organisations).asn).collect();
            (0..times).for_each(|_| index.organisations_asn(black_box(&asked), &mut answers));
        }
        "domain" => {
            let asked: Vec<_> =
                (0..QUESTIONS).map(|_| random.pick(&world.domains).0.as_str()).collect();
            for _ in 0..times {
                for (answer, name) in answers.iter_mut().zip(black_box(&asked)) {
                    *answer = index.organisation_domain(name).unwrap_or(NO_ORGANISATION);
                }
            }
        }
        "responsible" => {
            let store = with_templates(Store::in_memory()?)?;
            responsible::fill(&world, &store)?;
            let snapshot = store.lookup().snapshot()?;
            let asked: Vec<Subject> = (0..QUESTIONS)
                .map(|_| Ipv4Addr::from_bits(world.covered4(&mut random)).to_string().parse())
                .collect::<std::result::Result<_, _>>()?;
            for _ in 0..times {
                for (answer, subject) in answers.iter_mut().zip(black_box(&asked)) {
                    let hits = snapshot.responsible(subject);
                    *answer = hits.first().map_or(NO_ORGANISATION, |hit| hit.organisation);
                }
            }
        }
        other => return Err(format!("nothing to count in `{other}`").into()),
    }
    black_box(answers);
    Ok(())
}
