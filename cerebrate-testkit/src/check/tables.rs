//! The tables of a SQLite file against the records that are read from it.

use std::collections::BTreeSet;
use std::path::Path;

use cerebrate_core::constituency::{self, Claim};
use cerebrate_core::fold::fold;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{EntityKind, FieldKind, MetaField, Organisation, Record};
use cerebrate_core::value::CountryCode;
use cerebrate_store::Store;
use rusqlite::Connection;

use crate::any::AnyRecords;

pub(super) fn check(path: &Path, store: &Store) -> rusqlite::Result<Vec<String>> {
    let connection = Connection::open(path)?;
    let mut problems = integrity(&connection)?;
    problems.extend(orphans(&connection)?);
    problems.extend(columns(&connection)?);
    problems.extend(claims(&connection, store)?);
    problems.extend(search(&connection, store)?);
    Ok(problems)
}

fn integrity(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut problems = texts(connection, "SELECT integrity_check FROM pragma_integrity_check")?;
    problems.retain(|problem| problem != "ok");
    connection.execute("INSERT INTO search (search) VALUES ('integrity-check')", [])?;
    Ok(problems)
}

/// Rows about users that refer to what is not there.
const ACCOUNTS: [&str; 12] = [
    "SELECT 'user without role or person ' || id FROM user
         WHERE role NOT IN (SELECT uuid FROM role)
            OR individual NOT IN (SELECT uuid FROM individual)
            OR organisation NOT IN (SELECT uuid FROM organisation)",
    "SELECT 'administrator of nothing ' || organisation_group
         FROM organisation_group_administrator
         WHERE organisation_group NOT IN (SELECT id FROM organisation_group)
            OR user NOT IN (SELECT uuid FROM user)",
    "SELECT 'list of nobody ' || id FROM mailing_list
         WHERE owner NOT IN (SELECT uuid FROM user)",
    "SELECT 'password of nobody ' || user FROM user_password
         WHERE user NOT IN (SELECT id FROM user WHERE password_changed IS NOT NULL)",
    "SELECT 'digest of nothing ' || auth_key FROM auth_key_digest
         WHERE auth_key NOT IN (SELECT id FROM auth_key)",
    "SELECT 'auth key without digest ' || id FROM auth_key
         WHERE id NOT IN (SELECT auth_key FROM auth_key_digest)",
    "SELECT count(*) || ' default roles' FROM role WHERE is_default HAVING count(*) > 1",
    "SELECT 'auth key of nobody ' || id FROM auth_key
         WHERE user NOT IN (SELECT uuid FROM user)",
    "SELECT 'setting of nobody ' || id FROM user_setting
         WHERE user NOT IN (SELECT uuid FROM user)",
    "SELECT 'message of nobody ' || id FROM inbox_message
         WHERE user NOT IN (SELECT uuid FROM user)",
    "SELECT 'message out of nobody ' || id FROM outbox_message
         WHERE user NOT IN (SELECT uuid FROM user)",
    "SELECT 'password without message ' || message FROM inbox_password
         WHERE message NOT IN (SELECT id FROM inbox_message WHERE scope = 'User')",
];

