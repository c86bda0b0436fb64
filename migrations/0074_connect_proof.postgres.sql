-- Whose an address is: a code is mailed there, and typed in the browser that asked.

CREATE TABLE connect_proof (
    app_id TEXT COLLATE "C" NOT NULL,
    id BYTEA NOT NULL,
    -- Whose browser asked: the code counts there only.
    session_key BYTEA NOT NULL,
    -- The hash of the address.
    address_key BYTEA NOT NULL,
    -- open: the code is awaited; proved: it was right, once; over: used, or replaced by another.
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'proved', 'over')),
    -- The code, the address and what is to be done with it, sealed.
    sealed BYTEA NOT NULL,
    -- Codes that were tried.
    tries BIGINT NOT NULL,
    -- Rows stay for a while after they have expired: mails are counted by them.
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, id)
);
CREATE INDEX connect_proof_session ON connect_proof (app_id, session_key);
CREATE INDEX connect_proof_address ON connect_proof (app_id, address_key, created_at);
CREATE INDEX connect_proof_created ON connect_proof (created_at);
