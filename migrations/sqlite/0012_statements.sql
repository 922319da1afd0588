-- Frozen bills: a statement covers a range of lines of a tenant's wallet, each line is on one statement.

-- The last number given to a kind of document. The row is locked while one is numbered, so numbers have no gaps.
CREATE TABLE document_numbers (kind TEXT PRIMARY KEY, last BIGINT NOT NULL CHECK (last >= 0));
INSERT INTO document_numbers (kind, last) VALUES ('statement', 0);

CREATE TABLE statements (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE CHECK (number > 0),
    -- the number as it is printed
    label TEXT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenants (id),
    -- 2026-10
    month TEXT NOT NULL,
    zone TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    -- lines of `transfers`, both included
    first_line BIGINT NOT NULL,
    last_line BIGINT NOT NULL,
    -- the wallet's balance before and after them
    opening BIGINT NOT NULL,
    closing BIGINT NOT NULL,
    -- who it is to, and from (JSON), as they were then
    billed_to TEXT NOT NULL,
    issuer TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (tenant, month),
    UNIQUE (tenant, first_line),
    CHECK (from_us < to_us),
    CHECK (first_line > 0 AND first_line <= last_line)
);

-- What the lines of each kind come to: positive to the wallet, negative from it.
CREATE TABLE statement_sums (
    statement BIGINT NOT NULL REFERENCES statements (id),
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (statement, kind)
);

-- The usage by model and key; they sum to the usage of the ledger's lines.
CREATE TABLE statement_lines (
    statement BIGINT NOT NULL REFERENCES statements (id),
    position BIGINT NOT NULL,
    -- empty, and no key: usage whose requests are no longer kept
    model TEXT NOT NULL,
    key_id BIGINT,
    key_name TEXT NOT NULL,
    requests BIGINT NOT NULL,
    input BIGINT NOT NULL,
    output BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    audio_input BIGINT NOT NULL,
    audio_output BIGINT NOT NULL,
    image_input BIGINT NOT NULL,
    image_output BIGINT NOT NULL,
    web_searches BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (statement, position)
);

CREATE TRIGGER statements_no_update BEFORE UPDATE ON statements BEGIN SELECT RAISE(ABORT, 'statements is append-only'); END;
CREATE TRIGGER statements_no_delete BEFORE DELETE ON statements BEGIN SELECT RAISE(ABORT, 'statements is append-only'); END;
CREATE TRIGGER statement_sums_no_update BEFORE UPDATE ON statement_sums BEGIN SELECT RAISE(ABORT, 'statement_sums is append-only'); END;
CREATE TRIGGER statement_sums_no_delete BEFORE DELETE ON statement_sums BEGIN SELECT RAISE(ABORT, 'statement_sums is append-only'); END;
CREATE TRIGGER statement_lines_no_update BEFORE UPDATE ON statement_lines BEGIN SELECT RAISE(ABORT, 'statement_lines is append-only'); END;
CREATE TRIGGER statement_lines_no_delete BEFORE DELETE ON statement_lines BEGIN SELECT RAISE(ABORT, 'statement_lines is append-only'); END;
