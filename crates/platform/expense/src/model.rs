//! Expenses as values.

use bursar_kernel::{Micros, Uuid};
use bursar_pictures::Picture;
use serde::{Deserialize, Serialize};

/// What kind of document an expense came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An e-receipt.
    Receipt,
    /// A quick expense.
    QuickExpense,
}

impl Source {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::QuickExpense => "quick_expense",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Receipt, Self::QuickExpense]
            .into_iter()
            .find(|source| source.as_str() == name)
    }
}

/// What an expense was for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpenseType {
    /// The id on the wire and in rows.
    pub id: String,
    /// The name that a traveller reads.
    pub name: String,
}

impl ExpenseType {
    /// Not mapped yet: the traveller chooses when it goes into a report.
    /// Source: e-receipts and quick expense guide, "Post a General eReceipt".
    pub fn undefined() -> Self {
        Self {
            id: "UNDEF".to_owned(),
            name: "Undefined".to_owned(),
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
    /// Whether its document has a picture, or gets one.
    pub has_picture: bool,
    /// The merchant's own reference, if the document has one.
    pub reference: Option<String>,
    /// Words that came along, which a search finds.
    pub note: Option<String>,
    /// Whether the document's amounts do not add up.
    pub sums_differ: bool,
    /// When it became available.
    pub created_at: Micros,
}

/// Whose expenses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traveller {
    /// The company.
    pub company_id: Uuid,
    /// The user.
    pub user_id: Uuid,
}

/// An available expense, as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AvailableExpense {
    /// Its id.
    pub id: Uuid,
    /// What kind of document it came from.
    pub source: Source,
    /// The id of that document.
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
    /// What it was for.
    pub expense_type: ExpenseType,
    /// Whether its document has a picture, or gets one.
    pub has_picture: bool,
    /// The traveller's own words.
    pub comment: Option<String>,
    /// Whether the traveller put it out of sight.
    pub hidden: bool,
    /// Whether the document's amounts do not add up.
    pub sums_differ: bool,
    /// How often its type or comment was changed: a form says which state it was made from.
    pub version: i64,
    /// How many others, not hidden, look like the same purchase.
    pub twins: i64,
}

/// Where a quick expense was made, as it was sent.
///
/// Source: v4.quick-expense.md, "Location". `Choice:` there is no catalogue of places here, so
/// that nothing is normalised.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QuickExpenseLocation)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// ISO 3166-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// ISO 3166-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_sub_division_code: Option<String>,
    /// The id of a known location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a quick expense says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuickFacts {
    /// What it was for.
    pub expense_type: ExpenseType,
    /// How it was paid, if it says so.
    pub payment_type_id: Option<String>,
    /// Decimal text with all digits given.
    pub amount: String,
    /// ISO 4217.
    pub currency_code: String,
    /// `YYYY-MM-DD`.
    pub transaction_date: String,
    /// The vendor's name.
    pub vendor: Option<String>,
    /// A comment.
    pub comment: Option<String>,
    /// Details of the entry.
    pub entry_details: Option<String>,
    /// Where.
    pub location: Option<Location>,
}

/// A quick expense that arrives.
#[derive(Clone, Debug)]
pub(crate) struct NewQuickExpense {
    pub(crate) company_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) app_id: Uuid,
    pub(crate) app_name: String,
    pub(crate) body: String,
    pub(crate) facts: QuickFacts,
    pub(crate) received_at: Micros,
    pub(crate) correlation_id: String,
    /// The picture that came with it.
    pub(crate) sent: Option<Picture>,
}

/// `Choice:` characters of a vendor's name in lists; the quick expense keeps all.
const VENDOR_SHOWN: usize = 200;

impl NewQuickExpense {
    /// What becomes available to the traveller.
    pub(crate) fn available(&self) -> NewAvailableExpense {
        let vendor = self.facts.vendor.as_deref().unwrap_or_default();
        NewAvailableExpense {
            id: self.id,
            company_id: self.company_id,
            user_id: self.user_id,
            source: Source::QuickExpense,
            source_id: self.id,
            source_app: self.app_name.clone(),
            merchant: vendor.chars().take(VENDOR_SHOWN).collect(),
            transacted_at_text: self.facts.transaction_date.clone(),
            amount: self.facts.amount.clone(),
            currency_code: self.facts.currency_code.clone(),
            expense_type: self.facts.expense_type.clone(),
            has_picture: self.sent.is_some(),
            // The documents give a quick expense none, and one amount only.
            reference: None,
            note: self.facts.comment.clone(),
            sums_differ: false,
            created_at: self.received_at,
        }
    }
}

/// A quick expense that was posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuickExpense {
    /// Its id.
    pub id: Uuid,
    /// The traveller.
    pub user_id: Uuid,
    /// The app that posted it.
    pub app_id: Uuid,
    /// That app's name.
    pub app_name: String,
    /// The JSON that was posted, to the letter.
    pub body: String,
    /// What it says.
    pub facts: QuickFacts,
    /// When it arrived.
    pub received_at: Micros,
    /// Whether a picture came with it; [`crate::api::quick_picture`] names it.
    pub has_picture: bool,
}
