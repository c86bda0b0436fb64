//! The queue's rows: all SQL of this crate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bursar_db::{Db, DbError, Isolation, Row, Tx, args, statements};
use bursar_kernel::Micros;

use crate::{Failed, RetryPolicy};

statements! {
    INSERT = "INSERT INTO jobs_job
        (kind, key, payload, correlation_id, state, attempt, run_at, enqueued_at)
        VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $6)
        ON CONFLICT (kind, key) WHERE key IS NOT NULL AND state <> 'dead' DO NOTHING";
    // $4 holds the kinds, each between two spaces. ARRAY, since PostgreSQL runs it once and expects
    // few rows of it: for a join with the limited query it would read the whole table.
    CLAIM = sqlite: "UPDATE jobs_job
        SET state = 'running', attempt = attempt + 1, claim = $1, lease_until = $2
        WHERE id IN (SELECT id FROM jobs_job
            WHERE state <> 'dead' AND COALESCE(lease_until, run_at) <= $3
                AND instr($4, ' ' || kind || ' ') > 0
            ORDER BY COALESCE(lease_until, run_at), id LIMIT $5)
        RETURNING id, kind, key, payload, correlation_id, attempt, run_at, enqueued_at",
        postgres: "UPDATE jobs_job
        SET state = 'running', attempt = attempt + 1, claim = $1, lease_until = $2
        WHERE id = ANY(ARRAY(SELECT id FROM jobs_job
            WHERE state <> 'dead' AND COALESCE(lease_until, run_at) <= $3
                AND kind = ANY(string_to_array($4, ' '))
            ORDER BY COALESCE(lease_until, run_at), id LIMIT $5
            FOR UPDATE SKIP LOCKED))
        RETURNING id, kind, key, payload, correlation_id, attempt, run_at, enqueued_at";
    RENEW = "UPDATE jobs_job SET lease_until = $3 WHERE id = $1 AND claim = $2";
    COMPLETE = "DELETE FROM jobs_job WHERE id = $1 AND claim = $2";
    RETRY = "UPDATE jobs_job
        SET state = 'waiting', claim = NULL, lease_until = NULL, run_at = $3, last_error = $4
        WHERE id = $1 AND claim = $2";
    BURY = "UPDATE jobs_job
        SET state = 'dead', claim = NULL, lease_until = NULL, last_error = $3
        WHERE id = $1 AND claim = $2";
    RELEASE = "UPDATE jobs_job
        SET state = 'waiting', claim = NULL, lease_until = NULL, attempt = attempt - 1
        WHERE id = $1 AND claim = $2";
    EXPIRE = "UPDATE jobs_job SET lease_until = 0 WHERE state = 'running'";
    NEXT = "SELECT COALESCE(lease_until, run_at) FROM jobs_job
        WHERE state <> 'dead' AND COALESCE(lease_until, run_at) > $1
        ORDER BY COALESCE(lease_until, run_at) LIMIT 1";
    // Counting stops where the exact number no longer matters.
    DEPTH = "SELECT COUNT(*) FROM (SELECT 1 FROM jobs_job
        WHERE state <> 'dead' AND COALESCE(lease_until, run_at) <= $1 LIMIT 100000) AS due";
    DEAD_COUNT = "SELECT COUNT(*) FROM jobs_job WHERE state = 'dead'";
    DEAD = "SELECT id, kind, key, payload, correlation_id, attempt, enqueued_at, last_error
        FROM jobs_job WHERE state = 'dead' ORDER BY id DESC LIMIT $1";
    // $2 is a job's id, or negative for all. Of those with one key the latest runs.
    REVIVE = "UPDATE jobs_job SET state = 'waiting', attempt = 0, run_at = $1
        WHERE state = 'dead' AND (id = $2 OR $2 < 0)
            AND NOT EXISTS (SELECT 1 FROM jobs_job AS other
                WHERE other.kind = jobs_job.kind AND other.key = jobs_job.key
                    AND (other.state <> 'dead' OR ($2 < 0 AND other.id > jobs_job.id)))";
}

/// Longer reasons are cut: characters.
const REASON_MAX: usize = 1_000;

/// A job to enqueue.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'a> {
    /// Names its handler; no spaces.
    pub kind: &'static str,
    /// At most one waiting or running job of a kind has a given key.
    pub key: Option<&'a str>,
    /// What the handler needs, without NUL.
    pub payload: &'a str,
    /// The id of the call that caused it.
    pub correlation_id: &'a str,
    /// Not before this.
    pub run_at: Micros,
    /// The current instant.
    pub now: Micros,
}

