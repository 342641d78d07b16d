//! A template as JSON Schema 2020-12, for forms and for programs in other languages.

use serde_json::{Map, Value, json};

use super::compiled::{CompiledField, CompiledTemplate};
use super::loose::text_of;
use super::pattern::PatternError;
use super::strict::{FALSE, MAX_CHARACTERS, TRUE};
use super::{codes, date};
use crate::model::FieldKind;

/// Where a schema lists what it does not say, at its top and in each property concerned.
pub const UNEXPRESSED: &str = "x-cerebrate-unexpressed";

/// The schema of the values of one record: an object with a property for each field, a text, or a
/// list of texts if the field is multiple.
///
/// It describes the strict profile ([`Profile::Strict`](super::Profile::Strict)). What the schema
/// refuses, the profile refuses; what the profile refuses, the schema refuses, wherever
/// `x-cerebrate-unexpressed` lists nothing for the field. This holds for values as written and for
/// values in normal form alike; `examples` show normal forms.
///
/// ```
/// use cerebrate_core::meta::{Library, schema};
///
/// let template = Library::shipped().find("cnw/enisa-csirt-network")?;
/// let schema = schema::to_json_schema(template);
/// assert_eq!(schema["properties"]["website"]["type"], "string");
/// assert_eq!(schema["properties"]["is-approved"]["examples"][0], "1");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub fn to_json_schema(template: &CompiledTemplate) -> Value {
    let definition = template.template();
    let mut unexpressed: Vec<String> = Vec::new();
    let mut properties = Map::new();
    for field in template.fields() {
        let (property, reasons) = property(field);
        properties.insert(field.name().to_owned(), property);
        unexpressed.extend(reasons.iter().map(|reason| format!("{}: {reason}", field.name())));
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:uuid:{}", template.key().record_id()),
        "title": definition.name,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "x-cerebrate-template": { "uuid": template.key().id, "version": template.key().version },
        UNEXPRESSED: unexpressed,
    });
    if let (Some(description), Some(members)) = (&definition.description, schema.as_object_mut()) {
        members.insert("description".to_owned(), json!(description));
    }
    schema
}

/// The schema of a field, and what it does not say.
fn property(field: &CompiledField) -> (Value, Vec<String>) {
    let mut value = ValueSchema { members: Map::new(), patterns: Vec::new(), reasons: Vec::new() };
    value.by_type(field);
    value.by_rule(field);
    let (item, mut reasons) = value.finish(field);
    if !field.definition().multiple {
        return (item, reasons);
    }
    let mut list = json!({ "type": "array", "items": item, "uniqueItems": true });
    if has_spellings(field) {
        let reason = "two spellings of one value count as the same value".to_owned();
        if let Some(members) = list.as_object_mut() {
            members.insert(UNEXPRESSED.to_owned(), json!([reason]));
        }
        reasons.push(reason);
    }
    (list, reasons)
}

/// Whether values that are written differently can have one normal form.
fn has_spellings(field: &CompiledField) -> bool {
    matches!(field.definition().kind, FieldKind::Ipv4 | FieldKind::Ipv6 | FieldKind::Boolean)
}

struct ValueSchema {
    members: Map<String, Value>,
    /// Each must match.
    patterns: Vec<String>,
    reasons: Vec<String>,
}

impl ValueSchema {
    fn by_type(&mut self, field: &CompiledField) {
        let definition = field.definition();
        let (pattern, examples) = match &definition.kind {
            FieldKind::Ipv4 => (ipv4(), json!(["192.0.2.7", "192.0.2.0/24"])),
            FieldKind::Ipv6 => (ipv6(), json!(["2001:db8::7", "2001:db8::/32"])),
            FieldKind::Boolean => (boolean(), json!([TRUE[0], FALSE[0]])),
            FieldKind::Date => (date::PATTERN.clone(), json!(["2026-01-31", "2026-01", "2026"])),
            FieldKind::Text if field.is_country_code() => {
                (codes::PATTERN.clone(), json!(["LU", "LUX"]))
            }
            FieldKind::Text | FieldKind::Other(_) => {
                self.patterns.extend([NOT_BLANK.to_owned(), NO_CONTROLS.to_owned()]);
                return;
            }
        };
        self.patterns.push(pattern);
        self.members.insert("examples".to_owned(), examples);
        let is_one_word = matches!(definition.kind, FieldKind::Ipv4 | FieldKind::Ipv6);
        if is_one_word || field.is_country_code() {
            self.on_one_line(true, true);
        }
    }

