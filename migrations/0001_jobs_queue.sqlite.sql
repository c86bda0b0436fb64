-- The durable queue. A finished job's row is deleted; a dead one stays, with its reason.
CREATE TABLE jobs_job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    -- At most one waiting or running job of a kind has a given key.
    key TEXT,
    payload TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    -- waiting, running, dead
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    -- How often it was started.
    attempt INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    -- Names the worker's claim while it runs; an older claim's completion is refused.
    claim BLOB,
    -- Until when the claim stands while it runs; later, any worker may take it over.
    lease_until INTEGER,
    enqueued_at INTEGER NOT NULL,
    last_error TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE key IS NOT NULL AND state <> 'dead';
-- What may be claimed, first come first: waiting jobs by run_at, running ones by their lease's end.
CREATE INDEX jobs_job_due ON jobs_job (COALESCE(lease_until, run_at), id) WHERE state <> 'dead';
CREATE INDEX jobs_job_dead ON jobs_job (id) WHERE state = 'dead';
