//! What users chose, and what the community wants of its users.

use cerebrate_core::Result;
use cerebrate_core::id::UserSettingId;
use cerebrate_core::model::{User, UserSetting};
use cerebrate_core::query::Filter;
use cerebrate_store::store;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Context;
use super::audit::log::offer_undo;
use super::failure::{DONE, Outcome};
use super::out::visible;
use super::records::{self, Listing};

/// What can be done with the settings of users.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingCommand {
    /// List settings
    #[command(visible_alias = "ls")]
    List {
        /// Only of this user: a UUID, a number such as `#3`, or a username
        user: Option<String>,
    },
    /// Set one, new or not
    ///
    /// Any name is accepted, with any text. Only `ui.bookmarks` is a JSON list of
    /// `{"label","name","url"}`, and leads to web addresses.
    Set {
        /// A UUID, a number such as `#3`, or a username
        user: String,
        /// What it is about, such as `ui.bookmarks`; at most 255 characters
        name: String,
        /// What is chosen
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Remove settings, all or none
    #[command(visible_alias = "rm")]
    Remove {
        /// A UUID, a number such as `#3`, or a username
        user: String,
        /// Which ones
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

/// What the community wants of its users.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Whether a person may have several users
    #[arg(long, value_enum, value_name = "ON|OFF", hide_possible_values = true)]
    several_per_individual: Option<Switch>,
    /// Whether a new username has to be an e-mail address
    #[arg(long, value_enum, value_name = "ON|OFF", hide_possible_values = true)]
    username_is_email: Option<Switch>,
    /// What a new username has to match, such as `/^[a-z.]+$/`; empty for anything
    #[arg(long, value_name = "PATTERN")]
    username_pattern: Option<String>,
}

impl RulesArgs {
    fn is_question(&self) -> bool {
        self.several_per_individual.is_none()
            && self.username_is_email.is_none()
            && self.username_pattern.is_none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Runs a command on settings.
pub(crate) fn run(context: &mut Context, command: &SettingCommand) -> Outcome {
    match command {
        SettingCommand::List { user } => list(context, user.as_deref()),
        SettingCommand::Set { user, name, value } => set(context, user, name, value),
        SettingCommand::Remove { user, names } => remove(context, user, names),
    }
}

fn list(context: &mut Context, user: Option<&str>) -> Outcome {
    let store = context.place.reading()?;
    let mut find = store.user_settings().find();
    if let Some(user) = user {
        find = find.filter(Filter::User(records::find::<User>(&store, user)?.id));
    }
    let mut listing = Listing::new(context, &store)?;
    for page in find.page(1_000) {
        for setting in page?.records {
            listing.push(context, &setting)?;
        }
    }
    listing.end(context)?;
    Ok(DONE)
}

fn set(context: &mut Context, user: &str, name: &str, value: &str) -> Outcome {
    let store = context.place.writing()?;
    let user = records::find::<User>(&store, user)?;
    let setting = UserSetting::new(user.id, name, value);
    let (setting, outcome) = store.transaction(|transaction| {
        let settings = transaction.user_settings();
        let Some(mut standing) = settings.get(setting.id())? else {
            return settings.insert(setting).map(|new| (new, store::Outcome::Inserted));
        };
        standing.value = setting.value;
        settings.upsert(standing)
    })?;
    let outcome = match outcome {
        store::Outcome::Inserted => "inserted",
        store::Outcome::Updated => "updated",
        store::Outcome::Unchanged => "unchanged",
    };
    records::tell(context, &store, outcome, &setting)
}

fn remove(context: &mut Context, user: &str, names: &[String]) -> Outcome {
    let store = context.place.writing()?;
    let user = records::find::<User>(&store, user)?;
    let mut ids: Vec<UserSettingId> = Vec::with_capacity(names.len());
    for name in names {
        let id = UserSetting::id_of(user.id, name);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let (removed, set) = store.transaction(|transaction| {
        let settings = transaction.user_settings();
        let removed = ids.iter().map(|id| settings.remove(*id)).collect::<Result<Vec<_>>>()?;
        Ok((removed, transaction.change_set()))
    })?;
    if context.out.is_json() {
        let removed = removed.iter().map(records::json_of).collect::<Result<Vec<Value>>>()?;
        context.out.document(&json!({ "change_set": set, "removed": removed }))?;
        return Ok(DONE);
    }
    for setting in &removed {
        let name = visible(&setting.name);
        context.out.say(&format!("removed setting {name} of {}", user.username))?;
    }
    offer_undo(context, &store, set)?;
    Ok(DONE)
}

/// Tells the rules, after setting what was asked for.
pub(crate) fn rules(context: &mut Context, args: &RulesArgs) -> Outcome {
    let rules = if args.is_question() {
        context.place.reading()?.user_rules()?
    } else {
        let store = context.place.writing()?;
        let mut rules = store.user_rules()?;
        let set = |rule: &mut bool, wanted: Option<Switch>| {
            *rule = wanted.map_or(*rule, |wanted| wanted == Switch::On);
        };
        set(&mut rules.several_per_individual, args.several_per_individual);
        set(&mut rules.username_is_email, args.username_is_email);
        if let Some(pattern) = &args.username_pattern {
            rules.username_pattern = Some(pattern.clone()).filter(|pattern| !pattern.is_empty());
        }
        store.set_user_rules(&rules)?;
        rules
    };
    if context.out.is_json() {
        context.out.document(&rules)?;
        return Ok(DONE);
    }
    let switch = |is_on: bool| if is_on { "on" } else { "off" };
    let pattern = rules.username_pattern.as_deref().map_or("any".into(), visible);
    for (rule, value) in [
        ("several users per individual", switch(rules.several_per_individual)),
        ("usernames are e-mail addresses", switch(rules.username_is_email)),
        ("pattern of usernames", pattern.as_ref()),
    ] {
        context.out.line(&format!("{rule}: {value}"))?;
    }
    Ok(DONE)
}
