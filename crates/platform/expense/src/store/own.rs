//! What a traveller changes of an expense, and its history; and keys of expenses without.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::Uuid;

use crate::change::{Author, Change, Changed, Edit};
use crate::keys::{Keys, folded};
use crate::model::{ExpenseType, NewAvailableExpense, Source, Traveller};

statements! {
    SET_OWN = "UPDATE expense_available SET expense_type_id = $5, expense_type_name = $6, \
        comment = $7, comment_search = $8, version = version + 1 \
        WHERE company_id = $1 AND user_id = $2 AND id = $3 AND version = $4";
    SET_HIDDEN = "UPDATE expense_available SET hidden = $4 \
        WHERE company_id = $1 AND user_id = $2 AND id = $3 AND hidden <> $4";
    NOTE = "INSERT INTO expense_change (company_id, user_id, expense_id, id, what, was, became, \
        changed_by, changed_by_name, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CHANGES = "SELECT changed_by_name, changed_at, what, was, became FROM expense_change \
        WHERE company_id = $1 AND user_id = $2 AND expense_id = $3 ORDER BY id, what";
    UNKEYED = "SELECT id, company_id, user_id, source, source_id, source_app, merchant, \
        transacted_at_text, amount, currency_code, expense_type_id, expense_type_name, created_at, \
        has_picture \
        FROM expense_available WHERE LENGTH(date_key) = 0 LIMIT $1";
    SET_KEYS = "UPDATE expense_available SET day = $4, date_key = $5, amount_key = $6, \
        merchant_key = $7, twin_key = $8, search_text = $9, sums_differ = $10 \
        WHERE company_id = $1 AND user_id = $2 AND id = $3";
}

/// False when the expense has another version, or is not there.
pub(crate) async fn set_own(tx: &mut Tx, of: Traveller, edit: &Edit) -> Result<bool, DbError> {
    let search = folded(edit.comment.as_deref().unwrap_or_default());
    let args = args![
        &of.company_id,
        &of.user_id,
        &edit.expense_id,
        edit.version,
        &edit.expense_type.id,
        &edit.expense_type.name,
        edit.comment.as_deref(),
        &search,
    ];
    Ok(tx.execute(&SET_OWN, args).await? == 1)
}

/// False when it is so already, or the expense is not there.
pub(crate) async fn set_hidden(
    tx: &mut Tx,
    of: Traveller,
    id: Uuid,
    hidden: bool,
) -> Result<bool, DbError> {
    let args = args![&of.company_id, &of.user_id, &id, hidden];
    Ok(tx.execute(&SET_HIDDEN, args).await? == 1)
}

/// An entry of an expense's history: what it is about, what that was, and what it became.
pub(crate) async fn note(
    tx: &mut Tx,
    of: Traveller,
    expense_id: Uuid,
    author: &Author,
    (what, (was, became)): (Changed, (Option<&str>, Option<&str>)),
) -> Result<(), DbError> {
    let args = args![
        &of.company_id,
        &of.user_id,
        &expense_id,
        &author.change_id,
        what.as_str(),
        was,
        became,
        &author.user_id,
        &author.name,
        author.at,
    ];
    tx.execute(&NOTE, args).await.map(drop)
}

pub(crate) async fn changes(
    tx: &mut Tx,
    of: Traveller,
    expense_id: Uuid,
) -> Result<Vec<Change>, DbError> {
    let args = args![&of.company_id, &of.user_id, &expense_id];
    let rows = tx.rows(&CHANGES, args).await?;
    rows.into_iter().map(read_change).collect()
}

fn read_change(mut row: Row) -> Result<Change, DbError> {
    let what: String = row.get(2)?;
    Ok(Change {
        by: row.get(0)?,
        at: row.get(1)?,
        what: Changed::parse(&what).ok_or(DbError::Decode { column: 2 })?,
        was: row.get(3)?,
        became: row.get(4)?,
    })
}

/// Of all companies: only for the start of a program that knows keys.
pub(crate) async fn unkeyed(tx: &mut Tx, limit: i64) -> Result<Vec<NewAvailableExpense>, DbError> {
    let rows = tx.rows(&UNKEYED, args![limit]).await?;
    rows.into_iter().map(read_unkeyed).collect()
}

fn read_unkeyed(mut row: Row) -> Result<NewAvailableExpense, DbError> {
    let source: String = row.get(3)?;
    Ok(NewAvailableExpense {
        id: row.get(0)?,
        company_id: row.get(1)?,
        user_id: row.get(2)?,
        source: Source::parse(&source).ok_or(DbError::Decode { column: 3 })?,
        source_id: row.get(4)?,
        source_app: row.get(5)?,
        merchant: row.get(6)?,
        transacted_at_text: row.get(7)?,
        amount: row.get(8)?,
        currency_code: row.get(9)?,
        expense_type: ExpenseType {
            id: row.get(10)?,
            name: row.get(11)?,
        },
        created_at: row.get(12)?,
        has_picture: row.get(13)?,
        reference: None,
        note: None,
        sums_differ: false,
    })
}

pub(crate) async fn set_keys(
    tx: &mut Tx,
    of: &NewAvailableExpense,
    keys: &Keys,
) -> Result<(), DbError> {
    let args = args![
        &of.company_id,
        &of.user_id,
        &of.id,
        keys.day,
        &keys.date,
        &keys.amount,
        &keys.merchant,
        keys.twin.as_deref(),
        &keys.search,
        of.sums_differ,
    ];
    tx.execute(&SET_KEYS, args).await.map(drop)
}
