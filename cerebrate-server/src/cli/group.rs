//! Sharing groups: records like others, and lists of members that can be compared.

use std::collections::HashMap;

use cerebrate_core::error::Result;
use cerebrate_core::fold::fold;
use cerebrate_core::model::{Member, SharingGroup};
use cerebrate_core::problem::excerpt;
use cerebrate_core::query::OrderBy;
use cerebrate_core::sharing::{Difference, GroupField, MembershipDigest};
use cerebrate_core::words::counted;
use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::failure::{DONE, Outcome};
use super::out::visible;
use super::records::{self, Known as _, Listing, Names, RecordCommand};

/// How many groups are read at once.
const PAGE: usize = 1_000;

/// What can be done with sharing groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// List groups that have the same members with the same rights to extend
    Equal {
        /// The others of this group: a UUID, a number such as `#3`, or a name; without it, all
        group: Option<String>,
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
        GroupCommand::Equal { group: Some(group) } => equal(context, group),
        GroupCommand::Equal { group: None } => all_equal(context),
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

/// Groups of equal groups: those that come first by name first.
fn all_equal(context: &mut Context) -> Outcome {
    let store = context.place.reading()?;
    let mut alike: HashMap<MembershipDigest, Vec<SharingGroup>> = HashMap::new();
    for page in store.sharing_groups().find().order_by(OrderBy::Name).page(PAGE) {
        for group in page?.records {
            if !group.members.is_empty() {
                alike.entry(MembershipDigest::of(&group.members)).or_default().push(group);
            }
        }
    }
    let mut alike: Vec<_> = alike.into_values().filter(|groups| groups.len() > 1).collect();
    alike.sort_by(|one, other| {
        let first =
            |groups: &[SharingGroup]| groups.first().map(|group| (fold(&group.name), group.id));
        first(one).cmp(&first(other))
    });
    if context.out.is_json() {
        context.out.document(&alike)?;
        return Ok(DONE);
    }
    for groups in &alike {
        let members = groups.first().map_or(0, |group| group.members.len());
        context.out.line(&counted(members as u64, "member"))?;
        for group in groups {
            context.out.line(&format!("  {} ({})", visible(&excerpt(&group.name)), group.id))?;
        }
    }
    if alike.is_empty() {
        context.out.say("no two groups have the same members")?;
    }
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
