//! One worker's steps: take jobs, run their handlers, settle them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bursar_db::{BoxFuture, Db, DbError, Isolation};
use bursar_kernel::{Clock, Micros, Rng};
use futures_util::FutureExt;

use crate::queue::{self, Wanted};
use crate::{Claim, Failed, Job, JobsError, RetryPolicy};

/// How long a claim stands without being renewed.
pub const LEASE: Duration = Duration::from_secs(30);
/// Jobs that [`Worker::run_due`] takes at a time.
const BATCH: usize = 32;

/// Does the jobs of one kind.
pub trait Handler: Send + Sync {
    /// The kind, without spaces.
    fn kind(&self) -> &'static str;

    /// When failed jobs run again.
    fn policy(&self) -> RetryPolicy;

    /// Does one job; it may be one that was done before, wholly or partly.
    ///
    /// Normally ends with an operation that does the effect and calls [`crate::complete`]. When it
    /// answers `Ok` without having completed or failed the job, the worker completes it. A handler
    /// that was cut off by a stop or a lost lease is dropped at an await.
    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>>;
}

/// Why an attempt failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HandlerError {
    /// Worth another attempt, as the policy allows.
    #[error("{0}")]
    Retry(String),
    /// No attempt can succeed.
    #[error("{0}")]
    Dead(String),
}

