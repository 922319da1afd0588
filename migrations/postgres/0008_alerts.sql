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
