//! The strict profile: for what our users write.

use std::borrow::Cow;

use serde_json::Value;

use super::check::FieldVerdict;
use super::compiled::CompiledField;
use super::loose::{permitted, text_of, unsupported};
use super::network::{self, Fault, Network};
use super::pattern::PatternError;
use super::{codes, date};
use crate::model::{FieldKind, LONG_TEXT};
use crate::problem::{Problem, ProblemKind};

/// The longest value that peers store, in characters.
pub(super) const MAX_CHARACTERS: usize = 191;

/// The spellings of true and of false that peers take since release 1.39, whatever their case.
/// The first of each is the normal form: the one that every peer understands.
pub(super) const TRUE: [&str; 6] = ["1", "true", "yes", "on", "y", "t"];
/// See [`TRUE`].
pub(super) const FALSE: [&str; 6] = ["0", "false", "no", "off", "n", "f"];

/// Blanks that do not count around a boolean or a date, and alone are no value.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a value may not contain the character. Lines and tabs are text.
pub(super) fn is_refused_control(character: char) -> bool {
    character.is_control() && !BLANKS.contains(&character)
}

/// Checks everything that can be wrong with one value.
pub(super) fn check(field: &CompiledField, value: &str) -> FieldVerdict {
    let mut findings = Findings { field, value, problems: Vec::new() };
    if value.len() > LONG_TEXT {
        findings.add(ProblemKind::TooLong, format!("longer than {LONG_TEXT} bytes"), None);
        return FieldVerdict::of(None, findings.problems);
    }
    if value.trim_matches(BLANKS).is_empty() {
        findings.add(ProblemKind::Required, "needs a value", None);
        return FieldVerdict::of(None, findings.problems);
    }
    findings.characters();
    let normalised = findings.by_type();
    let normalised = findings.by_rule(normalised);
    if normalised.is_none() && findings.problems.is_empty() {
        return FieldVerdict::fine();
    }
    FieldVerdict::of(normalised, findings.problems)
}

struct Findings<'a> {
    field: &'a CompiledField,
    value: &'a str,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn add(&mut self, kind: ProblemKind, message: impl Into<Cow<'static, str>>, hint: Hint) {
        let problem = Problem::new(kind, self.field.name(), self.value, message);
        self.problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    fn characters(&mut self) {
        if self.value.len() > MAX_CHARACTERS && self.value.chars().count() > MAX_CHARACTERS {
            let message = format!("longer than {MAX_CHARACTERS} characters");
            self.add(ProblemKind::TooLong, message, hint("peers do not store more"));
        }
        if let Some(control) = self.value.chars().find(|&character| is_refused_control(character)) {
            let message = format!("contains the control character U+{:04X}", u32::from(control));
            self.add(ProblemKind::ControlCharacter, message, None);
        }
    }

    /// Checks the type; gives the normal form where it differs.
    fn by_type(&mut self) -> Option<String> {
        match self.field.definition().kind {
            FieldKind::Ipv4 => self.network(network::ipv4(self.value)),
            FieldKind::Ipv6 => self.network(network::ipv6(self.value)),
            FieldKind::Boolean => self.boolean(),
            FieldKind::Date => {
                if !date::is_date(self.value) {
                    let forms =
                        "use a form such as `2026-01-31`, `31/01/2026`, `2026-01` or `2026`";
                    self.add(ProblemKind::NotDate, "not a date", hint(forms));
                }
                None
            }
            FieldKind::Text if self.field.is_country_code() => {
                if !codes::is_country_code(self.value) {
                    let message = "not an assigned country code";
                    let advice = "use a two- or three-letter code of ISO 3166-1 such as `LU`";
                    self.add(ProblemKind::NotCountryCode, message, hint(advice));
                }
                None
            }
            FieldKind::Text | FieldKind::Other(_) => None,
        }
    }

    fn network(&mut self, read: Result<Network, Fault>) -> Option<String> {
        match read {
            Ok(network) => {
                if network.host_bits {
                    let message = "host bits are set";
                    let advice = Some(format!("read as `{}`", network.text()).into());
                    self.add(ProblemKind::HostBits, message, advice);
                }
                (!network.is_spelled(self.value)).then(|| network.text().to_owned())
            }
            Err(fault) => {
                self.add(fault.kind, fault.message, hint(fault.hint));
                None
            }
        }
    }

    fn boolean(&mut self) -> Option<String> {
        let text = self.value.trim_matches(BLANKS);
        let is_one_of = |spellings: [&str; 6]| {
            spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(text))
        };
        let normal = if is_one_of(TRUE) {
            TRUE[0]
        } else if is_one_of(FALSE) {
            FALSE[0]
        } else {
            self.add(ProblemKind::NotBoolean, "neither true nor false", hint("use `1` or `0`"));
            return None;
        };
        (self.value != normal).then(|| normal.to_owned())
    }

    /// Checks the pattern, else the values list, for the value as written. What it is read as is
    /// given back if it passes too: a rule on the spelling wins over the normal form.
    fn by_rule(&mut self, normalised: Option<String>) -> Option<String> {
        let field = self.field;
        match field.whole() {
            Some(Ok(pattern)) => {
                if !pattern.is_match(self.value) {
                    let message = "does not match the pattern of the field";
                    let advice = Some(format!("the pattern is `{}`", pattern_of(field)).into());
                    self.add(ProblemKind::Pattern, message, advice);
                }
                normalised.filter(|read| pattern.is_match(read))
            }
            Some(Err(PatternError::Malformed { reason, at })) => {
                let message = "the pattern of the field is not valid, so no value matches it";
                let advice = Some(format!("{reason} at byte {at}").into());
                self.add(ProblemKind::Pattern, message, advice);
                None
            }
            Some(Err(error)) => {
                self.problems.push(unsupported(field, self.value, error));
                None
            }
            None => {
                let Some(list) = &field.definition().values_list else { return normalised };
                let is_listed = |text: &str| list.iter().any(|member| is_written(member, text));
                if !is_listed(self.value) {
                    let message = "not among the permitted values";
                    self.add(ProblemKind::NotInList, message, Some(permitted(list).into()));
                }
                normalised.filter(|read| is_listed(read))
            }
        }
    }
}

/// Whether the member of a list is written so.
fn is_written(member: &Value, text: &str) -> bool {
    match member {
        Value::String(member) => member == text,
        other => text_of(other) == text,
    }
}

type Hint = Option<Cow<'static, str>>;

#[expect(clippy::unnecessary_wraps, reason = "reads better at every place that gives a hint")]
fn hint(text: &'static str) -> Hint {
    Some(Cow::Borrowed(text))
}

fn pattern_of(field: &CompiledField) -> Cow<'_, str> {
    crate::problem::excerpt(field.definition().pattern.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests;
