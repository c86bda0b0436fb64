-- Who is signed in at the pages. The cookie's value itself is never stored.
CREATE TABLE console_session (
    key BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    csrf TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX console_session_expiry ON console_session (expires_at);
