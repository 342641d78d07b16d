-- The first schema. UUIDs are 16-byte blobs, times are Unix seconds in UTC; the views at the end
-- show both as text. `folded` columns hold text without case and accents.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE organisation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid        BLOB NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    folded      TEXT NOT NULL,
    name_key    INTEGER NOT NULL,
    url         TEXT,
    nationality TEXT,
    country     TEXT,
    sector      TEXT,
    kind        TEXT,
    contacts    TEXT,
    flags       TEXT,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
);
CREATE INDEX organisation_folded ON organisation (folded);
CREATE INDEX organisation_name_key ON organisation (name_key);
CREATE INDEX organisation_country ON organisation (country) WHERE country IS NOT NULL;
CREATE INDEX organisation_modified ON organisation (modified);

CREATE TABLE individual (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid       BLOB NOT NULL UNIQUE,
    email      TEXT NOT NULL,
    folded     TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    name_key   INTEGER NOT NULL,
    position   TEXT,
    flags      TEXT,
    created    INTEGER NOT NULL,
    modified   INTEGER NOT NULL
);
CREATE INDEX individual_folded ON individual (folded);
CREATE INDEX individual_name_key ON individual (name_key);
CREATE INDEX individual_modified ON individual (modified);

CREATE TABLE alignment (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid         BLOB NOT NULL UNIQUE,
    individual   BLOB NOT NULL,
    organisation BLOB NOT NULL,
    role         TEXT NOT NULL,
    created      INTEGER NOT NULL
);
CREATE INDEX alignment_individual ON alignment (individual);
CREATE INDEX alignment_organisation ON alignment (organisation);

CREATE TABLE tag (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid   BLOB NOT NULL UNIQUE,
    name   TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL
);

-- `kind` is that of the feed: 1 organisation, 2 individual, 8 organisation group.
CREATE TABLE tagging (
    kind  INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    tag   INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, tag)
) WITHOUT ROWID;
CREATE INDEX tagging_tag ON tagging (tag, kind, owner);

-- Every template version ever seen, stored here or not.
CREATE TABLE name_directory (
    id        INTEGER PRIMARY KEY,
    template  BLOB NOT NULL,
    version   INTEGER NOT NULL,
    name      TEXT NOT NULL,
    namespace TEXT NOT NULL,
    UNIQUE (template, version)
);

CREATE TABLE meta_template (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid        BLOB NOT NULL UNIQUE,
    template    BLOB NOT NULL,
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    namespace   TEXT NOT NULL,
    description TEXT,
    scope       TEXT NOT NULL,
    source      TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    is_default  INTEGER NOT NULL,
    fields      TEXT NOT NULL,
    UNIQUE (template, version)
);

CREATE TABLE field_name (
    id       INTEGER PRIMARY KEY,
    template BLOB NOT NULL,
    name     TEXT NOT NULL,
    UNIQUE (template, name)
);

CREATE TABLE meta_field (
    kind       INTEGER NOT NULL,
    owner      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    directory  INTEGER NOT NULL,
    field      INTEGER NOT NULL,
    value      TEXT NOT NULL,
    normalised TEXT,
    value_key  INTEGER NOT NULL,
    flags      TEXT,
    created    INTEGER NOT NULL,
    modified   INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, position)
) WITHOUT ROWID;
CREATE INDEX meta_field_value ON meta_field (field, value_key);

CREATE TABLE sharing_group (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid          BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    folded        TEXT NOT NULL,
    releasability TEXT NOT NULL,
    description   TEXT,
    owner         BLOB NOT NULL,
    active        INTEGER NOT NULL,
    local         INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    modified      INTEGER NOT NULL
);
CREATE INDEX sharing_group_folded ON sharing_group (folded);
CREATE INDEX sharing_group_owner ON sharing_group (owner);

