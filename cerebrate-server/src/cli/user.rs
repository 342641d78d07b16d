//! Users: records like others, with passwords and auth keys that are never shown again.

use std::io::{self, IsTerminal as _, Read as _};

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{AuthKey, User};
use cerebrate_core::query::Filter;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use clap::Subcommand;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Context;
use super::failure::{DONE, Outcome};
use super::records::{self, Known as _, Listing, Names, RecordCommand};
use super::setting::{self, RulesArgs, SettingCommand};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// Set the password of a user: asked for on a terminal, else the first line of stdin
    SetPassword {
        /// A UUID, a number such as `#3`, or a username
        user: String,
    },
    /// Auth keys: what programs come in with
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Settings: what users chose, such as how a list is to look
    Setting {
        #[command(subcommand)]
        command: SettingCommand,
    },
    /// What the community wants of its users: tell, or set
    Rules(RulesArgs),
}

/// What can be done with auth keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Give a user a key; it is printed once and never again
    Add {
        /// A UUID, a number such as `#3`, or a username
        user: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
        /// From when on it opens nothing
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// List keys, by their first and last characters
    #[command(visible_alias = "ls")]
    List {
        /// Only of this user
        user: Option<String>,
    },
    /// Revoke keys, at once and for good
    #[command(visible_alias = "rm")]
    Remove {
        /// UUIDs, or numbers such as `#3`
        #[arg(required = true)]
        keys: Vec<String>,
    },
}

/// Runs a command on users.
pub(crate) fn run(context: &mut Context, command: &UserCommand) -> Outcome {
    match command {
        UserCommand::Records(command) => records::run::<User>(context, command),
        UserCommand::SetPassword { user } => set_password(context, user),
        UserCommand::Key { command } => match command {
            KeyCommand::Add { user, comment, expires } => {
                add_key(context, user, comment.as_deref(), *expires)
            }
            KeyCommand::List { user } => list_keys(context, user.as_deref()),
            KeyCommand::Remove { keys } => remove_keys(context, keys),
        },
        UserCommand::Setting { command } => setting::run(context, command),
        UserCommand::Rules(args) => setting::rules(context, args),
    }
}

fn set_password(context: &mut Context, user: &str) -> Outcome {
    let store = context.place.writing()?;
    let user = records::find::<User>(&store, user)?;
    let password = password(user.username.as_str())?;
    let user = store.set_password(user.id, &password)?;
    if context.out.is_json() {
        context.out.document(&json!({ "outcome": "updated", "record": user }))?;
        return Ok(DONE);
    }
    context.out.say(&format!("password of {} set", user.username))?;
    Ok(DONE)
}

const READ: &str = "read password";

/// The most bytes that are read for a password.
const LARGEST: u64 = 64 * 1024;

/// The password that somebody types twice, or that a script writes to stdin.
pub(super) fn password(username: &str) -> Result<SecretText> {
    let failed = |source: io::Error| {
        Error::new(Kind::Invalid, READ, "the password cannot be read").caused_by(source)
    };
    if io::stdin().is_terminal() {
        let ask = |prompt: String| {
            rpassword::prompt_password(prompt).map(SecretText::from).map_err(failed)
        };
        let password = ask(format!("Password of {username}: "))?;
        if ask("The same again: ".to_owned())? != password {
            return Err(Error::new(Kind::Invalid, READ, "the two passwords differ"));
        }
        return Ok(password);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1_024));
    io::stdin().lock().take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new(Kind::Invalid, READ, "the password is not UTF-8 text"))?;
    let line = text.split('\n').next().unwrap_or_default();
    Ok(SecretText::from(line.strip_suffix('\r').unwrap_or(line)))
}

fn add_key(
    context: &mut Context,
    user: &str,
    comment: Option<&str>,
    expires: Option<Timestamp>,
) -> Outcome {
    let store = context.place.writing()?;
    let user = records::find::<User>(&store, user)?;
    let (record, key) = store.issue_auth_key(user.id, comment, expires)?;
    if context.out.is_json() {
        // The one place where the key is told.
        context.out.document(&json!({ "record": record, "key": key.expose() }))?;
    } else {
        context.out.line(key.expose())?;
    }
    let name = &user.username;
    context.out.say(&format!("auth key of {name} issued; keep it now, it is not shown again"))?;
    Ok(DONE)
}

fn list_keys(context: &mut Context, user: Option<&str>) -> Outcome {
    let store = context.place.reading()?;
    let mut find = store.auth_keys().find();
    if let Some(user) = user {
        find = find.filter(Filter::User(records::find::<User>(&store, user)?.id));
    }
    let mut listing = Listing::new(context, &store)?;
    for page in find.page(1_000) {
        for key in page?.records {
            listing.push(context, &key)?;
        }
    }
    listing.end(context)?;
    Ok(DONE)
}

fn remove_keys(context: &mut Context, keys: &[String]) -> Outcome {
    let store = context.place.writing()?;
    let mut found: Vec<AuthKey> = Vec::with_capacity(keys.len());
    for text in keys {
        let key = records::find::<AuthKey>(&store, text)?;
        if !found.contains(&key) {
            found.push(key);
        }
    }
    let set = store.transaction(|transaction| {
        for key in &found {
            transaction.auth_keys().remove(key.id)?;
        }
        Ok(transaction.change_set())
    })?;
    if context.out.is_json() {
        let removed = found.iter().map(records::json_of).collect::<Result<Vec<Value>>>()?;
        context.out.document(&json!({ "change_set": set, "removed": removed }))?;
        return Ok(DONE);
    }
    let mut names = Names::new(&store);
    for key in &found {
        let title = key.title(&mut names)?;
        context.out.say(&format!("revoked auth key {title} ({})", key.id))?;
    }
    Ok(DONE)
}
