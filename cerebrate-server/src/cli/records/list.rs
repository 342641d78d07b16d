//! Records of one kind, filtered and in order.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::EntityKind;
use std::collections::HashSet;

use cerebrate_core::query::{
    Column, FILTER_LIST, Filter, MetaFilter, OrderBy, Position, TagTest, TextTest,
};
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::store::Find;
use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::kinds::{Known, Names, Shown};
use super::{meta, reference};
use crate::cli::failure::{DONE, Outcome, Stop};
use crate::cli::out::Table;
use crate::cli::{Context, at_least_one};

/// How many records are read at once.
const STRETCH: usize = 1_000;

/// How many `--search` lists unless `--limit` says otherwise.
const FOUND: usize = 1_000;

/// Which records, in which order. All filters must hold.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Of this name; `%` is any text
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Of this e-mail address; `%` is any text
    #[arg(long, value_name = "TEXT")]
    email: Option<String>,
    /// Of this country, as code or name
    #[arg(long, value_name = "COUNTRY")]
    nationality: Option<String>,
    /// Of this sector; `%` is any text
    #[arg(long, value_name = "TEXT")]
    sector: Option<String>,
    /// Carrying this tag; `%` is any text
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Not carrying this tag
    #[arg(long, value_name = "TAG")]
    no_tag: Vec<String>,
    /// Having such a value of a template field: `%` is any text, `!` before it says not, and
    /// networks are found by an address in them
    #[arg(long, value_name = "[TEMPLATE:]FIELD=VALUE")]
    meta: Vec<String>,
    /// Belonging to this organisation
    #[arg(long, value_name = "ORGANISATION")]
    organisation: Option<String>,
    /// Belonging to this individual
    #[arg(long, value_name = "INDIVIDUAL")]
    individual: Option<String>,
    /// Changed at or after this time
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Holding this text in names, contacts or values, best first
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with_all = ["after", "order", "descending"]
    )]
    search: Option<String>,
    /// At most this many; with `--search` 1000 unless given. If there is more, stderr tells the cursor
    /// for `--after`, also beside `--json`
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    limit: Option<usize>,
    /// Go on behind the cursor of an earlier list
    #[arg(long, value_name = "CURSOR")]
    after: Option<Position>,
    /// In this order
    #[arg(long, value_enum, default_value_t = Order::Arrival)]
    order: Order,
    /// Greatest first
    #[arg(long)]
    descending: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// As they came
    Arrival,
    /// By name or e-mail address
    Name,
    /// By the time of the last change
    Modified,
}

/// Lists records.
pub(crate) fn list<E: Known>(context: &mut Context, filters: &Filters) -> Outcome {
    let store = context.place.reading()?;
    let find = question::<E>(&store, filters)?;
    if let Some(text) = &filters.search {
        return searched(context, &store, find, text, filters.limit.unwrap_or(FOUND));
    }
    listed(context, &store, &find, filters.limit, filters.after.clone())
}

/// What is found, page by page: at most `limit`, behind `after`.
pub(crate) fn listed<E: Known>(
    context: &mut Context,
    store: &Store,
    find: &Find<'_, E>,
    limit: Option<usize>,
    after: Option<Position>,
) -> Outcome {
    let mut listing = Listing::new(context, store)?;
    let mut left = limit.unwrap_or(usize::MAX);
    let mut next = after;
    loop {
        let mut stretch = find.clone();
        if let Some(after) = next {
            stretch = stretch.after(after);
        }
        let page = stretch.one_page(left.min(STRETCH))?;
        left = left.saturating_sub(page.records.len());
        for record in &page.records {
            listing.push(context, record)?;
        }
        next = page.next;
        if left == 0 || next.is_none() {
            break;
        }
    }
    listing.end(context)?;
    if let Some(next) = next {
        context.out.say(&format!("there is more: go on with `--after {next}`"))?;
    }
    Ok(DONE)
}

/// What the search found and the filters pass, best first.
fn searched<E: Known>(
    context: &mut Context,
    store: &Store,
    find: Find<'_, E>,
    text: &str,
    limit: usize,
) -> Outcome {
    if !matches!(E::KIND, EntityKind::Organisation | EntityKind::Individual) {
        return Err(Error::new(Kind::Invalid, "search", "these records cannot be searched")
            .with("kind", E::KIND.noun())
            .hint("use `--name`, with `%` for any text")
            .into());
    }
    let found = store.search::<E>(text, FILTER_LIST)?;
    let identity = |record: &E| -> Uuid { record.id().into() };
    let passing: HashSet<Uuid> =
        find.ids(found.iter().map(E::id)).all()?.iter().map(identity).collect();
    let mut listing = Listing::new(context, store)?;
    let mut passing = found.iter().filter(|record| passing.contains(&identity(record)));
    for record in passing.by_ref().take(limit) {
        listing.push(context, record)?;
    }
    let more = passing.next().is_some() || found.len() == FILTER_LIST;
    listing.end(context)?;
    if more {
        context.out.say("there is more: raise `--limit`, or search for a longer text")?;
    }
    Ok(DONE)
}

