//! Enumerations: records like others, and what they offer.

use cerebrate_core::model::{EntityKind, EnumerationCollection};
use clap::Subcommand;

use super::Context;
use super::failure::{DONE, Outcome};
use super::out::visible;
use super::records::{self, RecordCommand};

/// What can be done with enumerations.
#[derive(Debug, Subcommand)]
pub(crate) enum EnumerationCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// Print what the enabled enumerations offer for a field
    Choices {
        /// The field, such as `nationality`, `sector` or `kind`
        field: String,
        /// The kind of record that has it
        #[arg(long, value_name = "KIND", default_value = "organisation", value_parser = kind)]
        of: EntityKind,
    },
}

/// Runs a command on enumerations.
pub(crate) fn run(context: &mut Context, command: &EnumerationCommand) -> Outcome {
    match command {
        EnumerationCommand::Records(command) => {
            records::run::<EnumerationCollection>(context, command)
        }
        EnumerationCommand::Choices { field, of } => choices(context, *of, field),
    }
}

fn choices(context: &mut Context, kind: EntityKind, field: &str) -> Outcome {
    let choices = context.place.reading()?.choices(kind, field)?;
    if context.out.is_json() {
        context.out.document(&choices)?;
        return Ok(DONE);
    }
    for choice in &choices {
        context.out.line(&visible(choice))?;
    }
    if choices.is_empty() {
        context.out.say("no enabled enumeration serves that field")?;
    }
    Ok(DONE)
}

fn kind(text: &str) -> Result<EntityKind, String> {
    EntityKind::from_name(text.trim()).ok_or_else(|| {
        let names = EntityKind::ALL.map(|kind| format!("`{kind}`"));
        format!("not a kind of record; kinds are {}", names.join(", "))
    })
}
