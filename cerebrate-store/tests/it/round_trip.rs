//! What is exported can be imported: into an empty store, it is what it was.

use std::collections::BTreeSet;

use cerebrate_core::model::{Alignment, Individual, MetaField, Organisation, Record};
use cerebrate_store::Store;
use cerebrate_store::import::ImportReport;
use cerebrate_testkit::arbitrary::records;
use proptest::prelude::*;

use crate::world::store;

/// The ways in which organisations and individuals leave a store and enter another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Json,
    PrettyJson,
    /// Everything in one document.
    All,
    Csv,
}

/// A store that holds what another one exports.
fn moved(from: &Store, way: Way) -> (Store, [ImportReport; 2]) {
    let to = store();
    let (mut organisations, mut individuals) = (Vec::new(), Vec::new());
    match way {
        Way::Json | Way::PrettyJson => {
            let pretty = way == Way::PrettyJson;
            from.export().organisations().pretty(pretty).json(&mut organisations).unwrap();
            from.export().individuals().pretty(pretty).json(&mut individuals).unwrap();
        }
        Way::All => {
            from.export().all().json(&mut organisations).unwrap();
            individuals.clone_from(&organisations);
        }
        Way::Csv => {
            from.export().organisations().csv(&mut organisations).unwrap();
            from.export().individuals().csv(&mut individuals).unwrap();
        }
    }
    let (first, second) = (to.import_organisations(), to.import_individuals());
    let (first, second) = match way {
        Way::Csv => (first.csv(organisations.as_slice()), second.csv(individuals.as_slice())),
        _ => (first.json(organisations.as_slice()), second.json(individuals.as_slice())),
    };
    let reports = [first.apply().unwrap(), second.apply().unwrap()];
    (to, reports)
}

/// What is in a store of the two kinds and what connects them.
#[derive(Debug, PartialEq)]
struct Content {
    organisations: Vec<Organisation>,
    individuals: Vec<Individual>,
    alignments: Vec<Alignment>,
}

impl Content {
    fn of(store: &Store) -> Self {
        let mut content = Content {
            organisations: store.organisations().find().one_page(100).unwrap().records,
            individuals: store.individuals().find().one_page(100).unwrap().records,
            alignments: store.alignments().find().one_page(100).unwrap().records,
        };
        content.organisations.sort_by_key(|record| record.id);
        content.individuals.sort_by_key(|record| record.id);
        content
            .alignments
            .sort_by_key(|record| (record.individual, record.organisation, record.role.clone()));
        content
    }

    /// Without what a file does not tell: texts that are blank, and in which order fields stand.
    fn told(mut self) -> Self {
        let blank = |text: &mut Option<String>| {
            text.take_if(|text| text.trim().is_empty());
        };
        for record in &mut self.organisations {
            blank(&mut record.url);
            blank(&mut record.nationality);
            blank(&mut record.sector);
            blank(&mut record.kind);
            blank(&mut record.contacts);
        }
        for record in &mut self.individuals {
            blank(&mut record.position);
            for name in [&mut record.first_name, &mut record.last_name] {
                if name.trim().is_empty() {
                    name.clear();
                }
            }
        }
        for values in self.values() {
            values.sort_by(|a, b| (a.template, &a.field).cmp(&(b.template, &b.field)));
        }
        self
    }

    /// Without what a table has no place for: the times of single values and of alignments.
    fn into_table(mut self) -> Self {
        for value in self.values().flatten() {
            (value.created, value.modified) = (None, None);
        }
        self.alignments.iter_mut().for_each(|record| record.created = None);
        self
    }

    fn values(&mut self) -> impl Iterator<Item = &mut Vec<MetaField>> {
        let organisations = self.organisations.iter_mut().map(|record| &mut record.meta_fields);
        organisations.chain(self.individuals.iter_mut().map(|record| &mut record.meta_fields))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_comes_back(
        records in records(),
        roles in proptest::collection::vec((0_usize..3, 0_usize..3, ".{0,6}"), 0..6),
    ) {
        let from = store();
        for mut record in records {
            // A value that stands twice is kept once.
            let mut met = BTreeSet::new();
            let mut once = |values: &mut Vec<MetaField>| values.retain(|value| {
                met.insert((value.template, value.field.clone(), value.value.clone()))
            });
            match &mut record {
                Record::Organisation(record) => once(&mut record.meta_fields),
                Record::Individual(record) => once(&mut record.meta_fields),
                _ => {}
            }
            match record {
                Record::Organisation(record) => drop(from.organisations().insert(record).unwrap()),
                Record::Individual(record) => drop(from.individuals().insert(record).unwrap()),
                Record::Alignment(record) => drop(from.alignments().insert(record).unwrap()),
                _ => {}
            }
        }
        let people = Content::of(&from);
        for (individual, organisation, role) in roles {
            let alignment = Alignment::new(
                people.individuals[individual].id,
                people.organisations[organisation].id,
                role,
            );
            from.alignments().upsert(alignment).unwrap();
        }
        for way in [Way::Json, Way::PrettyJson, Way::All, Way::Csv] {
            let (to, reports) = moved(&from, way);
            for report in &reports {
                prop_assert_eq!(&report.problems, &vec![], "{:?}", way);
            }
            let mut before = Content::of(&from).told();
            let mut after = Content::of(&to).told();
            if way == Way::Csv {
                (before, after) = (before.into_table(), after.into_table());
            }
            for (after, before) in after.individuals.iter().zip(&before.individuals) {
                prop_assert_eq!(after, before, "{:?}", way);
            }
            for (after, before) in after.organisations.iter().zip(&before.organisations) {
                prop_assert_eq!(after, before, "{:?}", way);
            }
            prop_assert_eq!(after, before, "{:?}", way);
        }
    }
}
