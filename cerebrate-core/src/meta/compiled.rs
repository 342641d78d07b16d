//! Templates made ready for many checks.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::near;
use super::pattern::{Anchoring, Pattern, PatternError};
use crate::model::{FieldKind, MetaTemplate, TemplateField, TemplateKey};
use crate::problem::{Problem, ProblemKind};

/// A template made ready to check values. A cheap clone: all clones share what was compiled.
///
/// A pattern that does not compile never makes this fail: it shows in the verdict on each value
/// of its field.
#[derive(Clone)]
pub struct CompiledTemplate(Arc<Inner>);

struct Inner {
    template: MetaTemplate,
    fields: Vec<CompiledField>,
    /// Positions in `fields`, by name.
    by_name: Vec<usize>,
}

impl CompiledTemplate {
    /// Makes `template` ready. Each pattern is compiled once, when its field is first checked.
    pub fn compile(template: MetaTemplate) -> Self {
        let fields: Vec<CompiledField> =
            template.fields.iter().cloned().map(CompiledField::compile).collect();
        let mut by_name: Vec<usize> = (0..fields.len()).collect();
        let name = |index: &usize| fields.get(*index).map(CompiledField::name);
        by_name.sort_by(|a, b| name(a).cmp(&name(b)));
        CompiledTemplate(Arc::new(Inner { template, fields, by_name }))
    }

    /// The template.
    pub fn template(&self) -> &MetaTemplate {
        &self.0.template
    }

    /// Which template at which version.
    pub fn key(&self) -> TemplateKey {
        self.0.template.key
    }

    /// The name that users see.
    pub fn name(&self) -> &str {
        &self.0.template.name
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[CompiledField] {
        &self.0.fields
    }

    /// The field of that name, spelled exactly so.
    pub fn field(&self, name: &str) -> Option<&CompiledField> {
        self.entry(name).map(|(_, field)| field)
    }

    /// The field of that name, and its position.
    pub(super) fn entry(&self, name: &str) -> Option<(usize, &CompiledField)> {
        let field = |index: &usize| self.0.fields.get(*index).map_or("", CompiledField::name);
        let start = self.0.by_name.partition_point(|index| field(index) < name);
        let position = *self.0.by_name.get(start)?;
        self.0
            .fields
            .get(position)
            .filter(|field| field.name() == name)
            .map(|field| (position, field))
    }

    /// What is wrong with the definition itself: patterns that no value can be checked against.
    /// The field of a problem is a place in the file, such as `metaFields[3].regex`.
    pub fn problems(&self) -> Vec<Problem> {
        let fields = self.fields().iter().enumerate();
        fields
            .filter_map(|(index, field)| {
                let error = field.whole()?.err()?;
                let kind = match error {
                    PatternError::Malformed { .. } => ProblemKind::Pattern,
                    _ => ProblemKind::Unsupported,
                };
                let place = format!("metaFields[{index}].regex");
                let pattern = field.definition.pattern.as_deref().unwrap_or_default();
                Some(Problem::new(kind, place, pattern, format!("unusable pattern: {error}")))
            })
            .collect()
    }

    /// The field whose name `name` is most likely a misspelling of.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        near::nearest(name, self.0.fields.iter().map(CompiledField::name))
    }
}

impl From<MetaTemplate> for CompiledTemplate {
    fn from(template: MetaTemplate) -> Self {
        CompiledTemplate::compile(template)
    }
}

impl fmt::Debug for CompiledTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompiledTemplate({} {})", self.name(), self.key())
    }
}

impl fmt::Display for CompiledTemplate {
    /// Name and version, such as `CSIRT Constituency v1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.name(), self.key().version)
    }
}

/// A field made ready to check values.
pub struct CompiledField {
    definition: TemplateField,
    is_country_code: bool,
    whole: Compiled,
    as_peers: Compiled,
}

type Compiled = OnceLock<Result<Pattern, PatternError>>;

/// The fields whose values are country codes, though their type is text.
const COUNTRY_CODES: [&str; 2] = ["Country Code", "ISO 3166-1 Code"];

