//! A server's workers: one loop that claims for all free slots, and a task for each running job.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bursar_db::{Db, DbError};
use bursar_kernel::{Clock, Micros, Rng};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, Id, JoinHandle, JoinSet};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{Claim, Handler, Job, LEASE, Worker};

/// A lost wake-up costs at most this.
const POLL: Duration = Duration::from_secs(1);
/// Leases are renewed when less than this is left of them.
const RENEW_BELOW: Duration = Duration::from_secs(20);
/// Between two looks at the queue's depth.
const MEASURE_EVERY: Duration = Duration::from_secs(15);
/// How long [`Workers::stop`] waits for running jobs.
const STOP_WAIT: Duration = Duration::from_secs(20);

/// How far jobs stand back behind requests: little of a contended core, all of an idle one.
const NICENESS: i32 = 19;

/// The workers of one process. Dropping them cuts their jobs off, as a crash would.
///
/// Jobs have threads of their own that yield to those that answer requests: a backlog never slows
/// an answer. A job may compute for seconds on its thread, since the loop that claims jobs and
/// renews their leases runs where requests are answered.
pub struct Workers {
    stop: Option<oneshot::Sender<Duration>>,
    task: JoinHandle<()>,
    runtime: Option<Runtime>,
}

impl Workers {
    /// Starts working, on up to `concurrency` jobs at a time.
    ///
    /// # Panics
    /// Outside a tokio runtime, or when the system gives no threads.
    pub fn start(
        db: Db,
        clock: Clock,
        rng: Rng,
        handlers: Vec<Arc<dyn Handler>>,
        concurrency: usize,
    ) -> Self {
        let runtime = yielding_runtime();
        let pool = Pool {
            threads: runtime.handle().clone(),
            worker: Arc::new(Worker::new(db, clock, rng, handlers)),
            slots: concurrency.max(1),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            more: true,
            next_look: Instant::now(),
            measured: None,
        };
        let (stop, stopping) = oneshot::channel();
        let task = tokio::spawn(pool.run(stopping));
        Self {
            stop: Some(stop),
            task,
            runtime: Some(runtime),
        }
    }

    /// Takes no more jobs and finishes those that run, for up to 20 seconds.
    pub async fn stop(self) {
        self.stop_within(STOP_WAIT).await;
    }

    /// As [`Workers::stop`]. Jobs that are not finished within `wait` are cut off and handed back
    /// to the queue.
    pub async fn stop_within(mut self, wait: Duration) {
        if let Some(stop) = self.stop.take() {
            // When nobody listens, the loop has ended.
            stop.send(wait).ok();
        }
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the workers' loop ended");
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One thread for each core: a handler may compute on it.
fn yielding_runtime() -> Runtime {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores)
        .thread_name("jobs")
        .enable_all()
        .on_thread_start(|| {
            // On Linux this means the calling thread alone. Refused or not, the jobs get done.
            rustix::process::setpriority_process(None, NICENESS).ok();
        })
        .build()
        .expect("the system gives threads")
}

struct Pool {
    /// Where jobs run.
    threads: Handle,
    worker: Arc<Worker>,
    slots: usize,
    tasks: JoinSet<()>,
    running: HashMap<Id, Running>,
    /// Whether there may be jobs to claim.
    more: bool,
    /// When to look for jobs though nobody called.
    next_look: Instant,
    measured: Option<Instant>,
}

struct Running {
    claim: Claim,
    lease_until: Micros,
    task: AbortHandle,
}

impl Pool {
    async fn run(mut self, mut stopping: oneshot::Receiver<Duration>) {
        let wakeups = self.worker.db().wakeups();
        loop {
            // Registered before the look at the queue, so that nothing is missed in between.
            let mut woken = pin!(wakeups.notified());
            woken.as_mut().enable();
            self.step().await;
            tokio::select! {
                biased;
                stop = &mut stopping => match stop {
                    Ok(wait) => return self.finish(wait).await,
                    // Dropped: the job tasks end with `self`.
                    Err(_) => return,
                },
                () = woken => self.more = true,
                Some(ended) = self.tasks.join_next_with_id() => self.forget(&ended),
                () = tokio::time::sleep_until(self.next_look) => self.more = true,
            }
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.forget(&ended);
            }
        }
    }

