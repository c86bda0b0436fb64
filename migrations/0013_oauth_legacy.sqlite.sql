-- Apps and tokens of the time before OAuth 2, to exchange for refresh tokens.
CREATE TABLE oauth_legacy_app (
    consumer_key TEXT PRIMARY KEY,
    -- What it has become.
    app_id BLOB NOT NULL REFERENCES oauth_app (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE oauth_legacy_token (
    hash BLOB PRIMARY KEY,
    consumer_key TEXT NOT NULL REFERENCES oauth_legacy_app (consumer_key),
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    -- Whether it was a web-service administrator's, and so good for the whole company.
    administers INTEGER NOT NULL,
    -- Set by a revocation: a seed file that still has the token does not bring it back.
    ended INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_legacy_token_company ON oauth_legacy_token (company_id, consumer_key);
