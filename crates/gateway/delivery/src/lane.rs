//! Lanes and their heads: the SQL of delivering. Every change names the lease.

use bursar_db::{DbError, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::policy::SETTLED_AFTER;
use crate::store::{item_type, state};
use crate::{ItemType, State};

statements! {
    // One seek for each data center, however many lanes are due.
    NEXT_PLACE = "SELECT geolocation FROM delivery_lane
        WHERE due_at IS NOT NULL AND geolocation > $1 ORDER BY geolocation LIMIT 1";
    CLAIM = sqlite: "UPDATE delivery_lane SET lease = $1, lease_until = $2
        WHERE connection_id IN (SELECT connection_id FROM delivery_lane
            WHERE due_at IS NOT NULL AND geolocation = $4 AND COALESCE(lease_until, due_at) <= $3
            ORDER BY COALESCE(lease_until, due_at) LIMIT $5)
        RETURNING connection_id, app_id, arrivals",
        postgres: "UPDATE delivery_lane SET lease = $1, lease_until = $2
        WHERE connection_id = ANY(ARRAY(SELECT connection_id FROM delivery_lane
            WHERE due_at IS NOT NULL AND geolocation = $4 AND COALESCE(lease_until, due_at) <= $3
            ORDER BY COALESCE(lease_until, due_at) LIMIT $5
            FOR UPDATE SKIP LOCKED))
        RETURNING connection_id, app_id, arrivals";
    NEXT_DUE = "SELECT COALESCE(lease_until, due_at) FROM delivery_lane
        WHERE due_at IS NOT NULL AND geolocation = $1
        ORDER BY COALESCE(lease_until, due_at) LIMIT 1";
    RENEW = "UPDATE delivery_lane SET lease_until = $3 WHERE connection_id = $1 AND lease = $2
        RETURNING arrivals";
    RELEASE = "UPDATE delivery_lane SET lease = NULL, lease_until = NULL, due_at = $3,
            geolocation = COALESCE($4, geolocation)
        WHERE connection_id = $1 AND lease = $2";
    EXPIRE = "UPDATE delivery_lane SET lease_until = 0 WHERE lease IS NOT NULL";
    HEAD = "SELECT id, user_ref, key, kind, receipt_type, body, image_blob, image_type, state,
            attempts, doubtful, first_attempt_at, attempted_at, due_at, give_up_at
        FROM delivery_item WHERE connection_id = $1 AND state IN ('waiting', 'sending')
        ORDER BY id LIMIT 1";
    SENDING = "UPDATE delivery_item SET state = 'sending', attempts = attempts + 1, doubtful = $2,
            first_attempt_at = COALESCE(first_attempt_at, $3), attempted_at = $3, due_at = NULL
        WHERE id = $1";
    // What another item has stays that one's: a platform that answers one address twice is odd.
    DELIVERED = "UPDATE delivery_item SET state = 'delivered', doubtful = 0, due_at = NULL,
            reason = NULL, location = $3, correlation_id = $4, ended_at = $5,
            remote_id = CASE WHEN EXISTS (SELECT 1 FROM delivery_item AS other
                WHERE other.connection_id = delivery_item.connection_id AND other.remote_id = $2)
                THEN NULL ELSE $2 END
        WHERE id = $1";
    WAIT = "UPDATE delivery_item SET state = 'waiting', doubtful = $2, due_at = $3,
            attempts = attempts - $4, reason = $5
        WHERE id = $1";
    PARK = "UPDATE delivery_item SET state = 'parked', doubtful = $2, due_at = NULL, reason = $3,
            ended_at = $4
        WHERE id = $1";
    TAKEN = "SELECT id FROM delivery_item WHERE connection_id = $1 AND remote_id = $2";
}

/// A lane under this worker's lease.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) connection_id: Uuid,
    pub(crate) app_id: String,
    /// What had come when the lease began, or was last looked at.
    pub(crate) arrivals: i64,
    pub(crate) lease: [u8; 16],
}

/// The first of a lane's items, marked as being sent.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) item_type: ItemType,
    pub(crate) body: String,
    pub(crate) image_blob: Option<String>,
    pub(crate) image_type: Option<String>,
    /// This attempt included.
    pub(crate) attempts: i64,
    pub(crate) doubtful: bool,
    pub(crate) first_attempt_at: Micros,
    pub(crate) give_up_at: Micros,
}

/// What is first in a lane.
#[derive(Clone, Debug)]
pub(crate) enum First {
    /// This, marked as being sent.
    Head(Box<Head>),
    /// Something that is due later.
    Later(Micros),
    /// Nothing.
    Nothing,
}

/// The data centers that have something to do.
pub(crate) async fn places(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let mut places: Vec<String> = Vec::new();
    loop {
        let last = places.last().map_or("", String::as_str);
        match tx.row(&NEXT_PLACE, args![last]).await? {
            Some(mut row) => places.push(row.get(0)?),
            None => return Ok(places),
        }
    }
}

