//! Measures how long jobs take from the call that enqueues them to its answer (`commit`) and until
//! they start, in ms, and how many are done in a second, for both engines:
//! `cargo run --release -p bursar-jobs --example latency`
//! with `-- postgres` (on the server that `BURSAR_TEST_POSTGRES` names).

use std::sync::Arc;
use std::time::Duration;

use bursar_db::{BoxFuture, Db, DbError, Isolation};
use bursar_jobs::{Handler, HandlerError, Job, NewJob, RetryPolicy, Workers};
use bursar_kernel::{Clock, Rng};
use bursar_testkit::TestDb;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// One at a time, on an idle machine.
const SINGLE: usize = 500;
/// All at once.
const MANY: usize = 10_000;
/// Enqueued in one operation.
const BATCH: usize = 100;

struct Tell(UnboundedSender<Instant>);

impl Handler for Tell {
    fn kind(&self) -> &'static str {
        "tell"
    }
    fn policy(&self) -> RetryPolicy {
        let delay = Duration::from_secs(1);
        RetryPolicy {
            attempts_max: 3,
            first_delay: delay,
            delay_max: delay,
        }
    }
    fn run<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        let told = self.0.send(Instant::now());
        Box::pin(async move { told.map_err(|error| HandlerError::Dead(error.to_string())) })
    }
}

#[tokio::main]
async fn main() -> Result<(), DbError> {
    measure("sqlite", &TestDb::sqlite()).await?;
    if std::env::args().any(|arg| arg == "postgres") {
        measure("postgres", &TestDb::postgres().await).await?;
    }
    Ok(())
}

async fn measure(engine: &str, place: &TestDb) -> Result<(), DbError> {
    let db = place.open().await;
    let clock = Clock::system();
    let (told, mut started) = unbounded_channel();
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Tell(told))];
    let workers = Workers::start(db.clone(), clock.clone(), Rng::system(), handlers, 16);
    let (mut commits, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..SINGLE {
        let asked = Instant::now();
        enqueue(&db, &clock, 1).await?;
        commits.push(asked.elapsed());
        starts.push(next(&mut started).await?.duration_since(asked));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    for _ in 0..MANY / BATCH {
        enqueue(&db, &clock, BATCH).await?;
    }
    for _ in 0..MANY {
        next(&mut started).await?;
    }
    let rate = MANY as f64 / begun.elapsed().as_secs_f64();
    let (commit, start) = (percentiles(commits), percentiles(starts));
    println!(r#"{{"engine":"{engine}","commit":{commit},"start":{start},"jobs_per_s":{rate:.0}}}"#);
    workers.stop().await;
    db.close().await;
    Ok(())
}

fn percentiles(mut spans: Vec<Duration>) -> String {
    spans.sort();
    let at = |percent: usize| spans[spans.len() * percent / 100].as_secs_f64() * 1e3;
    let (p50, p95, p99) = (at(50), at(95), at(99));
    format!(r#"{{"p50":{p50:.2},"p95":{p95:.2},"p99":{p99:.2}}}"#)
}

async fn next(started: &mut UnboundedReceiver<Instant>) -> Result<Instant, DbError> {
    started.recv().await.ok_or(DbError::Closed)
}

async fn enqueue(db: &Db, clock: &Clock, jobs: usize) -> Result<(), DbError> {
    db.write(
        Isolation::Append,
        (clock.now(), jobs),
        |tx, &(now, jobs)| {
            Box::pin(async move {
                for _ in 0..jobs {
                    let job = NewJob {
                        kind: "tell",
                        key: None,
                        payload: "{}",
                        correlation_id: "latency",
                        run_at: now,
                        now,
                    };
                    bursar_jobs::enqueue(tx, &job).await?;
                }
                Ok(())
            })
        },
    )
    .await
}
