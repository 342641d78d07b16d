use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};

use cerebrate_core::error::Result;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    EntityKind, Individual, MetaField, Organisation, Record, Scope, SharingGroup, TagName,
    TemplateKey,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::query::Query;
use cerebrate_core::value::Timestamp;

use super::alignments::{Employment, employments};
use super::{each, pages, unwritten};
use crate::backend::Read;
use crate::import::cell::{FLAGGED, cell_of_one, neutralised, push_value};

const ORGANISATION: [&str; 10] = [
    "uuid",
    "name",
    "url",
    "nationality",
    "sector",
    "kind",
    "contacts",
    "tags",
    "created",
    "modified",
];

const INDIVIDUAL: [&str; 10] = [
    "uuid",
    "email",
    "first_name",
    "last_name",
    "position",
    "organisations",
    "role",
    "tags",
    "created",
    "modified",
];

const SHARING_GROUP: [&str; 11] = [
    "uuid",
    "name",
    "releasability",
    "description",
    "owner",
    "active",
    "local",
    "members",
    "members_that_extend",
    "created",
    "modified",
];

/// Writes all records of a kind; answers how many there are.
pub(super) fn write(
    read: &dyn Read,
    kind: EntityKind,
    library: &Library,
    target: impl Write,
) -> Result<u64> {
    let fixed: &[&str] = match kind {
        EntityKind::Organisation => &ORGANISATION,
        EntityKind::Individual => &INDIVIDUAL,
        _ => &SHARING_GROUP,
    };
    let columns = match kind {
        EntityKind::Organisation | EntityKind::Individual => Columns::of(read, kind, library)?,
        _ => Columns::default(),
    };
    let mut table = Table::new(target);
    for header in fixed {
        table.cell(header)?;
    }
    for (place, column) in &columns.fields {
        for _ in 0..column.width {
            table.cell(&place.header)?;
        }
    }
    if columns.flagged {
        table.cell(FLAGGED)?;
    }
    table.end_row()?;
    let mut written = 0;
    each(read, kind, &mut |record| {
        match &record {
            Record::Organisation(organisation) => {
                row_of_organisation(&mut table, organisation)?;
                columns.cells(&mut table, &record)?;
            }
            Record::Individual(individual) => {
                let employments = employments(read, individual.id)?;
                row_of_individual(&mut table, individual, &employments)?;
                columns.cells(&mut table, &record)?;
            }
            Record::SharingGroup(group) => row_of_group(&mut table, group)?,
            _ => return Ok(()),
        }
        written += 1;
        table.end_row()
    })?;
    table.target.flush().map_err(unwritten)?;
    Ok(written)
}

/// The columns behind the fixed ones.
#[derive(Debug, Default)]
struct Columns {
    /// The fields of templates, by header.
    fields: BTreeMap<Place, Column>,
    /// Whether any record holds something that is not valid.
    flagged: bool,
}

/// A field of a template at a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    header: String,
    template: TemplateKey,
    field: String,
}

#[derive(Debug)]
struct Column {
    /// How many columns it takes: several for a field that takes one value, where a record has
    /// more of them.
    width: usize,
    many: bool,
}

impl Columns {
    fn of(read: &dyn Read, kind: EntityKind, library: &Library) -> Result<Self> {
        let mut widths: BTreeMap<(TemplateKey, String), usize> = BTreeMap::new();
        let mut flagged = false;
        pages(read, Query::new(kind), &mut |record| {
            let values = meta_fields(record);
            let mut counts: BTreeMap<(TemplateKey, &str), usize> = BTreeMap::new();
            for value in values {
                *counts.entry((value.template, &value.field)).or_default() += 1;
            }
            for ((template, field), count) in counts {
                match widths.get_mut(&(template, field.to_owned())) {
                    Some(width) => *width = count.max(*width),
                    None => {
                        widths.insert((template, field.to_owned()), count);
                    }
                }
            }
            flagged |= invalid_text(record).is_some() || values.iter().any(is_invalid);
        })?;
        let scope =
            if kind == EntityKind::Individual { Scope::Individual } else { Scope::Organisation };
        let fields = widths.into_iter().map(|((template, field), count)| {
            let known = library
                .get(template)
                .filter(|known| known.template().scope == scope)
                .and_then(|known| known.field(&field));
            let many = known.is_none_or(|field| field.definition().multiple);
            // What the template does not have is found by its identity alone.
            let template_name = match known {
                Some(_) => name(library, template),
                None => template.to_string(),
            };
            let header = format!("{template_name}:{}", cell_of_one(&field));
            let width = if many { 1 } else { count };
            (Place { header, template, field }, Column { width, many })
        });
        Ok(Columns { fields: fields.collect(), flagged })
    }

    fn cells<W: Write>(&self, table: &mut Table<W>, record: &Record) -> Result<()> {
        let values = meta_fields(record);
        for (place, column) in &self.fields {
            let mut values = values.iter().filter(|value| place.holds(value));
            if column.many {
                let mut cell = String::new();
                values.for_each(|value| push_value(&mut cell, &value.value));
                table.cell(&cell)?;
            } else {
                for _ in 0..column.width {
                    match values.next() {
                        Some(value) => table.cell(&cell_of_one(&value.value))?,
                        None => table.cell("")?,
                    }
                }
            }
        }
        if self.flagged {
            table.cell(&self.flagged(record))?;
        }
        Ok(())
    }

    /// The headers under which the record holds what is not valid.
    fn flagged(&self, record: &Record) -> String {
        let values = meta_fields(record);
        let invalid =
            |place: &&Place| values.iter().any(|value| place.holds(value) && is_invalid(value));
        let headers = self.fields.keys().filter(invalid).map(|place| place.header.as_str());
        list(invalid_text(record).into_iter().chain(headers))
    }
}

