//! A first template file to edit.

use serde_json::json;

use crate::id::MetaTemplateId;
use crate::model::Scope;

/// A template file that shows each possibility by example, ready to be edited: version 1 of a
/// template of that name. `about` is ignored by readers; it stands for a comment.
///
/// ```
/// use cerebrate_core::meta::{file, new_template};
/// use cerebrate_core::model::Scope;
///
/// let id = "8c3e5b0e-9a57-41d7-be0f-4a216f2b11d4".parse()?;
/// let text = new_template(Scope::Organisation, "Shift contacts", "example", id);
/// let (template, problems) = file::parse(&text);
/// assert_eq!(problems, []);
/// assert_eq!(template.expect("it is complete").slug(), "example/shift-contacts");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub fn new_template(scope: Scope, name: &str, namespace: &str, id: MetaTemplateId) -> String {
    let fields = [
        json!({ "field": "Team name", "type": "text",
            "about": "any text, one value for each record" }),
        json!({ "field": "Network", "type": "ipv4", "multiple": true,
            "about": "IPv4 addresses and networks, as many as needed; `ipv6` is the other kind" }),
        json!({ "field": "On call at night", "type": "boolean",
            "about": "true or false" }),
        json!({ "field": "Member since", "type": "date",
            "about": "a date such as 2026-01-31, 2026-01 or 2026" }),
        json!({ "field": "Phone", "type": "text", "multiple": true, "regex": "\\+[0-9][0-9 -]*",
            "about": "a value must match the pattern as a whole" }),
        json!({ "field": "Size", "type": "text", "values_list": ["small", "medium", "large"],
            "about": "one of these values and no other" }),
        json!({ "field": "Sector", "type": "text", "sane_default": ["energy", "finance"],
            "link": "https://example.org/sectors",
            "about": "suggested values; others are allowed. The link explains the field" }),
    ];
    let fields: Vec<String> =
        fields.iter().map(|field| format!("    {}", in_order(field))).collect();
    format!(
        "{{\n  \"uuid\": {uuid},\n  \"version\": 1,\n  \"namespace\": {namespace},\n  \"name\": {name},\n  \
         \"description\": \"What this template is for\",\n  \"scope\": {scope},\n  \"source\": {namespace},\n  \
         \"about\": \"Change the fields below; raise the version whenever they change afterwards\",\n  \
         \"metaFields\": [\n{fields}\n  ]\n}}\n",
        uuid = json!(id.to_string()),
        namespace = json!(namespace),
        name = json!(name),
        scope = json!(scope.as_str()),
        fields = fields.join(",\n"),
    )
}

/// The members in the order in which people read them.
fn in_order(field: &serde_json::Value) -> String {
    let keys =
        ["field", "type", "multiple", "regex", "values_list", "sane_default", "link", "about"];
    let members: Vec<String> = keys
        .iter()
        .filter_map(|key| field.get(key).map(|value| format!("\"{key}\": {value}")))
        .collect();
    format!("{{ {} }}", members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{CompiledTemplate, file};

    #[test]
    fn the_skeleton_is_a_template_that_works() {
        let id = MetaTemplateId::new(uuid::Uuid::from_u128(7));
        for scope in [Scope::Organisation, Scope::Individual, Scope::User] {
            let text = new_template(scope, "Quoted \"name\" \\ and é", "my ns", id);
            let (template, problems) = file::parse(&text);
            assert_eq!(problems, []);
            let template = template.unwrap();
            assert_eq!((template.scope, template.key.version), (scope, 1));
            assert_eq!(template.name, "Quoted \"name\" \\ and é");
            let compiled = CompiledTemplate::compile(template);
            let fine = [
                ("Network", "10.0.0.0/8"),
                ("On call at night", "1"),
                ("Member since", "2026-01"),
                ("Phone", "+352 1-2"),
                ("Size", "small"),
                ("Sector", "space"),
            ];
            assert_eq!(compiled.check(fine), []);
            assert_eq!(compiled.check([("Size", "tiny"), ("Phone", "12")]).len(), 2);
        }
    }
}
