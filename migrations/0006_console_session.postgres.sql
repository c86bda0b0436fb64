-- Who is signed in at the pages. The cookie's value itself is never stored.
CREATE TABLE console_session (
    key BYTEA PRIMARY KEY,
    company_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    csrf TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX console_session_expiry ON console_session (expires_at);
