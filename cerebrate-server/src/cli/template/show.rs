//! Templates for people, as files and as JSON Schema.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use cerebrate_core::clock::IdSource;
use cerebrate_core::meta::{CompiledTemplate, Library, file, new_template, schema};
use cerebrate_core::model::{Scope, TemplateField};
use cerebrate_store::system::RandomIds;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::{stored, usable};
use crate::cli::Context;
use crate::cli::failure::{DONE, Outcome, Stop, of_file};
use crate::cli::out::{FAINT, STRONG, Table, visible};

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The name of the template
    name: String,
    /// The group of templates it belongs to
    #[arg(long, default_value = "local")]
    namespace: String,
    /// Whose values it describes
    #[arg(long, value_enum, default_value_t = ScopeName::Organisation)]
    scope: ScopeName,
    /// Write to a new file rather than to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeName {
    Organisation,
    Individual,
    User,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct SchemaArgs {
    /// A name, short name or UUID, with `@VERSION` for another than the newest; or a file
    #[arg(group = "what")]
    template: Option<String>,
    /// The schema of template files instead
    #[arg(long, group = "what")]
    file_format: bool,
}

/// A template in a list.
#[derive(Serialize)]
struct Row<'a> {
    uuid: String,
    version: u32,
    slug: String,
    name: &'a str,
    namespace: &'a str,
    scope: Scope,
    fields: usize,
    enabled: bool,
    is_default: bool,
    stored: bool,
}

pub(crate) fn list(context: &mut Context) -> Outcome {
    let stored = stored(context)?;
    let library = stored.as_deref().unwrap_or_else(|| Library::shipped());
    let mut templates: Vec<&CompiledTemplate> = library.iter().collect();
    templates.sort_by_cached_key(|template| (template.template().slug(), template.key().version));
    let rows: Vec<Row<'_>> =
        templates.iter().map(|template| row(template, stored.is_some())).collect();
    if context.out.is_json() {
        context.out.document(&rows)?;
        return Ok(DONE);
    }
    let mut table =
        Table::new(vec!["Template", "Version", "Name", "Scope", "Fields", "Enabled", "UUID"]);
    for row in rows {
        let enabled = if row.enabled { "yes" } else { "no" };
        let cells = vec![
            row.slug,
            row.version.to_string(),
            row.name.to_owned(),
            row.scope.to_string(),
            row.fields.to_string(),
            enabled.to_owned(),
            row.uuid,
        ];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    if stored.is_none() {
        context
            .out
            .say("these come with cerebrate; `cerebrate init` loads them into a database")?;
    }
    Ok(DONE)
}

fn row(template: &CompiledTemplate, stored: bool) -> Row<'_> {
    let definition = template.template();
    Row {
        uuid: definition.key.id.to_string(),
        version: definition.key.version,
        slug: definition.slug(),
        name: &definition.name,
        namespace: &definition.namespace,
        scope: definition.scope,
        fields: definition.fields.len(),
        enabled: definition.enabled,
        is_default: definition.is_default,
        stored,
    }
}

pub(crate) fn show(context: &mut Context, name: &str) -> Outcome {
    let template = usable(context, name)?;
    let definition = template.template();
    if context.out.is_json() {
        context.out.document(definition)?;
        return Ok(DONE);
    }
    context.out.line(&format!(
        "{STRONG}{}{STRONG:#}  {FAINT}{} {}{FAINT:#}",
        visible(&template.to_string()),
        visible(&definition.slug()),
        definition.key.id
    ))?;
    if let Some(description) = &definition.description {
        context.out.line(&format!("  {}", visible(description)))?;
    }
    let enabled = if definition.enabled { "enabled" } else { "not enabled" };
    context.out.line(&format!("  for each {}, {enabled}", definition.scope))?;
    let mut table = Table::new(vec!["Field", "Type", "Values", "Rule"]);
    for field in &definition.fields {
        let values = if field.multiple { "several" } else { "one" };
        let cells =
            vec![field.name.clone(), field.kind.to_string(), values.to_owned(), rule(field)];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    for problem in template.problems() {
        context.out.warn(&problem.to_string())?;
    }
    Ok(DONE)
}

fn rule(field: &TemplateField) -> String {
    let listed = |list: &[Value]| -> String {
        let texts: Vec<String> = list
            .iter()
            .take(12)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        let more = if list.len() > texts.len() { ", …" } else { "" };
        format!("{}{more}", texts.join(", "))
    };
    match (&field.pattern, &field.values_list, &field.sane_default) {
        (Some(pattern), _, _) => format!("matches {pattern}"),
        (None, Some(list), _) => format!("one of {}", listed(list)),
        (None, None, Some(list)) => format!("such as {}", listed(list)),
        (None, None, None) => String::new(),
    }
}

pub(crate) fn new(context: &mut Context, args: &NewArgs) -> Outcome {
    let scope = match args.scope {
        ScopeName::Organisation => Scope::Organisation,
        ScopeName::Individual => Scope::Individual,
        ScopeName::User => Scope::User,
    };
    let text =
        new_template(scope, &args.name, &args.namespace, RandomIds::default().next_id().into());
    let (_, problems) = file::parse(&text);
    if !problems.is_empty() {
        let error = cerebrate_core::Error::new(
            cerebrate_core::Kind::Invalid,
            "write template",
            "not the name of a template",
        );
        return Err(Stop::Refused(error, problems));
    }
    let Some(path) = &args.output else {
        context.out.text(&text)?;
        return Ok(DONE);
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| of_file("write template", path, error))?;
    let path = path.display();
    context.out.say(&format!("edit `{path}`, then `cerebrate template check {path}`"))?;
    Ok(DONE)
}

pub(crate) fn schema(context: &mut Context, args: &SchemaArgs) -> Outcome {
    match &args.template {
        Some(name) => {
            let template = usable(context, name)?;
            context.out.document(&schema::to_json_schema(&template))?;
        }
        None => context.out.text(cerebrate_libraries::META_TEMPLATE_SCHEMA)?,
    }
    Ok(DONE)
}
