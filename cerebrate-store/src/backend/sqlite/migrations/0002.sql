-- The hash chain of the feed. `hash` was reserved by the first schema; rows older than the chain
-- have none, and hang under one genesis, which is a setting. What was written is covered by a salted
-- digest: payload and salt can go, the digest stays.

ALTER TABLE feed ADD COLUMN digest BLOB;
ALTER TABLE feed_payload ADD COLUMN salt BLOB;

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
        WHEN 9 THEN 'enumeration_collection' WHEN 10 THEN 'encryption_key' END AS kind,
    lower(substr(hex(f.entity),1,8)||'-'||substr(hex(f.entity),9,4)||'-'||substr(hex(f.entity),13,4)||'-'||substr(hex(f.entity),17,4)||'-'||substr(hex(f.entity),21)) AS entity,
    CASE f.action WHEN 1 THEN 'insert' WHEN 2 THEN 'update' WHEN 3 THEN 'remove' END AS "action",
    CAST(p.json AS TEXT) AS payload,
    CASE WHEN f.digest IS NOT NULL THEN lower(hex(f.digest)) END AS digest,
    CASE WHEN f.hash IS NOT NULL THEN lower(hex(f.hash)) END AS hash
FROM feed AS f
JOIN change_set AS c ON c.id = f.change_set
LEFT JOIN feed_payload AS p ON p.seq = f.seq;
