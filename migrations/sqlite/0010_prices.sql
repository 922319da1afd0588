-- A sale price may be one group of tenants' own; '' is everybody's.
ALTER TABLE prices ADD COLUMN tenant_group TEXT NOT NULL DEFAULT '';

-- What holds, or will, besides `models.sale_price` and `channel_models.cost_price`: versions that begin later, and groups'
-- own. A version itself never changes; one that was cancelled or followed by another has no row here.
CREATE TABLE standing_prices (
    price BIGINT PRIMARY KEY REFERENCES prices (id),
    -- microseconds since 1970; 0: at once
    begins BIGINT NOT NULL
);

-- What the tenants of a group pay and may call. A tenant may be in a group that has no row: it has the usual terms.
CREATE TABLE tenant_groups (
    name TEXT PRIMARY KEY,
    -- parts per million
    multiplier BIGINT NOT NULL CHECK (multiplier >= 0),
    -- JSON array of names; NULL: all
    models TEXT,
    created BIGINT NOT NULL
);
