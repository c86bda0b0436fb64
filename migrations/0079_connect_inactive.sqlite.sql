-- Who is inactive: nothing was sent for the connection, and its user was not seen.

-- When a token last was needed.
ALTER TABLE connect_connection ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
UPDATE connect_connection SET active_at = refreshed_at;
-- When its user was told that it will end, or could not be; void once it is active again.
ALTER TABLE connect_connection ADD COLUMN warned_at INTEGER;
CREATE INDEX connect_connection_active ON connect_connection (active_at, id)
    WHERE state = 'connected' AND account_id IS NOT NULL;
