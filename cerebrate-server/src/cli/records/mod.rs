//! `organisation`, `individual` and the other kinds: list, show, add, edit, remove.

mod accounts;
mod fields;
mod kinds;
mod list;
mod members;
mod meta;
mod reference;
mod show;
mod write;

use clap::Subcommand;

pub(crate) use self::fields::Field;
pub(crate) use self::kinds::{Known, Names};
pub(crate) use self::list::{Listing, listed};
pub(crate) use self::meta::split;
pub(crate) use self::reference::find;
pub(crate) use self::show::{entry_text, show, unreached};
pub(crate) use self::write::{json_of, tell};

use self::list::Filters;
use self::write::Wanted;
use super::Context;
use super::failure::Outcome;

/// What can be done with the records of one kind.
#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// List records
    #[command(visible_alias = "ls")]
    List(#[command(flatten)] Box<Filters>),
    /// Show one record, whole
    Show {
        /// A UUID, a number such as `#3`, or a name
        record: String,
    },
    /// Add a record
    Add {
        /// Its name, or e-mail address for individuals
        name: Option<String>,
        /// Its UUID, if it has one already
        #[arg(long)]
        uuid: Option<uuid::Uuid>,
        /// For whom an individual works, from the beginning
        #[arg(long, value_name = "ORGANISATION")]
        works_for: Vec<String>,
        #[command(flatten)]
        wanted: Box<Wanted>,
    },
    /// Change a record
    Edit {
        /// A UUID, a number such as `#3`, or a name
        record: String,
        #[command(flatten)]
        wanted: Box<Wanted>,
    },
    /// Remove records, all or none
    #[command(visible_alias = "rm")]
    Remove {
        /// UUIDs, numbers such as `#3`, or names
        #[arg(required = true)]
        records: Vec<String>,
    },
}

/// Runs a command on the records of one kind.
pub(crate) fn run<E: Known>(context: &mut Context, command: &RecordCommand) -> Outcome {
    match command {
        RecordCommand::List(filters) => list::list::<E>(context, filters),
        RecordCommand::Show { record } => show::show::<E>(context, record),
        RecordCommand::Add { name, uuid, works_for, wanted } => {
            write::add::<E>(context, name.as_deref(), *uuid, works_for, wanted)
        }
        RecordCommand::Edit { record, wanted } => write::edit::<E>(context, record, wanted),
        RecordCommand::Remove { records } => write::remove::<E>(context, records),
    }
}
