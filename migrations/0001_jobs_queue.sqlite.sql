-- The durable queue. A finished job's row is deleted; a dead one stays, with its reason.
CREATE TABLE jobs_job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    -- At most one waiting or running job has a given key.
    key TEXT,
    payload TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    -- waiting, running, dead
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    attempt INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    -- Names the worker's claim; an older claim's completion is refused.
    claim BLOB,
    lease_until INTEGER,
    enqueued_at INTEGER NOT NULL,
    last_error TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE key IS NOT NULL AND state <> 'dead';
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_job_leased ON jobs_job (lease_until) WHERE state = 'running';
