//! Values of template fields: naming a field, setting it, checking what was set.

use cerebrate_core::constituency;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::{CompiledTemplate, Library, Profile};
use cerebrate_core::model::{EntityKind, MetaField, Scope, TemplateKey};
use cerebrate_core::problem::{Problem, excerpt};

const SET: &str = "set template field";

/// A field of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) template: TemplateKey,
    pub(crate) field: String,
}

/// Splits `FIELD=VALUE`. A field may hold `=` itself: one that `is_field` knows wins.
pub(crate) fn split(text: &str, is_field: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let cuts = || text.match_indices('=').map(|(at, _)| text.split_at(at));
    let (field, value) =
        cuts().find(|(field, _)| is_field(field.trim())).or_else(|| cuts().next())?;
    Some((field.trim(), value.get(1..).unwrap_or_default()))
}

/// Reads `TEMPLATE:FIELD=VALUE`, or `FIELD=VALUE` where one template has that field.
///
/// # Errors
/// `Invalid` if it is not of that form, `NotFound` if there is no such template or field,
/// `Conflict` if several templates have the field.
pub(crate) fn read(library: &Library, kind: EntityKind, text: &str) -> Result<(Place, String)> {
    let scope = scope(kind)?;
    for (at, _) in text.match_indices(':') {
        let (name, rest) = text.split_at(at);
        if name.contains('=') {
            break;
        }
        let Ok(template) = library.find(name) else { continue };
        if template.template().scope != scope {
            return Err(Error::new(Kind::Invalid, SET, "the template is for other records")
                .with("template", template)
                .with("kind", kind.noun())
                .hint("`cerebrate template list` shows for which records each template is"));
        }
        let rest = rest.get(1..).unwrap_or_default();
        let Some((field, value)) = split(rest, |field| template.field(field).is_some()) else {
            return Err(form(text));
        };
        return Ok((place(template, field, value)?, value.to_owned()));
    }
    let offering = |field: &str| offering(library, scope, field);
    let Some((field, value)) = split(text, |field| !offering(field).is_empty()) else {
        return Err(form(text));
    };
    match offering(field).as_slice() {
        [template] => Ok((place(template, field, value)?, value.to_owned())),
        [] => {
            let error = Error::new(Kind::NotFound, SET, "no template has such a field")
                .with("field", excerpt(field));
            // What stands before a colon was meant as a template.
            Err(match field.split_once(':').map(|(name, _)| library.find(name)) {
                Some(Err(unknown)) => unknown,
                _ => error.hint(
                    "`cerebrate template list` shows the templates, \
                     `cerebrate template show TEMPLATE` the fields of one",
                ),
            })
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|template| format!("`{}:{field}`", template.template().slug()))
                .collect();
            Err(Error::new(Kind::Conflict, SET, "several templates have such a field")
                .with("field", excerpt(field))
                .hint(format!("name one of {}", names.join(", "))))
        }
    }
}

fn scope(kind: EntityKind) -> Result<Scope> {
    match kind {
        EntityKind::Organisation => Ok(Scope::Organisation),
        EntityKind::Individual => Ok(Scope::Individual),
        EntityKind::User => Ok(Scope::User),
        _ => Err(Error::new(Kind::Invalid, SET, "these records have no template fields")
            .with("kind", kind.noun())),
    }
}

/// The newest versions of the templates of `scope` that have `field`.
fn offering<'l>(library: &'l Library, scope: Scope, field: &str) -> Vec<&'l CompiledTemplate> {
    library
        .iter()
        .filter(|template| template.template().scope == scope && template.field(field).is_some())
        .filter(|template| {
            library.newest(template.key().id).is_some_and(|newest| newest.key() == template.key())
        })
        .collect()
}

fn place(template: &CompiledTemplate, field: &str, value: &str) -> Result<Place> {
    if template.field(field).is_some() {
        return Ok(Place { template: template.key(), field: field.to_owned() });
    }
    let problems = template.check([(field, value)]);
    let error = Error::new(Kind::NotFound, SET, "the template has no such field")
        .with("template", template)
        .with("field", excerpt(field));
    Err(match problems.first().and_then(Problem::advice) {
        Some(hint) => error.hint(hint.to_owned()),
        None => error,
    })
}

fn form(text: &str) -> Error {
    Error::new(Kind::Invalid, SET, "not of the form `TEMPLATE:FIELD=VALUE`")
        .with("value", excerpt(text))
}

/// What happens to the values of template fields.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// Fields whose values become those given; an empty value stands for none.
    pub(crate) replaced: Vec<(Place, String)>,
    /// Values that come to those there are.
    pub(crate) added: Vec<(Place, String)>,
}

