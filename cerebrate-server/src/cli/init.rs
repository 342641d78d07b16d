//! `init`: a database with what everybody needs.

use cerebrate_core::words::counted;
use cerebrate_store::sample::{self, SampleReport};
use cerebrate_store::templates::LoadReport;
use clap::Args;
use serde::Serialize;

use super::Context;
use super::failure::{DONE, Outcome};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Load ten real teams and a sharing group too, for a first look
    #[arg(long)]
    sample: bool,
}

#[derive(Serialize)]
struct Report {
    file: String,
    created: bool,
    templates: LoadReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<SampleReport>,
}

pub(crate) fn init(context: &mut Context, args: &InitArgs) -> Outcome {
    let created = !context.place.exists();
    let store = context.place.creating()?;
    let templates = store.load_shipped_templates()?;
    let sample = if args.sample { Some(sample::load(&store)?) } else { None };
    let file = context.place.path.display().to_string();
    if context.out.is_json() {
        context.out.document(&Report { file, created, templates, sample })?;
        return Ok(DONE);
    }
    let nothing = templates.loaded.is_empty()
        && sample.as_ref().is_none_or(|sample| sample.change_set.is_none());
    context.out.say(&match (created, nothing) {
        (true, _) => format!("`{file}` created"),
        (false, true) => format!("`{file}` is there and has everything; nothing changed"),
        (false, false) => format!("`{file}` was there; what was missing is added"),
    })?;
    if !templates.loaded.is_empty() {
        let templates = counted(templates.loaded.len() as u64, "meta-template version");
        context.out.say(&format!("{templates} loaded"))?;
    }
    if !templates.differing.is_empty() {
        let differing = counted(templates.differing.len() as u64, "meta-template version");
        context.out.warn(&format!("{differing} stored with other content, left alone"))?;
    }
    if let Some(sample) = sample.filter(|sample| sample.change_set.is_some()) {
        let organisations = counted(sample.organisations, "organisation");
        let groups = counted(sample.sharing_groups, "sharing group");
        context.out.say(&format!("{organisations} and {groups} loaded"))?;
    }
    if created && args.sample {
        context.out.say("try `cerebrate who 185.194.93.14 AS197869 www.circl.lu AL`")?;
    }
    Ok(DONE)
}
