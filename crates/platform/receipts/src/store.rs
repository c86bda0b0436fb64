//! All SQL of this slice; its tables begin with `receipts_`.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_jobs::NewJob;
use bursar_kernel::{Micros, Uuid, hex32};

use crate::model::{Attempt, NewReceipt, Outcome, Receipt, job_payload};
use crate::process::KIND;

statements! {
    INSERT = "INSERT INTO receipts_receipt (company_id, id, user_id, receipt_type, body, app_id, \
        app_name, correlation_id, received_at, status) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ACCEPTED')";
    GET = "SELECT id, user_id, receipt_type, body, app_name, received_at, status, image_blob, \
        image_type, preview_blob, began_at, ended_at FROM receipts_receipt \
        WHERE company_id = $1 AND id = $2";
    SIZES = "SELECT id, CAST(OCTET_LENGTH(body) AS BIGINT) FROM receipts_receipt \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
    LIST = "SELECT id, user_id, receipt_type, body, app_name, received_at, status, image_blob, \
        image_type, preview_blob, began_at, ended_at FROM receipts_receipt \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 AND id >= $4 ORDER BY id DESC";
    ATTEMPTS = "SELECT began_at, ended_at, outcome FROM receipts_attempt \
        WHERE company_id = $1 AND receipt_id = $2 ORDER BY id";
    INSERT_ATTEMPT = "INSERT INTO receipts_attempt \
        (company_id, receipt_id, began_at, ended_at, outcome) VALUES ($1, $2, $3, $4, $5)";
    PICTURES_FAILED = "SELECT COUNT(*) FROM receipts_attempt \
        WHERE company_id = $1 AND receipt_id = $2 AND outcome = 'again'";
    FINISH = "UPDATE receipts_receipt SET status = 'PROCESSED', image_blob = $3, image_type = $4, \
        began_at = $5, ended_at = $6 \
        WHERE company_id = $1 AND id = $2 AND status <> 'PROCESSED'";
    FAIL = "UPDATE receipts_receipt SET status = 'PROCESSING' \
        WHERE company_id = $1 AND id = $2 AND status IN ('ACCEPTED', 'FAILED')";
    GIVE_UP = "UPDATE receipts_receipt SET status = 'FAILED' WHERE company_id = $1 AND id = $2";
    SET_PREVIEW = "UPDATE receipts_receipt SET preview_blob = $3 \
        WHERE company_id = $1 AND id = $2";
    NAMES_BLOB = "SELECT id FROM receipts_receipt WHERE image_blob = $1 \
        UNION ALL SELECT id FROM receipts_receipt WHERE preview_blob = $1 LIMIT 1";
    // A list shows some words of each: bodies of 4 MiB together have to do.
    PENDING = "SELECT id, user_id, receipt_type, \
        CASE WHEN SUM(OCTET_LENGTH(body)) OVER (ORDER BY id DESC) <= 4194304 THEN body ELSE '' \
        END, \
        app_name, received_at, status, image_blob, image_type, preview_blob, began_at, ended_at \
        FROM (SELECT * FROM receipts_receipt \
            WHERE company_id = $1 AND user_id = $2 AND status <> 'PROCESSED' \
            ORDER BY id DESC LIMIT $3) AS newest ORDER BY id DESC";
}

/// The receipt and its job: both or neither.
pub(crate) async fn insert(tx: &mut Tx, new: &NewReceipt) -> Result<(), DbError> {
    tx.execute(
        &INSERT,
        args![
            &new.company_id,
            &new.id,
            &new.user_id,
            new.receipt_type.name(),
            &new.body,
            &new.app_id,
            &new.app_name,
            &new.correlation_id,
            new.received_at,
        ],
    )
    .await?;
    let job = NewJob {
        kind: KIND,
        key: Some(&hex32(&new.id)),
        payload: &job_payload(new.company_id, new.id),
        correlation_id: &new.correlation_id,
        run_at: new.received_at,
        now: new.received_at,
    };
    bursar_jobs::enqueue(tx, &job).await?;
    Ok(())
}

