//! JSON Schema at work: template files against the schema of their format, and values against the
//! schema of a template. Patterns run on a linear-time engine, and nothing is fetched.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::file::MAX_FILE;
use crate::error::{Error, Kind, Result};
use crate::problem::{Problem, ProblemKind};

/// How many problems of one document are listed.
const MAX_PROBLEMS: usize = 1_000;

/// A JSON Schema made ready.
#[derive(Debug)]
pub struct CompiledSchema(Validator);

impl CompiledSchema {
    /// Makes a schema ready. `Invalid` if it is not a schema, has a pattern that the engine does
    /// not take, or refers to another document: nothing is ever fetched.
    pub fn compile(schema: &Value) -> Result<Self> {
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(schema);
        validator.map(CompiledSchema).map_err(|error| {
            Error::new(Kind::Invalid, "compile schema", "not a usable JSON Schema")
                .with("reason", crate::problem::excerpt(&error.to_string()))
        })
    }

    /// Whether the document is as the schema says.
    pub fn accepts(&self, document: &Value) -> bool {
        self.0.is_valid(document)
    }

    /// All that the schema finds wrong with the document; the field of a problem is a JSON
    /// pointer such as `/metaFields/3/type`, `/` for the document itself.
    pub fn check(&self, document: &Value) -> Vec<Problem> {
        let errors = self.0.iter_errors(document).take(MAX_PROBLEMS);
        errors
            .map(|error| {
                let path = error.instance_path().to_string();
                let place = if path.is_empty() { "/".to_owned() } else { path };
                let shown = match error.instance().as_ref() {
                    Value::String(text) => text.clone(),
                    Value::Array(_) => "[…]".to_owned(),
                    Value::Object(_) => "{…}".to_owned(),
                    other => other.to_string(),
                };
                let message = crate::problem::excerpt(&error.masked().to_string()).into_owned();
                Problem::new(ProblemKind::Malformed, place, &shown, message)
            })
            .collect()
    }
}

/// Checks a template file against the JSON Schema of the format. [`file::parse`](super::file::parse)
/// says more, and needs no feature; this is what an editor with the schema would show.
pub fn check_file(text: &str) -> Vec<Problem> {
    if text.len() > MAX_FILE {
        let size = text.len().to_string();
        return vec![Problem::new(ProblemKind::TooLong, "/", &size, "the file is too large")];
    }
    let schema = serde_json::from_str(cerebrate_libraries::META_TEMPLATE_SCHEMA)
        .map_err(|error| error.to_string())
        .and_then(|schema| CompiledSchema::compile(&schema).map_err(|error| error.to_string()));
    match (schema, serde_json::from_str(text)) {
        (Ok(schema), Ok(document)) => schema.check(&document),
        (Err(error), _) => vec![Problem::new(ProblemKind::Malformed, "/", "", error)],
        (_, Err(error)) => {
            vec![Problem::new(ProblemKind::Malformed, "/", "", format!("not JSON: {error}"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shipped_file_is_as_the_schema_says() {
        for file in cerebrate_libraries::META_TEMPLATES {
            assert_eq!(check_file(file.text), [], "{}", file.name);
        }
    }

    #[test]
    fn problems_name_their_place() {
        let text = r#"{"uuid": "x", "version": 0, "name": "n", "namespace": "n", "source": "s",
            "scope": "team", "metaFields": [{"field": "a", "type": "text"}, {"type": 3}]}"#;
        let places: Vec<String> =
            check_file(text).iter().map(|problem| problem.field().to_owned()).collect();
        for place in ["/uuid", "/version", "/scope", "/metaFields/1", "/metaFields/1/type"] {
            assert!(places.iter().any(|found| found == place), "{place} in {places:?}");
        }
        assert_eq!(check_file("[1, 2").len(), 1);
        assert_eq!(check_file("[]")[0].field(), "/");
    }

    #[test]
    fn a_schema_that_refers_elsewhere_or_does_not_compile_is_refused() {
        for schema in [
            json!({ "$ref": "https://example.org/schema.json" }),
            json!({ "$ref": "file:///etc/hostname" }),
            json!({ "pattern": "(?=a)" }),
            json!({ "type": 3 }),
        ] {
            assert_eq!(
                CompiledSchema::compile(&schema).unwrap_err().kind(),
                Kind::Invalid,
                "{schema}"
            );
        }
    }

    #[test]
    fn the_reader_and_the_schema_agree_on_a_file() {
        let good = r#"{"uuid":"faca6acc-23e0-4585-8fd8-4379e3a6250d","version":1,"name":"n",
            "namespace":"s","source":"s","scope":"user","metaFields":[{"field":"a","type":"text"}]}"#;
        let good: Value = serde_json::from_str(good).unwrap();
        let changes: Vec<(&str, Value)> = vec![
            ("uuid", json!("faca6acc23e045858fd84379e3a6250d")),
            ("uuid", json!("")),
            ("uuid", json!(null)),
            ("version", json!(0)),
            ("version", json!(-1)),
            ("version", json!("2")),
            ("version", json!("x")),
            ("version", json!(1.5)),
            ("version", json!(4_294_967_296_u64)),
            ("name", json!(" ")),
            ("name", json!(3)),
            ("scope", json!("team")),
            ("description", json!(null)),
            ("description", json!(4)),
            ("enabled", json!(1)),
            ("enabled", json!("yes")),
            ("extra", json!({ "a": 1 })),
            ("metaFields", json!({})),
            ("metaFields", json!([3])),
            ("metaFields", json!([])),
            ("metaFields", json!([{ "field": "a" }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "multiple": 2 }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "multiple": 1, "regex": null }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "regex": 3 }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "values_list": "[\"a\"]" }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "values_list": { "k": "a" } }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "values_list": [["a"]] }])),
            ("metaFields", json!([{ "field": "a", "type": "x", "sane_default": [1, true, null] }])),
        ];
        for (key, value) in changes {
            let mut file = good.clone();
            file[key] = value;
            let text = file.to_string();
            let (_, problems) = crate::meta::file::parse(&text);
            assert_eq!(problems.is_empty(), check_file(&text).is_empty(), "{text}");
        }
    }
}
