-- Proves that the server key of this start is the one that sealed and hashed what is here.
CREATE TABLE oauth_key_check (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    proof BLOB NOT NULL
) STRICT;
CREATE TABLE oauth_app (
    -- The client id.
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    -- Keyed: the secret itself is nowhere.
    secret_hash BLOB NOT NULL,
    -- Names, separated by spaces; so are the grant types.
    scopes TEXT NOT NULL,
    grants TEXT NOT NULL,
    -- The id of the data center that is its geolocation.
    home TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Found by the hash of the token's text, before anyone knows whose it is.
CREATE TABLE oauth_refresh_token (
    hash BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    -- None for a company's own token.
    user_id BLOB,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    scope TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE oauth_request_token (
    hash BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    user_id BLOB,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE oauth_signing_key (
    kid TEXT PRIMARY KEY,
    data_center TEXT NOT NULL,
    -- PKCS#8, AES-256-GCM under the server key, bound to kid and data center.
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
