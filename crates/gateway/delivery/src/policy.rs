//! What becomes of an item after an attempt: pure functions.
//!
//! Sources: receipts/response-codes.markdown; the e-receipts and quick expense guide, "Error
//! Handling" (5xx: again later; 4xx: mend and send again; 429: wait).

use std::time::Duration;

use bursar_kernel::Micros;

/// How long an item is tried.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_hours(72);
/// What a platform got, it shows after this: a doubtful item is looked for no earlier.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_secs(30);

const FIRST_DELAY: Duration = Duration::from_secs(5);
const DELAY_MAX: Duration = Duration::from_mins(15);
/// Attempts of unknown outcome without growing pauses.
const QUICK_UNKNOWN: i64 = 10;
/// The same where the platform failed.
const QUICK_FAILED: i64 = 3;
/// Where 429 does not say.
const TOO_MANY_WAIT: Duration = Duration::from_mins(1);
/// Whatever a platform says, it is not asked again sooner,
const TOLD_MIN: Duration = Duration::from_secs(1);
/// and nothing waits longer.
const TOLD_MAX: Duration = Duration::from_hours(24);
/// When a lost connection is looked at again; reconnecting comes first.
const LOST_PAUSE: Duration = Duration::from_hours(1);

/// How an attempt ended without the platform having the item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// The request never left, or came to nothing for sure.
    NotSent {
        reason: String,
        retry_after: Option<Duration>,
    },
    /// No whole answer came, or one that is not documented: the platform may have it.
    Unknown(String),
    /// The platform answered with a status that is no success.
    Status {
        status: u16,
        retry_after: Option<Duration>,
        text: String,
    },
    /// The platform takes the connection's token no more.
    Lost(String),
    /// The connection ended.
    Ended,
}

/// The item when it was tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    /// Attempts, this one included.
    pub(crate) attempts: i64,
    /// Whether an earlier attempt's outcome is unknown, also after looking.
    pub(crate) doubtful: bool,
    /// Whether a receipt can be looked for; or whether the app wants it sent again all the same.
    pub(crate) retry_unknown: bool,
    /// Whether the access token was replaced for this attempt.
    pub(crate) fresh_token: bool,
    /// When it is given up.
    pub(crate) give_up_at: Micros,
    /// Now.
    pub(crate) now: Micros,
    /// Any random number.
    pub(crate) jitter: u64,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// Once more with a fresh access token, at once.
    FreshToken,
    /// Again, not before this.
    Again(Again),
    /// The connection pauses; the item is as it was.
    Pause { until: Micros, reason: String },
    /// Given up.
    Park { doubtful: bool, reason: String },
}

/// A next attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Again {
    pub(crate) due_at: Micros,
    pub(crate) doubtful: bool,
    /// Whether the attempt counts.
    pub(crate) counts: bool,
    pub(crate) reason: String,
}

/// What is to be done after trouble.
pub(crate) fn decide(trouble: Trouble, tried: &Tried) -> Decision {
    match trouble {
        Trouble::NotSent {
            reason,
            retry_after,
        } => {
            let wait = backoff(FIRST_DELAY, tried.attempts, tried.jitter);
            let wait = retry_after.map_or(wait, |told| told.clamp(TOLD_MIN, TOLD_MAX));
            again(tried, wait, tried.doubtful, true, reason)
        }
        Trouble::Unknown(reason) => unknown(tried, QUICK_UNKNOWN, None, reason),
        Trouble::Status {
            status,
            retry_after,
            text,
        } => answered(tried, status, retry_after, text),
        Trouble::Lost(reason) if tried.now < tried.give_up_at => Decision::Pause {
            until: tried.now + LOST_PAUSE,
            reason,
        },
        Trouble::Lost(reason) => park(tried, reason),
        Trouble::Ended => park(
            tried,
            "the user has disconnected; replay it when they are connected again".to_owned(),
        ),
    }
}

fn answered(tried: &Tried, status: u16, retry_after: Option<Duration>, text: String) -> Decision {
    match status {
        401 | 403 if !tried.fresh_token => Decision::FreshToken,
        429 => {
            let wait = retry_after.unwrap_or(TOO_MANY_WAIT);
            let wait = wait.clamp(TOLD_MIN, TOLD_MAX);
            again(tried, wait, tried.doubtful, false, text)
        }
        // With 408 the request did not come whole; whoever stands before the platform may err.
        408 | 500.. => unknown(tried, QUICK_FAILED, retry_after, text),
        _ => park(tried, text),
    }
}

/// The platform may have it: soon again a few times, then with growing pauses.
fn unknown(tried: &Tried, quick: i64, told: Option<Duration>, reason: String) -> Decision {
    if !tried.retry_unknown {
        return Decision::Park {
            doubtful: true,
            reason: format!("outcome unknown: {reason}"),
        };
    }
    let wait = if tried.attempts <= quick {
        SETTLED_AFTER
    } else {
        backoff(SETTLED_AFTER, tried.attempts - quick + 1, tried.jitter).max(SETTLED_AFTER)
    };
    let wait = told.map_or(wait, |told| told.min(TOLD_MAX).max(SETTLED_AFTER));
    again(tried, wait, true, true, reason)
}

fn again(tried: &Tried, wait: Duration, doubtful: bool, counts: bool, reason: String) -> Decision {
    if tried.now >= tried.give_up_at {
        return Decision::Park { doubtful, reason };
    }
    // One last attempt at the very end.
    let due_at = (tried.now + wait).min(tried.give_up_at);
    Decision::Again(Again {
        due_at,
        doubtful,
        counts,
        reason,
    })
}

fn park(tried: &Tried, reason: String) -> Decision {
    Decision::Park {
        doubtful: tried.doubtful,
        reason,
    }
}

/// Doubles from `first` on; its second half is up to chance.
fn backoff(first: Duration, attempts: i64, jitter: u64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(15);
    let whole = first.saturating_mul(1 << doublings).min(DELAY_MAX);
    let half = whole / 2;
    let span = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
    let chance = jitter.checked_rem(span.saturating_add(1)).unwrap_or(0);
    half + Duration::from_micros(chance)
}

#[cfg(test)]
mod tests;
