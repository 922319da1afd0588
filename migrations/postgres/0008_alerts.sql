-- Who is told of which events, from how many in how long on.
CREATE TABLE alert_rules (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    -- JSON array of kinds of events; empty: all
    kinds TEXT NOT NULL,
    threshold BIGINT NOT NULL CHECK (threshold > 0),
    window_seconds BIGINT NOT NULL CHECK (window_seconds > 0),
    -- JSON array of addresses
    emails TEXT NOT NULL,
    webhook TEXT,
    -- signs what the webhook gets; sealed
    webhook_secret BYTEA,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    -- microseconds since 1970; events before it are told already
    told_until BIGINT NOT NULL,
    created BIGINT NOT NULL
);

-- What one node does for all: until when each job was last done.
CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    done_until BIGINT NOT NULL
);

-- The addresses each key has come from.
CREATE TABLE key_addresses (
    key_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (key_id, address)
);