/// Rows that refer to what is not there. Each query answers nothing in a sound file.
fn orphans(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut queries = vec![
        "SELECT 'tagging without tag ' || tag FROM tagging WHERE tag NOT IN (SELECT id FROM tag)"
            .to_owned(),
        "SELECT 'value without version ' || directory FROM meta_field
         WHERE directory NOT IN (SELECT id FROM name_directory)"
            .to_owned(),
        "SELECT 'value ' || m.value || ' of mixed templates' FROM meta_field AS m
         JOIN name_directory AS d ON d.id = m.directory
         LEFT JOIN field_name AS f ON f.id = m.field
         WHERE f.template IS NOT d.template"
            .to_owned(),
        "SELECT 'change ' || seq || ' without payload' FROM feed
         WHERE seq NOT IN (SELECT seq FROM feed_payload)"
            .to_owned(),
        "SELECT 'payload ' || seq || ' without change' FROM feed_payload
         WHERE seq NOT IN (SELECT seq FROM feed)"
            .to_owned(),
        "SELECT 'change ' || seq || ' without set' FROM feed
         WHERE change_set NOT IN (SELECT id FROM change_set)"
            .to_owned(),
        "SELECT 'empty change set ' || hex(uuid) FROM change_set
         WHERE id NOT IN (SELECT change_set FROM feed)"
            .to_owned(),
        "SELECT 'membership without group ' || sharing_group FROM sharing_group_member
         WHERE sharing_group NOT IN (SELECT id FROM sharing_group)
            OR organisation NOT IN (SELECT uuid FROM organisation)"
            .to_owned(),
        "SELECT 'membership without group ' || organisation_group FROM organisation_group_member
         WHERE organisation_group NOT IN (SELECT id FROM organisation_group)
            OR organisation NOT IN (SELECT uuid FROM organisation)"
            .to_owned(),
        "SELECT 'alignment of nobody ' || id FROM alignment
         WHERE individual NOT IN (SELECT uuid FROM individual)
            OR organisation NOT IN (SELECT uuid FROM organisation)"
            .to_owned(),
        "SELECT 'key of nobody ' || id FROM encryption_key
         WHERE owner_kind = 1 AND owner NOT IN (SELECT uuid FROM organisation)
            OR owner_kind = 2 AND owner NOT IN (SELECT uuid FROM individual)"
            .to_owned(),
        "SELECT 'group without owner ' || id FROM sharing_group
         WHERE owner NOT IN (SELECT uuid FROM organisation)"
            .to_owned(),
    ];
    queries.extend(ACCOUNTS.map(str::to_owned));
    let tagged = [(1, "organisation"), (2, "individual"), (8, "organisation_group"), (12, "user")];
    for (code, table) in tagged {
        queries.push(format!(
            "SELECT 'tagging without {table} ' || owner FROM tagging
             WHERE kind = {code} AND owner NOT IN (SELECT id FROM {table})"
        ));
        queries.push(format!(
            "SELECT 'value without {table} ' || owner FROM meta_field
             WHERE kind = {code} AND owner NOT IN (SELECT id FROM {table})"
        ));
    }
    for table in ["claim_prefix4", "claim_prefix6", "claim_asn", "claim_text", "claim_unreadable"] {
        queries.push(format!(
            "SELECT '{table} without value ' || c.owner FROM {table} AS c
             WHERE NOT EXISTS (SELECT 1 FROM meta_field AS m
                 WHERE m.kind = 1 AND m.owner = c.owner AND m.position = c.position)"
        ));
    }
    for (code, kind) in (1..).zip(EntityKind::ALL) {
        queries.push(format!(
            "SELECT '{kind} ' || t.id || ' is not the last in the feed' FROM {kind} AS t
             WHERE t.id IS NOT (SELECT f.local_id FROM feed AS f
                 WHERE f.kind = {code} AND f.entity = t.uuid AND f.action <> 3
                 ORDER BY f.seq DESC LIMIT 1)"
        ));
        queries.push(format!(
            "SELECT '{kind} may use a number again' WHERE
             (SELECT max(local_id) FROM feed WHERE kind = {code}) >
             (SELECT seq FROM sqlite_sequence WHERE name = '{kind}')"
        ));
    }
    let mut problems = Vec::new();
    for query in queries {
        problems.extend(texts(connection, &query)?);
    }
    Ok(problems)
}

/// Columns that are derived from others.
fn columns(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (table, from) in [
        ("organisation", "name"),
        ("individual", "email"),
        ("sharing_group", "name"),
        ("mailing_list", "name"),
        ("organisation_group", "name"),
        ("enumeration_collection", "name"),
        ("role", "name"),
        ("user", "username"),
        ("user_setting", "name"),
        ("permission_limitation", "permission"),
        ("inbox_message", "title"),
        ("outbox_message", "title"),
    ] {
        let mut statement = connection.prepare(&format!("SELECT {from}, folded FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (text, folded): (String, String) = (row.get(0)?, row.get(1)?);
            if fold(&text) != folded {
                problems.push(format!("{table} `{text}` is folded to `{folded}`"));
            }
        }
    }
    let mut statement = connection.prepare("SELECT nationality, country FROM organisation")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (text, country): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        let code = text.as_deref().and_then(CountryCode::from_text).map(|code| code.to_string());
        if code != country {
            problems.push(format!("nationality {text:?} has country {country:?}"));
        }
    }
    Ok(problems)
}

/// Owner, position and what is claimed, as text.
type Claims = BTreeSet<(i64, i64, String)>;

