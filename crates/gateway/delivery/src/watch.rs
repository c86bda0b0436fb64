//! What people who run the gateway see of the outbox: lists, counts, reasons.

use std::time::Duration;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::Micros;
use metrics::gauge;

use crate::policy::GIVE_UP_AFTER;
use crate::send::clean;
use crate::store::{self, item};
use crate::{Item, Outbox, State};

/// `Choice:` an item is overdue when it has waited for longer.
const OVERDUE_AFTER: Duration = Duration::from_hours(1);
/// What counts as delivered lately.
const LATELY: Duration = Duration::from_hours(24);
/// Reasons that are told, the most frequent.
const REASONS_MAX: i64 = 20;
/// Characters of a reason that tell it from others; the statements have the number, too.
pub const REASON_MAX: usize = 200;
/// How often the outbox is measured.
const MEASURED_EVERY: Duration = Duration::from_mins(1);

statements! {
    BY_KEY = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND key = $2";
    OF_USER = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND user_ref = $4 AND id < $2
            AND ($5 = '' OR state = $5) AND ($6 = '' OR substr(reason, 1, 200) = $6)
            AND give_up_at < $7
        ORDER BY id DESC LIMIT $3";
    // Reasons that begin alike are one: 200 characters fit into an index.
    OF_REASON = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND state = 'parked'
            AND substr(reason, 1, 200) = $4 AND id < $2
        ORDER BY id DESC LIMIT $3";
    OVERDUE = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND state = 'waiting' AND give_up_at < $4 AND id < $2
        ORDER BY id DESC LIMIT $3";
    COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM delivery_item
        WHERE app_id = $1 AND state = $2 LIMIT $3) AS counted";
    DELIVERED = "SELECT COUNT(*) FROM (SELECT 1 FROM delivery_item
        WHERE app_id = $1 AND state = 'delivered' AND ended_at >= $2 LIMIT $3) AS counted";
    // The time of giving up tells since when an item waits, also one that was replayed. An index
    // holds it for those that wait; each number comes from there alone.
    WAITING = "SELECT
        (SELECT COUNT(*) FROM (SELECT 1 FROM delivery_item
            WHERE app_id = $1 AND state = 'waiting' LIMIT $3) AS waiting),
        (SELECT COUNT(*) FROM (SELECT 1 FROM delivery_item
            WHERE app_id = $1 AND state = 'waiting' AND give_up_at < $2 LIMIT $3) AS overdue),
        (SELECT MIN(give_up_at) FROM delivery_item WHERE app_id = $1 AND state = 'waiting')";
    MEASURE = "SELECT
        (SELECT COUNT(*) FROM delivery_item WHERE app_id = $1 AND state = 'waiting'),
        (SELECT COUNT(*) FROM delivery_item WHERE app_id = $1 AND state = 'parked'),
        (SELECT MIN(give_up_at) FROM delivery_item WHERE app_id = $1 AND state = 'waiting')";
    REASONS = "SELECT reason, COUNT(*) FROM (SELECT substr(reason, 1, 200) AS reason
            FROM delivery_item WHERE app_id = $1 AND state = 'parked'
            ORDER BY id DESC LIMIT $2) AS parked
        GROUP BY reason ORDER BY COUNT(*) DESC LIMIT $3";
    COUNT_REASON = "SELECT COUNT(*) FROM (SELECT 1 FROM delivery_item
        WHERE app_id = $1 AND state = 'parked' AND substr(reason, 1, 200) = $2 AND id > $3
        LIMIT $4) AS counted";
    LAST = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND user_ref = $2 AND state = 'delivered'
        ORDER BY id DESC LIMIT 1";
}

/// Which items.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Find {
    /// In this state.
    pub state: Option<State>,
    /// Only those that have waited for too long. They are waiting.
    pub overdue: bool,
    /// Of this user, by the merchant's own name.
    pub user: Option<String>,
    /// With this key: one at most.
    pub key: Option<String>,
    /// Parked for this reason, as [`Standing::reasons`] has it.
    pub reason: Option<String>,
}

/// How an app's outbox stands: each number at most as high as was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Items that wait.
    pub waiting: i64,
    /// Those that have waited for too long.
    pub overdue: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Micros>,
    /// Items that are being sent.
    pub sending: i64,
    /// Items that were delivered in the last 24 hours.
    pub delivered: i64,
    /// Items that are parked.
    pub parked: i64,
    /// Why, the most frequent reason first: of the newest, as many as were counted.
    pub reasons: Vec<(String, i64)>,
}

