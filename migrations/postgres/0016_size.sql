-- For ten million rows of usage (`make size`): lists by status and by model that find their rows, and what the last
-- reconciliations found, so that a page need not wait for one.
CREATE INDEX usage_events_failed ON usage_events (status, time_us, request_id) WHERE status >= 400 OR status = 0;
CREATE INDEX usage_events_model ON usage_events (model, time_us, request_id);

CREATE TABLE reconciliations (
    id BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    -- JSON
    report TEXT NOT NULL
);
CREATE INDEX reconciliations_time ON reconciliations (time);
