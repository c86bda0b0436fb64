//! Available expenses as values.

use bursar_kernel::{Micros, Uuid};

/// What kind of document an expense came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An e-receipt.
    Receipt,
}

impl Source {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
        }
    }
}

/// What an expense was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpenseType {
    /// Not mapped yet: the traveller chooses when it goes into a report.
    /// Source: e-receipts and quick expense guide, "Post a General eReceipt".
    Undefined,
}

impl ExpenseType {
    /// The name that a traveller reads.
    pub fn name_of(id: &str) -> &str {
        match id {
            "UNDEF" => "Undefined",
            other => other,
        }
    }

    /// The id on the wire and in rows.
    pub fn id(self) -> &'static str {
        match self {
            Self::Undefined => "UNDEF",
        }
    }
}

/// An expense that becomes available.
#[derive(Clone, Debug)]
pub struct NewAvailableExpense {
    /// Its id: its first document's, which is time-ordered, so that lists need no other sort.
    pub id: Uuid,
    /// The traveller's company.
    pub company_id: Uuid,
    /// The traveller.
    pub user_id: Uuid,
    /// What kind of document it came from.
    pub source: Source,
    /// That document's id; one document makes one expense.
    pub source_id: Uuid,
    /// The name of the app that sent it.
    pub source_app: String,
    /// The merchant's name.
    pub merchant: String,
    /// Date, time and offset as the document wrote them.
    pub transacted_at_text: String,
    /// The amount as decimal text, as the document wrote it.
    pub amount: String,
    /// ISO 4217.
    pub currency_code: String,
    /// What it was for.
    pub expense_type: ExpenseType,
    /// When it became available.
    pub created_at: Micros,
}

/// An available expense, as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AvailableExpense {
    /// Its id.
    pub id: Uuid,
    /// The id of the document it came from.
    pub source_id: Uuid,
    /// The name of the app that sent it.
    pub source_app: String,
    /// The merchant's name.
    pub merchant: String,
    /// Date, time and offset as the document wrote them.
    pub transacted_at_text: String,
    /// The amount as decimal text.
    pub amount: String,
    /// ISO 4217.
    pub currency_code: String,
    /// An [`ExpenseType`]'s id.
    pub expense_type_id: String,
}
