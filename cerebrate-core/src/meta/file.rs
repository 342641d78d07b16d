//! Template files: a tolerant reader and an exact writer.

use std::fmt::Write as _;

use serde_json::Value;
use uuid::Uuid;

use super::json::Json;
use super::near;
use crate::fold;
use crate::id::MetaTemplateId;
use crate::model::{
    FieldKind, LONG_TEXT, MetaTemplate, SHORT_TEXT, Scope, TemplateField, TemplateKey,
};
use crate::problem::{Problem, ProblemKind};

/// The largest template file that is read, in bytes.
pub const MAX_FILE: usize = 1024 * 1024;

/// The largest number of fields of one template.
pub const MAX_FIELDS: usize = 1_000;

/// The largest number of members of a `values_list` or `sane_default`.
pub const MAX_LIST: usize = 10_000;

/// The largest number of problems that are listed for one file, and of notices beside them.
const MAX_PROBLEMS: usize = 1_000;

/// Reads a template file: the template, and **all** that is wrong with the file.
///
/// There is no template if the text is not a JSON object, exceeds a limit, or lacks one of `uuid`,
/// `version`, `name`, `namespace`, `source`, `scope` and `metaFields`. Otherwise there is one, with
/// what could not be read left out; with an empty list of problems, or with notices only, it is
/// exactly what the file says. A text with control characters, or with characters that cannot be
/// seen or reorder text, is kept and a notice ([`Problem::is_notice`]), and so is a type that looks like a known one misspelled. Unknown keys are
/// ignored. A `version` may be a numeric text, `multiple` may be 0 or 1, a list may be an object
/// whose values count (as peers at release 1.35 read them).
///
/// The field of a problem is a place such as `metaFields[3].type` or `line 4 column 7`.
///
/// ```
/// let (template, problems) = cerebrate_core::meta::file::parse(r#"{"version": 1, "uuid": "x"}"#);
/// assert!(template.is_none());
/// assert_eq!(problems[0].to_string(), "uuid: not a UUID: `x`");
/// ```
pub fn parse(text: &str) -> (Option<MetaTemplate>, Vec<Problem>) {
    let mut reader = Reader::default();
    let template = reader.file(text);
    (template, reader.problems)
}

