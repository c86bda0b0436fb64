//! The list of available expenses.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Tx};
use bursar_directory::Role;
use bursar_expense::{
    AvailableExpense, ExpenseType, Facets, Page, Place, Source, Traveller, View, api as expenses,
};
use bursar_kernel::{Uuid, hex32};
use bursar_pages::{Frame, respond};
use bursar_receipts::api as receipts;
use bursar_receipts::{Facts, Receipt};
use bursar_web::Form;
use serde_json::Value;

use crate::list_query::{ListQuery, parse_id};
use crate::store::Session;
use crate::views::{ExpenseRow, ExpensesPage, ProcessingState, Section};
use crate::{Asked, totals};

/// Expenses on one page of the list.
const PAGE: usize = 50;
/// Receipts that are not done yet, above the first page.
const PENDING_MAX: i64 = 50;

/// Characters of an amount in lists; the receipt's JSON has them all.
const AMOUNT_MAX: usize = 50;

/// What names, in the list's address, the expense that was just hidden or shown again.
pub(crate) const JUST: &str = "just";

/// What the list shows, read in one go.
#[derive(Default)]
struct Listed {
    pending: Vec<Receipt>,
    page: Page,
    facets: Facets,
    amounts: Vec<(String, String)>,
    notice: Option<AvailableExpense>,
}

impl Session {
    /// Whose expenses the reader sees.
    pub(crate) fn traveller(&self) -> Traveller {
        Traveller {
            company_id: self.user.company_id,
            user_id: self.user.id,
        }
    }
}

pub(crate) async fn list(asked: Asked, RawQuery(query): RawQuery) -> Response {
    let session = match asked.session_at_home().await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    // The list is every traveller's first page; others have another one.
    if !session.user.roles.has(Role::Traveller) {
        return Redirect::to(Section::home(&session.user.roles)).into_response();
    }
    let form = Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let list = ListQuery::of(&form);
    if ListQuery::has_idle(&form) {
        return Redirect::to(&list.href()).into_response();
    }
    let just = form.get(JUST).and_then(parse_id);
    let args = (session.traveller(), list, just);
    let reading = asked.state.db.scan(args, |tx, (of, list, just)| {
        Box::pin(listed(tx, *of, list, *just))
    });
    let listed: Result<_, DbError> = reading.await;
    match listed {
        Ok(listed) => {
            let frame = asked.state.frame(&asked.headers, Some(&session));
            let page = listed.shown(frame.at(Section::Expenses.href()), ListQuery::of(&form));
            respond::page(StatusCode::OK, &page)
        }
        Err(error) => asked.failed(&error),
    }
}

async fn listed(
    tx: &mut Tx,
    of: Traveller,
    list: &ListQuery,
    just: Option<Uuid>,
) -> Result<Listed, DbError> {
    let view = View {
        sort: list.sort,
        descending: list.descending,
        place: list.place,
        limit: PAGE,
    };
    let mut listed = Listed {
        page: expenses::page(tx, of, &list.filter, &view).await?,
        amounts: expenses::amounts(tx, of, &list.filter).await?,
        facets: expenses::facets(tx, of).await?,
        ..Listed::default()
    };
    if let Some(id) = just {
        listed.notice = expenses::get(tx, of, id).await?;
    }
    // What is on its way is no expense yet: it stands above all of them, and no filter knows it.
    if !listed.page.more_before && !list.is_filtered() && !list.filter.hidden {
        listed.pending = receipts::pending(tx, of.company_id, of.user_id, PENDING_MAX).await?;
    }
    Ok(listed)
}

impl Listed {
    fn shown(self, frame: Frame, list: ListQuery) -> ExpensesPage {
        let shown = &self.page.expenses;
        let before = shown.first().filter(|_| self.page.more_before);
        let after = shown.last().filter(|_| self.page.more_after);
        let amounts = self.amounts.iter();
        let amounts = amounts.map(|(currency, amount)| (currency.as_str(), amount.as_str()));
        let rows = self.pending.iter().map(receipt_row);
        ExpensesPage {
            frame,
            before: before.map(|expense| list.at(Place::Before(expense.id))),
            after: after.map(|expense| list.at(Place::After(expense.id))),
            totals: totals::by_currency(amounts),
            found: self.amounts.len(),
            rows: rows
                .chain(self.page.expenses.iter().map(expense_row))
                .collect(),
            notice: self.notice.as_ref().map(expense_row),
            facets: self.facets,
            list,
        }
    }
}

pub(crate) fn expense_row(expense: &AvailableExpense) -> ExpenseRow {
    ExpenseRow {
        id: hex32(&expense.id),
        merchant: expense.merchant.clone(),
        date_time_text: expense.transacted_at_text.clone(),
        amount_text: shortened(&expense.amount),
        currency_code: expense.currency_code.clone(),
        source_app: expense.source_app.clone(),
        expense_type: expense.expense_type.name.clone(),
        comment: expense.comment.clone(),
        state: ProcessingState::Processed,
        quick: expense.source == Source::QuickExpense,
        has_picture: expense.has_picture,
        hidden: expense.hidden,
        has_twins: expense.twins > 0,
        sums_differ: expense.sums_differ,
    }
}

/// A receipt that is no available expense yet.
pub(crate) fn receipt_row(receipt: &Receipt) -> ExpenseRow {
    let document: Value = serde_json::from_str(&receipt.body).unwrap_or_default();
    let facts = Facts::of(&document);
    ExpenseRow {
        id: hex32(&receipt.id),
        merchant: facts.merchant,
        date_time_text: facts.date_time,
        amount_text: shortened(&facts.total),
        currency_code: facts.currency_code,
        source_app: receipt.app_name.clone(),
        expense_type: ExpenseType::undefined().name,
        comment: None,
        state: match receipt.status.as_str() {
            "ACCEPTED" => ProcessingState::Accepted,
            "PROCESSING" => ProcessingState::Processing,
            "FAILED" => ProcessingState::Failed,
            _ => ProcessingState::Processed,
        },
        quick: false,
        has_picture: receipt.image_blob.is_some(),
        hidden: false,
        has_twins: false,
        sums_differ: facts.sums_differ,
    }
}

/// An amount as lists show it: the documents allow any number of digits.
fn shortened(amount: &str) -> String {
    match amount.char_indices().nth(AMOUNT_MAX) {
        None => amount.to_owned(),
        Some((end, _)) => format!("{}…", &amount[..end]),
    }
}
