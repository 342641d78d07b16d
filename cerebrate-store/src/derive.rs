//! What the store derives from a record so that it can be found.

use cerebrate_core::constituency;
use cerebrate_core::fold::{fold, normalised_name};
use cerebrate_core::model::{FieldKind, Individual, MetaField, Organisation, Record};
use cerebrate_core::sharing::MembershipDigest;
use cerebrate_core::value::CountryCode;

use crate::backend::Facts;

/// The key under which records of one normalised name are found. Equal names have equal keys;
/// unequal ones may, so compare the names too.
pub(crate) fn name_key(name: &str) -> i64 {
    text_key(&normalised_name(name))
}

/// A stable 64-bit hash (FNV-1a) of a text, kept in databases: it must never change.
pub(crate) fn text_key(text: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    i64::from_ne_bytes((hash ^ (hash >> 29)).to_ne_bytes())
}

/// Derives what a backend indexes. `kind_of` tells the kind of a template field.
pub(crate) fn facts(record: &Record, kind_of: &dyn Fn(&MetaField) -> Option<FieldKind>) -> Facts {
    let mut facts = match record {
        Record::Organisation(organisation) => of_organisation(organisation, kind_of),
        Record::Individual(individual) => of_individual(individual),
        Record::SharingGroup(group) => {
            Facts { membership: Some(MembershipDigest::of(&group.members)), ..named(&group.name) }
        }
        Record::MailingList(list) => named(&list.name),
        Record::OrganisationGroup(group) => named(&group.name),
        Record::EnumerationCollection(collection) => named(&collection.name),
        Record::Role(role) => named(&role.name),
        Record::User(user) => named(user.username.as_str()),
        Record::UserSetting(setting) => named(&setting.name),
        Record::PermissionLimitation(limitation) => named(&limitation.permission),
        Record::InboxMessage(message) => named(&message.title),
        Record::OutboxMessage(message) => named(&message.title),
        _ => Facts::default(),
    };
    if !facts.search.is_empty() {
        // Even the last character begins a trigram.
        facts.search.push('\n');
    }
    facts
}

fn named(name: &str) -> Facts {
    Facts { folded: fold(name), name_key: name_key(name), ..Facts::default() }
}

fn of_organisation(
    organisation: &Organisation,
    kind_of: &dyn Fn(&MetaField) -> Option<FieldKind>,
) -> Facts {
    let mut facts = named(&organisation.name);
    facts.country = organisation
        .nationality
        .as_deref()
        .and_then(CountryCode::from_text)
        .map(|code| code.to_string());
    add_searched(&mut facts.search, &organisation.name);
    add_searched(&mut facts.search, organisation.contacts.as_deref().unwrap_or_default());
    for (position, value) in (0_u32..).zip(&organisation.meta_fields) {
        add_searched(&mut facts.search, &value.value);
        let kind = kind_of(value).unwrap_or(FieldKind::Text);
        let Some(role) = constituency::role_of(value.template.id, &value.field, &kind) else {
            continue;
        };
        let (claims, problems) = constituency::read(role, &value.value);
        facts.claims.extend(claims.into_iter().map(|claim| (position, claim)));
        facts.unreadable.extend(problems.into_iter().map(|problem| (position, role, problem)));
    }
    facts
}

fn of_individual(individual: &Individual) -> Facts {
    let name = individual.full_name().unwrap_or_default();
    let mut facts =
        Facts { folded: fold(&individual.email), name_key: name_key(&name), ..Facts::default() };
    add_searched(&mut facts.search, &individual.email);
    add_searched(&mut facts.search, &name);
    for value in &individual.meta_fields {
        add_searched(&mut facts.search, &value.value);
    }
    facts
}

/// Appends a text on a line of its own: no match reaches across texts, and even the last two
/// characters of a text begin a trigram.
fn add_searched(search: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    search.push_str(&fold(text));
    search.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_keys_are_stable_and_blind_to_case_accents_and_punctuation() {
        assert_eq!(name_key("CERT.at"), name_key("cert at"));
        assert_ne!(name_key("CERT.at"), name_key("CERT.al"));
        assert_eq!(text_key("circl"), text_key("circl"));
    }
}