impl CompiledField {
    /// Makes a field ready.
    pub fn compile(mut definition: TemplateField) -> Self {
        definition.pattern = definition.pattern.filter(|pattern| !pattern.is_empty());
        definition.values_list = definition.values_list.filter(|list| !list.is_empty());
        let is_country_code =
            definition.kind == FieldKind::Text && COUNTRY_CODES.contains(&definition.name.as_str());
        CompiledField {
            definition,
            is_country_code,
            whole: OnceLock::new(),
            as_peers: OnceLock::new(),
        }
    }

    /// The field as the template defines it.
    pub fn definition(&self) -> &TemplateField {
        &self.definition
    }

    /// The name that values use.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Whether the values are country codes: so named (`Country Code`, `ISO 3166-1 Code`) and of
    /// type text.
    pub fn is_country_code(&self) -> bool {
        self.is_country_code
    }

    /// The pattern under the strict profile, if the field has one.
    pub(super) fn whole(&self) -> Option<Result<&Pattern, &PatternError>> {
        Self::pattern(&self.definition, &self.whole, Anchoring::Whole)
    }

    /// The pattern as peers at release 1.35 apply it, if the field has one.
    pub(super) fn as_peers(&self) -> Option<Result<&Pattern, &PatternError>> {
        Self::pattern(&self.definition, &self.as_peers, Anchoring::Cerebrate)
    }

    fn pattern<'a>(
        definition: &TemplateField,
        compiled: &'a Compiled,
        anchoring: Anchoring,
    ) -> Option<Result<&'a Pattern, &'a PatternError>> {
        let pattern = definition.pattern.as_deref()?;
        Some(compiled.get_or_init(|| Pattern::compile(pattern, anchoring)).as_ref())
    }
}

impl fmt::Debug for CompiledField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompiledField").field(&self.definition).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Library;
    use crate::model::Scope;

    fn template(fields: &[(&str, Option<&str>)]) -> CompiledTemplate {
        let key = TemplateKey::new(uuid::Uuid::from_u128(1).into(), 1);
        let mut template = MetaTemplate::new(key, "n", "N", Scope::User, "s");
        template.fields = fields
            .iter()
            .map(|(name, pattern)| {
                let mut field = TemplateField::new(*name, FieldKind::Text);
                field.pattern = pattern.map(str::to_owned);
                field
            })
            .collect();
        template.into()
    }

    #[test]
    fn fields_are_found_by_exact_name_and_the_first_of_two_counts() {
        let compiled = template(&[("b", Some("1")), ("a", None), ("b", Some("2")), ("", None)]);
        assert_eq!(compiled.field("b").unwrap().definition().pattern.as_deref(), Some("1"));
        assert_eq!(compiled.entry("a").unwrap().0, 1);
        assert_eq!(compiled.entry("").unwrap().0, 3);
        for name in ["B", "c", "aa"] {
            assert!(compiled.field(name).is_none(), "{name}");
        }
        assert!(template(&[]).field("a").is_none());
    }

    #[test]
    fn an_unusable_pattern_is_a_problem_of_the_definition() {
        let endless = "a{1000}".repeat(500);
        let compiled = template(&[
            ("a", Some("[")),
            ("b", Some("x+")),
            ("c", Some("(?=x)")),
            ("d", Some(&endless)),
        ]);
        let found: Vec<(String, ProblemKind)> = compiled
            .problems()
            .iter()
            .map(|problem| (problem.field().to_owned(), problem.kind()))
            .collect();
        assert_eq!(
            found,
            [
                ("metaFields[0].regex".to_owned(), ProblemKind::Pattern),
                ("metaFields[2].regex".to_owned(), ProblemKind::Unsupported),
                ("metaFields[3].regex".to_owned(), ProblemKind::Unsupported),
            ]
        );
        for shipped in Library::shipped().iter() {
            assert_eq!(shipped.problems(), [], "{shipped}");
        }
    }
}
