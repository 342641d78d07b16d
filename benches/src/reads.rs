//! Reading a filled store: one record, a page, a page far behind, search.

use std::hint::black_box;
use std::time::Duration;

use cerebrate_core::fold::fold;
use cerebrate_core::model::Organisation;
use cerebrate_core::query::{OrderBy, Position, PositionKey};
use cerebrate_store::Store;

use crate::import;
use crate::measure::{each, elapsed, median, once};
use crate::organisations::{Organisations, of_usual_size, with_templates};
use crate::random::Random;
use crate::report::{Report, Target, Unit, counted};
use crate::{Result, Setting};

const PAGE: usize = 50;

/// What people type: a name, its beginning, its middle, common words, a word and a number, a part of an address or
/// number, an e-mail address, what is nowhere.
const NEEDLES: [&str; 15] = [
    "csirt",
    "Authority",
    "Authority 1",
    "nor",
    "lu",
    "cor",
    "felnor",
    "Balum Cor",
    "kalver",
    "AS1234",
    "10.20.",
    "csirt@",
    "türk",
    "nothing like it",
    "zelzelzel",
];

pub(crate) fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let (path, count) = of_usual_size(setting)?;
    let store = Store::open(path)?;
    point(&store, count, report)?;
    pages(&store, count, report)?;
    search(&store, count, report)
}

fn point(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let mut random = Random::new(5);
    let ids: Vec<_> = (0..1_000).map(|_| Organisations::id(random.below(count))).collect();
    store.organisations().require(ids[0])?;
    let time = each(&ids, |part| {
        for id in part {
            black_box(store.organisations().require(*id).is_ok());
        }
    });
    report.add(
        "point read by UUID, with meta-fields",
        time / 1e3,
        Unit::Microseconds,
        Target::AtMost(10.0),
        format!("1,000 random ones of {} in turn, warm", counted(count)),
    );
    Ok(())
}

fn pages(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    for (name, by) in [("by arrival", OrderBy::Arrival), ("by name", OrderBy::Name)] {
        let mut places = vec![None];
        for page in store.organisations().find().order_by(by).page(PAGE).take(99) {
            places.push(page?.next);
        }
        let places: Vec<_> = places.into_iter().take(100.min(count / PAGE)).collect();
        let time = each(&places, |part| {
            for place in part {
                black_box(page_after(store, by, place.clone()).is_ok());
            }
        });
        report.add(
            format!("page of {PAGE} with meta-fields, {name}"),
            time / 1e3,
            Unit::Microseconds,
            Target::AtMost(400.0),
            format!("the first 100 pages of {} in turn, warm", counted(count)),
        );
    }
    Ok(())
}

fn search(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for needle in NEEDLES {
        let found = store.search::<Organisation>(needle, PAGE)?.len();
        let time = once(|| {
            black_box(store.search::<Organisation>(black_box(needle), PAGE).is_ok());
        });
        println!("search `{needle}`: {found} found, {:.3} ms", time / 1e6);
        times.push((time, needle));
    }
    times.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let [.., (slowest, needle)] = times.as_slice() else { return Ok(()) };
    let (median, _) = times[times.len() / 2];
    let how = format!("{} needles, at most {PAGE} answers, warm", times.len());
    report.add(
        format!("`search` over {} organisations, the slowest needle (`{needle}`)", counted(count)),
        slowest / 1e6,
        Unit::Milliseconds,
        Target::AtMost(5.0),
        how.clone(),
    );
    report.add(
        "the same, the median of the needles",
        median / 1e6,
        Unit::Milliseconds,
        Target::AtMost(5.0),
        how,
    );
    Ok(())
}

/// The page at nine tenths of a large store, in which an import may have filled the first half.
pub(crate) fn run_far(setting: &Setting, report: &mut Report) -> Result<()> {
    let half = import::largest(setting);
    let database = import::imported(setting);
    println!("filling a store with {} organisations", counted(half * 2));
    let (store, filled) = if database.exists() {
        (Store::open(&database)?, half)
    } else {
        (with_templates(Store::open(&database)?)?, 0)
    };
    Organisations::new()?.fill(&store, filled, half * 2)?;
    store.tidy()?;
    far_page(&store, half * 2, report)
}

fn far_page(store: &Store, count: usize, report: &mut Report) -> Result<()> {
    let far = count / 10 * 9;
    let mut names: Vec<(String, usize)> =
        (0..count).map(|number| (fold(&Organisations::name(number)), number)).collect();
    names.sort_unstable();
    for (name, by) in [("by arrival", OrderBy::Arrival), ("by name", OrderBy::Name)] {
        // The place behind the record at `rank`, without walking there.
        let place = |rank: usize| -> Result<Option<Position>> {
            let Some(before) = rank.checked_sub(1) else { return Ok(None) };
            let (key, number) = match by {
                OrderBy::Name => (PositionKey::Text(names[before].0.clone()), names[before].1),
                _ => (PositionKey::None, before),
            };
            let local = store.organisations().local_id(Organisations::id(number))?;
            Ok(local.map(|local| Position { key, tie: local.0 }))
        };
        let check = page_after(store, by, place(far)?)?;
        if by == OrderBy::Name
            && check.first().map(|record| fold(&record.name)) != names.get(far).map(|n| n.0.clone())
        {
            return Err("the page does not begin where it should".into());
        }
        let starts: Vec<(Option<Position>, Option<Position>)> = (0..100)
            .map(|page| Ok((place(page * PAGE)?, place(far + page * PAGE)?)))
            .collect::<Result<_>>()?;
        // Both in turn, so that whatever else happens on the machine happens to both.
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for _ in 0..11 {
            for (start, far) in &starts {
                first.push(page_time(store, by, start.as_ref()));
                last.push(page_time(store, by, far.as_ref()));
            }
        }
        let (first, last) = (median(first).as_secs_f64(), median(last).as_secs_f64());
        report.add(
            format!(
                "page of {PAGE} {name} at {} of {}, beside the first",
                counted(far),
                counted(count)
            ),
            last / first,
            Unit::Times,
            Target::AtMost(1.3),
            format!(
                "100 pages there and 100 at the start ({:.0} µs each), in turn, warm, by cursor",
                first * 1e6
            ),
        );
    }
    Ok(())
}

fn page_time(store: &Store, by: OrderBy, place: Option<&Position>) -> Duration {
    elapsed(&mut || {
        black_box(page_after(store, by, place.cloned()).is_ok());
    })
}

fn page_after(store: &Store, by: OrderBy, place: Option<Position>) -> Result<Vec<Organisation>> {
    let find = store.organisations().find().order_by(by);
    let find = match place {
        Some(place) => find.after(place),
        None => find,
    };
    Ok(find.one_page(PAGE)?.records)
}
