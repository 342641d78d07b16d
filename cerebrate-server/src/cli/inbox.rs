//! The inbox and the outbox: what waits for somebody, and what did not go out.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::inbox::{InboxView, REGISTRATION};
use cerebrate_core::model::{
    InboxMessage, MessageData, Organisation, OutboxMessage, Role, Severity,
};
use cerebrate_core::query::{Column, Filter, Position, TextTest};
use cerebrate_store::Store;
use cerebrate_store::store::{Find, Records, Transaction};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::failure::{DONE, Outcome};
use super::out::visible;
use super::records::{self, Field, Known, Names, listed};
use super::{Context, place, user};

/// What can be done with messages that came in.
#[derive(Debug, Subcommand)]
pub(crate) enum InboxCommand {
    /// List messages, newest first
    ///
    /// With `--as USER` and nothing else asked for, those for that user and for nobody in
    /// particular.
    #[command(visible_alias = "ls")]
    List(InboxFilters),
    /// Show one message
    Show {
        /// A UUID, a number such as `#3`, or a title
        message: String,
    },
    /// Print what acting on a message could look like, as JSON for `process --request`
    Suggest {
        /// A UUID, a number such as `#3`, or a title
        message: String,
    },
    /// Act on a message: approve a registration, acknowledge a notification
    ///
    /// A message that was acted on is gone.
    Process(ProcessArgs),
    /// Drop messages without acting on them
    Discard {
        /// UUIDs, numbers such as `#3`, or titles
        #[arg(required = true)]
        messages: Vec<String>,
    },
    /// Ask to become a user; the password is asked for on a terminal, else the first line of stdin
    Register(RegisterArgs),
}

/// What can be done with messages that did not go out.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List messages, newest first
    #[command(visible_alias = "ls")]
    List(Filters),
    /// Show one message
    Show {
        /// A UUID, a number such as `#3`, or a title
        message: String,
    },
    /// Give messages up
    Discard {
        /// UUIDs, numbers such as `#3`, or titles
        #[arg(required = true)]
        messages: Vec<String>,
    },
}

/// Which messages of the inbox.
#[derive(Debug, Args)]
pub(crate) struct InboxFilters {
    /// `My Notifications`, `User Registration`, `Inter-connection Requests`, `Data changed`, or a
    /// severity such as `severity:warning`
    #[arg(long, value_name = "NAME")]
    view: Option<InboxView>,
    /// All of them, whomever they are for
    #[arg(long, conflicts_with = "view")]
    all: bool,
    /// Only from this address, peer or kind of record
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    #[command(flatten)]
    filters: Filters,
}

/// Which messages.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Only of this scope, such as `User`
    #[arg(long, value_name = "TEXT")]
    scope: Option<String>,
    /// Only of this action, such as `Registration`
    #[arg(long, value_name = "TEXT")]
    action: Option<String>,
    /// Only of this severity: `primary`, `info`, `warning` or `danger`
    #[arg(long, value_name = "NAME")]
    severity: Option<Severity>,
    /// Only from or for this user
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only with this in title or text
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = super::at_least_one)]
    limit: Option<usize>,
    /// Go on behind the place that an earlier list ended at
    #[arg(long, value_name = "PLACE")]
    after: Option<Position>,
}

/// What to do with a message.
#[derive(Debug, Args)]
pub(crate) struct ProcessArgs {
    /// A UUID, a number such as `#3`, or a title
    message: String,
    /// Everything that is to be said, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = request)]
    request: Option<Value>,
    /// Of a registration, the person: `new`, or an individual [default: new]
    #[arg(long, value_name = "INDIVIDUAL")]
    individual: Option<String>,
    /// Of a registration, the username, in place of the one asked for
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Of a registration, the organisation on whose behalf the user acts
    #[arg(long, value_name = "ORGANISATION")]
    organisation: Option<String>,
    /// Of a registration, the role [default: the default role]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Of a registration, keep the user out for now
    #[arg(long)]
    disabled: bool,
    /// Of a new person, the e-mail address, in place of the one given
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Of a new person, the position
    #[arg(long, value_name = "TEXT")]
    position: Option<String>,
}

