//! Queries as SQL. Foreign text only ever travels as a bound value.

use std::cmp::Ordering;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::fold;
use cerebrate_core::meta::search::ValueTest;
use cerebrate_core::model::{EntityKind, FieldKind};
use cerebrate_core::query::{
    Column, FILTER_LIST, Filter, MetaFilter, OrderBy, Position, PositionKey, Query, TagTest,
    TextTest,
};
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::dictionary::Dictionary;
use super::failure::{corrupt, failed};
use super::{hanging, rows};
use crate::backend::RecordPage;
use crate::derive::text_key;

const FIND: &str = "find records";

/// The largest page.
const PAGE: usize = 10_000;

/// The longest pattern, and how many `%` it may hold: matching is quadratic in them.
const PATTERN: usize = 1_000;
const WILDCARDS: usize = 8;

/// How many filters a question may have, and how many patterns one of them: conditions nest in SQL.
const FILTERS: usize = 200;
const PATTERNS: usize = 100;

/// How many values a statement can bind.
const VALUES: usize = 32_000;

/// As many tags are looked for one by one; more are counted.
const SINGLE_TAGS: usize = 16;

/// Adds `value_holds(kind, test, value)` to SQL: whether a value of a template field passes.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection
        .create_scalar_function(
            "value_holds",
            3,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
            |context| {
                let test = context.get_or_create_aux(1, |test| -> rusqlite::Result<ValueTest> {
                    let kind: String = context.get(0)?;
                    Ok(ValueTest::parse(&FieldKind::from(kind), test.as_str()?))
                })?;
                Ok(test.holds(context.get_raw(2).as_str()?))
            },
        )
        .map_err(failed("open store"))
}

/// A condition under construction.
#[derive(Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    fn and(&mut self, condition: &str) -> &mut Self {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
        self
    }

    fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }
}

/// A page of records.
pub(super) fn page(
    connection: &Connection,
    dictionary: &Dictionary,
    query: &Query,
) -> Result<RecordPage> {
    let limit = query.limit.clamp(1, PAGE);
    let mut sql = conditions(connection, dictionary, query.kind, &query.filters)?;
    let key = sort_key(query.kind, query.order.by)?;
    let (compare, direction) = if query.order.descending { ("<", "DESC") } else { (">", "ASC") };
    if let Some(after) = &query.after {
        match (key, &after.key) {
            (None, PositionKey::None) => {
                sql.and(&format!("t.id {compare} ?")).bind(after.tie);
            }
            (Some(key), PositionKey::Text(text)) if query.order.by == OrderBy::Name => {
                sql.and(&format!("({key}, t.id) {compare} (?, ?)"))
                    .bind(text.clone())
                    .bind(after.tie);
            }
            (Some(key), PositionKey::Number(number)) if query.order.by == OrderBy::Modified => {
                sql.and(&format!("({key}, t.id) {compare} (?, ?)")).bind(*number).bind(after.tie);
            }
            _ => {
                return Err(Error::new(Kind::Invalid, FIND, "the cursor belongs to another order"));
            }
        }
    }
    let order = match key {
        None => format!("t.id {direction}"),
        Some(key) => format!("{key} {direction}, t.id {direction}"),
    };
    let text = format!("{}{} ORDER BY {order} LIMIT ?", rows::columns(query.kind), sql.text);
    sql.bind(rows::clamp(limit + 1));
    let mut statement = connection.prepare_cached(&text).map_err(failed(FIND))?;
    let mut answer = statement.query(params_from_iter(sql.values)).map_err(failed(FIND))?;
    let mut records = Vec::with_capacity(limit.min(64));
    let mut last = 0;
    let mut more = false;
    while let Some(row) = answer.next().map_err(failed(FIND))? {
        if records.len() == limit {
            more = true;
            break;
        }
        last = row.get(0).map_err(failed(FIND))?;
        records.push(rows::record(connection, dictionary, query.kind, row)?);
    }
    let next =
        if more { Some(position(connection, query.kind, query.order.by, last)?) } else { None };
    // In a damaged table an answer can run in a circle.
    if let (Some(next), Some(after)) = (&next, &query.after)
        && !is_behind(next, after, query.order.descending)
    {
        return Err(corrupt(FIND, "the records are out of order"));
    }
    Ok(RecordPage { records, next })
}

