use cerebrate_core::Kind;
use cerebrate_core::id::IndividualId;
use cerebrate_core::model::Individual;
use cerebrate_store::duplicates::{DuplicateOptions, Reason};
use uuid::Uuid;

use crate::world::{constituency, organisation, store};

#[test]
fn candidates_come_with_score_and_reasons_the_likeliest_first() {
    let store = store();
    for (number, name, url, contacts, country) in [
        (1, "CIRCL", "https://www.circl.lu", "info@circl.lu", "LU"),
        (2, "circl", "circl.lu", "INFO@circl.lu", "Luxembourg"),
        (3, "National Cyber Security Centre", "https://ncsc.nl", "", "NL"),
        (4, "National Cyber Security Center", "https://ncsc.gov.ie", "", "IE"),
        (5, "National Cyber Security Centre", "", "a@ncsc.nl", "NL"),
        (6, "Lonely Team", "", "someone@gmail.com", "AT"),
        (7, "Other Lonely", "", "other@gmail.com", "AT"),
        (8, "Bund CERT", "", "", "DE"),
        (9, "CERT-Bund", "", "", "DE"),
        (10, "CSOC", "", "shared@soc.example", ""),
        (11, "Security Desk", "", "Shared@soc.example", ""),
    ] {
        let mut team = organisation(number, name);
        team.url = Some(url.to_owned()).filter(|url| !url.is_empty());
        team.contacts = Some(contacts.to_owned()).filter(|text| !text.is_empty());
        team.nationality = Some(country.to_owned()).filter(|text| !text.is_empty());
        store.organisations().insert(team).unwrap();
    }
    let found = store.duplicates(&DuplicateOptions::organisations()).unwrap();
    let pairs: Vec<(u128, u128)> =
        found.iter().map(|pair| (pair.a.as_u128(), pair.b.as_u128())).collect();
    assert_eq!(pairs, [(1, 2), (3, 5), (10, 11), (8, 9)], "{found:#?}");
    assert_eq!(
        found[0].reasons,
        [
            Reason::SameName,
            Reason::SameEmail("info@circl.lu".to_owned()),
            Reason::SameDomain("circl.lu".to_owned()),
        ]
    );
    assert_eq!(found[3].reasons, [Reason::SameWords]);
    assert!(found.iter().all(|pair| (0.5..=1.0).contains(&pair.score)));
    assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    let all = store.duplicates(&DuplicateOptions::organisations().at_least(0.0)).unwrap();
    assert!(all.iter().any(|pair| pair.reasons == [Reason::NearName]));
    assert!(all.len() > found.len());
    let one = store.duplicates(&DuplicateOptions::organisations().limit(1)).unwrap();
    assert_eq!(one, found[..1]);
    let wrong = store.duplicates(&DuplicateOptions::organisations().at_least(f64::NAN));
    assert_eq!(wrong.unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn a_domain_served_tells_little_and_a_top_level_domain_nothing() {
    let store = store();
    for (number, value) in [(1, ".lu"), (2, ".lu"), (3, "a.example"), (4, "a.example")] {
        let mut team = organisation(number, &format!("{number}"));
        team.meta_fields = vec![constituency("Domain", value)];
        store.organisations().insert(team).unwrap();
    }
    assert_eq!(store.duplicates(&DuplicateOptions::organisations()).unwrap(), []);
    let all = store.duplicates(&DuplicateOptions::organisations().at_least(0.1)).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].reasons, [Reason::SameDomain("a.example".to_owned())]);
}

#[test]
fn individuals_by_name_and_address() {
    let store = store();
    for (number, email, first, last) in
        [(1, "a@x.lu", "Ada", "L"), (2, "A@X.LU", "", ""), (3, "other@x.lu", "ada", "l")]
    {
        let mut person = Individual::new(IndividualId::new(Uuid::from_u128(number)), email);
        person.first_name = first.to_owned();
        person.last_name = last.to_owned();
        store.individuals().insert(person).unwrap();
    }
    let found = store.duplicates(&DuplicateOptions::individuals()).unwrap();
    let pairs: Vec<(u128, u128)> =
        found.iter().map(|pair| (pair.a.as_u128(), pair.b.as_u128())).collect();
    assert_eq!(pairs, [(1, 3), (1, 2)]);
}

#[test]
fn many_records_of_one_name_are_no_burden() {
    let store = store();
    let teams = (1..3_000).map(|number| organisation(number, "CERT"));
    store.organisations().upsert_all(teams).unwrap();
    let found = store.duplicates(&DuplicateOptions::organisations()).unwrap();
    assert_eq!(found.len(), 1_000);
}
