use std::borrow::Cow;

use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::model::{LONG_TEXT, MetaField, NameDirectoryEntry, TemplateKey};
use cerebrate_core::problem::ProblemKind;

use super::{Fields, Notes, Path};
use crate::json::{Member, Node, Value};

/// The values of a record, and what their templates are called.
#[derive(Debug, Default)]
pub(super) struct MetaFields {
    pub(super) values: Vec<MetaField>,
    pub(super) templates: Vec<NameDirectoryEntry>,
}

/// One value with what only its node can tell.
pub(super) struct Entry {
    pub(super) value: MetaField,
    /// The number of the record that holds it.
    pub(super) owner: Option<u64>,
    template: Option<NameDirectoryEntry>,
}

const KEYS: [&str; 10] = [
    "parent_id",
    "field",
    "value",
    "created",
    "modified",
    "template_uuid",
    "template_version",
    "template_name",
    "template_namespace",
    "id",
];

/// What a value also carries and its template, or its owner, tells better.
const IGNORED: [&str; 8] = [
    "scope",
    "uuid",
    "meta_template_id",
    "meta_template_field_id",
    "is_default",
    "meta_template_directory_id",
    "meta_template_field",
    "_joinData",
];

/// Reads the values of a record; one that cannot be used is a problem with its value.
pub(super) fn meta_fields(
    node: Option<&Node<'_>>,
    path: Path<'_>,
    notes: &mut Notes<'_>,
) -> MetaFields {
    let mut found = MetaFields::default();
    if let Some(Node { value: Value::Object(groups), .. }) = node
        && groups.iter().any(|group| is_group(&group.node))
    {
        by_template_name(groups, path, notes);
        return found;
    }
    let items = notes.list(node, path);
    found.values.reserve(items.len());
    for (position, item) in items.into_iter().enumerate() {
        if let Some(entry) = entry(item, path.position(position), &found.templates, notes) {
            found.templates.extend(entry.template);
            found.values.push(entry.value);
        }
    }
    found
}

/// Reads one value. A template among the `known` is not named again.
pub(super) fn entry(
    node: &Node<'_>,
    path: Path<'_>,
    known: &[NameDirectoryEntry],
    notes: &mut Notes<'_>,
) -> Option<Entry> {
    let (fields, picked) = Fields::pick(node, path, notes, KEYS, &IGNORED)?;
    let [owner, field, value, created, modified, template, version, name, namespace, _] = picked;
    let complete = notes_unless_usable(&fields, field, value, notes);
    let template_id = fields.uuid("template_uuid", template, notes);
    let version_number = fields
        .number("template_version", version, notes)
        .and_then(|number| u32::try_from(number).ok());
    if template_id.is_none() || version_number.is_none() {
        let message = "the value does not say for which template and version it is";
        let shown = value.unwrap_or(node);
        notes.problem(shown, path, ProblemKind::UnknownTemplate, message);
    }
    let created = fields.time("created", created, notes);
    let modified = fields.time("modified", modified, notes);
    let owner = fields.number("parent_id", owner, notes);
    let (field, value) = complete?;
    let key = TemplateKey::new(MetaTemplateId::new(template_id?), version_number?);
    let mut value = MetaField::new(key, field, value);
    value.created = created;
    value.modified = modified;
    let template = if known.iter().any(|entry| entry.template == key) {
        None
    } else {
        let name = fields.short("template_name", name, notes);
        let namespace = fields.short("template_namespace", namespace, notes);
        name.map(|name| NameDirectoryEntry {
            template: key,
            name,
            namespace: namespace.unwrap_or_default(),
        })
    };
    Some(Entry { value, owner, template })
}

/// The field and the value; notes what is missing.
fn notes_unless_usable(
    fields: &Fields<'_, '_, '_>,
    field: Option<&Node<'_>>,
    value: Option<&Node<'_>>,
    notes: &mut Notes<'_>,
) -> Option<(String, String)> {
    let field = fields.short("field", field, notes).or_else(|| {
        fields.required("field", "the value does not say which field it is for", notes);
        None
    });
    let value = match value.map(|node| &node.value) {
        // Peers store the decimal text of a flag.
        Some(Value::Bool(flag)) => Some(if *flag { "1" } else { "0" }.to_owned()),
        None | Some(Value::Null) => {
            fields.required("value", "the value is missing", notes);
            None
        }
        Some(Value::Text(text)) if text.is_empty() => {
            fields.required("value", "the value is empty", notes);
            None
        }
        Some(_) => fields.text("value", value, LONG_TEXT, notes),
    };
    field.zip(value)
}

/// Whether it is the values of one template by field, as `includeFullMetaFields` asks for.
fn is_group(node: &Node<'_>) -> bool {
    let Value::Object(members) = &node.value else { return true };
    !members.iter().any(|member| matches!(&*member.key, "field" | "template_uuid" | "value"))
}

/// Values by template name and field: without UUID and version none of them can be used.
fn by_template_name(groups: &[Member<'_>], path: Path<'_>, notes: &mut Notes<'_>) {
    let message: Cow<'static, str> = "only the name of the template is given".into();
    for group in groups {
        let group_path = path.key(&group.key);
        let Some(fields) = notes.object(&group.node, group_path) else { continue };
        for field in fields {
            let field_path = group_path.key(&field.key);
            let values = match &field.node.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(&field.node),
            };
            for value in values {
                notes.problem(value, field_path, ProblemKind::UnknownTemplate, message.clone());
            }
        }
    }
}
