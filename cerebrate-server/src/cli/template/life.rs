//! Templates come into the database, move to newer versions, go.

use std::path::{Path, PathBuf};

use cerebrate_core::meta::upgrade::Strategy;
use cerebrate_core::meta::{CompiledTemplate, Library, file};
use cerebrate_core::model::{MetaTemplate, TemplateKey};
use cerebrate_core::problem::Problem;
use cerebrate_core::words::counted;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::templates::LoadReport;
use clap::Args;

use super::is_path;
use crate::cli::Context;
use crate::cli::failure::{DONE, Outcome, Stop, WRONG};
use crate::cli::files;
use crate::cli::out::visible;

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Template files; without any, the templates that come with cerebrate
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Enable them, whatever the files say
    #[arg(long, requires = "files")]
    enable: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// A name, short name or UUID; or a file with the new version
    #[arg(value_name = "TEMPLATE|FILE", required_unless_present = "all")]
    template: Option<String>,
    /// Update every template of which a newer version is known
    #[arg(long, conflicts_with = "template")]
    all: bool,
    /// What happens to values: `update_existing`, `keep_both`, `create_new` or `delete_all`
    #[arg(long, value_name = "STRATEGY", default_value = "update_existing", value_parser = strategy)]
    strategy: Strategy,
}

/// What is changed in a stored template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Switch {
    Enable,
    Disable,
    SetDefault,
    ClearDefault,
}

fn strategy(name: &str) -> Result<Strategy> {
    name.replace('-', "_").parse()
}

pub(crate) fn load(context: &mut Context, args: &LoadArgs) -> Outcome {
    let store = context.place.writing()?;
    let report = if args.files.is_empty() {
        store.load_shipped_templates()?
    } else {
        let mut library = Library::new();
        for path in &args.files {
            let mut template = read(context, path)?;
            template.enabled |= args.enable;
            library.insert(template);
        }
        store.templates().load_library(&library)?
    };
    tell_loaded(context, &report)
}

fn tell_loaded(context: &mut Context, report: &LoadReport) -> Outcome {
    let code = if report.differing.is_empty() { DONE } else { WRONG };
    if context.out.is_json() {
        context.out.document(report)?;
        return Ok(code);
    }
    report.differing.iter().try_for_each(|key| tell_differing(context, *key))?;
    context.out.say(&report.to_string())?;
    Ok(code)
}

fn tell_differing(context: &mut Context, key: TemplateKey) -> Result<(), Stop> {
    context.out.warn(&format!(
        "`{key}` is stored with other content and left alone; give the changed template a higher \
         version"
    ))
}

/// The template in a file without problems. Notices are told.
fn read(context: &mut Context, path: &Path) -> Result<MetaTemplate, Stop> {
    let text = files::read_text(path, file::MAX_FILE as u64)?;
    let (template, problems) = file::parse(&text);
    let refused = |problems| {
        Stop::Refused(
            Error::new(
                Kind::Invalid,
                "read template",
                "the file is not a template that can be used",
            )
            .with("file", path.display()),
            problems,
        )
    };
    match template {
        Some(template) if problems.iter().all(Problem::is_notice) => {
            // A pattern that cannot be used makes no template useless, but its values fail.
            let unusable = CompiledTemplate::compile(template.clone()).problems();
            for notice in problems.iter().chain(&unusable) {
                context.out.say(&format!("notice: {}: {notice}", path.display()))?;
                if let Some(hint) = notice.advice() {
                    context.out.say(&format!("hint: {hint}"))?;
                }
            }
            Ok(template)
        }
        _ => Err(refused(problems)),
    }
}

pub(crate) fn update(context: &mut Context, args: &UpdateArgs) -> Outcome {
    let store = context.place.writing()?;
    let templates = store.templates();
    let mut differs = false;
    let reports = match args.template.as_deref() {
        Some(text) if is_path(text) => {
            let template = read(context, Path::new(text))?;
            let key = template.key;
            match templates.update_to(template, args.strategy) {
                Ok(report) => vec![report],
                Err(error) if error.kind() == Kind::Conflict => {
                    differs = true;
                    tell_differing(context, key)?;
                    Vec::new()
                }
                Err(error) => return Err(error.into()),
            }
        }
        Some(text) => {
            let id = match templates.find(text)? {
                Some(template) => template.key().id,
                None => Library::shipped().find(text)?.key().id,
            };
            vec![templates.update(id, args.strategy)?]
        }
        None => templates.update_all(args.strategy)?,
    };
    // The other strategies say what becomes of what conflicts.
    let stays = matches!(args.strategy, Strategy::UpdateExisting | Strategy::KeepBoth);
    let is_left = stays && reports.iter().any(|report| !report.conflicts.is_empty());
    let code = if differs || is_left { WRONG } else { DONE };
    if context.out.is_json() {
        context.out.document(&reports)?;
        return Ok(code);
    }
    for report in &reports {
        context.out.line(&visible(&report.to_string()))?;
        for conflict in &report.conflicts {
            context.out.line(&format!("  {}", visible(&conflict.to_string())))?;
        }
        if !report.conflicts.is_empty() {
            let conflicts = counted(report.conflicts.len() as u64, "conflict");
            context.out.say(&format!("{conflicts}, treated as `{}` says", args.strategy))?;
        }
    }
    if is_left {
        context.out.say("hint: mend the values and update again, or say what with `--strategy`")?;
    }
    Ok(code)
}

pub(crate) fn switch(context: &mut Context, template: &str, to: Switch) -> Outcome {
    let store = context.place.writing()?;
    let key = stored(&store, template)?;
    let templates = store.templates();
    let (changed, what) = match to {
        Switch::Enable => (templates.enable(key)?, "enabled".to_owned()),
        Switch::Disable => (templates.disable(key)?, "disabled".to_owned()),
        Switch::SetDefault => {
            let changed = templates.set_default(key)?;
            let what = format!("is the default for each {}", changed.scope);
            (changed, what)
        }
        Switch::ClearDefault => (templates.clear_default(key)?, "is no default".to_owned()),
    };
    tell(context, &changed, &what)
}

pub(crate) fn remove(context: &mut Context, template: &str) -> Outcome {
    let store = context.place.writing()?;
    let key = stored(&store, template)?;
    let removed = store.templates().remove(key)?;
    tell(context, &removed, "removed")
}

fn stored(store: &cerebrate_store::Store, text: &str) -> Result<TemplateKey> {
    store.templates().require(text).map(|template| template.key())
}

fn tell(context: &mut Context, template: &MetaTemplate, what: &str) -> Outcome {
    if context.out.is_json() {
        context.out.document(template)?;
    } else {
        context.out.say(&format!("{} v{} {what}", template.name, template.key.version))?;
    }
    Ok(DONE)
}
