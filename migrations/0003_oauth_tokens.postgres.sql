-- Proves that the server key of this start is the one that sealed and hashed what is here.
CREATE TABLE oauth_key_check (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    proof BYTEA NOT NULL
);
CREATE TABLE oauth_app (
    -- The client id.
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    -- Keyed: the secret itself is nowhere.
    secret_hash BYTEA NOT NULL,
    -- Names, separated by spaces; so are the grant types.
    scopes TEXT NOT NULL,
    grants TEXT NOT NULL,
    -- The id of the data center that is its geolocation.
    home TEXT COLLATE "C" NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Found by the hash of the token's text, before anyone knows whose it is.
CREATE TABLE oauth_refresh_token (
    hash BYTEA PRIMARY KEY,
    company_id BYTEA NOT NULL,
    -- None for a company's own token.
    user_id BYTEA,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    scope TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
-- Each refresh moves the expiry: room in the page keeps that a heap-only update.
) WITH (fillfactor = 80);
CREATE TABLE oauth_request_token (
    hash BYTEA PRIMARY KEY,
    company_id BYTEA NOT NULL,
    user_id BYTEA,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    expires_at BIGINT NOT NULL
);
CREATE TABLE oauth_signing_key (
    kid TEXT COLLATE "C" PRIMARY KEY,
    data_center TEXT COLLATE "C" NOT NULL,
    -- PKCS#8, AES-256-GCM under the server key, bound to kid and data center.
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
