use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use serde::Serialize;

use crate::backend::Read;
use crate::feed::Action;

/// For how many days activity is told at most: ten years.
pub const DAYS: u32 = 3_660;

const DAY: i64 = 86_400;

/// What happened, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Activity {
    /// How many days it is about; the last one is today.
    pub days: u32,
    /// Each kind of record, also one to which nothing happened.
    pub kinds: Vec<KindActivity>,
}

/// What happened to the records of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KindActivity {
    /// Which kind.
    pub kind: EntityKind,
    /// How many records there are.
    pub total: u64,
    /// Additions.
    pub created: Series,
    /// Changes: a record that changed twice counts twice.
    pub modified: Series,
    /// Removals. A store seen as somebody who does not see every record of the kind tells of none.
    pub removed: Series,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Series {
    /// On all days together.
    pub variation: u64,
    /// On each day, oldest first.
    pub timeline: Vec<Day>,
}

/// How often something happened on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Day {
    /// The day in UTC, such as `2026-11-24`.
    pub time: String,
    /// How often.
    pub count: u64,
}

pub(super) fn of(read: &dyn Read, days: u32, now: Timestamp) -> Result<Activity> {
    if days == 0 || days > DAYS {
        return Err(Error::new(Kind::Invalid, "tell activity", "not a number of days")
            .with("days", days)
            .hint(format!("from 1 to {DAYS}")));
    }
    let today = now.unix().div_euclid(DAY);
    let first = today - i64::from(days) + 1;
    let names: Vec<String> = (first..=today).map(name).collect();
    let empty = || Series {
        variation: 0,
        timeline: names.iter().map(|time| Day { time: time.clone(), count: 0 }).collect(),
    };
    let mut kinds = Vec::with_capacity(EntityKind::ALL.len());
    for kind in EntityKind::ALL {
        let total = read.count(kind, &[])?;
        let (created, modified, removed) = (empty(), empty(), empty());
        kinds.push(KindActivity { kind, total, created, modified, removed });
    }
    for count in read.activity(Timestamp::from_unix(first * DAY), days, None)? {
        let Some(kind) = kinds.iter_mut().find(|kind| kind.kind == count.kind) else { continue };
        let series = match count.action {
            Action::Insert => &mut kind.created,
            Action::Update => &mut kind.modified,
            Action::Remove => &mut kind.removed,
            // That the trail tells less of a record is no change of the record.
            Action::Erase => continue,
        };
        let day = usize::try_from(count.day).ok().and_then(|day| series.timeline.get_mut(day));
        if let Some(day) = day {
            day.count += count.count;
            series.variation += count.count;
        }
    }
    Ok(Activity { days, kinds })
}

/// A day as `YYYY-MM-DD`.
fn name(day: i64) -> String {
    let mut name = Timestamp::from_unix(day * DAY).to_string();
    name.truncate("0000-00-00".len());
    name
}
