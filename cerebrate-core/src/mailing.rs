//! From a mailing list to the addresses that mail goes to.

use std::collections::HashSet;

use serde::Serialize;

use crate::error::Result;
use crate::id::IndividualId;
use crate::model::{Individual, MailingList, Recipient};
use crate::problem::{Problem, ProblemKind};
use crate::value::Email;

/// The addresses of a mailing list, and whom it does not reach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Addresses {
    /// Where mail goes, in the order of the list; each address once, whatever its case.
    pub addresses: Vec<Address>,
    /// People and values that give no address, and why. Nobody is left out without a word.
    pub problems: Vec<Problem>,
    /// How many people on the list are hidden from whoever asks. They are not named, and mail
    /// reaches them only from somebody who sees them.
    pub hidden: u64,
}

/// One address of a mailing list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Address {
    /// Whose it is; the first one, if several on the list share it.
    pub individual: IndividualId,
    /// The address, as stored.
    pub email: Email,
}

/// The addresses behind a list: of each individual the primary address if it is chosen, then the
/// values of the chosen meta-fields that are e-mail addresses. `find` answers the individuals.
///
/// ```
/// use cerebrate_core::mailing::addresses;
/// use cerebrate_core::model::{Individual, MailingList, Recipient};
/// use uuid::Uuid;
///
/// let anna = Individual::new(Uuid::from_u128(1).into(), "anna@team.example");
/// let mut list = MailingList::new(Uuid::from_u128(2).into(), "Duty".parse()?);
/// for id in [anna.id, Uuid::from_u128(3).into()] {
///     list.individuals.push(Recipient { individual: id, primary: true, alternates: Vec::new() });
/// }
/// let known = |id| Ok(Some(anna.clone()).filter(|anna| anna.id == id));
/// let found = addresses(&list, known)?;
/// assert_eq!(found.addresses[0].email.as_str(), "anna@team.example");
/// assert_eq!(found.problems[0].message(), "there is no such individual");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
///
/// # Errors
/// What `find` answers.
pub fn addresses(
    list: &MailingList,
    mut find: impl FnMut(IndividualId) -> Result<Option<Individual>>,
) -> Result<Addresses> {
    let mut found = Addresses::default();
    let mut known = HashSet::new();
    for recipient in &list.individuals {
        match find(recipient.individual)? {
            Some(individual) => add(&mut found, &mut known, recipient, &individual),
            None => found.problems.push(Problem::new(
                ProblemKind::UnknownReference,
                "individuals",
                &recipient.individual.to_string(),
                "there is no such individual",
            )),
        }
    }
    Ok(found)
}

fn add(
    found: &mut Addresses,
    known: &mut HashSet<String>,
    recipient: &Recipient,
    individual: &Individual,
) {
    let owner = individual.id;
    let mut take = |field: &str, text: &str| match text.trim().parse::<Email>() {
        Ok(email) => {
            if known.insert(email.folded()) {
                found.addresses.push(Address { individual: owner, email });
            }
            None
        }
        Err(_) => Some(
            Problem::new(ProblemKind::NotEmail, field, text, NOT_EMAIL).hint(whose(individual)),
        ),
    };
    let mut problems = Vec::new();
    if recipient.primary {
        problems.extend(take("email", &individual.email));
    } else if recipient.alternates.is_empty() {
        problems.push(Problem::new(
            ProblemKind::Required,
            "individuals",
            &individual.email,
            "none of the addresses is chosen",
        ));
    }
    for id in &recipient.alternates {
        match individual.meta_fields.iter().find(|value| value.id(owner.uuid()) == *id) {
            Some(value) => problems.extend(take(&value.field, &value.value)),
            None => problems.push(
                Problem::new(ProblemKind::UnknownReference, "alternates", &id.to_string(), GONE)
                    .hint(whose(individual)),
            ),
        }
    }
    found.problems.extend(problems);
}

const NOT_EMAIL: &str = "not an e-mail address";
const GONE: &str = "the individual has no such value";

