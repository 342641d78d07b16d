use serde_json::Value;

use super::MessageKey;
use crate::access::accept_password;
use crate::model::{InboxMessage, MessageData};
use crate::problem::{Problem, ProblemKind};
use crate::secret::SecretText;
use crate::value::Email;

/// Scope and action of a registration.
pub const REGISTRATION: MessageKey = ("User", "Registration");

/// The members of a registration besides the password.
const TEXTS: [&str; 6] = ["username", "email", "first_name", "last_name", "org_name", "org_uuid"];

/// Where the password stands in what somebody sends.
const PASSWORD: &str = "password";

/// Somebody who wants to become a user, as far as it may be stored: without the password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Registration {
    /// The name to log in with.
    pub username: Option<String>,
    /// The e-mail address of the person.
    pub email: String,
    /// First name of the person.
    pub first_name: Option<String>,
    /// Last name of the person.
    pub last_name: Option<String>,
    /// The name of the organisation, as far as the person knows it.
    pub org_name: Option<String>,
    /// The UUID of the organisation, as far as the person knows it.
    pub org_uuid: Option<String>,
}

impl Registration {
    /// Reads a registration out of what a message carries. Members that it has not are left alone.
    pub fn of(data: &MessageData) -> Self {
        let text = |member: &str| data.get(member).and_then(Value::as_str).map(str::to_owned);
        Registration {
            username: text("username"),
            email: text("email").unwrap_or_default(),
            first_name: text("first_name"),
            last_name: text("last_name"),
            org_name: text("org_name"),
            org_uuid: text("org_uuid"),
        }
    }

    /// Everything that is wrong with what somebody sent, password excepted. `username`,
    /// `first_name` and `last_name` may be absent, but not blank; the e-mail address is needed. What
    /// a password looks like is told by no problem.
    pub fn check(data: &MessageData) -> Vec<Problem> {
        let mut problems = Vec::new();
        for field in TEXTS {
            let text = match data.get(field) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.as_str()),
                Some(_) => {
                    let problem =
                        Problem::new(ProblemKind::WrongType, field, "", "a text is expected");
                    problems.push(problem);
                    continue;
                }
            };
            let is_optional = field.starts_with("org_");
            match text {
                None if field == "email" => problems.push(Problem::new(
                    ProblemKind::Required,
                    field,
                    "",
                    "an e-mail address is needed",
                )),
                Some(text) if text.trim().is_empty() && !is_optional => {
                    problems.push(Problem::new(
                        ProblemKind::Required,
                        field,
                        text,
                        "it must not be blank",
                    ));
                }
                Some(text) if text.chars().nth(InboxMessage::TEXT).is_some() => {
                    problems.push(Problem::new(
                        ProblemKind::TooLong,
                        field,
                        text,
                        "the text is too long",
                    ));
                }
                Some(text) if field == "email" && text.parse::<Email>().is_err() => {
                    problems.push(Problem::new(
                        ProblemKind::NotEmail,
                        field,
                        text,
                        "not an e-mail address",
                    ));
                }
                None | Some(_) => {}
            }
        }
        problems
    }

    /// Takes the password out of what somebody sent, and everything else that no registration has:
    /// what is left may be stored.
    ///
    /// ```
    /// use cerebrate_core::inbox::Registration;
    /// use serde_json::json;
    ///
    /// let sent = json!({ "email": "a@b.example", "password": "Password1234", "pin": 7 });
    /// let mut data = sent.as_object().cloned().unwrap_or_default();
    /// let password = Registration::take_password(&mut data);
    /// assert!(password.is_ok());
    /// assert_eq!(data.keys().collect::<Vec<_>>(), ["email"]);
    /// ```
    ///
    /// # Errors
    /// A problem that does not show the password, if there is none or it may not be chosen.
    pub fn take_password(data: &mut MessageData) -> Result<SecretText, Problem> {
        let password = match data.remove(PASSWORD) {
            Some(Value::String(text)) => Ok(SecretText::from(text)),
            None | Some(Value::Null) => Err((ProblemKind::Required, "a password is needed".into())),
            Some(_) => Err((ProblemKind::WrongType, "a text is expected".into())),
        };
        data.retain(|member, value| TEXTS.contains(&member.as_str()) && !value.is_null());
        let password = password.and_then(|password| match accept_password(&password) {
            Ok(()) => Ok(password),
            Err(error) => Err((ProblemKind::Pattern, error.to_string())),
        });
        password.map_err(|(kind, message): (_, String)| Problem::new(kind, PASSWORD, "", message))
    }

    /// First and last name, if both or one of them is known.
    pub fn full_name(&self) -> Option<String> {
        let names = [&self.first_name, &self.last_name];
        let names: Vec<&str> = names
            .into_iter()
            .flatten()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data(value: &Value) -> MessageData {
        value.as_object().cloned().unwrap()
    }

    fn fields(value: &Value) -> Vec<(String, ProblemKind)> {
        let problems = Registration::check(&data(value));
        problems.iter().map(|problem| (problem.field().to_owned(), problem.kind())).collect()
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        assert_eq!(fields(&json!({ "email": "a@b.example" })), []);
        assert_eq!(
            fields(&json!({ "email": "a@b.example", "org_name": "", "org_uuid": null })),
            []
        );
        let wrong = json!({
            "username": " ", "email": "a@b", "first_name": "", "last_name": 7,
            "org_name": "x".repeat(192),
        });
        let wanted = [
            ("username", ProblemKind::Required),
            ("email", ProblemKind::NotEmail),
            ("first_name", ProblemKind::Required),
            ("last_name", ProblemKind::WrongType),
            ("org_name", ProblemKind::TooLong),
        ];
        assert_eq!(fields(&wrong), wanted.map(|(field, kind)| (field.to_owned(), kind)));
        assert_eq!(fields(&json!({})), [("email".to_owned(), ProblemKind::Required)]);
    }

    #[test]
    fn no_problem_shows_the_password_and_none_is_left() {
        for refused in [json!("secretpass12"), json!(["Hunter2Hunter2"]), json!(null), json!(1234)]
        {
            let mut sent = data(&json!({ "email": "a@b.example", "password": refused }));
            let problem = Registration::take_password(&mut sent).unwrap_err();
            assert!(problem.value().is_empty() && problem.field() == "password");
            let told = format!("{problem} {problem:?}");
            assert!(!told.contains("secretpass") && !told.contains("Hunter2"), "{told}");
            assert_eq!(sent, data(&json!({ "email": "a@b.example" })));
        }
    }
}