fn is_behind(next: &Position, after: &Position, descending: bool) -> bool {
    let keys = match (&next.key, &after.key) {
        (PositionKey::Text(next), PositionKey::Text(after)) => {
            next.as_bytes().cmp(after.as_bytes())
        }
        (PositionKey::Number(next), PositionKey::Number(after)) => next.cmp(after),
        _ => Ordering::Equal,
    };
    let order = keys.then(next.tie.cmp(&after.tie));
    if descending { order.is_lt() } else { order.is_gt() }
}

/// How many records pass.
pub(super) fn count(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    filters: &[Filter],
) -> Result<u64> {
    let sql = conditions(connection, dictionary, kind, filters)?;
    let text = format!("SELECT count(*) FROM {} AS t{}", rows::table(kind), sql.text);
    let number: i64 = connection
        .prepare_cached(&text)
        .and_then(|mut statement| {
            statement.query_row(params_from_iter(sql.values), |row| row.get(0))
        })
        .map_err(failed(FIND))?;
    Ok(number.unsigned_abs())
}

/// All filters as one condition on the row `t`; nothing, or ` WHERE …`.
pub(super) fn conditions(
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    filters: &[Filter],
) -> Result<Sql> {
    if filters.len() > FILTERS {
        return Err(too_much("filters", filters.len(), FILTERS));
    }
    let mut sql = Sql::default();
    for filter in filters {
        add(&mut sql, connection, dictionary, kind, filter)?;
    }
    if sql.values.len() > VALUES {
        return Err(too_much("values", sql.values.len(), VALUES));
    }
    Ok(sql)
}

fn sort_key(kind: EntityKind, by: OrderBy) -> Result<Option<&'static str>> {
    let named = !matches!(
        kind,
        EntityKind::Alignment
            | EntityKind::EncryptionKey
            | EntityKind::MetaTemplate
            | EntityKind::AuthKey
    );
    let timed = !matches!(
        kind,
        EntityKind::Alignment
            | EntityKind::Tag
            | EntityKind::MetaTemplate
            | EntityKind::Role
            | EntityKind::AuthKey
            | EntityKind::PermissionLimitation
    );
    match by {
        OrderBy::Arrival => Ok(None),
        // The folded name of a tag is its identity and keeps its accents.
        OrderBy::Name if kind == EntityKind::Tag => Ok(Some("fold(t.name)")),
        OrderBy::Name if named => Ok(Some("t.folded")),
        OrderBy::Modified if timed => Ok(Some("t.modified")),
        _ => {
            Err(Error::new(Kind::Invalid, FIND, "these records have no such order")
                .with("kind", kind))
        }
    }
}

fn position(
    connection: &Connection,
    kind: EntityKind,
    by: OrderBy,
    local: i64,
) -> Result<Position> {
    let key = match sort_key(kind, by)? {
        None => PositionKey::None,
        Some(key) => {
            let sql = format!("SELECT {key} FROM {} AS t WHERE t.id = ?1", rows::table(kind));
            let mut statement = connection.prepare_cached(&sql).map_err(failed(FIND))?;
            let key = if by == OrderBy::Name {
                statement.query_row([local], |row| row.get(0)).map(PositionKey::Text)
            } else {
                statement.query_row([local], |row| row.get(0)).map(PositionKey::Number)
            };
            key.map_err(failed(FIND))?
        }
    };
    Ok(Position { key, tie: local })
}

