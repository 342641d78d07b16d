//! `explain`: why somebody sees a record, or why not.

use cerebrate_core::model::Organisation;
use cerebrate_store::sight::Onlooker;
use clap::Args;

use super::failure::{DONE, Outcome, WRONG};
use super::out::visible;
use super::{Context, feed, records};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Whose eyes: an organisation, by UUID, number such as `#3`, or name
    reader: String,
    /// The kind of record, such as `organisation` or `group`
    kind: String,
    /// A UUID, a number such as `#3`, or a name
    record: String,
}

/// Tells why; exits with 1 if nothing of the record is seen.
pub(crate) fn explain(context: &mut Context, args: &ExplainArgs) -> Outcome {
    let store = context.place.reading()?;
    let kind = feed::kind_of(&args.kind)?;
    let id = feed::identity(&store, kind, &args.record)?;
    let reader = records::find::<Organisation>(&store, &args.reader)?;
    let why = store.explain(Onlooker::Organisation(reader.id), kind, id)?;
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
