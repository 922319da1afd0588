-- Who may call, through what, at which price; who may manage; what was changed by whom.
-- Flags, money and microsecond times are BIGINT, JSON is TEXT: the same text of SQL reads both databases.

CREATE TABLE tenants (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    frozen BIGINT NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
    created BIGINT NOT NULL
);

CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    -- lower case, trimmed
    email TEXT NOT NULL UNIQUE,
    -- argon2id in PHC form
    password TEXT NOT NULL,
    admin BIGINT NOT NULL CHECK (admin IN (0, 1)),
    created BIGINT NOT NULL
);

CREATE TABLE memberships (
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('member')),
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
    -- SHA-256 of the id in the cookie
    hash BYTEA PRIMARY KEY,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    data BYTEA NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_user ON sessions (user_id);

-- Failed sign-ins per account and per address, in windows.
CREATE TABLE sign_in_failures (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_start BIGINT NOT NULL
);

CREATE TABLE keys (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    last4 TEXT NOT NULL,
    -- SHA-256 of the secret
    hash BYTEA NOT NULL UNIQUE,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    expires BIGINT,
    -- JSON arrays of strings; NULL: all
    models TEXT,
    endpoints TEXT,
    ip_allow TEXT,
    created BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX keys_tenant ON keys (tenant, id);

CREATE TABLE prices (
    id BIGINT PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('sale', 'cost')),
    model TEXT NOT NULL,
    channel BIGINT,
    -- counts up within (scope, model, channel)
    version BIGINT NOT NULL,
    -- JSON object of decimal strings, USD per million units
    rates TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    CHECK ((scope = 'cost') = (channel IS NOT NULL))
);
CREATE UNIQUE INDEX prices_version ON prices (scope, model, COALESCE(channel, 0), version);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER prices_immutable BEFORE UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER prices_no_truncate BEFORE TRUNCATE ON prices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE models (
    name TEXT PRIMARY KEY,
    sale_price BIGINT REFERENCES prices (id),
    max_output BIGINT CHECK (max_output > 0),
    created BIGINT NOT NULL
);

CREATE TABLE channels (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    base_url TEXT NOT NULL,
    -- JSON array of dialects, preferred first
    dialects TEXT NOT NULL,
    priority BIGINT NOT NULL,
    weight BIGINT NOT NULL CHECK (weight >= 0),
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    -- JSON object
    timeouts TEXT NOT NULL,
    allow_private_network BIGINT NOT NULL CHECK (allow_private_network IN (0, 1)),
    created BIGINT NOT NULL,
    -- the row stays, so that old requests keep their channel's name; its secrets do not
    deleted_at BIGINT
);
CREATE UNIQUE INDEX channels_name ON channels (name) WHERE deleted_at IS NULL;

CREATE TABLE credentials (
    id BIGINT PRIMARY KEY,
    channel BIGINT NOT NULL REFERENCES channels (id),
    name TEXT NOT NULL,
    -- sealed with this row's and its channel's id
    secret BYTEA NOT NULL,
    last4 TEXT NOT NULL,
    weight BIGINT NOT NULL CHECK (weight >= 0),
    created BIGINT NOT NULL,
    UNIQUE (channel, name)
);

CREATE TABLE channel_models (
    channel BIGINT NOT NULL REFERENCES channels (id),
    model TEXT NOT NULL,
    upstream TEXT NOT NULL,
    cost_price BIGINT REFERENCES prices (id),
    PRIMARY KEY (channel, model)
);
CREATE INDEX channel_models_model ON channel_models (model);

CREATE TABLE tokens (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    read_only BIGINT NOT NULL CHECK (read_only IN (0, 1)),
    created BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    actor TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    -- JSON objects, never with a secret
    before TEXT,
    after TEXT
);
CREATE INDEX audit_target ON audit (target, id);
CREATE TRIGGER audit_immutable BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    -- who works on it: only that attempt may have the effect
    attempt BIGINT NOT NULL,
    -- 1 from the transaction on that had the effect
    effect BIGINT NOT NULL DEFAULT 0 CHECK (effect IN (0, 1)),
    status BIGINT,
    -- sealed: an answer may hold a new key's secret
    answer BYTEA,
    created BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_created ON idempotency (created);

-- What running nodes must learn. The one row of `revision` is locked by every change, so ids commit in order.
CREATE TABLE revision (one BIGINT PRIMARY KEY CHECK (one = 1), id BIGINT NOT NULL);
INSERT INTO revision (one, id) VALUES (1, 0);
CREATE TABLE changes (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    target BIGINT NOT NULL,
    time BIGINT NOT NULL
);

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
