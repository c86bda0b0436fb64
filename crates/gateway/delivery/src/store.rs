//! Items, and the arrival of more: the SQL that merchants and operators cause.

use bursar_db::{DbError, Row, Tx, Value, args, statements};
use bursar_gateway_client::ReceiptType;
use bursar_kernel::{Micros, Uuid};

use crate::{Accepted, Item, ItemType, State};

statements! {
    INSERT = sqlite: "INSERT INTO delivery_item (app_id, connection_id, user_ref, key, fingerprint,
            kind, receipt_type, body, image_blob, image_type, state, attempts, doubtful,
            give_up_at, accepted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', 0, 0, $11, $12)
        ON CONFLICT (app_id, key) DO NOTHING",
        postgres: "INSERT INTO delivery_item (app_id, connection_id, user_ref, key, fingerprint,
            kind, receipt_type, body, image_blob, image_type, state, attempts, doubtful,
            give_up_at, accepted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', 0, 0, $11, $12)
        ON CONFLICT (app_id, key) DO NOTHING RETURNING id";
    BY_KEY = "SELECT id, state, fingerprint FROM delivery_item WHERE app_id = $1 AND key = $2";
    // Before the items themselves: on both engines a lane's row orders what comes for it.
    ARRIVE = "INSERT INTO delivery_lane (connection_id, app_id, geolocation, arrivals, due_at)
        VALUES ($1, $2, $3, 1, $4)
        ON CONFLICT (connection_id) DO UPDATE SET arrivals = delivery_lane.arrivals + 1,
            due_at = COALESCE(delivery_lane.due_at, excluded.due_at)";
    // Also where it rests: there may be something after all.
    WAKE = "UPDATE delivery_lane SET arrivals = arrivals + 1, due_at = $2
        WHERE connection_id = $1";
    GET = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts, doubtful,
            first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id, reason,
            accepted_at, ended_at
        FROM delivery_item WHERE id = $2 AND app_id = $1";
    CONTENT = "SELECT body, image_blob, image_type FROM delivery_item
        WHERE id = $2 AND app_id = $1";
    LIST_STATE = "SELECT id, connection_id, user_ref, key, kind, receipt_type, state, attempts,
            doubtful, first_attempt_at, due_at, give_up_at, remote_id, location, correlation_id,
            reason, accepted_at, ended_at
        FROM delivery_item WHERE app_id = $1 AND state = $4 AND id < $2 ORDER BY id DESC LIMIT $3";
    // With another body nothing of it can be there; of a receipt that may be, the doubt stays.
    REPLAY = "UPDATE delivery_item SET state = 'waiting', connection_id = $3,
            body = COALESCE($4, body), attempts = 0,
            doubtful = CASE WHEN $4 IS NULL AND kind = 'receipt' THEN doubtful ELSE 0 END,
            first_attempt_at = CASE WHEN $4 IS NULL AND kind = 'receipt' AND doubtful = 1
                THEN first_attempt_at ELSE NULL END,
            due_at = NULL, give_up_at = $5, reason = NULL, ended_at = NULL
        WHERE id = $2 AND app_id = $1 AND state = 'parked'";
    NAMES_BLOB = "SELECT id FROM delivery_item WHERE image_blob = $1 LIMIT 1";
    OPEN = "SELECT COUNT(*) FROM delivery_item
        WHERE app_id = $1 AND state IN ('waiting', 'sending')";
}

/// An item that is ready to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) connection_id: Uuid,
    pub(crate) user_ref: String,
    pub(crate) key: String,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) item_type: ItemType,
    pub(crate) body: String,
    pub(crate) image_blob: Option<String>,
    pub(crate) image_type: Option<&'static str>,
}

/// Keeps items, or answers those that have their keys; none where such a one has other content.
pub(crate) async fn insert(
    tx: &mut Tx,
    app_id: &str,
    items: &[Ready],
    (now, give_up_at): (Micros, Micros),
) -> Result<Vec<Option<Accepted>>, DbError> {
    let rows = items.iter().map(|item| {
        let values: &[Value<'_>] = args![
            app_id,
            &item.connection_id,
            &item.user_ref,
            &item.key,
            &item.fingerprint,
            item.item_type.kind(),
            item.item_type.receipt_type().map(ReceiptType::name),
            &item.body,
            item.image_blob.as_deref(),
            item.image_type,
            give_up_at,
            now,
        ];
        values.to_vec()
    });
    let rows: Vec<_> = rows.collect();
    let ids = tx.insert_each(&INSERT, &rows).await?;
    let there = items.iter().zip(&ids).filter(|(_, id)| id.is_none());
    let keys: Vec<_> = there
        .map(|(item, _)| vec![app_id.into(), item.key.as_str().into()])
        .collect();
    let mut there = tx.row_each(&BY_KEY, &keys).await?.into_iter();
    let accepted = items.iter().zip(ids).map(|(item, id)| {
        if let Some(id) = id {
            return Ok(Some(Accepted {
                id,
                state: State::Waiting,
                again: false,
            }));
        }
        let row = there.next().flatten();
        accepted_before(item, row.ok_or(DbError::Decode { column: 0 })?)
    });
    accepted.collect()
}