/// What metrics tell of an app's outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measured {
    /// Items that wait, however many.
    pub waiting: i64,
    /// Items that are parked, however many.
    pub parked: i64,
    /// Since when the oldest that waits does.
    pub oldest: Option<Micros>,
}

impl Outbox {
    /// An app's items before one (`i64::MAX` begins), newest first.
    pub async fn find(
        &self,
        app_id: &str,
        mut find: Find,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Item>, DbError> {
        find.reason = find.reason.as_deref().map(clean);
        let args = (app_id.to_owned(), find, before, limit, self.overdue());
        let list = self
            .db()
            .scan(args, |tx, (app_id, find, before, limit, overdue)| {
                Box::pin(found(tx, app_id, find, (*before, *limit), *overdue))
            });
        list.await
    }

    /// How an app's outbox stands, counted up to `most`.
    pub async fn standing(&self, app_id: &str, most: i64) -> Result<Standing, DbError> {
        let since = self.clock().now() - LATELY;
        let args = (app_id.to_owned(), most, since, self.overdue());
        let look = self.db().scan(args, |tx, (app_id, most, since, overdue)| {
            Box::pin(standing(tx, app_id, *most, (*since, *overdue)))
        });
        look.await
    }

    /// What metrics tell of an app's outbox: looked up in indexes, without a look at the items.
    pub async fn measured(&self, app_id: &str) -> Result<Measured, DbError> {
        let look = self.db().scan(app_id.to_owned(), |tx, app_id| {
            Box::pin(measured(tx, app_id))
        });
        look.await
    }

    /// How many items with a greater id are parked for a reason, counted up to `most`.
    pub async fn parked(
        &self,
        app_id: &str,
        reason: &str,
        after: i64,
        most: i64,
    ) -> Result<i64, DbError> {
        let args = (app_id.to_owned(), clean(reason), after, most);
        let count = self.db().scan(args, |tx, (app_id, reason, after, most)| {
            Box::pin(async move {
                let values = args![app_id, reason, *after, *most];
                count(tx.row(&COUNT_REASON, values).await?)
            })
        });
        count.await
    }

    /// The newest of a user's items that was delivered.
    pub async fn last_delivered(
        &self,
        app_id: &str,
        user_ref: &str,
    ) -> Result<Option<Item>, DbError> {
        let args = (app_id.to_owned(), user_ref.to_owned());
        let last = self.db().scan(args, |tx, (app_id, user_ref)| {
            Box::pin(async move {
                let row = tx.row(&LAST, args![app_id, user_ref]).await?;
                row.map(item).transpose()
            })
        });
        last.await
    }

    /// Items that are given up before this have waited for too long.
    fn overdue(&self) -> Micros {
        self.clock().now() - OVERDUE_AFTER + GIVE_UP_AFTER
    }
}

async fn found(
    tx: &mut Tx,
    app_id: &str,
    find: &Find,
    (before, limit): (i64, i64),
    overdue: Micros,
) -> Result<Vec<Item>, DbError> {
    let state = match (&find.reason, find.state) {
        // What is not parked has no such reason.
        (Some(_), _) if find.overdue => return Ok(Vec::new()),
        (Some(_), None) => Some(State::Parked),
        (Some(_), Some(state)) if state != State::Parked => return Ok(Vec::new()),
        _ if find.overdue => Some(State::Waiting),
        (_, state) => state,
    };
    let rows = match (&find.key, &find.user, &find.reason) {
        (Some(key), _, _) => {
            let row = tx.row(&BY_KEY, args![app_id, key]).await?;
            let found = row.map(item).transpose()?;
            let found = found.filter(|item| item.id < before && is_of(find, item, overdue));
            return Ok(found.into_iter().collect());
        }
        (None, Some(user), reason) => {
            let state = state.map_or("", State::as_str);
            let reason = reason.as_deref().unwrap_or_default();
            let until = if find.overdue {
                overdue
            } else {
                Micros(i64::MAX)
            };
            let values = args![app_id, before, limit, user, state, reason, until];
            tx.rows(&OF_USER, values).await?
        }
        (None, None, Some(reason)) => {
            let values = args![app_id, before, limit, reason];
            tx.rows(&OF_REASON, values).await?
        }
        (None, None, None) if find.overdue => {
            let values = args![app_id, before, limit, overdue];
            tx.rows(&OVERDUE, values).await?
        }
        (None, None, None) => return store::list(tx, app_id, state, before, limit).await,
    };
    rows.into_iter().map(item).collect()
}

/// Whether an item is one of those, its key aside.
fn is_of(find: &Find, item: &Item, overdue: Micros) -> bool {
    let late = item.state == State::Waiting && item.give_up_at < overdue;
    let begins = |reason: &String| {
        let own = item.reason.as_deref().unwrap_or_default();
        item.state == State::Parked && reason_of(own) == reason.as_str()
    };
    find.state.is_none_or(|state| state == item.state)
        && (!find.overdue || late)
        && find.user.as_ref().is_none_or(|user| *user == item.user_ref)
        && find.reason.as_ref().is_none_or(begins)
}

/// What of an item's reason tells it from others.
fn reason_of(reason: &str) -> &str {
    let end = reason.char_indices().nth(REASON_MAX);
    end.map_or(reason, |(end, _)| &reason[..end])
}

async fn standing(
    tx: &mut Tx,
    app_id: &str,
    most: i64,
    (since, overdue): (Micros, Micros),
) -> Result<Standing, DbError> {
    let waiting = tx.row(&WAITING, args![app_id, overdue, most]).await?;
    let mut waiting = waiting.ok_or(DbError::Decode { column: 0 })?;
    let oldest: Option<Micros> = waiting.get(2)?;
    let sending = count_of(tx, app_id, State::Sending, most).await?;
    let parked = count_of(tx, app_id, State::Parked, most).await?;
    let delivered = tx.row(&DELIVERED, args![app_id, since, most]).await?;
    let values = args![app_id, most, REASONS_MAX];
    let reasons = tx.rows(&REASONS, values).await?.into_iter();
    let reasons = reasons.map(|mut row| {
        let reason: Option<String> = row.get(0)?;
        Ok((reason.unwrap_or_default(), row.get(1)?))
    });
    Ok(Standing {
        waiting: waiting.get(0)?,
        overdue: waiting.get(1)?,
        oldest: oldest.map(waits_since),
        sending,
        delivered: count(delivered)?,
        parked,
        reasons: reasons.collect::<Result<_, DbError>>()?,
    })
}

async fn measured(tx: &mut Tx, app_id: &str) -> Result<Measured, DbError> {
    let row = tx.row(&MEASURE, args![app_id]).await?;
    let mut row = row.ok_or(DbError::Decode { column: 0 })?;
    let oldest: Option<Micros> = row.get(2)?;
    Ok(Measured {
        waiting: row.get(0)?,
        parked: row.get(1)?,
        oldest: oldest.map(waits_since),
    })
}

/// Since when an item waits that is given up then.
fn waits_since(give_up_at: Micros) -> Micros {
    give_up_at - GIVE_UP_AFTER
}

async fn count_of(tx: &mut Tx, app_id: &str, of: State, most: i64) -> Result<i64, DbError> {
    count(tx.row(&COUNT, args![app_id, of.as_str(), most]).await?)
}

fn count(row: Option<Row>) -> Result<i64, DbError> {
    row.map_or(Ok(0), |mut row| row.get(0))
}

/// Keeps the metrics of an outbox, until it is dropped.
pub async fn measure(outbox: Outbox) {
    loop {
        for app in outbox.vault().apps().iter() {
            if let Err(error) = measure_app(&outbox, &app.id).await {
                tracing::warn!(%error, app_id = app.id, "the outbox was not measured");
            }
        }
        tokio::time::sleep(MEASURED_EVERY).await;
    }
}

async fn measure_app(outbox: &Outbox, app_id: &str) -> Result<(), DbError> {
    let measured = outbox.measured(app_id).await?;
    let now = outbox.clock().now();
    let waits = measured.oldest.map_or(Duration::ZERO, |since| now - since);
    let app = app_id.to_owned();
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let (waiting, parked) = (measured.waiting as f64, measured.parked as f64);
    gauge!("gateway_items_waiting", "app" => app.clone()).set(waiting);
    gauge!("gateway_items_parked", "app" => app.clone()).set(parked);
    gauge!("gateway_items_oldest_waiting_seconds", "app" => app).set(waits.as_secs_f64());
    Ok(())
}
