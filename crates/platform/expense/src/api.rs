//! What other slices, the console and the program may call.

use std::collections::HashSet;

use bursar_blobs::BlobId;
use bursar_db::{Db, DbError, Tx};
use bursar_kernel::Uuid;
use bursar_pictures::Picture;

use crate::{AvailableExpense, ExpenseType, NewAvailableExpense, QuickExpense, store};

/// Makes an expense available. False when its document already made one: nothing happens twice.
pub async fn add(tx: &mut Tx, new: &NewAvailableExpense) -> Result<bool, DbError> {
    store::insert(tx, new).await
}

/// What a company's receipts of a type are for, unless somebody says otherwise; `receipt_type` is
/// the name of its schema, as `hotel-receipt`.
pub async fn type_of_receipt(
    tx: &mut Tx,
    company_id: Uuid,
    receipt_type: &str,
) -> Result<ExpenseType, DbError> {
    let group = store::group(tx, company_id).await?;
    Ok(group.type_of_receipt(receipt_type))
}

/// One of a user's available expenses.
pub async fn get(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    id: Uuid,
) -> Result<Option<AvailableExpense>, DbError> {
    store::get(tx, company_id, user_id, id).await
}

/// A user's available expenses, newest first, older than `before` (`Uuid::max()` for the first
/// page), at most `limit`.
pub async fn list_before(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    before: Uuid,
    limit: i64,
) -> Result<Vec<AvailableExpense>, DbError> {
    store::list_before(tx, company_id, user_id, before, limit).await
}

/// The `limit` available expenses of a user that came next after `after`, newest first.
pub async fn list_after(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<AvailableExpense>, DbError> {
    store::list_after(tx, company_id, user_id, after, limit).await
}

/// Currency and amount of each available expense of a user, by currency: what totals are made of.
pub async fn amounts(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
) -> Result<Vec<(String, String)>, DbError> {
    store::amounts(tx, company_id, user_id).await
}

/// One of a company's quick expenses.
pub async fn quick_expense(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<QuickExpense>, DbError> {
    store::quick(tx, company_id, id).await
}

/// The picture of a quick expense that came with one. None as long as it is not made uniform, or
/// if it could not be read.
pub async fn quick_picture(
    tx: &mut Tx,
    company_id: Uuid,
    id: Uuid,
) -> Result<Option<Picture>, DbError> {
    let (_, kept) = store::pictures(tx, company_id, id).await?;
    Ok(kept)
}

/// Which of `blobs` are named by a quick expense: what a sweep of the file store must keep.
pub async fn named_blobs(db: &Db, blobs: Vec<BlobId>) -> Result<HashSet<BlobId>, DbError> {
    db.scan(blobs, |tx, blobs| {
        Box::pin(async move {
            let mut named = HashSet::new();
            for blob in blobs {
                if store::names_blob(tx, &blob.to_string()).await? {
                    named.insert(*blob);
                }
            }
            Ok(named)
        })
    })
    .await
}
