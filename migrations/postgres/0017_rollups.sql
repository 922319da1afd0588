-- Usage rolled up further (crates/store/src/rollups): for each of a few groupings (axis) by the hour, the day and the month,
-- made from usage_hours and usage_durations when the time is over, so that charts of a year read few rows.

-- axis: 0 everything, 1 model, 2 channel, 3 tenant, 4 tenant and model, 5 tenant and channel, 6 tenant and key, 7 tenant,
-- model and channel; what it does not tell apart is 0 or ''. span: 0 an hour, 1 a day, 2 a month (UTC).
CREATE TABLE usage_rollups (
    axis BIGINT NOT NULL,
    span BIGINT NOT NULL,
    slot_us BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    -- 0 also: none answered
    channel BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    limited BIGINT NOT NULL,
    left_early BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    input BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    sale BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (axis, span, slot_us, tenant, key_id, model, channel)
);
CREATE INDEX usage_rollups_tenant ON usage_rollups (tenant, axis, span, slot_us);
CREATE INDEX usage_rollups_key ON usage_rollups (key_id, axis, span, slot_us);

-- How long requests took. what: 0 the whole answer, 1 to its first token. counts: bucket:requests, with commas between.
CREATE TABLE usage_rollup_durations (
    axis BIGINT NOT NULL,
    span BIGINT NOT NULL,
    slot_us BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    channel BIGINT NOT NULL,
    what BIGINT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (axis, span, slot_us, tenant, key_id, model, channel, what)
);
CREATE INDEX usage_rollup_durations_tenant ON usage_rollup_durations (tenant, axis, span, slot_us);
CREATE INDEX usage_rollup_durations_key ON usage_rollup_durations (key_id, axis, span, slot_us);

-- Slots whose roll-ups are not made yet, or not with all that was posted. batch: the last that posted into it, by a number
-- of its own, so that who rolls up can tell whether another came meanwhile.
CREATE TABLE usage_stale (
    span BIGINT NOT NULL,
    slot_us BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (span, slot_us)
);
INSERT INTO usage_stale (span, slot_us, batch) SELECT DISTINCT 0, hour_us, 0 FROM usage_hours;
INSERT INTO usage_stale (span, slot_us, batch)
    SELECT DISTINCT 1, hour_us / 86400000000 * 86400000000, 0 FROM usage_hours;
INSERT INTO usage_stale (span, slot_us, batch)
    SELECT DISTINCT 2, CAST(EXTRACT(EPOCH FROM date_trunc('month', to_timestamp(hour_us / 1000000) AT TIME ZONE 'UTC')) AS BIGINT)
        * 1000000, 0 FROM usage_hours;
