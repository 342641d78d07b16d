-- Users, and what decides about their rights. Passwords and auth keys stand in tables of their own that
-- nothing but logging in reads: they are in no view, no payload and no export.

CREATE TABLE role (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid                   BLOB NOT NULL UNIQUE,
    name                   TEXT NOT NULL,
    folded                 TEXT NOT NULL,
    is_default             INTEGER NOT NULL,
    admin                  INTEGER NOT NULL,
    community_admin        INTEGER NOT NULL,
    group_admin            INTEGER NOT NULL,
    organisation_admin     INTEGER NOT NULL,
    sync                   INTEGER NOT NULL,
    meta_field_editor      INTEGER NOT NULL,
    view_all_organisations INTEGER NOT NULL
);
CREATE INDEX role_folded ON role (folded);

CREATE TABLE user (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             BLOB NOT NULL UNIQUE,
    username         TEXT NOT NULL UNIQUE,
    folded           TEXT NOT NULL,
    individual       BLOB NOT NULL,
    organisation     BLOB,
    role             BLOB NOT NULL,
    disabled         INTEGER NOT NULL,
    password_changed INTEGER,
    created          INTEGER NOT NULL,
    modified         INTEGER NOT NULL
);
CREATE INDEX user_folded ON user (folded);
CREATE INDEX user_individual ON user (individual);
CREATE INDEX user_organisation ON user (organisation) WHERE organisation IS NOT NULL;
CREATE INDEX user_role ON user (role);
CREATE INDEX user_modified ON user (modified);

-- Hashes in the form `$argon2id$…`, or `$2y$…` as peers have them; `user` is the number of the user.
-- `bcrypt_cost` is NULL for the former.
CREATE TABLE user_password (
    user        INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL,
    bcrypt_cost INTEGER
);
CREATE INDEX user_password_bcrypt ON user_password (bcrypt_cost) WHERE bcrypt_cost IS NOT NULL;

CREATE TABLE auth_key (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid    BLOB NOT NULL UNIQUE,
    user    BLOB NOT NULL,
    "start" TEXT NOT NULL,
    "end"   TEXT NOT NULL,
    comment TEXT,
    created INTEGER NOT NULL,
    expires INTEGER
);
CREATE INDEX auth_key_user ON auth_key (user);

-- HMAC-SHA-256 of a key under the node key, found by its first eight bytes; `auth_key` is the number
-- of the key.
CREATE TABLE auth_key_digest (
    auth_key INTEGER PRIMARY KEY,
    prefix   INTEGER NOT NULL,
    digest   BLOB NOT NULL
);
CREATE INDEX auth_key_digest_prefix ON auth_key_digest (prefix);

