//! One available expense.

use askama::Template;
use bursar_pages::{Frame, Messages, json_text};

use super::{ExpenseRow, OwnPart, ProblemsPart};
use crate::list_query::with_query;

/// `GET /expenses/{id}`: the receipt's picture, its facts, how it was processed, and its JSON.
#[derive(Template)]
#[template(path = "expense.html")]
pub struct ExpensePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The expense, as in the list.
    pub expense: ExpenseRow,
    /// The list that the reader came from.
    pub list_href: String,
    /// Whether a change was just stored.
    pub saved: bool,
    /// What is to be checked.
    pub problems: ProblemsPart,
    /// What is the traveller's own; nothing as long as it is no available expense.
    pub own: Option<OwnPart>,
    /// The merchant's address on one line, if the receipt has one.
    pub merchant_address: Option<String>,
    /// The merchant's own reference, if the receipt has one.
    pub reference: Option<String>,
    /// The receipt's id on the platform.
    pub receipt_id: String,
    /// When the receipt arrived, as ISO 8601 text.
    pub received_text: String,
    /// What happened to the receipt, oldest first.
    pub log: Vec<LogEntry>,
    /// The receipt's JSON as it was sent.
    pub json: String,
}

/// `GET /expenses/{id}` of a quick expense: its facts, and the JSON behind it.
#[derive(Template)]
#[template(path = "quick_expense.html")]
pub struct QuickExpensePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The expense, as in the list.
    pub expense: ExpenseRow,
    /// The list that the reader came from.
    pub list_href: String,
    /// Whether a change was just stored.
    pub saved: bool,
    /// What is to be checked.
    pub problems: ProblemsPart,
    /// What is the traveller's own; nothing as long as it is no available expense.
    pub own: Option<OwnPart>,
    /// Whether it came with a picture; `expense` says whether that can be shown.
    pub shows_picture: bool,
    /// The comment, if there is one.
    pub comment: Option<String>,
    /// Details of the entry, if there are any.
    pub entry_details: Option<String>,
    /// Where it was, on one line.
    pub location: Option<String>,
    /// How it was paid: `CASHX`, `CPAID` or `PENDC`.
    pub payment_type_id: Option<String>,
    /// Its id on the platform.
    pub quick_expense_id: String,
    /// When it arrived, as ISO 8601 text.
    pub received_text: String,
    /// Its JSON as it was sent.
    pub json: String,
}

impl QuickExpensePage {
    fn back(&self) -> String {
        back(self.own.as_ref())
    }

    fn pretty_json(&self) -> String {
        json_text::pretty(&self.json)
    }

    /// Source: v4.quick-expense.md, `paymentTypeId`.
    fn payment_text(&self, id: &str) -> String {
        let messages = &self.frame.messages;
        match id {
            "CASHX" => messages.text("payment-cash"),
            "CPAID" => messages.text("payment-company"),
            "PENDC" => messages.text("payment-card"),
            other => other.to_owned(),
        }
    }
}

/// One step of processing.
#[derive(Clone)]
pub struct LogEntry {
    /// How serious it is.
    pub level: LogLevel,
    /// What happened, in the documented words.
    pub message: String,
    /// When, as ISO 8601 text.
    pub date_time_text: String,
}

/// How serious a step is. Source: receipts/endpoints.markdown, "Get Receipt Status".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogLevel {
    /// For those who look for a fault.
    Debug,
    /// As it should be.
    Info,
    /// Odd, but it went on.
    Warning,
    /// It did not work.
    Error,
}

impl LogLevel {
    fn text(self, messages: &Messages) -> String {
        match self {
            Self::Debug => messages.text("log-debug"),
            Self::Info => messages.text("log-info"),
            Self::Warning => messages.text("log-warning"),
            Self::Error => messages.text("log-error"),
        }
    }

    fn css_class(self) -> &'static str {
        match self {
            Self::Debug | Self::Info => "muted",
            Self::Warning => "pill pill-warn",
            Self::Error => "pill pill-bad",
        }
    }
}

impl ExpensePage {
    fn pretty_json(&self) -> String {
        json_text::pretty(&self.json)
    }

    fn back(&self) -> String {
        back(self.own.as_ref())
    }
}

/// What the viewer's address needs to lead back the same way.
fn back(own: Option<&OwnPart>) -> String {
    let query = own.map_or("", |own| own.list.as_str());
    let back = bursar_web::encode_form([("list", query)]);
    with_query("", if query.is_empty() { "" } else { &back })
}
