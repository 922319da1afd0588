-- Members have roles. Until now every member could do everything: they are owners, and so is a `member` whom a node of an
-- older build adds during a rolling upgrade.
ALTER TABLE memberships DROP CONSTRAINT memberships_role_check;
ALTER TABLE memberships ADD CONSTRAINT memberships_role_check
    CHECK (role IN ('owner', 'admin', 'developer', 'billing', 'viewer', 'member'));