fn add(
    sql: &mut Sql,
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    filter: &Filter,
) -> Result<()> {
    match filter {
        Filter::Text(column, test) => add_text(sql, &folded_column(kind, *column)?, test),
        Filter::Country(code) if kind == EntityKind::Organisation => {
            sql.and("t.country = ?").bind(code.clone());
            Ok(())
        }
        Filter::ModifiedSince(time) => {
            sort_key(kind, OrderBy::Modified)?;
            sql.and("t.modified >= ?").bind(time.unix());
            Ok(())
        }
        Filter::ModifiedBefore(time) => {
            sort_key(kind, OrderBy::Modified)?;
            sql.and("t.modified < ?").bind(time.unix());
            Ok(())
        }
        Filter::Tags(test) => add_tags(sql, kind, test),
        Filter::Meta(filter) => add_meta(sql, connection, dictionary, kind, filter),
        Filter::Ids(ids) => {
            limited(ids.len())?;
            sql.and(&format!("t.uuid IN ({})", vec!["?"; ids.len()].join(", ")));
            for id in ids {
                sql.bind(id.as_bytes().to_vec());
            }
            Ok(())
        }
        Filter::Organisation(id) => {
            let (condition, times) = match kind {
                EntityKind::Individual => {
                    ("t.uuid IN (SELECT individual FROM alignment WHERE organisation = ?)", 1)
                }
                EntityKind::Alignment | EntityKind::User => ("t.organisation = ?", 1),
                EntityKind::EncryptionKey => ("t.owner = ? AND t.owner_kind = 1", 1),
                EntityKind::SharingGroup => (
                    "(t.owner = ? OR t.id IN
                      (SELECT sharing_group FROM sharing_group_member WHERE organisation = ?))",
                    2,
                ),
                EntityKind::OrganisationGroup => (
                    "t.id IN (SELECT organisation_group FROM organisation_group_member
                      WHERE organisation = ?)",
                    1,
                ),
                _ => return Err(unfit(kind)),
            };
            sql.and(condition);
            for _ in 0..times {
                sql.bind(id.uuid().as_bytes().to_vec());
            }
            Ok(())
        }
        Filter::Individual(id) => {
            match kind {
                EntityKind::Alignment | EntityKind::User => {
                    sql.and("t.individual = ?").bind(id.uuid().as_bytes().to_vec());
                }
                EntityKind::EncryptionKey => {
                    sql.and("t.owner = ? AND t.owner_kind = 2").bind(id.uuid().as_bytes().to_vec());
                }
                // The list is JSON: an identity in it is a quoted text.
                EntityKind::MailingList => {
                    sql.and("instr(t.individuals, ?)").bind(format!("\"{id}\""));
                }
                _ => return Err(unfit(kind)),
            }
            Ok(())
        }
        Filter::HangsOn(anchors) => {
            let condition = hanging::hangs_on(kind, anchors)?;
            sql.and(&condition.text).values.extend(condition.values);
            Ok(())
        }
        Filter::Role(id) if kind == EntityKind::User => {
            sql.and("t.role = ?").bind(id.uuid().as_bytes().to_vec());
            Ok(())
        }
        Filter::User(id) => {
            sql.and(match kind {
                EntityKind::AuthKey
                | EntityKind::UserSetting
                | EntityKind::InboxMessage
                | EntityKind::OutboxMessage => "t.user = ?",
                EntityKind::MailingList => "t.owner = ?",
                EntityKind::OrganisationGroup => {
                    "t.id IN (SELECT organisation_group FROM organisation_group_administrator
                     WHERE user = ?)"
                }
                _ => return Err(unfit(kind)),
            })
            .bind(id.uuid().as_bytes().to_vec());
            Ok(())
        }
        Filter::UserOrNobody(_) | Filter::Severity(_) | Filter::Told(_) => {
            add_message(sql, kind, filter)
        }
        _ => Err(unfit(kind)),
    }
}

/// Conditions that only messages have.
fn add_message(sql: &mut Sql, kind: EntityKind, filter: &Filter) -> Result<()> {
    if !matches!(kind, EntityKind::InboxMessage | EntityKind::OutboxMessage) {
        return Err(unfit(kind));
    }
    match filter {
        Filter::UserOrNobody(id) => {
            sql.and("(t.user = ? OR t.user IS NULL)").bind(id.uuid().as_bytes().to_vec());
        }
        Filter::Severity(severity) => {
            sql.and("t.severity = ?").bind(i64::from(severity.number()));
        }
        Filter::Told(text) => {
            // No match reaches from the title into the text.
            sql.and("instr(t.folded || char(10) || fold(coalesce(t.message, '')), ?)")
                .bind(fold(text.trim()));
        }
        _ => return Err(unfit(kind)),
    }
    Ok(())
}

pub(super) fn unfit(kind: EntityKind) -> Error {
    Error::new(Kind::Invalid, FIND, "these records cannot be filtered like that").with("kind", kind)
}

