//! `init`: a database with what everybody needs.

use cerebrate_core::Kind;
use cerebrate_core::model::Role;
use cerebrate_core::node_key::NodeKeyId;
use cerebrate_core::words::counted;
use cerebrate_store::Store;
use cerebrate_store::sample::{self, SampleReport};
use cerebrate_store::templates::LoadReport;
use clap::Args;
use serde::Serialize;

use super::Context;
use super::failure::{DONE, Outcome, Stop};
use super::key_file;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyReport>,
    templates: LoadReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<SampleReport>,
}

#[derive(Serialize)]
struct KeyReport {
    file: String,
    id: NodeKeyId,
    created: bool,
}

pub(crate) fn init(context: &mut Context, args: &InitArgs) -> Outcome {
    let created = !context.place.exists();
    let (store, key) = with_key(context)?;
    let templates = store.load_shipped_templates()?;
    let role = store.ensure_role()?;
    let sample = if args.sample { Some(sample::load(&store)?) } else { None };
    let file = context.place.path.display().to_string();
    if context.out.is_json() {
        context.out.document(&Report { file, created, key, templates, role, sample })?;
        return Ok(DONE);
    }
    let nothing = templates.loaded.is_empty()
        && role.is_none()
        && key.as_ref().is_none_or(|key| !key.created)
        && sample.as_ref().is_none_or(|sample| sample.change_set.is_none());
    context.out.say(&match (created, nothing) {
        (true, _) => format!("`{file}` created"),
        (false, true) => format!("`{file}` is there and has everything; nothing changed"),
        (false, false) => format!("`{file}` was there; what was missing is added"),
    })?;
    if let Some(key) = key.filter(|key| key.created) {
        let file = key.file;
        context
            .out
            .say(&format!("node key made in `{file}`; keep a copy apart from the backups"))?;
    }
    if !templates.loaded.is_empty() {
        let templates = counted(templates.loaded.len() as u64, "meta-template version");
        context.out.say(&format!("{templates} loaded"))?;
    }
    if let Some(role) = role {
        context.out.say(&format!("role `{}` made, which grants everything", role.name))?;
        context.out.say(
            "hint: `cerebrate individual add EMAIL`, then `cerebrate user add NAME --set \
             individual=EMAIL`, make a first user",
        )?;
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

/// Opens or creates the database, with a node key that is made where there never was one.
fn with_key(context: &mut Context) -> Result<(Store, Option<KeyReport>), Stop> {
    let path = context.place.key_path();
    let file = path.display().to_string();
    let store = context.place.creating()?;
    if let Ok(key) = store.node_key() {
        let id = key.id();
        if key_file::is_exposed(&path) {
            context.out.warn(&format!("others can read the node key: `chmod 600 {file}`"))?;
        }
        return Ok((store, Some(KeyReport { file, id, created: false })));
    }
    if let Some(id) = store.node_key_id()? {
        // A new one would open nothing that the old one sealed.
        context.out.warn(&format!(
            "the node key `{id}` of this database cannot be read from `{file}`: put it there, or point \
             `CEREBRATE_KEY_FILE` to it"
        ))?;
        return Ok((store, None));
    }
    drop(store);
    let created = match key_file::create(&path) {
        // Another process was first.
        Err(error) if error.kind() == Kind::Conflict && path.exists() => false,
        made => made.map(|_| true)?,
    };
    let store = context.place.creating()?;
    let id = store.node_key()?.id();
    Ok((store, Some(KeyReport { file, id, created })))
}
