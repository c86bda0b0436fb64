-- Who is at the connect pages, and what they are about to connect.

CREATE TABLE connect_session (
    app_id TEXT NOT NULL,
    -- The hash of the cookie's token.
    key BLOB NOT NULL,
    csrf TEXT NOT NULL,
    -- Null until somebody signs in.
    account_id BLOB,
    -- What the platform's redirect brought, sealed; null when there is nothing to connect.
    pending BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX connect_session_account ON connect_session (app_id, account_id)
    WHERE account_id IS NOT NULL;
CREATE INDEX connect_session_expiry ON connect_session (expires_at);

-- What an account asked the platform for; the answer comes by a redirect or a mail.
CREATE TABLE connect_ask (
    app_id TEXT NOT NULL,
    -- web: the user is to sign in there; mail: a link was mailed.
    kind TEXT NOT NULL CHECK (kind IN ('web', 'mail')),
    -- web: the hash of `state`; mail: the account's id.
    key BLOB NOT NULL,
    account_id BLOB NOT NULL,
    -- What the exchange needs, sealed.
    sealed BLOB NOT NULL,
    -- Whether the answer was exchanged.
    used INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX connect_ask_account ON connect_ask (app_id, account_id);
CREATE INDEX connect_ask_expiry ON connect_ask (expires_at);

-- Wrong passwords in a row, whether or not anybody has the name.
CREATE TABLE connect_sign_in_failure (
    app_id TEXT NOT NULL,
    -- The hash of the name.
    name_key BLOB NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, name_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX connect_sign_in_failure_last ON connect_sign_in_failure (last_at);