CREATE TABLE user_setting (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid     BLOB NOT NULL UNIQUE,
    user     BLOB NOT NULL,
    name     TEXT NOT NULL,
    folded   TEXT NOT NULL,
    value    TEXT NOT NULL,
    created  INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE INDEX user_setting_user ON user_setting (user);
CREATE INDEX user_setting_folded ON user_setting (folded);

-- `scope` is `global` or `organisation`, `permission` the name of a field of users.
CREATE TABLE permission_limitation (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid       BLOB NOT NULL UNIQUE,
    scope      TEXT NOT NULL,
    permission TEXT NOT NULL,
    folded     TEXT NOT NULL,
    max        INTEGER NOT NULL,
    comment    TEXT
);
CREATE INDEX permission_limitation_folded ON permission_limitation (folded);

CREATE TABLE organisation_group_administrator (
    organisation_group INTEGER NOT NULL,
    user               BLOB NOT NULL,
    PRIMARY KEY (organisation_group, user)
) WITHOUT ROWID;
CREATE INDEX organisation_group_administrator_user ON organisation_group_administrator (user);

ALTER TABLE mailing_list ADD COLUMN owner BLOB;
CREATE INDEX mailing_list_owner ON mailing_list (owner) WHERE owner IS NOT NULL;

-- The same tables for people.

CREATE VIEW role_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    is_default,
    admin,
    community_admin,
    group_admin,
    organisation_admin,
    sync,
    meta_field_editor,
    view_all_organisations
FROM role;

CREATE VIEW user_v AS SELECT
    u.id,
    lower(substr(hex(u.uuid),1,8)||'-'||substr(hex(u.uuid),9,4)||'-'||substr(hex(u.uuid),13,4)||'-'||substr(hex(u.uuid),17,4)||'-'||substr(hex(u.uuid),21)) AS uuid,
    u.username,
    lower(substr(hex(u.individual),1,8)||'-'||substr(hex(u.individual),9,4)||'-'||substr(hex(u.individual),13,4)||'-'||substr(hex(u.individual),17,4)||'-'||substr(hex(u.individual),21)) AS individual,
    CASE WHEN u.organisation IS NOT NULL THEN lower(substr(hex(u.organisation),1,8)||'-'||substr(hex(u.organisation),9,4)||'-'||substr(hex(u.organisation),13,4)||'-'||substr(hex(u.organisation),17,4)||'-'||substr(hex(u.organisation),21)) END AS organisation,
    r.name AS role,
    u.disabled,
    strftime('%Y-%m-%dT%H:%M:%SZ', u.password_changed, 'unixepoch') AS password_changed,
    strftime('%Y-%m-%dT%H:%M:%SZ', u.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', u.modified, 'unixepoch') AS modified
FROM user AS u
LEFT JOIN role AS r ON r.uuid = u.role;

CREATE VIEW auth_key_v AS SELECT
    k.id,
    lower(substr(hex(k.uuid),1,8)||'-'||substr(hex(k.uuid),9,4)||'-'||substr(hex(k.uuid),13,4)||'-'||substr(hex(k.uuid),17,4)||'-'||substr(hex(k.uuid),21)) AS uuid,
    u.username AS user,
    k."start",
    k."end",
    k.comment,
    strftime('%Y-%m-%dT%H:%M:%SZ', k.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', k.expires, 'unixepoch') AS expires
FROM auth_key AS k
LEFT JOIN user AS u ON u.uuid = k.user;

CREATE VIEW user_setting_v AS SELECT
    s.id,
    lower(substr(hex(s.uuid),1,8)||'-'||substr(hex(s.uuid),9,4)||'-'||substr(hex(s.uuid),13,4)||'-'||substr(hex(s.uuid),17,4)||'-'||substr(hex(s.uuid),21)) AS uuid,
    u.username AS user,
    s.name,
    s.value,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.modified, 'unixepoch') AS modified
FROM user_setting AS s
LEFT JOIN user AS u ON u.uuid = s.user;

CREATE VIEW permission_limitation_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    scope,
    permission,
    max,
    comment
FROM permission_limitation;

DROP VIEW mailing_list_v;
CREATE VIEW mailing_list_v AS SELECT
    m.id,
    lower(substr(hex(m.uuid),1,8)||'-'||substr(hex(m.uuid),9,4)||'-'||substr(hex(m.uuid),13,4)||'-'||substr(hex(m.uuid),17,4)||'-'||substr(hex(m.uuid),21)) AS uuid,
    m.name,
    m.recipients,
    m.description,
    u.username AS owner,
    m.active,
    m.individuals,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.modified, 'unixepoch') AS modified
FROM mailing_list AS m
LEFT JOIN user AS u ON u.uuid = m.owner;

DROP VIEW meta_field_v;
CREATE VIEW meta_field_v AS SELECT
    CASE m.kind WHEN 1 THEN 'organisation' WHEN 12 THEN 'user' ELSE 'individual' END AS kind,
    lower(substr(hex(coalesce(o.uuid, i.uuid, u.uuid)),1,8)||'-'||substr(hex(coalesce(o.uuid, i.uuid, u.uuid)),9,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, u.uuid)),13,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, u.uuid)),17,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, u.uuid)),21)) AS owner,
    lower(substr(hex(d.template),1,8)||'-'||substr(hex(d.template),9,4)||'-'||substr(hex(d.template),13,4)||'-'||substr(hex(d.template),17,4)||'-'||substr(hex(d.template),21)) AS template_uuid,
    d.namespace,
    d.name AS template,
    d.version,
    f.name AS field,
    m.value,
    m.normalised,
    m.flags,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.modified, 'unixepoch') AS modified
FROM meta_field AS m
JOIN name_directory AS d ON d.id = m.directory
JOIN field_name AS f ON f.id = m.field
LEFT JOIN organisation AS o ON m.kind = 1 AND o.id = m.owner
LEFT JOIN individual AS i ON m.kind = 2 AND i.id = m.owner
LEFT JOIN user AS u ON m.kind = 12 AND u.id = m.owner;

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
        WHEN 15 THEN 'permission_limitation' END AS kind,
    lower(substr(hex(f.entity),1,8)||'-'||substr(hex(f.entity),9,4)||'-'||substr(hex(f.entity),13,4)||'-'||substr(hex(f.entity),17,4)||'-'||substr(hex(f.entity),21)) AS entity,
    CASE f.action WHEN 1 THEN 'insert' WHEN 2 THEN 'update' WHEN 3 THEN 'remove' END AS "action",
    CAST(p.json AS TEXT) AS payload,
    CASE WHEN f.digest IS NOT NULL THEN lower(hex(f.digest)) END AS digest,
    CASE WHEN f.hash IS NOT NULL THEN lower(hex(f.hash)) END AS hash
FROM feed AS f
JOIN change_set AS c ON c.id = f.change_set
LEFT JOIN feed_payload AS p ON p.seq = f.seq;
