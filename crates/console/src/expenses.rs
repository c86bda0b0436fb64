//! The list of available expenses, one of them, and its pictures.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Tx};
use bursar_directory::Role;
use bursar_expense::{
    AvailableExpense, ExpenseType, Location, QuickExpense, Source, api as expenses,
};
use bursar_kernel::{Uuid, hex32};
use bursar_receipts::api::{self as receipts, PictureError};
use bursar_receipts::{Facts, Receipt, seller};
use serde::Deserialize;
use serde_json::Value;

use crate::store::Session;
use crate::views::{
    ErrorKind, ExpensePage, ExpenseRow, ExpensesPage, LogEntry, LogLevel, ProcessingState,
    QuickExpensePage, Section,
};
use crate::{Asked, ConsoleState, respond, totals};

/// Expenses on one page of the list.
const PAGE: usize = 50;
/// Receipts that are not done yet, above the first page.
const PENDING_MAX: i64 = 50;

/// Characters of an amount in lists; the receipt's JSON has them all.
const AMOUNT_MAX: usize = 50;

#[derive(Default, Deserialize)]
pub(crate) struct Cursor {
    after: Option<String>,
    before: Option<String>,
}

/// What the list shows, read in one go.
struct Listed {
    pending: Vec<Receipt>,
    expenses: Vec<AvailableExpense>,
    older: bool,
    newer: bool,
    amounts: Vec<(String, String)>,
}

pub(crate) async fn list(asked: Asked, cursor: Result<Query<Cursor>, QueryRejection>) -> Response {
    let Query(cursor) = cursor.unwrap_or_default();
    let session = match asked.session_at_home().await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    // The list is every traveller's first page; others have another one.
    if !session.user.roles.has(Role::Traveller) {
        return Redirect::to(Section::home(&session.user.roles)).into_response();
    }
    let listed = match read_list(&asked, &session, &cursor).await {
        Ok(listed) => listed,
        Err(error) => return asked.failed(&error),
    };
    let (first, last) = (listed.expenses.first(), listed.expenses.last());
    let page = ExpensesPage {
        frame: asked
            .state
            .frame(&asked.headers, Some(&session))
            .at(Section::Expenses),
        totals: totals::by_currency(
            listed
                .amounts
                .iter()
                .map(|(currency, amount)| (currency.as_str(), amount.as_str())),
        ),
        newer: first
            .filter(|_| listed.newer)
            .map(|expense| hex32(&expense.id)),
        older: last
            .filter(|_| listed.older)
            .map(|expense| hex32(&expense.id)),
        rows: listed
            .pending
            .iter()
            .map(receipt_row)
            .chain(listed.expenses.iter().map(expense_row))
            .collect(),
    };
    respond::page(StatusCode::OK, &page)
}

async fn read_list(asked: &Asked, session: &Session, cursor: &Cursor) -> Result<Listed, DbError> {
    let parse = |text: &Option<String>| text.as_deref().and_then(parse_id);
    let (older_than, newer_than) = (parse(&cursor.after), parse(&cursor.before));
    let user = &session.user;
    let args = (user.company_id, user.id, older_than, newer_than);
    asked
        .state
        .db
        .scan(
            args,
            |tx, &(company_id, user_id, older_than, newer_than)| {
                Box::pin(async move {
                    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
                    let mut listed = if let Some(after) = newer_than {
                        let mut found =
                            expenses::list_after(tx, company_id, user_id, after, limit).await?;
                        let newer = found.len() > PAGE;
                        if newer {
                            found.remove(0);
                        }
                        Listed::of(found, true, newer)
                    } else {
                        let before = older_than.unwrap_or(Uuid::max());
                        let mut found =
                            expenses::list_before(tx, company_id, user_id, before, limit).await?;
                        let older = found.len() > PAGE;
                        found.truncate(PAGE);
                        Listed::of(found, older, older_than.is_some())
                    };
                    if !listed.newer {
                        listed.pending =
                            receipts::pending(tx, company_id, user_id, PENDING_MAX).await?;
                    }
                    listed.amounts = expenses::amounts(tx, company_id, user_id).await?;
                    Ok(listed)
                })
            },
        )
        .await
}

impl Listed {
    fn of(expenses: Vec<AvailableExpense>, older: bool, newer: bool) -> Self {
        Self {
            pending: Vec::new(),
            expenses,
            older,
            newer,
            amounts: Vec::new(),
        }
    }
}

