//! All SQL of this slice; its tables begin with `expense_`.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::Uuid;

use crate::{AvailableExpense, NewAvailableExpense};

statements! {
    INSERT = "INSERT INTO expense_available (company_id, user_id, id, source, source_id, \
        source_app, merchant, transacted_at_text, amount, currency_code, expense_type_id, \
        created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        ON CONFLICT (company_id, source, source_id) DO NOTHING";
    GET = "SELECT id, source_id, source_app, merchant, transacted_at_text, amount, \
        currency_code, expense_type_id FROM expense_available \
        WHERE company_id = $1 AND user_id = $2 AND id = $3";
    LIST_BEFORE = "SELECT id, source_id, source_app, merchant, transacted_at_text, amount, \
        currency_code, expense_type_id FROM expense_available \
        WHERE company_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
    LIST_AFTER = "SELECT id, source_id, source_app, merchant, transacted_at_text, amount, \
        currency_code, expense_type_id FROM expense_available \
        WHERE company_id = $1 AND user_id = $2 AND id > $3 ORDER BY id LIMIT $4";
    AMOUNTS = "SELECT currency_code, amount FROM expense_available \
        WHERE company_id = $1 AND user_id = $2 ORDER BY currency_code";
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewAvailableExpense) -> Result<bool, DbError> {
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
                new.expense_type.id(),
                new.created_at,
            ],
        )
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn get(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    id: Uuid,
) -> Result<Option<AvailableExpense>, DbError> {
    tx.row(&GET, args![&company_id, &user_id, &id])
        .await?
        .map(read)
        .transpose()
}

pub(crate) async fn list_before(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    before: Uuid,
    limit: i64,
) -> Result<Vec<AvailableExpense>, DbError> {
    let rows = tx
        .rows(&LIST_BEFORE, args![&company_id, &user_id, &before, limit])
        .await?;
    rows.into_iter().map(read).collect()
}

/// Newest first, as every list; the ones next to `after`.
pub(crate) async fn list_after(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<AvailableExpense>, DbError> {
    let rows = tx
        .rows(&LIST_AFTER, args![&company_id, &user_id, &after, limit])
        .await?;
    rows.into_iter().rev().map(read).collect()
}

pub(crate) async fn amounts(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
) -> Result<Vec<(String, String)>, DbError> {
    let rows = tx.rows(&AMOUNTS, args![&company_id, &user_id]).await?;
    rows.into_iter()
        .map(|mut row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

fn read(mut row: Row) -> Result<AvailableExpense, DbError> {
    Ok(AvailableExpense {
        id: row.get(0)?,
        source_id: row.get(1)?,
        source_app: row.get(2)?,
        merchant: row.get(3)?,
        transacted_at_text: row.get(4)?,
        amount: row.get(5)?,
        currency_code: row.get(6)?,
        expense_type_id: row.get(7)?,
    })
}
