use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};

use cerebrate_core::error::Result;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    EntityKind, Individual, MetaField, Organisation, Record, SharingGroup, TagName, TemplateKey,
};
use cerebrate_core::query::{FILTER_LIST, Filter, Query};
use cerebrate_core::value::Timestamp;

use super::{each, unwritten};
use crate::backend::Read;
use crate::import::cell::{cell_of_one, neutralised, push_value};

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
    let mut table = Table { target: BufWriter::with_capacity(64 << 10, target), any: false };
    for header in fixed {
        table.cell(header)?;
    }
    for (place, column) in &columns.0 {
        for _ in 0..column.width {
            table.cell(&place.header)?;
        }
    }
    table.end_row()?;
    let mut written = 0;
    each(read, kind, &mut |record| {
        match &record {
            Record::Organisation(organisation) => {
                row_of_organisation(&mut table, organisation)?;
                columns.cells(&mut table, &organisation.meta_fields)?;
            }
            Record::Individual(individual) => {
                let (employers, role) = employers(read, individual)?;
                row_of_individual(&mut table, individual, &employers, &role)?;
                columns.cells(&mut table, &individual.meta_fields)?;
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

/// The columns of template fields, by header.
#[derive(Debug, Default)]
struct Columns(BTreeMap<Place, Column>);

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
        let mut query = Query::new(kind);
        query.limit = super::PAGE;
        loop {
            let page = read.query(&query)?;
            for record in &page.records {
                let mut counts: BTreeMap<(TemplateKey, &str), usize> = BTreeMap::new();
                for value in meta_fields(record) {
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
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        let columns = widths.into_iter().map(|((template, field), count)| {
            let known = library.get(template).and_then(|template| template.field(&field));
            let many = known.is_none_or(|field| field.definition().multiple);
            let header = format!("{}:{field}", name(library, template));
            let width = if many { 1 } else { count };
            (Place { header, template, field }, Column { width, many })
        });
        Ok(Columns(columns.collect()))
    }

    fn cells<W: Write>(&self, table: &mut Table<W>, values: &[MetaField]) -> Result<()> {
        for (place, column) in &self.0 {
            let mut values = values
                .iter()
                .filter(|value| value.template == place.template && value.field == place.field)
                .map(|value| value.value.as_str());
            if column.many {
                let mut cell = String::new();
                values.for_each(|value| push_value(&mut cell, value));
                table.cell(&cell)?;
            } else {
                for _ in 0..column.width {
                    match values.next() {
                        Some(value) => table.cell(&cell_of_one(value))?,
                        None => table.cell("")?,
                    }
                }
            }
        }
        Ok(())
    }
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
    employers: &str,
    role: &str,
) -> Result<()> {
    table.cell(&individual.id.to_string())?;
    table.cell(&individual.email)?;
    table.cell(&individual.first_name)?;
    table.cell(&individual.last_name)?;
    table.cell(individual.position.as_deref().unwrap_or_default())?;
    table.cell(employers)?;
    table.cell(role)?;
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

/// For whom somebody works, by UUID.
/// The employers of an individual as a cell, and the role there if it is the same everywhere.
fn employers(read: &dyn Read, individual: &Individual) -> Result<(String, String)> {
    let mut query = Query::new(EntityKind::Alignment);
    query.filters.push(Filter::Individual(individual.id));
    query.limit = FILTER_LIST;
    let mut organisations = Vec::new();
    let mut roles = BTreeSet::new();
    for record in read.query(&query)?.records {
        if let Record::Alignment(alignment) = record {
            organisations.push(alignment.organisation);
            roles.insert(alignment.role);
        }
    }
    organisations.sort_unstable();
    organisations.dedup();
    let mut cell = String::new();
    for id in organisations {
        push_value(&mut cell, &id.to_string());
    }
    let role = roles.pop_first().filter(|_| roles.is_empty()).unwrap_or_default();
    Ok((cell, role))
}

fn tags(names: &[TagName]) -> String {
    let mut cell = String::new();
    for name in names {
        push_value(&mut cell, name.as_str());
    }
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
    fn cell(&mut self, text: &str) -> Result<()> {
        if self.any {
            self.put(b",")?;
        }
        self.any = true;
        let text = neutralised(text);
        if !text.contains(['"', ',', ';', '\t', '|', '\n', '\r']) {
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
