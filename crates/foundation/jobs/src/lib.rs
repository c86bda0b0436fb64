//! The durable queue: work that an operation causes, and that is done after its answer.
//!
//! A job is enqueued inside the operation that causes it, so that both happen or neither. It runs
//! *at least once*: a worker that dies is replaced when its lease ends. A handler that does its
//! effect and calls [`complete`] in one operation makes that effect happen *exactly once*, because
//! a worker that lost its lease meanwhile is refused.
//!
//! ```
//! use bursar_db::{Db, DbError, Isolation};
//! use bursar_jobs::{Handler, HandlerError, Job, JobsError, RetryPolicy, complete};
//! use std::time::Duration;
//!
//! struct Render(Db);
//!
//! impl Handler for Render {
//!     fn kind(&self) -> &'static str {
//!         "receipt.render"
//!     }
//!     fn policy(&self) -> RetryPolicy {
//!         let first_delay = Duration::from_secs(1);
//!         RetryPolicy { attempts_max: 8, first_delay, delay_max: Duration::from_mins(10) }
//!     }
//!     fn run<'a>(&'a self, job: &'a Job) -> bursar_db::BoxFuture<'a, Result<(), HandlerError>> {
//!         Box::pin(async move {
//!             let picture = format!("picture of {}", job.payload);
//!             let args = (job.claim.clone(), picture);
//!             let done = self.0.write(Isolation::ReadCommitted, args, |tx, (claim, _picture)| {
//!                 Box::pin(async move {
//!                     // … the effect's statements …
//!                     complete(tx, claim).await
//!                 })
//!             });
//!             done.await.map_err(|error: JobsError| error.into())
//!         })
//!     }
//! }
//! ```
//!
//! Quirks worth knowing: leases are measured by each node's own clock, so nodes whose clocks are
//! more than [`LEASE`] apart would do work twice (its effects still happen once). A job of a kind
//! that no worker handles waits until one does. Dead jobs are kept until [`revive`] runs them
//! again. Metrics: `jobs_started_total`,
//! `jobs_failed_total`, `jobs_dead_total` and `job_wait_seconds` by `kind`; `jobs_queue_depth`
//! (due, not started) and `jobs_dead` (dead letters).

mod policy;
mod pool;
mod queue;
mod worker;

use bursar_db::Sql;

pub use policy::{Failed, RetryPolicy};
pub use pool::Workers;
pub use queue::{
    Claim, DeadJob, Job, JobsError, NewJob, bury, complete, dead, enqueue, expire_leases, fail,
    revive,
};
pub use worker::{Handler, HandlerError, LEASE, Worker};

/// Every statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static Sql] {
    queue::STATEMENTS
}
