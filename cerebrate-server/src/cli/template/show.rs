//! Templates for people, as files and as JSON Schema.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use cerebrate_core::clock::IdSource;
use cerebrate_core::meta::{Library, file, new_template, schema};
use cerebrate_core::model::{MetaTemplate, Scope, TemplateField};
use cerebrate_core::problem::Problem;
use cerebrate_store::system::RandomIds;
use cerebrate_store::templates::ListedTemplate;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::{opened, usable};
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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that a script asks for")]
#[derive(Serialize)]
struct Row {
    uuid: String,
    version: u32,
    slug: String,
    name: String,
    namespace: String,
    scope: Scope,
    fields: usize,
    enabled: bool,
    is_default: bool,
    /// Whether it is in the database.
    stored: bool,
    /// How many values it has there.
    values: u64,
    /// Whether a newer version is known, from a file or stored: for the values left under this
    /// one, or to be stored at all.
    update_available: bool,
}

pub(crate) fn list(context: &mut Context) -> Outcome {
    let store = opened(context)?;
    let mut rows: Vec<Row> = match &store {
        Some(store) => {
            let all = store.templates().list()?;
            all.iter().map(|one| listed(one, &all)).collect()
        }
        None => Library::shipped().iter().map(|template| row(template.template())).collect(),
    };
    rows.sort_by(|a, b| (&a.slug, a.version).cmp(&(&b.slug, b.version)));
    if context.out.is_json() {
        context.out.document(&rows)?;
        return Ok(DONE);
    }
    let headings =
        vec!["Template", "Version", "Name", "Scope", "Fields", "Enabled", "Values", "UUID"];
    let mut table = Table::new(headings);
    let updates = rows.iter().any(|row| row.update_available);
    for row in rows {
        let enabled = match (row.stored || store.is_none(), row.enabled) {
            (false, _) => "not loaded",
            (true, true) if row.is_default => "yes, default",
            (true, true) => "yes",
            (true, false) if row.is_default => "no, default",
            (true, false) => "no",
        };
        let version = if row.update_available { " (update)" } else { "" };
        let cells = vec![
            row.slug,
            format!("{}{version}", row.version),
            row.name,
            row.scope.to_string(),
            row.fields.to_string(),
            enabled.to_owned(),
            row.values.to_string(),
            row.uuid,
        ];
        table.row(&mut context.out, cells)?;
    }
    table.end(&mut context.out)?;
    if store.is_none() {
        context
            .out
            .say("these come with cerebrate; `cerebrate init` loads them into a database")?;
    }
    if updates {
        context.out.say("`cerebrate template update --all` brings the newest versions")?;
    }
    Ok(DONE)
}

fn listed(listed: &ListedTemplate, all: &[ListedTemplate]) -> Row {
    let key = listed.template.key;
    let versions = all.iter().filter(|other| other.template.key.id == key.id);
    let newest_stored =
        versions.filter(|other| other.is_stored).map(|other| other.template.key.version).max();
    let is_newest_stored = newest_stored == Some(key.version);
    let is_newer_to_store = listed.file_version > newest_stored;
    Row {
        stored: listed.is_stored,
        values: listed.values,
        update_available: listed.is_stored
            && (is_newer_to_store || (!is_newest_stored && listed.values > 0)),
        ..row(&listed.template)
    }
}

fn row(template: &MetaTemplate) -> Row {
    Row {
        uuid: template.key.id.to_string(),
        version: template.key.version,
        slug: template.slug(),
        name: template.name.clone(),
        namespace: template.namespace.clone(),
        scope: template.scope,
        fields: template.fields.len(),
        enabled: template.enabled,
        is_default: template.is_default,
        stored: false,
        values: 0,
        update_available: false,
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
    let default = if definition.is_default { ", the default" } else { "" };
    context.out.line(&format!("  for each {}, {enabled}{default}", definition.scope))?;
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
    if !problems.iter().all(Problem::is_notice) {
        let error = cerebrate_core::Error::new(
            cerebrate_core::Kind::Invalid,
            "write template",
            "not the name of a template",
        );
        return Err(Stop::Refused(error, problems));
    }
    for notice in &problems {
        context.out.say(&format!("notice: {notice}"))?;
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
