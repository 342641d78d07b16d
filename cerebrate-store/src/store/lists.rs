//! What mailing lists and enumerations are there for: addresses and choices.

use std::collections::HashSet;

use cerebrate_core::error::Result;
use cerebrate_core::fold::fold;
use cerebrate_core::id::IndividualId;
use cerebrate_core::mailing::{Addresses, addresses};
use cerebrate_core::model::{EntityKind, EnumerationCollection, MailingList};
use cerebrate_core::query::OrderBy;

use super::records::one;
use super::{Records, Store};

/// What only mailing lists can tell.
impl Records<'_, MailingList> {
    /// The addresses that mail to the list goes to, and whom it does not reach: see
    /// [`addresses`](cerebrate_core::mailing::addresses).
    ///
    /// In a store that is seen [as a user](Store::as_actor) who sees the list, people on it whom
    /// that user does not see are left out, and told as a [number](Addresses::hidden) only.
    ///
    /// ```
    /// use cerebrate_core::model::{Individual, MailingList, Recipient};
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let anna = Individual::new(store.next_id().into(), "anna@team.example");
    /// let anna = store.individuals().insert(anna)?.id;
    /// let mut list = MailingList::new(store.next_id().into(), "Duty".parse()?);
    /// list.individuals.push(Recipient { individual: anna, primary: true, alternates: Vec::new() });
    /// let list = store.mailing_lists().insert(list)?;
    /// let found = store.mailing_lists().addresses(&list)?;
    /// assert_eq!(found.addresses[0].email.as_str(), "anna@team.example");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn addresses(&self, list: &MailingList) -> Result<Addresses> {
        self.access.ask(|read| {
            let find = |id: IndividualId| {
                read.get(EntityKind::Individual, id.uuid())?.map(one).transpose()
            };
            let hidden: HashSet<_> = read.hidden_recipients(list.id)?.into_iter().collect();
            if hidden.is_empty() {
                return addresses(list, find);
            }
            let mut seen = list.clone();
            seen.individuals.retain(|recipient| !hidden.contains(&recipient.individual));
            let mut found = addresses(&seen, find)?;
            found.hidden = hidden.len() as u64;
            Ok(found)
        })
    }
}

impl Store {
    /// What to offer for a field: the values of the enabled enumerations that serve it, by name of
    /// the enumeration and then in its order, each once whatever its case. Nothing is enforced.
    ///
    /// Case does not count in the name of the field, and `country` and `type` say the same as
    /// `nationality` and `kind`, as enumerations of peers do.
    ///
    /// ```
    /// use cerebrate_core::model::{EntityKind, EnumerationCollection};
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let mut sectors = EnumerationCollection::new(
    ///     store.next_id().into(), "Sectors".parse()?, EntityKind::Organisation, "sector",
    /// );
    /// sectors.values = vec!["Energy".to_owned(), "Health".to_owned()];
    /// sectors.enabled = true;
    /// store.enumeration_collections().insert(sectors)?;
    /// assert_eq!(store.choices(EntityKind::Organisation, "sector")?, ["Energy", "Health"]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn choices(&self, kind: EntityKind, field: &str) -> Result<Vec<String>> {
        let field = field_name(field);
        let serves = |collection: &EnumerationCollection| {
            collection.enabled
                && collection.target == kind
                && field_name(&collection.field) == field
        };
        let collections = self.enumeration_collections().find().order_by(OrderBy::Name).all()?;
        let mut known = HashSet::new();
        let mut choices = Vec::new();
        for collection in collections.iter().filter(|collection| serves(collection)) {
            let values = collection.values.iter().map(|value| value.trim());
            for value in values.filter(|value| !value.is_empty()) {
                if known.insert(fold(value)) {
                    choices.push(value.to_owned());
                }
            }
        }
        Ok(choices)
    }
}

fn field_name(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.as_str() {
        "country" => "nationality".to_owned(),
        "type" => "kind".to_owned(),
        _ => name,
    }
}
