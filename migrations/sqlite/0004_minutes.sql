-- Sums by the minute beside those by the hour, kept for some days; errors by who failed; and how long requests took, in
-- buckets fine enough for percentiles (crates/domain/src/histogram.rs). The coarse buckets of usage_hours go: nothing reads
-- them, and no release wrote them.

ALTER TABLE usage_hours ADD COLUMN limited BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_hours ADD COLUMN left_early BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_hours ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_hours DROP COLUMN latency_100ms;
ALTER TABLE usage_hours DROP COLUMN latency_250ms;
ALTER TABLE usage_hours DROP COLUMN latency_500ms;
ALTER TABLE usage_hours DROP COLUMN latency_1s;
ALTER TABLE usage_hours DROP COLUMN latency_2500ms;
ALTER TABLE usage_hours DROP COLUMN latency_5s;
ALTER TABLE usage_hours DROP COLUMN latency_10s;
ALTER TABLE usage_hours DROP COLUMN latency_30s;
ALTER TABLE usage_hours DROP COLUMN latency_60s;
ALTER TABLE usage_hours DROP COLUMN latency_more;
ALTER TABLE usage_hours DROP COLUMN ttft_100ms;
ALTER TABLE usage_hours DROP COLUMN ttft_250ms;
ALTER TABLE usage_hours DROP COLUMN ttft_500ms;
ALTER TABLE usage_hours DROP COLUMN ttft_1s;
ALTER TABLE usage_hours DROP COLUMN ttft_2500ms;
ALTER TABLE usage_hours DROP COLUMN ttft_5s;
ALTER TABLE usage_hours DROP COLUMN ttft_10s;
ALTER TABLE usage_hours DROP COLUMN ttft_30s;
ALTER TABLE usage_hours DROP COLUMN ttft_60s;
ALTER TABLE usage_hours DROP COLUMN ttft_more;

-- errors: all of 400 and more, and of no answer. Of those, limited: 429; left_early: 499, the caller left; failed: 500 and
-- more, and no answer.
CREATE TABLE usage_minutes (
    minute_us BIGINT NOT NULL,
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
    PRIMARY KEY (minute_us, tenant, key_id, model, channel)
) WITHOUT ROWID;

-- How many requests took how long. span_us: the length of the slot, a minute or an hour. what: 0 the whole answer, 1 to its
-- first token.
CREATE TABLE usage_durations (
    span_us BIGINT NOT NULL,
    slot_us BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    channel BIGINT NOT NULL,
    what BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (span_us, slot_us, tenant, key_id, model, channel, what, bucket)
) WITHOUT ROWID;
CREATE INDEX usage_minutes_tenant ON usage_minutes (tenant, minute_us);
CREATE INDEX usage_durations_tenant ON usage_durations (tenant, span_us, slot_us);

-- The newest errors, without reading what went well.
CREATE INDEX usage_events_errors ON usage_events (time_us, request_id, tenant) WHERE status >= 400 OR status = 0;
