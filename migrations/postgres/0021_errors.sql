-- Errors by status with what else they are asked by, so that those of one key are found without reading all the others.
DROP INDEX usage_events_failed;
CREATE INDEX usage_events_failed ON usage_events (status, time_us, request_id, key_id, tenant)
    WHERE status >= 400 OR status = 0;
