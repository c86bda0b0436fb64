//! What these tests share.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bursar_db::{BoxFuture, Db, DbError, Isolation, Options, args, statements};
use bursar_jobs::{Handler, HandlerError, Job, JobsError, NewJob, RetryPolicy, Worker};
use bursar_kernel::{Clock, Micros, Rng};
use bursar_testkit::TestDb;

pub(crate) const START: Micros = Micros(1_790_000_000_000_000);
/// No delay.
pub(crate) const NOW: Duration = Duration::ZERO;
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const POLICY: RetryPolicy = RetryPolicy {
    attempts_max: 3,
    first_delay: Duration::from_secs(2),
    delay_max: Duration::from_mins(1),
};

statements! {
    COUNT = "SELECT COUNT(*) FROM jobs_job WHERE state <> 'dead'";
}

/// A handler made of a closure.
pub(crate) struct Does<F>(pub(crate) &'static str, pub(crate) F);

impl<F, R> Handler for Does<F>
where
    F: Fn(Job) -> R + Send + Sync,
    R: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    fn kind(&self) -> &'static str {
        self.0
    }
    fn policy(&self) -> RetryPolicy {
        POLICY
    }
    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin((self.1)(job.clone()))
    }
}

/// A database, a fake clock, and workers on both.
pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

impl Bench {
    pub(crate) async fn open(place: &TestDb) -> Self {
        let clock = Clock::fake(START);
        let options = Options {
            clock: clock.clone(),
            ..place.options()
        };
        Self {
            db: place.try_open(options).await.unwrap(),
            clock,
        }
    }

    pub(crate) fn worker(&self, handlers: Vec<Arc<dyn Handler>>) -> Worker {
        Worker::new(self.db.clone(), self.clock.clone(), Rng::system(), handlers)
    }

    /// A worker for the kind "a" that never runs what it claims.
    pub(crate) fn claimer(&self) -> Worker {
        self.worker(vec![Arc::new(Does("a", |_| std::future::ready(Ok(()))))])
    }

    /// Enqueues a job of kind "a" that is due after `delay`.
    pub(crate) async fn add(&self, key: Option<&str>, payload: &str, delay: Duration) -> bool {
        add(&self.db, self.clock.now(), key, payload, delay).await
    }

    /// Jobs that wait or run.
    pub(crate) async fn alive(&self) -> i64 {
        alive(&self.db).await
    }
}

pub(crate) async fn add(
    db: &Db,
    now: Micros,
    key: Option<&str>,
    payload: &str,
    delay: Duration,
) -> bool {
    let job = (key.map(str::to_owned), payload.to_owned(), now, delay);
    let added = db.write(Isolation::Append, job, |tx, (key, payload, now, delay)| {
        Box::pin(async move {
            let job = NewJob {
                kind: "a",
                key: key.as_deref(),
                payload,
                correlation_id: "call-1",
                run_at: *now + *delay,
                now: *now,
            };
            bursar_jobs::enqueue(tx, &job).await
        })
    });
    added.await.map_err(|error: DbError| error).unwrap()
}

pub(crate) async fn alive(db: &Db) -> i64 {
    let count = db.read((), |tx, ()| {
        Box::pin(async move { tx.row(&COUNT, args![]).await?.unwrap().get(0) })
    });
    count.await.map_err(|error: DbError| error).unwrap()
}

pub(crate) async fn complete(db: &Db, job: &Job) -> Result<(), JobsError> {
    db.write(Isolation::ReadCommitted, job.claim.clone(), |tx, claim| {
        Box::pin(bursar_jobs::complete(tx, claim))
    })
    .await
}

pub(crate) fn payloads(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.payload.as_str()).collect()
}
