use std::marker::PhantomData;

use cerebrate_core::error::Result;
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{Entity, EntityKind, Record};
use cerebrate_core::query::{
    Column, Filter, MetaFilter, OrderBy, Position, Query, TagTest, TextTest,
};
use cerebrate_core::value::{CountryCode, Timestamp};
use uuid::Uuid;

use super::records::{Access, typed};

/// A question for several records. Filters add up: all must hold.
///
/// ```
/// # use cerebrate_store::Store;
/// # let store = Store::in_memory()?;
/// use cerebrate_core::query::OrderBy;
///
/// let find = store.organisations().find().nationality("LU").tag("tlp:green").order_by(OrderBy::Name);
/// for page in find.page(50) {
///     for organisation in page?.records {
///         println!("{}", organisation.name);
///     }
/// }
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Find<'a, E> {
    access: Access<'a>,
    query: Query,
    kind: PhantomData<fn() -> E>,
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<E> {
    /// The records, in the order asked for.
    pub records: Vec<E>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Position>,
}

impl<'a, E: Entity + TryFrom<Record>> Find<'a, E> {
    pub(super) fn new(access: Access<'a>) -> Self {
        Find { access, query: Query::new(E::KIND), kind: PhantomData }
    }

    /// Adds a filter.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.query.filters.push(filter);
        self
    }

    /// Name is this (for individuals: first and last name).
    pub fn name(self, name: impl Into<String>) -> Self {
        self.filter(Filter::Text(Column::Name, TextTest::Equals(name.into())))
    }

    /// A column is this.
    pub fn column(self, column: Column, text: impl Into<String>) -> Self {
        self.filter(Filter::Text(column, TextTest::Equals(text.into())))
    }

    /// The country that the nationality names is this one; code or name. A text that names no
    /// country is compared with the nationality itself.
    pub fn nationality(self, country: &str) -> Self {
        match CountryCode::from_text(country) {
            Some(code) if E::KIND == EntityKind::Organisation => {
                self.filter(Filter::Country(code.to_string()))
            }
            _ => self.column(Column::Nationality, country),
        }
    }

    /// Carries this tag; `%` in it is any text.
    pub fn tag(self, tag: impl Into<String>) -> Self {
        self.filter(Filter::Tags(TagTest::All(vec![tag.into()])))
    }

    /// Carries at least one of these tags.
    pub fn any_tag<T: Into<String>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        self.filter(Filter::Tags(TagTest::Any(tags.into_iter().map(Into::into).collect())))
    }

    /// Carries none of these tags.
    pub fn no_tag<T: Into<String>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        self.filter(Filter::Tags(TagTest::None(tags.into_iter().map(Into::into).collect())))
    }

    /// Has a value of a template field that passes; see [`MetaFilter`] for the notation.
    pub fn meta(self, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.filter(Filter::Meta(MetaFilter::new(field, value)))
    }

    /// Changed at or after this moment.
    pub fn modified_since(self, time: Timestamp) -> Self {
        self.filter(Filter::ModifiedSince(time))
    }

    /// One of these.
    pub fn ids(self, ids: impl IntoIterator<Item = E::Id>) -> Self {
        self.filter(Filter::Ids(ids.into_iter().map(Into::<Uuid>::into).collect()))
    }

    /// Belongs to the organisation; see [`Filter::Organisation`].
    pub fn organisation(self, organisation: OrganisationId) -> Self {
        self.filter(Filter::Organisation(organisation))
    }

    /// In this order, smallest first.
    pub fn order_by(mut self, by: OrderBy) -> Self {
        self.query.order.by = by;
        self
    }

    /// Greatest first.
    pub fn descending(mut self) -> Self {
        self.query.order.descending = true;
        self
    }

    /// Behind this place of an earlier page.
    pub fn after(mut self, position: Position) -> Self {
        self.query.after = Some(position);
        self
    }

    /// One page of at most `size` records.
    pub fn one_page(mut self, size: usize) -> Result<Page<E>> {
        self.query.limit = size;
        self.next_page()
    }

    /// All pages of at most `size` records, one after the other. Records that come and go meanwhile are neither repeated nor
    /// make others be skipped.
    pub fn page(mut self, size: usize) -> Pages<'a, E> {
        self.query.limit = size;
        Pages { find: self, done: false }
    }

    /// All records, from as many pages as it takes.
    pub fn all(self) -> Result<Vec<E>> {
        let mut records = Vec::new();
        for page in self.page(1_000) {
            records.extend(page?.records);
        }
        Ok(records)
    }

    /// How many records pass.
    pub fn count(&self) -> Result<u64> {
        let query = self.with_kinds()?;
        self.access.ask(|read| read.count(query.kind, &query.filters))
    }

    fn next_page(&self) -> Result<Page<E>> {
        let query = self.with_kinds()?;
        let page = self.access.ask(|read| read.query(&query))?;
        Ok(Page { records: typed(page.records)?, next: page.next })
    }

    /// The query, with the kind of each template field that it asks for.
    fn with_kinds(&self) -> Result<Query> {
        let mut query = self.query.clone();
        if !query.filters.iter().any(|filter| matches!(filter, Filter::Meta(_))) {
            return Ok(query);
        }
        let library = match self.access {
            Access::Store(store) => store.library()?,
            Access::Transaction(unit) => unit.templates(),
        };
        for filter in &mut query.filters {
            if let Filter::Meta(filter) = filter {
                let kind = library
                    .iter()
                    .filter(|template| {
                        filter.template.is_none_or(|id| id == template.template().key.id)
                    })
                    .filter_map(|template| {
                        let field = template.field(&filter.field)?;
                        Some((template.template().key.version, field.definition().kind.clone()))
                    })
                    .max_by_key(|(version, _)| *version);
                if let Some((_, kind)) = kind {
                    filter.kind = kind;
                }
            }
        }
        Ok(query)
    }
}

/// The pages of an answer.
#[derive(Debug)]
pub struct Pages<'a, E> {
    find: Find<'a, E>,
    done: bool,
}

impl<E: Entity + TryFrom<Record>> Iterator for Pages<'_, E> {
    type Item = Result<Page<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let page = self.find.next_page();
        match &page {
            Ok(page) => {
                self.done = page.next.is_none();
                self.find.query.after.clone_from(&page.next);
            }
            Err(_) => self.done = true,
        }
        Some(page)
    }
}
