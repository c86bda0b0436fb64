-- The tables and indexes that one posted receipt and one refreshed token touch, as in
-- `migrations/`: no more, so that the ceiling is fair, and no less.
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
CREATE INDEX jobs_job_due ON jobs_job (COALESCE(lease_until, run_at), id) WHERE state <> 'dead';
CREATE INDEX jobs_job_dead ON jobs_job (id) WHERE state = 'dead';
CREATE TABLE receipts_receipt (
    company_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    receipt_type TEXT NOT NULL,
    body TEXT NOT NULL,
    app_id BLOB NOT NULL,
    app_name TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ACCEPTED', 'PROCESSING', 'PROCESSED', 'FAILED')),
    image_blob TEXT,
    image_type TEXT,
    preview_blob TEXT,
    PRIMARY KEY (company_id, id)
) STRICT;
CREATE INDEX receipts_receipt_user ON receipts_receipt (company_id, user_id, id);
CREATE INDEX receipts_receipt_image ON receipts_receipt (image_blob) WHERE image_blob IS NOT NULL;
CREATE INDEX receipts_receipt_preview ON receipts_receipt (preview_blob)
    WHERE preview_blob IS NOT NULL;

CREATE TABLE receipts_log (
    id INTEGER PRIMARY KEY,
    company_id BLOB NOT NULL,
    receipt_id BLOB NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR')),
    message TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_log_receipt ON receipts_log (company_id, receipt_id, id);
CREATE TABLE oauth_refresh_token (
    hash BLOB PRIMARY KEY,
    company_id BLOB NOT NULL,
    user_id BLOB,
    app_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
