//! The law of the translation: whenever we compile, we answer as PCRE2 does.

use std::collections::BTreeMap;

use cerebrate_core::meta::pattern::{Anchoring, Pattern, PatternError};
use serde::Deserialize;

/// Every construct that may be reported as unsupported, as the documentation lists them.
const UNSUPPORTED: &[&str] = &[
    "NUL",
    "`\\C`",
    "`\\G`",
    "`\\K`",
    "`\\N{…}`",
    "`\\X`",
    "atomic group",
    "back-reference",
    "blank beyond ASCII in extended mode",
    "branch reset",
    "callout",
    "conditional group",
    "flag",
    "letter case by property while case is ignored",
    "letter whose case PCRE2 versions fold differently",
    "long name",
    "look-around",
    "name beyond ASCII",
    "option `J`",
    "option `n`",
    "option `xx`",
    "option of later PCRE2 versions",
    "possessive quantifier",
    "property other than a general category",
    "quantifier apart from its suffix",
    "quantifier that PCRE2 versions read differently",
    "recursion",
    "unknown escape",
    "verb",
    "word boundary in brackets",
];

#[derive(Deserialize)]
struct Verdicts {
    rows: Vec<(String, String, Verdict)>,
    disputed: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Verdict {
    /// The word `error`.
    Error(Word),
    Subjects(BTreeMap<String, Vec<String>>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Error,
}

fn verdicts() -> Verdicts {
    let text = include_str!("../data/pcre2_verdicts.json");
    serde_json::from_str(text).expect("the file is kept with the test")
}

fn compile(mode: &str, pattern: &str) -> Result<Pattern, PatternError> {
    let anchoring = match mode {
        "whole" => Anchoring::Whole,
        _ => Anchoring::Cerebrate,
    };
    Pattern::compile(pattern, anchoring)
}

#[test]
fn answers_as_pcre2_does() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    let mut refused = BTreeMap::<_, usize>::new();
    let verdicts = verdicts();
    for (mode, pattern, verdict) in &verdicts.rows {
        let compiled = compile(mode, pattern);
        let subjects = match verdict {
            Verdict::Error(Word::Error) => {
                asked += 1;
                if compiled.is_ok() {
                    wrong.push(format!("{mode} {pattern:?} compiles"));
                }
                continue;
            }
            Verdict::Subjects(subjects) => subjects,
        };
        let pattern = match compiled {
            Ok(pattern) => pattern,
            Err(PatternError::Unsupported { construct, at }) => {
                assert!(at <= pattern.len(), "{pattern:?} {at}");
                *refused.entry(construct).or_default() += 1;
                continue;
            }
            Err(PatternError::TooComplex) => {
                *refused.entry("too complex").or_default() += 1;
                continue;
            }
            Err(error) => {
                wrong.push(format!("{mode} {pattern:?}: {error}"));
                continue;
            }
        };
        for (verdict, subjects) in subjects {
            for subject in subjects {
                asked += 1;
                if pattern.is_match(subject) != (verdict == "match") {
                    wrong.push(format!("{mode} {:?} on {subject:?}: {verdict}", pattern.source()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 20_000, "{asked}");
    let unlisted: Vec<_> = refused.keys().filter(|name| !UNSUPPORTED.contains(name)).collect();
    assert_eq!(unlisted, [&"too complex"]);
    assert!(refused["too complex"] <= 4, "{refused:?}");
    assert!(refused.values().sum::<usize>() * 6 < verdicts.rows.len(), "{refused:?}");
}

#[test]
fn what_pcre2_versions_read_differently_is_refused() {
    for (mode, pattern) in verdicts().disputed {
        assert!(compile(&mode, &pattern).is_err(), "{mode} {pattern:?}");
    }
}

#[test]
fn ecma_says_the_same() {
    let mut said = 0;
    let mut unsaid = 0;
    for (mode, pattern, verdict) in &verdicts().rows {
        let Verdict::Subjects(subjects) = verdict else { continue };
        let Ok(pattern) = compile(mode, pattern) else { continue };
        let Some(ecma) = pattern.to_ecma() else {
            unsaid += usize::from(mode == "whole");
            continue;
        };
        assert_eq!(mode, "whole");
        let regex = regex::Regex::new(&ecma).unwrap_or_else(|error| panic!("{ecma}: {error}"));
        for (verdict, subjects) in subjects {
            for subject in subjects {
                let matches = regex.is_match(subject);
                assert_eq!(matches, verdict == "match", "{pattern:?} {ecma} on {subject:?}");
            }
        }
        said += 1;
    }
    assert!(said > 4 * unsaid, "{said} said, {unsaid} not");
}

#[cfg(feature = "schema-check")]
#[test]
fn schema_says_the_same() {
    for (mode, pattern, verdict) in &verdicts().rows {
        let Verdict::Subjects(subjects) = verdict else { continue };
        let Ok(pattern) = compile(mode, pattern) else { continue };
        let Some(ecma) = pattern.to_ecma() else { continue };
        let schema = serde_json::json!({ "pattern": ecma });
        let validator = jsonschema::options()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .build(&schema)
            .unwrap_or_else(|error| panic!("{ecma}: {error}"));
        for (verdict, subjects) in subjects {
            for subject in subjects {
                let valid = validator.is_valid(&serde_json::json!(subject));
                assert_eq!(valid, verdict == "match", "{pattern:?} {ecma} on {subject:?}");
            }
        }
    }
}
