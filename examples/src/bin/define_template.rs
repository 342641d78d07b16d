//! How does a community add fields of its own?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::meta::file;
use cerebrate::prelude::*;

const TEMPLATE: &str = r#"{
  "uuid": "8c3e5b0e-9a57-41d7-be0f-4a216f2b11d4",
  "version": 1,
  "namespace": "example",
  "name": "Shift contacts",
  "scope": "organisation",
  "source": "Example community",
  "enabled": true,
  "metaFields": [
    { "field": "Hotline", "type": "text", "regex": "\\+[0-9][0-9 -]*" },
    { "field": "On call at night", "type": "boolean" },
    { "field": "Hours", "type": "text", "values_list": ["office", "24x7"] }
  ]
}"#;

fn main() -> Result<()> {
    // All that is wrong with a file is told at once, with its place.
    let broken =
        TEMPLATE.replace("\"version\": 1,", "").replace("\"type\": \"boolean\"", "\"tpye\": 1");
    let (_, problems) = file::parse(&broken);
    for problem in &problems {
        println!("broken file: {problem}");
    }

    let store = Store::in_memory()?;
    let (template, problems) = file::parse(TEMPLATE);
    let Some(template) = template.filter(|_| problems.is_empty()) else { return Ok(()) };
    let key = template.key;
    println!("{}", store.templates().load(template)?);

    let values = [("Hotline", "call us"), ("On call at night", "yes"), ("Hours", "24x7")];
    let template = store.templates().require("example/shift-contacts")?;
    for problem in template.check(values) {
        println!("{problem}");
    }

    // A value that is not valid is kept as it is, and flagged.
    let mut team = Organisation::new(store.next_id().into(), "Example CERT".parse()?);
    team.meta_fields = values.map(|(field, value)| MetaField::new(key, field, value)).to_vec();
    for value in store.organisations().insert(team)?.meta_fields {
        let stored = value.canonical();
        println!("{}: {stored}, valid: {}", value.field, value.is_valid());
    }
    Ok(())
}
