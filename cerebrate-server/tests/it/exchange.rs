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

#[test]
fn an_export_never_goes_over_the_database_or_what_is_beside_it() {
    let place = Place::sample();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = format!("{}{suffix}", place.path("cerebrate.db").display());
        let ran = place.fails(1, &["export", "organisations", "-o", &file]);
        assert!(ran.err.contains("the database itself"), "{ran:?}");
    }
    assert!(place.ok(&["organisation", "list"]).out.contains("CIRCL"));
    let key = place.path("cerebrate.db.key");
    let before = std::fs::read(&key).unwrap();
    let ran = place.fails(1, &["export", "organisations", "-o", key.to_str().unwrap()]);
    assert!(ran.err.contains("the key of the node"), "{ran:?}");
    assert_eq!(std::fs::read(&key).unwrap(), before);
}

#[test]
fn history_of_a_field_is_found_by_every_name_of_it() {
    let place = Place::sample();
    place.ok(&["organisation", "edit", "CIRCL", "--meta", "Domain=x.lu"]);
    for field in ["Domain", "cerebrate/csirt-constituency:Domain"] {
        let ran = place.ok(&["history", "organisation", "CIRCL", "--field", field, "--json"]);
        assert_eq!(ran.json().as_array().unwrap().len(), 2, "{field}");
    }
    place.fails(1, &["history", "organisation", "CIRCL", "--field", "nosuch"]);
}

#[test]
fn a_filter_and_a_value_of_a_template_say_what_they_cannot() {
    let place = Place::sample();
    let filter = "cerebrate/csirt-constituency@1:Domain=.lu";
    let ran = place.fails(1, &["organisation", "list", "--meta", filter]);
    assert!(ran.err.contains("leave out `@1`"), "{ran:?}");
    place.ok(&["individual", "add", "a@b.lu"]);
    let value = "cerebrate/csirt-constituency:IPv4 address=10.0.0.0/8";
    let ran = place.fails(1, &["individual", "edit", "a@b.lu", "--meta", value]);
    assert!(ran.err.contains("for other records"), "{ran:?}");
}

#[test]
fn a_search_that_is_cut_says_so() {
    let place = Place::sample();
    place.ok(&["organisation", "list", "--search", "c"]);
    for command in [
        &["search", "c", "--limit", "2"][..],
        &["organisation", "list", "--search", "c", "--limit", "2"],
    ] {
        let ran = place.ok(command);
        assert!(ran.err.contains("more: raise `--limit`"), "{ran:?}");
    }
}
