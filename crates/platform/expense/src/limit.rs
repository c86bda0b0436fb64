//! How many requests there may be for one user. Source: v4.quick-expense.md, "Limitations".
//!
//! The database counts, in one row for each user, so that all nodes agree: that row is locked from
//! the count to the end of the operation, and only requests for the same user wait for it. A node
//! remembers who is over the limit, and until when: a flood for one user costs the others nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid};

use crate::error::Fault;
use crate::store;

/// Requests for one user in [`WINDOW`].
const REQUESTS_MAX: i64 = 120;
const WINDOW: Duration = Duration::from_mins(5);
/// Users remembered before those are forgotten whose time is over.
const REMEMBERED: usize = 1000;

/// Counts one more request for a user of a company, inside an operation. Answers, if it is one too
/// many, when there may be more.
///
/// `Choice:` the five minutes begin with the first request and end for all of them at once; what
/// is refused does not prolong them.
pub(crate) async fn count(
    tx: &mut Tx,
    place: (Uuid, Uuid),
    now: Micros,
) -> Result<Option<Micros>, DbError> {
    let (began_at, requests) = store::count_request(tx, place, now, now - WINDOW).await?;
    Ok((requests > REQUESTS_MAX).then(|| began_at + WINDOW))
}

/// Users that are over the limit, and when they no longer are. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Limit(Arc<Mutex<HashMap<Uuid, Micros>>>);

impl Limit {
    /// Refuses a request for a user who is known to be over the limit.
    pub(crate) fn check(&self, user_id: Uuid, now: Micros) -> Result<(), Fault> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&user_id) {
            Some(&until) if now < until => Err(Fault::TooMany { wait: until - now }),
            _ => Ok(()),
        }
    }

    /// Remembers that a user is over the limit, and refuses the request.
    pub(crate) fn refuse(&self, user_id: Uuid, until: Micros, now: Micros) -> Fault {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, until| now < *until);
        }
        known.insert(user_id, until);
        Fault::TooMany { wait: until - now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_over_the_limit_is_remembered_until_it_is_over() {
        let limit = Limit::default();
        let (user, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(limit.check(user, Micros(0)).is_ok());
        let refused = limit.refuse(user, Micros(10), Micros(4));
        let wait = Duration::from_micros(6);
        assert!(matches!(refused, Fault::TooMany { wait: known } if known == wait));
        assert!(limit.check(user, Micros(9)).is_err());
        assert!(limit.check(user, Micros(10)).is_ok());
        assert!(limit.check(other, Micros(9)).is_ok());
    }

    #[test]
    fn who_no_longer_is_gets_forgotten() {
        let limit = Limit::default();
        for user in 0..5000 {
            limit.refuse(Uuid::from_u128(user), Micros(10), Micros(20));
        }
        assert!(limit.0.lock().unwrap().len() <= REMEMBERED);
    }
}
