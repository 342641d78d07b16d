//! Drafts from JSON in our own spelling, and from flat objects with the members that a CSV file
//! would have as columns.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use cerebrate_core::error::Result;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, TemplateKey};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::Timestamp;
use cerebrate_wire::split::Element;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::column::{Columns, Slot};
use super::csv::missing;
use super::draft::{About, Draft};
use super::report::RowProblem;
use super::shape::Shape;
use super::source::{Drafts, Pieces, Position, broken, not_of_this_kind};
use super::spool::Spool;

/// How many different members that mean nothing are named.
const UNKNOWN: usize = 100;

/// The records of a document.
#[derive(Debug)]
pub(super) struct JsonDrafts<'s> {
    pieces: Pieces<'s>,
    reader: Reader<'s>,
}

#[derive(Debug)]
struct Reader<'s> {
    columns: Columns<'s>,
    library: &'s Library,
    /// What the members met so far mean.
    slots: HashMap<String, Option<Slot<'s>>>,
    /// Members that mean nothing, with the line on which each was met first.
    unknown: BTreeMap<String, (u64, ProblemKind, Cow<'static, str>)>,
}

impl<'s> JsonDrafts<'s> {
    pub(super) fn open<E: Shape>(
        spool: &'s mut Spool,
        columns: Columns<'s>,
        library: &'s Library,
    ) -> Result<Self> {
        columns.check_given()?;
        let reader = Reader { columns, library, slots: HashMap::new(), unknown: BTreeMap::new() };
        Ok(JsonDrafts { pieces: Pieces::of_lists(spool, E::LISTS)?, reader })
    }
}

impl<E: Shape> Drafts<E> for JsonDrafts<'_> {
    fn next_draft(&mut self) -> Result<Option<Draft>> {
        let reader = &mut self.reader;
        self.pieces.next_piece(|element| reader.draft::<E>(element), broken)
    }

    fn notices(&mut self) -> Vec<RowProblem> {
        let unknown = std::mem::take(&mut self.reader.unknown);
        let notices = unknown.into_iter().map(|(member, (line, kind, message))| {
            RowProblem::new(line, member.as_str(), &member, kind, message)
        });
        let lists = self.pieces.passed_over().iter().map(|name| {
            let message = "records of another kind; not imported";
            RowProblem::new(1, name, "", ProblemKind::UnknownField, message)
        });
        notices.chain(lists).collect()
    }

    fn position(&self) -> Position {
        self.pieces.position()
    }
}

