-- A tenant's own rules, which count what happened to it; null: the place's, which count everything.
ALTER TABLE alert_rules ADD COLUMN tenant BIGINT REFERENCES tenants (id);
CREATE INDEX alert_rules_tenant ON alert_rules (tenant);

-- What happened to a tenant, the latest first.
CREATE INDEX events_tenant ON events (tenant, last) WHERE tenant IS NOT NULL;
