use serde::{Deserialize, Serialize};

use super::TemplateKey;

/// What a template version is called. Kept for every version ever seen, also of templates that
/// are not stored here, so that a value can always say where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameDirectoryEntry {
    /// Template and version.
    pub template: TemplateKey,
    /// Name of the template.
    pub name: String,
    /// Namespace of the template.
    pub namespace: String,
}
