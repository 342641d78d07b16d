//! What a peer at release 1.35 accepts, value by value.

use cerebrate_core::meta::{CompiledField, CompiledTemplate, Profile, file};
use serde_json::{Value, json};

const VERDICTS: &str = include_str!("../data/meta_field_verdicts.json");

fn rows() -> Vec<Value> {
    let document: Value = serde_json::from_str(VERDICTS).expect("JSON");
    document["rows"].as_array().expect("a list").clone()
}

/// A template file with the field of the row, read as a file is.
fn template(row: &Value) -> CompiledTemplate {
    let mut field = json!({ "field": "x", "type": row["type"] });
    for key in ["regex", "values_list", "sane_default"] {
        if let Some(value) = row.get(key) {
            field[key] = value.clone();
        }
    }
    let text = json!({
        "uuid": "00000000-0000-4000-8000-000000000001", "version": 1, "name": "n",
        "namespace": "n", "source": "s", "scope": "organisation", "metaFields": [field],
    });
    let (template, _) = file::parse(&text.to_string());
    CompiledTemplate::compile(template.expect("a complete file"))
}

#[test]
fn the_cerebrate_profile_judges_each_value_as_a_peer_does() {
    let rows = rows();
    assert_eq!(rows.len(), 169);
    let mut differing = Vec::new();
    for row in &rows {
        let template = template(row);
        let value = row["value"].as_str().unwrap();
        let verdict = template.field("x").unwrap().check(Profile::Cerebrate, value);
        if verdict.accepted != row["accept"].as_bool() {
            differing.push(format!("{row} got {verdict:?}"));
        }
        assert_eq!(verdict.problems.is_empty(), verdict.accepted == Some(true), "{row}");
        let verdicts = template.check_with(Profile::Cerebrate, [("x", value)]);
        assert_eq!(verdicts[0].accepted, verdict.accepted, "{row}");
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn the_strict_profile_says_why_and_never_panics() {
    for row in rows() {
        let template = template(&row);
        let field: &CompiledField = template.field("x").unwrap();
        let verdict = field.check(Profile::Strict, row["value"].as_str().unwrap());
        let problems = verdict.problems.iter().filter(|problem| !problem.is_notice());
        assert_eq!(verdict.accepted, Some(problems.count() == 0), "{row}");
    }
}

#[test]
fn what_the_strict_profile_reads_is_read_the_same_again() {
    for row in rows() {
        let template = template(&row);
        let field: &CompiledField = template.field("x").unwrap();
        let verdict = field.check(Profile::Strict, row["value"].as_str().unwrap());
        if let Some(normalised) = verdict.normalised {
            let again = field.check(Profile::Strict, &normalised);
            assert_eq!((again.accepted, again.normalised), (Some(true), None), "{row}");
        }
    }
}