/// Writes a template as a file: the keys in a fixed order, a line for each field, without what
/// the format leaves out. [`parse`] reads it back unchanged.
pub fn to_file(template: &MetaTemplate) -> String {
    let mut file = String::from("{\n");
    let mut line = |key: &str, value: Value| {
        let _ = writeln!(file, "  \"{key}\": {value},");
    };
    line("uuid", template.key.id.to_string().into());
    line("version", template.key.version.into());
    line("namespace", template.namespace.as_str().into());
    line("name", template.name.as_str().into());
    if let Some(description) = &template.description {
        line("description", description.as_str().into());
    }
    line("scope", template.scope.as_str().into());
    line("source", template.source.as_str().into());
    if template.enabled {
        line("enabled", true.into());
    }
    if template.is_default {
        line("is_default", true.into());
    }
    file.push_str("  \"metaFields\": [");
    for (index, field) in template.fields.iter().enumerate() {
        file.push_str(if index == 0 { "\n" } else { ",\n" });
        write_field(&mut file, field);
    }
    file.push_str(if template.fields.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
    file
}

fn write_field(file: &mut String, field: &TemplateField) {
    let mut member = |key: &str, value: Value| {
        let _ = write!(file, "{}\"{key}\": {value}", if key == "field" { "    { " } else { ", " });
    };
    member("field", field.name.as_str().into());
    member("type", field.kind.as_str().into());
    if field.multiple {
        member("multiple", true.into());
    }
    if let Some(pattern) = &field.pattern {
        member("regex", pattern.as_str().into());
    }
    if let Some(list) = &field.sane_default {
        member("sane_default", Value::Array(list.clone()));
    }
    if let Some(list) = &field.values_list {
        member("values_list", Value::Array(list.clone()));
    }
    if let Some(link) = &field.link {
        member("link", link.as_str().into());
    }
    file.push_str(" }");
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// How many of them are notices: however many there are, they hide no problem.
    notices: usize,
}

impl Reader {
    fn add(&mut self, problem: Problem) {
        let is_notice = problem.is_notice();
        let listed = if is_notice { self.notices } else { self.problems.len() - self.notices };
        match listed {
            0..MAX_PROBLEMS => self.problems.push(problem),
            MAX_PROBLEMS => {
                let what = if is_notice { "notices" } else { "problems" };
                let message = format!("further {what} are not listed");
                let last = Problem::new(ProblemKind::TooLong, "file", "", message);
                self.problems.push(if is_notice { last.as_notice() } else { last });
            }
            _ => return,
        }
        self.notices += usize::from(is_notice);
    }

    fn problem(
        &mut self,
        kind: ProblemKind,
        place: &str,
        value: &str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.add(Problem::new(kind, place, value, message));
    }

    /// Notes what cannot be seen in a text that is kept.
    fn look_at(&mut self, place: &str, text: &str) {
        if let Some(kind) = fold::hidden_characters(text) {
            let message = "holds characters that cannot be seen or reorder text";
            self.add(Problem::new(kind, place, text, message).as_notice());
        }
        if let Some(kind) = fold::control_characters(text) {
            self.add(Problem::new(kind, place, text, "holds control characters").as_notice());
        }
    }

    fn wrong_type(&mut self, place: &str, found: &Json, expected: &str) {
        let message = format!("must be {expected}, not {}", found.noun());
        self.problem(ProblemKind::WrongType, place, &found.excerpt(), message);
    }

    fn file(&mut self, text: &str) -> Option<MetaTemplate> {
        if text.len() > MAX_FILE {
            let message = format!("larger than the {MAX_FILE} bytes of the largest template file");
            self.problem(ProblemKind::TooLong, "file", &text.len().to_string(), message);
            return None;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let members = match serde_json::from_str(text) {
            Ok(Json::Object(members)) => Members::new(self, "", members),
            Ok(other) => {
                self.wrong_type("file", &other, "an object");
                return None;
            }
            Err(error) => {
                self.not_json(text, &error);
                return None;
            }
        };
        self.template(&members)
    }

    fn not_json(&mut self, text: &str, error: &serde_json::Error) {
        let (line, column) = (error.line(), error.column());
        let shown = error.to_string();
        let place = format!(" at line {line} column {column}");
        let reason = shown.strip_suffix(&place).unwrap_or(&shown);
        let excerpt = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        self.problem(
            ProblemKind::Malformed,
            &format!("line {line} column {column}"),
            excerpt.trim(),
            format!("not JSON: {reason}"),
        );
    }

    fn template(&mut self, members: &Members) -> Option<MetaTemplate> {
        let id = self.uuid(members);
        let version = self.version(members);
        let [name, namespace, source] =
            ["name", "namespace", "source"].map(|key| self.required_text(members, key, SHORT_TEXT));
        let scope = self.scope(members);
        let description = self.optional_text(members, "description", LONG_TEXT);
        let enabled = self.switch(members, "enabled");
        let is_default = self.switch(members, "is_default");
        let fields = self.fields(members);

        let key = TemplateKey::new(MetaTemplateId::new(id?), version?);
        let mut template = MetaTemplate::new(key, namespace?, name?, scope?, source?);
        template.description = description;
        template.enabled = enabled;
        template.is_default = is_default;
        template.fields = fields?;
        Some(template)
    }

    fn uuid(&mut self, members: &Members) -> Option<Uuid> {
        let text = self.required_text(members, "uuid", SHORT_TEXT)?;
        // Only the usual form: peers compare the text.
        let uuid = Uuid::parse_str(&text).ok().filter(|_| text.len() == 36);
        if uuid.is_none() {
            let problem = Problem::new(ProblemKind::NotUuid, "uuid", &text, "not a UUID");
            self.add(problem.hint("a UUID looks like `55f6ea5e-2c60-40e5-964f-47a8950d210f`"));
        }
        uuid
    }

    fn version(&mut self, members: &Members) -> Option<u32> {
        let (version, shown) = match self.required(members, "version")? {
            Json::Number(number) => (number.as_u64(), number.to_string()),
            Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                (text.parse().ok(), text.clone())
            }
            Json::Text(text) => (None, text.clone()),
            other => {
                self.wrong_type("version", other, "a number");
                return None;
            }
        };
        let version = version.and_then(|number| u32::try_from(number).ok()).filter(|&v| v > 0);
        if version.is_none() {
            let message = "not a whole number from 1 to 4294967295";
            self.problem(ProblemKind::NotNumber, "version", &shown, message);
        }
        version
    }

    fn scope(&mut self, members: &Members) -> Option<Scope> {
        let text = self.required_text(members, "scope", SHORT_TEXT)?;
        let scopes = [Scope::Organisation, Scope::Individual, Scope::User];
        let scope = scopes.into_iter().find(|scope| scope.as_str() == text);
        if scope.is_none() {
            let problem = Problem::new(ProblemKind::NotInList, "scope", &text, "unknown scope");
            self.add(problem.hint("use `organisation`, `individual` or `user`"));
        }
        scope
    }

    fn fields(&mut self, members: &Members) -> Option<Vec<TemplateField>> {
        let list = match self.required(members, "metaFields")? {
            Json::List(list) => list,
            other => {
                self.wrong_type("metaFields", other, "a list");
                return None;
            }
        };
        if list.len() > MAX_FIELDS {
            let message = format!("more than {MAX_FIELDS} fields");
            self.problem(ProblemKind::TooLong, "metaFields", &list.len().to_string(), message);
            return None;
        }
        let mut names = std::collections::BTreeMap::new();
        let mut fields = Vec::with_capacity(list.len());
        for (index, json) in list.iter().enumerate() {
            let place = format!("metaFields[{index}]");
            let Json::Object(object) = json else {
                self.wrong_type(&place, json, "an object");
                continue;
            };
            let members = Members::new(self, &place, object.clone());
            let Some(field) = self.field(&members) else { continue };
            if let Some(first) = names.get(&field.name) {
                let message = format!("the name of `metaFields[{first}]` again");
                let place = members.place("field");
                self.problem(ProblemKind::Duplicate, &place, &field.name, message);
                continue;
            }
            names.insert(field.name.clone(), index);
            fields.push(field);
        }
        Some(fields)
    }

    fn field(&mut self, members: &Members) -> Option<TemplateField> {
        let name = self.required_text(members, "field", SHORT_TEXT);
        let kind = self.required_text(members, "type", SHORT_TEXT);
        let multiple = self.switch(members, "multiple");
        let pattern = self.optional_text(members, "regex", LONG_TEXT);
        let sane_default = self.list(members, "sane_default");
        let values_list = self.list(members, "values_list");
        let link = self.optional_text(members, "link", SHORT_TEXT);
        // Only now: a field without a name or type still tells all that is wrong with it.
        let kind = FieldKind::from(kind?);
        self.look_at_kind(members, &kind);
        let mut field = TemplateField::new(name?, kind);
        field.multiple = multiple;
        field.pattern = pattern.filter(|pattern| !pattern.is_empty());
        field.sane_default = sane_default;
        field.values_list = values_list;
        field.link = link;
        Some(field)
    }

    /// Notes a type that is probably a known one misspelled. Any other is legal.
    fn look_at_kind(&mut self, members: &Members, kind: &FieldKind) {
        let FieldKind::Other(name) = kind else { return };
        if let Some(near) = near::nearest(name, KINDS) {
            let message = "unknown type, values are not checked";
            let problem =
                Problem::new(ProblemKind::NotInList, members.place("type"), name, message);
            self.add(problem.hint(format!("did you mean `{near}`?")).as_notice());
        }
    }

    fn required<'a>(&mut self, members: &'a Members, key: &str) -> Option<&'a Json> {
        let found = members.get(key).filter(|value| **value != Json::Null);
        if found.is_none() {
            let place = members.place(key);
            let problem = Problem::new(ProblemKind::Required, place, "", "missing");
            let problem = match members.near(key) {
                Some(near) => problem.hint(format!("`{near}` should be spelled `{key}`")),
                None => problem,
            };
            self.add(problem);
        }
        found
    }

    fn required_text(&mut self, members: &Members, key: &str, limit: usize) -> Option<String> {
        let found = self.required(members, key)?;
        let text = self.text(members, key, found, limit)?;
        if text.trim().is_empty() {
            self.problem(ProblemKind::Required, &members.place(key), &text, "empty");
            return None;
        }
        Some(text)
    }

    fn optional_text(&mut self, members: &Members, key: &str, limit: usize) -> Option<String> {
        match members.get(key)? {
            Json::Null => None,
            found => self.text(members, key, found, limit),
        }
    }

    fn text(&mut self, members: &Members, key: &str, found: &Json, limit: usize) -> Option<String> {
        let place = members.place(key);
        match found {
            Json::Text(text) if text.len() > limit => {
                let message = format!("longer than {limit} bytes");
                self.problem(ProblemKind::TooLong, &place, text, message);
                None
            }
            Json::Text(text) => {
                self.look_at(&place, text);
                Some(text.clone())
            }
            other => {
                self.wrong_type(&place, other, "text");
                None
            }
        }
    }

    fn switch(&mut self, members: &Members, key: &str) -> bool {
        match members.get(key) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(truth)) => *truth,
            Some(Json::Number(number)) if number.as_u64() == Some(0) => false,
            Some(Json::Number(number)) if number.as_u64() == Some(1) => true,
            Some(other) => {
                self.wrong_type(&members.place(key), other, "`true` or `false`");
                false
            }
        }
    }

    fn list(&mut self, members: &Members, key: &str) -> Option<Vec<Value>> {
        let place = members.place(key);
        let list: Vec<&Json> = match members.get(key)? {
            Json::Null => return None,
            Json::List(list) => list.iter().collect(),
            Json::Object(object) => object.iter().map(|(_, value)| value).collect(),
            other => {
                self.wrong_type(&place, other, "a list");
                // A closed list stays closed: nothing but the text itself is permitted.
                return other.scalar().map(|scalar| vec![scalar]);
            }
        };
        if list.len() > MAX_LIST {
            let message = format!("more than {MAX_LIST} members");
            self.problem(ProblemKind::TooLong, &place, &list.len().to_string(), message);
        }
        let mut members = Vec::new();
        for (index, member) in list.into_iter().take(MAX_LIST).enumerate() {
            match member.scalar() {
                Some(scalar) => {
                    if let Value::String(text) = &scalar {
                        self.look_at(&format!("{place}[{index}]"), text);
                    }
                    members.push(scalar);
                }
                None => self.wrong_type(&format!("{place}[{index}]"), member, "a single value"),
            }
        }
        Some(members)
    }
}