/// Who wants to come in.
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// E-mail address
    email: String,
    /// The name to log in with
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// First name
    #[arg(long, value_name = "TEXT")]
    first_name: Option<String>,
    /// Last name
    #[arg(long, value_name = "TEXT")]
    last_name: Option<String>,
    /// The organisation, by name
    #[arg(long, value_name = "TEXT")]
    org_name: Option<String>,
    /// The organisation, by UUID
    #[arg(long, value_name = "UUID")]
    org_uuid: Option<String>,
    /// Where it comes from: five from one place are taken within five minutes
    #[arg(long, value_name = "TEXT", default_value = "local")]
    origin: String,
}

fn request(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(Value::Object(members)),
        Ok(_) => Err("a JSON object is expected".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs a command on the inbox.
pub(crate) fn run(context: &mut Context, command: &InboxCommand) -> Outcome {
    match command {
        InboxCommand::List(filters) => {
            let store = context.place.reading()?;
            let find = question(&store, store.inbox().find(), &filters.filters)?;
            listed(
                context,
                &store,
                &in_view(&store, find, filters),
                filters.filters.limit,
                filters.filters.after.clone(),
            )
        }
        InboxCommand::Show { message } => records::show::<InboxMessage>(context, message),
        InboxCommand::Suggest { message } => {
            let store = context.place.reading()?;
            let message = records::find::<InboxMessage>(&store, message)?;
            context.out.document(&store.suggest(message.id)?)?;
            Ok(DONE)
        }
        InboxCommand::Process(args) => process(context, args),
        InboxCommand::Discard { messages } => discard(context, messages, Store::discard),
        InboxCommand::Register(args) => register(context, args),
    }
}

/// Runs a command on the outbox.
pub(crate) fn run_outbox(context: &mut Context, command: &OutboxCommand) -> Outcome {
    match command {
        OutboxCommand::List(filters) => {
            let store = context.place.reading()?;
            let find = question(&store, store.outbox().find(), filters)?;
            listed(context, &store, &find, filters.limit, filters.after.clone())
        }
        OutboxCommand::Show { message } => records::show::<OutboxMessage>(context, message),
        OutboxCommand::Discard { messages } => {
            discard(context, messages, |store, message| store.outbox().remove(message))
        }
    }
}

fn question<'s, E: Known>(
    store: &Store,
    mut find: Find<'s, E>,
    filters: &Filters,
) -> Result<Find<'s, E>> {
    let is = |column, text: &String| Filter::Text(column, TextTest::Equals(text.clone()));
    let asked = [
        filters.scope.as_ref().map(|text| is(Column::Scope, text)),
        filters.action.as_ref().map(|text| is(Column::Action, text)),
        filters.severity.map(Filter::Severity),
        filters.user.as_ref().map(|text| place::user(store, text)).transpose()?.map(Filter::User),
        filters.text.clone().map(Filter::Told),
    ];
    for filter in asked.into_iter().flatten() {
        find = find.filter(filter);
    }
    Ok(find.descending())
}

/// The view that is asked for; the own messages of a user where nothing is.
fn in_view<'s>(
    store: &Store,
    mut find: Find<'s, InboxMessage>,
    asked: &InboxFilters,
) -> Find<'s, InboxMessage> {
    let user = store.seen_as().map(|actor| actor.user);
    if let Some(origin) = &asked.origin {
        find = find.filter(Filter::Text(Column::Origin, TextTest::Equals(origin.clone())));
    }
    let Filters { scope, action, severity, user: of, text, .. } = &asked.filters;
    let texts = [scope, action, of, text, &asked.origin];
    let is_narrowed = severity.is_some() || texts.into_iter().any(Option::is_some);
    let view = match asked.view {
        Some(view) => view,
        None if asked.all || is_narrowed => return find,
        None => InboxView::default(),
    };
    view.filters(user).into_iter().fold(find, Find::filter)
}

