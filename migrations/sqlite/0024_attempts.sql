-- What attempts that failed cost all the same, by what their upstream told before it failed. Never the caller's: booked to their
-- own channel, in the transaction that posts the request's row. Frozen with the row, into usage_days.
CREATE TABLE attempt_costs (
    time_us BIGINT NOT NULL,
    request_id BLOB NOT NULL,
    -- its place among the request's attempts
    attempt BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    channel BIGINT NOT NULL,
    cost_price BIGINT,
    cost BIGINT NOT NULL CHECK (cost > 0),
    PRIMARY KEY (time_us, request_id, attempt)
) WITHOUT ROWID;
