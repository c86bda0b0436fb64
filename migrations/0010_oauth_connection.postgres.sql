-- That an app may act for a user or a company: made by its first tokens, ended by a revocation.
CREATE TABLE oauth_connection (
    company_id BYTEA NOT NULL,
    -- The user; the company itself where the app acts for the whole of it.
    principal_id BYTEA NOT NULL,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    connected_at BIGINT NOT NULL,
    -- To the hour: a refresh does not write here each time.
    last_used_at BIGINT NOT NULL,
    -- None while it stands.
    revoked_at BIGINT,
    -- Goes up with each revocation: access tokens of an earlier generation are refused.
    generation BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (company_id, principal_id, app_id)
);
-- A token was last used 184 days before it expires.
INSERT INTO oauth_connection (company_id, principal_id, app_id, connected_at, last_used_at)
    SELECT company_id, COALESCE(user_id, company_id), app_id,
           MIN(issued_at), MAX(expires_at) - 15897600000000
    FROM oauth_refresh_token GROUP BY 1, 2, 3;

ALTER TABLE oauth_app ADD COLUMN rotation TEXT NOT NULL DEFAULT 'same'
    CHECK (rotation IN ('same', 'new'));

ALTER TABLE oauth_refresh_token
    ADD COLUMN principal_id BYTEA,
    -- Drawn with the first token, shared by its successors.
    ADD COLUMN family BYTEA,
    -- When it was first used.
    ADD COLUMN used_at BIGINT,
    -- When it was replaced by its successor.
    ADD COLUMN successor_at BIGINT;
UPDATE oauth_refresh_token
    SET principal_id = COALESCE(user_id, company_id), family = uuid_send(gen_random_uuid());
ALTER TABLE oauth_refresh_token
    ALTER COLUMN principal_id SET NOT NULL,
    ALTER COLUMN family SET NOT NULL,
    DROP COLUMN user_id,
    ADD FOREIGN KEY (company_id, principal_id, app_id)
        REFERENCES oauth_connection (company_id, principal_id, app_id);
CREATE INDEX oauth_refresh_token_connection
    ON oauth_refresh_token (company_id, principal_id, app_id);
CREATE INDEX oauth_request_token_connection ON oauth_request_token (company_id, app_id);
