-- The rows and indexes that one posted receipt and one refreshed token leave behind, as in
-- `migrations/`: no more, so that the ceiling is fair, and no less.
CREATE TABLE receipts_receipt (
    id TEXT PRIMARY KEY,
    company_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    app_id BYTEA NOT NULL,
    schema TEXT NOT NULL,
    document TEXT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX receipts_receipt_user ON receipts_receipt (company_id, user_id, received_at);
CREATE TABLE receipts_status (
    receipt_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
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
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_job_leased ON jobs_job (lease_until) WHERE state = 'running';
CREATE TABLE oauth_refresh_token (
    hash BYTEA PRIMARY KEY,
    used_at BIGINT NOT NULL
);
