//! `explain`: why somebody sees a record, or why not.

use cerebrate_core::access::Actor;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::Organisation;
use cerebrate_core::problem::excerpt;
use cerebrate_store::Store;
use cerebrate_store::sight::Onlooker;
use clap::Args;

use super::failure::{DONE, Outcome, WRONG};
use super::out::visible;
use super::place::user;
use super::{Context, feed, records};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Whose eyes: a user, or an organisation if no user is called so
    #[arg(value_name = "USER|ORGANISATION")]
    reader: String,
    /// The kind of record, such as `organisation` or `group`
    kind: String,
    /// A UUID, a number such as `#3`, or a name
    record: String,
    /// The eyes of an organisation, whatever users are called
    #[arg(long)]
    organisation: bool,
}

/// Whose eyes.
enum Reader {
    User(Box<Actor>),
    Organisation(OrganisationId),
}

/// Tells why; exits with 1 if nothing of the record is seen.
pub(crate) fn explain(context: &mut Context, args: &ExplainArgs) -> Outcome {
    let store = context.place.reading()?;
    let reader = reader(&store, args)?;
    let kind = feed::kind_of(&args.kind)?;
    let id = feed::identity(&store, kind, &args.record)?;
    let onlooker = match &reader {
        Reader::User(actor) => Onlooker::User(actor),
        Reader::Organisation(id) => Onlooker::Organisation(*id),
    };
    let why = store.explain(onlooker, kind, id)?;
    let code = if why.visible { DONE } else { WRONG };
    if context.out.is_json() {
        context.out.document(&why)?;
        return Ok(code);
    }
    context.out.line(match (why.visible, why.thin) {
        (true, false) => "visible",
        (true, true) => "UUID and name are visible, and nothing else",
        (false, _) => "not visible",
    })?;
    for sentence in &why.because {
        context.out.line(&format!("  {}", visible(sentence)))?;
    }
    Ok(code)
}

fn reader(store: &Store, args: &ExplainArgs) -> Result<Reader> {
    let organisation = || {
        records::find::<Organisation>(store, &args.reader)
            .map(|found| Reader::Organisation(found.id))
    };
    if args.organisation {
        return organisation();
    }
    match user(store, &args.reader) {
        Ok(user) => store.actor(user).map(|actor| Reader::User(Box::new(actor))),
        Err(error) if error.kind() == Kind::NotFound => organisation().map_err(|error| {
            if error.kind() != Kind::NotFound {
                return error;
            }
            Error::new(Kind::NotFound, "explain", "no user and no organisation is called so")
                .with("wanted", excerpt(&args.reader))
                .hint("`cerebrate user list` and `cerebrate organisation list` show who there is")
        }),
        Err(error) => Err(error),
    }
}
