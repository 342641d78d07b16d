//! Communities of made-up teams and people, the same for the same seed.

use std::fmt::Write;

use cerebrate_core::meta::Library;
use cerebrate_core::model::{Alignment, Individual, Organisation, SharingGroup};
use cerebrate_store::{Store, StoreOptions};

use crate::builders::{
    constituency, extra, individual, individual_id, organisation, organisation_id, sharing_group,
};
use crate::clock::Ticks;
use crate::ids::Counting;

/// Records of one community, in the order in which they can be stored.
#[derive(Debug, Clone, Default)]
pub struct Community {
    /// The teams.
    pub organisations: Vec<Organisation>,
    /// The people.
    pub individuals: Vec<Individual>,
    /// Who works where: nearly everybody somewhere, some in two places.
    pub alignments: Vec<Alignment>,
    /// A few circles.
    pub sharing_groups: Vec<SharingGroup>,
}

impl Community {
    /// Stores everything as one change set.
    pub fn store_in(&self, store: &Store) -> cerebrate_core::Result<()> {
        store.transaction(|transaction| {
            transaction.organisations().upsert_all(self.organisations.iter().cloned())?;
            transaction.individuals().upsert_all(self.individuals.iter().cloned())?;
            transaction.alignments().upsert_all(self.alignments.iter().cloned())?;
            transaction.sharing_groups().upsert_all(self.sharing_groups.iter().cloned())?;
            Ok(())
        })
    }
}

/// Options with a clock that ticks and identities that count.
pub fn options() -> StoreOptions {
    Store::options().clock(Ticks::default()).ids(Counting::default())
}

/// The same store, with the shipped templates in it.
pub fn with_templates(store: Store) -> Store {
    store
        .meta_templates()
        .upsert_all(Library::shipped().iter().map(|template| template.template().clone()))
        .unwrap();
    store
}

/// A community of twelve teams and ten people.
pub fn small() -> Community {
    community(1, 12, 10)
}

/// A community of that size. Names come in several scripts; some values are not valid, some wait
/// for a template that nobody has.
pub fn community(seed: u64, organisations: usize, individuals: usize) -> Community {
    let mut dice = Dice::new(seed);
    let mut made = Community::default();
    for number in 0..organisations {
        made.organisations.push(team(&mut dice, number));
    }
    for number in 0..individuals {
        made.individuals.push(person(&mut dice, number));
        if organisations == 0 || dice.below(20) == 0 {
            continue;
        }
        for role in ["Member", "Head"].into_iter().take(1 + usize::from(dice.below(8) == 0)) {
            let team = organisation_id(dice.below(organisations) as u128);
            made.alignments.push(Alignment::new(individual_id(number as u128), team, role));
        }
    }
    for number in 0..organisations.min(5) {
        let owner = dice.below(organisations) as u128;
        let mut group = sharing_group(number as u128, dice.pick(&CIRCLES), owner);
        for _ in 0..dice.below(6) {
            group = group.member(dice.below(organisations) as u128);
        }
        made.sharing_groups.push(group.build());
    }
    made
}

const TEAMS: [&str; 10] = [
    "CERT",
    "CSIRT",
    "SOC",
    "Équipe de réponse",
    "Команда реагування",
    "応急対応チーム",
    "Ομάδα Απόκρισης",
    "צוות תגובה",
    "Rychlá skupina",
    "Ærlig Øvelse",
];
const PLACES: [(&str, &str); 8] = [
    ("Luxembourg", "LU"),
    ("Österreich", "Austria"),
    ("Ukraine", "UA"),
    ("日本", "Japan"),
    ("Ελλάς", "GR"),
    ("Česko", "Czechia"),
    ("Norge", "NO"),
    ("Atlantis", "Atlantis"),
];
const SECTORS: [&str; 5] = ["energy", "Énergie", "finance", "research", "health"];
const LABELS: [&str; 6] =
    ["tlp:green", "tlp:amber", "sector:énergie", "csirt", "first:member", "100%"];
const FIRST: [&str; 7] = ["Ana", "Zoë", "Олена", "太郎", "Μαρία", "Søren", "Jean-Luc"];
const LAST: [&str; 7] =
    ["Müller", "O'Brien", "Шевченко", "山田", "Παπαδοπούλου", "Łukasz", "de Vries"];
const CIRCLES: [&str; 3] = ["Trusted circle", "Энергетика", "Exercise 2027"];

fn team(dice: &mut Dice, number: usize) -> Organisation {
    let (place, nationality) = dice.pick(&PLACES);
    let mut name = format!("{} {place}", dice.pick(&TEAMS));
    if dice.below(4) > 0 {
        let _ = write!(name, " {number}");
    }
    let mut team = organisation(number as u128, &name)
        .nationality(nationality)
        .contacts(&format!("soc{number}@team.example"));
    if dice.below(3) > 0 {
        team = team.sector(dice.pick(&SECTORS));
    }
    for _ in 0..dice.below(3) {
        team = team.tag(dice.pick(&LABELS));
    }
    for _ in 0..dice.below(4) {
        let (a, b) = (dice.below(224), dice.below(256));
        team = match dice.below(12) {
            0..=3 => team.network(&format!("{}.{b}.0.0/{}", a.max(1), 16 + dice.below(9))),
            4 | 5 => team.network(&format!("2001:db8:{a:x}{b:02x}::/48")),
            6 => team.value(constituency("AS Number", &format!("AS{}", 64_496 + b))),
            7 | 8 => team.domain(&format!("team{number}.example")),
            9 => team.value(constituency("Country", place)),
            10 => team.network("10.0.0.0/33"),
            _ => team.value(extra(9, "colour", "red")),
        };
    }
    team.build()
}

fn person(dice: &mut Dice, number: usize) -> Individual {
    let (first, last) = (dice.pick(&FIRST), dice.pick(&LAST));
    let email = match dice.below(15) {
        0 => "not an address".to_owned(),
        _ => format!("person{number}@team.example"),
    };
    let mut person = individual(number as u128, &email).named(first, last);
    if dice.below(4) == 0 {
        person = person.tag(dice.pick(&LABELS));
    }
    person.build()
}

/// A small generator of numbers (splitmix64): the same on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
