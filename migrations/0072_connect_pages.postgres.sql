-- Who is at the connect pages, and what they are about to connect.

CREATE TABLE connect_session (
    app_id TEXT COLLATE "C" NOT NULL,
    -- The hash of the cookie's token.
    key BYTEA NOT NULL,
    csrf TEXT NOT NULL,
    -- Null until somebody signs in.
    account_id BYTEA,
    -- What the platform's redirect brought, sealed; null when there is nothing to connect.
    pending BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, key)
);
CREATE INDEX connect_session_account ON connect_session (app_id, account_id)
    WHERE account_id IS NOT NULL;
CREATE INDEX connect_session_expiry ON connect_session (expires_at);

-- What an account asked the platform for; the answer comes by a redirect or a mail.
CREATE TABLE connect_ask (
    app_id TEXT COLLATE "C" NOT NULL,
    -- web: the user is to sign in there; mail: a link was mailed.
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('web', 'mail')),
    -- web: the hash of `state`; mail: the account's id.
    key BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    -- What the exchange needs, sealed.
    sealed BYTEA NOT NULL,
    -- Whether the answer was exchanged.
    used BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, kind, key)
);
CREATE INDEX connect_ask_account ON connect_ask (app_id, account_id);
CREATE INDEX connect_ask_expiry ON connect_ask (expires_at);

-- Wrong passwords in a row, whether or not anybody has the name.
CREATE TABLE connect_sign_in_failure (
    app_id TEXT COLLATE "C" NOT NULL,
    -- The hash of the name.
    name_key BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, name_key)
);
CREATE INDEX connect_sign_in_failure_last ON connect_sign_in_failure (last_at);
