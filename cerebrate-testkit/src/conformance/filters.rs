//! Which records a question finds.

use std::collections::BTreeSet;

use cerebrate_core::access::Anchors;
use cerebrate_core::error::Kind;
use cerebrate_core::fold::fold;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{Alignment, Organisation, Owner, TagName};
use cerebrate_core::query::{Column, Filter, OrderBy, TagTest, TextTest};
use cerebrate_core::value::{CountryCode, Timestamp};
use proptest::prelude::*;

use super::{Open, property};
use crate::builders::{
    encryption_key, individual, individual_id, mailing_list, organisation, organisation_group,
    organisation_id, sharing_group,
};
use crate::steps::{NAMES, TAGS};
use crate::world;

/// Equal, not equal and like, without regard to case and accents.
pub fn texts_are_equal_not_equal_or_like(open: Open<'_>) {
    let store = open();
    for (number, name, sector) in
        [(1, "Élite", Some("Énergie")), (2, "elite 100%", Some("health")), (3, "Other", None)]
    {
        let team =
            organisation(number, name).with(|team| team.sector = sector.map(str::to_owned)).build();
        store.organisations().insert(team).unwrap();
    }
    let find = |column, test| -> Vec<u128> {
        let found = store.organisations().find().filter(Filter::Text(column, test)).all().unwrap();
        (1..4).filter(|number| found.iter().any(|o| o.id == organisation_id(*number))).collect()
    };
    let equals = |text: &str| TextTest::Equals(text.to_owned());
    let not = |text: &str| TextTest::Not(text.to_owned());
    let like = |text: &str| TextTest::Like(text.to_owned());
    assert_eq!(find(Column::Name, equals("ELITE")), [1]);
    assert_eq!(find(Column::Name, equals("elite%")), Vec::<u128>::new());
    assert_eq!(find(Column::Name, like("élite%")), [1, 2]);
    assert_eq!(find(Column::Name, like("%L_T%")), [1, 2]);
    assert_eq!(find(Column::Name, like("elite")), [1]);
    assert_eq!(find(Column::Sector, equals("energie")), [1]);
    assert_eq!(find(Column::Sector, not("ENERGIE")), [2, 3]);
    assert_eq!(find(Column::Sector, like("%")), [1, 2, 3]);
    let many = |sign: &str| like(&sign.repeat(9));
    for test in [many("%"), many("％"), like(&"x".repeat(2_000))] {
        let refused = store.organisations().find().filter(Filter::Text(Column::Name, test)).count();
        assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
    }
    let tag = organisation(4, "D").tag("Été").build();
    store.organisations().insert(tag).unwrap();
    assert_eq!(store.tags().find().name("ETE").count().unwrap(), 1);
}

/// What hangs on an organisation, an individual or a user, through whatever connects them.
pub fn records_hang_on_what_they_belong_to(open: Open<'_>) {
    let store = open();
    for number in 1..4 {
        store.organisations().insert(organisation(number, "Team").build()).unwrap();
        let person = individual(number, &format!("p{number}@example.lu")).build();
        store.individuals().insert(person).unwrap();
        let employed = Alignment::new(individual_id(number), organisation_id(number), "Member");
        store.alignments().insert(employed).unwrap();
        store.encryption_keys().insert(encryption_key(number, number).build()).unwrap();
        let key = encryption_key(number + 10, number)
            .with(|key| key.owner = Owner::Individual(individual_id(number)));
        store.encryption_keys().insert(key.build()).unwrap();
        let list = mailing_list(number, "List").individual(number).build();
        store.mailing_lists().insert(list).unwrap();
    }
    for number in 1..4 {
        let group = sharing_group(number, "Group", number % 3 + 1).member(number).build();
        store.sharing_groups().insert(group).unwrap();
    }
    let on = |organisations: &[u128], individual: Option<u128>| {
        Filter::HangsOn(Anchors {
            organisations: organisations.iter().map(|one| organisation_id(*one)).collect(),
            individual: individual.map(individual_id),
            ..Anchors::default()
        })
    };
    for (filter, counts) in [
        (on(&[], None), [0, 0, 0, 0, 0, 0]),
        (on(&[1], None), [1, 1, 1, 2, 2, 0]),
        (on(&[1, 2], None), [2, 2, 2, 4, 3, 0]),
        (on(&[1], Some(1)), [1, 1, 1, 2, 2, 1]),
        (on(&[1], Some(2)), [1, 2, 1, 3, 2, 1]),
        (on(&[], Some(9)), [0, 0, 0, 0, 0, 0]),
        (on(&[9], None), [0, 0, 0, 0, 0, 0]),
    ] {
        let found = [
            store.organisations().find().filter(filter.clone()).count().unwrap(),
            store.individuals().find().filter(filter.clone()).count().unwrap(),
            store.alignments().find().filter(filter.clone()).count().unwrap(),
            store.encryption_keys().find().filter(filter.clone()).count().unwrap(),
            store.sharing_groups().find().filter(filter.clone()).count().unwrap(),
            store.mailing_lists().find().filter(filter.clone()).count().unwrap(),
        ];
        assert_eq!(found, counts, "{filter:?}");
        let listed = store.individuals().find().filter(filter.clone()).order_by(OrderBy::Name);
        assert_eq!(listed.all().unwrap().len() as u64, counts[1]);
    }
    assert!(store.tags().find().filter(on(&[1], None)).count().is_err(), "nobody's");
}

