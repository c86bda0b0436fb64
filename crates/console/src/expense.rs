//! One expense: its document, what is to be checked of it, and what is the traveller's own.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bursar_appcenter::Faults;
use bursar_db::{DbError, Tx};
use bursar_expense::{
    AvailableExpense, Change, ExpenseType, Location, QuickExpense, Traveller, api as expenses,
};
use bursar_kernel::{Uuid, hex32};
use bursar_pages::{ErrorKind, respond};
use bursar_pictures::Picture;
use bursar_receipts::api as receipts;
use bursar_receipts::{Mismatch, Receipt, mismatches, seller};
use bursar_web::Form;
use serde_json::Value;

use crate::expenses::{expense_row, receipt_row};
use crate::list_query::{ListQuery, parse_id};
use crate::store::Session;
use crate::views::{
    ExpensePage, ExpenseRow, LogEntry, LogLevel, OwnPart, ProblemsPart, ProcessingState,
    QuickExpensePage,
};
use crate::{Asked, ConsoleState};

/// What an expense came from.
pub(crate) enum Document {
    Receipt(Box<Receipt>),
    Quick(Box<QuickExpense>),
}

impl Document {
    fn user_id(&self) -> Uuid {
        match self {
            Self::Receipt(receipt) => receipt.user_id,
            Self::Quick(quick) => quick.user_id,
        }
    }

    pub(crate) fn id(&self) -> Uuid {
        match self {
            Self::Receipt(receipt) => receipt.id,
            Self::Quick(quick) => quick.id,
        }
    }
}

impl Document {
    /// The picture that is kept of it, if there is one yet.
    pub(crate) async fn picture(
        &self,
        tx: &mut Tx,
        company_id: Uuid,
    ) -> Result<Option<Picture>, DbError> {
        match self {
            Self::Receipt(receipt) => {
                let kept = (receipt.image_blob.as_deref(), receipt.image_type.as_deref());
                Ok(kept
                    .0
                    .zip(kept.1)
                    .and_then(|(blob, kind)| Picture::of(blob, kind)))
            }
            Self::Quick(quick) => expenses::quick_picture(tx, company_id, quick.id).await,
        }
    }
}

/// A reader's own document, named by the path; others' do not exist for this reader.
pub(crate) struct Named {
    pub(crate) asked: Asked,
    pub(crate) session: Session,
    pub(crate) document: Arc<Document>,
}

impl Named {
    pub(crate) fn not_found(&self) -> Response {
        self.asked.refuse(Some(&self.session), ErrorKind::NotFound)
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
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(names)| parse_id(names.get("id")?));
        let Some(id) = id else {
            return Err(asked.refuse(Some(&session), ErrorKind::NotFound));
        };
        Self::find(asked, session, id).await
    }
}

impl Named {
    /// The reader's own document of this id, or a page that says that there is none.
    pub(crate) async fn find(asked: Asked, session: Session, id: Uuid) -> Result<Self, Response> {
        let args = (session.user.company_id, id);
        let found: Result<_, DbError> = asked
            .state
            .db
            .read(args, |tx, &(company_id, id)| {
                Box::pin(document(tx, company_id, id))
            })
            .await;
        match found {
            Ok(Some(document)) if document.user_id() == session.user.id => Ok(Self {
                asked,
                session,
                document: Arc::new(document),
            }),
            Ok(_) => Err(asked.refuse(Some(&session), ErrorKind::NotFound)),
            Err(error) => Err(asked.failed(&error)),
        }
    }
}

async fn document(tx: &mut Tx, company_id: Uuid, id: Uuid) -> Result<Option<Document>, DbError> {
    if let Some(receipt) = receipts::receipt(tx, company_id, id).await? {
        return Ok(Some(Document::Receipt(receipt.into())));
    }
    let quick = expenses::quick_expense(tx, company_id, id).await?;
    Ok(quick.map(|quick| Document::Quick(quick.into())))
}

/// How an expense's page is shown, beside what is stored.
#[derive(Default)]
pub(crate) struct Shown {
    /// The list that the reader came from.
    pub(crate) list: ListQuery,
    /// Whether a change was just stored.
    pub(crate) saved: bool,
    /// What was typed and not stored.
    pub(crate) typed: Option<Typed>,
}

/// What was typed into the form of an expense, and not stored.
pub(crate) struct Typed {
    pub(crate) expense_type: String,
    pub(crate) comment: String,
    /// What is wrong with it; nothing where another change came before it.
    pub(crate) faults: Faults,
}

pub(crate) async fn show(named: Named, RawQuery(query): RawQuery) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = Shown {
        list: ListQuery::parse(form.get("list").unwrap_or_default()),
        saved: form.get("saved").is_some(),
        typed: None,
    };
    page(named, StatusCode::OK, shown).await
}

/// What is stored beside the document.
struct Stored {
    /// Nothing as long as the document is no available expense.
    expense: Option<AvailableExpense>,
    twins: Vec<AvailableExpense>,
    changes: Vec<Change>,
    types: Vec<ExpenseType>,
    log: Vec<bursar_receipts::LogEntry>,
    /// Whether there is a picture of it that can be shown.
    has_picture: bool,
}

async fn stored(tx: &mut Tx, of: Traveller, document: &Document) -> Result<Stored, DbError> {
    let id = document.id();
    Ok(Stored {
        expense: expenses::get(tx, of, id).await?,
        twins: expenses::twins(tx, of, id).await?,
        changes: expenses::changes(tx, of, id).await?,
        types: expenses::expense_types(tx, of.company_id).await?,
        log: match document {
            Document::Receipt(receipt) => receipts::log(tx, of.company_id, receipt).await?,
            Document::Quick(_) => Vec::new(),
        },
        has_picture: document.picture(tx, of.company_id).await?.is_some(),
    })
}