impl Reader<'_> {
    fn draft<E: Shape>(&mut self, element: Element<'_>) -> Draft {
        let line = element.place.line;
        let mut draft = Draft::new(line);
        let Ok(text) = str::from_utf8(element.text) else {
            let shown = String::from_utf8_lossy(element.text.get(..512).unwrap_or(element.text));
            let message = "the bytes are not UTF-8";
            draft.problem(About::Row, "", &shown, ProblemKind::Undecodable, message);
            return draft;
        };
        let members = match serde_json::from_str::<Members<'_>>(text) {
            Ok(Members(members)) => members,
            Err(error) => {
                let message = if error.is_data() {
                    "an object is expected".to_owned()
                } else {
                    malformed(&error)
                };
                draft.problem(About::Row, "", text, ProblemKind::Malformed, message);
                return draft;
            }
        };
        // A mapped member speaks for what was asked for.
        let is_mapped = || members.iter().any(|(key, _)| self.columns.is_given(key));
        if let Some(kind) = element.other_kind(E::SCOPE).filter(|_| !is_mapped()) {
            draft.problem(About::Row, "", text, ProblemKind::WrongType, not_of_this_kind(kind));
            return draft;
        }
        let mut flags = Vec::new();
        let has_uuid = members.iter().any(|(key, _)| key == "uuid");
        let mut met = HashSet::with_capacity(members.len());
        for (key, value) in &members {
            if !met.insert(key.as_str()) {
                let message = "the member stands twice";
                draft.problem(About::Row, key, value.get(), ProblemKind::Duplicate, message);
                continue;
            }
            match key.as_str() {
                "meta_fields" => self.meta_fields::<E>(&mut draft, value),
                "alignments" if E::ALIGNED => alignments(&mut draft, value),
                "id" if has_uuid => {}
                "flags" => flags = known_flags(value),
                _ => {
                    if let Some(slot) = self.slot(key, line) {
                        take(&mut draft, slot, key, value.get());
                    }
                }
            }
        }
        let column = E::FIELDS.first().map_or("", |field| field.name);
        draft.need_first(column, || text.to_owned(), missing(E::SCOPE));
        draft.finish::<E>(&|index| {
            E::FIELDS.get(index).map_or_else(String::new, |field| field.name.to_owned())
        });
        draft.forgive(|about, problem| {
            matches!(about, About::Text(_)) && flags.contains(&problem.kind)
        });
        draft.tell_name();
        draft
    }

    fn slot(&mut self, key: &str, line: u64) -> Option<&Slot<'_>> {
        if !self.slots.contains_key(key) {
            let slot = match self.columns.slot(key) {
                // Values say themselves what is wrong with them.
                Ok(Slot::Flagged) => None,
                Ok(slot) => Some(slot),
                Err(reason) => {
                    if self.unknown.len() < UNKNOWN {
                        self.unknown.entry(key.to_owned()).or_insert((
                            line,
                            reason.kind,
                            reason.message,
                        ));
                    }
                    None
                }
            };
            if self.slots.len() > 10_000 {
                self.slots.clear();
            }
            self.slots.insert(key.to_owned(), slot);
        }
        self.slots.get(key).and_then(Option::as_ref)
    }

    fn meta_fields<E: Shape>(&self, draft: &mut Draft, list: &RawValue) {
        const COLUMN: &str = "meta_fields";
        let Ok(entries) = serde_json::from_str::<Option<Vec<&RawValue>>>(list.get()) else {
            let message = "a list of values is expected";
            draft.problem(About::Row, COLUMN, list.get(), ProblemKind::WrongType, message);
            return;
        };
        for entry in entries.unwrap_or_default() {
            let Ok(found) = serde_json::from_str::<Entry<'_>>(entry.get()) else {
                let message = "a value of a template field has `template`, `field` and `value`";
                let kind = ProblemKind::WrongType;
                draft.problem(About::Row, COLUMN, entry.get(), kind, message);
                continue;
            };
            let Some(key) = found.key(self.library) else {
                let message = "the value does not say for which template it is";
                let kind = ProblemKind::UnknownTemplate;
                draft.problem(About::Row, COLUMN, &found.value, kind, message);
                continue;
            };
            let column = found.field.clone();
            let mut value = MetaField::new(key, found.field, found.value);
            value.created = found.created;
            value.modified = found.modified;
            value.flags = found.flags;
            draft.take_meta_field(value, self.library, E::SCOPE, &column);
        }
    }
}

/// What the parser says, without its counting of lines from where the record begins.
fn malformed(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
    format!("not well-formed: {what}")
}

/// Takes the organisations that somebody works for, each with the role there.
fn alignments(draft: &mut Draft, list: &RawValue) {
    const COLUMN: &str = "alignments";
    let Ok(entries) = serde_json::from_str::<Option<Vec<&RawValue>>>(list.get()) else {
        let message = "a list of organisations is expected";
        draft.problem(About::Row, COLUMN, list.get(), ProblemKind::WrongType, message);
        return;
    };
    for entry in entries.unwrap_or_default() {
        let Ok(Employment { organisation, role, created }) = serde_json::from_str(entry.get())
        else {
            let message = "an entry has `organisation` and `role`";
            draft.problem(About::Row, COLUMN, entry.get(), ProblemKind::WrongType, message);
            continue;
        };
        draft.take_employer(COLUMN, &organisation);
        let role = role.map(|role| draft.short(COLUMN, &role));
        if let Some(employer) = draft.employers.last_mut() {
            (employer.role, employer.created) = (role, created);
        }
    }
}

