//! What a row changes in a record that is there.

use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::model::{MetaField, TagName};

use super::draft::{Draft, is_of_field};
use super::shape::Shape;

/// Puts what the row says into the record and leaves the rest alone; whether anything changed.
pub(super) fn merge<E: Shape>(record: &mut E, draft: &mut Draft) -> bool {
    let mut changed = false;
    for (index, text) in draft.texts.iter_mut().enumerate() {
        if let Some(text) = text.take_if(|text| record.text(index) != Some(text)) {
            record.set_text(index, text);
            changed = true;
        }
    }
    if let Some(tags) = draft.tags.take_if(|tags| !same_tags(record.tags(), tags)) {
        *record.parts().tags = tags;
        changed = true;
    }
    changed | merge_values(record.parts().meta_fields, std::mem::take(&mut draft.values))
}

fn same_tags(a: &[TagName], b: &[TagName]) -> bool {
    let names = |tags: &[TagName]| tags.iter().map(TagName::folded).collect::<BTreeSet<_>>();
    names(a) == names(b)
}

/// The values of each field that the row has values of become those of the row.
fn merge_values(standing: &mut Vec<MetaField>, mut values: Vec<MetaField>) -> bool {
    let mut changed = false;
    while let Some(first) = values.first() {
        let (template, field) = (first.template, first.field.clone());
        let of_field = |value: &MetaField| is_of_field(value, template, &field);
        let (new, rest): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| of_field(value));
        values = rest;
        // A row that speaks of one version means the values of any.
        let versions = new.iter().any(|value| value.template != template);
        let key = |value: &MetaField| (versions.then_some(value.template), value.value.clone());
        let old: BTreeSet<_> = standing.iter().filter(|value| of_field(value)).map(key).collect();
        // In which order a field has its values says nothing.
        if new.len() == old.len() && new.iter().all(|value| old.contains(&key(value))) {
            continue;
        }
        changed = true;
        let place = standing.iter().position(of_field).unwrap_or(standing.len());
        let (kept, others): (Vec<_>, Vec<_>) =
            std::mem::take(standing).into_iter().partition(|value| of_field(value));
        let mut kept: BTreeMap<_, _> =
            kept.into_iter().rev().map(|value| (key(&value), value)).collect();
        let new = new.into_iter().map(|value| kept.remove(&key(&value)).unwrap_or(value));
        let new: Vec<MetaField> = new.collect();
        *standing = others;
        standing.splice(place..place, new);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use cerebrate_core::model::TemplateKey;
    use uuid::Uuid;

    fn value(field: &str, value: &str) -> MetaField {
        MetaField::new(TemplateKey::new(Uuid::from_u128(1).into(), 1), field, value)
    }

    #[test]
    fn only_the_fields_of_the_row_are_replaced() {
        let mut standing = vec![value("a", "1"), value("b", "1"), value("a", "2")];
        let untouched = standing.clone();
        assert!(!merge_values(&mut standing, Vec::new()));
        assert!(!merge_values(&mut standing, vec![value("a", "1"), value("a", "2")]));
        assert!(!merge_values(&mut standing, vec![value("a", "2"), value("a", "1")]));
        assert_eq!(standing, untouched);
        assert!(merge_values(&mut standing, vec![value("c", "9"), value("a", "2")]));
        assert_eq!(standing, [value("a", "2"), value("b", "1"), value("c", "9")]);
        assert!(merge_values(&mut standing, vec![value("a", "2"), value("a", "3")]));
        let found: Vec<&str> = standing.iter().map(|value| value.value.as_str()).collect();
        assert_eq!(found, ["2", "3", "1", "9"]);
    }

    #[test]
    fn values_of_two_versions_are_told_apart_where_the_row_does() {
        let at = |version, text: &str| {
            MetaField::new(TemplateKey::new(Uuid::from_u128(1).into(), version), "a", text)
        };
        let mut standing = vec![at(1, "x"), at(2, "x")];
        let both = standing.clone();
        assert!(!merge_values(&mut standing, vec![at(2, "x"), at(1, "x")]));
        assert!(!merge_values(&mut standing, vec![at(1, "x")]));
        assert_eq!(standing, both);
        assert!(merge_values(&mut standing, vec![at(1, "x"), at(2, "y")]));
        assert_eq!(standing, [at(1, "x"), at(2, "y")]);
        assert!(merge_values(&mut standing, vec![at(1, "y"), at(1, "z")]));
        assert_eq!(standing, [at(2, "y"), at(1, "z")]);
    }
}
