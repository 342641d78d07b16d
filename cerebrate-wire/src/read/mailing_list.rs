use std::collections::BTreeMap;

use cerebrate_core::id::{IndividualId, MailingListId, MetaFieldId};
use cerebrate_core::model::{LONG_TEXT, MailingList, Recipient};
use cerebrate_core::problem::ProblemKind;

use super::alignment::present;
use super::meta_fields;
use super::{Fields, FromNode, IndividualRecord, Notes, Path};
use crate::json::{Node, Value};

/// A mailing list as the mailing lists index and view answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailingListRecord {
    /// The list with its individuals, each once.
    pub mailing_list: MailingList,
    /// Its number on that node.
    pub local_id: Option<u64>,
    /// The individuals as far as their rows could be read.
    pub individuals: Vec<IndividualRecord>,
}

const KEYS: [&str; 10] = [
    "id",
    "uuid",
    "name",
    "recipients",
    "description",
    "active",
    "created",
    "modified",
    "meta_fields",
    "individuals",
];

impl FromNode for MailingListRecord {
    const SKIPPED: &'static [&'static str] = IndividualRecord::SKIPPED;

    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self> {
        let ignored = ["user", "user_id", "deleted", "releasability"];
        let (fields, picked) = Fields::pick(node, path, notes, KEYS, &ignored)?;
        let [id, uuid, name, recipients, description, active, created, modified, values, people] =
            picked;
        let identity = fields.identity("uuid", uuid, notes);
        let name = fields.name("name", name, notes);
        let (identity, name) = identity.zip(name)?;
        let mut list = MailingList::new(MailingListId::new(identity), name);
        list.recipients = fields.short("recipients", recipients, notes);
        list.description = fields.text("description", description, LONG_TEXT, notes);
        list.active = fields.flag("active", active, notes).unwrap_or(false);
        list.created = fields.time("created", created, notes);
        list.modified = fields.time("modified", modified, notes);
        let local_id = fields.number("id", id, notes);

        let mut individuals = Vec::new();
        let mut members = Members::default();
        let path = fields.path("individuals");
        for (position, item) in notes.list(people, path).into_iter().enumerate() {
            let path = path.position(position);
            let Some(record) = IndividualRecord::from_node(item, path, notes) else { continue };
            let primary = includes_primary(item, path, notes);
            if members.add(&record, primary) {
                individuals.push(record);
            } else {
                let message = "the individual stands here twice";
                notes.problem(item, path, ProblemKind::Repeated, message);
            }
        }
        let path = fields.path("meta_fields");
        for (position, item) in notes.list(values, path).into_iter().enumerate() {
            let path = path.position(position);
            let Some(entry) = meta_fields::entry(item, path, &[], notes) else { continue };
            let alternate = |owner: IndividualId| entry.value.id(owner.uuid());
            if !members.add_alternate(entry.owner, alternate) {
                let message = "the address belongs to nobody on the list";
                notes.problem(item, path, ProblemKind::UnknownReference, message);
            }
        }
        list.individuals = members.recipients;
        Some(MailingListRecord { mailing_list: list, local_id, individuals })
    }
}

/// Whether the primary address is on the list, as peers assume unless told otherwise.
fn includes_primary(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> bool {
    const LINK: [&str; 3] = ["id", "mailing_list_id", "individual_id"];
    let Value::Object(members) = &node.value else { return true };
    let link = members.iter().rev().find(|member| member.key == "_joinData");
    let Some(link) = present(link.map(|member| &member.node)) else { return true };
    let keys = ["include_primary_email"];
    Fields::pick(link, path.key("_joinData"), notes, keys, &LINK)
        .and_then(|(fields, [primary])| fields.flag("include_primary_email", primary, notes))
        .unwrap_or(true)
}

#[derive(Default)]
struct Members {
    recipients: Vec<Recipient>,
    by_id: BTreeMap<IndividualId, usize>,
    by_number: BTreeMap<u64, usize>,
}

impl Members {
    fn add(&mut self, record: &IndividualRecord, primary: bool) -> bool {
        let individual = record.individual.id;
        let position = self.recipients.len();
        if self.by_id.contains_key(&individual) {
            return false;
        }
        self.by_id.insert(individual, position);
        if let Some(number) = record.local_id {
            self.by_number.insert(number, position);
        }
        self.recipients.push(Recipient { individual, primary, alternates: Vec::new() });
        true
    }

    fn add_alternate(
        &mut self,
        owner: Option<u64>,
        alternate: impl FnOnce(IndividualId) -> MetaFieldId,
    ) -> bool {
        let position = owner.and_then(|number| self.by_number.get(&number));
        let recipient = position.and_then(|position| self.recipients.get_mut(*position));
        let Some(recipient) = recipient else { return false };
        let alternate = alternate(recipient.individual);
        if !recipient.alternates.contains(&alternate) {
            recipient.alternates.push(alternate);
        }
        true
    }
}