fn process(context: &mut Context, args: &ProcessArgs) -> Outcome {
    let store = context.place.writing()?;
    let message = records::find::<InboxMessage>(&store, &args.message)?;
    let is_registration = (message.scope.as_str(), message.action.as_str()) == REGISTRATION;
    let mut request = match &args.request {
        Some(Value::Object(members)) => members.clone(),
        _ => Map::new(),
    };
    let mut say = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            request.insert(member.to_owned(), value);
        }
    };
    let individual = match args.individual.as_deref() {
        None => None,
        Some("new") => Some(json!("new")),
        Some(text) => {
            Some(json!(records::find::<cerebrate_core::model::Individual>(&store, text)?.id))
        }
    };
    say("individual", individual);
    say("username", args.username.as_ref().map(|text| json!(text)));
    let organisation = args.organisation.as_ref();
    let organisation = organisation.map(|text| records::find::<Organisation>(&store, text));
    say("organisation", organisation.transpose()?.map(|found| json!(found.id)));
    let role = args.role.as_ref().map(|text| records::find::<Role>(&store, text));
    say("role", role.transpose()?.map(|found| json!(found.id)));
    say("disabled", args.disabled.then_some(json!(true)));
    say("email", args.email.as_ref().map(|text| json!(text)));
    say("position", args.position.as_ref().map(|text| json!(text)));
    if is_registration {
        request.entry("individual").or_insert_with(|| json!("new"));
    } else if !request.is_empty() && args.request.is_none() {
        let error = Error::new(Kind::Invalid, "process message", "the message is no registration")
            .with("scope", message.scope.as_str())
            .with("action", message.action.as_str());
        return Err(error.hint("say what it needs with `--request`").into());
    }
    let done = store.process(message.id, &Value::Object(request))?;
    if context.out.is_json() {
        context.out.document(&done)?;
        return Ok(DONE);
    }
    let name = done.data.get("username").and_then(Value::as_str);
    let name = name.map(|name| format!(": {}", visible(name))).unwrap_or_default();
    context.out.say(&format!("{}{name}", visible(&done.message)))?;
    Ok(DONE)
}

fn discard<E: Known>(
    context: &mut Context,
    messages: &[String],
    discard: impl Fn(&Store, E::Id) -> Result<E>,
) -> Outcome {
    let store = context.place.writing()?;
    let found =
        messages.iter().map(|text| records::find::<E>(&store, text)).collect::<Result<Vec<E>>>()?;
    let mut gone = Vec::with_capacity(found.len());
    for message in found {
        gone.push(discard(&store, message.id())?);
    }
    if context.out.is_json() {
        context.out.document(&json!({ "outcome": "removed", "records": gone }))?;
        return Ok(DONE);
    }
    let mut names = Names::new(&store);
    for message in &gone {
        context.out.say(&format!("discarded: {}", visible(&message.title(&mut names)?)))?;
    }
    Ok(DONE)
}

fn register(context: &mut Context, args: &RegisterArgs) -> Outcome {
    let store = context.place.writing()?;
    let mut data = MessageData::new();
    for (member, value) in [
        ("email", Some(&args.email)),
        ("username", args.username.as_ref()),
        ("first_name", args.first_name.as_ref()),
        ("last_name", args.last_name.as_ref()),
        ("org_name", args.org_name.as_ref()),
        ("org_uuid", args.org_uuid.as_ref()),
    ] {
        if let Some(value) = value {
            data.insert(member.to_owned(), Value::from(value.clone()));
        }
    }
    let password = user::password(&args.email)?;
    data.insert("password".to_owned(), Value::from(password.expose()));
    let (scope, action) = REGISTRATION;
    let message = store.submit(scope, action, &args.origin, data)?;
    if context.out.is_json() {
        context.out.document(&json!({ "outcome": "inserted", "record": message }))?;
        return Ok(DONE);
    }
    context.out.say("registered: an admin has to approve it")?;
    context.out.line(&message.id.to_string())?;
    Ok(DONE)
}

impl Known for InboxMessage {
    const FIELDS: &'static [Field] = &[];
    const HEADINGS: &'static [&'static str] =
        &["Title", "Severity", "Scope", "Action", "Origin", "User", "Came"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.inbox()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.inbox()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.title.clone())
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.title.clone(),
            self.severity.to_string(),
            self.scope.clone(),
            self.action.clone(),
            self.origin.clone(),
            self.user.map(|id| names.user(id)).transpose()?.unwrap_or_default(),
            self.created.map(|time| time.to_string()).unwrap_or_default(),
        ])
    }
}

impl Known for OutboxMessage {
    const FIELDS: &'static [Field] = &[];
    const HEADINGS: &'static [&'static str] =
        &["Title", "Severity", "Scope", "Action", "User", "Failed"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.outbox()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.outbox()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.title.clone())
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.title.clone(),
            self.severity.to_string(),
            self.scope.clone(),
            self.action.clone(),
            self.user.map(|id| names.user(id)).transpose()?.unwrap_or_default(),
            self.created.map(|time| time.to_string()).unwrap_or_default(),
        ])
    }
}
