//! Sharing groups: records like others, and lists of members that can be compared.

use cerebrate_core::error::Result;
use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_core::problem::excerpt;
use cerebrate_core::sharing::{Difference, GroupField};
use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::failure::{DONE, Outcome};
use super::out::visible;
use super::records::{self, Known as _, Listing, Names, RecordCommand};

/// What can be done with sharing groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// List other groups that have the same members with the same rights to extend
    Equal {
        /// A UUID, a number such as `#3`, or a name
        group: String,
    },
    /// What makes the later group of the earlier one: members and fields
    Diff {
        /// A UUID, a number such as `#3`, or a name
        earlier: String,
        /// The group to compare it with
        later: String,
    },
}

/// Runs a command on sharing groups.
pub(crate) fn run(context: &mut Context, command: &GroupCommand) -> Outcome {
    match command {
        GroupCommand::Records(command) => records::run::<SharingGroup>(context, command),
        GroupCommand::Equal { group } => equal(context, group),
        GroupCommand::Diff { earlier, later } => diff(context, earlier, later),
    }
}

fn equal(context: &mut Context, group: &str) -> Outcome {
    let store = context.place.reading()?;
    let group = records::find::<SharingGroup>(&store, group)?;
    let mut listing = Listing::new(context, &store)?;
    for other in store.sharing_groups().with_membership(&group.members)? {
        if other.id != group.id {
            listing.push(context, &other)?;
        }
    }
    listing.end(context)?;
    Ok(DONE)
}

fn diff(context: &mut Context, earlier: &str, later: &str) -> Outcome {
    let store = context.place.reading()?;
    let earlier = records::find::<SharingGroup>(&store, earlier)?;
    let later = records::find::<SharingGroup>(&store, later)?;
    let difference = Difference::between(&earlier, &later);
    if context.out.is_json() {
        let mut document = records::json_of(&difference)?;
        if let Value::Object(members) = &mut document {
            members.insert("earlier".to_owned(), json!(earlier.id));
            members.insert("later".to_owned(), json!(later.id));
            members.insert("fields".to_owned(), json!(difference.fields));
        }
        context.out.document(&document)?;
        return Ok(DONE);
    }
    let mut names = Names::new(&store);
    let lists =
        [('+', &difference.added), ('-', &difference.removed), ('~', &difference.extend_changed)];
    for (sign, members) in lists {
        for member in members {
            let text = member_text(&mut names, *member, sign == '~')?;
            context.out.line(&format!("{sign} {}", visible(&text)))?;
        }
    }
    for field in &difference.fields {
        let before = field_text(&mut names, &earlier, *field)?;
        let after = field_text(&mut names, &later, *field)?;
        context.out.line(&format!("{field}: {before} → {after}"))?;
    }
    context.out.say(&difference.to_string())?;
    Ok(DONE)
}

fn member_text(names: &mut Names<'_>, member: Member, always: bool) -> Result<String> {
    let right = match (member.extend, always) {
        (true, _) => ", may extend",
        (false, true) => ", may not extend",
        (false, false) => "",
    };
    let id = member.organisation;
    Ok(format!("{} ({id}){right}", names.organisation(id)?))
}

fn field_text(names: &mut Names<'_>, group: &SharingGroup, field: GroupField) -> Result<String> {
    let text = match field {
        GroupField::Name => group.title(names)?,
        GroupField::Releasability => group.releasability.clone(),
        GroupField::Description => group.description.clone().unwrap_or_default(),
        GroupField::Owner => names.organisation(group.owner)?,
        GroupField::Active => return Ok(yes(group.active)),
        GroupField::Local => return Ok(yes(group.local)),
        _ => return Ok(String::new()),
    };
    Ok(if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{}`", visible(&excerpt(&text)))
    })
}

fn yes(fact: bool) -> String {
    if fact { "yes" } else { "no" }.to_owned()
}
