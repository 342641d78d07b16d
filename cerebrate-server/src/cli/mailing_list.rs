//! Mailing lists: records like others, and the addresses that mail goes to.

use cerebrate_core::id::MetaFieldId;
use cerebrate_core::mailing::Addresses;
use cerebrate_core::model::{Individual, MailingList, Recipient};
use cerebrate_core::problem::excerpt;
use cerebrate_core::value::Email;
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::store::Outcome as Written;
use clap::Subcommand;

use super::Context;
use super::failure::{DONE, Outcome, WRONG};
use super::out::visible;
use super::records::{self, RecordCommand};

const CHOOSE: &str = "choose address";

/// What can be done with mailing lists.
#[derive(Debug, Subcommand)]
pub(crate) enum MailingListCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// Put an individual on a list, or choose the addresses of one who is on it
    ///
    /// Without `--at` mail goes to the primary address alone, whatever was chosen before.
    AddMember {
        /// A UUID, a number such as `#3`, or a name
        list: String,
        /// A UUID, a number such as `#3`, an e-mail address or a name
        individual: String,
        /// Write to this address of the individual, in place of those chosen before: `primary`, or
        /// one among the template fields; `primary` unless given
        #[arg(long, value_name = "ADDRESS")]
        at: Vec<String>,
    },
    /// Take individuals off a list
    RemoveMember {
        /// A UUID, a number such as `#3`, or a name
        list: String,
        /// UUIDs, numbers such as `#3`, e-mail addresses or names
        #[arg(required = true)]
        individuals: Vec<String>,
    },
    /// Print the addresses that mail goes to, each once
    ///
    /// Exits with 1 if somebody or something on the list gives no address; what that is, is told.
    Recipients {
        /// A UUID, a number such as `#3`, or a name
        list: String,
    },
}

/// Runs a command on mailing lists.
pub(crate) fn run(context: &mut Context, command: &MailingListCommand) -> Outcome {
    match command {
        MailingListCommand::Records(command) => records::run::<MailingList>(context, command),
        MailingListCommand::AddMember { list, individual, at } => {
            add_member(context, list, individual, at)
        }
        MailingListCommand::RemoveMember { list, individuals } => {
            remove_members(context, list, individuals)
        }
        MailingListCommand::Recipients { list } => recipients(context, list),
    }
}

fn add_member(context: &mut Context, list: &str, individual: &str, at: &[String]) -> Outcome {
    let store = context.place.writing()?;
    let id = records::find::<MailingList>(&store, list)?.id;
    let individual = records::find::<Individual>(&store, individual)?;
    let recipient = recipient(&individual, at)?;
    let ((list, outcome), dropped) = store.transaction(|transaction| {
        let mut list = transaction.mailing_lists().require(id)?;
        let known = list.individuals.iter_mut().find(|known| known.individual == individual.id);
        let dropped = if let Some(known) = known {
            let before = std::mem::replace(known, recipient);
            let gone = |id: &&MetaFieldId| !known.alternates.contains(*id);
            let primary = u64::from(before.primary && !known.primary);
            primary + before.alternates.iter().filter(gone).count() as u64
        } else {
            list.individuals.push(recipient);
            0
        };
        Ok((transaction.mailing_lists().upsert(list)?, dropped))
    })?;
    let code = records::tell(context, &store, word(outcome), &list)?;
    if dropped > 0 {
        let count = addresses(dropped);
        context.out.say(&format!("notice: no longer written to: {count} chosen before"))?;
    }
    Ok(code)
}

fn addresses(count: u64) -> String {
    format!("{count} {}", if count == 1 { "address" } else { "addresses" })
}

/// The individual at the addresses that `at` names.
fn recipient(individual: &Individual, at: &[String]) -> Result<Recipient> {
    let mut recipient =
        Recipient { individual: individual.id, primary: at.is_empty(), alternates: Vec::new() };
    let key = |text: &str| text.trim().parse::<Email>().ok().map(|email| email.folded());
    for text in at {
        let wanted = key(text);
        let is_meant = |address: &str| wanted.is_some() && key(address) == wanted;
        if text.trim().eq_ignore_ascii_case("primary") || is_meant(&individual.email) {
            recipient.primary = true;
            continue;
        }
        let value = individual.meta_fields.iter().find(|value| is_meant(&value.value));
        let Some(value) = value else { return Err(no_such_address(individual, text)) };
        let id = value.id(individual.id.uuid());
        if !recipient.alternates.contains(&id) {
            recipient.alternates.push(id);
        }
    }
    Ok(recipient)
}

fn no_such_address(individual: &Individual, text: &str) -> Error {
    let others = individual.meta_fields.iter().map(|value| value.value.trim());
    let others = others.filter(|value| value.parse::<Email>().is_ok()).take(5);
    let known: Vec<String> = std::iter::once("primary")
        .chain(others)
        .map(|address| format!("`{}`", excerpt(address)))
        .collect();
    Error::new(Kind::NotFound, CHOOSE, "the individual has no such address")
        .with("individual", excerpt(&individual.email))
        .with("address", excerpt(text))
        .hint(format!("use {}", known.join(" or ")))
}

fn remove_members(context: &mut Context, list: &str, individuals: &[String]) -> Outcome {
    let store = context.place.writing()?;
    let id = records::find::<MailingList>(&store, list)?.id;
    let gone = individuals
        .iter()
        .map(|text| records::find::<Individual>(&store, text))
        .collect::<Result<Vec<Individual>>>()?;
    let (list, outcome) = store.transaction(|transaction| {
        let mut list = transaction.mailing_lists().require(id)?;
        for individual in &gone {
            let before = list.individuals.len();
            list.individuals.retain(|known| known.individual != individual.id);
            if list.individuals.len() == before {
                return Err(Error::new(
                    Kind::NotFound,
                    "take off mailing list",
                    "the individual is not on the list",
                )
                .with("individual", excerpt(&individual.email)));
            }
        }
        transaction.mailing_lists().upsert(list)
    })?;
    records::tell(context, &store, word(outcome), &list)
}

fn word(outcome: Written) -> &'static str {
    if outcome == Written::Unchanged { "unchanged" } else { "updated" }
}

fn recipients(context: &mut Context, list: &str) -> Outcome {
    let store = context.place.reading()?;
    let list = records::find::<MailingList>(&store, list)?;
    let found: Addresses = store.mailing_lists().addresses(&list)?;
    let code = if found.problems.is_empty() && found.hidden == 0 { DONE } else { WRONG };
    if context.out.is_json() {
        context.out.document(&found)?;
        return Ok(code);
    }
    for address in &found.addresses {
        context.out.line(&visible(address.email.as_str()))?;
    }
    records::unreached(context, &found)?;
    if !list.active {
        context.out.say("notice: the list is not active")?;
    }
    let count = u64::try_from(found.addresses.len()).unwrap_or(u64::MAX);
    context.out.say(&addresses(count))?;
    if let problems @ 1.. = found.problems.len() {
        let problems = u64::try_from(problems).unwrap_or(u64::MAX);
        context.out.say(&counted(problems, "problem"))?;
    }
    Ok(code)
}
