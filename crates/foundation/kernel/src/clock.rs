//! The one source of time.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Micros(pub i64);

impl Micros {
    /// Whole seconds since the epoch, rounded down. What JWT claims and `refresh_expires_in` use.
    pub fn epoch_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// RFC 3339 with milliseconds and `Z`: `2026-11-21T09:30:00.125Z`.
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// The HTTP date of RFC 9110: `Sat, 21 Nov 2026 09:30:00 GMT`.
    pub fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// As JavaScript prints dates: `Sat Nov 21 2026 09:30:00 GMT+00:00`.
    pub fn script_date(self) -> String {
        self.format("%a %b %d %Y %H:%M:%S GMT+00:00")
    }

    fn format(self, pattern: &str) -> String {
        let instant = Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        instant
            .to_zoned(TimeZone::UTC)
            .strftime(pattern)
            .to_string()
    }
}

impl Add<Duration> for Micros {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }
}

impl Sub<Duration> for Micros {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }
}

impl Sub for Micros {
    type Output = Duration;
    /// The time from `earlier` to `self`; zero when `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Where "now" comes from: the system, or a hand that a test or a sandbox moves.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Fake(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it. Clones move together.
    pub fn fake(start: Micros) -> Self {
        Self(Source::Fake(Arc::new(AtomicI64::new(start.0))))
    }

    /// The current instant.
    pub fn now(&self) -> Micros {
        match &self.0 {
            Source::System => Micros(system_micros()),
            Source::Fake(hand) => Micros(hand.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fake clock forward.
    ///
    /// # Panics
    /// On the system's clock, which nobody moves.
    pub fn advance(&self, span: Duration) {
        match &self.0 {
            Source::System => panic!("the system clock cannot be moved"),
            Source::Fake(hand) => hand.fetch_add(micros(span), Ordering::SeqCst),
        };
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::System => f.write_str("Clock::system"),
            Source::Fake(_) => write!(f, "Clock::fake({})", self.now().rfc3339()),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
fn system_micros() -> i64 {
    Timestamp::now().as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_dates_in_each_form() {
        let instant = Micros(1_795_253_400_125_000);
        assert_eq!(instant.rfc3339(), "2026-11-21T09:30:00.125Z");
        assert_eq!(instant.http_date(), "Sat, 21 Nov 2026 09:30:00 GMT");
        assert_eq!(instant.script_date(), "Sat Nov 21 2026 09:30:00 GMT+00:00");
        assert_eq!(instant.epoch_seconds(), 1_795_253_400);
    }

    #[test]
    fn clones_of_a_fake_clock_move_together() {
        let clock = Clock::fake(Micros(0));
        clock.clone().advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Micros(2_000_000));
        assert_eq!(clock.now() - Micros(500_000), Duration::from_millis(1500));
        assert_eq!(Micros(0) - clock.now(), Duration::ZERO);
    }
}