/// A job that a worker holds.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its row.
    pub id: i64,
    /// Names its handler.
    pub kind: String,
    /// At most one waiting or running job of a kind has a given key.
    pub key: Option<String>,
    /// What the handler needs.
    pub payload: String,
    /// The id of the call that caused it.
    pub correlation_id: String,
    /// From 1. Attempts whose worker died count, those that a stop cut off do not.
    pub attempt: i64,
    /// When it was enqueued.
    pub enqueued_at: Micros,
    /// What completes it.
    pub claim: Claim,
    /// When it was to run.
    pub(crate) run_at: Micros,
}

/// One worker's right to complete one job, until another worker takes the job over.
#[derive(Clone, Debug)]
pub struct Claim {
    job_id: i64,
    token: [u8; 16],
    /// Set once the job's end is part of an operation.
    settled: Arc<AtomicBool>,
}

impl Claim {
    pub(crate) fn job_id(&self) -> i64 {
        self.job_id
    }

    /// Whether an operation has completed or failed the job. It may have been undone.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::SeqCst)
    }

    /// Only the row that the claim still holds is changed.
    fn settle(&self, rows: u64) -> Result<(), JobsError> {
        if rows == 0 {
            return Err(JobsError::LeaseLost);
        }
        self.settled.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// Why a job could not be completed or failed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Another worker has the job now, or it is already settled.
    #[error("the job's lease was lost")]
    LeaseLost,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Enqueues a job inside the operation that causes it, and wakes workers when it is committed.
///
/// Answers false, and changes nothing, when a waiting or running job of this kind has the key.
pub async fn enqueue(tx: &mut Tx, job: &NewJob<'_>) -> Result<bool, DbError> {
    let values = args![
        job.kind,
        job.key,
        job.payload,
        job.correlation_id,
        job.run_at,
        job.now
    ];
    let inserted = tx.execute(&INSERT, values).await? == 1;
    if inserted {
        tx.wake_workers();
    }
    Ok(inserted)
}

/// Ends a job inside the operation that does its effect: both happen, or neither.
///
/// When the operation is undone after all, the job runs again once its lease ends.
pub async fn complete(tx: &mut Tx, claim: &Claim) -> Result<(), JobsError> {
    let rows = tx
        .execute(&COMPLETE, args![claim.job_id, &claim.token])
        .await?;
    claim.settle(rows)
}

/// Records a failed attempt: the job waits for its next one, or is dead with its reason.
///
/// `jitter` is any random number, drawn before the operation, since operations run again.
pub async fn fail(
    tx: &mut Tx,
    job: &Job,
    policy: &RetryPolicy,
    jitter: u64,
    reason: &str,
    now: Micros,
) -> Result<Failed, JobsError> {
    if job.attempt >= policy.attempts_max {
        bury(tx, &job.claim, reason).await?;
        return Ok(Failed::Dead);
    }
    let run_at = now + policy.delay(job.attempt, jitter);
    let reason = clean(reason);
    let values = args![job.id, &job.claim.token, run_at, &reason];
    let rows = tx.execute(&RETRY, values).await?;
    job.claim.settle(rows)?;
    // Workers sleep until the next due job; this one may come before it.
    tx.wake_workers();
    Ok(Failed::Retried { run_at })
}

/// Gives a job up at once: it is kept, with its reason, and its key is free.
pub async fn bury(tx: &mut Tx, claim: &Claim, reason: &str) -> Result<(), JobsError> {
    let reason = clean(reason);
    let rows = tx
        .execute(&BURY, args![claim.job_id, &claim.token, &reason])
        .await?;
    claim.settle(rows)
}

/// Reasons come from anywhere, and one engine refuses NUL.
fn clean(reason: &str) -> String {
    let kept = reason.chars().filter(|c| *c != '\0');
    kept.take(REASON_MAX).collect()
}

/// Ends every lease at once. Only for the single owner of a database, before its workers start:
/// whoever held a lease is dead, and its jobs need not wait for its lease to run out.
pub async fn expire_leases(db: &Db) -> Result<(), DbError> {
    db.write(Isolation::ReadCommitted, (), |tx, ()| {
        Box::pin(async move { tx.execute(&EXPIRE, &[]).await.map(drop) })
    })
    .await
}

/// A job that was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadJob {
    /// Its row.
    pub id: i64,
    /// Names its handler.
    pub kind: String,
    /// The key it had.
    pub key: Option<String>,
    /// What the handler was given.
    pub payload: String,
    /// The id of the call that caused it.
    pub correlation_id: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was enqueued.
    pub enqueued_at: Micros,
    /// Why the last attempt failed.
    pub reason: String,
}

