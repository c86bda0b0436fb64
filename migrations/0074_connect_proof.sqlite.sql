-- Whose an address is: a code is mailed there, and typed in the browser that asked.

CREATE TABLE connect_proof (
    app_id TEXT NOT NULL,
    id BLOB NOT NULL,
    -- Whose browser asked: the code counts there only.
    session_key BLOB NOT NULL,
    -- The hash of the address.
    address_key BLOB NOT NULL,
    -- open: the code is awaited; proved: it was right, once; over: used, or replaced by another.
    state TEXT NOT NULL CHECK (state IN ('open', 'proved', 'over')),
    -- The code, the address and what is to be done with it, sealed.
    sealed BLOB NOT NULL,
    -- Codes that were tried.
    tries INTEGER NOT NULL,
    -- Rows stay for a while after they have expired: mails are counted by them.
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX connect_proof_session ON connect_proof (app_id, session_key);
CREATE INDEX connect_proof_address ON connect_proof (app_id, address_key, created_at);
CREATE INDEX connect_proof_created ON connect_proof (created_at);