impl Edits {
    /// Makes the edits.
    pub(crate) fn apply(&self, values: &mut Vec<MetaField>) {
        let same = |value: &MetaField, place: &Place| {
            value.template.id == place.template.id && value.field == place.field
        };
        values.retain(|value| {
            let wanted = self.replaced.iter().filter(|(place, _)| same(value, place));
            let mut wanted = wanted.peekable();
            // A value that stays keeps its place.
            wanted.peek().is_none() || wanted.any(|(_, text)| *text == value.value)
        });
        for (place, text) in self.replaced.iter().filter(|(_, text)| !text.is_empty()) {
            if !values.iter().any(|value| same(value, place) && value.value == *text) {
                values.push(MetaField::new(place.template, &place.field, text));
            }
        }
        for (place, text) in &self.added {
            values.push(MetaField::new(place.template, &place.field, text));
        }
    }

    /// What is wrong with the fields that were edited, and notices.
    pub(crate) fn problems(&self, library: &Library, values: &[MetaField]) -> Vec<Problem> {
        let edited: Vec<&Place> =
            self.replaced.iter().chain(&self.added).map(|(place, _)| place).collect();
        let mut templates: Vec<TemplateKey> = edited.iter().map(|place| place.template).collect();
        templates.sort_unstable();
        templates.dedup();
        let mut problems = Vec::new();
        for key in templates {
            let Some(template) = library.get(key) else { continue };
            let of_template = values
                .iter()
                .filter(|value| value.template.id == key.id)
                .map(|value| (value.field.as_str(), value.value.as_str()));
            for verdict in template.check_with(Profile::Strict, of_template) {
                let was_edited =
                    |place: &&&Place| place.template.id == key.id && place.field == verdict.field;
                if edited.iter().find(was_edited).is_some() {
                    let unreadable = unreadable(template, &verdict.field, &verdict.value);
                    problems.extend(verdict.problems);
                    problems.extend(unreadable);
                }
            }
        }
        problems
    }
}

/// What lookup cannot read of a value, as notices: the value is kept, and nobody is found by it.
fn unreadable(template: &CompiledTemplate, field: &str, value: &str) -> Vec<Problem> {
    let kind = template.field(field).map(|field| &field.definition().kind);
    let role = kind
        .filter(|_| template.template().scope == Scope::Organisation)
        .and_then(|kind| constituency::role_of(template.key().id, field, kind));
    let problems = role.map(|role| constituency::read_named(role, field, value).1);
    problems.unwrap_or_default().into_iter().map(Problem::as_notice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_with_or_without_its_template() {
        let library = Library::shipped();
        let read = |text| read(library, EntityKind::Organisation, text);
        let (place, value) = read("cerebrate/csirt-constituency:IPv4 address=10.0.0.0/8").unwrap();
        assert_eq!((place.field.as_str(), value.as_str()), ("IPv4 address", "10.0.0.0/8"));
        assert_eq!(read("IPv4 address=10.0.0.0/8").unwrap().0, place);
        let (place, value) = read("FIRST Directory:website=https://a.example/?x=1").unwrap();
        assert_eq!((place.field.as_str(), value.as_str()), ("website", "https://a.example/?x=1"));
        assert_eq!(read("website=x").unwrap_err().kind(), Kind::Conflict);
        assert_eq!(read("FIRST Directory:web=x").unwrap_err().kind(), Kind::NotFound);
        assert_eq!(read("nowhere:web=x").unwrap_err().kind(), Kind::NotFound);
        assert_eq!(read("nothing").unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn a_field_that_holds_the_sign_is_told_from_its_value() {
        assert_eq!(split("a=b=c", |_| false), Some(("a", "b=c")));
        assert_eq!(split("a=b=c", |field| field == "a=b"), Some(("a=b", "c")));
        assert_eq!(split("abc", |_| true), None);
    }

    #[test]
    fn edits_replace_clear_and_add() {
        let library = Library::shipped();
        let place = |text: &str| read(library, EntityKind::Organisation, text).unwrap();
        let (domain, _) = place("Domain=x");
        let mut values = vec![
            MetaField::new(domain.template, "Domain", ".lu"),
            MetaField::new(domain.template, "Domain", ".be"),
            MetaField::new(domain.template, "AS Number", "AS1"),
        ];
        let texts = |values: &[MetaField]| -> Vec<String> {
            values.iter().map(|value| value.value.clone()).collect()
        };
        let edits = Edits {
            replaced: vec![place("Domain=.be"), place("Domain=.nl"), place("AS Number=")],
            added: vec![place("Domain=.de")],
        };
        edits.apply(&mut values);
        assert_eq!(texts(&values), [".be", ".nl", ".de"]);
        assert_eq!(edits.problems(library, &values), []);
    }

    #[test]
    fn what_lookup_cannot_read_is_a_notice() {
        let library = Library::shipped();
        let mut values = Vec::new();
        let place = |text: &str| read(library, EntityKind::Organisation, text).unwrap();
        let edits = Edits {
            replaced: vec![place("AS Number=banana"), place("Domain=.lu")],
            added: vec![place("Country=Luxembourg, Atlantis"), place("Sector=Energy")],
        };
        edits.apply(&mut values);
        let problems = edits.problems(library, &values);
        let found: Vec<_> = problems.iter().map(|found| (found.field(), found.value())).collect();
        assert_eq!(found, [("AS Number", "banana"), ("Country", "Atlantis")]);
        assert!(problems.iter().all(Problem::is_notice));
    }
}