pub(crate) async fn get(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<Receipt>, DbError> {
    tx.row(&GET, args![&company_id, &id])
        .await?
        .map(read)
        .transpose()
}

/// A user's receipts before `before`, newest first, and whether there are older ones: at most
/// `rows`, with bodies of at most `bytes` together, but at least one.
pub(crate) async fn list_before(
    tx: &mut Tx,
    (company_id, user_id, before): (Uuid, Uuid, Uuid),
    rows: usize,
    bytes: i64,
) -> Result<(Vec<Receipt>, bool), DbError> {
    let limit = i64::try_from(rows + 1).unwrap_or(i64::MAX);
    let args = args![&company_id, &user_id, &before, limit];
    let (mut last, mut seen, mut taken) = (None, 0, 0);
    let sizes = tx.rows(&SIZES, args).await?;
    let found = sizes.len();
    for mut row in sizes.into_iter().take(rows) {
        seen += row.get::<i64>(1)?;
        if taken > 0 && seen > bytes {
            break;
        }
        last = Some(row.get::<Uuid>(0)?);
        taken += 1;
    }
    let Some(last) = last else {
        return Ok((Vec::new(), false));
    };
    let rows = tx
        .rows(&LIST, args![&company_id, &user_id, &before, &last])
        .await?;
    let receipts = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok((receipts, found > taken))
}

pub(crate) async fn list_pending(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    limit: i64,
) -> Result<Vec<Receipt>, DbError> {
    let rows = tx
        .rows(&PENDING, args![&company_id, &user_id, limit])
        .await?;
    rows.into_iter().map(read).collect()
}

/// The attempts at a receipt that did not get through, oldest first.
pub(crate) async fn attempts(
    tx: &mut Tx,
    company_id: Uuid,
    receipt_id: Uuid,
) -> Result<Vec<Attempt>, DbError> {
    let rows = tx.rows(&ATTEMPTS, args![&company_id, &receipt_id]).await?;
    rows.into_iter()
        .map(|mut row| {
            let outcome: String = row.get(2)?;
            let outcome = Outcome::of(&outcome, row.get(1)?);
            Ok(Attempt {
                began_at: row.get(0)?,
                outcome: outcome.ok_or(DbError::Decode { column: 2 })?,
            })
        })
        .collect()
}

/// Ends processing with the attempt that got through. False when it had ended before.
pub(crate) async fn finish(
    tx: &mut Tx,
    (company_id, id): (Uuid, Uuid),
    (blob, media_type): (&str, &str),
    (began_at, ended_at): (Micros, Micros),
) -> Result<bool, DbError> {
    let finish = args![&company_id, &id, blob, media_type, began_at, ended_at];
    Ok(tx.execute(&FINISH, finish).await? == 1)
}

/// Records an attempt that did not get through.
pub(crate) async fn fail(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
    attempt: Attempt,
) -> Result<(), DbError> {
    let status = if matches!(attempt.outcome, Outcome::Failed(_)) {
        &GIVE_UP
    } else {
        &FAIL
    };
    let changed = tx.execute(status, args![&company_id, &id]).await?;
    let (outcome, ended_at) = attempt.outcome.columns();
    if ended_at.is_none() && changed == 0 {
        // That it stands still was recorded at the first attempt.
        return Ok(());
    }
    let row = args![&company_id, &id, attempt.began_at, ended_at, outcome];
    tx.execute(&INSERT_ATTEMPT, row).await.map(drop)
}

/// How many attempts have failed at the picture.
pub(crate) async fn pictures_failed(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<i64, DbError> {
    let row = tx.row(&PICTURES_FAILED, args![&company_id, &id]).await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

pub(crate) async fn set_preview(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
    blob: &str,
) -> Result<(), DbError> {
    tx.execute(&SET_PREVIEW, args![&company_id, &id, blob])
        .await
        .map(drop)
}

/// Whether any company's receipt names the file. Only for the sweep of files.
pub(crate) async fn names_blob(tx: &mut Tx, blob: &str) -> Result<bool, DbError> {
    Ok(tx.row(&NAMES_BLOB, args![blob]).await?.is_some())
}

fn read(mut row: Row) -> Result<Receipt, DbError> {
    Ok(Receipt {
        id: row.get(0)?,
        user_id: row.get(1)?,
        receipt_type: row.get(2)?,
        body: row.get(3)?,
        app_name: row.get(4)?,
        received_at: row.get(5)?,
        status: row.get(6)?,
        image_blob: row.get(7)?,
        image_type: row.get(8)?,
        preview_blob: row.get(9)?,
        began_at: row.get(10)?,
        ended_at: row.get(11)?,
    })
}
