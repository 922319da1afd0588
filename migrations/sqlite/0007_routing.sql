-- How channels are treated: tags, region, limits, headers and parameters as one JSON object; the proxy is sealed, as it may
-- hold a password.
ALTER TABLE channels ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE channels ADD COLUMN proxy BLOB;

-- How a model's requests find their channel: a JSON object of strategy, fallbacks, rules.
CREATE TABLE routes (
    model TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    changed BIGINT NOT NULL
);

-- Requests and tokens a minute, requests at once: a JSON object.
ALTER TABLE keys ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
-- What rules call a tenant by; '' is none.
ALTER TABLE tenants ADD COLUMN tenant_group TEXT NOT NULL DEFAULT '';

-- What happened on the way that people should know: failovers, breakers, refused credentials, limits that were met. Alike
-- ones of one minute and node are one row that counts.
CREATE TABLE events (
    id BIGINT PRIMARY KEY,
    -- microseconds since 1970, of the first and of the last
    time BIGINT NOT NULL,
    last BIGINT NOT NULL,
    kind TEXT NOT NULL,
    model TEXT NOT NULL,
    channel BIGINT,
    credential BIGINT,
    tenant BIGINT,
    key_id BIGINT,
    -- of the last one
    request TEXT,
    detail TEXT NOT NULL,
    count BIGINT NOT NULL
);
CREATE INDEX events_time ON events (time);
