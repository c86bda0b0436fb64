//! `jobs.latency`: from the call that enqueues a job until the job starts, one at a time on a
//! quiet queue; and how many a second are done of a long one.

use std::sync::Arc;
use std::time::Duration;

use bursar_db::{BoxFuture, Db, DbError, Isolation, Location, MIGRATIONS, Options};
use bursar_jobs::{Handler, HandlerError, Job, NewJob, RetryPolicy, Workers};
use bursar_kernel::{Clock, Rng};
use serde_json::Map;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::Result;
use crate::rounds::{Plan, median, print, rounded};
use crate::storage::{Engine, Storage};

/// One at a time.
const SINGLE: usize = 500;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(10);
/// All at once.
const MANY: usize = 10_000;
/// Enqueued in one operation.
const BATCH: usize = 100;
const WORKERS: usize = 16;
const KIND: &str = "bench.tell";

/// Tells when it starts.
struct Tell(UnboundedSender<Instant>);

impl Handler for Tell {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn policy(&self) -> RetryPolicy {
        let delay = Duration::from_secs(1);
        RetryPolicy {
            attempts_max: 3,
            first_delay: delay,
            delay_max: delay,
        }
    }
    fn run<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, std::result::Result<(), HandlerError>> {
        let told = self.0.send(Instant::now());
        Box::pin(async move { told.map_err(|error| HandlerError::Dead(error.to_string())) })
    }
}

/// What one round found.
struct Round {
    /// Until the enqueueing call is answered, and so durable.
    commits: Vec<Duration>,
    starts: Vec<Duration>,
    jobs_per_second: f64,
}

/// The rounds' medians.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let mut columns: [(&str, Vec<f64>); 5] = [
        ("p50_ms", Vec::new()),
        ("p95_ms", Vec::new()),
        ("p99_ms", Vec::new()),
        ("commit_p95_ms", Vec::new()),
        ("jobs_per_second", Vec::new()),
    ];
    for _ in 0..plan.rounds {
        let storage = Storage::fresh(engine, plan.scratch)?;
        let mut round = measured(&storage)?;
        round.starts.sort();
        round.commits.sort();
        let at = |percent| percentile_ms(&round.starts, percent);
        let commit = percentile_ms(&round.commits, 95);
        let figures = [at(50), at(95), at(99), commit, round.jobs_per_second];
        eprintln!("  p50 {:.2} ms, p95 {:.2} ms", figures[0], figures[1]);
        for ((_, values), figure) in columns.iter_mut().zip(figures) {
            values.push(figure);
        }
    }
    let mut fields = Map::new();
    for (name, values) in &columns {
        fields.insert((*name).to_owned(), rounded(median(values)));
    }
    print("jobs.latency", engine.name(), "ms", fields);
    Ok(())
}

fn measured(storage: &Storage) -> Result<Round> {
    let location = match storage.url() {
        Some(url) => Location::Url(url.to_owned()),
        None => Location::Folder(storage.folder().join("data")),
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let db = Db::open(Options::new(location), MIGRATIONS).await?;
        let (clock, rng) = (Clock::system(), Rng::system());
        let (told, mut started) = unbounded_channel();
        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Tell(told))];
        let workers = Workers::start(db.clone(), clock.clone(), rng, handlers, WORKERS);
        let round = round(&db, &clock, &mut started).await;
        workers.stop().await;
        db.close().await;
        Ok(round?)
    })
}

async fn round(
    db: &Db,
    clock: &Clock,
    started: &mut UnboundedReceiver<Instant>,
) -> std::result::Result<Round, DbError> {
    let (mut commits, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..SINGLE {
        let asked = Instant::now();
        enqueue(db, clock, 1).await?;
        commits.push(asked.elapsed());
        starts.push(next(started).await?.duration_since(asked));
        tokio::time::sleep(PAUSE).await;
    }
    let begun = Instant::now();
    for _ in 0..MANY / BATCH {
        enqueue(db, clock, BATCH).await?;
    }
    for _ in 0..MANY {
        next(started).await?;
    }
    Ok(Round {
        commits,
        starts,
        jobs_per_second: MANY as f64 / begun.elapsed().as_secs_f64(),
    })
}

/// Of sorted spans.
fn percentile_ms(spans: &[Duration], percent: usize) -> f64 {
    let last = spans.len().saturating_sub(1);
    let index = (spans.len() * percent / 100).min(last);
    spans
        .get(index)
        .map_or(f64::NAN, |span| span.as_secs_f64() * 1e3)
}

async fn next(started: &mut UnboundedReceiver<Instant>) -> std::result::Result<Instant, DbError> {
    started.recv().await.ok_or(DbError::Closed)
}

async fn enqueue(db: &Db, clock: &Clock, jobs: usize) -> std::result::Result<(), DbError> {
    let args = (clock.now(), jobs);
    let adding = db.write(Isolation::Append, args, |tx, &(now, jobs)| {
        Box::pin(async move {
            for _ in 0..jobs {
                let job = NewJob {
                    kind: KIND,
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
    });
    adding.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_spans() {
        let spans: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        let at = |percent| percentile_ms(&spans, percent);
        assert!((at(50) - 51.0).abs() < 1e-9 && (at(95) - 96.0).abs() < 1e-9);
        assert!((percentile_ms(&spans[..1], 99) - 1.0).abs() < 1e-9);
        assert!(percentile_ms(&[], 50).is_nan());
    }
}
