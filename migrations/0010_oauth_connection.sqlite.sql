-- That an app may act for a user or a company: made by its first tokens, ended by a revocation.
CREATE TABLE oauth_connection (
    company_id BLOB NOT NULL,
    -- The user; the company itself where the app acts for the whole of it.
    principal_id BLOB NOT NULL,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    connected_at INTEGER NOT NULL,
    -- To the hour: a refresh does not write here each time.
    last_used_at INTEGER NOT NULL,
    -- None while it stands.
    revoked_at INTEGER,
    -- Goes up with each revocation: access tokens of an earlier generation are refused.
    generation INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (company_id, principal_id, app_id)
) STRICT, WITHOUT ROWID;
-- A token was last used 184 days before it expires.
INSERT INTO oauth_connection (company_id, principal_id, app_id, connected_at, last_used_at)
    SELECT company_id, COALESCE(user_id, company_id), app_id,
           MIN(issued_at), MAX(expires_at) - 15897600000000
    FROM oauth_refresh_token GROUP BY 1, 2, 3;

ALTER TABLE oauth_app ADD COLUMN rotation TEXT NOT NULL DEFAULT 'same'
    CHECK (rotation IN ('same', 'new'));

ALTER TABLE oauth_refresh_token RENAME TO oauth_refresh_token_0003;
-- Found by the hash of the token's text, before anyone knows whose it is.
CREATE TABLE oauth_refresh_token (
    hash BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    principal_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    -- Drawn with the first token, shared by its successors.
    family BLOB NOT NULL,
    scope TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When it was first used.
    used_at INTEGER,
    -- When it was replaced by its successor.
    successor_at INTEGER,
    FOREIGN KEY (company_id, principal_id, app_id)
        REFERENCES oauth_connection (company_id, principal_id, app_id)
) STRICT, WITHOUT ROWID;
INSERT INTO oauth_refresh_token (hash, company_id, principal_id, app_id, family, scope, issued_at,
        expires_at)
    SELECT hash, company_id, COALESCE(user_id, company_id), app_id, randomblob(16), scope,
           issued_at, expires_at
    FROM oauth_refresh_token_0003;
DROP TABLE oauth_refresh_token_0003;
CREATE INDEX oauth_refresh_token_connection
    ON oauth_refresh_token (company_id, principal_id, app_id);
CREATE INDEX oauth_request_token_connection ON oauth_request_token (company_id, app_id);
