-- Sharing groups that are edited on several nodes. `membership` is a digest of the members: equal for
-- groups with equal members. The replica of a group knows who wrote what; it is kept by UUID and not
-- in the row of the group, so that it outlives a removal that is undone later.

ALTER TABLE sharing_group ADD COLUMN membership BLOB;
CREATE INDEX sharing_group_membership ON sharing_group (membership);

CREATE TABLE sharing_group_replica (
    uuid    BLOB PRIMARY KEY,
    replica TEXT NOT NULL
);

DROP VIEW sharing_group_v;
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
    strftime('%Y-%m-%dT%H:%M:%SZ', modified, 'unixepoch') AS modified,
    lower(hex(membership)) AS membership
FROM sharing_group;
