//! Figures and what does not fit together.

use serde_json::{Value, json};

use crate::Place;

fn of<'a>(figures: &'a Value, kind: &str) -> &'a Value {
    let kinds = figures["activity"]["kinds"].as_array().unwrap();
    kinds.iter().find(|entry| entry["kind"] == kind).unwrap()
}

#[test]
fn figures_are_told_to_people_and_to_scripts() {
    let place = Place::sample();
    place.ok(&["organisation", "edit", "CIRCL", "--tag", "tlp:green", "--set", "sector=Résearch"]);
    let figures = place.ok(&["stats", "--days", "3", "--top", "1", "--json"]).json();
    let organisations = of(&figures, "organisation");
    let total = place.ok(&["organisation", "list", "--json"]).json().as_array().unwrap().len();
    assert_eq!(organisations["total"], total);
    assert_eq!(organisations["created"]["variation"], total);
    assert_eq!(organisations["modified"]["variation"], 1);
    let days = organisations["created"]["timeline"].as_array().unwrap();
    assert_eq!((days.len(), figures["activity"]["days"].as_u64()), (3, Some(3)));
    assert_eq!(days[0]["count"], 0);
    assert!(days[2]["time"].as_str().is_some_and(|day| day.len() == 10), "{days:?}");
    let nationality = &figures["organisations"]["nationality"];
    assert_eq!(nationality["entries"].as_array().unwrap().len(), 1);
    let [first, others, none] =
        [&nationality["entries"][0]["count"], &nationality["others"], &nationality["empty"]]
            .map(|count| count.as_u64().unwrap());
    assert_eq!(first + others + none, total as u64);
    let wide = place.ok(&["stats", "--top", "50", "--json"]).json();
    let tags = wide["organisations"]["tag"]["entries"].as_array().unwrap();
    assert!(tags.contains(&json!({"value": "tlp:green", "count": 1})), "{tags:?}");
    let fields = figures["template_fields"].as_array().unwrap();
    let used = fields.iter().find(|field| field["field"] == "Domain" && field["records"] != 0);
    assert_eq!(used.unwrap()["namespace"], "cerebrate");

    let text = place.ok(&["stats"]);
    for expected in
        ["Kind", "organisation  ", "Organisations by nationality", "  research", "  Domain"]
    {
        assert!(text.out.contains(expected), "{expected}: {text:?}");
    }
    assert!(text.err.contains("within 30 days"), "{text:?}");
    place.fails(2, &["stats", "--days", "0"]);
    place.fails(2, &["stats", "--top", "0"]);
    place.fails(2, &["stats", "--days", "100000"]);
}

#[test]
fn overlaps_and_gaps_are_told() {
    let place = Place::sample();
    let meta = "cerebrate/csirt-constituency:IPv4 address=";
    let circl = format!("{meta}10.0.0.0/8");
    place.ok(&["organisation", "edit", "CIRCL", "--add-meta", &circl]);
    place.ok(&[
        "organisation",
        "add",
        "Inner\u{1b}[31m",
        "--meta",
        &format!("{meta}10.1.0.0/16"),
        "--keep-invalid",
    ]);
    place.ok(&["organisation", "add", "Silent", "--tag", "quiet"]);
    place.ok(&[
        "organisation",
        "add",
        "Spoilt",
        "--keep-invalid",
        "--meta",
        &format!("{meta}10.0.0.300"),
    ]);
    place.ok(&[
        "group",
        "add",
        "G",
        "--set",
        "owner=CIRCL",
        "--member",
        "Silent",
        "--member",
        "CIRCL",
    ]);
    let report = place.ok(&["stats", "constituency", "--json"]).json();
    let overlaps = report["overlaps"].as_array().unwrap();
    let inner = overlaps.iter().find(|overlap| overlap["other"]["claim"] == "10.1.0.0/16").unwrap();
    assert_eq!((&inner["basis"], &inner["class"]), (&json!("prefix"), &json!("inside")));
    assert_eq!(
        (&inner["one"]["name"], &inner["one"]["claim"]),
        (&json!("CIRCL"), &json!("10.0.0.0/8"))
    );
    let gap = |name: &str| {
        let gaps = report["gaps"].as_array().unwrap();
        gaps.iter().find(|gap| gap["name"] == name).map(|gap| gap["unreadable"].as_u64().unwrap())
    };
    assert_eq!((gap("Silent"), gap("Spoilt"), gap("CIRCL")), (Some(0), Some(1), None));
    let names = |arguments: &[&str]| -> Vec<String> {
        let json = place.ok(&[&["stats", "constituency", "--json"], arguments].concat()).json();
        let gaps = json["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["--group", "G"]), ["Silent"]);
    assert_eq!(names(&["--tag", "Quiet"]), ["Silent"]);
    let text = place.ok(&["stats", "constituency"]);
    assert!(text.out.contains("inside") && text.out.contains("Silent"), "{text:?}");
    assert!(!text.out.contains('\u{1b}'), "{text:?}");
    assert!(text.err.contains("`cerebrate unreadable`"), "{text:?}");
    let few = place.ok(&["stats", "constituency", "--limit", "1"]);
    assert!(few.err.contains("raise `--limit`"), "{few:?}");
    place.fails(1, &["stats", "constituency", "--group", "Nobody"]);
    let unknown = place.fails(1, &["stats", "constituency", "--tag", "nosuch"]);
    assert!(unknown.err.contains("hint: `cerebrate tag list`"), "{unknown:?}");
    place.fails(2, &["stats", "constituency", "--group", "G", "--tag", "quiet"]);
    place.fails(2, &["stats", "--days", "3", "constituency"]);
}

#[test]
fn an_empty_database_has_figures_too() {
    let place = Place::empty();
    place.ok(&["init"]);
    let figures = place.ok(&["stats", "--json"]).json();
    assert_eq!(of(&figures, "organisation")["total"], 0);
    assert_eq!(
        figures["mailing_lists"]["active"]["entries"][0],
        json!({"value": "true", "count": 0})
    );
    place.ok(&["stats"]);
    let report = place.ok(&["stats", "constituency"]);
    assert_eq!(report.out, "");
    assert!(report.err.contains("no two organisations claim the same"), "{report:?}");
}