impl Place {
    fn holds(&self, value: &MetaField) -> bool {
        value.template == self.template && value.field == self.field
    }
}

/// The text of a record that is not valid, if any: an import takes it only because the file says so.
fn invalid_text(record: &Record) -> Option<&'static str> {
    match record {
        Record::Individual(individual) => {
            individual.flags.contains(&ProblemKind::NotEmail).then_some("email")
        }
        _ => None,
    }
}

fn is_invalid(value: &MetaField) -> bool {
    let held = |flag: ProblemKind| flag == ProblemKind::UnknownTemplate;
    value.flags.iter().any(|flag| !flag.is_notice() && !held(*flag))
}

/// The shortest name under which an import finds the template at this version.
fn name(library: &Library, template: TemplateKey) -> String {
    let finds = |text: &str| library.find(text).is_ok_and(|found| found.key() == template);
    if let Some(known) = library.get(template) {
        let slug = known.template().slug();
        let at_version = format!("{slug}@{}", template.version);
        if let Some(name) = [slug, at_version].into_iter().find(|name| finds(name)) {
            return name;
        }
    }
    template.to_string()
}

fn row_of_organisation<W: Write>(table: &mut Table<W>, organisation: &Organisation) -> Result<()> {
    table.cell(&organisation.id.to_string())?;
    table.cell(&organisation.name)?;
    for text in [
        &organisation.url,
        &organisation.nationality,
        &organisation.sector,
        &organisation.kind,
        &organisation.contacts,
    ] {
        table.cell(text.as_deref().unwrap_or_default())?;
    }
    table.cell(&tags(&organisation.tags))?;
    table.times(organisation.created, organisation.modified)
}

fn row_of_individual<W: Write>(
    table: &mut Table<W>,
    individual: &Individual,
    employments: &[Employment],
) -> Result<()> {
    table.cell(&individual.id.to_string())?;
    table.cell(&individual.email)?;
    table.cell(&individual.first_name)?;
    table.cell(&individual.last_name)?;
    table.cell(individual.position.as_deref().unwrap_or_default())?;
    let (organisations, roles) = employers(employments);
    table.cell(&organisations)?;
    table.cell(&roles)?;
    table.cell(&tags(&individual.tags))?;
    table.times(individual.created, individual.modified)
}

fn row_of_group<W: Write>(table: &mut Table<W>, group: &SharingGroup) -> Result<()> {
    let flag = |flag: bool| if flag { "1" } else { "0" };
    let members = |extend: bool| {
        let mut cell = String::new();
        for member in group.members.iter().filter(|member| !extend || member.extend) {
            push_value(&mut cell, &member.organisation.to_string());
        }
        cell
    };
    table.cell(&group.id.to_string())?;
    table.cell(&group.name)?;
    table.cell(&group.releasability)?;
    table.cell(group.description.as_deref().unwrap_or_default())?;
    table.cell(&group.owner.to_string())?;
    table.cell(flag(group.active))?;
    table.cell(flag(group.local))?;
    table.cell(&members(false))?;
    table.cell(&members(true))?;
    table.times(group.created, group.modified)
}

/// For whom somebody works, and as what: one role if it is the same everywhere, else one for each
/// organisation.
fn employers(employments: &[Employment]) -> (String, String) {
    let (mut organisations, mut roles) = (String::new(), String::new());
    let different: BTreeSet<&str> =
        employments.iter().map(|employment| employment.role.as_str()).collect();
    for employment in employments {
        push_value(&mut organisations, &employment.organisation.to_string());
        if different.len() > 1 || roles.is_empty() {
            push_value(&mut roles, &employment.role);
        }
    }
    (organisations, roles)
}

fn tags(names: &[TagName]) -> String {
    list(names.iter().map(TagName::as_str))
}

fn list<'t>(values: impl IntoIterator<Item = &'t str>) -> String {
    let mut cell = String::new();
    values.into_iter().for_each(|value| push_value(&mut cell, value));
    cell
}

fn meta_fields(record: &Record) -> &[MetaField] {
    match record {
        Record::Organisation(organisation) => &organisation.meta_fields,
        Record::Individual(individual) => &individual.meta_fields,
        _ => &[],
    }
}

/// Rows of comma-separated cells.
struct Table<W: Write> {
    target: BufWriter<W>,
    /// Whether the row has a cell already.
    any: bool,
}

impl<W: Write> Table<W> {
    fn new(target: W) -> Self {
        Table { target: BufWriter::with_capacity(64 << 10, target), any: false }
    }

    fn cell(&mut self, text: &str) -> Result<()> {
        if self.any {
            self.put(b",")?;
        }
        self.any = true;
        let text = neutralised(text);
        // Blanks around a cell without quotes are none of its own.
        let plain = text.trim() == text && !text.contains(['"', ',', ';', '\t', '|', '\n', '\r']);
        if plain {
            return self.put(text.as_bytes());
        }
        self.put(b"\"")?;
        for (index, part) in text.split('"').enumerate() {
            if index > 0 {
                self.put(b"\"\"")?;
            }
            self.put(part.as_bytes())?;
        }
        self.put(b"\"")
    }

    fn times(&mut self, created: Option<Timestamp>, modified: Option<Timestamp>) -> Result<()> {
        for time in [created, modified] {
            self.cell(&time.map(|time| time.to_string()).unwrap_or_default())?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        self.any = false;
        self.put(b"\n")
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.target.write_all(bytes).map_err(unwritten)
    }
}