fn limited(length: usize) -> Result<()> {
    if length > FILTER_LIST {
        return Err(too_much("entries", length, FILTER_LIST));
    }
    Ok(())
}

fn too_much(what: &'static str, number: usize, limit: usize) -> Error {
    Error::new(Kind::Exhausted, FIND, "the filter is too long")
        .with(what, number)
        .with("limit", limit)
}

/// The SQL for a column without case and accents.
fn folded_column(kind: EntityKind, column: Column) -> Result<String> {
    let name = match (kind, column) {
        (EntityKind::Individual, Column::Name) => {
            return Ok("fold(t.first_name || ' ' || t.last_name)".to_owned());
        }
        (EntityKind::Alignment | EntityKind::EncryptionKey | EntityKind::AuthKey, Column::Name) => {
            return Err(unfit(kind));
        }
        (EntityKind::MetaTemplate | EntityKind::Tag, Column::Name) => "name",
        (EntityKind::Individual, Column::Email)
        | (EntityKind::InboxMessage | EntityKind::OutboxMessage, Column::Title)
        | (_, Column::Name) => {
            return Ok("t.folded".to_owned());
        }
        (EntityKind::InboxMessage | EntityKind::OutboxMessage, Column::Scope) => "scope",
        (EntityKind::InboxMessage | EntityKind::OutboxMessage, Column::Action) => "\"action\"",
        (EntityKind::InboxMessage | EntityKind::OutboxMessage, Column::Message) => "message",
        (EntityKind::InboxMessage, Column::Origin) => "origin",
        (EntityKind::Organisation, Column::Url) => "url",
        (EntityKind::Organisation, Column::Nationality) => "nationality",
        (EntityKind::Organisation, Column::Sector) => "sector",
        (EntityKind::Organisation | EntityKind::EncryptionKey, Column::Kind) => "kind",
        (EntityKind::Organisation, Column::Contacts) => "contacts",
        (EntityKind::Individual, Column::FirstName) => "first_name",
        (EntityKind::Individual, Column::LastName) => "last_name",
        (EntityKind::Individual, Column::Position) => "position",
        (EntityKind::Alignment, Column::Role) => "role",
        (EntityKind::SharingGroup, Column::Releasability) => "releasability",
        (
            EntityKind::SharingGroup
            | EntityKind::MailingList
            | EntityKind::OrganisationGroup
            | EntityKind::EnumerationCollection
            | EntityKind::MetaTemplate,
            Column::Description,
        ) => "description",
        _ => return Err(unfit(kind)),
    };
    Ok(format!("fold(coalesce(t.{name}, ''))"))
}

fn add_text(sql: &mut Sql, column: &str, test: &TextTest) -> Result<()> {
    match test {
        TextTest::Equals(text) => sql.and(&format!("{column} = ?")).bind(fold(text)),
        TextTest::Not(text) => sql.and(&format!("{column} <> ?")).bind(fold(text)),
        TextTest::Like(pattern) => {
            sql.and(&format!("{column} LIKE ?")).bind(self::pattern(pattern)?)
        }
        _ => return Err(Error::new(Kind::Unsupported, FIND, "this test is not known here")),
    };
    Ok(())
}

fn pattern(pattern: &str) -> Result<String> {
    if pattern.len() <= PATTERN {
        // Folding can make percent signs and more of anything: what is counted is what is run.
        let folded = fold(pattern);
        if folded.len() <= 4 * PATTERN && folded.matches('%').count() <= WILDCARDS {
            return Ok(folded);
        }
    }
    Err(Error::new(Kind::Invalid, FIND, "the pattern is too long")
        .with("characters", PATTERN)
        .with("wildcards", WILDCARDS))
}