CREATE TABLE sharing_group_member (
    sharing_group INTEGER NOT NULL,
    organisation  BLOB NOT NULL,
    extend        INTEGER NOT NULL,
    PRIMARY KEY (sharing_group, organisation)
) WITHOUT ROWID;
CREATE INDEX sharing_group_member_organisation ON sharing_group_member (organisation);

CREATE TABLE mailing_list (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid        BLOB NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    folded      TEXT NOT NULL,
    recipients  TEXT,
    description TEXT,
    active      INTEGER NOT NULL,
    individuals TEXT NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
);
CREATE INDEX mailing_list_folded ON mailing_list (folded);

CREATE TABLE organisation_group (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid        BLOB NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    folded      TEXT NOT NULL,
    description TEXT,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
);
CREATE INDEX organisation_group_folded ON organisation_group (folded);

CREATE TABLE organisation_group_member (
    organisation_group INTEGER NOT NULL,
    organisation       BLOB NOT NULL,
    PRIMARY KEY (organisation_group, organisation)
) WITHOUT ROWID;
CREATE INDEX organisation_group_member_organisation ON organisation_group_member (organisation);

CREATE TABLE enumeration_collection (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid        BLOB NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    folded      TEXT NOT NULL,
    description TEXT,
    target      TEXT NOT NULL,
    field       TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    "values"    TEXT NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
);
CREATE INDEX enumeration_collection_folded ON enumeration_collection (folded);

CREATE TABLE encryption_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid       BLOB NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    owner_kind INTEGER NOT NULL,
    owner      BLOB NOT NULL,
    text       TEXT NOT NULL,
    revoked    INTEGER NOT NULL,
    expires    INTEGER,
    created    INTEGER NOT NULL,
    modified   INTEGER NOT NULL
);
CREATE INDEX encryption_key_owner ON encryption_key (owner);

