//! `template check`: verdicts on values.

use std::fmt::Write as _;
use std::path::PathBuf;

use cerebrate_core::meta::{CompiledTemplate, Profile, Verdict};
use cerebrate_core::problem::{Problem, excerpt};
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use clap::Args;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::{Named, named};
use crate::cli::Context;
use crate::cli::failure::{DONE, Outcome, Stop, WRONG, problem_lines};
use crate::cli::files;
use crate::cli::out::visible;
use crate::cli::records::split;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A name, short name or UUID, with `@VERSION` for another than the newest; or a file
    #[arg(value_name = "TEMPLATE|FILE")]
    template: String,
    /// Values to check, in this order
    #[arg(value_name = "FIELD=VALUE")]
    pairs: Vec<String>,
    /// More values: a JSON array of `{"field","value"}` in a file; `-` is stdin
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The rules: `strict`, or `cerebrate` for what a peer at release 1.35 accepts
    #[arg(long, value_name = "PROFILE", default_value_t)]
    profile: Profile,
}

/// The verdict on a value, as scripts read it.
#[derive(Serialize)]
struct Row<'a> {
    field: &'a str,
    value: &'a str,
    accepted: Option<bool>,
    problems: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> From<&'a Problem> for Reason<'a> {
    fn from(problem: &'a Problem) -> Self {
        let kind = problem.kind().as_str();
        Reason { kind, message: problem.message(), hint: problem.advice() }
    }
}

pub(crate) fn check(context: &mut Context, args: &CheckArgs) -> Outcome {
    let template = match named(context, &args.template)? {
        Named::Template(template) => template,
        Named::File { template: Some(template), problems } if has_values(args) => {
            for problem in &problems {
                let told = format!("{}: {problem}", args.template);
                if problem.is_notice() {
                    context.out.say(&format!("notice: {told}"))?;
                } else {
                    context.out.warn(&told)?;
                }
            }
            template
        }
        Named::File { problems, .. } => return file_verdict(context, args, &problems),
    };
    let mut values = pairs(&template, &args.pairs)?;
    if let Some(path) = &args.values {
        values.extend(read_values(&files::read_text(path, files::LARGEST_TEXT)?)?);
    }
    let verdicts = template.check_with(args.profile, values);
    let wrong = verdicts.iter().filter(|verdict| verdict.accepted != Some(true)).count();
    if context.out.is_json() {
        let rows: Vec<Row<'_>> = verdicts
            .iter()
            .map(|verdict| Row {
                field: &verdict.field,
                value: &verdict.value,
                accepted: verdict.accepted,
                problems: verdict.problems.iter().map(Reason::from).collect(),
            })
            .collect();
        context.out.document(&rows)?;
    } else {
        verdicts.iter().try_for_each(|verdict| tell(context, verdict))?;
        let values = counted(verdicts.len() as u64, "value");
        let title = format!("{template}, profile `{}`", args.profile);
        context.out.say(&match wrong {
            0 => format!("{values} accepted by {title}"),
            wrong => format!("{wrong} of {values} not accepted by {title}"),
        })?;
    }
    Ok(if wrong == 0 { DONE } else { WRONG })
}

fn has_values(args: &CheckArgs) -> bool {
    !args.pairs.is_empty() || args.values.is_some()
}

/// The verdict on a template file itself: its problems, in the shape of verdicts on values.
fn file_verdict(context: &mut Context, args: &CheckArgs, problems: &[Problem]) -> Outcome {
    let notices = problems.iter().filter(|problem| problem.is_notice()).count();
    let serious = problems.len() - notices;
    if context.out.is_json() {
        let rows: Vec<Row<'_>> = problems
            .iter()
            .map(|problem| Row {
                field: problem.field(),
                value: problem.value(),
                accepted: Some(problem.is_notice()),
                problems: vec![Reason::from(problem)],
            })
            .collect();
        context.out.document(&rows)?;
    } else if problems.is_empty() {
        context.out.say(&format!("`{}` is a template file without problems", args.template))?;
    } else {
        for problem in problems {
            context.out.line(problem_lines(problem).trim_end())?;
        }
        let notices = counted(notices as u64, "notice");
        let found = match serious {
            0 => format!("{notices} and no problem"),
            _ if serious == problems.len() => counted(serious as u64, "problem"),
            _ => format!("{} and {notices}", counted(serious as u64, "problem")),
        };
        context.out.say(&format!("{found} in `{}`", args.template))?;
    }
    Ok(if serious == 0 { DONE } else { WRONG })
}

fn pairs(template: &CompiledTemplate, texts: &[String]) -> Result<Vec<(String, String)>, Stop> {
    let read = |text: &String| {
        let pair = split(text, |field| template.field(field).is_some());
        pair.map(|(field, value)| (field.to_owned(), value.to_owned())).ok_or_else(|| {
            Stop::Usage(format!("`{}` is not of the form `FIELD=VALUE`", excerpt(text)))
        })
    };
    texts.iter().map(read).collect()
}

const READ: &str = "read values";

/// Reads a JSON array of `{"field","value"}`. Numbers and booleans are values too, as text.
fn read_values(text: &str) -> Result<Vec<(String, String)>> {
    let shape = || {
        Error::new(Kind::Invalid, READ, "not a JSON array of values")
            .hint(r#"write it as `[{"field": "AS Number", "value": "AS64500"}]`"#)
    };
    let rows: Vec<Given> =
        serde_json::from_str(text).map_err(|error| shape().with("reason", error))?;
    let read = |(index, row): (usize, Given)| match row.value {
        Value::String(text) => Ok((row.field, text)),
        value @ (Value::Number(_) | Value::Bool(_)) => Ok((row.field, value.to_string())),
        _ => Err(shape().with("element", index)),
    };
    rows.into_iter().enumerate().map(read).collect()
}

/// An element of the array. A member that stands there twice is refused, not dropped.
#[derive(Deserialize)]
struct Given {
    field: String,
    value: Value,
}

fn tell(context: &mut Context, verdict: &Verdict) -> Result<(), Stop> {
    let word = match verdict.accepted {
        Some(true) => "accepted",
        Some(false) => "refused",
        None => "unknown",
    };
    let shown = |text: &str| visible(&excerpt(text)).into_owned();
    let mut line = format!("{word}: {} = {}", shown(&verdict.field), shown(&verdict.value));
    if let Some(normalised) = &verdict.normalised {
        let _ = write!(line, " (stored as {})", shown(normalised));
    }
    context.out.line(&line)?;
    for problem in &verdict.problems {
        let message = visible(problem.message()).into_owned();
        context.out.line(&format!("  {}: {message}", problem.kind()))?;
        if let Some(hint) = problem.advice() {
            context.out.line(&format!("  hint: {}", visible(hint)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_an_array_of_fields_and_values() {
        let read = |text: &str| read_values(text);
        let values = read(
            r#"[{"field":"a","value":"x"},{"field":"b","value":7},{"field":"c","value":true}]"#,
        );
        let expected = [("a", "x"), ("b", "7"), ("c", "true")];
        assert_eq!(values.unwrap(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(read("[]").unwrap(), []);
        for wrong in [
            "",
            "{}",
            "[1]",
            "[{}]",
            r#"[{"field":"a"}]"#,
            r#"[{"field":"a","value":null}]"#,
            r#"[{"field":"a","value":"x","value":"y"}]"#,
        ] {
            assert_eq!(read(wrong).unwrap_err().kind(), Kind::Invalid, "{wrong}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(&deep).unwrap_err().kind(), Kind::Invalid);
    }
}
