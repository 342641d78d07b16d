use std::fmt::Write as _;

use serde_json::json;

use crate::Place;

#[test]
fn good_rows_go_in_broken_ones_are_listed_and_the_exit_code_says_so() {
    let place = Place::empty();
    place.ok(&["init"]);
    let mut rows = String::from("Team;Country;uuid\n");
    for row in 0..500 {
        let id = if row % 100 == 7 { "broken" } else { "" };
        writeln!(rows, "Team {row};LU;{id}").unwrap();
    }
    place.write("members.csv", &rows);
    let import = [
        "import",
        "organisations",
        "members.csv",
        "--column",
        "Team=name",
        "--column",
        "Country=nationality",
        "--json",
    ];
    let dry = place.run(&[import.as_slice(), &["--dry-run"]].concat());
    assert_eq!((dry.code, &dry.json()["added"]), (1, &json!(495)));
    assert_eq!(place.ok(&["organisation", "list", "--json"]).json(), json!([]));

    let ran = place.run(&import);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = ran.json();
    assert_eq!(report["added"], 495);
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 5);
    let first = &problems[0];
    assert_eq!(
        (&first["line"], &first["column"], &first["value"], &first["kind"]),
        (&json!(9), &json!("uuid"), &json!("broken"), &json!("not_uuid"))
    );
    let again = place.run(&import).json();
    assert_eq!(
        (&again["added"], &again["changed"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(495))
    );

    let set = report["change_set"].as_str().unwrap();
    place.ok(&["audit", "undo", set]);
    assert_eq!(place.ok(&["organisation", "list", "--json"]).json(), json!([]));
}

#[test]
fn a_clean_import_from_stdin_exits_with_0() {
    let place = Place::empty();
    place.ok(&["init"]);
    let ran = place.fed("name,url\nA,\nB,\n", &["import", "organisations", "-"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("2 new, 0 changed"), "{ran:?}");
    let misp =
        r#"[{"Organisation":{"id":"1","name":"M","uuid":"5f3a1c7e-31a5-4f04-9d7c-6a1f6e2b8c11"}}]"#;
    let ran = place.fed(misp, &["import", "organisations", "-", "--json"]);
    assert_eq!((ran.code, &ran.json()["added"]), (0, &json!(1)));
    let ran = place.fed("email\na@b.example\n", &["import", "individuals", "-", "--json"]);
    assert_eq!((ran.code, &ran.json()["added"]), (0, &json!(1)));
}

#[test]
fn an_export_imports_without_a_change() {
    let place = Place::sample();
    for (format, file) in [("json", "all.json"), ("csv", "all.csv")] {
        place.ok(&["export", "organisations", "--output", file]);
        let text = std::fs::read_to_string(place.path(file)).unwrap();
        let printed = place.ok(&["export", "organisations", "--format", format]).out;
        assert_eq!(text, printed);
        let report = place
            .ok(&["import", "organisations", file, "--on-conflict", "overwrite", "--json"])
            .json();
        assert_eq!((&report["changed"], &report["unchanged"]), (&json!(0), &json!(10)), "{format}");
    }
    let all = place.ok(&["export", "all"]).json();
    assert_eq!(all["sharing_groups"].as_array().unwrap().len(), 1);
    place.fails(3, &["export", "all", "--format", "csv"]);
    place.fails(1, &["export", "all", "--output", "no/such/folder.json"]);
    place.fails(1, &["export", "all", "--output", "./cerebrate.db"]);
    place.ok(&["organisation", "show", "CIRCL"]);
}

#[test]
fn records_that_look_alike_are_paired() {
    let place = Place::sample();
    assert_eq!(place.ok(&["duplicates", "--json"]).json(), json!([]));
    place.ok(&["organisation", "add", "C.I.R.C.L.", "--set", "url=https://www.circl.lu"]);
    let pairs = place.ok(&["duplicates", "--json"]).json();
    assert_eq!(pairs.as_array().unwrap().len(), 1, "{pairs}");
    place.ok(&["duplicates", "individuals"]);
}

#[test]
fn wrong_imports_are_told() {
    let place = Place::sample();
    place.fails(1, &["import", "organisations", "nowhere.csv"]);
    place.fails(1, &["import", "organisations", "."]);
    place.fails(2, &["import", "gadgets", "x.csv"]);
    place.write("x.csv", "colour\nred\n");
    place.fails(1, &["import", "organisations", "x.csv"]);
    place.fails(2, &["import", "organisations", "x.csv", "--column", "colour"]);
    place.fails(2, &["import", "organisations", "x.csv", "--delimiter", "ab"]);
    place.fails(2, &["import", "organisations", "x.csv", "--on-conflict", "ask"]);
}
