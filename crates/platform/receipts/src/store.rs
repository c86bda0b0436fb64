//! All SQL of this slice; its tables begin with `receipts_`.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_jobs::NewJob;
use bursar_kernel::{Micros, Uuid, hex32};
use bursar_pictures::Picture;

use crate::model::{
    AnyReceipt, Attempt, ImageReceipt, Kind, NewImageReceipt, NewReceipt, Outcome, Receipt,
    job_payload,
};
use crate::process::KIND;

statements! {
    INSERT = "INSERT INTO receipts_receipt (company_id, id, user_id, receipt_type, body, app_id, \
        app_name, correlation_id, received_at, sent_blob, sent_type, status) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ACCEPTED')";
    GET = "SELECT id, user_id, receipt_type, body, app_name, received_at, status, image_blob, \
        image_type, preview_blob, sent_blob, sent_type, began_at, ended_at, app_id \
        FROM receipts_receipt \
        WHERE company_id = $1 AND id = $2";
    SIZES = "SELECT id, CAST(OCTET_LENGTH(body) AS BIGINT) FROM receipts_receipt \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
    LIST = "SELECT id, user_id, receipt_type, body, app_name, received_at, status, image_blob, \
        image_type, preview_blob, sent_blob, sent_type, began_at, ended_at, app_id \
        FROM receipts_receipt \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 AND id >= $4 ORDER BY id DESC";
    ATTEMPTS = "SELECT began_at, ended_at, outcome, reason FROM receipts_attempt \
        WHERE company_id = $1 AND receipt_id = $2 ORDER BY id";
    INSERT_ATTEMPT = "INSERT INTO receipts_attempt \
        (company_id, receipt_id, began_at, ended_at, outcome, reason) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    PICTURES_FAILED = "SELECT COUNT(*) FROM receipts_attempt \
        WHERE company_id = $1 AND receipt_id = $2 AND outcome = 'again'";
    FINISH = "UPDATE receipts_receipt SET status = 'PROCESSED', image_blob = $3, image_type = $4, \
        sent_blob = NULL, began_at = $5, ended_at = $6 \
        WHERE company_id = $1 AND id = $2 AND status <> 'PROCESSED'";
    FAIL = "UPDATE receipts_receipt SET status = 'PROCESSING' \
        WHERE company_id = $1 AND id = $2 AND status IN ('ACCEPTED', 'FAILED')";
    GIVE_UP = "UPDATE receipts_receipt SET status = 'FAILED' WHERE company_id = $1 AND id = $2";
    SET_PREVIEW = "UPDATE receipts_receipt SET preview_blob = $3 \
        WHERE company_id = $1 AND id = $2";
    NAMES_BLOB = "SELECT id FROM receipts_receipt WHERE image_blob = $1 \
        UNION ALL SELECT id FROM receipts_receipt WHERE preview_blob = $1 \
        UNION ALL SELECT id FROM receipts_receipt WHERE sent_blob = $1 \
        UNION ALL SELECT id FROM receipts_image_only WHERE image_blob = $1 \
        UNION ALL SELECT id FROM receipts_image_only WHERE sent_blob = $1 LIMIT 1";
    // A list shows some words of each: bodies of 4 MiB together have to do.
    PENDING = "SELECT id, user_id, receipt_type, \
        CASE WHEN SUM(OCTET_LENGTH(body)) OVER (ORDER BY id DESC) <= 4194304 THEN body ELSE '' \
        END, \
        app_name, received_at, status, image_blob, image_type, preview_blob, sent_blob, \
        sent_type, began_at, ended_at, app_id \
        FROM (SELECT * FROM receipts_receipt \
            WHERE company_id = $1 AND user_id = $2 AND status <> 'PROCESSED' \
            ORDER BY id DESC LIMIT $3) AS newest ORDER BY id DESC";
    INSERT_IMAGE = "INSERT INTO receipts_image_only (company_id, id, user_id, app_id, app_name, \
        correlation_id, received_at, sent_blob, sent_type, status) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ACCEPTED')";
    GET_IMAGE = "SELECT id, user_id, received_at, status, sent_blob, sent_type, image_blob, \
        image_type, began_at, ended_at FROM receipts_image_only \
        WHERE company_id = $1 AND id = $2";
    LIST_IMAGES = "SELECT id, user_id, received_at, status, sent_blob, sent_type, image_blob, \
        image_type, began_at, ended_at FROM receipts_image_only \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
    FINISH_IMAGE = "UPDATE receipts_image_only SET status = 'PROCESSED', image_blob = $3, \
        image_type = $4, sent_blob = NULL, began_at = $5, ended_at = $6 \
        WHERE company_id = $1 AND id = $2 AND status <> 'PROCESSED'";
    FAIL_IMAGE = "UPDATE receipts_image_only SET status = 'PROCESSING' \
        WHERE company_id = $1 AND id = $2 AND status IN ('ACCEPTED', 'FAILED')";
    GIVE_UP_IMAGE = "UPDATE receipts_image_only SET status = 'FAILED' \
        WHERE company_id = $1 AND id = $2";
}

