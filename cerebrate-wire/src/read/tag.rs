use std::collections::BTreeSet;

use cerebrate_core::model::{Tag, TagName};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::Timestamp;

use super::fields::tag_name;
use super::{Fields, FromNode, Notes, Path};
use crate::json::{Node, Value};

/// A row of the tags index, or a tag on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagRecord {
    /// The tag; in the default colour where the text has none or an odd one.
    pub tag: Tag,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// On how many records it is, as that node counts.
    pub count: Option<u64>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

impl FromNode for TagRecord {
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            return bare(node, text, path, notes);
        }
        let keys = ["id", "name", "colour", "counter", "created", "modified"];
        let ignored = ["namespace", "predicate", "value", "text_colour", "_joinData"];
        let (fields, [id, name, colour, counter, created, modified]) =
            Fields::pick(node, path, notes, keys, &ignored)?;
        let name = tag_name(&fields, name, notes);
        let colour = fields.short("colour", colour, notes).and_then(|text| {
            let is_colour = text.len() == 7
                && text.starts_with('#')
                && text.bytes().skip(1).all(|digit| digit.is_ascii_hexdigit());
            if !is_colour && let Some(node) = colour {
                let message = "not a colour such as `#924da6`";
                notes.problem(node, fields.path("colour"), ProblemKind::NotColour, message);
            }
            is_colour.then_some(text)
        });
        let local_id = fields.number("id", id, notes);
        let count = fields.number("counter", counter, notes);
        let created = fields.time("created", created, notes);
        let modified = fields.time("modified", modified, notes);
        let mut tag = Tag::new(name?);
        if let Some(colour) = colour {
            tag.colour = colour;
        }
        Some(TagRecord { tag, local_id, count, created, modified })
    }
}

/// A tag of which only the name is given.
fn bare(node: &Node<'_>, text: &str, path: Path<'_>, notes: &mut Notes<'_>) -> Option<TagRecord> {
    match text.parse::<TagName>() {
        Ok(name) => Some(TagRecord {
            tag: Tag::new(name),
            local_id: None,
            count: None,
            created: None,
            modified: None,
        }),
        Err(error) => {
            let blank = text.trim().is_empty();
            let kind = if blank { ProblemKind::Required } else { ProblemKind::TooLong };
            notes.problem(node, path, kind, error.message().to_owned());
            None
        }
    }
}

/// The tags of a record in name order, each once.
pub(super) fn tags(node: Option<&Node<'_>>, path: Path<'_>, notes: &mut Notes<'_>) -> Vec<Tag> {
    let items = notes.list(node, path);
    let mut tags: Vec<Tag> = Vec::with_capacity(items.len());
    let mut known = BTreeSet::new();
    for (position, item) in items.into_iter().enumerate() {
        let path = path.position(position);
        if let Some(record) = TagRecord::from_node(item, path, notes) {
            if known.insert(record.tag.name.folded()) {
                tags.push(record.tag);
            } else {
                notes.problem(item, path, ProblemKind::Repeated, "the tag stands here twice");
            }
        }
    }
    tags.sort_by(|a, b| a.name.cmp(&b.name));
    tags
}