/// The members of an object, and where it stands.
struct Members {
    place: String,
    members: Vec<(String, Json)>,
}

impl Members {
    fn new(reader: &mut Reader, place: &str, members: Vec<(String, Json)>) -> Self {
        let members = Members { place: place.to_owned(), members };
        let mut seen = std::collections::BTreeSet::new();
        for (key, value) in &members.members {
            if !seen.insert(key.as_str()) {
                let message = "the key stands there twice, the last one counts";
                let place = members.place(key);
                reader.problem(ProblemKind::Duplicate, &place, &value.excerpt(), message);
            }
        }
        members
    }

    /// The last value of the key, as JSON readers agree on.
    fn get(&self, key: &str) -> Option<&Json> {
        self.members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn place(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// An unknown key that looks like `key` misspelled.
    fn near(&self, key: &str) -> Option<&str> {
        let unknown = self.members.iter().map(|(name, _)| name.as_str());
        near::nearest(key, unknown.filter(|name| !KEYS.contains(name)))
    }
}

/// The types that are checked.
const KINDS: [&str; 5] = ["text", "ipv4", "ipv6", "boolean", "date"];

/// The keys of the format.
const KEYS: [&str; 17] = [
    "uuid",
    "version",
    "name",
    "namespace",
    "source",
    "scope",
    "description",
    "enabled",
    "is_default",
    "metaFields",
    "field",
    "type",
    "multiple",
    "regex",
    "sane_default",
    "values_list",
    "link",
];

#[cfg(test)]
mod tests;