/// What a kind has not cannot be asked of it: an error, not an empty answer.
pub fn kinds_refuse_columns_they_have_not(open: Open<'_>) {
    let store = open();
    let text = |column| Filter::Text(column, TextTest::Equals("x".to_owned()));
    let tags = || Filter::Tags(TagTest::All(vec!["x".to_owned()]));
    let refused = [
        store.organisations().find().filter(text(Column::Email)).count(),
        store.individuals().find().filter(text(Column::Sector)).count(),
        store.alignments().find().filter(text(Column::Name)).count(),
        store.encryption_keys().find().filter(text(Column::Description)).count(),
        store.tags().find().filter(tags()).count(),
        store.sharing_groups().find().filter(tags()).count(),
        store.sharing_groups().find().meta("Domain", "x").count(),
        store.individuals().find().filter(Filter::Country("LU".to_owned())).count(),
        store.tags().find().organisation(organisation_id(1)).count(),
        store.organisations().find().filter(Filter::Individual(individual_id(1))).count(),
        store.meta_templates().find().modified_since(Timestamp::from_unix(0)).count(),
        store.alignments().find().order_by(OrderBy::Name).one_page(1).map(|_| 0),
        store.tags().find().order_by(OrderBy::Modified).one_page(1).map(|_| 0),
    ];
    for (number, answer) in (0..).zip(refused) {
        assert_eq!(answer.map_err(|error| error.kind()), Err(Kind::Invalid), "{number}");
    }
}

const COLUMNS: [Column; 6] = [
    Column::Name,
    Column::Url,
    Column::Nationality,
    Column::Sector,
    Column::Kind,
    Column::Contacts,
];

const TEXTS: [&str; 6] = ["", "Énergie", "energie", "LU", "Luxembourg", "a_b%"];

fn team(number: u128) -> impl Strategy<Value = Organisation> {
    let text = || prop::option::of(prop::sample::select(TEXTS.to_vec()));
    (
        prop::sample::select(NAMES.to_vec()),
        [text(), text(), text(), text(), text()],
        prop::sample::subsequence(TAGS.to_vec(), 0..=TAGS.len()),
        0..5_i64,
    )
        .prop_map(move |(name, texts, tags, modified)| {
            let [url, nationality, sector, kind, contacts] =
                texts.map(|text| text.map(str::to_owned));
            organisation(number, name)
                .modified(1_000 + modified)
                .with(|team| {
                    (team.url, team.nationality, team.sector) = (url, nationality, sector);
                    (team.kind, team.contacts) = (kind, contacts);
                    team.tags = tags.iter().map(|name| name.parse().unwrap()).collect();
                })
                .build()
        })
}

