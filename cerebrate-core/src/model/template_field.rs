use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A column of a meta-template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TemplateField {
    /// The name that values use. Blanks and capitals are legal.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
    /// Whether a record may have several values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    /// A PCRE pattern that each value must match as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Suggestions; other values are still allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sane_default: Option<Vec<Value>>,
    /// The only permitted values. Not looked at where there is a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_list: Option<Vec<Value>>,
    /// A web address that explains the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl TemplateField {
    /// A field that takes one value, without further rules.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        TemplateField {
            name: name.into(),
            kind,
            multiple: false,
            pattern: None,
            sane_default: None,
            values_list: None,
            link: None,
        }
    }
}

/// What the values of a field are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum FieldKind {
    /// Any text.
    Text,
    /// IPv4 addresses and networks.
    Ipv4,
    /// IPv6 addresses and networks.
    Ipv6,
    /// True or false.
    Boolean,
    /// A date.
    Date,
    /// A kind that is not known here; its values are text.
    Other(String),
}

impl FieldKind {
    /// The spelling in template files.
    pub fn as_str(&self) -> &str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Ipv4 => "ipv4",
            FieldKind::Ipv6 => "ipv6",
            FieldKind::Boolean => "boolean",
            FieldKind::Date => "date",
            FieldKind::Other(name) => name,
        }
    }
}

impl From<String> for FieldKind {
    fn from(name: String) -> Self {
        match name.as_str() {
            "text" => FieldKind::Text,
            "ipv4" => FieldKind::Ipv4,
            "ipv6" => FieldKind::Ipv6,
            "boolean" => FieldKind::Boolean,
            "date" => FieldKind::Date,
            _ => FieldKind::Other(name),
        }
    }
}

impl From<FieldKind> for String {
    fn from(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