-- Whom an organisation serves, read from its meta-fields: what `who` asks.
-- IPv4: key = network * 64 + length. IPv6: 16 bytes of network, one of length.
CREATE TABLE claim_prefix4 (
    key INTEGER NOT NULL, owner INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (key, owner, position)
) WITHOUT ROWID;
CREATE INDEX claim_prefix4_owner ON claim_prefix4 (owner);
CREATE TABLE claim_prefix6 (
    key BLOB NOT NULL, owner INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (key, owner, position)
) WITHOUT ROWID;
CREATE INDEX claim_prefix6_owner ON claim_prefix6 (owner);
CREATE TABLE claim_asn (
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    owner INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (first, last, owner, position)
) WITHOUT ROWID;
CREATE INDEX claim_asn_owner ON claim_asn (owner);
CREATE INDEX claim_asn_range ON claim_asn (first) WHERE last > first;
-- kind: 1 domain suffix, 2 country, 3 sector
CREATE TABLE claim_text (
    kind INTEGER NOT NULL, text TEXT NOT NULL, owner INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (kind, text, owner, position)
) WITHOUT ROWID;
CREATE INDEX claim_text_owner ON claim_text (owner);
CREATE TABLE claim_unreadable (
    owner INTEGER NOT NULL, position INTEGER NOT NULL, problem TEXT NOT NULL,
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

-- Substring search: an index of trigrams that finds candidates; each is looked at before it is
-- an answer. The row id is local id * 4 + 0 for organisations, + 1 for individuals.
CREATE VIRTUAL TABLE search USING fts5 (
    text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE search_term USING fts5vocab (search, row);

-- Who a row of an earlier import was.
CREATE TABLE external_id (
    source   TEXT NOT NULL,
    external TEXT NOT NULL,
    kind     INTEGER NOT NULL,
    uuid     BLOB NOT NULL,
    PRIMARY KEY (source, external, kind)
) WITHOUT ROWID;

CREATE TABLE change_set (
    id      INTEGER PRIMARY KEY,
    uuid    BLOB NOT NULL UNIQUE,
    time    INTEGER NOT NULL,
    actor   TEXT,
    origin  TEXT NOT NULL,
    summary TEXT
);

-- The change feed: metadata here, payloads apart so that they can be erased. Sequence order is
-- commit order.
CREATE TABLE feed (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    change_set INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    entity     BLOB NOT NULL,
    local_id   INTEGER NOT NULL,
    action     INTEGER NOT NULL,
    hash       BLOB
);
CREATE INDEX feed_entity ON feed (entity);
CREATE INDEX feed_change_set ON feed (change_set);
CREATE TABLE feed_payload (
    seq  INTEGER PRIMARY KEY,
    json BLOB NOT NULL
);

-- The same tables for people: text UUIDs, ISO times.

CREATE VIEW organisation_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    url,
    nationality,
    country,
    sector,
    kind,
    contacts,
    flags,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM organisation;

CREATE VIEW individual_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    email,
    first_name,
    last_name,
    position,
    flags,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM individual;

CREATE VIEW alignment_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    lower(substr(hex(individual),1,8)||'-'||substr(hex(individual),9,4)||'-'||substr(hex(individual),13,4)||'-'||substr(hex(individual),17,4)||'-'||substr(hex(individual),21)) AS individual,
    lower(substr(hex(organisation),1,8)||'-'||substr(hex(organisation),9,4)||'-'||substr(hex(organisation),13,4)||'-'||substr(hex(organisation),17,4)||'-'||substr(hex(organisation),21)) AS organisation,
    role,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created
FROM alignment;

CREATE VIEW tag_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    colour
FROM tag;

CREATE VIEW meta_template_v AS SELECT
    id,
    lower(substr(hex(template),1,8)||'-'||substr(hex(template),9,4)||'-'||substr(hex(template),13,4)||'-'||substr(hex(template),17,4)||'-'||substr(hex(template),21)) AS template,
    version,
    name,
    namespace,
    description,
    scope,
    source,
    enabled,
    is_default,
    fields
FROM meta_template;

CREATE VIEW sharing_group_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    releasability,
    description,
    lower(substr(hex(owner),1,8)||'-'||substr(hex(owner),9,4)||'-'||substr(hex(owner),13,4)||'-'||substr(hex(owner),17,4)||'-'||substr(hex(owner),21)) AS owner,
    active,
    local,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM sharing_group;

CREATE VIEW mailing_list_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    recipients,
    description,
    active,
    individuals,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM mailing_list;

CREATE VIEW organisation_group_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    description,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM organisation_group;

CREATE VIEW enumeration_collection_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    name,
    description,
    target,
    field,
    enabled,
    "values",
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM enumeration_collection;

CREATE VIEW encryption_key_v AS SELECT
    id,
    lower(substr(hex(uuid),1,8)||'-'||substr(hex(uuid),9,4)||'-'||substr(hex(uuid),13,4)||'-'||substr(hex(uuid),17,4)||'-'||substr(hex(uuid),21)) AS uuid,
    kind,
    owner_kind,
    lower(substr(hex(owner),1,8)||'-'||substr(hex(owner),9,4)||'-'||substr(hex(owner),13,4)||'-'||substr(hex(owner),17,4)||'-'||substr(hex(owner),21)) AS owner,
    text,
    revoked,
    strftime('%Y-%m-%dT%H:%M:%SZ', expires, 'unixepoch') AS expires,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified
FROM encryption_key;

CREATE VIEW meta_field_v AS SELECT
    CASE m.kind WHEN 1 THEN 'organisation' ELSE 'individual' END AS kind,
    lower(substr(hex(coalesce(o.uuid, i.uuid)),1,8)||'-'||substr(hex(coalesce(o.uuid, i.uuid)),9,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid)),13,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid)),17,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid)),21)) AS owner,
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
LEFT JOIN individual AS i ON m.kind = 2 AND i.id = m.owner;