#[derive(Deserialize)]
struct Employment<'a> {
    /// By UUID or name.
    #[serde(borrow)]
    organisation: Cow<'a, str>,
    #[serde(default, borrow)]
    role: Option<Cow<'a, str>>,
    #[serde(default)]
    created: Option<Timestamp>,
}

/// Takes a member: a text, a number or a flag, or a list of them where several are fine.
fn take(draft: &mut Draft, slot: &Slot<'_>, key: &str, json: &str) {
    let many = matches!(slot, Slot::Tags | Slot::Organisations | Slot::Meta(_));
    match json.as_bytes().first() {
        Some(b'n') => {}
        Some(b'"') => match serde_json::from_str::<Cow<'_, str>>(json) {
            Ok(text) => take_text(draft, slot, key, text),
            Err(_) => draft.problem(
                About::Row,
                key,
                json,
                ProblemKind::Malformed,
                "not a well-formed text",
            ),
        },
        Some(b'[') if many => {
            let Ok(values) = serde_json::from_str::<Vec<Scalar>>(json) else {
                let message = "a list of texts is expected";
                draft.problem(About::Row, key, json, ProblemKind::WrongType, message);
                return;
            };
            if let Slot::Tags = slot {
                draft.tags.get_or_insert_default();
            }
            for value in values {
                take_text(draft, slot, key, Cow::Owned(value.0));
            }
        }
        Some(b'[' | b'{') => {
            draft.problem(About::Row, key, json, ProblemKind::WrongType, "a text is expected");
        }
        Some(b't' | b'f') if !matches!(slot, Slot::Meta(_)) => {
            draft.problem(About::Row, key, json, ProblemKind::WrongType, "a text is expected");
        }
        _ => take_text(draft, slot, key, Cow::Borrowed(json)),
    }
}

/// Takes one value, which is never several.
fn take_text(draft: &mut Draft, slot: &Slot<'_>, key: &str, text: Cow<'_, str>) {
    match slot {
        _ if text.trim().is_empty() => {}
        Slot::Tags => draft.take_tag(key, &text),
        Slot::Organisations => draft.take_employer(key, &text),
        Slot::Meta(meta) => draft.take_value(meta, key, &text),
        slot => draft.take(slot, key, text),
    }
}

/// The members of an object in their order, repeated ones included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(12);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// A text, or the text of a number or a flag.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let json = raw.get();
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).map(Scalar).map_err(serde::de::Error::custom),
            Some(b'[' | b'{' | b'n') => Err(serde::de::Error::custom("a text is expected")),
            _ => Ok(Scalar(json.to_owned())),
        }
    }
}

/// A value of a template field, in our spelling or in that of peers.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(default, borrow)]
    template: Option<Named<'a>>,
    #[serde(default)]
    template_uuid: Option<Uuid>,
    #[serde(default)]
    template_version: Option<u32>,
    field: String,
    #[serde(deserialize_with = "scalar")]
    value: String,
    #[serde(default, deserialize_with = "flags")]
    flags: Vec<ProblemKind>,
    #[serde(default)]
    created: Option<Timestamp>,
    #[serde(default)]
    modified: Option<Timestamp>,
}

/// How an entry names its template.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named<'a> {
    Key(TemplateKey),
    Name(#[serde(borrow)] Cow<'a, str>),
}

impl Entry<'_> {
    fn key(&self, library: &Library) -> Option<TemplateKey> {
        match &self.template {
            Some(Named::Key(key)) => Some(*key),
            Some(Named::Name(name)) => {
                library.find(name).ok().map(cerebrate_core::meta::CompiledTemplate::key)
            }
            None => Some(TemplateKey::new(self.template_uuid?.into(), self.template_version?)),
        }
    }
}

fn scalar<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Scalar::deserialize(deserializer).map(|scalar| scalar.0)
}

fn flags<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<ProblemKind>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(known_flags)
}

/// Flags that are known here; others are left out, since flags are worked out anew.
fn known_flags(list: &RawValue) -> Vec<ProblemKind> {
    let names = serde_json::from_str::<Vec<Cow<'_, str>>>(list.get()).unwrap_or_default();
    names.iter().filter_map(|name| ProblemKind::from_name(name)).collect()
}
