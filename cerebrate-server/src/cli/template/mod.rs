//! `template`: list, show, write, check, load meta-templates.

mod check;
mod life;
mod show;

use std::path::{Path, PathBuf};

use cerebrate_core::meta::{CompiledTemplate, Library, file};
use cerebrate_core::problem::Problem;
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::Store;
use clap::Subcommand;

use super::Context;
use super::failure::{Outcome, Stop};
use super::files;

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// List the templates, each version by itself
    #[command(visible_alias = "ls")]
    List,
    /// Show a template and its fields
    Show {
        /// A name, short name or UUID, with `@VERSION` for another than the newest; or a file
        template: String,
    },
    /// Write a first template file to edit
    New(show::NewArgs),
    /// Check values against a template, or a template file itself
    ///
    /// Works without a database: the templates that come with cerebrate are known. Exits with 1 if
    /// anything was not accepted.
    Check(check::CheckArgs),
    /// Print the JSON Schema of the values of a template
    Schema(show::SchemaArgs),
    /// Load template files into the database; values that waited for them are released
    Load(life::LoadArgs),
    /// Bring a template and its values to the newest version; exits with 1 while conflicts are left
    Update(life::UpdateArgs),
    /// Offer a template in forms
    Enable {
        /// A name, short name or UUID, with `@VERSION` for another than the newest
        template: String,
    },
    /// Offer a template no more; its values stay
    Disable {
        /// A name, short name or UUID, with `@VERSION` for another than the newest
        template: String,
    },
    /// Make a template the default of its scope, in place of any other
    SetDefault {
        /// A name, short name or UUID, with `@VERSION` for another than the newest
        template: String,
    },
    /// Make a template no default any more
    ClearDefault {
        /// A name, short name or UUID, with `@VERSION` for another than the newest
        template: String,
    },
    /// Take a template version without values out of the database
    #[command(visible_alias = "rm")]
    Remove {
        /// A name, short name or UUID, with `@VERSION` for another than the newest
        template: String,
    },
}

pub(crate) fn run(context: &mut Context, command: &TemplateCommand) -> Outcome {
    match command {
        TemplateCommand::List => show::list(context),
        TemplateCommand::Show { template } => show::show(context, template),
        TemplateCommand::New(args) => show::new(context, args),
        TemplateCommand::Check(args) => check::check(context, args),
        TemplateCommand::Schema(args) => show::schema(context, args),
        TemplateCommand::Load(args) => life::load(context, args),
        TemplateCommand::Update(args) => life::update(context, args),
        TemplateCommand::Enable { template } => {
            life::switch(context, template, life::Switch::Enable)
        }
        TemplateCommand::Disable { template } => {
            life::switch(context, template, life::Switch::Disable)
        }
        TemplateCommand::SetDefault { template } => {
            life::switch(context, template, life::Switch::SetDefault)
        }
        TemplateCommand::ClearDefault { template } => {
            life::switch(context, template, life::Switch::ClearDefault)
        }
        TemplateCommand::Remove { template } => life::remove(context, template),
    }
}

/// The database, if there is one. One that nobody named and that cannot be opened is left aside.
fn opened(context: &mut Context) -> Result<Option<Store>, Stop> {
    if !context.place.exists() {
        return Ok(None);
    }
    match context.place.reading() {
        Ok(store) => Ok(Some(store)),
        Err(error) if context.place.named => Err(error.into()),
        Err(error) => {
            let file = context.place.path.display().to_string();
            context.out.warn(&format!("`{file}` is left aside: {error}"))?;
            Ok(None)
        }
    }
}

/// A template, or a file that should have been one.
enum Named {
    Template(CompiledTemplate),
    File { template: Option<CompiledTemplate>, problems: Vec<Problem> },
}

/// The template that `text` names: in a file, in the database, among those that come with
/// cerebrate.
fn named(context: &mut Context, text: &str) -> Result<Named, Stop> {
    let path = Path::new(text);
    if is_path(text) {
        return Ok(from_file(path)?);
    }
    let stored = match opened(context)? {
        Some(store) => Some(store.library()?),
        None => None,
    };
    let found = match &stored {
        Some(library) => library.find(text),
        None => Library::shipped().find(text),
    };
    let error = match found {
        Ok(template) => return Ok(Named::Template(template.clone())),
        Err(error) if error.kind() == Kind::NotFound => error,
        Err(error) => return Err(error.into()),
    };
    if let (Some(_), Ok(template)) = (&stored, Library::shipped().find(text)) {
        return Ok(Named::Template(template.clone()));
    }
    if path.is_file() {
        return Ok(from_file(path)?);
    }
    Err(error.into())
}

/// Whether a text can only be meant as a file.
fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    json || path.is_absolute() || text == "-" || text.starts_with("./") || text.starts_with("../")
}

fn from_file(path: &Path) -> Result<Named> {
    let text = files::read_text(path, file::MAX_FILE as u64)?;
    let (template, mut problems) = file::parse(&text);
    let template = template.map(CompiledTemplate::compile);
    if let Some(template) = &template {
        problems.extend(template.problems());
    }
    Ok(Named::File { template, problems })
}

/// The template that `text` names; a file must be one without problems that make it useless.
fn usable(context: &mut Context, text: &str) -> Result<CompiledTemplate, Stop> {
    match named(context, text)? {
        Named::Template(template) | Named::File { template: Some(template), .. } => Ok(template),
        Named::File { template: None, problems } => Err(Stop::Refused(
            Error::new(Kind::Invalid, "read template", "the file is not a template")
                .with("file", PathBuf::from(text).display()),
            problems,
        )),
    }
}