    /// Renews leases, fills the free slots, and now and then measures the queue.
    async fn step(&mut self) {
        self.renew().await;
        let free = self.slots - self.running.len();
        if free < self.slots.div_ceil(4) {
            // A claim is a commit: it waits until it is worth one.
            self.next_look = Instant::now() + POLL;
        } else if self.more {
            let pause = self.fill(free).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "no jobs could be claimed");
                self.more = false;
                POLL
            });
            self.next_look = Instant::now() + pause;
        }
        self.measure().await;
    }

    /// Claims jobs and starts them. Answers how long to wait when nothing else happens.
    async fn fill(&mut self, free: usize) -> Result<Duration, DbError> {
        let jobs = self.worker.claim(free).await?;
        self.more = jobs.len() == free;
        for job in jobs {
            self.spawn(job);
        }
        if self.more {
            return Ok(POLL);
        }
        let due = self.worker.next_due().await?;
        Ok(due.map_or(POLL, |due| due.min(POLL)))
    }

    fn spawn(&mut self, job: Job) {
        let span = tracing::info_span!(
            "job",
            kind = job.kind,
            id = job.id,
            attempt = job.attempt,
            correlation_id = job.correlation_id,
        );
        let claim = job.claim.clone();
        let worker = Arc::clone(&self.worker);
        let work = async move { worker.work(job).await }.instrument(span);
        let task = self.tasks.spawn_on(work, &self.threads);
        let running = Running {
            claim,
            lease_until: self.worker.now() + LEASE,
            task,
        };
        self.running.insert(running.task.id(), running);
    }

    fn forget(&mut self, ended: &Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.running.remove(&id);
    }

    /// Renews leases that are running out, and cuts off jobs that others have now.
    async fn renew(&mut self) {
        let now = self.worker.now();
        let due = |running: &&mut Running| running.lease_until - now < RENEW_BELOW;
        let mut due: Vec<_> = self.running.values_mut().filter(due).collect();
        if due.is_empty() {
            return;
        }
        let claims = due.iter().map(|running| running.claim.clone()).collect();
        match self.worker.renew(claims).await {
            Ok(lost) => {
                for running in &mut due {
                    running.lease_until = now + LEASE;
                    // One that has just been completed has no row either.
                    let gone = lost.contains(&running.claim.job_id());
                    if gone && !running.claim.is_settled() {
                        tracing::warn!(job = running.claim.job_id(), "the lease was lost");
                        running.task.abort();
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "leases could not be renewed");
                // Others may have them by now.
                let over = due.iter().filter(|running| running.lease_until <= now);
                over.for_each(|running| running.task.abort());
            }
        }
    }

    async fn measure(&mut self) {
        let recent = |last: Instant| last.elapsed() < MEASURE_EVERY;
        if self.measured.is_some_and(recent) {
            return;
        }
        self.measured = Some(Instant::now());
        if let Err(error) = self.worker.measure().await {
            tracing::debug!(%error, "the queue could not be measured");
        }
    }

    /// Waits for running jobs, and hands back those that take too long.
    async fn finish(mut self, wait: Duration) {
        let deadline = Instant::now() + wait;
        while !self.running.is_empty() && Instant::now() < deadline {
            self.renew().await;
            let pause = deadline.min(Instant::now() + POLL);
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.forget(&ended),
                () = tokio::time::sleep_until(pause) => {}
            }
        }
        self.tasks.shutdown().await;
        let unfinished = self.running.into_values();
        let claims: Vec<_> = unfinished.map(|running| running.claim).collect();
        if claims.is_empty() {
            return;
        }
        tracing::warn!(jobs = claims.len(), "handing back unfinished jobs");
        if let Err(error) = self.worker.release(claims).await {
            tracing::warn!(%error, "their leases will run out instead");
        }
    }
}
