//! Who is responsible, asked as users ask.

mod fresh;
mod model;

use cerebrate_core::constituency::BasisKind;
use cerebrate_core::model::{MetaField, TemplateKey};
use cerebrate_core::subject::Subject;
use cerebrate_core::value::Asn;
use cerebrate_store::Store;
use cerebrate_store::lookup::Responsibility;
use serde_json::json;

use crate::world::{claiming, id, organisation, sample_teams, store};

fn who(store: &Store, text: &str) -> Responsibility {
    ask(store, text.parse().unwrap())
}

/// Asks the store itself and the index, which have to agree.
fn ask(store: &Store, subject: Subject) -> Responsibility {
    let by_query = store.lookup().responsible_by_query(subject.clone()).unwrap();
    store.lookup().refresh().unwrap();
    assert_eq!(store.responsible_for(subject).unwrap(), by_query);
    by_query
}

fn shown(answer: &Responsibility) -> Vec<String> {
    answer.iter().map(|hit| format!("{}: {}", hit.organisation.name, hit.basis)).collect()
}

#[test]
fn the_sample_teams_are_found() {
    let store = store();
    store.organisations().upsert_all(sample_teams()).unwrap();
    for (subject, expected) in [
        ("185.194.93.14", "CIRCL: prefix 185.194.92.0/22"),
        ("AS197869", "CIRCL: asn AS197869"),
        ("www.circl.lu", "CIRCL: domain .lu"),
        ("info@cert.at", "CERT.at: domain .at"),
        ("AL", "AKCESK/NAECCS: country AL"),
        ("https://185.194.93.14:8443/login?a=b", "CIRCL: prefix 185.194.92.0/22"),
        ("::ffff:185.194.93.14", "CIRCL: prefix 185.194.92.0/22"),
        ("185.194.94.0/24", "CIRCL: prefix 185.194.92.0/22"),
        ("asn 197869", "CIRCL: asn AS197869"),
        (".lu", "CIRCL: domain .lu"),
        ("bücher.lu", "CIRCL: domain .lu"),
    ] {
        assert_eq!(shown(&who(&store, subject)), [expected], "{subject}");
    }
    assert_eq!(
        shown(&who(&store, "bmi.gv.at")),
        ["GovCERT Austria: domain gv.at", "CERT.at: domain .at"]
    );
    for nobody in ["192.0.2.7", "185.194.88.0/21", "AS64500", "example.com", "FR", "::/0"] {
        let answer = who(&store, nobody);
        assert!(answer.is_empty() && answer.best().is_empty(), "{nobody}");
    }
}

