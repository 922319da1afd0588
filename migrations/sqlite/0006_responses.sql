-- For how many days a tenant's responses are kept, so that a later request can go on from them; 0: they are not.
ALTER TABLE tenants ADD COLUMN response_days BIGINT NOT NULL DEFAULT 0 CHECK (response_days BETWEEN 0 AND 365);

CREATE TABLE responses (
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    -- the response this one went on from
    parent TEXT,
    created BIGINT NOT NULL,
    -- what was asked and answered, sealed
    content BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX responses_created ON responses (created);

-- In which response an item of an answer stands: callers name items instead of sending them again.
CREATE TABLE response_items (
    tenant BIGINT NOT NULL,
    item TEXT NOT NULL,
    response TEXT NOT NULL,
    PRIMARY KEY (tenant, item),
    FOREIGN KEY (tenant, response) REFERENCES responses (tenant, id) ON DELETE CASCADE
);
CREATE INDEX response_items_response ON response_items (tenant, response);
