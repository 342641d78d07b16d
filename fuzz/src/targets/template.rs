//! Meta-templates: their files, the patterns in them, the values against them.

use std::sync::LazyLock;

use cerebrate_core::meta::pattern::{Anchoring, Pattern};
use cerebrate_core::meta::schema::{self, UNEXPRESSED};
use cerebrate_core::meta::schema_check::CompiledSchema;
use cerebrate_core::meta::{CompiledField, CompiledTemplate, Library, Profile, file};
use cerebrate_core::problem::{Problem, ProblemKind};
use regex::Regex;
use serde_json::{Value, json};

pub(super) const FILE_TOKENS: &[&str] = &[
    "\"uuid\":",
    "\"version\":",
    "\"metaFields\":[",
    "\"field\":",
    "\"type\":",
    "\"ipv4\"",
    "\"date\"",
    "\"boolean\"",
    "\"text\"",
    "\"multiple\":true",
    "\"regex\":",
    "\"values_list\":",
    "\"sane_default\":",
    "\"scope\":\"individual\"",
    "\\u0000",
    "\\ud800",
    "[]",
    "{}",
    "},{",
    ",",
    "1.0",
    "1e2",
    "-0",
    "0.1234567890123456789",
];

pub(super) const VALUE_TOKENS: &[&str] = &[
    "\n---\n",
    "\n",
    "/",
    "/32",
    "/128",
    "::ffff:",
    "2001:db8::",
    "192.0.2.7",
    "true",
    "No",
    "2026-01-31",
    "LUX",
    "\"regex\":\"^[a-z]+$\"",
    "\"values_list\":[1,true,null,\"a\"]",
    "\u{a0}",
    "\u{85}",
];

pub(super) const PATTERN_TOKENS: &[&str] = &[
    "(?:",
    "(?i)",
    "(?-s:",
    "(?=",
    "(?>",
    "(?#",
    "[^",
    "[[:alpha:]]",
    "]",
    "\\d",
    "\\W",
    "\\h",
    "\\R",
    "\\N",
    "\\Q",
    "\\E",
    "\\b",
    "\\A",
    "\\Z",
    "\\z",
    "\\p{Lu}",
    "\\x{e9}",
    "\\o{12}",
    "\\cA",
    "{2,3}",
    "{,3}",
    "{0}",
    "*?",
    "++",
    "|",
    "^",
    "$",
    "/i",
    "/x",
    "&&",
    "--",
    "~~",
    "-",
    "\r\n",
    "ſ",
    "K",
];

/// Texts of values beside the input: those that patterns treat apart.
const VALUES: [&str; 6] = ["", "a", "A\n", "k", "1\n2", "\u{e9}\r\n"];

/// A template that can be read can be written, read again without change, made ready and exported.
pub(super) fn template_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (template, problems) = file::parse(&text);
    let Some(template) = template else {
        assert!(!problems.is_empty(), "nothing is read and nothing is wrong");
        return;
    };
    let written = file::to_file(&template);
    let (again, problems) = file::parse(&written);
    assert!(problems.iter().all(Problem::is_notice), "{written} {problems:?}");
    assert_eq!(again.as_ref(), Some(&template), "{written}");

    let compiled = CompiledTemplate::compile(template);
    let exported = schema::to_json_schema(&compiled);
    let usable = CompiledSchema::compile(&exported);
    assert!(usable.is_ok(), "{usable:?} {exported}");
    for (index, _) in compiled.fields().iter().enumerate() {
        let place = format!("metaFields[{index}].regex");
        let count = compiled.problems().iter().filter(|problem| problem.field() == place).count();
        assert!(count <= 1, "{place} is reported {count} times");
    }
}

/// Verdicts on each line of the input, by all kinds of fields that the shipped templates have; with
/// a template file and `---` in front also by that one.
pub(super) fn template_values(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (template, values) = match text.split_once("\n---\n") {
        Some((template, values)) => (file::parse(template).0, values),
        None => (None, &*text),
    };
    let own = template.map(|template| Subject::new(CompiledTemplate::compile(template)));
    let values: Vec<&str> = values.split('\n').take(8).chain([values]).collect();
    for value in values {
        if let Some(own) = &own {
            own.fields().take(16).for_each(|field| own.check(field, value));
        }
        for (subject, field) in SHIPPED.iter() {
            subject.check(field, value);
        }
    }
}

