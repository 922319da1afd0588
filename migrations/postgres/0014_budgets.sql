-- How much tenants, keys and members may spend in a day, a week, a month, or at all; where a tenant's days begin; whose keys are.

-- An IANA name.
ALTER TABLE tenants ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
-- The member a key belongs to; NULL: nobody's in particular.
ALTER TABLE keys ADD COLUMN member BIGINT REFERENCES users (id);
CREATE INDEX keys_member ON keys (member, tenant);

CREATE TABLE budgets (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('tenant', 'key', 'member')),
    -- the tenant's, the key's or the user's id
    owner BIGINT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    -- whether requests that do not fit are refused
    hard BIGINT NOT NULL CHECK (hard IN (0, 1)),
    -- JSON array of parts per million of the amount; passing one is told
    steps TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX budgets_owner ON budgets (owner, owner_kind, tenant, period);
CREATE INDEX budgets_tenant ON budgets (tenant, id);

CREATE TABLE budget_windows (
    budget BIGINT NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    -- microseconds since 1970; the first that belongs to it and the first that does not
    start_us BIGINT NOT NULL,
    end_us BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    leased BIGINT NOT NULL DEFAULT 0 CHECK (leased >= 0),
    -- the highest step that was told
    told BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (budget, start_us)
);

-- What a node's epoch has drawn from a window, in running totals. Gone when it is closed.
CREATE TABLE budget_leases (
    node_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    budget BIGINT NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    start_us BIGINT NOT NULL,
    granted BIGINT NOT NULL CHECK (granted >= 0),
    settled BIGINT NOT NULL DEFAULT 0 CHECK (settled >= 0),
    returned BIGINT NOT NULL DEFAULT 0 CHECK (returned >= 0),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (node_id, epoch, budget, start_us),
    CHECK (granted - settled - returned >= 0)
);
CREATE INDEX budget_leases_window ON budget_leases (budget, start_us);
