//! How long a request may take.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use tokio::time::{Instant, sleep_until};

use crate::Limits;

/// A request's limits, and when it must be answered: a request extension, set by the edge.
#[derive(Clone)]
pub(crate) struct Times {
    pub(crate) limits: Limits,
    deadline: Arc<Mutex<Instant>>,
}

impl Times {
    /// For a request that comes now.
    pub(crate) fn from_now(limits: Limits) -> Self {
        let deadline = Instant::now() + limits.request_time;
        Self {
            limits,
            deadline: Arc::new(Mutex::new(deadline)),
        }
    }

    /// A request's, or those of the default limits where no edge is around the handler.
    pub(crate) fn of(request: &Request) -> Self {
        let known = request.extensions().get::<Self>();
        known
            .cloned()
            .unwrap_or_else(|| Self::from_now(Limits::default()))
    }

    /// Something of an upload has come: the time for the answer begins anew.
    pub(crate) fn begin_anew(&self) {
        *self.deadline() = Instant::now() + self.limits.request_time;
    }

    /// Ends when the request should have been answered.
    pub(crate) async fn over(&self) {
        loop {
            let deadline = *self.deadline();
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }

    fn deadline(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn progress_puts_the_end_off() {
        let times = Times::from_now(Limits::default());
        let ended = || times.over().now_or_never().is_some();
        for _ in 0..9 {
            advance(Duration::from_secs(59)).await;
            assert!(!ended());
            times.begin_anew();
        }
        advance(Duration::from_mins(1)).await;
        assert!(ended());
    }
}