fn add_tags(sql: &mut Sql, kind: EntityKind, test: &TagTest) -> Result<()> {
    if !matches!(
        kind,
        EntityKind::Organisation | EntityKind::Individual | EntityKind::OrganisationGroup
    ) {
        return Err(unfit(kind));
    }
    let owners = format!(
        "SELECT g.owner FROM tagging AS g JOIN tag ON tag.id = g.tag WHERE g.kind = {}",
        rows::code(kind)
    );
    let tags = match test {
        TagTest::All(tags) | TagTest::Any(tags) | TagTest::None(tags) => tags,
        TagTest::Ids(ids) => {
            limited(ids.len())?;
            let list = vec!["?"; ids.len()].join(", ");
            sql.and(&format!("t.id IN ({owners} AND tag.uuid IN ({list}))"));
            for id in ids {
                sql.bind(id.uuid().as_bytes().to_vec());
            }
            return Ok(());
        }
        _ => return Err(Error::new(Kind::Unsupported, FIND, "this test is not known here")),
    };
    limited(tags.len())?;
    let (mut patterns, mut names): (Vec<String>, Vec<String>) =
        tags.iter().map(|tag| tag.trim().to_lowercase()).partition(|tag| tag.contains('%'));
    for text in &patterns {
        pattern(text)?;
    }
    for list in [&mut patterns, &mut names] {
        list.sort_unstable();
        list.dedup();
    }
    if patterns.len() > PATTERNS {
        return Err(too_much("patterns", patterns.len(), PATTERNS));
    }
    let listed = format!("tag.folded IN ({})", vec!["?"; names.len()].join(", "));
    if !matches!(test, TagTest::All(_)) {
        let not = if matches!(test, TagTest::None(_)) { "NOT " } else { "" };
        let tests = std::iter::once(listed.as_str())
            .chain(patterns.iter().map(|_| "tag.folded LIKE ?"))
            .collect::<Vec<_>>()
            .join(" OR ");
        sql.and(&format!("t.id {not}IN ({owners} AND ({tests}))"));
        sql.values.extend(names.into_iter().chain(patterns).map(Value::from));
        return Ok(());
    }
    if names.len() > SINGLE_TAGS {
        sql.and(&format!(
            "(SELECT count(*) FROM tagging AS g JOIN tag ON tag.id = g.tag
              WHERE g.kind = {} AND g.owner = t.id AND {listed}) = {}",
            rows::code(kind),
            names.len()
        ));
        sql.values.extend(names.iter().cloned().map(Value::from));
        // The first one leaves few to count for.
        names.truncate(1);
    }
    for name in names {
        sql.and(&format!("t.id IN ({owners} AND tag.folded = ?)")).bind(name);
    }
    for pattern in patterns {
        sql.and(&format!("t.id IN ({owners} AND tag.folded LIKE ?)")).bind(pattern);
    }
    Ok(())
}

fn add_meta(
    sql: &mut Sql,
    connection: &Connection,
    dictionary: &Dictionary,
    kind: EntityKind,
    filter: &MetaFilter,
) -> Result<()> {
    if !matches!(kind, EntityKind::Organisation | EntityKind::Individual | EntityKind::User) {
        return Err(unfit(kind));
    }
    if filter.value.contains('%') {
        pattern(&filter.value)?;
    }
    let not = if filter.negated { "NOT " } else { "" };
    let field = match filter.template {
        Some(template) => {
            match dictionary.field_number(connection, template, &filter.field, false)? {
                Some(number) => number.to_string(),
                // A field that no value has: nobody passes, and everybody passes the negation.
                None => "-1".to_owned(),
            }
        }
        None => "SELECT id FROM field_name WHERE name = ?".to_owned(),
    };
    let by_name = filter.template.is_none();
    let owners = format!(
        "SELECT m.owner FROM meta_field AS m WHERE m.field IN ({field}) AND m.kind = {}",
        rows::code(kind)
    );
    let test = ValueTest::parse(&filter.kind, &filter.value);
    if let Some(text) = test.equals() {
        // Equal texts have equal keys; the value itself is compared as well.
        let folded = fold(text);
        sql.and(&format!("t.id {not}IN ({owners} AND m.value_key = ? AND fold(m.value) = ?)"));
        if by_name {
            sql.bind(filter.field.clone());
        }
        sql.bind(text_key(&folded)).bind(folded);
    } else {
        sql.and(&format!("t.id {not}IN ({owners} AND value_holds(?, ?, m.value))"));
        if by_name {
            sql.bind(filter.field.clone());
        }
        sql.bind(filter.kind.as_str().to_owned()).bind(filter.value.clone());
    }
    Ok(())
}
