-- Usage that is old is frozen into sums by the day and deleted (crates/store/src/retention). SQLite has no partitions.

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