fn claims(connection: &Connection, store: &Store) -> rusqlite::Result<Vec<String>> {
    let library = store.library().unwrap();
    let mut expected = Claims::new();
    for record in store.all_any(EntityKind::Organisation).unwrap() {
        let local = store.local_id_any(EntityKind::Organisation, record.id()).unwrap().unwrap().0;
        let organisation = Organisation::try_from(record).unwrap();
        for (position, value) in (0..).zip(&organisation.meta_fields) {
            let Some(role) =
                constituency::role_of(value.template.id, &value.field, &kind_of(&library, value))
            else {
                continue;
            };
            let (found, problems) = constituency::read(role, &value.value);
            expected.extend(found.iter().map(|claim| (local, position, shown(claim))));
            if !problems.is_empty() {
                expected.insert((local, position, "unreadable".to_owned()));
            }
        }
    }
    let mut statement = connection.prepare(
        "SELECT owner, position, 'p4 ' || key FROM claim_prefix4
         UNION ALL SELECT owner, position, 'p6 ' || hex(key) FROM claim_prefix6
         UNION ALL SELECT owner, position, 'as ' || first || '-' || last FROM claim_asn
         UNION ALL SELECT owner, position, 't' || kind || ' ' || text FROM claim_text
         UNION ALL SELECT owner, position, 'unreadable' FROM claim_unreadable",
    )?;
    let stored: Claims = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(expected
        .symmetric_difference(&stored)
        .map(|claim| format!("claim {claim:?} is in one place only"))
        .collect())
}

fn kind_of(library: &Library, value: &MetaField) -> FieldKind {
    library
        .get(value.template)
        .and_then(|template| template.field(&value.field))
        .map_or(FieldKind::Text, |field| field.definition().kind.clone())
}

fn shown(claim: &Claim) -> String {
    match claim {
        Claim::Prefix(prefix) => match prefix.address() {
            std::net::IpAddr::V4(address) => {
                format!("p4 {}", u64::from(u32::from(address)) << 6 | u64::from(prefix.len()))
            }
            std::net::IpAddr::V6(address) => {
                format!("p6 {:032X}{:02X}", u128::from(address), prefix.len())
            }
        },
        Claim::Asn(range) => format!("as {}-{}", range.first().0, range.last().0),
        Claim::Domain(suffix) => format!("t1 {}", suffix.as_str()),
        Claim::Country(code) => format!("t2 {code}"),
        Claim::Sector(sector) => format!("t3 {sector}"),
        other => format!("{other:?}"),
    }
}

/// Every trigram in the index against every trigram of the records.
fn search(connection: &Connection, store: &Store) -> rusqlite::Result<Vec<String>> {
    let mut expected = BTreeSet::new();
    for (kind, offset) in [(EntityKind::Organisation, 0), (EntityKind::Individual, 1)] {
        for record in store.all_any(kind).unwrap() {
            let local = store.local_id_any(kind, record.id()).unwrap().unwrap().0;
            // Each text stands on a line of its own.
            let mut texts = searched(&record).join("\n");
            if !texts.is_empty() {
                texts.push_str("\n\n");
            }
            let characters: Vec<char> = texts.chars().filter(|c| *c != '\0').collect();
            for window in characters.windows(3) {
                expected.insert((window.iter().collect::<String>(), local * 4 + offset));
            }
        }
    }
    connection
        .execute_batch("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, search, instance)")?;
    let mut statement = connection.prepare("SELECT term, doc FROM temp.terms")?;
    let stored: BTreeSet<(String, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(expected
        .symmetric_difference(&stored)
        .take(5)
        .map(|term| format!("search term {term:?} is in one place only"))
        .collect())
}

/// The texts of a record that search looks through, folded.
pub(crate) fn searched(record: &Record) -> Vec<String> {
    let (mut texts, values) = match record {
        Record::Organisation(record) => (
            vec![record.name.as_str().to_owned(), record.contacts.clone().unwrap_or_default()],
            &record.meta_fields,
        ),
        Record::Individual(record) => (
            vec![record.email.clone(), record.full_name().unwrap_or_default()],
            &record.meta_fields,
        ),
        _ => return Vec::new(),
    };
    texts.extend(values.iter().map(|value| value.value.clone()));
    texts.retain(|text| !text.is_empty());
    texts.iter().map(|text| fold(text)).collect()
}

fn texts(connection: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(query)?.query_map([], |row| row.get(0))?.collect()
}
