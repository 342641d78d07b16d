//! What communities ask: which groups are equal, whether the trail is whole, how records are
//! distributed, where constituencies do not fit together.

use std::hint::black_box;

use cerebrate_core::access::{Actor, Permission, Permissions};
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::secret::SecretText;
use cerebrate_core::sharing::MembershipDigest;
use cerebrate_store::Store;
use cerebrate_store::overlaps::ConstituencyQuestion;
use cerebrate_store::statistics::Top;
use cerebrate_testkit::worlds;
use uuid::Uuid;

use crate::measure::{each, elapsed, median_of};
use crate::organisations::{Organisations, of_usual_size, with_templates};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

/// Members of a large group.
const MEMBERS: usize = 500;

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    digest(report);
    let store = filled(setting)?;
    equal_groups(setting, &store, report);
    auth_keys(&store, report)?;
    drop(store);
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

/// A community with far more sharing groups, and with a node key.
fn filled(setting: &Setting) -> Result<Store> {
    let path = setting.scratch.join("community.db");
    let store = with_templates(Store::options().key(NodeKey::new([7; 32])).open(path)?)?;
    let count = number_of_groups(setting);
    println!("filling a store with a community and {} sharing groups", counted(count));
    worlds::community(1).store_in(&store)?;
    store.sharing_groups().upsert_all(worlds::sharing_groups(2, count))?;
    store.tidy()?;
    Ok(store)
}

fn number_of_groups(setting: &Setting) -> usize {
    if setting.quick { 1_000 } else { 10_000 }
}

fn equal_groups(setting: &Setting, store: &Store, report: &mut Report) {
    let count = number_of_groups(setting);
    let groups = worlds::sharing_groups(2, count);
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
}

fn auth_keys(store: &Store, report: &mut Report) -> Result<()> {
    let users = store.users().find().one_page(200)?.records;
    let keys = users
        .iter()
        .map(|user| Ok(store.issue_auth_key(user.id, None, None)?.1))
        .collect::<Result<Vec<_>>>()?;
    let known = each(&keys, |part| {
        for key in part {
            black_box(store.check_auth_key(key).is_ok());
        }
    });
    let strange: Vec<SecretText> =
        (0..200).map(|number| SecretText::from(format!("{number:040x}"))).collect();
    let unknown = each(&strange, |part| {
        for key in part {
            black_box(store.check_auth_key(key).is_err());
        }
    });
    let how = format!("{} users of {} in turn, warm", keys.len(), counted(worlds::INDIVIDUALS));
    for (what, time, target) in [
        ("check of an auth key", known, Target::AtMost(5.0)),
        ("the same, a key that nobody has", unknown, Target::None),
    ] {
        report.add(what, time / 1e3, Unit::Microseconds, target, how.clone());
    }
    Ok(())
}

fn verify(store: &Store, report: &mut Report) -> Result<()> {
    let newest = store.head()?.head.seq;
    if !store.verify(Reference::FileAlone)?.is_clean() {
        return Err("the trail is not clean".into());
    }
    let time = slow(|| store.verify(Reference::FileAlone).map(black_box).map(drop))?;
    let sample = store.changes_at_most(store_middle(newest)?, 1_000)?.changes;
    let bytes: usize = sample
        .iter()
        .map(|change| serde_json::to_string(&change.payload).map_or(0, |text| text.len()))
        .sum();
    report.add(
        "`audit verify`",
        newest as f64 / time * 1e3,
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

/// Milliseconds for what takes many of them: the median of a few runs, warm.
fn slow(mut work: impl FnMut() -> cerebrate_core::Result<()>) -> Result<f64> {
    work()?;
    let time = median_of(9, || {
        let mut done = Ok(());
        let time = elapsed(&mut || done = work());
        done.map(|()| time)
    })?;
    Ok(time.as_secs_f64() * 1e3)
}

/// A place in the middle of the feed.
fn store_middle(newest: u64) -> Result<cerebrate_store::feed::Cursor> {
    Ok(format!("c{:x}", newest / 2).parse()?)
}

fn figures(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let top = Top::default();
    let mut readers = vec![(store.clone(), "of everything".to_owned())];
    for step in [50, 2] {
        let actor = administrator((0..count).step_by(step));
        let seen = counted(actor.administered.len());
        readers.push((store.as_actor(&actor), format!("of {seen} organisations that are seen")));
    }
    for (store, whose) in readers {
        let activity = slow(|| store.activity(30).map(black_box).map(drop))?;
        let statistics = slow(|| store.statistics(&top).map(black_box).map(drop))?;
        let how = format!("{} organisations with 3 values each, all new, warm", counted(count));
        for (what, time) in [("activity of 30 days", activity), ("distributions", statistics)] {
            report.add(
                format!("{what}, {whose}"),
                time,
                Unit::Milliseconds,
                Target::AtMost(200.0),
                how.clone(),
            );
        }
    }
    Ok(())
}

/// A user who sees organisations by number.
fn administrator(numbers: impl Iterator<Item = usize>) -> Actor {
    let nobody = Uuid::from_u128(1);
    let role = Permissions::NONE.with(Permission::GroupAdmin);
    let mut actor = Actor::new(nobody.into(), nobody.into(), None, role);
    actor.administered = numbers.map(Organisations::id).collect();
    actor
}

fn constituencies(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let question = ConstituencyQuestion::default();
    let found = store.constituency_report(&question)?;
    let time = slow(|| store.constituency_report(&question).map(black_box).map(drop))?;
    report.add(
        "constituency overlaps and gaps",
        time,
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
