//! The sample teams against the shipped templates.

use cerebrate_core::meta::{Library, Profile};
use serde_json::Value;

/// The groups of the sample, and their templates.
const GROUPS: [(&str, &str); 3] = [
    ("constituency", "cerebrate/csirt-constituency"),
    ("first", "first/first-directory"),
    ("enisa", "cnw/enisa-csirt-network"),
];

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

#[test]
fn every_value_is_accepted_under_both_profiles_without_a_notice() {
    let sample: Value = serde_json::from_str(cerebrate_libraries::SAMPLE_TEAMS).expect("JSON");
    let teams = sample["organisations"].as_array().expect("a list");
    assert_eq!(teams.len(), 10);
    let mut checked = 0;
    for team in teams {
        for (group, name) in GROUPS {
            let Some(fields) = team[group].as_object() else { continue };
            let template = Library::shipped().find(name).expect("shipped");
            let values: Vec<(&str, String)> = fields
                .iter()
                .flat_map(|(field, value)| {
                    texts(value).into_iter().map(move |text| (field.as_str(), text))
                })
                .collect();
            checked += values.len();
            assert_eq!(template.check(values.clone()), [], "{}", team["name"]);
            for verdict in template.check_with(Profile::Cerebrate, values) {
                assert_eq!(verdict.accepted, Some(true), "{verdict:?}");
            }
        }
    }
    assert!(checked > 30, "{checked}");
}
