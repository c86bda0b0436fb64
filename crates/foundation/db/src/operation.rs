//! An operation on its way through an engine.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::tx::Failure;
use crate::{BoxFuture, DbError, Tx};

/// What an engine sees of an operation: run it (again), then tell its caller.
pub(crate) trait Operation: Send + Sync {
    /// Runs once in `tx`. The result is kept until [`Operation::answer`].
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict>;
    /// Hands the kept result to the caller, or `error` in its place.
    fn answer(self: Box<Self>, error: Option<DbError>);
}

/// What is to become of an operation's statements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Keep them.
    Commit,
    /// Undo them; the caller gets the operation's own error.
    Rollback,
    /// Undo them and run again: others were in the way.
    Retry,
}

pub(crate) struct Pending<A, T, E, F> {
    pub(crate) args: A,
    pub(crate) op: F,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) back: oneshot::Sender<Result<T, E>>,
    #[cfg(feature = "failpoints")]
    pub(crate) failpoints: Option<Failpoints>,
}

impl<A, T, E, F> Operation for Pending<A, T, E, F>
where
    A: Send + Sync,
    T: Send + Sync,
    E: From<DbError> + Send + Sync,
    F: for<'t> Fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict> {
        Box::pin(async move {
            // One bad operation harms only itself.
            let guarded = AssertUnwindSafe(async { (self.op)(tx, &self.args).await });
            let result = match guarded.catch_unwind().await {
                Ok(result) => result,
                Err(panic) => {
                    tracing::error!(reason = panic_text(&*panic), "an operation panicked");
                    tx.failure = Some(Failure::Fatal);
                    Err(DbError::Panicked.into())
                }
            };
            // An operation that swallowed a failed statement is over all the same.
            let result = match (result, tx.failure) {
                (Ok(_), Some(_)) => Err(DbError::Over.into()),
                (result, _) => result,
            };
            #[cfg(feature = "failpoints")]
            let result = match result {
                Ok(_) if killed(self.failpoints.as_ref(), Failpoint::BeforeCommit) => {
                    Err(DbError::Killed.into())
                }
                result => result,
            };
            let verdict = match (&result, tx.failure) {
                (Ok(_), _) => Verdict::Commit,
                (Err(_), Some(Failure::Collision)) => Verdict::Retry,
                (Err(_), _) => Verdict::Rollback,
            };
            self.result = Some(result);
            verdict
        })
    }

    fn answer(self: Box<Self>, error: Option<DbError>) {
        let result = match (error, self.result) {
            (None, Some(result)) => result,
            (Some(error), _) => Err(error.into()),
            (None, None) => Err(DbError::Closed.into()),
        };
        // The caller may have gone; what it asked for has happened all the same.
        drop(self.back.send(result));
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// A place where a simulation may kill the caller of an operation.
#[cfg(feature = "failpoints")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failpoint {
    /// The operation has not begun.
    BeforeOperation,
    /// It ran, but is not committed: all of it is undone.
    BeforeCommit,
    /// It is committed, but its caller never learns.
    AfterCommit,
}

/// Decides at each failpoint whether to kill.
#[cfg(feature = "failpoints")]
pub type Failpoints = std::sync::Arc<dyn Fn(Failpoint) -> bool + Send + Sync>;

#[cfg(feature = "failpoints")]
pub(crate) fn killed(failpoints: Option<&Failpoints>, point: Failpoint) -> bool {
    failpoints.is_some_and(|kill| kill(point))
}
