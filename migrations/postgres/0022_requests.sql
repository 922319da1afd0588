-- A tenant's requests for a model and a channel's requests, found without reading the others; and errors with all that they
-- are asked by, so that those of a tenant, key, channel or model that has none are not looked for in its rows.
CREATE INDEX usage_events_tenant_model ON usage_events (tenant, model, time_us, request_id);
CREATE INDEX usage_events_channel ON usage_events (channel, time_us, request_id);
-- Since usage is kept by the month it has the name that PostgreSQL gave it.
DO $$
DECLARE
    found REGCLASS;
BEGIN
    SELECT indexrelid::REGCLASS INTO STRICT found FROM pg_index
    WHERE indrelid = 'usage_events'::REGCLASS AND indpred IS NOT NULL
        AND indexrelid <> 'usage_events_failed'::REGCLASS;
    EXECUTE format('DROP INDEX %s', found);
END $$;
CREATE INDEX usage_events_errors ON usage_events (time_us, request_id, tenant, key_id, channel, model)
    WHERE status >= 400 OR status = 0;
DROP INDEX usage_events_failed;
CREATE INDEX usage_events_failed ON usage_events (status, time_us, request_id, tenant, key_id, channel, model)
    WHERE status >= 400 OR status = 0;