impl From<DbError> for HandlerError {
    fn from(error: DbError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<JobsError> for HandlerError {
    fn from(error: JobsError) -> Self {
        Self::Retry(error.to_string())
    }
}

/// One worker, step by step. [`crate::Workers`] drives it in a server; tests and simulations drive
/// it themselves.
pub struct Worker {
    db: Db,
    clock: Clock,
    rng: Rng,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    /// Each between two spaces.
    kinds: Arc<str>,
}

impl Worker {
    /// A worker for the kinds of these handlers.
    pub fn new(db: Db, clock: Clock, rng: Rng, handlers: Vec<Arc<dyn Handler>>) -> Self {
        let handlers: HashMap<_, _> = handlers
            .into_iter()
            .map(|handler| (handler.kind(), handler))
            .collect();
        let kinds = handlers
            .keys()
            .fold(" ".to_owned(), |kinds, kind| kinds + kind + " ");
        Self {
            db,
            clock,
            rng,
            handlers,
            kinds: kinds.into(),
        }
    }

    /// Claims up to `limit` jobs that are due, first come first.
    pub async fn claim(&self, limit: usize) -> Result<Vec<Job>, DbError> {
        let now = self.clock.now();
        let wanted = Wanted {
            token: self.rng.bytes(),
            now,
            lease_until: now + LEASE,
            kinds: Arc::clone(&self.kinds),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let claiming = self
            .db
            .write(Isolation::ReadCommitted, wanted, |tx, wanted| {
                Box::pin(queue::claim(tx, wanted))
            });
        claiming.await
    }

    /// Makes claims stand for another [`LEASE`], and answers the ids of jobs that others have now.
    pub async fn renew(&self, claims: Vec<Claim>) -> Result<Vec<i64>, DbError> {
        let args = (claims, self.clock.now() + LEASE);
        let renewing = self
            .db
            .write(Isolation::ReadCommitted, args, |tx, (claims, until)| {
                Box::pin(queue::renew(tx, claims, *until))
            });
        renewing.await
    }

    /// Hands unfinished jobs back to the queue.
    pub async fn release(&self, claims: Vec<Claim>) -> Result<(), DbError> {
        let releasing = self
            .db
            .write(Isolation::ReadCommitted, claims, |tx, claims| {
                Box::pin(queue::release(tx, claims))
            });
        releasing.await
    }

    /// Runs a claimed job's handler and settles the job. What cannot be settled is left to the
    /// worker that takes it over.
    pub async fn work(&self, job: Job) {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else {
            return;
        };
        let kind = handler.kind();
        let wait = self.clock.now() - job.run_at;
        metrics::histogram!("job_wait_seconds", "kind" => kind).record(wait.as_secs_f64());
        metrics::counter!("jobs_started_total", "kind" => kind).increment(1);
        let policy = handler.policy();
        let settled = match attempt(handler.as_ref(), &policy, &job).await {
            Ok(()) if job.claim.is_settled() => Ok(()),
            Ok(()) => self.complete(&job).await,
            Err(error) => self.record_failure(kind, &job, policy, error).await,
        };
        match settled {
            Ok(()) => {}
            Err(JobsError::LeaseLost) => tracing::debug!("settled already, or by another worker"),
            Err(JobsError::Db(error)) => {
                tracing::warn!(%error, "the job could not be settled; it will run again");
            }
        }
    }

    /// Runs what is due, job by job, until nothing is. Answers how many attempts were made.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        let mut attempts = 0;
        loop {
            let jobs = self.claim(BATCH).await?;
            if jobs.is_empty() {
                return Ok(attempts);
            }
            attempts += jobs.len();
            for job in jobs {
                self.work(job).await;
            }
        }
    }

    /// How long until a job or lease is due next.
    pub(crate) async fn next_due(&self) -> Result<Option<Duration>, DbError> {
        let now = self.clock.now();
        let next = queue::next_due(&self.db, now).await?;
        Ok(next.map(|next| next - now))
    }

    /// Sets the gauges of waiting and dead jobs.
    pub(crate) async fn measure(&self) -> Result<(), DbError> {
        let (due, dead) = queue::depth(&self.db, self.clock.now()).await?;
        metrics::gauge!("jobs_queue_depth").set(due as f64);
        metrics::gauge!("jobs_dead").set(dead as f64);
        Ok(())
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }

    async fn complete(&self, job: &Job) -> Result<(), JobsError> {
        let claim = job.claim.clone();
        let completed = self.db.write(Isolation::Append, claim, |tx, claim| {
            Box::pin(async move {
                match queue::complete(tx, claim).await {
                    Ok(()) => Ok(true),
                    // Not an error here: one that fails undoes the others of its group.
                    Err(JobsError::LeaseLost) => Ok(false),
                    Err(JobsError::Db(error)) => Err(error),
                }
            })
        });
        match completed.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(JobsError::LeaseLost),
            Err(error) => Err(JobsError::Db(error)),
        }
    }

    async fn record_failure(
        &self,
        kind: &'static str,
        job: &Job,
        mut policy: RetryPolicy,
        error: HandlerError,
    ) -> Result<(), JobsError> {
        let reason = match error {
            HandlerError::Retry(reason) => reason,
            HandlerError::Dead(reason) => {
                policy.attempts_max = job.attempt;
                reason
            }
        };
        tracing::warn!(reason, "the attempt failed");
        let jitter = u64::from_le_bytes(self.rng.bytes());
        let args = (job.clone(), policy, jitter, reason, self.clock.now());
        let failing = self.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (job, policy, jitter, reason, now)| {
                Box::pin(queue::fail(tx, job, policy, *jitter, reason, *now))
            },
        );
        let failed: Failed = failing.await?;
        failed.count(kind);
        Ok(())
    }
}

/// Runs a handler once. A panic is a failed attempt.
async fn attempt(
    handler: &dyn Handler,
    policy: &RetryPolicy,
    job: &Job,
) -> Result<(), HandlerError> {
    // Only attempts whose worker died lead here: the others were recorded as dead.
    if job.attempt > policy.attempts_max {
        let reason = format!(
            "its worker died in the last of {} attempts",
            policy.attempts_max
        );
        return Err(HandlerError::Dead(reason));
    }
    // The handler's own state is shared with other jobs anyway.
    let guarded = AssertUnwindSafe(async { handler.run(job).await });
    match guarded.catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            let reason = format!("the handler panicked: {}", text.unwrap_or("no message"));
            Err(HandlerError::Retry(reason))
        }
    }
}
