//! The command line: what can be typed, and who does it.

mod audit;
mod enumeration;
mod exchange;
mod explain;
mod failure;
mod feed;
mod files;
mod group;
mod inbox;
mod init;
mod key_file;
mod mailing_list;
mod node_key;
mod other;
mod out;
mod place;
mod records;
mod setting;
mod stats;
mod template;
mod user;
mod who;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cerebrate_core::Kind;
use cerebrate_core::model::{
    Alignment, Individual, Organisation, OrganisationGroup, PermissionLimitation, Role, Tag,
};
use clap::{Parser, Subcommand};

use self::failure::{Outcome, USAGE};
use self::out::Out;
use self::place::Place;
use self::records::RecordCommand;

/// The contact database of CSIRT communities.
#[derive(Debug, Parser)]
#[command(name = "cerebrate", version, about, long_about = LONG_ABOUT, after_help = AFTER_HELP)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(max_term_width = 100, infer_long_args = false)]
pub(crate) struct Cli {
    /// The database
    #[arg(long, value_name = "FILE", global = true, help = DB_HELP, help_heading = GLOBAL)]
    db: Option<PathBuf>,
    /// See and do what this user may
    #[arg(long = "as", value_name = "USER", global = true, help_heading = GLOBAL)]
    seen_as: Option<String>,
    /// Print one JSON document on stdout
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// Say nothing on stderr but errors, and what is wrong with the input
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

const GLOBAL: &str = "Everywhere";

const DB_HELP: &str = "The database [env: CEREBRATE_DB] [default: ./cerebrate.db]";

const LONG_ABOUT: &str = "The contact database of CSIRT communities: who is a team, whom does it \
serve, how is it reached, and who is responsible for an address.";

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 wrong input, no such record, or some of it was not accepted; 2 wrong command \
line; 3 a right, a resource or another program stands in the way; 130 interrupted.
The node key is read from CEREBRATE_KEY_FILE, or from the database file with `.key` behind its name.
Data goes to stdout, talk to stderr. Colours only where they are seen; NO_COLOR is obeyed.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database and its node key, load the meta-templates that come with cerebrate
    Init(init::InitArgs),
    /// Who is responsible for an address, a network, an AS number, a domain, a country
    ///
    /// Two letters are a country, a leading dot or a dot inside a domain, bare digits an AS number.
    /// A subject that cannot be read is listed as such, and makes the exit code 1.
    Who(who::WhoArgs),
    /// Read organisations or individuals from a file
    ///
    /// Rows that are broken are listed, the others go in. Exits with 1 if anything was listed,
    /// with what could be read stored all the same; `audit undo` takes an import back.
    Import(exchange::ImportArgs),
    /// Write organisations, individuals, sharing groups or all as JSON or CSV
    Export(exchange::ExportArgs),
    /// Pairs of records that may be one, likeliest first
    Duplicates(exchange::DuplicatesArgs),
    /// Organisations: teams and bodies
    Organisation {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Individuals: people
    Individual {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Alignments: who works for which organisation
    Alignment {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Sharing groups
    #[command(visible_alias = "sharing-group")]
    Group {
        #[command(subcommand)]
        command: group::GroupCommand,
    },
    /// Tags
    Tag {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Mailing lists: individuals to write to, and at which addresses
    MailingList {
        #[command(subcommand)]
        command: mailing_list::MailingListCommand,
    },
    /// Organisation groups: organisations administered together
    OrganisationGroup {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Enumerations: suggested values for a field
    Enumeration {
        #[command(subcommand)]
        command: enumeration::EnumerationCommand,
    },
    /// Encryption keys
    Key {
        #[command(subcommand)]
        command: node_key::KeyCommand,
    },
    /// Roles: what users may do
    Role {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Users: who may come in, with which password and auth keys
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Permission limitations: how many users may have a yes in a field
    Limitation {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Inbox: registrations, notifications and requests that wait for somebody
    Inbox {
        #[command(subcommand)]
        command: inbox::InboxCommand,
    },
    /// Outbox: messages that did not go out
    Outbox {
        #[command(subcommand)]
        command: inbox::OutboxCommand,
    },
    /// Meta-templates: list, show, write, check, load
    Template {
        #[command(subcommand)]
        command: template::TemplateCommand,
    },
    /// Find organisations and individuals by parts of names, addresses, contacts and values
    Search(other::SearchArgs),
    /// What changed, oldest first
    Changes(feed::ChangesArgs),
    /// What happened to one record
    History(feed::HistoryArgs),
    /// Why somebody sees a record, or why not
    ///
    /// Exits with 1 if nothing of the record is seen.
    Explain(explain::ExplainArgs),
    /// Change sets: list them, take them back; the trail: verify it, erase from it
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// What happened lately, and how records are distributed; where constituencies overlap or lack
    Stats(stats::StatsArgs),
    /// Constituency values that nobody is found by, because they cannot be read
    Unreadable(other::UnreadableArgs),
    /// Write a consistent copy of the database to a new file
    Backup(other::BackupArgs),
    /// Print a script that completes commands in a shell
    Completions(other::CompletionsArgs),
}

/// What every command works with.
pub(crate) struct Context {
    pub(crate) out: Out,
    pub(crate) place: Place,
}

/// Reads the command line, runs the command, tells the exit code.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to stdout, what is wrong to stderr; a reader that left missed nothing.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    // Where no handler can be set, the signal ends the program by itself. What was not committed
    // is rolled back by whoever opens the database next.
    let _ = signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGINT,
        i32::from(Kind::Cancelled.exit_code()),
        Arc::new(AtomicBool::new(true)),
    );
    let mut context = Context {
        out: Out::new(cli.json, cli.quiet),
        place: Place::new(cli.db.clone(), cli.seen_as.clone()),
    };
    let outcome = cli.command.run(&mut context);
    let outcome = outcome.and_then(|code| context.out.flush().map(|()| code));
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            context.out.break_off();
            stop.tell();
            ExitCode::from(stop.exit_code())
        }
    }
}

/// Reads how many at most: none is nobody's wish.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

impl Command {
    fn run(&self, context: &mut Context) -> Outcome {
        match self {
            Command::Init(args) => init::init(context, args),
            Command::Who(args) => who::who(context, args),
            Command::Import(args) => exchange::import(context, args),
            Command::Export(args) => exchange::export(context, args),
            Command::Duplicates(args) => exchange::duplicates(context, args),
            Command::Organisation { command } => records::run::<Organisation>(context, command),
            Command::Individual { command } => records::run::<Individual>(context, command),
            Command::Alignment { command } => records::run::<Alignment>(context, command),
            Command::Group { command } => group::run(context, command),
            Command::Tag { command } => records::run::<Tag>(context, command),
            Command::MailingList { command } => mailing_list::run(context, command),
            Command::OrganisationGroup { command } => {
                records::run::<OrganisationGroup>(context, command)
            }
            Command::Enumeration { command } => enumeration::run(context, command),
            Command::Key { command } => node_key::run(context, command),
            Command::Role { command } => records::run::<Role>(context, command),
            Command::User { command } => user::run(context, command),
            Command::Limitation { command } => {
                records::run::<PermissionLimitation>(context, command)
            }
            Command::Inbox { command } => inbox::run(context, command),
            Command::Outbox { command } => inbox::run_outbox(context, command),
            Command::Template { command } => template::run(context, command),
            Command::Search(args) => other::search(context, args),
            Command::Changes(args) => feed::changes(context, args),
            Command::History(args) => feed::history(context, args),
            Command::Explain(args) => explain::explain(context, args),
            Command::Audit { command } => audit::run(context, command),
            Command::Stats(args) => stats::stats(context, args),
            Command::Unreadable(args) => other::unreadable(context, args),
            Command::Backup(args) => other::backup(context, args),
            Command::Completions(args) => other::completions(context, args),
        }
    }
}
