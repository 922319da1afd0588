-- A tenant's requests for a model and a channel's requests, found without reading the others; and the errors of a tenant, key,
-- model or channel, which are few among its requests, with all else that they are asked by.
CREATE INDEX usage_events_tenant_model ON usage_events (tenant, model, time_us, request_id);
CREATE INDEX usage_events_channel ON usage_events (channel, time_us, request_id);
CREATE INDEX usage_events_tenant_errors ON usage_events (tenant, time_us, request_id, status, key_id, model, channel)
    WHERE status >= 400 OR status = 0;
CREATE INDEX usage_events_key_errors ON usage_events (key_id, time_us, request_id, status, tenant, model, channel)
    WHERE status >= 400 OR status = 0;
CREATE INDEX usage_events_model_errors ON usage_events (model, time_us, request_id, status, tenant, key_id, channel)
    WHERE status >= 400 OR status = 0;
CREATE INDEX usage_events_channel_errors ON usage_events (channel, time_us, request_id, status, tenant, key_id, model)
    WHERE status >= 400 OR status = 0;
