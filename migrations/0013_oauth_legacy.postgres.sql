-- Apps and tokens of the time before OAuth 2, to exchange for refresh tokens.
CREATE TABLE oauth_legacy_app (
    consumer_key TEXT COLLATE "C" PRIMARY KEY,
    -- What it has become.
    app_id BYTEA NOT NULL REFERENCES oauth_app (id)
);
CREATE TABLE oauth_legacy_token (
    hash BYTEA PRIMARY KEY,
    consumer_key TEXT COLLATE "C" NOT NULL REFERENCES oauth_legacy_app (consumer_key),
    company_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    -- Whether it was a web-service administrator's, and so good for the whole company.
    administers BIGINT NOT NULL,
    -- Set by a revocation: a seed file that still has the token does not bring it back.
    ended BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX oauth_legacy_token_company ON oauth_legacy_token (company_id, consumer_key);
