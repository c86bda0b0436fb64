//! Keys for expenses of the time before lists were sorted and searched by them.

use bursar_db::{Db, DbError, Isolation, Tx};
use bursar_expense::{NewAvailableExpense, Source, api as expenses};
use serde_json::Value;

use crate::model::Facts;
use crate::store;

/// Expenses in one go: few, since each may have a large receipt.
const BATCH: i64 = 32;

/// Gives keys to the expenses that have none, from their documents. For the start of the program:
/// on a database that has been through this it is one look at an empty index.
pub async fn key_expenses(db: &Db) -> Result<(), DbError> {
    loop {
        let read = db.scan((), |tx, ()| Box::pin(batch(tx)));
        let expenses = read.await?;
        if expenses.is_empty() {
            return Ok(());
        }
        let keyed: Vec<_> = expenses
            .into_iter()
            .map(|expense| (expense.keys(), expense))
            .collect();
        db.write(Isolation::ReadCommitted, keyed, |tx, keyed| {
            Box::pin(async move {
                for (keys, expense) in keyed {
                    expenses::set_keys(tx, expense, keys).await?;
                }
                Ok::<_, DbError>(())
            })
        })
        .await?;
    }
}

/// Some expenses without keys, with what their documents say.
async fn batch(tx: &mut Tx) -> Result<Vec<NewAvailableExpense>, DbError> {
    let mut expenses = expenses::unkeyed(tx, BATCH).await?;
    for expense in &mut expenses {
        let (company_id, id) = (expense.company_id, expense.source_id);
        match expense.source {
            Source::Receipt => {
                let receipt = store::get(tx, company_id, id).await?;
                let body = receipt.map(|receipt| receipt.body).unwrap_or_default();
                let document: Value = serde_json::from_str(&body).unwrap_or_default();
                let facts = Facts::of(&document);
                expense.reference = facts.reference;
                expense.sums_differ = facts.sums_differ;
            }
            Source::QuickExpense => {
                let quick = expenses::quick_expense(tx, company_id, id).await?;
                expense.note = quick.and_then(|quick| quick.facts.comment);
            }
        }
    }
    Ok(expenses)
}