fn filter() -> impl Strategy<Value = Filter> {
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .chain(NAMES)
        .chain(["%", "%e%", "_lite%", "l_", "%ΛΑΚ", "ELITE CERT", "100%", "tlp:%", "%É%", "nobody"])
        .chain(TAGS)
        .collect();
    let text = move || prop::sample::select(texts.clone()).prop_map(str::to_owned);
    let list = prop::collection::vec(text(), 0..4);
    prop_oneof![
        (prop::sample::select(COLUMNS.to_vec()), 0..3, text()).prop_map(|(column, test, text)| {
            let test = match test {
                0 => TextTest::Equals(text),
                1 => TextTest::Not(text),
                _ => TextTest::Like(text),
            };
            Filter::Text(column, test)
        }),
        (0..3, list).prop_map(|(test, tags)| Filter::Tags(match test {
            0 => TagTest::All(tags),
            1 => TagTest::Any(tags),
            _ => TagTest::None(tags),
        })),
        prop::sample::select(vec!["LU", "FR"]).prop_map(|code| Filter::Country(code.to_owned())),
        (999..1_006_i64).prop_map(|at| Filter::ModifiedSince(Timestamp::from_unix(at))),
        (999..1_006_i64).prop_map(|at| Filter::ModifiedBefore(Timestamp::from_unix(at))),
        prop::collection::vec(0..9_u128, 0..4).prop_map(|numbers| {
            Filter::Ids(numbers.into_iter().map(|n| organisation_id(n).into()).collect())
        }),
    ]
}

/// Whatever the filters, the store finds what a plain look at every record finds.
pub fn filters_agree_with_a_naive_model(open: Open<'_>) {
    let teams = (0..6_u128).map(team).collect::<Vec<_>>();
    let questions = prop::collection::vec(prop::collection::vec(filter(), 1..3), 24);
    property(12, &(teams, questions), |(teams, questions)| {
        let store = open();
        store.organisations().upsert_all(teams).unwrap();
        let all = store.organisations().find().all().unwrap();
        for filters in questions {
            let mut find = store.organisations().find();
            for filter in &filters {
                find = find.filter(filter.clone());
            }
            let count = find.count().unwrap();
            let found: BTreeSet<OrganisationId> =
                find.all().unwrap().iter().map(|team| team.id).collect();
            let expected: BTreeSet<OrganisationId> = all
                .iter()
                .filter(|team| filters.iter().all(|filter| passes(team, filter)))
                .map(|team| team.id)
                .collect();
            prop_assert_eq!(&found, &expected, "{:?}", filters);
            prop_assert_eq!(count, found.len() as u64);
        }
        Ok(())
    });
}

fn passes(team: &Organisation, filter: &Filter) -> bool {
    match filter {
        Filter::Text(column, test) => {
            let text = match column {
                Column::Name => Some(team.name.as_str()),
                Column::Url => team.url.as_deref(),
                Column::Nationality => team.nationality.as_deref(),
                Column::Sector => team.sector.as_deref(),
                Column::Kind => team.kind.as_deref(),
                _ => team.contacts.as_deref(),
            };
            let text = fold(text.unwrap_or_default());
            match test {
                TextTest::Equals(wanted) => text == fold(wanted),
                TextTest::Not(wanted) => text != fold(wanted),
                TextTest::Like(pattern) => like(&fold(pattern), &text),
                other => panic!("{other:?}"),
            }
        }
        Filter::Tags(test) => {
            let carries = |wanted: &String| {
                let wanted = wanted.trim().to_lowercase();
                team.tags.iter().map(TagName::folded).any(|tag| {
                    if wanted.contains('%') { like(&wanted, &tag) } else { wanted == tag }
                })
            };
            match test {
                TagTest::All(tags) => tags.iter().all(carries),
                TagTest::Any(tags) => tags.iter().any(carries),
                TagTest::None(tags) => !tags.iter().any(carries),
                other => panic!("{other:?}"),
            }
        }
        Filter::Country(code) => {
            let country = team.nationality.as_deref().and_then(CountryCode::from_text);
            country.is_some_and(|country| country.as_str() == code)
        }
        Filter::ModifiedSince(at) => team.modified >= Some(*at),
        Filter::ModifiedBefore(at) => team.modified < Some(*at),
        Filter::Ids(ids) => ids.contains(&team.id.uuid()),
        other => panic!("{other:?}"),
    }
}

/// `%` is any text and `_` one character, said as plainly as can be.
fn like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| like(rest.as_str(), &text[at..]))
        }
        Some(wanted) => {
            let mut characters = text.chars();
            characters.next().is_some_and(|found| {
                (wanted == '_' || wanted == found) && like(rest.as_str(), characters.as_str())
            })
        }
    }
}

