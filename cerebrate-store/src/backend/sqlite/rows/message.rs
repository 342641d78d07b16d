//! Messages in and out as rows. Hashes of passwords are not here.

use cerebrate_core::error::Result;
use cerebrate_core::id::{InboxMessageId, OutboxMessageId, UserId};
use cerebrate_core::model::{InboxMessage, OutboxMessage, Severity};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, Row};

use super::super::failure::{corrupt, failed};
use super::{Place, READ, from_json, to_json};
use crate::backend::{Facts, LocalId};

pub(super) const INBOX_MESSAGE: &str = "SELECT t.id, t.uuid, t.scope, t.\"action\", t.title,
    t.origin, t.user, t.message, t.data, t.severity, t.created, t.modified FROM inbox_message AS t";

pub(super) const OUTBOX_MESSAGE: &str = "SELECT t.id, t.uuid, t.scope, t.\"action\", t.title,
    t.user, t.message, t.data, t.severity, t.created, t.modified FROM outbox_message AS t";

pub(super) fn inbox_message(row: &Row<'_>) -> Result<InboxMessage> {
    let read = || -> rusqlite::Result<(InboxMessage, String, u8)> {
        let mut message = InboxMessage::new(
            InboxMessageId::new(row.get(1)?),
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, String>(5)?,
        );
        message.title = row.get(4)?;
        message.user = row.get::<_, Option<_>>(6)?.map(UserId::new);
        message.message = row.get(7)?;
        message.created = Some(Timestamp::from_unix(row.get(10)?));
        message.modified = Some(Timestamp::from_unix(row.get(11)?));
        Ok((message, row.get(8)?, row.get(9)?))
    };
    let (mut message, data, severity_number) = read().map_err(failed(READ))?;
    message.data = from_json(&data)?;
    message.severity = severity(severity_number)?;
    Ok(message)
}

pub(super) fn put_inbox_message(
    connection: &Connection,
    message: &InboxMessage,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO inbox_message (id, uuid, scope, \"action\", title, folded, origin, user,
             message, data, severity, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        "UPDATE inbox_message SET uuid = ?2, scope = ?3, \"action\" = ?4, title = ?5, folded = ?6,
             origin = ?7, user = ?8, message = ?9, data = ?10, severity = ?11, created = ?12,
             modified = ?13
         WHERE id = ?1",
        &[
            &message.id.uuid(),
            &message.scope,
            &message.action,
            &message.title,
            &facts.folded,
            &message.origin,
            &message.user.map(UserId::uuid),
            &message.message,
            &to_json(&message.data)?,
            &message.severity.number(),
            &place.time(message.created),
            &place.time(message.modified),
        ],
    )
}

pub(super) fn outbox_message(row: &Row<'_>) -> Result<OutboxMessage> {
    let read = || -> rusqlite::Result<(OutboxMessage, String, u8)> {
        let mut message = OutboxMessage::new(
            OutboxMessageId::new(row.get(1)?),
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, String>(4)?,
        );
        message.user = row.get::<_, Option<_>>(5)?.map(UserId::new);
        message.message = row.get(6)?;
        message.created = Some(Timestamp::from_unix(row.get(9)?));
        message.modified = Some(Timestamp::from_unix(row.get(10)?));
        Ok((message, row.get(7)?, row.get(8)?))
    };
    let (mut message, data, severity_number) = read().map_err(failed(READ))?;
    message.data = from_json(&data)?;
    message.severity = severity(severity_number)?;
    Ok(message)
}

pub(super) fn put_outbox_message(
    connection: &Connection,
    message: &OutboxMessage,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO outbox_message (id, uuid, scope, \"action\", title, folded, user, message,
             data, severity, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        "UPDATE outbox_message SET uuid = ?2, scope = ?3, \"action\" = ?4, title = ?5, folded = ?6,
             user = ?7, message = ?8, data = ?9, severity = ?10, created = ?11, modified = ?12
         WHERE id = ?1",
        &[
            &message.id.uuid(),
            &message.scope,
            &message.action,
            &message.title,
            &facts.folded,
            &message.user.map(UserId::uuid),
            &message.message,
            &to_json(&message.data)?,
            &message.severity.number(),
            &place.time(message.created),
            &place.time(message.modified),
        ],
    )
}

fn severity(number: u8) -> Result<Severity> {
    Severity::from_number(number)
        .ok_or_else(|| corrupt(READ, "a stored message has an unknown severity"))
}