/// An expense's page.
pub(crate) async fn page(named: Named, status: StatusCode, shown: Shown) -> Response {
    let Named {
        asked,
        session,
        document,
    } = named;
    let args = (session.traveller(), Arc::clone(&document));
    let reading = asked.state.db.scan(args, |tx, (of, document)| {
        Box::pin(stored(tx, *of, document))
    });
    let stored = match reading.await {
        Ok(stored) => stored,
        Err(error) => return asked.failed(&error),
    };
    match &*document {
        Document::Receipt(receipt) => {
            let page = receipt_page(&asked, &session, receipt, stored, &shown);
            respond::page(status, &page)
        }
        Document::Quick(quick) => {
            let page = quick_page(&asked, &session, quick, &stored, &shown);
            respond::page(status, &page)
        }
    }
}

impl Stored {
    /// The parts that both kinds of expense have: what is to be checked, and what is their own.
    fn parts(
        &self,
        asked: &Asked,
        session: &Session,
        shown: &Shown,
        mismatches: Vec<Mismatch>,
    ) -> (ProblemsPart, Option<OwnPart>) {
        let messages = asked.state.frame(&asked.headers, Some(session)).messages;
        let expense = self.expense.as_ref();
        let problems = ProblemsPart {
            messages: messages.clone(),
            currency_code: String::new(),
            mismatches,
            twins: self.twins.iter().map(expense_row).collect(),
        };
        let own = expense.map(|expense| OwnPart {
            messages,
            csrf_token: session.csrf.clone(),
            id: hex32(&expense.id),
            list: shown.list.query(),
            version: expense.version,
            types: with_current(self.types.clone(), &expense.expense_type),
            expense_type: expense.expense_type.id.clone(),
            comment: expense.comment.clone().unwrap_or_default(),
            faults: Faults::new(),
            overtaken_by: None,
            hidden: expense.hidden,
            changes: self.changes.clone(),
        });
        (problems, own.map(|own| shown.typed_over(own)))
    }
}

impl Shown {
    /// What was typed, in the place of what is stored.
    fn typed_over(&self, mut own: OwnPart) -> OwnPart {
        let Some(typed) = &self.typed else {
            return own;
        };
        if typed.faults.is_empty() {
            let kind = own.types.iter().find(|one| one.id == own.expense_type);
            let kind = kind.map(|one| one.name.clone()).unwrap_or_default();
            own.overtaken_by = Some((kind, std::mem::take(&mut own.comment)));
        }
        own.expense_type.clone_from(&typed.expense_type);
        own.comment.clone_from(&typed.comment);
        own.faults.clone_from(&typed.faults);
        own
    }
}

/// The types that can be chosen; the one that the expense has stays among them.
fn with_current(mut types: Vec<ExpenseType>, current: &ExpenseType) -> Vec<ExpenseType> {
    if types.iter().all(|one| one.id != current.id) {
        types.insert(0, current.clone());
    }
    types
}

fn receipt_page(
    asked: &Asked,
    session: &Session,
    receipt: &Receipt,
    stored: Stored,
    shown: &Shown,
) -> ExpensePage {
    let document: Value = serde_json::from_str(&receipt.body).unwrap_or_default();
    let (problems, own) = stored.parts(asked, session, shown, mismatches(&document));
    let expense = stored.expense.as_ref();
    let expense = expense.map_or_else(|| receipt_row(receipt), expense_row);
    ExpensePage {
        frame: asked.state.frame(&asked.headers, Some(session)),
        list_href: shown.list.href(),
        saved: shown.saved,
        problems: ProblemsPart {
            currency_code: expense.currency_code.clone(),
            ..problems
        },
        own,
        expense,
        merchant_address: address(&seller(&document)["location"]["address"]),
        reference: document["reference"].as_str().map(ToOwned::to_owned),
        receipt_id: hex32(&receipt.id),
        received_text: receipt.received_at.rfc3339(),
        log: stored.log.into_iter().map(log_entry).collect(),
        json: receipt.body.clone(),
    }
}

fn quick_page(
    asked: &Asked,
    session: &Session,
    quick: &QuickExpense,
    stored: &Stored,
    shown: &Shown,
) -> QuickExpensePage {
    let (problems, own) = stored.parts(asked, session, shown, Vec::new());
    let facts = quick.facts.clone();
    let listed = stored.expense.as_ref().map(expense_row);
    QuickExpensePage {
        frame: asked.state.frame(&asked.headers, Some(session)),
        list_href: shown.list.href(),
        saved: shown.saved,
        problems,
        own,
        expense: ExpenseRow {
            id: hex32(&quick.id),
            merchant: facts.vendor.unwrap_or_default(),
            date_time_text: facts.transaction_date,
            amount_text: facts.amount,
            currency_code: facts.currency_code,
            source_app: quick.app_name.clone(),
            expense_type: listed
                .as_ref()
                .map_or(facts.expense_type.name, |row| row.expense_type.clone()),
            comment: None,
            state: ProcessingState::Processed,
            quick: true,
            has_picture: stored.has_picture,
            hidden: listed.is_some_and(|row| row.hidden),
            has_twins: false,
            sums_differ: false,
        },
        shows_picture: quick.has_picture,
        comment: facts.comment,
        entry_details: facts.entry_details,
        location: facts.location.as_ref().map(place),
        payment_type_id: facts.payment_type_id,
        quick_expense_id: hex32(&quick.id).to_uppercase(),
        received_text: quick.received_at.rfc3339(),
        json: quick.body.clone(),
    }
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
