//! All values of a record against one template.

use std::collections::HashSet;

use super::check::{Profile, Verdict};
use super::compiled::CompiledTemplate;
use crate::model::MetaField;
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

    /// Checks those of the `values` of one record that were written for this template and version,
    /// under [`Profile::Strict`], and notes the outcome on each: flags and normal form take the
    /// place of what stood there. A value that was held until this template arrived is released.
    ///
    /// ```
    /// use cerebrate_core::meta::Library;
    /// use cerebrate_core::model::MetaField;
    /// use cerebrate_core::problem::ProblemKind;
    ///
    /// let template = Library::shipped().find("cerebrate/csirt-constituency")?;
    /// let mut values = [
    ///     MetaField::new(template.key(), "IPv4 address", "185.194.93.14/22"),
    ///     MetaField::new(template.key(), "IPv4 address", "10.0.0.300"),
    /// ];
    /// template.flag_values(&mut values);
    /// assert_eq!(values[0].canonical(), "185.194.92.0/22");
    /// assert!(values[0].is_valid());
    /// assert_eq!(values[1].flags, [ProblemKind::NotIpv4]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn flag_values(&self, values: &mut [MetaField]) {
        // A bit for each field met, for most records have no field twice.
        let mut met = 0_u64;
        let mut is_any_met_again = false;
        for value in values.iter_mut().filter(|value| value.template == self.key()) {
            value.flags.clear();
            let Some((position, field)) = self.entry(&value.field) else {
                value.normalised = None;
                value.flags.push(ProblemKind::UnknownField);
                continue;
            };
            let verdict = field.check(Profile::Strict, &value.value);
            value.normalised = verdict.normalised;
            value.flags.extend(verdict.problems.iter().map(Problem::kind));
            let bit = u32::try_from(position).ok().and_then(|position| 1_u64.checked_shl(position));
            is_any_met_again |= bit.is_none_or(|bit| met & bit != 0);
            met |= bit.unwrap_or(0);
        }
        if is_any_met_again {
            self.flag_further(values);
        }
    }

    /// Notes the rules between values, in time that grows little faster than their number.
    fn flag_further(&self, values: &mut [MetaField]) {
        let of_template =
            values.iter().enumerate().filter(|(_, value)| value.template == self.key());
        let mut order: Vec<(usize, &str, usize)> = of_template
            .filter_map(|(index, value)| {
                Some((self.entry(&value.field)?.0, value.canonical(), index))
            })
            .collect();
        order.sort_unstable();
        let mut further: Vec<(usize, ProblemKind)> = Vec::new();
        for of_field in order.chunk_by(|a, b| a.0 == b.0) {
            let first = of_field.iter().map(|(_, _, index)| *index).min();
            let position = of_field.first().map(|(position, _, _)| *position);
            let field = position.and_then(|position| self.fields().get(position));
            if field.is_some_and(|field| !field.definition().multiple) {
                let indices = of_field.iter().map(|(_, _, index)| *index);
                let others = indices.filter(|index| Some(*index) != first);
                further.extend(others.map(|index| (index, ProblemKind::Multiple)));
            }
            for equal in of_field.chunk_by(|a, b| a.1 == b.1) {
                let again = equal.iter().skip(1);
                further.extend(again.map(|(_, _, index)| (*index, ProblemKind::Repeated)));
            }
        }
        for (index, kind) in further {
            if let Some(value) = values.get_mut(index) {
                value.flags.push(kind);
            }
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meta::Library;
    use crate::model::TemplateKey;

    #[test]
    fn values_of_other_templates_and_versions_are_left_alone() {
        let template = Library::shipped().find("first/first-directory").unwrap();
        let older = TemplateKey { version: 1, ..template.key() };
        let mut held = MetaField::new(older, "team", "x\0");
        held.flags = vec![ProblemKind::UnknownTemplate];
        let mut values = [held.clone(), MetaField::new(template.key(), "team", "x")];
        values[1].flags = vec![ProblemKind::UnknownTemplate];
        template.flag_values(&mut values);
        assert_eq!(values[0], held);
        assert!(values[1].flags.is_empty() && !values[1].is_held(), "released");
    }

    #[test]
    fn a_hundred_thousand_values_are_no_burden() {
        let template = Library::shipped().find("csirt-constituency").unwrap();
        let mut values: Vec<MetaField> = (0..100_000_u32)
            .map(|index| {
                let address = std::net::Ipv4Addr::from_bits(index / 2).to_string();
                MetaField::new(template.key(), "IPv4 address", address)
            })
            .collect();
        template.flag_values(&mut values);
        let repeated = values.iter().filter(|value| !value.is_valid()).count();
        assert_eq!(repeated, 50_000);
        assert!(values[0].is_valid() && !values[1].is_valid(), "the first one counts");
    }

    proptest! {
        #[test]
        fn flags_are_the_problems_of_the_check(
            pairs in proptest::collection::vec(
                ("team|website|establishment|Team", "a|b| |2026|2026-01-01|x\0"),
                0..12,
            ),
        ) {
            let template = Library::shipped().find("first/first-directory").unwrap();
            let mut values: Vec<MetaField> = pairs
                .iter()
                .map(|(field, value)| MetaField::new(template.key(), field, value))
                .collect();
            template.flag_values(&mut values);
            for (value, verdict) in values.iter().zip(template.check_with(Profile::Strict, pairs)) {
                let kinds: Vec<ProblemKind> = verdict.problems.iter().map(Problem::kind).collect();
                prop_assert_eq!(&value.flags, &kinds);
                prop_assert_eq!(Some(value.is_valid()), verdict.accepted);
                prop_assert_eq!(&value.normalised, &verdict.normalised);
            }
        }
    }
}
