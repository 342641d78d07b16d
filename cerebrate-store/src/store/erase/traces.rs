//! What a person can be recognised by in the text of others.

use std::collections::BTreeSet;

use cerebrate_core::model::Record;
use serde_json::Value;

use crate::feed::Payload;

/// How many addresses are looked for.
const ADDRESSES: usize = 1_000;

/// The addresses and names of a person, in lower case.
#[derive(Debug, Default)]
pub(super) struct Traces {
    addresses: BTreeSet<String>,
    /// The same as JSON spells them, with ASCII letters in lower case.
    spelled: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Traces {
    /// Learns from what the feed told of the person.
    pub(super) fn see(&mut self, payload: &Payload) {
        match payload {
            Payload::Inserted(record) | Payload::Removed(record) => self.see_json(record),
            Payload::Updated(changes) => {
                for change in changes {
                    for value in [&change.before, &change.after].into_iter().flatten() {
                        self.see_values(value);
                    }
                }
            }
            Payload::Erasure(_) | Payload::Erased | Payload::Withheld => {}
        }
    }

    /// Learns from the record.
    pub(super) fn see_record(&mut self, record: &Record) {
        if let Ok(json) = record.to_json() {
            self.see_json(&json);
        }
    }

    fn see_json(&mut self, record: &Value) {
        let text = |member: &str| record.get(member).and_then(Value::as_str).unwrap_or_default();
        let (first, last) = (text("first_name").trim(), text("last_name").trim());
        if !first.is_empty() && !last.is_empty() {
            self.names.insert(format!("{first} {last}").to_lowercase());
            self.names.insert(format!("{last} {first}").to_lowercase());
            self.names.insert(format!("{last}, {first}").to_lowercase());
        }
        self.see_values(record.get("email").unwrap_or(&Value::Null));
        self.see_values(record.get("meta_fields").unwrap_or(&Value::Null));
    }

    /// Every value that is an e-mail address is one of the person's.
    fn see_values(&mut self, value: &Value) {
        match value {
            Value::String(text) if is_address(text) && self.addresses.len() < ADDRESSES => {
                let address = text.trim();
                self.addresses.insert(address.to_lowercase());
                let json = Value::from(address).to_string().to_ascii_lowercase();
                self.spelled.insert(json.trim_matches('"').to_owned());
            }
            Value::Array(entries) => {
                for entry in entries {
                    self.see_values(entry.get("value").unwrap_or(entry));
                }
            }
            _ => {}
        }
    }

    /// The addresses as [`Self::see_addresses`] reads them.
    pub(super) fn to_text(&self) -> String {
        self.addresses.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Learns from addresses, a line each.
    pub(super) fn see_addresses(&mut self, text: &str) {
        for line in text.lines() {
            self.see_values(&Value::from(line));
        }
    }

    /// What to look for in payloads.
    pub(super) fn addresses(&self) -> Vec<String> {
        self.spelled.iter().cloned().collect()
    }

    /// Whether a text holds one of the addresses, as one and not as part of a longer one.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.addresses.iter().any(|address| holds(&text, address))
    }

    /// Whether an origin holds one of the addresses or names, in the name of a file too.
    pub(super) fn are_in_origin(&self, origin: &str) -> bool {
        let origin = origin.to_lowercase();
        self.addresses.iter().chain(&self.names).any(|trace| origin.contains(trace.as_str()))
    }

    /// Whether a text holds one of the addresses or names, as such.
    pub(super) fn are_in_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.addresses.iter().chain(&self.names).any(|trace| holds(&text, trace))
    }
}

/// Whether a text stands for an e-mail address, valid or not.
fn is_address(text: &str) -> bool {
    let parts = text.trim().split_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty() && domain.len() > 2 && !text.trim().contains(char::is_whitespace)
    })
}

fn holds(text: &str, trace: &str) -> bool {
    let is_part = |next: Option<char>| {
        next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '-' | '_' | '+'))
    };
    text.match_indices(trace).any(|(at, found)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + found.len()..).unwrap_or_default();
        let mut following = after.chars();
        let next = following.next();
        // A full stop ends a sentence, or goes on with a domain.
        let goes_on = next == Some('.') && is_part(following.next());
        let began = before.ends_with('.') || is_part(before.chars().next_back());
        !(began || goes_on || is_part(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_is_found_as_one_and_not_in_another() {
        let mut traces = Traces::default();
        traces.see(&Payload::Inserted(json!({
            "email": "Jane@Team.example", "first_name": "Jane", "last_name": "Roe",
            "meta_fields": [{ "value": "jane+oncall@team.example" }, { "value": "+352 1" }],
        })));
        for text in [
            "jane@team.example",
            "Write to JANE@team.EXAMPLE.",
            r#"{"contacts":"<jane@team.example>"}"#,
            "a,jane@team.example,b",
            "jane+oncall@team.example",
        ] {
            assert!(traces.are_in(text), "{text}");
        }
        for text in [
            "mary-jane@team.example",
            "x.jane@team.example",
            "jane@team.example.org",
            "jane@team.examples",
            "Jane Roe",
            "+352 1",
            "",
        ] {
            assert!(!traces.are_in(text), "{text}");
        }
        assert!(is_address("jane@host") && is_address("a@b@c.example"));
        assert!(
            !["@b.example", "a@", "see a@b.example", "", "@"].iter().any(|text| is_address(text))
        );
        assert!(traces.are_in_text("for Jane Roe") && traces.are_in_text("Roe, Jane"));
        assert!(!traces.are_in_text("Jane Roebuck") && !traces.are_in_text("Jane"));
        for origin in ["import jane@team.example.csv", "import Jane Roe.csv", "JANE@team.example"] {
            assert!(traces.are_in_origin(origin), "{origin}");
        }
        assert!(!traces.are_in_origin("import members.csv"));
    }

    #[test]
    fn what_was_changed_is_a_trace_too() {
        let mut traces = Traces::default();
        let change = |before: Value, after: Value| cerebrate_core::audit::FieldChange {
            field: "email".to_owned(),
            before: Some(before),
            after: Some(after),
        };
        traces.see(&Payload::Updated(vec![
            change(json!("old@a.example"), json!("new@a.example")),
            change(json!([{ "value": "É@a.example" }]), Value::Null),
        ]));
        assert_eq!(traces.addresses(), ["new@a.example", "old@a.example", "É@a.example"]);
        assert!(traces.are_in("é@a.example"));
    }
}
