//! The templates that are known, and how to find one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use uuid::Uuid;

use super::compiled::CompiledTemplate;
use super::{file, near};
use crate::error::{Error, Kind, Result};
use crate::id::MetaTemplateId;
use crate::model::TemplateKey;

/// A set of templates, each at one or more versions.
#[derive(Debug, Clone, Default)]
pub struct Library {
    templates: BTreeMap<TemplateKey, CompiledTemplate>,
}

impl Library {
    /// A library without templates.
    pub fn new() -> Self {
        Library::default()
    }

    /// The templates that come with cerebrate, read once.
    pub fn shipped() -> &'static Library {
        static SHIPPED: OnceLock<Library> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let files = cerebrate_libraries::META_TEMPLATES.iter();
            files.filter_map(|file| file::parse(file.text).0).collect()
        })
    }

    /// Adds a template; gives the one that was known at this version before.
    pub fn insert(&mut self, template: impl Into<CompiledTemplate>) -> Option<CompiledTemplate> {
        let template = template.into();
        self.templates.insert(template.key(), template)
    }

    /// Takes a version of a template out.
    pub fn remove(&mut self, key: TemplateKey) -> Option<CompiledTemplate> {
        self.templates.remove(&key)
    }

    /// The template at exactly this version.
    pub fn get(&self, key: TemplateKey) -> Option<&CompiledTemplate> {
        self.templates.get(&key)
    }

    /// The newest version of a template. Versions are numbers: 10 is newer than 9.
    pub fn newest(&self, id: MetaTemplateId) -> Option<&CompiledTemplate> {
        self.versions(id).next_back()
    }

    /// All versions of a template, oldest first.
    pub fn versions(
        &self,
        id: MetaTemplateId,
    ) -> impl DoubleEndedIterator<Item = &CompiledTemplate> {
        let keys = TemplateKey::new(id, 0)..=TemplateKey::new(id, u32::MAX);
        self.templates.range(keys).map(|(_, template)| template)
    }

    /// Every version of every template, by identity, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &CompiledTemplate> {
        self.templates.values()
    }

    /// How many there are, each version counted.
    pub fn len(&self) -> usize {
        self.templates.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// The template that `text` names: by UUID, by short name such as
    /// `cerebrate/csirt-constituency` (or its last part alone), or by name, whatever the case. The
    /// newest version, unless `@` and a version follow.
    ///
    /// `NotFound` if there is none, with near names as a hint; `Conflict` if different templates
    /// are called so.
    ///
    /// ```
    /// use cerebrate_core::meta::Library;
    ///
    /// let library = Library::shipped();
    /// assert_eq!(library.find("cnw/enisa-csirt-network")?.key().version, 4);
    /// assert_eq!(library.find("ENISA CSIRT Network@2")?.key().version, 2);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn find(&self, text: &str) -> Result<&CompiledTemplate> {
        let wanted = text.trim();
        let named = self.named(wanted);
        if !named.is_empty() {
            let id = single(self, wanted, &named)?;
            return self.newest(id).ok_or_else(|| self.not_found(wanted));
        }
        let Some((name, version)) = wanted.rsplit_once('@') else {
            return Err(self.not_found(wanted));
        };
        let version = version.trim();
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let Ok(version) = version.parse::<u32>() else { return Err(self.not_found(wanted)) };
        let named = self.named(name.trim());
        if named.is_empty() {
            return Err(self.not_found(name.trim()));
        }
        let id = single(self, name, &named)?;
        self.get(TemplateKey::new(id, version)).ok_or_else(|| self.no_version(id, version))
    }

    /// The templates that are called so, by the best reading of the text that gives any.
    fn named(&self, text: &str) -> BTreeSet<MetaTemplateId> {
        if let Ok(uuid) = Uuid::parse_str(text) {
            let id = MetaTemplateId::new(uuid);
            if self.newest(id).is_some() {
                return BTreeSet::from([id]);
            }
        }
        let folded = fold(text);
        if folded.is_empty() {
            return BTreeSet::new();
        }
        let readings: [fn(&CompiledTemplate) -> String; 3] = [
            |template| template.template().slug(),
            |template| fold(template.name()),
            |template| {
                let slug = template.template().slug();
                slug.rsplit('/').next().unwrap_or_default().to_owned()
            },
        ];
        readings
            .into_iter()
            .map(|reading| self.called(reading, &folded))
            .find(|ids| !ids.is_empty())
            .unwrap_or_default()
    }

    fn called(
        &self,
        reading: fn(&CompiledTemplate) -> String,
        folded: &str,
    ) -> BTreeSet<MetaTemplateId> {
        let called = self.iter().filter(|template| reading(template) == folded);
        called.map(|template| template.key().id).collect()
    }

    fn not_found(&self, text: &str) -> Error {
        let error = Error::new(Kind::NotFound, FIND, "no such meta-template")
            .with("template", crate::problem::excerpt(text));
        let slugs: BTreeSet<String> =
            self.iter().map(|template| template.template().slug()).collect();
        let names = self.iter().map(CompiledTemplate::name);
        let tails = slugs.iter().map(|slug| slug.rsplit('/').next().unwrap_or(slug));
        let near = near::nearest(text, slugs.iter().map(String::as_str))
            .or_else(|| near::nearest(text, names))
            .or_else(|| near::nearest(text, tails));
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if slugs.is_empty() => error.hint("no meta-templates are loaded"),
            None => error.hint(format!("known are {}", listed(slugs))),
        }
    }

    fn no_version(&self, id: MetaTemplateId, version: u32) -> Error {
        let name = self.newest(id).map(|template| template.name().to_owned());
        let versions = self.versions(id).map(|template| template.key().version.to_string());
        Error::new(Kind::NotFound, FIND, "no such version of the meta-template")
            .with("template", name.unwrap_or_default())
            .with("version", version)
            .hint(format!("known versions are {}", listed(versions)))
    }
}

impl FromIterator<crate::model::MetaTemplate> for Library {
    fn from_iter<I: IntoIterator<Item = crate::model::MetaTemplate>>(templates: I) -> Self {
        let mut library = Library::new();
        library.extend(templates);
        library
    }
}

impl Extend<crate::model::MetaTemplate> for Library {
    fn extend<I: IntoIterator<Item = crate::model::MetaTemplate>>(&mut self, templates: I) {
        for template in templates {
            self.insert(template);
        }
    }
}

const FIND: &str = "find meta-template";

fn single(library: &Library, text: &str, ids: &BTreeSet<MetaTemplateId>) -> Result<MetaTemplateId> {
    match ids.first() {
        Some(id) if ids.len() == 1 => Ok(*id),
        _ => {
            let candidates = ids.iter().filter_map(|id| library.newest(*id));
            let candidates = candidates
                .map(|template| format!("{} ({})", template.template().slug(), template.key().id));
            Err(Error::new(Kind::Conflict, FIND, "several meta-templates are called so")
                .with("template", crate::problem::excerpt(text))
                .hint(format!("use the UUID of one of {}", listed(candidates))))
        }
    }
}

/// Names in backticks, at most twenty.
fn listed(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().take(20).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Lower case, blanks around and repeated ones gone.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests;