/// A template and the schema exported from it.
struct Subject {
    template: CompiledTemplate,
    exported: Value,
    schema: CompiledSchema,
}

/// One field of each definition among the shipped templates.
static SHIPPED: LazyLock<Vec<(&Subject, &CompiledField)>> = LazyLock::new(|| {
    static SUBJECTS: LazyLock<Vec<Subject>> =
        LazyLock::new(|| Library::shipped().iter().cloned().map(Subject::new).collect());
    let mut seen = Vec::new();
    let all = SUBJECTS
        .iter()
        .flat_map(|subject| subject.template.fields().iter().map(move |field| (subject, field)));
    all.filter(|(_, field)| {
        let rules = field.definition();
        let rules = (
            rules.kind.clone(),
            rules.pattern.clone(),
            rules.values_list.clone(),
            field.is_country_code(),
        );
        let is_new = !seen.contains(&rules);
        if is_new {
            seen.push(rules);
        }
        is_new
    })
    .collect()
});

impl Subject {
    fn new(template: CompiledTemplate) -> Self {
        let exported = schema::to_json_schema(&template);
        let schema = CompiledSchema::compile(&exported).expect("what is exported is a schema");
        Subject { template, exported, schema }
    }

    fn fields(&self) -> impl Iterator<Item = &CompiledField> {
        self.template.fields().iter()
    }

    fn check(&self, field: &CompiledField, value: &str) {
        let strict = field.check(Profile::Strict, value);
        let as_peers = field.check(Profile::Cerebrate, value);
        let name = field.name();

        let is_fine = strict.problems.iter().all(Problem::is_notice);
        assert_eq!(strict.accepted, Some(is_fine), "{name}: {value:?} {strict:?}");
        if let Some(normal) = &strict.normalised {
            assert!(is_fine && normal != value, "{name}: {value:?} {strict:?}");
            let again = field.check(Profile::Strict, normal);
            assert_eq!(again.accepted, Some(true), "{name}: {value:?} as {normal:?} {again:?}");
            assert_eq!(again.normalised, None, "{name}: {value:?} as {normal:?}");
            assert_eq!(again.problems, [], "{name}: {value:?} as {normal:?}");
        }

        let unsupported =
            as_peers.problems.iter().any(|problem| problem.kind() == ProblemKind::Unsupported);
        assert_eq!(as_peers.accepted.is_none(), unsupported, "{name}: {value:?} {as_peers:?}");
        assert_eq!(as_peers.normalised, None, "{name}: {value:?}");
        if let Some(accepted) = as_peers.accepted {
            assert_eq!(accepted, as_peers.problems.is_empty(), "{name}: {value:?} {as_peers:?}");
        }
        self.schema_agrees(name, value, is_fine);
        if let Some(normal) = &strict.normalised {
            self.schema_agrees(name, normal, true);
        }
    }

    /// The law between the strict profile and the exported schema.
    fn schema_agrees(&self, field: &str, value: &str, accepted: bool) {
        let property = &self.exported["properties"][field];
        let is_list = property["type"] == "array";
        let item = if is_list { &property["items"] } else { property };
        let shown = if is_list { json!([value]) } else { json!(value) };
        let by_schema = self.schema.accepts(&json!({ field: shown }));
        if accepted || item.get(UNEXPRESSED).is_none() {
            assert_eq!(by_schema, accepted, "{field}: {value:?} by the schema {property}");
        }
    }
}

/// A pattern, and behind the last line break a value. What can be said in ECMAScript says the same.
pub(super) fn pattern(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (source, value) = text.rsplit_once('\n').unwrap_or((&text, &text));
    for anchoring in [Anchoring::Whole, Anchoring::Anywhere, Anchoring::Cerebrate] {
        let pattern = match Pattern::compile(source, anchoring) {
            Ok(pattern) => pattern,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        assert_eq!((pattern.source(), pattern.anchoring()), (source, anchoring));
        let ecma = pattern.to_ecma().map(|ecma| {
            Regex::new(&ecma).map_err(|error| format!("{source:?} as {ecma:?}: {error}"))
        });
        let texts = VALUES.into_iter().chain([value, source]).chain(value.split(' '));
        for text in texts.take(16) {
            let matches = pattern.is_match(text);
            if let Some(ecma) = &ecma {
                let ecma = ecma.as_ref().expect("what is said in ECMAScript is well formed");
                assert_eq!(ecma.is_match(text), matches, "{source:?} as {ecma} on {text:?}");
            }
        }
    }
}
