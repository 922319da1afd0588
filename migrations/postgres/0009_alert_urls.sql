-- What a rule calls, sealed: its path or query may be a token. `webhook` stays for rows that an older build wrote: they
-- go on working, and are plain until they are made anew.
ALTER TABLE alert_rules ADD COLUMN webhook_url BYTEA;

-- Counting and pruning go by `last`.
CREATE INDEX events_last ON events (last);
