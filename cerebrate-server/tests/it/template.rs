use serde_json::{Value, json};

use crate::Place;

const CONSTITUENCY: &str = "CSIRT Constituency";
const WRONG_MASK: &str = "IPv4 address=185.194.92.0/33";

#[test]
fn a_wrong_mask_is_refused_with_a_reason_and_peers_take_it() {
    // No database anywhere near.
    let place = Place::empty();
    let ran = place.run(&["template", "check", CONSTITUENCY, WRONG_MASK]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("mask"), "{ran:?}");
    assert!(ran.err.contains("1 of 1 value not accepted"), "{ran:?}");
    place.ok(&["template", "check", CONSTITUENCY, WRONG_MASK, "--profile", "cerebrate"]);
    place.fails(2, &["template", "check", CONSTITUENCY, WRONG_MASK, "--profile", "lax"]);
}

#[test]
fn verdicts_are_json_in_the_order_of_the_values() {
    let place = Place::empty();
    let values = r#"[{"field":"AS Number","value":"AS64500"},{"field":"Nothing","value":7}]"#;
    let ran = place
        .fed(values, &["template", "check", CONSTITUENCY, WRONG_MASK, "--values", "-", "--json"]);
    assert_eq!(ran.code, 1);
    let verdicts = ran.json();
    assert_eq!(verdicts.as_array().unwrap().len(), 3);
    let keys: Vec<&String> = verdicts[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["accepted", "field", "problems", "value"]);
    assert_eq!(verdicts[0]["field"], "IPv4 address");
    assert_eq!(verdicts[0]["value"], "185.194.92.0/33");
    assert_eq!(verdicts[0]["accepted"], false);
    let reason = verdicts[0]["problems"][0].as_object().unwrap();
    assert_eq!(reason.keys().collect::<Vec<_>>(), ["hint", "kind", "message"]);
    assert_eq!(reason["kind"], "mask");
    assert_eq!(
        verdicts[1],
        json!({ "field": "AS Number", "value": "AS64500", "accepted": true, "problems": [] })
    );
    assert_eq!(verdicts[2]["value"], "7");
    assert_eq!(verdicts[2]["problems"][0]["kind"], "unknown_field");
}

