//! All values of a record against one template.

use std::collections::HashSet;

use super::check::{Profile, Verdict};
use super::compiled::CompiledTemplate;
use crate::problem::{Problem, ProblemKind};

impl CompiledTemplate {
    /// Checks the values of one record under [`Profile::Strict`]: **all** problems and notices,
    /// in the order of the values. Empty means that all is well.
    ///
    /// ```
    /// use cerebrate_core::meta::Library;
    ///
    /// let template = Library::shipped().find("FIRST Directory")?;
    /// let problems = template.check([("team", "CIRCL"), ("team", "Other"), ("establishment", "soon")]);
    /// let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind().as_str()).collect();
    /// assert_eq!(kinds, ["multiple", "not_date"]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn check<F: AsRef<str>, V: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (F, V)>,
    ) -> Vec<Problem> {
        self.check_with(Profile::Strict, values)
            .into_iter()
            .flat_map(|verdict| verdict.problems)
            .collect()
    }

    /// Checks the values of one record under `profile`: a verdict for each, in their order.
    ///
    /// Beside the rules of each field, the strict profile lets a field take one value unless it
    /// says otherwise: every further one gets a [`ProblemKind::Multiple`], and the same value again
    /// a [`ProblemKind::Repeated`] (compared in normal form). Peers check neither.
    pub fn check_with<F: AsRef<str>, V: AsRef<str>>(
        &self,
        profile: Profile,
        values: impl IntoIterator<Item = (F, V)>,
    ) -> Vec<Verdict> {
        let mut seen = Seen::default();
        let values = values.into_iter();
        values
            .map(|(field, value)| self.verdict(profile, &mut seen, field.as_ref(), value.as_ref()))
            .collect()
    }

    fn verdict(&self, profile: Profile, seen: &mut Seen, name: &str, value: &str) -> Verdict {
        let Some((position, field)) = self.entry(name) else {
            return Verdict {
                field: name.to_owned(),
                value: value.to_owned(),
                accepted: Some(false),
                normalised: None,
                problems: vec![self.unknown_field(name, value)],
            };
        };
        let mut checked = field.check(profile, value);
        if profile == Profile::Strict {
            let canonical = checked.normalised.as_deref().unwrap_or(value);
            let repeated = !seen.values.insert((position, canonical.to_owned()));
            let further = !seen.fields.insert(position);
            if further && !field.definition().multiple {
                checked.refuse(
                    Problem::new(ProblemKind::Multiple, name, value, "takes one value only")
                        .hint("keep one of the values"),
                );
            }
            if repeated {
                let message = "the same value again";
                checked.refuse(Problem::new(ProblemKind::Repeated, name, value, message));
            }
        }
        Verdict {
            field: name.to_owned(),
            value: value.to_owned(),
            accepted: checked.accepted,
            normalised: checked.normalised,
            problems: checked.problems,
        }
    }

    fn unknown_field(&self, name: &str, value: &str) -> Problem {
        let message = format!("`{}` has no such field", self.name());
        let problem = Problem::new(ProblemKind::UnknownField, name, value, message);
        if let Some(near) = self.nearest(name) {
            return problem.hint(format!("did you mean `{near}`?"));
        }
        let names: Vec<String> =
            self.fields().iter().take(20).map(|field| format!("`{}`", field.name())).collect();
        if names.is_empty() {
            problem
        } else {
            problem.hint(format!("it has {}", names.join(", ")))
        }
    }
}

/// What earlier values of the record used up.
#[derive(Default)]
struct Seen {
    fields: HashSet<usize>,
    values: HashSet<(usize, String)>,
}
