//! All SQL of this slice; its tables begin with `expense_`.

mod list;
mod own;

use bursar_db::{DbError, FromCell, Row, Sql, Tx, args, statements};
use bursar_jobs::NewJob;
use bursar_kernel::{Micros, Uuid, hex32};
use bursar_pictures::Picture;

use crate::group::Group;
use crate::keys::Keys;
use crate::model::{ExpenseType, NewQuickExpense, QuickExpense, QuickFacts};
use crate::{NewAvailableExpense, picture};

pub(crate) use list::{amounts, facets, get, page, twins};
pub(crate) use own::{changes, note, set_hidden, set_keys, set_own, unkeyed};

statements! {
    INSERT = "INSERT INTO expense_available (company_id, user_id, id, source, source_id, \
        source_app, merchant, transacted_at_text, amount, currency_code, expense_type_id, \
        expense_type_name, created_at, has_picture, sums_differ, day, date_key, amount_key, \
        merchant_key, twin_key, search_text) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
        $19, $20, $21) ON CONFLICT (company_id, source, source_id) DO NOTHING";
    INSERT_QUICK = "INSERT INTO expense_quick (company_id, id, user_id, app_id, app_name, body, \
        expense_type_id, expense_type_name, payment_type_id, amount, currency_code, \
        transaction_date, vendor, comment, entry_details, location, received_at, sent_blob, \
        sent_type) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
        $18, $19) RETURNING number";
    QUICK = "SELECT id, user_id, app_id, app_name, body, expense_type_id, expense_type_name, \
        payment_type_id, amount, currency_code, transaction_date, vendor, comment, \
        entry_details, location, received_at, sent_type FROM expense_quick \
        WHERE company_id = $1 AND id = $2";
    QUICK_NUMBERED = "SELECT id FROM expense_quick WHERE company_id = $1 AND number = $2";
    PICTURES = "SELECT sent_blob, sent_type, image_blob, image_type FROM expense_quick \
        WHERE company_id = $1 AND id = $2";
    SET_PICTURE = "UPDATE expense_quick SET image_blob = $3, image_type = $4, sent_blob = NULL \
        WHERE company_id = $1 AND id = $2 AND sent_blob IS NOT NULL";
    NAMES_BLOB = "SELECT id FROM expense_quick WHERE image_blob = $1 \
        UNION ALL SELECT id FROM expense_quick WHERE sent_blob = $1 LIMIT 1";
    // One statement on one row: nodes need no other agreement.
    COUNT_REQUEST = "INSERT INTO expense_quick_limit (company_id, user_id, began_at, requests) \
        VALUES ($1, $2, $3, 1) ON CONFLICT (company_id, user_id) DO UPDATE SET \
        began_at = CASE WHEN expense_quick_limit.began_at > $4 \
            THEN expense_quick_limit.began_at ELSE excluded.began_at END, \
        requests = CASE WHEN expense_quick_limit.began_at > $4 \
            THEN expense_quick_limit.requests + 1 ELSE 1 END \
        RETURNING began_at, requests";
    INSERT_GROUP = "INSERT INTO expense_group (company_id, document) VALUES ($1, $2) \
        ON CONFLICT (company_id) DO NOTHING";
    GROUP = "SELECT document FROM expense_group WHERE company_id = $1";
}

/// Every statement of this slice.
pub(crate) fn statements() -> Vec<&'static Sql> {
    [STATEMENTS, list::STATEMENTS, own::STATEMENTS].concat()
}

