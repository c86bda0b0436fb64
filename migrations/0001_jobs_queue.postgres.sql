-- The durable queue. A finished job's row is deleted; a dead one stays, with its reason.
CREATE TABLE jobs_job (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    -- At most one waiting or running job has a given key.
    key TEXT COLLATE "C",
    payload TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    -- waiting, running, dead
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    attempt BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    -- Names the worker's claim; an older claim's completion is refused.
    claim BYTEA,
    lease_until BIGINT,
    enqueued_at BIGINT NOT NULL,
    last_error TEXT
-- Rows come and go all the time: keep free room in pages, and clean up early.
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE key IS NOT NULL AND state <> 'dead';
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_job_leased ON jobs_job (lease_until) WHERE state = 'running';