/// What an expense came from.
enum Document {
    Receipt(Receipt),
    Quick(QuickExpense),
}

impl Document {
    fn user_id(&self) -> Uuid {
        match self {
            Self::Receipt(receipt) => receipt.user_id,
            Self::Quick(quick) => quick.user_id,
        }
    }
}

/// A reader's own document, named by the path; others' do not exist for this reader.
pub(crate) struct Named {
    asked: Asked,
    session: Session,
    document: Document,
}

/// A reader's own receipt: only these have pictures.
pub(crate) struct Own {
    asked: Asked,
    session: Session,
    receipt: Receipt,
}

impl FromRequestParts<ConsoleState> for Own {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ConsoleState,
    ) -> Result<Self, Self::Rejection> {
        let Named {
            asked,
            session,
            document,
        } = Named::from_request_parts(parts, state).await?;
        match document {
            Document::Receipt(receipt) => Ok(Self {
                asked,
                session,
                receipt,
            }),
            Document::Quick(_) => Err(asked.refuse(Some(&session), ErrorKind::NotFound)),
        }
    }
}

impl FromRequestParts<ConsoleState> for Named {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ConsoleState,
    ) -> Result<Self, Self::Rejection> {
        let asked = Asked::from_request_parts(parts, state).await;
        let asked = asked.map_err(IntoResponse::into_response)?;
        let session = asked.session_at_home().await?;
        let id = Path::<String>::from_request_parts(parts, state).await;
        let Some(id) = id.ok().and_then(|Path(id)| parse_id(&id)) else {
            return Err(asked.refuse(Some(&session), ErrorKind::NotFound));
        };
        let args = (session.user.company_id, id);
        let found: Result<_, DbError> = state
            .db
            .read(args, |tx, &(company_id, id)| {
                Box::pin(document(tx, company_id, id))
            })
            .await;
        match found {
            Ok(Some(document)) if document.user_id() == session.user.id => Ok(Self {
                asked,
                session,
                document,
            }),
            Ok(_) => Err(asked.refuse(Some(&session), ErrorKind::NotFound)),
            Err(error) => Err(asked.failed(&error)),
        }
    }
}

async fn document(tx: &mut Tx, company_id: Uuid, id: Uuid) -> Result<Option<Document>, DbError> {
    if let Some(receipt) = receipts::receipt(tx, company_id, id).await? {
        return Ok(Some(Document::Receipt(receipt)));
    }
    let quick = expenses::quick_expense(tx, company_id, id).await?;
    Ok(quick.map(Document::Quick))
}

pub(crate) async fn show(named: Named) -> Response {
    let Named {
        asked,
        session,
        document,
    } = named;
    match document {
        Document::Receipt(receipt) => show_receipt(asked, session, receipt).await,
        Document::Quick(quick) => show_quick(&asked, &session, quick),
    }
}

fn show_quick(asked: &Asked, session: &Session, quick: QuickExpense) -> Response {
    let facts = quick.facts;
    let page = QuickExpensePage {
        frame: asked.state.frame(&asked.headers, Some(session)),
        expense: ExpenseRow {
            id: hex32(&quick.id),
            merchant: facts.vendor.unwrap_or_default(),
            date_time_text: facts.transaction_date,
            amount_text: facts.amount,
            currency_code: facts.currency_code,
            source_app: quick.app_name,
            expense_type: facts.expense_type.name,
            state: ProcessingState::Processed,
            has_picture: false,
        },
        comment: facts.comment,
        entry_details: facts.entry_details,
        location: facts.location.as_ref().map(place),
        payment_type_id: facts.payment_type_id,
        quick_expense_id: hex32(&quick.id).to_uppercase(),
        received_text: quick.received_at.rfc3339(),
        json: quick.body,
    };
    respond::page(StatusCode::OK, &page)
}

/// A location on one line; a name that repeats the city stands there once.
fn place(location: &Location) -> String {
    let parts = [
        &location.name,
        &location.city,
        &location.country_sub_division_code,
        &location.country_code,
    ];
    let mut parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.dedup();
    parts.join(", ")
}