/// The receipt and its job: both or neither.
pub(crate) async fn insert(tx: &mut Tx, new: &NewReceipt) -> Result<(), DbError> {
    let (blob, media_type) = new.sent.as_ref().map(columns).unzip();
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
            blob.as_deref(),
            media_type,
        ],
    )
    .await?;
    let receipt = (new.company_id, new.id);
    enqueue(tx, receipt, &new.correlation_id, new.received_at).await
}

/// The image-only receipt and its job: both or neither.
pub(crate) async fn insert_image(tx: &mut Tx, new: &NewImageReceipt) -> Result<(), DbError> {
    let (blob, media_type) = columns(&new.sent);
    tx.execute(
        &INSERT_IMAGE,
        args![
            &new.company_id,
            &new.id,
            &new.user_id,
            &new.app_id,
            &new.app_name,
            &new.correlation_id,
            new.received_at,
            &blob,
            media_type,
        ],
    )
    .await?;
    let receipt = (new.company_id, new.id);
    enqueue(tx, receipt, &new.correlation_id, new.received_at).await
}

async fn enqueue(
    tx: &mut Tx,
    (company_id, id): (Uuid, Uuid),
    correlation_id: &str,
    now: Micros,
) -> Result<(), DbError> {
    let job = NewJob {
        kind: KIND,
        key: Some(&hex32(&id)),
        payload: &job_payload(company_id, id),
        correlation_id,
        run_at: now,
        now,
    };
    bursar_jobs::enqueue(tx, &job).await.map(drop)
}

/// What rows keep of a picture.
fn columns(picture: &Picture) -> (String, &'static str) {
    (picture.blob.to_string(), picture.format.media_type())
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

/// A receipt of either kind: no two share an id.
pub(crate) async fn get_any(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<AnyReceipt>, DbError> {
    if let Some(receipt) = get(tx, company_id, id).await? {
        return Ok(Some(AnyReceipt::Data(receipt)));
    }
    let found = get_image(tx, company_id, id).await?;
    Ok(found.map(AnyReceipt::ImageOnly))
}

pub(crate) async fn get_image(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<ImageReceipt>, DbError> {
    let row = tx.row(&GET_IMAGE, args![&company_id, &id]).await?;
    row.map(read_image).transpose()
}

/// A user's image-only receipts before `before`, newest first.
pub(crate) async fn list_images_before(
    tx: &mut Tx,
    (company_id, user_id, before): (Uuid, Uuid, Uuid),
    limit: i64,
) -> Result<Vec<ImageReceipt>, DbError> {
    let args = args![&company_id, &user_id, &before, limit];
    let rows = tx.rows(&LIST_IMAGES, args).await?;
    rows.into_iter().map(read_image).collect()
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
            let outcome = Outcome::of(&outcome, row.get(1)?, row.get(3)?);
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
    kind: Kind,
    (company_id, id): (Uuid, Uuid),
    picture: &Picture,
    (began_at, ended_at): (Micros, Micros),
) -> Result<bool, DbError> {
    let (blob, media_type) = columns(picture);
    let finish = args![&company_id, &id, &blob, media_type, began_at, ended_at];
    let statement = match kind {
        Kind::Data => &FINISH,
        Kind::ImageOnly => &FINISH_IMAGE,
    };
    Ok(tx.execute(statement, finish).await? == 1)
}

/// Records an attempt that did not get through.
pub(crate) async fn fail(
    tx: &mut Tx,
    kind: Kind,
    (company_id, id): (Uuid, Uuid),
    attempt: &Attempt,
) -> Result<(), DbError> {
    let status = match (kind, &attempt.outcome) {
        (Kind::Data, Outcome::Failed(..)) => &GIVE_UP,
        (Kind::Data, _) => &FAIL,
        (Kind::ImageOnly, Outcome::Failed(..)) => &GIVE_UP_IMAGE,
        (Kind::ImageOnly, _) => &FAIL_IMAGE,
    };
    let changed = tx.execute(status, args![&company_id, &id]).await?;
    let (outcome, ended_at, reason) = attempt.outcome.columns();
    if ended_at.is_none() && changed == 0 {
        // That it stands still was recorded at the first attempt.
        return Ok(());
    }
    let began_at = attempt.began_at;
    let row = args![&company_id, &id, began_at, ended_at, outcome, reason];
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
        sent_blob: row.get(10)?,
        sent_type: row.get(11)?,
        began_at: row.get(12)?,
        ended_at: row.get(13)?,
        app_id: row.get(14)?,
    })
}

fn read_image(mut row: Row) -> Result<ImageReceipt, DbError> {
    Ok(ImageReceipt {
        id: row.get(0)?,
        user_id: row.get(1)?,
        received_at: row.get(2)?,
        status: row.get(3)?,
        sent_blob: row.get(4)?,
        sent_type: row.get(5)?,
        image_blob: row.get(6)?,
        image_type: row.get(7)?,
        began_at: row.get(8)?,
        ended_at: row.get(9)?,
    })
}