fn question<'s, E: Known>(store: &'s Store, filters: &Filters) -> Result<Find<'s, E>> {
    let mut find = E::of(store).find();
    let texts = [
        (Column::Name, &filters.name),
        (Column::Email, &filters.email),
        (Column::Sector, &filters.sector),
    ];
    for (column, text) in texts {
        if let Some(text) = text {
            find = find.filter(Filter::Text(column, text_test(text)));
        }
    }
    if let Some(country) = &filters.nationality {
        find = find.nationality(country);
    }
    if !filters.tag.is_empty() {
        find = find.filter(Filter::Tags(TagTest::All(filters.tag.clone())));
    }
    if !filters.no_tag.is_empty() {
        find = find.no_tag(filters.no_tag.iter().cloned());
    }
    for text in &filters.meta {
        find = find.filter(Filter::Meta(meta_filter::<E>(store, text)?));
    }
    if let Some(text) = &filters.organisation {
        find = find.organisation(reference::organisation(store, text)?);
    }
    if let Some(text) = &filters.individual {
        find = find.filter(Filter::Individual(reference::individual(store, text)?));
    }
    if let Some(time) = filters.since {
        find = find.modified_since(time);
    }
    find = find.order_by(match filters.order {
        Order::Arrival => OrderBy::Arrival,
        Order::Name => OrderBy::Name,
        Order::Modified => OrderBy::Modified,
    });
    Ok(if filters.descending { find.descending() } else { find })
}

fn text_test(text: &str) -> TextTest {
    let text = text.to_owned();
    if text.contains('%') { TextTest::Like(text) } else { TextTest::Equals(text) }
}

/// A filter on a field of one template, or of any that has a field of that name.
fn meta_filter<E: Known>(store: &Store, text: &str) -> Result<MetaFilter> {
    let library = store.library()?;
    if let Some((template, _)) = text.split_once(':')
        && let Some((_, version)) = template.rsplit_once('@')
        && version.parse::<u32>().is_ok()
        && library.find(template).is_ok()
    {
        return Err(Error::new(
            Kind::Invalid,
            "find",
            "a filter finds the values of every version",
        )
        .hint(format!("leave out `@{version}`")));
    }
    match meta::read(&library, E::KIND, text) {
        Ok((place, value)) => {
            let mut filter = MetaFilter::new(place.field, value);
            filter.template = Some(place.template.id);
            Ok(filter)
        }
        Err(error) if error.kind() == Kind::Conflict => {
            let (field, value) = meta::split(text, |_| false).ok_or(error)?;
            Ok(MetaFilter::new(field, value))
        }
        Err(error) => Err(error),
    }
}

/// Records on their way to the reader.
pub(crate) struct Listing<'s> {
    store: &'s Store,
    names: Names<'s>,
    shape: Shape,
}

enum Shape {
    Array { first: bool },
    Table(Option<Table>),
}

impl<'s> Listing<'s> {
    pub(crate) fn new(context: &mut Context, store: &'s Store) -> Result<Self, Stop> {
        let shape = if context.out.is_json() {
            context.out.text("[")?;
            Shape::Array { first: true }
        } else {
            Shape::Table(None)
        };
        Ok(Listing { store, names: Names::new(store), shape })
    }

    pub(crate) fn push<E: Known>(&mut self, context: &mut Context, record: &E) -> Result<(), Stop> {
        match &mut self.shape {
            Shape::Array { first } => {
                let separator = if *first { "\n" } else { ",\n" };
                *first = false;
                context.out.text(separator)?;
                context.out.compact(&Shown::of(record))
            }
            Shape::Table(table) => {
                let number = E::of(self.store).local_id(record.id())?;
                let mut cells = vec![number.map(|number| format!("#{number}")).unwrap_or_default()];
                cells.extend(record.row(&mut self.names)?);
                cells.push(record.id().to_string());
                table
                    .get_or_insert_with(|| {
                        let headings =
                            std::iter::once("#").chain(E::HEADINGS.iter().copied()).chain(["UUID"]);
                        Table::new(headings.collect())
                    })
                    .row(&mut context.out, cells)
            }
        }
    }

    pub(crate) fn end(self, context: &mut Context) -> Result<(), Stop> {
        match self.shape {
            Shape::Array { first } => context.out.text(if first { "]\n" } else { "\n]\n" }),
            Shape::Table(table) => match table {
                Some(table) => table.end(&mut context.out),
                None => context.out.say("nothing found"),
            },
        }
    }
}