    fn by_rule(&mut self, field: &CompiledField) {
        match field.whole() {
            Some(Ok(pattern)) => match pattern.to_ecma() {
                Some(ecma) => {
                    self.patterns.push(ecma);
                    self.on_one_line(!pattern.takes('\n'), !pattern.takes('\r'));
                }
                None => self.reasons.push("the pattern cannot be said in ECMAScript".to_owned()),
            },
            Some(Err(PatternError::Unsupported { construct, .. })) => self.reasons.push(format!(
                "the pattern uses {construct}, which is not supported: every value is refused"
            )),
            Some(Err(error)) => {
                self.reasons
                    .push(format!("the pattern is unusable: every value is refused ({error})"));
            }
            None => {
                if let Some(list) = &field.definition().values_list {
                    let mut texts: Vec<String> = Vec::new();
                    for text in list.iter().map(text_of) {
                        if !texts.contains(&text) {
                            texts.push(text);
                        }
                    }
                    self.members.insert("enum".to_owned(), json!(texts));
                }
            }
        }
    }

    /// Refuses ends of lines. Said apart, for some engines let `$` match before a final one.
    fn on_one_line(&mut self, no_newline: bool, no_return: bool) {
        let refused = match (no_newline, no_return) {
            (true, true) => "[\r\n]",
            (true, false) => "\n",
            (false, _) => return,
        };
        self.members.entry("not").or_insert_with(|| json!({ "pattern": refused }));
    }

    fn finish(mut self, field: &CompiledField) -> (Value, Vec<String>) {
        let definition = field.definition();
        let members = &mut self.members;
        members.insert("type".to_owned(), json!("string"));
        members.insert("minLength".to_owned(), json!(1));
        members.insert("maxLength".to_owned(), json!(MAX_CHARACTERS));
        if let [pattern] = self.patterns.as_slice() {
            members.insert("pattern".to_owned(), json!(pattern));
        } else {
            let all: Vec<Value> =
                self.patterns.iter().map(|pattern| json!({ "pattern": pattern })).collect();
            members.insert("allOf".to_owned(), json!(all));
        }
        if let Some(suggestions) = &definition.sane_default {
            let texts: Vec<String> = suggestions.iter().map(text_of).collect();
            members.insert("examples".to_owned(), json!(texts));
        }
        if let Some(link) = &definition.link {
            members.insert("$comment".to_owned(), json!(link));
        }
        if !self.reasons.is_empty() {
            members.insert(UNEXPRESSED.to_owned(), json!(self.reasons));
        }
        (Value::Object(self.members), self.reasons)
    }
}

/// At least one character that is no blank.
const NOT_BLANK: &str = "[^ \\t\\r\\n]";

/// No control characters but tabs and ends of lines.
const NO_CONTROLS: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";

const QUAD: &str = "(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}\
                    (?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

fn ipv4() -> String {
    format!("^{QUAD}(?:/(?:3[0-2]|[12]?[0-9]))?$")
}

/// Every textual form of an IPv6 address: a run of zeros is left out or not, the last two groups
/// are perhaps a dotted quad.
fn ipv6() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let mut forms = vec![format!("(?:{group}:){{7}}{group}"), format!("(?:{group}:){{6}}{QUAD}")];
    for before in 0..=7_usize {
        let left = match before {
            0 => String::new(),
            1 => group.to_owned(),
            _ => format!("{group}(?::{group}){{{}}}", before - 1),
        };
        // The gap stands for one group at least.
        let most = 7 - before;
        let mut right = Vec::new();
        if most >= 1 {
            right.push(format!("(?:{group}:){{0,{}}}{group}", most - 1));
        }
        if most >= 2 {
            right.push(format!("(?:{group}:){{0,{}}}{QUAD}", most - 2));
        }
        forms.push(if right.is_empty() {
            format!("{left}::")
        } else {
            format!("{left}::(?:{})?", right.join("|"))
        });
    }
    format!("^(?:{})(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?$", forms.join("|"))
}

/// The spellings of true and false in any case, with blanks around.
fn boolean() -> String {
    let any_case = |spelling: &&str| -> String {
        let letters = spelling.chars().map(|letter| match letter {
            'a'..='z' => format!("[{}{letter}]", letter.to_ascii_uppercase()),
            other => other.to_string(),
        });
        letters.collect()
    };
    let spellings: Vec<String> = TRUE.iter().chain(&FALSE).map(any_case).collect();
    format!("^[ \\t\\r\\n]*(?:{})[ \\t\\r\\n]*$", spellings.join("|"))
}

#[cfg(test)]
mod tests;
