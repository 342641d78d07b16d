use cerebrate_core::model::Organisation;

use crate::world::{constituency, id, organisation, store};

#[test]
fn search_finds_substrings_without_case_and_accents_best_first() {
    let store = store();
    for (number, name) in [(1, "Élite CERT"), (2, "cert"), (3, "CERT Polska"), (4, "Other")] {
        store.organisations().insert(organisation(number, name)).unwrap();
    }
    let mut other = store.organisations().require(id(4)).unwrap();
    other.meta_fields = vec![constituency("Domain", "cert.example")];
    other.contacts = Some("soc@quiet.example".to_owned());
    store.organisations().update(other).unwrap();
    let names = |text: &str| {
        store
            .search::<Organisation>(text, 10)
            .unwrap()
            .iter()
            .map(|team| team.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("CERT"), ["cert", "CERT Polska", "Élite CERT", "Other"]);
    assert_eq!(names("elite"), ["Élite CERT"]);
    assert_eq!(names("él"), ["Élite CERT"]);
    assert_eq!(names("quiet.ex"), ["Other"]);
    assert_eq!(names("certq"), Vec::<String>::new());
    assert_eq!(names(""), Vec::<String>::new());
    assert_eq!(names("\"' OR 1"), Vec::<String>::new());

    let mut other = store.organisations().require(id(4)).unwrap();
    other.meta_fields.clear();
    store.organisations().update(other).unwrap();
    assert_eq!(names("CERT"), ["cert", "CERT Polska", "Élite CERT"]);
    store.organisations().remove(id(2)).unwrap();
    assert_eq!(names("CERT"), ["CERT Polska", "Élite CERT"]);
}
