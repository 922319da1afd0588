-- Members have roles. Until now every member could do everything: they are owners, and so is a `member` whom a node of an
-- older build adds during a rolling upgrade.
CREATE TABLE memberships_with_roles (
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'billing', 'viewer', 'member')),
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id)
);
INSERT INTO memberships_with_roles SELECT tenant, user_id, role, created FROM memberships;
DROP TABLE memberships;
ALTER TABLE memberships_with_roles RENAME TO memberships;
CREATE INDEX memberships_user ON memberships (user_id);