pub(crate) async fn insert(
    tx: &mut Tx,
    new: &NewAvailableExpense,
    keys: &Keys,
) -> Result<bool, DbError> {
    let rows = tx
        .execute(
            &INSERT,
            args![
                &new.company_id,
                &new.user_id,
                &new.id,
                new.source.as_str(),
                &new.source_id,
                &new.source_app,
                &new.merchant,
                &new.transacted_at_text,
                &new.amount,
                &new.currency_code,
                &new.expense_type.id,
                &new.expense_type.name,
                new.created_at,
                new.has_picture,
                new.sums_differ,
                keys.day,
                &keys.date,
                &keys.amount,
                &keys.merchant,
                keys.twin.as_deref(),
                &keys.search,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The quick expense, what becomes available, and the job for its picture: all or nothing. Answers
/// its number.
pub(crate) async fn insert_quick(tx: &mut Tx, new: &NewQuickExpense) -> Result<i64, DbError> {
    let facts = &new.facts;
    let location = facts.location.as_ref().map(json_text);
    let (blob, media_type) = new.sent.as_ref().map(columns).unzip();
    let args = args![
        &new.company_id,
        &new.id,
        &new.user_id,
        &new.app_id,
        &new.app_name,
        &new.body,
        &facts.expense_type.id,
        &facts.expense_type.name,
        facts.payment_type_id.as_deref(),
        &facts.amount,
        &facts.currency_code,
        &facts.transaction_date,
        facts.vendor.as_deref(),
        facts.comment.as_deref(),
        facts.entry_details.as_deref(),
        location.as_deref(),
        new.received_at,
        blob.as_deref(),
        media_type,
    ];
    let rows = tx.returning(&INSERT_QUICK, args).await?;
    let available = new.available();
    insert(tx, &available, &available.keys()).await?;
    if new.sent.is_some() {
        let job = NewJob {
            kind: picture::KIND,
            key: Some(&hex32(&new.id)),
            payload: &picture::payload(new.company_id, new.id),
            correlation_id: &new.correlation_id,
            run_at: new.received_at,
            now: new.received_at,
        };
        bursar_jobs::enqueue(tx, &job).await?;
    }
    first(rows)
}

/// What rows keep of a picture.
fn columns(picture: &Picture) -> (String, &'static str) {
    (picture.blob.to_string(), picture.format.media_type())
}

/// The pictures of a quick expense: the one that was sent, as long as it is not made uniform, and
/// the one that is kept.
pub(crate) async fn pictures(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<(Option<Picture>, Option<Picture>), DbError> {
    let Some(mut row) = tx.row(&PICTURES, args![&company_id, &id]).await? else {
        return Ok((None, None));
    };
    Ok((picture_at(&mut row, 0)?, picture_at(&mut row, 2)?))
}

fn picture_at(row: &mut Row, column: usize) -> Result<Option<Picture>, DbError> {
    let (blob, media_type): (Option<String>, Option<String>) =
        (row.get(column)?, row.get(column + 1)?);
    let (Some(blob), Some(media_type)) = (blob, media_type) else {
        return Ok(None);
    };
    let picture = Picture::of(&blob, &media_type);
    picture.map(Some).ok_or(DbError::Decode { column })
}

/// Names the picture that is kept in place of the one that was sent.
pub(crate) async fn set_picture(
    tx: &mut Tx,
    (company_id, id): (Uuid, Uuid),
    picture: &Picture,
) -> Result<(), DbError> {
    let (blob, media_type) = columns(picture);
    let args = args![&company_id, &id, &blob, media_type];
    tx.execute(&SET_PICTURE, args).await.map(drop)
}

/// Whether any company's quick expense names the file. Only for the sweep of files.
pub(crate) async fn names_blob(tx: &mut Tx, blob: &str) -> Result<bool, DbError> {
    Ok(tx.row(&NAMES_BLOB, args![blob]).await?.is_some())
}

pub(crate) async fn quick(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<QuickExpense>, DbError> {
    tx.row(&QUICK, args![&company_id, &id])
        .await?
        .map(read_quick)
        .transpose()
}

/// The id of the quick expense with this number.
pub(crate) async fn quick_numbered(
    tx: &mut Tx,
    company_id: Uuid,
    number: i64,
) -> Result<Option<Uuid>, DbError> {
    let row = tx.row(&QUICK_NUMBERED, args![&company_id, number]).await?;
    row.map(|mut row| row.get(0)).transpose()
}

/// Counts one more request for a user at `now`. Answers when the count began and what it is; it
/// begins anew when it began at `over` or before.
pub(crate) async fn count_request(
    tx: &mut Tx,
    (company_id, user_id): (Uuid, Uuid),
    now: Micros,
    over: Micros,
) -> Result<(Micros, i64), DbError> {
    let args = args![&company_id, &user_id, now, over];
    let mut rows = tx.returning(&COUNT_REQUEST, args).await?;
    let row = rows.first_mut().ok_or(DbError::Decode { column: 0 })?;
    Ok((Micros(row.get(0)?), row.get(1)?))
}

pub(crate) async fn insert_group(
    tx: &mut Tx,
    company_id: Uuid,
    group: &Group,
) -> Result<(), DbError> {
    tx.execute(&INSERT_GROUP, args![&company_id, &json_text(group)])
        .await?;
    Ok(())
}

/// A company's group; the default one where nobody configured anything.
pub(crate) async fn group(tx: &mut Tx, company_id: Uuid) -> Result<Group, DbError> {
    let Some(mut row) = tx.row(&GROUP, args![&company_id]).await? else {
        return Ok(Group::default());
    };
    let document: String = row.get(0)?;
    serde_json::from_str(&document).map_err(|_| DbError::Decode { column: 0 })
}

fn first<T: FromCell>(rows: Vec<Row>) -> Result<T, DbError> {
    let row = rows.into_iter().next();
    row.ok_or(DbError::Decode { column: 0 })?.get(0)
}

/// # Panics
/// Never: what is kept as JSON here has no map whose keys are not texts.
fn json_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain JSON")
}

fn read_quick(mut row: Row) -> Result<QuickExpense, DbError> {
    let location: Option<String> = row.get(14)?;
    let location = location
        .map(|text| serde_json::from_str(&text).map_err(|_| DbError::Decode { column: 14 }))
        .transpose()?;
    Ok(QuickExpense {
        id: row.get(0)?,
        user_id: row.get(1)?,
        app_id: row.get(2)?,
        app_name: row.get(3)?,
        body: row.get(4)?,
        facts: QuickFacts {
            expense_type: ExpenseType {
                id: row.get(5)?,
                name: row.get(6)?,
            },
            payment_type_id: row.get(7)?,
            amount: row.get(8)?,
            currency_code: row.get(9)?,
            transaction_date: row.get(10)?,
            vendor: row.get(11)?,
            comment: row.get(12)?,
            entry_details: row.get(13)?,
            location,
        },
        received_at: Micros(row.get(15)?),
        has_picture: row.get::<Option<String>>(16)?.is_some(),
    })
}