#[test]
fn an_answer_serialises_as_the_command_line_prints_it() {
    let store = store();
    store.organisations().upsert_all(sample_teams()).unwrap();
    let circl = json!({ "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f", "name": "CIRCL" });
    assert_eq!(
        serde_json::to_value(who(&store, "185.194.93.14")).unwrap(),
        json!({
            "subject": "185.194.93.14",
            "matches": [
                { "organisation": circl, "basis": { "kind": "prefix", "value": "185.194.92.0/22" } }
            ]
        })
    );
    assert_eq!(
        serde_json::to_value(who(&store, "LU")).unwrap()["matches"],
        json!([{ "organisation": circl, "basis": { "kind": "country", "value": "Luxembourg" } }])
    );
    let nobody = serde_json::to_string(&who(&store, "192.0.2.7")).unwrap();
    assert_eq!(nobody, r#"{"subject":"192.0.2.7","matches":[]}"#);
}

#[test]
fn the_most_specific_claim_of_each_kind_is_first() {
    let store = store();
    store
        .organisations()
        .upsert_all([
            claiming(1, "World", &[("IPv4 address", "0.0.0.0/0"), ("AS Number", "0-4294967295")]),
            claiming(2, "Wide", &[("IPv4 address", "10.0.0.0/8"), ("AS Number", "64496-64511")]),
            claiming(3, "Host", &[("IPv4 address", "10.1.2.3"), ("AS Number", "AS64500")]),
            claiming(4, "Narrow", &[("IPv4 address", "10.1.2.0/24"), ("AS Number", "64500-64501")]),
        ])
        .unwrap();
    let names = |text: &str| -> Vec<String> {
        who(&store, text).into_iter().map(|hit| hit.organisation.name).collect()
    };
    assert_eq!(names("10.1.2.3"), ["Host", "Narrow", "Wide", "World"]);
    assert_eq!(names("10.1.2.0/24"), ["Narrow", "Wide", "World"]);
    assert_eq!(names("10.1.0.0/16"), ["Wide", "World"]);
    assert_eq!(names("64500"), ["Host", "Narrow", "Wide", "World"]);
    assert_eq!(names("64510"), ["Wide", "World"]);
    assert_eq!(names("2001:db8::1"), [""; 0]);
}

#[test]
fn equal_ranks_stand_by_name_and_then_by_uuid() {
    let store = store();
    let lu = [("Country", "LU")];
    store
        .organisations()
        .upsert_all([
            claiming(9, "beta", &lu),
            claiming(2, "Échelon", &lu),
            claiming(3, "Alpha", &lu),
            claiming(5, "alpha", &lu),
            claiming(4, "Alpha", &lu),
            claiming(1, "zeta", &[("Country", "LU"), ("Domain", "lu")]),
            claiming(6, "echelon", &lu),
        ])
        .unwrap();
    let answer = who(&store, "LU");
    let order: Vec<_> = answer.iter().map(|hit| hit.organisation.id).collect();
    assert_eq!(order, [3, 4, 5, 9, 6, 2, 1].map(id));
    assert_eq!(answer.best().len(), 7);
    let both = who(&store, "www.lu").subject().clone().with_country("LU".parse().unwrap());
    let answer = ask(&store, both);
    assert_eq!(answer.matches()[0].organisation.id, id(1));
    assert_eq!((answer.best().len(), answer.len()), (1, 7));
}

#[test]
fn an_organisation_is_one_match_with_every_reason() {
    let store = store();
    let everything = [
        ("Country", "Luxembourg"),
        ("Domain", ".lu, example.lu"),
        ("AS Number", "AS64500"),
        ("Country Code", "LU"),
        ("IPv4 address", "10.0.0.0/8; 10.1.0.0/16"),
        ("Sector", "Energy"),
    ];
    store
        .organisations()
        .upsert_all([claiming(1, "All", &everything), claiming(2, "Some", &[("Country", "LU")])])
        .unwrap();
    let subject = Subject::from("10.1.2.3".parse::<std::net::IpAddr>().unwrap())
        .with_country("LU".parse().unwrap())
        .with_asn(Asn(64_500))
        .with_domain("www.example.lu".parse().unwrap());
    let answer = ask(&store, subject.clone());
    assert_eq!(shown(&answer), ["All: prefix 10.1.0.0/16", "Some: country LU"]);
    let bases: Vec<_> = answer.matches()[0].bases().map(ToString::to_string).collect();
    assert_eq!(
        bases,
        [
            "prefix 10.1.0.0/16",
            "prefix 10.0.0.0/8",
            "asn AS64500",
            "domain example.lu",
            "domain .lu",
            "country LU",
            "country LU"
        ]
    );
    assert_eq!(answer.matches()[0].basis.value, "10.0.0.0/8; 10.1.0.0/16");
    assert_eq!(answer.matches()[0].also[4].value, "Luxembourg");
    let refined = store.lookup().sector("ENERGY").responsible_for(subject).unwrap();
    let last = refined.matches()[0].also.last().unwrap();
    assert_eq!((last.kind, last.value.as_str()), (BasisKind::Sector, "Energy"));
}

#[test]
fn a_sector_puts_those_first_who_claim_it_and_nobody_else_in() {
    let store = store();
    store
        .organisations()
        .upsert_all([
            claiming(1, "General", &[("IPv4 address", "10.0.0.0/8"), ("Country", "AT")]),
            claiming(2, "Power", &[("Country", "AT"), ("Sector", "Finance, Énergie")]),
            claiming(3, "Elsewhere", &[("Country", "LU"), ("Sector", "energie")]),
            claiming(4, "Sector only", &[("Sector", "energie")]),
        ])
        .unwrap();
    let subject = who(&store, "10.0.0.1").subject().clone().with_country("AT".parse().unwrap());
    let in_sector = |sector: &str| {
        let by_index = store.lookup().sector(sector).responsible_for(subject.clone()).unwrap();
        let lookup = store.lookup().sector(sector);
        assert_eq!(lookup.responsible_by_query(subject.clone()).unwrap(), by_index);
        by_index
    };
    assert_eq!(shown(&in_sector("Energie")), ["Power: country AT", "General: prefix 10.0.0.0/8"]);
    assert_eq!(in_sector("Energie").best().len(), 1);
    for other in ["energy", "", " "] {
        assert_eq!(
            shown(&in_sector(other)),
            ["General: prefix 10.0.0.0/8", "Power: country AT"],
            "{other:?}"
        );
    }
}

#[test]
fn only_constituency_and_typed_network_fields_count() {
    let store = store();
    let mut team = organisation(1, "Team");
    team.url = Some("https://www.example.lu/".to_owned());
    team.nationality = Some("Luxembourg".to_owned());
    team.contacts = Some("10.0.0.1 AS64500".to_owned());
    let infrastructure =
        TemplateKey { id: "a7674718-57c8-40e7-969e-d26ca911cb4a".parse().unwrap(), version: 3 };
    team.meta_fields = vec![
        MetaField::new(infrastructure, "Proxy IP", "198.51.100.7"),
        MetaField::new(infrastructure, "Country", "LU"),
    ];
    store.organisations().insert(team).unwrap();
    for nobody in ["www.example.lu", "LU", "10.0.0.1", "AS64500"] {
        assert!(who(&store, nobody).is_empty(), "{nobody}");
    }
    assert_eq!(shown(&who(&store, "198.51.100.7")), ["Team: prefix 198.51.100.7"]);
}

#[test]
fn what_cannot_be_read_is_listed_and_the_rest_of_it_found() {
    let store = store();
    let values =
        [("IPv4 address", "10.0.0.0/40, 10.0.0.0/8"), ("AS Number", "AS-SET"), ("Country", "LU")];
    store
        .organisations()
        .upsert_all([claiming(1, "B", &values), claiming(2, "A", &[("Domain", "n/a")])])
        .unwrap();
    let listed = store.lookup().unreadable(10).unwrap();
    let listed: Vec<_> =
        listed.iter().map(|value| (value.name.as_str(), value.value.as_str())).collect();
    assert_eq!(listed, [("A", "n/a"), ("B", "10.0.0.0/40, 10.0.0.0/8"), ("B", "AS-SET")]);
    assert_eq!(store.lookup().unreadable(1).unwrap().len(), 1);
    assert_eq!(shown(&who(&store, "10.1.2.3")), ["B: prefix 10.0.0.0/8"]);
}

#[test]
fn thousands_of_claims_of_one_organisation_are_all_found() {
    let store = store();
    let lines = |second: u32| -> String {
        (0..200).map(|third| format!("10.{second}.{third}.0/24")).collect::<Vec<_>>().join("\n")
    };
    let values: Vec<_> = (0..20).map(lines).collect();
    let values: Vec<_> = values.iter().map(|value| ("IPv4 address", value.as_str())).collect();
    store.organisations().insert(claiming(1, "Large", &values)).unwrap();
    for (second, third) in [(0, 0), (7, 123), (19, 199)] {
        let answer = who(&store, &format!("10.{second}.{third}.9"));
        assert_eq!(shown(&answer), [format!("Large: prefix 10.{second}.{third}.0/24")]);
        assert_eq!(answer.matches()[0].basis.value, values[second].1);
    }
    // One value less, with the index in use: it alone is gone.
    store.organisations().update(claiming(1, "Large", &values[1..])).unwrap();
    assert!(store.responsible_for("10.0.0.9".parse().unwrap()).unwrap().is_empty());
    assert_eq!(shown(&who(&store, "10.19.199.9")), ["Large: prefix 10.19.199.0/24"]);
}

#[test]
fn many_subjects_are_answered_in_their_order() {
    let store = store();
    store.organisations().upsert_all(sample_teams()).unwrap();
    let subjects: Vec<Subject> =
        (0..3_000).map(|number| format!("185.194.{}.1", number % 256).parse().unwrap()).collect();
    let answers = store.responsible_for_all(subjects.clone()).unwrap();
    assert_eq!(answers.len(), subjects.len());
    for (answer, subject) in answers.iter().zip(&subjects) {
        assert_eq!(answer.subject(), subject);
        let third = subject.to_string().split('.').nth(2).unwrap().parse::<u32>().unwrap();
        assert_eq!(answer.is_empty(), !(92..96).contains(&third), "{subject}");
    }
}