/// Lists dead jobs, the latest enqueued first, `limit` at most.
pub async fn dead(db: &Db, limit: i64) -> Result<Vec<DeadJob>, DbError> {
    db.scan(limit, |tx, &limit| {
        Box::pin(async move {
            let rows = tx.rows(&DEAD, args![limit]).await?;
            rows.into_iter().map(dead_job).collect()
        })
    })
    .await
}

/// Has a dead job run again, or all of them, with all of its attempts. Answers how many do; one
/// whose key a waiting or running job has stays dead.
pub async fn revive(tx: &mut Tx, id: Option<i64>, now: Micros) -> Result<u64, DbError> {
    let revived = tx.execute(&REVIVE, args![now, id.unwrap_or(-1)]).await?;
    if revived > 0 {
        tx.wake_workers();
    }
    Ok(revived)
}

fn dead_job(mut row: Row) -> Result<DeadJob, DbError> {
    Ok(DeadJob {
        id: row.get(0)?,
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        correlation_id: row.get(4)?,
        attempts: row.get(5)?,
        enqueued_at: row.get(6)?,
        reason: row.get::<Option<String>>(7)?.unwrap_or_default(),
    })
}

/// What a worker asks for.
pub(crate) struct Wanted {
    /// The claims' fencing token.
    pub(crate) token: [u8; 16],
    pub(crate) now: Micros,
    pub(crate) lease_until: Micros,
    /// Each between two spaces.
    pub(crate) kinds: Arc<str>,
    pub(crate) limit: i64,
}

/// Takes jobs that are due, and those whose worker has let its lease end; first come first.
pub(crate) async fn claim(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Job>, DbError> {
    let values = args![
        &wanted.token,
        wanted.lease_until,
        wanted.now,
        &*wanted.kinds,
        wanted.limit
    ];
    let rows = tx.returning(&CLAIM, values).await?;
    let jobs: Result<Vec<Job>, _> = rows
        .into_iter()
        .map(|row| claimed(row, wanted.token))
        .collect();
    let mut jobs = jobs?;
    // RETURNING has no order.
    jobs.sort_by_key(|job| (job.run_at, job.id));
    Ok(jobs)
}

fn claimed(mut row: Row, token: [u8; 16]) -> Result<Job, DbError> {
    let id = row.get(0)?;
    Ok(Job {
        id,
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        correlation_id: row.get(4)?,
        attempt: row.get(5)?,
        run_at: row.get(6)?,
        enqueued_at: row.get(7)?,
        claim: Claim {
            job_id: id,
            token,
            settled: Arc::default(),
        },
    })
}

/// Prolongs claims, and answers the jobs whose claim no longer stands.
pub(crate) async fn renew(
    tx: &mut Tx,
    claims: &[Claim],
    lease_until: Micros,
) -> Result<Vec<i64>, DbError> {
    let mut lost = Vec::new();
    for claim in claims {
        let values = args![claim.job_id, &claim.token, lease_until];
        if tx.execute(&RENEW, values).await? == 0 {
            lost.push(claim.job_id);
        }
    }
    Ok(lost)
}

/// Hands unfinished jobs back. The attempt does not count: the job did not fail.
pub(crate) async fn release(tx: &mut Tx, claims: &[Claim]) -> Result<(), DbError> {
    for claim in claims {
        tx.execute(&RELEASE, args![claim.job_id, &claim.token])
            .await?;
    }
    tx.wake_workers();
    Ok(())
}

/// When a job or a lease is due next after `now`.
pub(crate) async fn next_due(db: &Db, now: Micros) -> Result<Option<Micros>, DbError> {
    db.read(now, |tx, &now| {
        Box::pin(async move {
            let row = tx.row(&NEXT, args![now]).await?;
            row.map(|mut row| row.get(0)).transpose()
        })
    })
    .await
}

/// How many jobs are due but not started (counted up to 100,000), and how many are dead.
pub(crate) async fn depth(db: &Db, now: Micros) -> Result<(i64, i64), DbError> {
    db.scan(now, |tx, &now| {
        Box::pin(async move {
            let due = tx.row(&DEPTH, args![now]).await?;
            let dead = tx.row(&DEAD_COUNT, &[]).await?;
            let count = |row: Option<Row>| row.map_or(Ok(0), |mut row| row.get(0));
            Ok((count(due)?, count(dead)?))
        })
    })
    .await
}
