use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::model::{
    FieldKind, LONG_TEXT, MetaTemplate, Scope, TemplateField, TemplateKey,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::Timestamp;
use serde_json::Value as Json;

use super::{Fields, FromNode, Notes, Path};
use crate::json::{Node, Value, parse};

/// A row of the meta-templates index.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetaTemplateRecord {
    /// The template.
    pub template: MetaTemplate,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// When that node loaded it.
    pub created: Option<Timestamp>,
    /// When it was last changed there.
    pub modified: Option<Timestamp>,
}

const KEYS: [&str; 13] = [
    "id",
    "scope",
    "name",
    "namespace",
    "description",
    "version",
    "uuid",
    "source",
    "enabled",
    "is_default",
    "created",
    "modified",
    "meta_template_fields",
];

impl FromNode for MetaTemplateRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let ignored = ["meta_template_directory_id", "updateStatus"];
        let (fields, picked) = Fields::pick(node, path, notes, KEYS, &ignored)?;
        let [id, scope, name, namespace, description, version, uuid, source, enabled, rest @ ..] =
            picked;
        let [is_default, created, modified, columns] = rest;
        let identity = fields.identity("uuid", uuid, notes);
        let version = template_version(&fields, version, notes);
        let name = fields.name("name", name, notes);
        let scope = template_scope(&fields, scope, notes);
        let namespace = fields.short("namespace", namespace, notes).unwrap_or_default();
        let source = fields.short("source", source, notes).unwrap_or_default();
        let description = fields.text("description", description, LONG_TEXT, notes);
        let enabled = fields.flag("enabled", enabled, notes).unwrap_or(false);
        let is_default = fields.flag("is_default", is_default, notes).unwrap_or(false);
        let local_id = fields.number("id", id, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);
        let path = fields.path("meta_template_fields");
        let items = notes.list(columns, path);
        let mut columns = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            columns.extend(template_field(item, path.position(position), notes));
        }
        let key = TemplateKey::new(MetaTemplateId::new(identity?), version?);
        let mut template = MetaTemplate::new(key, namespace, String::from(name?), scope?, source);
        template.description = description;
        template.enabled = enabled;
        template.is_default = is_default;
        template.fields = columns;
        Some(MetaTemplateRecord { template, local_id, created, modified })
    }
}

fn template_version(
    fields: &Fields<'_, '_, '_>,
    value: Option<&Node<'_>>,
    notes: &mut Notes<'_>,
) -> Option<u32> {
    let before = notes.count();
    let Some(number) = fields.number("version", value, notes) else {
        if notes.count() == before {
            fields.required("version", "a version is needed", notes);
        }
        return None;
    };
    let version = u32::try_from(number).ok();
    if version.is_none()
        && let Some(node) = value
    {
        notes.problem(node, fields.path("version"), ProblemKind::NotNumber, "not a version");
    }
    version
}

fn template_scope(
    fields: &Fields<'_, '_, '_>,
    value: Option<&Node<'_>>,
    notes: &mut Notes<'_>,
) -> Option<Scope> {
    let Some(text) = fields.short("scope", value, notes) else {
        fields.required("scope", "the template does not say whose values it describes", notes);
        return None;
    };
    let known = [Scope::Organisation, Scope::Individual, Scope::User];
    let scope = known.into_iter().find(|scope| scope.as_str() == text);
    if scope.is_none()
        && let Some(node) = value
    {
        let message = "neither `organisation` nor `individual` nor `user`";
        notes.problem(node, fields.path("scope"), ProblemKind::WrongScope, message);
    }
    scope
}

fn template_field(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<TemplateField> {
    const IGNORED: [&str; 7] =
        ["id", "meta_template_id", "enabled", "counter", "index_type", "form_type", "form_options"];
    let keys = ["field", "type", "regex", "multiple", "sane_default", "values_list", "link"];
    let (fields, picked) = Fields::pick(node, path, notes, keys, &IGNORED)?;
    let [name, kind, pattern, multiple, suggestions, permitted, link] = picked;
    let name = fields.short("field", name, notes).or_else(|| {
        fields.required("field", "the field needs a name", notes);
        None
    })?;
    let kind = fields.short("type", kind, notes).unwrap_or_else(|| "text".to_owned());
    let mut field = TemplateField::new(name, FieldKind::from(kind));
    field.multiple = fields.flag("multiple", multiple, notes).unwrap_or(false);
    field.pattern = fields.text("regex", pattern, LONG_TEXT, notes);
    field.sane_default = values(suggestions, fields.path("sane_default"), notes);
    field.values_list = values(permitted, fields.path("values_list"), notes);
    field.link = fields.text("link", link, LONG_TEXT, notes);
    Some(field)
}

/// A list of values, also as JSON in a text.
fn values(node: Option<&Node<'_>>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Vec<Json>> {
    let node = node.filter(|node| node.value != Value::Null)?;
    if let Value::Text(text) = &node.value {
        if text.is_empty() {
            return None;
        }
        let nested = parse(text, &[]).ok().map(|document| json(&document.root));
        let Some(Json::Array(list)) = nested else {
            notes.problem(node, path, ProblemKind::WrongType, "not a list of values");
            return None;
        };
        return Some(list);
    }
    let before = notes.count();
    let items = notes.list(Some(node), path);
    let list = items.into_iter().map(json).collect();
    (notes.count() == before).then_some(list)
}

fn json(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Null | Value::Skipped => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        // A number that no type holds stays what it looks like.
        Value::Number(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String((*text).to_owned()))
        }
        Value::Text(text) => Json::String(text.clone().into_owned()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Object(members) => members
            .iter()
            .map(|member| (member.key.clone().into_owned(), json(&member.node)))
            .collect(),
    }
}