/// When a lane of a data center is due next.
pub(crate) async fn next_due(tx: &mut Tx, place: &str) -> Result<Option<Micros>, DbError> {
    let row = tx.row(&NEXT_DUE, args![place]).await?;
    row.map(|mut row| row.get(0)).transpose()
}

/// Takes lanes of a data center that are due.
pub(crate) async fn claim(
    tx: &mut Tx,
    place: &str,
    lease: &[u8; 16],
    (now, until): (Micros, Micros),
    limit: i64,
) -> Result<Vec<Lane>, DbError> {
    let values = args![lease, until, now, place, limit];
    let rows = tx.returning(&CLAIM, values).await?.into_iter();
    let lanes = rows.map(|mut row| {
        Ok(Lane {
            connection_id: row.get(0)?,
            app_id: row.get(1)?,
            arrivals: row.get(2)?,
            lease: *lease,
        })
    });
    lanes.collect()
}

/// Prolongs a lease, and answers what has come by now; none if the lease was lost. The lane's row
/// is held to the end of the operation: nothing comes in between.
pub(crate) async fn renew(tx: &mut Tx, lane: &Lane, until: Micros) -> Result<Option<i64>, DbError> {
    let values = args![&lane.connection_id, &lane.lease, until];
    let mut rows = tx.returning(&RENEW, values).await?;
    rows.first_mut().map(|row| row.get(0)).transpose()
}

/// Lets a lane go until it is due again; none: until something comes.
pub(crate) async fn release(
    tx: &mut Tx,
    lane: &Lane,
    due_at: Option<Micros>,
    place: Option<&str>,
) -> Result<(), DbError> {
    let values = args![&lane.connection_id, &lane.lease, due_at, place];
    tx.execute(&RELEASE, values).await.map(drop)
}

/// Ends every lease. Only for the single owner of a database, before it delivers.
pub(crate) async fn expire(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute(&EXPIRE, &[]).await.map(drop)
}

/// Marks the first item as being sent, if it is due: durable before a request leaves. One that is
/// marked already is its dead worker's: doubtful, and looked for once the platform shows it.
pub(crate) async fn take_first(
    tx: &mut Tx,
    connection_id: Uuid,
    now: Micros,
) -> Result<First, DbError> {
    let Some(mut row) = tx.row(&HEAD, args![&connection_id]).await? else {
        return Ok(First::Nothing);
    };
    let id: i64 = row.get(0)?;
    let abandoned = state(&mut row, 8)? == State::Sending;
    let doubtful = row.get::<bool>(10)? || abandoned;
    let attempted_at: Option<Micros> = row.get(12)?;
    let due_at: Option<Micros> = row.get(13)?;
    let shows_at = attempted_at.filter(|_| abandoned);
    let due_at = due_at.max(shows_at.map(|at| at + SETTLED_AFTER));
    if let Some(due_at) = due_at.filter(|due_at| *due_at > now) {
        if abandoned {
            let reason = Some("its worker ended while it was sent");
            wait(tx, id, doubtful, Some(due_at), true, reason).await?;
        }
        return Ok(First::Later(due_at));
    }
    tx.execute(&SENDING, args![id, doubtful, now]).await?;
    Ok(First::Head(Box::new(Head {
        id,
        item_type: item_type(&mut row, 3)?,
        body: row.get(5)?,
        image_blob: row.get(6)?,
        image_type: row.get(7)?,
        attempts: row.get::<i64>(9)? + 1,
        doubtful,
        first_attempt_at: row.get::<Option<Micros>>(11)?.unwrap_or(now),
        give_up_at: row.get(14)?,
    })))
}

/// What delivered an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Receipt {
    pub(crate) remote_id: String,
    pub(crate) location: Option<String>,
    pub(crate) correlation_id: Option<String>,
}

pub(crate) async fn delivered(
    tx: &mut Tx,
    id: i64,
    receipt: &Receipt,
    now: Micros,
) -> Result<(), DbError> {
    let values = args![
        id,
        &receipt.remote_id,
        receipt.location.as_deref(),
        receipt.correlation_id.as_deref(),
        now,
    ];
    tx.execute(&DELIVERED, values).await.map(drop)
}

/// Has an item wait; an attempt that does not count is taken back.
pub(crate) async fn wait(
    tx: &mut Tx,
    id: i64,
    doubtful: bool,
    due_at: Option<Micros>,
    counts: bool,
    reason: Option<&str>,
) -> Result<(), DbError> {
    let back = i64::from(!counts);
    tx.execute(&WAIT, args![id, doubtful, due_at, back, reason])
        .await
        .map(drop)
}

pub(crate) async fn park(
    tx: &mut Tx,
    id: i64,
    doubtful: bool,
    reason: &str,
    now: Micros,
) -> Result<(), DbError> {
    tx.execute(&PARK, args![id, doubtful, reason, now])
        .await
        .map(drop)
}

/// Whether what the platform has under this id is another item's.
pub(crate) async fn is_taken(
    tx: &mut Tx,
    connection_id: Uuid,
    remote_id: &str,
) -> Result<bool, DbError> {
    let row = tx.row(&TAKEN, args![&connection_id, remote_id]).await?;
    Ok(row.is_some())
}
