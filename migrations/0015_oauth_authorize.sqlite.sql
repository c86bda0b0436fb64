-- Where an app may have people sent back to, exactly as written here.
CREATE TABLE oauth_redirect_uri (
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    uri TEXT NOT NULL,
    PRIMARY KEY (app_id, uri)
) STRICT, WITHOUT ROWID;
-- The company behind an app, as people are told before they allow it anything.
ALTER TABLE oauth_app ADD COLUMN publisher TEXT NOT NULL DEFAULT '';
-- Authorization codes, by the hash of their text.
CREATE TABLE oauth_code (
    hash BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    scope TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    -- SHA-256 of the verifier (RFC 7636); none when the app sent no challenge.
    challenge BLOB,
    -- Comes back in the id token.
    nonce TEXT,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER,
    -- The tokens that it was exchanged for: revoked when it is used again.
    family BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_code_expiry ON oauth_code (expires_at);
-- One-time passwords that were asked for. Their texts are derived from the ids when the mail is
-- written, and are nowhere in rows.
CREATE TABLE oauth_otp (
    hash BLOB PRIMARY KEY,
    -- The address, hashed: it may be nobody's, and then no mail is sent.
    handle BLOB NOT NULL,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    company_id BLOB,
    user_id BLOB,
    -- Hash of all parameters that must come back unchanged.
    facts BLOB NOT NULL,
    -- Wrong attempts so far.
    attempts INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_otp_handle ON oauth_otp (handle);
CREATE INDEX oauth_otp_expiry ON oauth_otp (expires_at);
-- Links that sign a person in at the pages, sent by mail.
CREATE TABLE oauth_link (
    hash BLOB PRIMARY KEY,
    handle BLOB NOT NULL,
    company_id BLOB,
    user_id BLOB,
    -- The path to go on with.
    next TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_link_handle ON oauth_link (handle);
CREATE INDEX oauth_link_expiry ON oauth_link (expires_at);