CREATE VIEW sharing_group_member_v AS SELECT
    lower(substr(hex(g.uuid),1,8)||'-'||substr(hex(g.uuid),9,4)||'-'||substr(hex(g.uuid),13,4)||'-'||substr(hex(g.uuid),17,4)||'-'||substr(hex(g.uuid),21)) AS sharing_group,
    lower(substr(hex(m.organisation),1,8)||'-'||substr(hex(m.organisation),9,4)||'-'||substr(hex(m.organisation),13,4)||'-'||substr(hex(m.organisation),17,4)||'-'||substr(hex(m.organisation),21)) AS organisation,
    m.extend
FROM sharing_group_member AS m
JOIN sharing_group AS g ON g.id = m.sharing_group;

CREATE VIEW organisation_group_member_v AS SELECT
    lower(substr(hex(g.uuid),1,8)||'-'||substr(hex(g.uuid),9,4)||'-'||substr(hex(g.uuid),13,4)||'-'||substr(hex(g.uuid),17,4)||'-'||substr(hex(g.uuid),21)) AS organisation_group,
    lower(substr(hex(m.organisation),1,8)||'-'||substr(hex(m.organisation),9,4)||'-'||substr(hex(m.organisation),13,4)||'-'||substr(hex(m.organisation),17,4)||'-'||substr(hex(m.organisation),21)) AS organisation
FROM organisation_group_member AS m
JOIN organisation_group AS g ON g.id = m.organisation_group;

CREATE VIEW tagging_v AS SELECT
    CASE m.kind WHEN 1 THEN 'organisation' WHEN 2 THEN 'individual' ELSE 'organisation_group' END AS kind,
    lower(substr(hex(coalesce(o.uuid, i.uuid, g.uuid)),1,8)||'-'||substr(hex(coalesce(o.uuid, i.uuid, g.uuid)),9,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, g.uuid)),13,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, g.uuid)),17,4)||'-'||substr(hex(coalesce(o.uuid, i.uuid, g.uuid)),21)) AS owner,
    t.name AS tag
FROM tagging AS m
JOIN tag AS t ON t.id = m.tag
LEFT JOIN organisation AS o ON m.kind = 1 AND o.id = m.owner
LEFT JOIN individual AS i ON m.kind = 2 AND i.id = m.owner
LEFT JOIN organisation_group AS g ON m.kind = 8 AND g.id = m.owner;

CREATE VIEW feed_v AS SELECT
    f.seq,
    lower(substr(hex(c.uuid),1,8)||'-'||substr(hex(c.uuid),9,4)||'-'||substr(hex(c.uuid),13,4)||'-'||substr(hex(c.uuid),17,4)||'-'||substr(hex(c.uuid),21)) AS change_set,
    strftime('%Y-%m-%dT%H:%M:%SZ', c.time, 'unixepoch') AS time,
    c.actor,
    c.origin,
    CASE f.kind WHEN 1 THEN 'organisation' WHEN 2 THEN 'individual' WHEN 3 THEN 'alignment'
        WHEN 4 THEN 'tag' WHEN 5 THEN 'meta_template' WHEN 6 THEN 'sharing_group'
        WHEN 7 THEN 'mailing_list' WHEN 8 THEN 'organisation_group'
        WHEN 9 THEN 'enumeration_collection' WHEN 10 THEN 'encryption_key' END AS kind,
    lower(substr(hex(f.entity),1,8)||'-'||substr(hex(f.entity),9,4)||'-'||substr(hex(f.entity),13,4)||'-'||substr(hex(f.entity),17,4)||'-'||substr(hex(f.entity),21)) AS entity,
    CASE f.action WHEN 1 THEN 'insert' WHEN 2 THEN 'update' WHEN 3 THEN 'remove' END AS "action",
    CAST(p.json AS TEXT) AS payload
FROM feed AS f
JOIN change_set AS c ON c.id = f.change_set
LEFT JOIN feed_payload AS p ON p.seq = f.seq;
