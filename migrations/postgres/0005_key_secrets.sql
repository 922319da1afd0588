-- A rotated key's former secret goes on working until `former_ends` (milliseconds since 1970). All four are set or none.
ALTER TABLE keys ADD COLUMN former_hash BYTEA;
ALTER TABLE keys ADD COLUMN former_prefix TEXT;
ALTER TABLE keys ADD COLUMN former_last4 TEXT;
ALTER TABLE keys ADD COLUMN former_ends BIGINT;
CREATE UNIQUE INDEX keys_former_hash ON keys (former_hash);