#[test]
fn a_pattern_beyond_the_engine_is_unsupported_under_strict_and_unknown_under_cerebrate() {
    let place = Place::empty();
    place.write("t.json", template(1, r#"{"field":"x","type":"text","regex":"(?=a)a"}"#));
    let verdict = |profile: &str, code: i32| {
        let ran =
            place.run(&["template", "check", "t.json", "x=a", "--profile", profile, "--json"]);
        assert_eq!(ran.code, code, "{ran:?}");
        ran.json()[0].clone()
    };
    let strict = verdict("strict", 1);
    assert_eq!(strict["accepted"], false);
    assert_eq!(strict["problems"][0]["kind"], "unsupported");
    let loose = verdict("cerebrate", 1);
    assert_eq!(loose["accepted"], Value::Null);
    assert_eq!(loose["problems"][0]["kind"], "unsupported");
}

#[test]
fn a_file_is_first_checked_as_a_template_file() {
    let place = Place::empty();
    let new = place.ok(&["template", "new", "Shift contacts", "-o", "t.json"]);
    assert_eq!(new.out, "");
    place.fails(1, &["template", "new", "Shift contacts", "-o", "t.json"]);
    place.ok(&["template", "check", "t.json"]);
    place.ok(&["template", "check", "t.json", "Size=small"]);
    assert_eq!(place.run(&["template", "check", "./t.json", "Size=tiny"]).code, 1);
    place.write("bad.json", r#"{"version": 0, "uuid": "x"}"#);
    let ran = place.run(&["template", "check", "bad.json", "--json"]);
    assert_eq!(ran.code, 1);
    let problems = ran.json();
    assert!(problems.as_array().unwrap().len() > 3, "{problems}");
    assert!(problems.as_array().unwrap().iter().all(|row| row["accepted"] == false));
    let text = place.run(&["template", "check", "bad.json"]);
    assert!(text.out.contains("uuid: not a UUID: `x`"), "{text:?}");
    assert!(!text.out.contains('\u{1b}') && text.out.contains("hint: "), "{text:?}");
    let nameless = place.fails(1, &["template", "new", ""]);
    assert!(!text.out.contains("``") && !nameless.err.contains("``"), "{text:?} {nameless:?}");
    let printed = place.ok(&["template", "new", "Printed"]);
    assert_eq!(printed.json()["name"], "Printed");
}

#[test]
fn templates_are_listed_shown_and_exported_as_schema() {
    let place = Place::empty();
    let list = place.ok(&["template", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 12);
    assert_eq!(list[0]["stored"], false);
    let shown = place.ok(&["template", "show", "cnw/enisa-csirt-network@2", "--json"]).json();
    assert_eq!(shown["key"]["version"], 2);
    let schema = place.ok(&["template", "schema", "csirt-constituency"]).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let format = place.ok(&["template", "schema", "--file-format"]).json();
    assert_eq!(format["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let missing = place.fails(1, &["template", "show", "csirt-constituenci"]);
    assert!(missing.err.contains("did you mean"), "{missing:?}");
    place.fails(2, &["template", "schema"]);
}

#[test]
fn a_stored_template_tells_its_values_and_whether_there_is_a_newer_one() {
    let place = Place::sample();
    let rows = |slug: &str| -> Vec<Value> {
        let list = place.ok(&["template", "list", "--json"]).json();
        let mut list = list.as_array().unwrap().clone();
        list.retain(|row| row["slug"] == slug && row["stored"] == true);
        list
    };
    let constituency = rows("cerebrate/csirt-constituency");
    assert_eq!(constituency.len(), 1);
    assert!(constituency[0]["values"].as_u64().unwrap() > 10);
    let enisa = "cnw/enisa-csirt-network";
    assert!(rows(enisa).iter().all(|row| row["update_available"] == false));
    place.ok(&["organisation", "edit", "CIRCL", "--meta", &format!("{enisa}:team-name=")]);
    for field in
        ["ISO 3166-1 Code", "website", "enisa-geo-group", "is-approved", "first-member-type"]
    {
        place.ok(&["organisation", "edit", "CIRCL", "--meta", &format!("{enisa}:{field}=")]);
    }
    place.ok(&["organisation", "edit", "CIRCL", "--meta", &format!("{enisa}@3:team-name=C")]);
    let updates: Vec<bool> =
        rows(enisa).iter().map(|row| row["update_available"] == true).collect();
    assert_eq!(updates, [false, true, false]);
    place.ok(&["template", "update", "--all"]);
    assert!(rows(enisa).iter().all(|row| row["update_available"] == false));
}

#[test]
fn a_template_is_loaded_updated_switched_and_removed() {
    let place = Place::empty();
    place.ok(&["init"]);
    place.write("v1.json", template(1, r#"{"field":"x","type":"text","multiple":true}"#));
    place.write("v2.json", template(2, r#"{"field":"x","type":"text"}"#));
    place.ok(&["template", "load", "v1.json", "--enable"]);
    place.ok(&["organisation", "add", "One", "--meta", "local/mine:x=1"]);
    place.ok(&[
        "organisation",
        "add",
        "Two",
        "--meta",
        "local/mine:x=1",
        "--meta",
        "local/mine:x=2",
    ]);
    let left = place.run(&["template", "update", "v2.json", "--json"]);
    assert_eq!(left.code, 1, "a conflict is left to decide: {left:?}");
    let reports = left.json();
    assert_eq!(reports[0]["moved"], 1);
    let log = place.ok(&["audit", "log", "--limit", "1"]);
    assert!(log.out.contains("1 value moved, 2 kept"), "{log:?}");
    assert_eq!(reports[0]["conflicts"][0]["name"], "Two");
    let mine = |place: &Place| -> Vec<(u64, bool)> {
        let list = place.ok(&["template", "list", "--json"]).json();
        let list = list.as_array().unwrap().clone();
        list.iter()
            .filter(|row| row["slug"] == "local/mine")
            .map(|row| (row["version"].as_u64().unwrap(), row["enabled"].as_bool().unwrap()))
            .collect()
    };
    assert_eq!(mine(&place), [(1, false), (2, true)]);
    place.ok(&["template", "disable", "mine"]);
    assert_eq!(mine(&place), [(1, false), (2, false)]);
    place.ok(&["template", "enable", "mine@1"]);
    assert_eq!(mine(&place), [(1, true), (2, false)]);
    let used = place.fails(1, &["template", "remove", "mine@1"]);
    assert!(used.err.contains("values"), "{used:?}");
    place.ok(&["organisation", "edit", "Two", "--meta", "local/mine:x="]);
    place.ok(&["template", "remove", "mine@1"]);
    assert_eq!(mine(&place), [(2, false)]);
    place.write("other.json", template(2, r#"{"field":"y","type":"text"}"#));
    let differing = place.run(&["template", "load", "other.json"]);
    assert_eq!(differing.code, 1, "{differing:?}");
    place.fails(1, &["template", "load", "bad.json"]);
    place.fails(2, &["template", "update", "mine", "--strategy", "guess"]);
}

#[test]
fn a_file_with_hidden_characters_is_used_and_they_are_told() {
    let place = Place::empty();
    place.ok(&["init"]);
    let file = template(1, r#"{"field":"x","type":"text"},{"field":"a\u202eb","type":"text"}"#)
        .replace("Mine", "Mi\\u0000ne");
    place.write("t.json", &file);
    let checked = place.ok(&["template", "check", "t.json"]);
    for part in ["name: holds control characters: `Mi\\u{0}ne`", "metaFields[1].field: holds"] {
        assert!(checked.out.contains(part), "{checked:?}");
    }
    assert!(checked.err.contains("2 notices and no problem"), "{checked:?}");
    let rows = place.ok(&["template", "check", "t.json", "--json"]).json();
    assert_eq!(rows[0]["field"], "name");
    assert_eq!(rows[0]["accepted"], true);
    assert_eq!(rows[0]["problems"][0]["kind"], "control_character");
    assert_eq!(rows[1]["field"], "metaFields[1].field");
    assert_eq!(rows[1]["problems"][0]["kind"], "hidden_character");
    let loaded = place.ok(&["template", "load", "t.json", "--json"]);
    assert!(loaded.err.contains("notice: t.json: metaFields[1].field: holds"), "{loaded:?}");
    let shown = place.ok(&["template", "show", "0b9a1c7e-31a5-4f04-9d7c-6a1f6e2b8c11", "--json"]);
    assert_eq!(shown.json()["name"], "Mi\0ne");
    place.write("bad.json", file.replace("\"field\":\"x\",", ""));
    let bad = place.run(&["template", "check", "bad.json"]);
    assert_eq!(bad.code, 1);
    assert!(bad.err.contains("1 problem and 2 notices"), "{bad:?}");
    place.fails(1, &["template", "load", "bad.json"]);
}

#[test]
fn a_template_becomes_the_default_of_its_scope_and_no_other_stays_it() {
    let place = Place::empty();
    place.ok(&["init"]);
    place.write("v1.json", template(1, r#"{"field":"x","type":"text"}"#));
    place.write("v2.json", template(2, r#"{"field":"y","type":"text"}"#));
    place.ok(&["template", "load", "v1.json", "v2.json"]);
    let defaults = || -> Vec<String> {
        let list = place.ok(&["template", "list", "--json"]).json();
        let rows = list.as_array().unwrap().iter();
        rows.filter(|row| row["is_default"] == true)
            .map(|row| format!("{}@{}", row["slug"].as_str().unwrap(), row["version"]))
            .collect()
    };
    assert_eq!(defaults(), [] as [&str; 0]);
    let set = place.ok(&["template", "set-default", "mine"]);
    assert!(set.err.contains("Mine v2 is the default for each organisation"), "{set:?}");
    assert_eq!(defaults(), ["local/mine@2"]);
    assert!(place.ok(&["template", "show", "mine"]).out.contains("the default"));
    assert!(place.ok(&["template", "list"]).out.contains("no, default"));
    let set = place.ok(&["template", "set-default", "mine@1", "--json"]).json();
    assert_eq!((&set["is_default"], &set["key"]["version"]), (&json!(true), &json!(1)));
    place.ok(&["template", "set-default", "mine@1"]);
    assert_eq!(defaults(), ["local/mine@1"]);
    place.ok(&["template", "clear-default", "mine@2"]);
    assert_eq!(defaults(), ["local/mine@1"], "another version was not it");
    place.ok(&["template", "clear-default", "mine@1"]);
    assert_eq!(defaults(), [] as [&str; 0]);
    place.fails(1, &["template", "set-default", "mine@3"]);
    place.fails(1, &["template", "clear-default", "nothing"]);
    place.fails(2, &["template", "set-default"]);
}

#[test]
fn a_value_is_repeated_whole_only_as_json() {
    let place = Place::empty();
    let long = "x".repeat(1_000_000);
    let values = format!(r#"[{{"field":"AS Number","value":"{long}"}}]"#);
    let check = ["template", "check", CONSTITUENCY, "--values", "-"];
    let text = place.fed(&values, &check);
    assert_eq!(text.code, 1);
    assert!(text.out.len() < 1_000 && text.out.contains("xxx…"), "{} bytes", text.out.len());
    let json = place.fed(&values, &[&check[..], &["--json"]].concat()).json();
    assert_eq!(json[0]["value"].as_str().unwrap().len(), long.len());
}

#[test]
fn a_file_is_updated_as_its_name_is() {
    let answers = ["v2.json", "mine"].map(|named| {
        let place = Place::empty();
        place.ok(&["init"]);
        place.write("v1.json", template(1, r#"{"field":"x","type":"text"}"#));
        place.write("v2.json", template(2, r#"{"field":"x","type":"text","regex":"a+"}"#));
        place.ok(&["template", "load", "v1.json"]);
        for (name, value) in [("One", "x=a"), ("Two", "x=b")] {
            place.ok(&["organisation", "add", name, "--meta", &format!("local/mine:{value}")]);
        }
        place.ok(&["template", "load", "v2.json"]);
        let available = || -> Vec<bool> {
            let list = place.ok(&["template", "list", "--json"]).json();
            let rows = list.as_array().unwrap().iter().filter(|row| row["slug"] == "local/mine");
            rows.map(|row| row["update_available"] == true).collect()
        };
        assert_eq!(available(), [true, false]);
        let first = place.run(&["template", "update", named]);
        assert_eq!(first.code, 1, "{first:?}");
        assert!(first.err.contains("1 conflict, treated as `update_existing` says"), "{first:?}");
        assert!(first.out.contains("1 value moved, 1 kept under an older version"), "{first:?}");
        assert!(first.out.contains("Two: x: "), "{first:?}");
        assert_eq!(available(), [true, false], "one value is left");
        let deleted = place.ok(&["template", "update", named, "--strategy", "delete_all"]);
        assert!(deleted.out.contains("1 removed"), "{deleted:?}");
        assert_eq!(available(), [false, false]);
        let over = place.ok(&["template", "update", named]);
        assert!(over.out.contains("up to date"), "{over:?}");
        (first.out, deleted.out, over.out)
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_changed_file_under_a_stored_version_is_told_by_load_and_update_alike() {
    let place = Place::empty();
    place.ok(&["init"]);
    place.write("t.json", template(1, r#"{"field":"x","type":"text"}"#));
    place.ok(&["template", "load", "t.json"]);
    place.write("t.json", template(1, r#"{"field":"y","type":"text"}"#));
    let [load, update] = ["load", "update"].map(|verb| place.run(&["template", verb, "t.json"]));
    assert_eq!((load.code, update.code), (1, 1));
    let warning = |ran: &crate::Ran| ran.err.lines().next().unwrap_or_default().to_owned();
    assert!(warning(&load).contains("is stored with other content"), "{load:?}");
    assert_eq!(warning(&load), warning(&update));
    let json = place.run(&["template", "update", "t.json", "--json"]);
    assert_eq!((json.code, json.json()), (1, json!([])));
}

#[test]
fn a_pattern_that_cannot_be_used_is_told_when_it_is_loaded() {
    let fields = r#"{"field":"a","type":"text","regex":"(?=x)x"},
        {"field":"b","type":"text","regex":"(x"},{"field":"c","type":"IPv4"}"#;
    for verb in ["load", "update"] {
        let place = Place::empty();
        place.ok(&["init"]);
        place.write("t.json", template(1, fields));
        let ran = place.ok(&["template", verb, "t.json", "--json"]);
        for part in [
            "notice: t.json: metaFields[0].regex: unusable pattern",
            "notice: t.json: metaFields[1].regex: unusable pattern",
            "notice: t.json: metaFields[2].type: unknown type, values are not checked: `IPv4`",
            "did you mean `ipv4`?",
        ] {
            assert!(ran.err.contains(part), "{part}: {ran:?}");
        }
    }
    let place = Place::empty();
    place.write("t.json", template(1, r#"{"field":"c","type":"IPv4"}"#));
    let checked = place.ok(&["template", "check", "t.json"]);
    assert!(checked.out.contains("did you mean `ipv4`?"), "{checked:?}");
}

/// A template file with one field.
fn template(version: u32, field: &str) -> String {
    format!(
        r#"{{"uuid":"0b9a1c7e-31a5-4f04-9d7c-6a1f6e2b8c11","version":{version},"namespace":"local",
            "name":"Mine","scope":"organisation","source":"test","metaFields":[{field}]}}"#
    )
}
