//! What rustdoc's JSON says can be reached from outside, and which foreign names stand there.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde_json::{Map, Value};

use crate::step::Failure;

/// A name of another crate at a public item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    /// Where it stands, as `cerebrate_core::model::Organisation::name`.
    pub(super) item: String,
    /// `trait`, `type` or what else it is.
    pub(super) kind: &'static str,
    /// Its own path, beginning with its crate.
    pub(super) path: String,
    /// The crate as one writes it in a path.
    pub(super) library: String,
}

/// The public part of a crate.
#[derive(Debug, Default)]
pub(super) struct Surface {
    /// How many items were looked at.
    pub(super) items: usize,
    pub(super) mentions: BTreeSet<Mention>,
}

impl Surface {
    /// Walks from the root of the crate to everything that is public.
    ///
    /// # Errors
    /// When the JSON is not of the shape that is known here.
    pub(super) fn read(document: &Value) -> Result<Surface, Failure> {
        let table = |name: &str| {
            document[name]
                .as_object()
                .ok_or_else(|| Failure::new(format!("the JSON of rustdoc has no `{name}`")))
        };
        let mut walk = Walk {
            index: table("index")?,
            paths: table("paths")?,
            crates: table("external_crates")?,
            exported: VecDeque::new(),
            met: VecDeque::new(),
            seen: HashSet::new(),
            surface: Surface::default(),
        };
        let root = id(&document["root"])
            .ok_or_else(|| Failure::new("the JSON of rustdoc has no `root`"))?;
        walk.exported.push_back((root, String::new()));
        walk.all();
        Ok(walk.surface)
    }
}

/// Keys that list what an item contains, or what is implemented for it.
const INSIDE: &[&str] = &["fields", "implementations", "impls", "items", "tuple", "variants"];

struct Walk<'a> {
    index: &'a Map<String, Value>,
    paths: &'a Map<String, Value>,
    crates: &'a Map<String, Value>,
    /// What is exported, each with the path of what contains it.
    exported: VecDeque<(String, String)>,
    /// What is not, but stands in the signature of something that is: looked at last, so that
    /// the others have the path that one types.
    met: VecDeque<String>,
    seen: HashSet<String>,
    surface: Surface,
}

impl Walk<'_> {
    fn all(&mut self) {
        loop {
            if let Some((id, owner)) = self.exported.pop_front() {
                self.item(&id, &owner, None);
            } else if let Some(id) = self.met.pop_front() {
                let path = self.path(&id);
                self.item(&id, path.rsplit_once("::").map_or("", |(owner, _)| owner), None);
            } else {
                return;
            }
        }
    }

    /// Looks at an item; a re-export may give it another name.
    fn item(&mut self, id: &str, owner: &str, name: Option<&str>) {
        let index = self.index;
        let Some(item) = index.get(id).filter(|item| item["crate_id"] == 0) else { return };
        let Some((kind, body)) = item["inner"].as_object().and_then(|inner| inner.iter().next())
        else {
            return;
        };
        // Once: modules that re-export each other would go on for ever.
        if !self.seen.insert(id.to_owned()) {
            return;
        }
        self.surface.items += 1;
        match kind.as_str() {
            "module" if body["is_stripped"] == true => {}
            "use" => self.reexport(body, owner),
            "extern_crate" => self.mention("", owner, &body["name"]),
            "impl" => {
                // What std implements for everything, and what the compiler works out.
                if body["blanket_impl"].is_null() && body["is_synthetic"] != true {
                    self.body(body, owner);
                }
            }
            _ => {
                let name = name.or_else(|| item["name"].as_str()).unwrap_or_default();
                self.body(body, &joined(owner, name));
            }
        }
    }

    fn reexport(&mut self, body: &Value, owner: &str) {
        let target = id(&body["id"]).unwrap_or_default();
        let index = self.index;
        match index.get(&target).filter(|item| item["crate_id"] == 0) {
            Some(module) if body["is_glob"] == true => {
                if let Some(inner) = module["inner"].as_object() {
                    inner.values().for_each(|inner| self.body(inner, owner));
                }
            }
            Some(_) => self.item(&target, owner, body["name"].as_str()),
            None => {
                let name = body["name"].as_str().unwrap_or_default();
                self.mention(&target, &joined(owner, name), &body["source"]);
            }
        }
    }

    /// Notes the names at an item and queues what it contains.
    fn body(&mut self, value: &Value, item: &str) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.body(value, item)),
            Value::Object(fields) => {
                // A path is an object with the identity of what it leads to.
                if let (Some(target), Some(path @ Value::String(_))) =
                    (fields.get("id").and_then(id), fields.get("path"))
                {
                    self.mention(&target, item, path);
                }
                for (key, value) in fields {
                    if INSIDE.contains(&key.as_str()) {
                        let inside = value.as_array().into_iter().flatten().filter_map(id);
                        self.exported.extend(inside.map(|id| (id, item.to_owned())));
                    }
                    // The same keys stand in types, where they list types.
                    self.body(value, item);
                }
            }
            _ => {}
        }
    }

    fn mention(&mut self, target: &str, item: &str, written: &Value) {
        let known = [self.index.get(target), self.paths.get(target)];
        let mut known = known.into_iter().flatten().peekable();
        // Every name of another crate has its path; one without is private here, as the trait is
        // that keeps others from implementing ours.
        let private = !target.is_empty() && known.peek().is_none();
        if private || known.any(|summary| summary["crate_id"] == 0) {
            self.met.push_back(target.to_owned());
            return;
        }
        let path = match self.path(target) {
            known if !known.is_empty() => known,
            _ => written.as_str().unwrap_or_default().to_owned(),
        };
        let number = self.paths.get(target).and_then(|summary| id(&summary["crate_id"]));
        let library = number
            .and_then(|number| self.crates.get(&number))
            .and_then(|library| library["name"].as_str())
            .or_else(|| path.split("::").next())
            .unwrap_or_default();
        let kind = match self.paths.get(target).and_then(|summary| summary["kind"].as_str()) {
            Some("trait" | "trait_alias") => "trait",
            Some("module") => "module",
            Some("function") => "function",
            Some("macro" | "proc_attribute" | "proc_derive") => "macro",
            _ => "type",
        };
        self.surface.mentions.insert(Mention {
            item: item.to_owned(),
            kind,
            path: path.clone(),
            library: library.to_owned(),
        });
    }

    /// The path where something is defined; empty if it is not told.
    fn path(&self, id: &str) -> String {
        let names = self.paths.get(id).and_then(|summary| summary["path"].as_array());
        let names: Vec<_> = names.into_iter().flatten().filter_map(Value::as_str).collect();
        names.join("::")
    }
}

/// Identities are numbers as values and texts as keys.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn joined(owner: &str, name: &str) -> String {
    match (owner, name) {
        ("", name) => name.to_owned(),
        (owner, "") => owner.to_owned(),
        (owner, name) => format!("{owner}::{name}"),
    }
}
