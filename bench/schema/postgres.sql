-- The tables and indexes that one posted receipt and one refreshed token touch, as in
-- `migrations/`: no more, so that the ceiling is fair, and no less.
CREATE TABLE jobs_job (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT COLLATE "C",
    payload TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    attempt BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    claim BYTEA,
    lease_until BIGINT,
    enqueued_at BIGINT NOT NULL,
    last_error TEXT
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE key IS NOT NULL AND state <> 'dead';
CREATE INDEX jobs_job_due ON jobs_job (COALESCE(lease_until, run_at), id) WHERE state <> 'dead';
CREATE INDEX jobs_job_dead ON jobs_job (id) WHERE state = 'dead';
CREATE TABLE receipts_receipt (
    company_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    receipt_type TEXT NOT NULL,
    body TEXT NOT NULL,
    app_id BYTEA NOT NULL,
    app_name TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ACCEPTED', 'PROCESSING', 'PROCESSED', 'FAILED')),
    image_blob TEXT,
    image_type TEXT,
    preview_blob TEXT,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX receipts_receipt_user ON receipts_receipt (company_id, user_id, id);
CREATE INDEX receipts_receipt_image ON receipts_receipt (image_blob) WHERE image_blob IS NOT NULL;
CREATE INDEX receipts_receipt_preview ON receipts_receipt (preview_blob)
    WHERE preview_blob IS NOT NULL;

CREATE TABLE receipts_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id BYTEA NOT NULL,
    receipt_id BYTEA NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR')),
    message TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX receipts_log_receipt ON receipts_log (company_id, receipt_id, id);
CREATE TABLE oauth_refresh_token (
    hash BYTEA PRIMARY KEY,
    company_id BYTEA NOT NULL,
    user_id BYTEA,
    app_id BYTEA NOT NULL,
    scope TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITH (fillfactor = 80);
