//! What other slices, the console and the program may call.

use std::collections::HashSet;

use bursar_blobs::BlobId;
use bursar_db::{Db, DbError, Tx};
use bursar_kernel::Uuid;
use bursar_pictures::Picture;

use crate::change::{self, Author, Change, Edit, Outcome};
use crate::keys::Keys;
use crate::list::{Facets, Filter, Page, View};
use crate::{AvailableExpense, ExpenseType, NewAvailableExpense, QuickExpense, Traveller, store};

/// Makes an expense available, with its [`NewAvailableExpense::keys`]. False when its document
/// already made one: nothing happens twice.
pub async fn add(tx: &mut Tx, new: &NewAvailableExpense, keys: &Keys) -> Result<bool, DbError> {
    store::insert(tx, new, keys).await
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
    of: Traveller,
    id: Uuid,
) -> Result<Option<AvailableExpense>, DbError> {
    store::get(tx, of, id).await
}

/// A part of a user's list.
pub async fn page(
    tx: &mut Tx,
    of: Traveller,
    filter: &Filter,
    view: &View,
) -> Result<Page, DbError> {
    store::page(tx, of, filter, view).await
}

/// Currency and amount of each expense that a filter shows: what totals are made of.
pub async fn amounts(
    tx: &mut Tx,
    of: Traveller,
    filter: &Filter,
) -> Result<Vec<(String, String)>, DbError> {
    store::amounts(tx, of, filter).await
}

/// What a user's expenses can be filtered by.
pub async fn facets(tx: &mut Tx, of: Traveller) -> Result<Facets, DbError> {
    store::facets(tx, of).await
}

/// The expenses that look like the same purchase as this one, hidden ones too; at most 20.
pub async fn twins(tx: &mut Tx, of: Traveller, id: Uuid) -> Result<Vec<AvailableExpense>, DbError> {
    store::twins(tx, of, id).await
}

/// What was changed of an expense, oldest first.
pub async fn changes(tx: &mut Tx, of: Traveller, id: Uuid) -> Result<Vec<Change>, DbError> {
    store::changes(tx, of, id).await
}

/// Changes an expense's type and comment.
pub async fn edit(
    tx: &mut Tx,
    of: Traveller,
    edit: &Edit,
    author: &Author,
) -> Result<Outcome, DbError> {
    change::edit(tx, of, edit, author).await
}

/// Hides an expense, or shows it again.
pub async fn set_hidden(
    tx: &mut Tx,
    of: Traveller,
    id: Uuid,
    hidden: bool,
    author: &Author,
) -> Result<Outcome, DbError> {
    change::set_hidden(tx, of, id, hidden, author).await
}

/// The expense types that a company has configured, by name; the one that stands for none first.
pub async fn expense_types(tx: &mut Tx, company_id: Uuid) -> Result<Vec<ExpenseType>, DbError> {
    Ok(store::group(tx, company_id).await?.expense_types())
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

/// Expenses of the time before there were keys, of all companies, at most `limit`. Reference, note
/// and sums are not theirs yet: whoever has the documents knows them.
pub async fn unkeyed(tx: &mut Tx, limit: i64) -> Result<Vec<NewAvailableExpense>, DbError> {
    store::unkeyed(tx, limit).await
}

/// Gives such an expense its keys.
pub async fn set_keys(tx: &mut Tx, of: &NewAvailableExpense, keys: &Keys) -> Result<(), DbError> {
    store::set_keys(tx, of, keys).await
}
