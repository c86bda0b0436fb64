-- Whether an operator has stopped the app; its maker's own switch is `enabled`.
ALTER TABLE oauth_app ADD COLUMN blocked BIGINT NOT NULL DEFAULT 0;
-- For counting the connections of an app.
CREATE INDEX oauth_connection_app ON oauth_connection (app_id);
