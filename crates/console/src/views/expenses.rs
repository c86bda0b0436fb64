//! The list of available expenses.

use askama::Template;

use super::Frame;
use crate::messages::Messages;
use crate::totals::CurrencyTotal;

/// `GET /expenses`: what a traveller can put on a report, newest first.
///
/// Pages of the list are named by cursors: `?after=` goes to older, `?before=` to newer expenses.
#[derive(Template)]
#[template(path = "expenses.html")]
pub struct ExpensesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Sums over all available expenses, one for each currency.
    pub totals: Vec<CurrencyTotal>,
    /// The expenses of this page of the list.
    pub rows: Vec<ExpenseRow>,
    /// The cursor of the page with newer expenses, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older expenses, if there is one.
    pub older: Option<String>,
}

/// One available expense.
#[derive(Clone)]
pub struct ExpenseRow {
    /// The id in its path `/expenses/{id}`.
    pub id: String,
    /// Who sold; may be empty, because receipts need not say.
    pub merchant: String,
    /// When, as ISO 8601 text with the receipt's own offset where it has one.
    pub date_time_text: String,
    /// How much, as decimal text with all digits given.
    pub amount_text: String,
    /// ISO 4217 code.
    pub currency_code: String,
    /// The name of the app that sent it.
    pub source_app: String,
    /// The name of the expense type: `Undefined` until somebody chooses one.
    pub expense_type: String,
    /// How far the receipt is.
    pub state: ProcessingState,
    /// Whether `/expenses/{id}/picture.png` and `receipt.pdf` exist.
    pub has_picture: bool,
}

/// How far a receipt is. Source: receipts/endpoints.markdown, "Get Receipt Status".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessingState {
    /// Taken in, waiting for its turn.
    Accepted,
    /// Being worked on.
    Processing,
    /// Done.
    Processed,
    /// Given up.
    Failed,
}

impl ProcessingState {
    pub(super) fn text(self, messages: &Messages) -> String {
        match self {
            Self::Accepted => messages.text("state-accepted"),
            Self::Processing => messages.text("state-processing"),
            Self::Processed => messages.text("state-processed"),
            Self::Failed => messages.text("state-failed"),
        }
    }

    pub(super) fn css_class(self) -> &'static str {
        match self {
            Self::Accepted | Self::Processing => "pill",
            Self::Processed => "pill pill-good",
            Self::Failed => "pill pill-bad",
        }
    }
}

impl ExpenseRow {
    pub(super) fn merchant_text(&self, messages: &Messages) -> String {
        if self.merchant.trim().is_empty() {
            messages.text("expense-no-merchant")
        } else {
            self.merchant.clone()
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.state == ProcessingState::Failed
    }

    pub(super) fn processed(&self) -> bool {
        self.state == ProcessingState::Processed
    }
}

impl ExpensesPage {
    fn count_text(&self, total: &CurrencyTotal) -> String {
        self.frame
            .messages
            .text_with("expenses-count", [("count", total.count.into())])
    }

    fn first_page(&self) -> bool {
        self.newer.is_none()
    }
}