fn whose(individual: &Individual) -> String {
    let who = match individual.full_name() {
        Some(name) => format!("{} <{}>", name.trim(), individual.email),
        None => individual.email.clone(),
    };
    format!("it was chosen for `{}`", crate::problem::excerpt(&who))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MetaFieldId;
    use crate::model::{MetaField, TemplateKey};
    use uuid::Uuid;

    fn person(number: u128, email: &str, others: &[&str]) -> Individual {
        let mut person = Individual::new(Uuid::from_u128(number).into(), email);
        let key = TemplateKey::new(Uuid::from_u128(99).into(), 1);
        person.meta_fields =
            others.iter().map(|value| MetaField::new(key, "other e-mail", *value)).collect();
        person
    }

    fn chosen(individual: &Individual, primary: bool, alternates: &[usize]) -> Recipient {
        let id = |place: &usize| match individual.meta_fields.get(*place) {
            Some(value) => value.id(individual.id.uuid()),
            None => MetaFieldId::new(Uuid::from_u128(1_000)),
        };
        Recipient {
            individual: individual.id,
            primary,
            alternates: alternates.iter().map(id).collect(),
        }
    }

    fn render(people: &[Individual], recipients: Vec<Recipient>) -> Addresses {
        let mut list = MailingList::new(Uuid::from_u128(7).into(), "List".parse().unwrap());
        list.individuals = recipients;
        let find = |id| Ok(people.iter().find(|person| person.id == id).cloned());
        addresses(&list, find).unwrap()
    }

    fn texts(found: &Addresses) -> Vec<&str> {
        found.addresses.iter().map(|address| address.email.as_str()).collect()
    }

    #[test]
    fn primary_comes_first_and_only_what_is_chosen_comes() {
        let people = [
            person(1, "a@x.example", &["a1@x.example", "a2@x.example", "a3@x.example"]),
            person(2, "b@x.example", &["b1@x.example"]),
        ];
        let recipients = vec![chosen(&people[1], false, &[0]), chosen(&people[0], true, &[2, 0])];
        let found = render(&people, recipients);
        assert_eq!(texts(&found), ["b1@x.example", "a@x.example", "a3@x.example", "a1@x.example"]);
        assert_eq!(found.problems, []);
        assert_eq!(found.addresses[0].individual, people[1].id);
    }

    #[test]
    fn an_address_comes_once_whatever_its_case() {
        let people = [
            person(1, "Duty@X.example", &["duty@x.example", " other@x.example "]),
            person(2, "DUTY@x.EXAMPLE", &[]),
        ];
        let recipients = vec![chosen(&people[0], true, &[0, 1]), chosen(&people[1], true, &[])];
        let found = render(&people, recipients);
        assert_eq!(texts(&found), ["Duty@X.example", "other@x.example"]);
        assert_eq!(found.problems, []);
    }

    #[test]
    fn what_gives_no_address_is_told_and_nobody_vanishes() {
        let people = [
            person(1, "not an address", &["neither"]),
            person(2, "b@x.example", &["b1@x.example"]),
        ];
        let gone = person(3, "gone@x.example", &[]);
        let recipients = vec![
            chosen(&people[0], true, &[0]),
            chosen(&gone, true, &[]),
            chosen(&people[1], false, &[]),
            chosen(&people[1], false, &[5, 0]),
        ];
        let found = render(&people, recipients);
        assert_eq!(texts(&found), ["b1@x.example"]);
        let kinds: Vec<ProblemKind> = found.problems.iter().map(Problem::kind).collect();
        assert_eq!(
            kinds,
            [
                ProblemKind::NotEmail,
                ProblemKind::NotEmail,
                ProblemKind::UnknownReference,
                ProblemKind::Required,
                ProblemKind::UnknownReference
            ]
        );
        assert_eq!(found.problems[1].field(), "other e-mail");
        assert_eq!(found.problems[2].value(), gone.id.to_string());
        assert_eq!(found.problems[4].advice(), Some("it was chosen for `b@x.example`"));
    }
}