async fn show_receipt(asked: Asked, session: Session, receipt: Receipt) -> Response {
    let args = (session.user.company_id, receipt.clone());
    let more = asked.state.db.read(args, |tx, (company_id, receipt)| {
        Box::pin(async move {
            let expense = expenses::get(tx, *company_id, receipt.user_id, receipt.id).await?;
            let log = receipts::log(tx, *company_id, receipt).await?;
            Ok::<_, DbError>((expense, log))
        })
    });
    let (expense, log) = match more.await {
        Ok(more) => more,
        Err(error) => return asked.failed(&error),
    };
    let document: Value = serde_json::from_str(&receipt.body).unwrap_or_default();
    let page = ExpensePage {
        frame: asked.state.frame(&asked.headers, Some(&session)),
        expense: expense
            .as_ref()
            .map_or_else(|| receipt_row(&receipt), expense_row),
        merchant_address: address(&seller(&document)["location"]["address"]),
        reference: document["reference"].as_str().map(ToOwned::to_owned),
        receipt_id: hex32(&receipt.id),
        received_text: receipt.received_at.rfc3339(),
        log: log.into_iter().map(log_entry).collect(),
        json: receipt.body,
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn picture(own: Own) -> Response {
    let (state, company_id) = (&own.asked.state, own.session.user.company_id);
    let preview = receipts::preview(&state.db, &state.blobs, company_id, &own.receipt).await;
    let png = preview.map(|png| (png, "image/png".to_owned()));
    file(&own, png)
}

pub(crate) async fn pdf(own: Own) -> Response {
    let picture = receipts::picture(&own.asked.state.blobs, &own.receipt).await;
    file(&own, picture)
}

fn file(own: &Own, file: Result<(Vec<u8>, String), PictureError>) -> Response {
    match file {
        Ok((bytes, media_type)) => {
            let headers = [
                (header::CONTENT_TYPE, media_type.as_str()),
                // A receipt's picture never changes, but is its reader's alone.
                (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, bytes).into_response()
        }
        Err(PictureError::None) => own.asked.refuse(Some(&own.session), ErrorKind::NotFound),
        Err(error) => own.asked.failed(&error),
    }
}

fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 32)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

fn expense_row(expense: &AvailableExpense) -> ExpenseRow {
    ExpenseRow {
        id: hex32(&expense.id),
        merchant: expense.merchant.clone(),
        date_time_text: expense.transacted_at_text.clone(),
        amount_text: shortened(&expense.amount),
        currency_code: expense.currency_code.clone(),
        source_app: expense.source_app.clone(),
        expense_type: expense.expense_type.name.clone(),
        state: ProcessingState::Processed,
        has_picture: expense.source == Source::Receipt,
    }
}

/// A receipt that is no available expense yet.
fn receipt_row(receipt: &Receipt) -> ExpenseRow {
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
        state: match receipt.status.as_str() {
            "ACCEPTED" => ProcessingState::Accepted,
            "PROCESSING" => ProcessingState::Processing,
            "FAILED" => ProcessingState::Failed,
            _ => ProcessingState::Processed,
        },
        has_picture: receipt.image_blob.is_some(),
    }
}

/// An amount as lists show it: the documents allow any number of digits.
fn shortened(amount: &str) -> String {
    match amount.char_indices().nth(AMOUNT_MAX) {
        None => amount.to_owned(),
        Some((end, _)) => format!("{}…", &amount[..end]),
    }
}

fn log_entry(entry: bursar_receipts::LogEntry) -> LogEntry {
    LogEntry {
        level: match entry.level.as_str() {
            "DEBUG" => LogLevel::Debug,
            "WARNING" => LogLevel::Warning,
            "ERROR" => LogLevel::Error,
            _ => LogLevel::Info,
        },
        message: entry.message,
        date_time_text: entry.at.rfc3339(),
    }
}

/// An address on one line, in the order in which it was given.
fn address(address: &Value) -> Option<String> {
    // The usual names, and the original ones that IC card receipts may have.
    let parts = [
        ["streetAddress", "address"],
        ["", "address2"],
        ["addressLocality", "city"],
        ["addressRegion", "countrySubdivisionCode"],
        ["postalCode", ""],
        ["addressCountry", "countryCode"],
    ];
    let parts: Vec<&str> = parts
        .iter()
        .filter_map(|names| names.iter().find_map(|name| address[*name].as_str()))
        .filter(|p| !p.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
