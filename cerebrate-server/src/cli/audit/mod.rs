//! The audit trail: what was done and by whom, taking it back, proving it, erasing from it.

mod erase;
pub(crate) mod log;
mod verify;

use cerebrate_core::id::ChangeSetId;
use clap::Subcommand;

use super::Context;
use super::failure::Outcome;

/// What to do about erased content that may still stand in the file.
const SCRUB_DUE: &str = "what was erased may still stand in the file, because another program reads \
an older state of it or space is missing: `cerebrate audit scrub` clears it";

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List the change sets, newest first
    Log(log::LogArgs),
    /// Show what a change set did
    Show {
        /// Its UUID, as `audit log` shows it
        change_set: ChangeSetId,
    },
    /// Check that nobody changed the audit trail; exits with 1 if somebody did
    ///
    /// Rows that were edited, dropped or moved are found with the file alone. A trail that was
    /// rebuilt or cut is found with the node key, or with a head that was exported and kept
    /// elsewhere; what it was checked against is said.
    Verify(verify::VerifyArgs),
    /// Export where the audit trail stands now, signed under the node key
    Head(verify::HeadArgs),
    /// Take change sets back; fields edited since are left alone and listed
    ///
    /// One of them, all that a user did since a moment, or all that came from an origin: as one new
    /// change set, newest first.
    Undo(log::UndoArgs),
    /// Forget a person: the record, what hangs on it, and what the trail told of it
    ///
    /// The trail stays verifiable and says when, by whom and which rows were erased. This cannot be
    /// undone, and does not reach copies of the database such as backups.
    Erase(erase::EraseArgs),
    /// Forget what the trail told before a time; records that stand keep standing
    ///
    /// Who did what, and when, remains; what was written does not.
    Prune(erase::PruneArgs),
    /// Clear what was erased out of the file, where that could not be done at once
    Scrub,
}

/// Runs a command on the trail.
pub(crate) fn run(context: &mut Context, command: &AuditCommand) -> Outcome {
    match command {
        AuditCommand::Log(args) => log::log(context, args),
        AuditCommand::Show { change_set } => log::show(context, *change_set),
        AuditCommand::Verify(args) => verify::verify(context, args),
        AuditCommand::Head(args) => verify::head(context, args),
        AuditCommand::Undo(args) => log::undo(context, args),
        AuditCommand::Erase(args) => erase::erase(context, args),
        AuditCommand::Prune(args) => erase::prune(context, args),
        AuditCommand::Scrub => erase::scrub(context),
    }
}
