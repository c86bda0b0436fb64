-- The rows and indexes that one posted receipt and one refreshed token leave behind, as in
-- `migrations/`: no more, so that the ceiling is fair, and no less.
CREATE TABLE receipts_receipt (
    id TEXT PRIMARY KEY,
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    schema TEXT NOT NULL,
    document TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_receipt_user ON receipts_receipt (company_id, user_id, received_at);
CREATE TABLE receipts_status (
    receipt_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE jobs_job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT,
    payload TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    attempt INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    claim BLOB,
    lease_until INTEGER,
    enqueued_at INTEGER NOT NULL,
    last_error TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE key IS NOT NULL AND state <> 'dead';
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_job_leased ON jobs_job (lease_until) WHERE state = 'running';
CREATE TABLE oauth_refresh_token (
    hash BLOB PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT;
