-- Messages that came in, and messages that did not go out. Hashes of passwords stand in a table of their
-- own that nothing but making the user reads: they are in no view, no payload and no export.

CREATE TABLE inbox_message (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid     BLOB NOT NULL UNIQUE,
    scope    TEXT NOT NULL,
    "action" TEXT NOT NULL,
    title    TEXT NOT NULL,
    folded   TEXT NOT NULL,
    origin   TEXT NOT NULL,
    user     BLOB,
    message  TEXT,
    data     TEXT NOT NULL,
    severity INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE INDEX inbox_message_user ON inbox_message (user);
CREATE INDEX inbox_message_folded ON inbox_message (folded);
CREATE INDEX inbox_message_modified ON inbox_message (modified);

CREATE TABLE outbox_message (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid     BLOB NOT NULL UNIQUE,
    scope    TEXT NOT NULL,
    "action" TEXT NOT NULL,
    title    TEXT NOT NULL,
    folded   TEXT NOT NULL,
    user     BLOB,
    message  TEXT,
    data     TEXT NOT NULL,
    severity INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE INDEX outbox_message_user ON outbox_message (user);
CREATE INDEX outbox_message_folded ON outbox_message (folded);
CREATE INDEX outbox_message_modified ON outbox_message (modified);

-- `message` is the number of a message in the inbox.
CREATE TABLE inbox_password (
    message INTEGER PRIMARY KEY,
    hash    TEXT NOT NULL
);

-- What came lately from where: only as long as it counts against a limit.
CREATE TABLE arrival (
    scope    TEXT NOT NULL,
    "action" TEXT NOT NULL,
    origin   TEXT NOT NULL,
    time     INTEGER NOT NULL
);
CREATE INDEX arrival_origin ON arrival (scope, "action", origin);

-- The same tables for people.

CREATE VIEW inbox_message_v AS SELECT
    m.id,
    lower(substr(hex(m.uuid),1,8)||'-'||substr(hex(m.uuid),9,4)||'-'||substr(hex(m.uuid),13,4)||'-'||substr(hex(m.uuid),17,4)||'-'||substr(hex(m.uuid),21)) AS uuid,
    m.scope,
    m."action",
    m.title,
    m.origin,
    u.username AS user,
    m.message,
    m.data,
    CASE m.severity WHEN 0 THEN 'primary' WHEN 1 THEN 'info' WHEN 2 THEN 'warning' WHEN 3 THEN 'danger' END AS severity,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.modified, 'unixepoch') AS modified
FROM inbox_message AS m
LEFT JOIN user AS u ON u.uuid = m.user;

CREATE VIEW outbox_message_v AS SELECT
    m.id,
    lower(substr(hex(m.uuid),1,8)||'-'||substr(hex(m.uuid),9,4)||'-'||substr(hex(m.uuid),13,4)||'-'||substr(hex(m.uuid),17,4)||'-'||substr(hex(m.uuid),21)) AS uuid,
    m.scope,
    m."action",
    m.title,
    u.username AS user,
    m.message,
    m.data,
    CASE m.severity WHEN 0 THEN 'primary' WHEN 1 THEN 'info' WHEN 2 THEN 'warning' WHEN 3 THEN 'danger' END AS severity,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.modified, 'unixepoch') AS modified
FROM outbox_message AS m
LEFT JOIN user AS u ON u.uuid = m.user;

DROP VIEW feed_v;
CREATE VIEW feed_v AS SELECT
    f.seq,
    lower(substr(hex(c.uuid),1,8)||'-'||substr(hex(c.uuid),9,4)||'-'||substr(hex(c.uuid),13,4)||'-'||substr(hex(c.uuid),17,4)||'-'||substr(hex(c.uuid),21)) AS change_set,
    strftime('%Y-%m-%dT%H:%M:%SZ', c.time, 'unixepoch') AS time,
    c.actor,
    c.origin,
    CASE f.kind WHEN 1 THEN 'organisation' WHEN 2 THEN 'individual' WHEN 3 THEN 'alignment'
        WHEN 4 THEN 'tag' WHEN 5 THEN 'meta_template' WHEN 6 THEN 'sharing_group'
        WHEN 7 THEN 'mailing_list' WHEN 8 THEN 'organisation_group'
        WHEN 9 THEN 'enumeration_collection' WHEN 10 THEN 'encryption_key' WHEN 11 THEN 'role'
        WHEN 12 THEN 'user' WHEN 13 THEN 'auth_key' WHEN 14 THEN 'user_setting'
        WHEN 15 THEN 'permission_limitation' WHEN 16 THEN 'inbox_message'
        WHEN 17 THEN 'outbox_message' END AS kind,
    lower(substr(hex(f.entity),1,8)||'-'||substr(hex(f.entity),9,4)||'-'||substr(hex(f.entity),13,4)||'-'||substr(hex(f.entity),17,4)||'-'||substr(hex(f.entity),21)) AS entity,
    CASE f.action WHEN 1 THEN 'insert' WHEN 2 THEN 'update' WHEN 3 THEN 'remove' WHEN 4 THEN 'erase' END AS "action",
    CAST(p.json AS TEXT) AS payload,
    CASE WHEN f.digest IS NOT NULL THEN lower(hex(f.digest)) END AS digest,
    CASE WHEN f.hash IS NOT NULL THEN lower(hex(f.hash)) END AS hash
FROM feed AS f
JOIN change_set AS c ON c.id = f.change_set
LEFT JOIN feed_payload AS p ON p.seq = f.seq;

-- Whoever sees only what they did asks for it.
CREATE INDEX change_set_actor ON change_set (actor);