/// Lists of thousands are answered; what is over the limit is refused as such.
pub fn long_lists_are_answered_and_longer_ones_refused(open: Open<'_>) {
    let store = open();
    let carried: Vec<String> = (0..30).map(|number| format!("tag {number}")).collect();
    let mut team = organisation(1, "A");
    for tag in &carried {
        team = team.tag(tag);
    }
    store.organisations().insert(team.build()).unwrap();
    store.organisations().insert(organisation(2, "B").tag("tag 3").build()).unwrap();
    let many: Vec<String> = (0..9_000).map(|number| format!("tag {number}")).collect();
    let count = |test: TagTest| store.organisations().find().filter(Filter::Tags(test)).count();
    assert_eq!(count(TagTest::Any(many.clone())).unwrap(), 2);
    assert_eq!(count(TagTest::None(many.clone())).unwrap(), 0);
    assert_eq!(count(TagTest::All(many)).unwrap(), 0);
    let twice: Vec<String> = carried.iter().chain(&carried).cloned().collect();
    assert_eq!(count(TagTest::All(twice)).unwrap(), 1);
    assert_eq!(count(TagTest::All(Vec::new())).unwrap(), 2);
    let ids: Vec<_> = (0..10_000).map(organisation_id).collect();
    assert_eq!(store.organisations().find().ids(ids.clone()).count().unwrap(), 2);
    assert_eq!(store.organisations().find().ids([]).count().unwrap(), 0);
    let kind = |answer: cerebrate_core::Result<u64>| answer.map_err(|error| error.kind());
    let over: Vec<_> = (0..10_001).map(organisation_id).collect();
    assert_eq!(kind(store.organisations().find().ids(over).count()), Err(Kind::Exhausted));
    let pattern: Vec<String> = (0..1_000).map(|number| format!("{number}%")).collect();
    assert_eq!(kind(count(TagTest::Any(pattern))), Err(Kind::Exhausted));
    let mut find = store.organisations().find();
    for _ in 0..4 {
        find = find.ids(ids.clone());
    }
    assert_eq!(kind(find.count()), Err(Kind::Exhausted), "too many values in all");
    let mut find = store.organisations().find();
    for _ in 0..5_000 {
        find = find.name("a");
    }
    assert_eq!(kind(find.count()), Err(Kind::Exhausted), "too many filters");
}

/// What belongs to an organisation, and what to an individual.
pub fn belonging_is_found(open: Open<'_>) {
    let store = open();
    world::community(5, 4, 3).store_in(&store).unwrap();
    for group in store.sharing_groups().find().all().unwrap() {
        store.sharing_groups().remove(group.id).unwrap();
    }
    for alignment in store.alignments().find().all().unwrap() {
        store.alignments().remove(cerebrate_core::model::Entity::id(&alignment)).unwrap();
    }
    let alignment = Alignment::new(individual_id(1), organisation_id(2), "Head");
    store.alignments().insert(alignment).unwrap();
    store.sharing_groups().insert(sharing_group(7, "Owned", 2).build()).unwrap();
    store.sharing_groups().insert(sharing_group(8, "Joined", 0).member(2).build()).unwrap();
    store.sharing_groups().insert(sharing_group(9, "Foreign", 0).member(1).build()).unwrap();
    let group = organisation_group(1, "Of two").organisation(2).organisation(3).build();
    store.organisation_groups().insert(group).unwrap();
    store.mailing_lists().insert(mailing_list(1, "List").individual(1).build()).unwrap();
    store.encryption_keys().insert(encryption_key(1, 2).build()).unwrap();
    store.individuals().insert(individual(50, "alone@b.example").build()).unwrap();
    let of = |number| organisation_id(number);
    assert_eq!(store.individuals().find().organisation(of(2)).all().unwrap().len(), 1);
    assert_eq!(store.individuals().find().organisation(of(3)).count().unwrap(), 0);
    assert_eq!(store.alignments().find().organisation(of(2)).count().unwrap(), 1);
    assert_eq!(store.sharing_groups().find().organisation(of(2)).count().unwrap(), 2);
    assert_eq!(store.organisation_groups().find().organisation(of(3)).count().unwrap(), 1);
    assert_eq!(store.encryption_keys().find().organisation(of(2)).count().unwrap(), 1);
    let person = |number| Filter::Individual(individual_id(number));
    assert_eq!(store.alignments().find().filter(person(1)).count().unwrap(), 1);
    assert_eq!(store.mailing_lists().find().filter(person(1)).count().unwrap(), 1);
    assert_eq!(store.mailing_lists().find().filter(person(50)).count().unwrap(), 0);
}
