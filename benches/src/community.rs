//! What communities ask: which groups are equal, whether the trail is whole, how records are
//! distributed, where constituencies do not fit together.

use std::hint::black_box;

use cerebrate_core::access::{Anchors, Sort};
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_core::sharing::MembershipDigest;
use cerebrate_store::Store;
use cerebrate_store::overlaps::ConstituencyQuestion;
use cerebrate_store::statistics::{Sights, Top};
use cerebrate_testkit::worlds;

use crate::measure::{each, elapsed, median_of, once};
use crate::organisations::{Organisations, of_usual_size, with_templates};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

/// Members of a large group.
const MEMBERS: usize = 500;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    digest(report);
    equal_groups(setting, report)?;
    let (path, count) = of_usual_size(setting)?;
    let store = Store::open(path)?;
    verify(&store, report)?;
    figures(&store, count, report)?;
    constituencies(&store, count, report)
}

fn digest(report: &mut Report) {
    let mut random = Random::new(3);
    let groups: Vec<Vec<Member>> = (0..200)
        .map(|group| {
            let member = |number| Member {
                organisation: Organisations::id(group * MEMBERS + number),
                extend: random.below(8) == 0,
            };
            (0..MEMBERS).map(member).collect()
        })
        .collect();
    let time = each(&groups, |part| {
        for members in part {
            black_box(MembershipDigest::of(members));
        }
    });
    report.add(
        format!("membership digest of a group of {MEMBERS}"),
        time / 1e3,
        Unit::Microseconds,
        Target::AtMost(50.0),
        format!("{} different groups in turn, members in no order", groups.len()),
    );
}

fn equal_groups(setting: &Setting, report: &mut Report) -> Result<()> {
    let count = if setting.quick { 1_000 } else { 10_000 };
    println!("filling a store with {} sharing groups", counted(count));
    let store = with_templates(&setting.scratch.join("community.db"))?;
    worlds::community(1).store_in(&store)?;
    let groups = worlds::sharing_groups(2, count);
    store.sharing_groups().upsert_all(groups.iter().cloned())?;
    store.tidy()?;
    let mut random = Random::new(4);
    let asked: Vec<&SharingGroup> = (0..500).map(|_| random.pick(&groups)).collect();
    let found = |group: &SharingGroup| store.sharing_groups().with_membership(&group.members);
    let twins = asked.iter().filter(|group| found(group).is_ok_and(|found| found.len() > 1));
    let twins = twins.count();
    let time = each(&asked, |part| {
        for group in part {
            black_box(found(group).is_ok());
        }
    });
    let members: usize = asked.iter().map(|group| group.members.len()).sum();
    report.add(
        format!("groups of equal membership among {}", counted(count)),
        time / 1e6,
        Unit::Milliseconds,
        Target::AtMost(5.0),
        format!(
            "{} groups of {} members on average in turn, {twins} of which have an equal, all of them \
             read whole, warm",
            asked.len(),
            members / asked.len(),
        ),
    );
    Ok(())
}

fn verify(store: &Store, report: &mut Report) -> Result<()> {
    let newest = store.head()?.head.seq;
    let time = median_of(5, || {
        let mut clean = Ok(false);
        let time = elapsed(&mut || {
            clean = store.verify(Reference::FileAlone).map(|report| report.is_clean());
        });
        match clean {
            Ok(true) => Ok(time),
            Ok(false) => Err("the trail is not clean".into()),
            Err(error) => Err(Box::<dyn std::error::Error>::from(error)),
        }
    })?;
    let sample = store.changes_at_most(store_middle(newest)?, 1_000)?.changes;
    let bytes: usize = sample
        .iter()
        .map(|change| serde_json::to_string(&change.payload).map_or(0, |text| text.len()))
        .sum();
    report.add(
        "`audit verify`",
        newest as f64 / time.as_secs_f64(),
        Unit::PerSecond,
        Target::AtLeast(400_000.0),
        format!(
            "rows a second, {} rows with payloads of {} bytes on average, the file alone, warm, one \
             thread",
            counted(newest as usize),
            bytes / sample.len().max(1),
        ),
    );
    Ok(())
}

/// A place in the middle of the feed.
fn store_middle(newest: u64) -> Result<cerebrate_store::feed::Cursor> {
    Ok(format!("c{:x}", newest / 2).parse()?)
}

fn figures(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let some: Vec<usize> = (0..count).step_by(50).collect();
    let organisations = some.iter().map(|number| Organisations::id(*number)).collect();
    let part = Sights::everything()
        .only(Sort::Organisation, Anchors { organisations, ..Anchors::default() });
    let top = Top::default();
    for (sights, whose) in [
        (&Sights::everything(), "of everything".to_owned()),
        (&part, format!("of {} organisations that are seen", counted(some.len()))),
    ] {
        store.activity(30, sights)?;
        store.statistics(&top, sights)?;
        let activity = once(|| {
            black_box(store.activity(30, sights).is_ok());
        });
        let statistics = once(|| {
            black_box(store.statistics(&top, sights).is_ok());
        });
        let how = format!("{} organisations with 3 values each, all new, warm", counted(count));
        for (what, time) in [("activity of 30 days", activity), ("distributions", statistics)] {
            report.add(
                format!("{what}, {whose}"),
                time / 1e6,
                Unit::Milliseconds,
                Target::AtMost(200.0),
                how.clone(),
            );
        }
    }
    Ok(())
}

fn constituencies(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let question = ConstituencyQuestion::default();
    let found = store.constituency_report(&question, &Sights::everything())?;
    let time = once(|| {
        black_box(store.constituency_report(&question, &Sights::everything()).is_ok());
    });
    report.add(
        "constituency overlaps and gaps",
        time / 1e6,
        Unit::Milliseconds,
        Target::None,
        format!(
            "{} prefixes, AS numbers and domains each; {} overlaps told, more of {} kinds",
            counted(count),
            counted(found.overlaps.len()),
            found.more_overlaps.len(),
        ),
    );
    Ok(())
}
