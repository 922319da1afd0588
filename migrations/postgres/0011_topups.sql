-- Money in and out: redemption codes, orders of credit, what goes back of them, and what providers of payments told.

-- A closed tenant is frozen for good: it is neither called nor topped up.
ALTER TABLE tenants ADD COLUMN closed_at BIGINT;

CREATE TABLE code_batches (
    id BIGINT PRIMARY KEY,
    -- topup: they were sold; bonus: they are given away
    kind TEXT NOT NULL CHECK (kind IN ('topup', 'bonus')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    codes BIGINT NOT NULL CHECK (codes > 0),
    note TEXT NOT NULL,
    -- microseconds since 1970; NULL: never
    expires_at BIGINT,
    revoked_at BIGINT,
    created BIGINT NOT NULL
);

CREATE TABLE codes (
    -- SHA-256 of the code without dashes
    hash BYTEA PRIMARY KEY,
    batch BIGINT NOT NULL REFERENCES code_batches (id),
    last4 TEXT NOT NULL,
    redeemed_at BIGINT,
    tenant BIGINT REFERENCES tenants (id),
    transfer BIGINT REFERENCES transfers (id),
    CHECK ((redeemed_at IS NULL) = (tenant IS NULL) AND (redeemed_at IS NULL) = (transfer IS NULL))
);
CREATE INDEX codes_batch ON codes (batch, redeemed_at);

-- Orders of credit. Amounts of `pay`, `fee`, `back_price`, `back_fee` are minor units of the currency, others nano-USD.
CREATE TABLE topups (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    provider TEXT NOT NULL,
    -- how it is paid there, where the order says so
    method TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'expired')),
    currency TEXT NOT NULL,
    -- millionths of a currency unit per USD
    rate BIGINT NOT NULL CHECK (rate > 0),
    -- the fee is part of it
    pay BIGINT NOT NULL CHECK (pay > fee),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    credited BIGINT NOT NULL CHECK (credited > 0),
    fee_usd BIGINT NOT NULL CHECK (fee_usd >= 0),
    -- what the provider calls the order, and the payment for it
    reference TEXT,
    payment TEXT,
    pay_url TEXT NOT NULL,
    -- numbers of receipts have no gaps
    receipt BIGINT UNIQUE,
    -- what went back of it
    back_price BIGINT NOT NULL DEFAULT 0 CHECK (back_price >= 0 AND back_price <= pay - fee),
    back_fee BIGINT NOT NULL DEFAULT 0 CHECK (back_fee >= 0 AND back_fee <= fee),
    back_credit BIGINT NOT NULL DEFAULT 0 CHECK (back_credit >= 0 AND back_credit <= credited),
    back_fee_usd BIGINT NOT NULL DEFAULT 0 CHECK (back_fee_usd >= 0 AND back_fee_usd <= fee_usd),
    created BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- when the provider was last asked about it
    looked_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((receipt IS NOT NULL) = (state = 'succeeded'))
);
CREATE INDEX topups_tenant ON topups (tenant, id);
CREATE INDEX topups_pending ON topups (state, looked_at);
CREATE UNIQUE INDEX topups_payment ON topups (provider, payment);

-- Money that goes back: of a top-up or of a request. Undone: it did not after all, and was put back.
CREATE TABLE refunds (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'chargeback')),
    topup BIGINT REFERENCES topups (id),
    request BYTEA,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'undone')),
    -- what the provider calls it
    provider TEXT,
    reference TEXT,
    -- minor units of the order's currency
    price BIGINT NOT NULL CHECK (price >= 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    credit BIGINT NOT NULL CHECK (credit >= 0),
    fee_usd BIGINT NOT NULL CHECK (fee_usd >= 0),
    reason TEXT NOT NULL,
    created BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    CHECK ((topup IS NULL) <> (request IS NULL))
);
CREATE UNIQUE INDEX refunds_reference ON refunds (provider, reference);
CREATE INDEX refunds_topup ON refunds (topup);
CREATE INDEX refunds_request ON refunds (request);
CREATE INDEX refunds_pending ON refunds (state, looked_at);

-- What providers told, once each; `topup` is NULL for what could not be matched.
CREATE TABLE payment_events (
    provider TEXT NOT NULL,
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    topup BIGINT,
    detail TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (provider, event)
);

-- How tenants were closed.
CREATE TABLE closings (
    tenant BIGINT PRIMARY KEY REFERENCES tenants (id),
    -- to the tenant, of what it had paid in
    paid BIGINT NOT NULL CHECK (paid >= 0),
    -- given credit that ended with it
    ended BIGINT NOT NULL CHECK (ended >= 0),
    -- of what it owed, paid by the wallet
    set_off BIGINT NOT NULL CHECK (set_off >= 0),
    reference TEXT NOT NULL,
    time BIGINT NOT NULL
);
