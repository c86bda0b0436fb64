-- Where an app may have people sent back to, exactly as written here.
CREATE TABLE oauth_redirect_uri (
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    uri TEXT NOT NULL,
    PRIMARY KEY (app_id, uri)
);
-- The company behind an app, as people are told before they allow it anything.
ALTER TABLE oauth_app ADD COLUMN publisher TEXT NOT NULL DEFAULT '';
-- Authorization codes, by the hash of their text.
CREATE TABLE oauth_code (
    hash BYTEA PRIMARY KEY,
    company_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    scope TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    -- SHA-256 of the verifier (RFC 7636); none when the app sent no challenge.
    challenge BYTEA,
    -- Comes back in the id token.
    nonce TEXT,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    -- The tokens that it was exchanged for: revoked when it is used again.
    family BYTEA
);
CREATE INDEX oauth_code_expiry ON oauth_code (expires_at);
-- One-time passwords that were asked for. Their texts are derived from the ids when the mail is
-- written, and are nowhere in rows.
CREATE TABLE oauth_otp (
    hash BYTEA PRIMARY KEY,
    -- The address, hashed: it may be nobody's, and then no mail is sent.
    handle BYTEA NOT NULL,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    company_id BYTEA,
    user_id BYTEA,
    -- Hash of all parameters that must come back unchanged.
    facts BYTEA NOT NULL,
    -- Wrong attempts so far.
    attempts BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX oauth_otp_handle ON oauth_otp (handle);
CREATE INDEX oauth_otp_expiry ON oauth_otp (expires_at);
-- Links that sign a person in at the pages, sent by mail.
CREATE TABLE oauth_link (
    hash BYTEA PRIMARY KEY,
    handle BYTEA NOT NULL,
    company_id BYTEA,
    user_id BYTEA,
    -- The path to go on with.
    next TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX oauth_link_handle ON oauth_link (handle);
CREATE INDEX oauth_link_expiry ON oauth_link (expires_at);
