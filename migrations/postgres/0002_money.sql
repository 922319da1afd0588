-- Money: accounts and transfers, leases on wallets, one row a request, roll-ups of them, and how far journals are posted.
-- Amounts are nano-USD, times microseconds since 1970, all BIGINT.

CREATE TABLE accounts (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('wallet', 'receivable', 'revenue', 'cost', 'payable', 'clearing', 'promotions', 'writeoff')),
    -- of a wallet or receivable
    tenant BIGINT REFERENCES tenants (id),
    -- of a payable
    provider TEXT,
    -- credits less debits of its transfers
    posted BIGINT NOT NULL DEFAULT 0,
    -- drawn by nodes and neither settled nor returned
    leased BIGINT NOT NULL DEFAULT 0 CHECK (leased >= 0),
    credit_limit BIGINT NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    -- how many transfers of a wallet there are: the order in which its balance runs
    lines BIGINT NOT NULL DEFAULT 0,
    CHECK ((kind IN ('wallet', 'receivable')) = (tenant IS NOT NULL)),
    CHECK ((kind = 'payable') = (provider IS NOT NULL)),
    CHECK (kind = 'wallet' OR (leased = 0 AND credit_limit = 0)),
    CHECK (kind <> 'wallet' OR posted + credit_limit - leased >= 0)
);
CREATE UNIQUE INDEX accounts_owner ON accounts (kind, COALESCE(tenant, 0), COALESCE(provider, ''));
CREATE INDEX accounts_tenant ON accounts (tenant, kind);
INSERT INTO accounts (id, kind) VALUES (1, 'revenue'), (2, 'cost'), (3, 'clearing'), (4, 'promotions'), (5, 'writeoff');

CREATE TABLE transfers (
    id BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    debit_account BIGINT NOT NULL REFERENCES accounts (id),
    credit_account BIGINT NOT NULL REFERENCES accounts (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    kind TEXT NOT NULL CHECK (kind IN ('usage', 'cost', 'topup', 'refund', 'adjustment', 'bonus', 'writeoff', 'chargeback')),
    reference TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    -- where a wallet is touched: whose, the number of its line, and its posted amount after it
    tenant BIGINT REFERENCES tenants (id),
    line BIGINT,
    balance BIGINT,
    CHECK (debit_account <> credit_account),
    CHECK ((tenant IS NULL) = (line IS NULL) AND (tenant IS NULL) = (balance IS NULL))
);
CREATE UNIQUE INDEX transfers_line ON transfers (tenant, line);
CREATE INDEX transfers_debit ON transfers (debit_account);
CREATE INDEX transfers_credit ON transfers (credit_account);
CREATE TRIGGER transfers_immutable BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a node's epoch has drawn from a wallet, in running totals.
CREATE TABLE leases (
    node_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    granted BIGINT NOT NULL CHECK (granted >= 0),
    settled BIGINT NOT NULL DEFAULT 0 CHECK (settled >= 0),
    returned BIGINT NOT NULL DEFAULT 0 CHECK (returned >= 0),
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'suspect', 'closed')),
    PRIMARY KEY (node_id, epoch, tenant),
    CHECK (granted - settled - returned >= 0),
    CHECK (state <> 'closed' OR granted = settled + returned)
);
CREATE INDEX leases_account ON leases (account_id);
CREATE INDEX leases_expiry ON leases (state, expires_at);

-- Every draw, so that asking again with the same id gives the same grant.
CREATE TABLE lease_draws (
    draw_id BYTEA PRIMARY KEY,
    node_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    time BIGINT NOT NULL
);
CREATE INDEX lease_draws_time ON lease_draws (time);

-- Requests to all nodes (but the one that asks) to give back what lies idle of a tenant's leases.
CREATE TABLE recalls (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    -- empty: asked by no node
    node_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX recalls_expiry ON recalls (expires_at);

-- One row a request. `time_us` is the time in `request_id`.
CREATE TABLE usage_events (
    time_us BIGINT NOT NULL,
    request_id BYTEA NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    dialect TEXT NOT NULL,
    stream BIGINT NOT NULL,
    sale_price BIGINT NOT NULL,
    unit_prices TEXT NOT NULL,
    hold BIGINT NOT NULL,
    end_state TEXT NOT NULL,
    status BIGINT NOT NULL,
    error_code TEXT NOT NULL,
    channel BIGINT,
    credential BIGINT,
    cost_price BIGINT,
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
    usage_source TEXT NOT NULL,
    sale BIGINT NOT NULL CHECK (sale >= 0),
    cost BIGINT NOT NULL CHECK (cost >= 0),
    latency_us BIGINT NOT NULL,
    ttft_us BIGINT,
    overhead_us BIGINT NOT NULL,
    attempt_count BIGINT NOT NULL,
    -- JSON array
    attempts TEXT NOT NULL,
    decision TEXT NOT NULL,
    client_request_id TEXT,
    -- the usage transfer that charged it; NULL where nothing was charged
    transfer BIGINT,
    PRIMARY KEY (time_us, request_id)
);
CREATE INDEX usage_events_tenant ON usage_events (tenant, time_us, request_id);
CREATE INDEX usage_events_key ON usage_events (key_id, time_us, request_id);

-- Sums per hour, with how many requests took how long (each bucket counts those over the one before it).
CREATE TABLE usage_hours (
    hour_us BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    -- 0: none answered
    channel BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
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
    latency_100ms BIGINT NOT NULL,
    latency_250ms BIGINT NOT NULL,
    latency_500ms BIGINT NOT NULL,
    latency_1s BIGINT NOT NULL,
    latency_2500ms BIGINT NOT NULL,
    latency_5s BIGINT NOT NULL,
    latency_10s BIGINT NOT NULL,
    latency_30s BIGINT NOT NULL,
    latency_60s BIGINT NOT NULL,
    latency_more BIGINT NOT NULL,
    ttft_100ms BIGINT NOT NULL,
    ttft_250ms BIGINT NOT NULL,
    ttft_500ms BIGINT NOT NULL,
    ttft_1s BIGINT NOT NULL,
    ttft_2500ms BIGINT NOT NULL,
    ttft_5s BIGINT NOT NULL,
    ttft_10s BIGINT NOT NULL,
    ttft_30s BIGINT NOT NULL,
    ttft_60s BIGINT NOT NULL,
    ttft_more BIGINT NOT NULL,
    PRIMARY KEY (hour_us, tenant, key_id, model, channel)
);
CREATE INDEX usage_hours_tenant ON usage_hours (tenant, hour_us);

-- How far each journal segment is posted, and the sums of its end records up to there.
CREATE TABLE journal_segments (
    segment TEXT PRIMARY KEY,
    node_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    -- a replay begins here: never past a record of a request that still runs
    low_water BIGINT NOT NULL,
    -- every end record before this is posted
    posted_to BIGINT NOT NULL,
    -- nothing more will come, and nothing in it is open
    complete BIGINT NOT NULL CHECK (complete IN (0, 1)),
    records BIGINT NOT NULL,
    sale BIGINT NOT NULL,
    hash TEXT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX journal_segments_node ON journal_segments (node_id, epoch, sequence);
