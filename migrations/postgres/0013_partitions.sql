-- Usage by the month, so that old months go as whole tables. What there is becomes one partition, as it stands, up to the
-- end of the month it ends in (of this one at most: later rows come from wrong clocks); what no partition takes is in
-- usage_events_default. The months to come are made by a job (crates/store/src/retention).
DO $$
DECLARE
    month_us CONSTANT TEXT := 'SELECT EXTRACT(EPOCH FROM date_trunc(''month'', TIMESTAMP ''1970-01-01'' '
        '+ $1 / 1000000 * INTERVAL ''1 second'') + $2 * INTERVAL ''1 month'')::BIGINT * 1000000';
    now_us CONSTANT BIGINT := EXTRACT(EPOCH FROM now())::BIGINT * 1000000;
    first_us BIGINT;
    last_us BIGINT;
    from_us BIGINT;
    to_us BIGINT;
BEGIN
    ALTER TABLE usage_events RENAME TO usage_events_before;
    CREATE TABLE usage_events (LIKE usage_events_before INCLUDING ALL) PARTITION BY RANGE (time_us);
    CREATE TABLE usage_events_default PARTITION OF usage_events DEFAULT;
    SELECT MIN(time_us), MAX(time_us) INTO first_us, last_us FROM usage_events_before;
    IF first_us IS NOT NULL AND first_us <= now_us THEN
        EXECUTE month_us INTO from_us USING first_us, 0;
        EXECUTE month_us INTO to_us USING LEAST(last_us, now_us), 1;
        WITH ahead AS (DELETE FROM usage_events_before WHERE time_us >= to_us RETURNING *)
        INSERT INTO usage_events SELECT * FROM ahead;
        EXECUTE format('ALTER TABLE usage_events ATTACH PARTITION usage_events_before FOR VALUES FROM (%s) TO (%s)', from_us, to_us);
    ELSE
        INSERT INTO usage_events SELECT * FROM usage_events_before;
        DROP TABLE usage_events_before;
    END IF;
END $$;

-- What was charged in rows that are no more, by the day: with the rows that are left they come to what transfers and
-- roll-ups say. units: all kinds, as in usage_hours.
CREATE TABLE usage_days (
    day_us BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    -- 0: none answered
    channel BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    limited BIGINT NOT NULL,
    left_early BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    input BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write_5m BIGINT NOT NULL,
    cache_write_1h BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    audio_input BIGINT NOT NULL,
    audio_output BIGINT NOT NULL,
    image_input BIGINT NOT NULL,
    image_output BIGINT NOT NULL,
    web_searches BIGINT NOT NULL,
    sale BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (day_us, tenant, key_id, model, channel)
);

-- Up to when rows may have been frozen into days: from there on every transfer still has all of its rows, but for what
-- usage_frozen_charges has of those that were posted later.
CREATE TABLE usage_frozen (one BIGINT PRIMARY KEY CHECK (one = 1), until_us BIGINT NOT NULL);
INSERT INTO usage_frozen (one, until_us) VALUES (1, 0);
CREATE TABLE usage_frozen_charges (
    transfer BIGINT PRIMARY KEY,
    sale BIGINT NOT NULL
);

-- When everything that was written to a segment was last seen posted: a node that is away cannot say so.
ALTER TABLE journal_segments ADD COLUMN drained_us BIGINT NOT NULL DEFAULT 0;
