use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Entity, EntityKind, NameDirectoryEntry, TemplateField, TemplateKey};
use crate::id::{MetaTemplateId, derive};

/// A form that a community defines: which further fields an organisation, individual or user has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetaTemplate {
    /// Identity across versions, with the version.
    pub key: TemplateKey,
    /// Name that users see.
    pub name: String,
    /// Group of templates, such as `cerebrate` or `cnw`.
    pub namespace: String,
    /// What it is for, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose values it describes.
    pub scope: Scope,
    /// Where it comes from.
    pub source: String,
    /// Whether forms offer it. Values are accepted either way.
    #[serde(default)]
    pub enabled: bool,
    /// Whether it stands first among the templates of its scope.
    #[serde(default)]
    pub is_default: bool,
    /// Its fields, in order.
    pub fields: Vec<TemplateField>,
}

impl MetaTemplate {
    /// A template without fields, not enabled.
    pub fn new(
        key: TemplateKey,
        namespace: impl Into<String>,
        name: impl Into<String>,
        scope: Scope,
        source: impl Into<String>,
    ) -> Self {
        MetaTemplate {
            key,
            name: name.into(),
            namespace: namespace.into(),
            description: None,
            scope,
            source: source.into(),
            enabled: false,
            is_default: false,
            fields: Vec::new(),
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&TemplateField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What the name directory says about this version.
    pub fn directory_entry(&self) -> NameDirectoryEntry {
        NameDirectoryEntry {
            template: self.key,
            name: self.name.clone(),
            namespace: self.namespace.clone(),
        }
    }

    /// The short name used on the command line and in programs: namespace and name in lower case,
    /// with hyphens, such as `cerebrate/csirt-constituency`.
    pub fn slug(&self) -> String {
        let mut slug = String::with_capacity(self.namespace.len() + self.name.len() + 1);
        for (index, part) in [&self.namespace, &self.name].into_iter().enumerate() {
            if index > 0 {
                slug.push('/');
            }
            let start = slug.len();
            for character in part.chars() {
                if character.is_alphanumeric() {
                    slug.extend(character.to_lowercase());
                } else if slug.len() > start && !slug.ends_with('-') {
                    slug.push('-');
                }
            }
            if slug.len() > start && slug.ends_with('-') {
                slug.pop();
            }
        }
        slug
    }
}

impl Entity for MetaTemplate {
    type Id = Uuid;
    const KIND: EntityKind = EntityKind::MetaTemplate;

    /// Derived from template and version: each version is a record of its own.
    fn id(&self) -> Uuid {
        self.key.record_id()
    }
}

impl TemplateKey {
    /// The identity of this version as a record.
    pub fn record_id(self) -> Uuid {
        derive("meta_template", &[self.id.uuid().as_bytes(), &self.version.to_be_bytes()])
    }

    /// A template at a version.
    pub const fn new(id: MetaTemplateId, version: u32) -> Self {
        TemplateKey { id, version }
    }
}

/// Whose values a template describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Organisations.
    Organisation,
    /// Individuals.
    Individual,
    /// Users.
    User,
}

impl Scope {
    /// The spelling in template files.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Organisation => "organisation",
            Scope::Individual => "individual",
            Scope::User => "user",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_reads_like_a_path() {
        let key = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(1)), 1);
        let template =
            MetaTemplate::new(key, "cerebrate", "CSIRT  Constituency!", Scope::Organisation, "x");
        assert_eq!(template.slug(), "cerebrate/csirt-constituency");
        assert_ne!(key.record_id(), TemplateKey { version: 2, ..key }.record_id());
    }
}
