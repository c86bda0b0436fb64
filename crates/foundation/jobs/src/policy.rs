//! When a failed job runs again.

use std::time::Duration;

use bursar_kernel::Micros;

/// How often a job is tried, and how long it waits in between.
///
/// The delay doubles from `first_delay` up to `delay_max`. Its second half is up to chance, so
/// that jobs which failed together do not come back together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// Attempts before the job is dead, the first included.
    pub attempts_max: i64,
    /// The delay after the first attempt.
    pub first_delay: Duration,
    /// The longest delay.
    pub delay_max: Duration,
}

impl RetryPolicy {
    /// The delay after the failed attempt `attempt` (from 1). `jitter` is any random number.
    pub fn delay(&self, attempt: i64, jitter: u64) -> Duration {
        // Both ends of the clamp fit.
        let doublings = u32::try_from(attempt.clamp(1, 32) - 1).unwrap_or(31);
        let doubled = self.first_delay.saturating_mul(1 << doublings);
        let whole = doubled.min(self.delay_max);
        let half = whole / 2;
        let span_us = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
        let chance_us = jitter.checked_rem(span_us.saturating_add(1)).unwrap_or(0);
        whole.saturating_sub(half) + Duration::from_micros(chance_us)
    }
}

/// What became of a failed job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failed {
    /// It waits.
    Retried {
        /// When it runs again.
        run_at: Micros,
    },
    /// It had its last attempt, and is kept with its reason.
    Dead,
}

impl Failed {
    /// Counts the failure. Call it once the operation is committed: an operation may run again.
    pub fn count(self, kind: &'static str) {
        metrics::counter!("jobs_failed_total", "kind" => kind).increment(1);
        if self == Self::Dead {
            metrics::counter!("jobs_dead_total", "kind" => kind).increment(1);
            tracing::error!("the job is dead");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts_max: 9,
        first_delay: Duration::from_secs(2),
        delay_max: Duration::from_mins(1),
    };

    #[test]
    fn delays_double_up_to_the_longest() {
        let shortest = |attempt| POLICY.delay(attempt, 0).as_secs();
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7].map(shortest),
            [1, 2, 4, 8, 16, 30, 30]
        );
        assert_eq!(POLICY.delay(i64::MAX, 0), Duration::from_secs(30));
    }

    #[test]
    fn chance_spreads_the_second_half() {
        let half_us = 1_000_000;
        assert_eq!(POLICY.delay(1, half_us), Duration::from_secs(2));
        assert_eq!(POLICY.delay(1, half_us + 1), Duration::from_secs(1));
        for jitter in [7, 999_999_999, u64::MAX] {
            let delay = POLICY.delay(1, jitter);
            assert!((1..=2).contains(&delay.as_secs()), "{delay:?}");
        }
    }

    #[test]
    fn no_delay_is_possible() {
        let zero = RetryPolicy {
            first_delay: Duration::ZERO,
            ..POLICY
        };
        assert_eq!(zero.delay(5, 12345), Duration::ZERO);
    }
}
