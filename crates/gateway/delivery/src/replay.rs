//! Parked items are sent again: one, corrected or as it is, or all that have one reason.

use std::collections::{BTreeMap, HashMap};

use bursar_db::{DbError, Isolation, Tx, args, statements};
use bursar_gateway_connect::{Connection, calls};
use bursar_kernel::{Micros, Uuid};
use bursar_web::json;

use crate::canonical::canonical;
use crate::policy::GIVE_UP_AFTER;
use crate::send::clean;
use crate::{Outbox, OutboxError, Refused, store};

/// Items that one operation takes.
const AT_ONCE: i64 = 200;

statements! {
    PARKED = "SELECT id, user_ref FROM delivery_item WHERE app_id = $1 AND state = 'parked'
            AND substr(reason, 1, 200) = $2 AND id > $3
        ORDER BY id LIMIT $4";
}

/// What became of parked items.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Replayed {
    /// They wait to be sent.
    pub replayed: i64,
    /// They stay parked: their users are not connected.
    pub left_out: i64,
    /// The last that was looked at.
    pub last: i64,
}

/// An item, and the connection that it goes out for now.
type Ready = (i64, Uuid);

impl Outbox {
    /// Has a parked item sent again, with a corrected body or as it is, for the connection that
    /// its user has now. A receipt that the platform may have is looked for before.
    pub async fn replay(
        &self,
        app_id: &str,
        id: i64,
        body: Option<String>,
    ) -> Result<Result<(), Refused>, OutboxError> {
        let Some(item) = self.get(app_id, id).await? else {
            return Ok(Err(Refused::NoItem));
        };
        let corrected = match body {
            None => None,
            Some(body) => match self.validators().check(item.item_type, &body) {
                Err(refused) => return Ok(Err(refused)),
                // The same again is no correction: what the platform may have is looked for.
                Ok(value) if self.has_body(app_id, id, &canonical(&value)).await? => None,
                Ok(_) => Some(body),
            },
        };
        let connection = match self.find_connection(app_id, &item.user_ref).await? {
            Ok(connection) => connection,
            Err(refused) => return Ok(Err(refused)),
        };
        let now = self.clock().now();
        let args = (app_id.to_owned(), id, connection, corrected, now);
        let replay = self.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (app_id, id, connection, body, now)| {
                Box::pin(replay(tx, (app_id, *id), connection, body.as_deref(), *now))
            },
        );
        let replayed: Result<bool, DbError> = replay.await;
        Ok(if replayed? {
            Ok(())
        } else {
            Err(Refused::NotParked(item.state))
        })
    }

    /// Whether an item's JSON means this.
    async fn has_body(&self, app_id: &str, id: i64, meaning: &str) -> Result<bool, DbError> {
        let body = self.body(app_id, id).await?;
        let value = body.and_then(|body| json::parse(body.as_bytes()).ok());
        Ok(value.is_some_and(|value| canonical(&value) == meaning))
    }

    /// Has items sent again as they are that are parked for a reason, as `Standing::reasons` has
    /// it: the oldest first, beginning after an id, and about `most` of them. What was done before
    /// a failure stands, and is told beside it.
    pub async fn replay_parked(
        &self,
        app_id: &str,
        reason: &str,
        after: i64,
        most: i64,
    ) -> (Replayed, Result<(), OutboxError>) {
        let mut done = Replayed {
            last: after,
            ..Replayed::default()
        };
        let ended = self.replay_some(app_id, reason, most, &mut done).await;
        (done, ended)
    }

    async fn replay_some(
        &self,
        app_id: &str,
        reason: &str,
        most: i64,
        done: &mut Replayed,
    ) -> Result<(), OutboxError> {
        let mut users = HashMap::new();
        while done.replayed + done.left_out < most {
            let parked = self.parked_after(app_id, reason, done.last).await?;
            let Some((last, _)) = parked.last().cloned() else {
                break;
            };
            let looked_at = i64::try_from(parked.len()).unwrap_or(AT_ONCE);
            let (mut lanes, mut ready) = (BTreeMap::new(), Vec::new());
            for (id, user) in parked {
                if let Ok((connection, place)) = self.connected(app_id, &user, &mut users).await? {
                    lanes.insert(connection, place);
                    ready.push((id, connection));
                }
            }
            let replayed = self.replay_ready(app_id, lanes, ready).await?;
            done.replayed += replayed;
            done.left_out += looked_at - replayed;
            done.last = last;
        }
        Ok(())
    }

    async fn parked_after(
        &self,
        app_id: &str,
        reason: &str,
        after: i64,
    ) -> Result<Vec<(i64, String)>, DbError> {
        let args = (app_id.to_owned(), clean(reason), after);
        let list = self.db().scan(args, |tx, (app_id, reason, after)| {
            Box::pin(async move {
                let values = args![app_id, reason, *after, AT_ONCE];
                let rows = tx.rows(&PARKED, values).await?.into_iter();
                let parked = rows.map(|mut row| Ok((row.get(0)?, row.get(1)?)));
                parked.collect::<Result<_, DbError>>()
            })
        });
        list.await
    }

    async fn replay_ready(
        &self,
        app_id: &str,
        lanes: BTreeMap<Uuid, String>,
        ready: Vec<Ready>,
    ) -> Result<i64, DbError> {
        if ready.is_empty() {
            return Ok(0);
        }
        let args = (app_id.to_owned(), lanes, ready, self.clock().now());
        let replay = self.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (app_id, lanes, ready, now)| Box::pin(replay_all(tx, app_id, lanes, ready, *now)),
        );
        replay.await
    }
}

/// The lane first: while its row is held, nobody sends or parks the item.
async fn replay(
    tx: &mut Tx,
    (app_id, id): (&str, i64),
    connection: &Connection,
    body: Option<&str>,
    now: Micros,
) -> Result<bool, DbError> {
    store::arrive(tx, app_id, connection.id, &connection.geolocation, now).await?;
    store::wake(tx, connection.id, now).await?;
    let before = match body {
        Some(_) => store::content(tx, app_id, id).await?,
        None => None,
    };
    let give_up_at = now + GIVE_UP_AFTER;
    let replayed = store::replay(tx, (app_id, id), connection.id, body, give_up_at).await?;
    if let (true, Some(before)) = (replayed, before) {
        calls::keep_body(tx, app_id, id, &before.body).await?;
    }
    Ok(replayed)
}

async fn replay_all(
    tx: &mut Tx,
    app_id: &str,
    lanes: &BTreeMap<Uuid, String>,
    ready: &[Ready],
    now: Micros,
) -> Result<i64, DbError> {
    for (connection_id, place) in lanes {
        store::arrive(tx, app_id, *connection_id, place, now).await?;
        store::wake(tx, *connection_id, now).await?;
    }
    let mut replayed = 0;
    for (id, connection_id) in ready {
        let give_up_at = now + GIVE_UP_AFTER;
        let done = store::replay(tx, (app_id, *id), *connection_id, None, give_up_at).await?;
        replayed += i64::from(done);
    }
    Ok(replayed)
}
