-- Whom a merchant's users are on the platform, and the tokens that act for them.

-- The merchant's users, and who has signed in among them.
CREATE TABLE connect_account (
    app_id TEXT COLLATE "C" NOT NULL,
    id BYTEA NOT NULL,
    -- The merchant's own name of this user, which the delivery API takes.
    user_ref TEXT COLLATE "C" NOT NULL,
    email TEXT,
    name TEXT NOT NULL,
    -- Null for accounts of an identity provider, and those that came from a file.
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, id)
);
CREATE UNIQUE INDEX connect_account_ref ON connect_account (app_id, user_ref);

CREATE TABLE connect_connection (
    app_id TEXT COLLATE "C" NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'company')),
    -- Whose it is; null for a company's.
    account_id BYTEA,
    -- The `sub` of the platform, or the company's id there.
    principal_id TEXT COLLATE "C" NOT NULL,
    company_id TEXT,
    -- Where its token works.
    geolocation TEXT NOT NULL,
    -- What the token allows, with blanks between.
    scopes TEXT NOT NULL,
    -- connected; lost: the platform takes the token no more; ending: to be revoked; ended.
    state TEXT NOT NULL CHECK (state IN ('connected', 'lost', 'ending', 'ended')),
    -- Sealed; null once forgotten.
    refresh_token BYTEA,
    -- Counts the tokens that were stored: who replaces one names the number that it replaces.
    generation BIGINT NOT NULL,
    refresh_expires_at BIGINT,
    -- When it is refreshed without anybody's need, so that it lives on.
    refresh_due_at BIGINT,
    -- Who refreshes it now, and until when that holds: a token that was replaced must not be sent
    -- again, be it by a process that read it before.
    refresh_lease BYTEA,
    refresh_lease_until BIGINT,
    connected_at BIGINT NOT NULL,
    refreshed_at BIGINT NOT NULL,
    -- The last trouble with its token, until a refresh succeeds.
    trouble TEXT,
    PRIMARY KEY (app_id, id)
);
-- One account has one connection, and somebody on the platform is one account's.
CREATE UNIQUE INDEX connect_connection_account ON connect_connection (app_id, account_id)
    WHERE account_id IS NOT NULL AND state <> 'ended';
CREATE UNIQUE INDEX connect_connection_principal ON connect_connection (app_id, principal_id)
    WHERE state <> 'ended';
CREATE INDEX connect_connection_due ON connect_connection (refresh_due_at)
    WHERE state = 'connected' AND refresh_due_at IS NOT NULL;

-- Every call to the platform, as certification wants it kept. Secrets are masked before.
CREATE TABLE connect_call (
    app_id TEXT COLLATE "C" NOT NULL,
    -- Time-ordered.
    id BYTEA NOT NULL,
    connection_id BYTEA,
    -- The outbox item that it was for.
    item_id BIGINT,
    -- The user's UUID on the platform.
    user_id TEXT,
    started_at BIGINT NOT NULL,
    took_micros BIGINT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Null where no answer came; then `problem` says why.
    status BIGINT,
    problem TEXT,
    error_code TEXT,
    error_description TEXT,
    correlation_id TEXT COLLATE "C" NOT NULL,
    link TEXT,
    location TEXT,
    -- Null for an item's own JSON, which the item keeps.
    request_body BYTEA,
    response_body BYTEA,
    PRIMARY KEY (app_id, id)
);
CREATE INDEX connect_call_correlation ON connect_call (correlation_id);
CREATE INDEX connect_call_connection ON connect_call (app_id, connection_id, id)
    WHERE connection_id IS NOT NULL;
CREATE INDEX connect_call_item ON connect_call (item_id, id) WHERE item_id IS NOT NULL;