fn accepted_before(item: &Ready, mut there: Row) -> Result<Option<Accepted>, DbError> {
    let accepted = Accepted {
        id: there.get(0)?,
        state: state(&mut there, 1)?,
        again: true,
    };
    let fingerprint: Vec<u8> = there.get(2)?;
    Ok((fingerprint == item.fingerprint).then_some(accepted))
}

/// Has a lane looked at: something came.
pub(crate) async fn arrive(
    tx: &mut Tx,
    app_id: &str,
    connection_id: Uuid,
    geolocation: &str,
    now: Micros,
) -> Result<(), DbError> {
    tx.wake_workers();
    let values = args![&connection_id, app_id, geolocation, now];
    tx.execute(&ARRIVE, values).await.map(drop)
}

/// Has a lane looked at even if it waits.
pub(crate) async fn wake(tx: &mut Tx, connection_id: Uuid, now: Micros) -> Result<(), DbError> {
    tx.wake_workers();
    tx.execute(&WAKE, args![&connection_id, now])
        .await
        .map(drop)
}

pub(crate) async fn get(tx: &mut Tx, app_id: &str, id: i64) -> Result<Option<Item>, DbError> {
    let row = tx.row(&GET, args![app_id, id]).await?;
    row.map(item).transpose()
}

/// An item's JSON, and the file and type of its image.
pub(crate) struct Content {
    pub(crate) body: String,
    pub(crate) image_blob: Option<String>,
    pub(crate) image_type: Option<String>,
}

pub(crate) async fn content(
    tx: &mut Tx,
    app_id: &str,
    id: i64,
) -> Result<Option<Content>, DbError> {
    let Some(mut row) = tx.row(&CONTENT, args![app_id, id]).await? else {
        return Ok(None);
    };
    Ok(Some(Content {
        body: row.get(0)?,
        image_blob: row.get(1)?,
        image_type: row.get(2)?,
    }))
}

/// An app's items before one, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    app_id: &str,
    of: Option<State>,
    before: i64,
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    let mut listed = Vec::new();
    // State by state: so there is an index, and none more to be written.
    for state in State::ALL {
        if of.is_none_or(|of| of == state) {
            let values = args![app_id, before, limit, state.as_str()];
            listed.extend(tx.rows(&LIST_STATE, values).await?);
        }
    }
    let listed: Result<Vec<Item>, DbError> = listed.into_iter().map(item).collect();
    let mut listed = listed?;
    listed.sort_unstable_by_key(|item| std::cmp::Reverse(item.id));
    // One that moved on while we looked may be there twice.
    listed.dedup_by_key(|item| item.id);
    listed.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(listed)
}

/// Has a parked item sent again for a connection. False if it is not parked.
pub(crate) async fn replay(
    tx: &mut Tx,
    (app_id, id): (&str, i64),
    connection_id: Uuid,
    body: Option<&str>,
    give_up_at: Micros,
) -> Result<bool, DbError> {
    let values = args![app_id, id, &connection_id, body, give_up_at];
    Ok(tx.execute(&REPLAY, values).await? == 1)
}

/// Whether an item names the file. Only for the sweep of files.
pub(crate) async fn names_blob(tx: &mut Tx, blob: &str) -> Result<bool, DbError> {
    Ok(tx.row(&NAMES_BLOB, args![blob]).await?.is_some())
}

/// How many of an app's items are neither delivered nor parked.
pub(crate) async fn open(tx: &mut Tx, app_id: &str) -> Result<i64, DbError> {
    let row = tx.row(&OPEN, args![app_id]).await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

pub(crate) fn item(mut row: Row) -> Result<Item, DbError> {
    Ok(Item {
        id: row.get(0)?,
        connection_id: row.get(1)?,
        user_ref: row.get(2)?,
        key: row.get(3)?,
        item_type: item_type(&mut row, 4)?,
        state: state(&mut row, 6)?,
        attempts: row.get(7)?,
        doubtful: row.get(8)?,
        first_attempt_at: row.get(9)?,
        due_at: row.get(10)?,
        give_up_at: row.get(11)?,
        remote_id: row.get(12)?,
        location: row.get(13)?,
        correlation_id: row.get(14)?,
        reason: row.get(15)?,
        accepted_at: row.get(16)?,
        ended_at: row.get(17)?,
    })
}

/// From two columns, the kind and the type of the receipt.
pub(crate) fn item_type(row: &mut Row, column: usize) -> Result<ItemType, DbError> {
    let (kind, receipt_type): (String, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    ItemType::from_row(&kind, receipt_type.as_deref()).ok_or(DbError::Decode { column })
}

pub(crate) fn state(row: &mut Row, column: usize) -> Result<State, DbError> {
    let text: String = row.get(column)?;
    State::parse(&text).ok_or(DbError::Decode { column })
}
