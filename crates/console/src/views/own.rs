//! What is the traveller's own of an expense, and what is to be checked of it.

use askama::Template;
use bursar_appcenter::Faults;
use bursar_expense::{Change, Changed, ExpenseType};
use bursar_pages::{Field, Messages};
use bursar_receipts::{Mismatch, SumKind, TermName};

use super::ExpenseRow;
use super::faults::Checked as _;

/// Type and comment of an expense with their form, whether it is hidden, and the history. It
/// renders itself, for `{{ own|safe }}`.
#[derive(Template)]
#[template(path = "own_part.html")]
pub struct OwnPart {
    /// Texts for the reader.
    pub messages: Messages,
    /// The session's token for forms.
    pub csrf_token: String,
    /// The expense's id in its path.
    pub id: String,
    /// The query of the list that the reader came from.
    pub list: String,
    /// The version that the form is made from.
    pub version: i64,
    /// The types that can be chosen.
    pub types: Vec<ExpenseType>,
    /// The id of the chosen one.
    pub expense_type: String,
    /// The comment, as stored or as typed.
    pub comment: String,
    /// What is wrong with what was typed.
    pub faults: Faults,
    /// What is stored, where somebody else changed it after the form was made: type and comment.
    pub overtaken_by: Option<(String, String)>,
    /// Whether it is out of sight.
    pub hidden: bool,
    /// What was changed, oldest first.
    pub changes: Vec<Change>,
}

impl OwnPart {
    fn type_field(&self) -> Field {
        let options = self.types.iter();
        let options = options.map(|one| (one.id.clone(), one.name.clone()));
        Field::line(
            "own",
            "expense_type",
            self.messages.text("expense-type"),
            &self.expense_type,
        )
        .choice(options.collect())
        .checked(&self.messages, &self.faults)
    }

    fn comment_field(&self) -> Field {
        Field::line(
            "own",
            "comment",
            self.messages.text("own-comment"),
            &self.comment,
        )
        .note()
        .hint(self.messages.text("own-comment-hint"))
        .checked(&self.messages, &self.faults)
    }

    fn what(&self, change: &Change) -> String {
        match (change.what, &change.became) {
            (Changed::Type, _) => self.messages.text("own-changed-type"),
            (Changed::Comment, None) => self.messages.text("own-removed-comment"),
            (Changed::Comment, Some(_)) => self.messages.text("own-changed-comment"),
            (Changed::Hidden, Some(_)) => self.messages.text("own-hid"),
            (Changed::Hidden, None) => self.messages.text("own-showed"),
        }
    }

    /// Whether an entry has more to say than what was done.
    fn has_values(change: &Change) -> bool {
        change.what != Changed::Hidden
    }
}

/// What is to be checked of an expense: sums and duplicates. It renders itself.
#[derive(Template)]
#[template(path = "problems_part.html")]
pub struct ProblemsPart {
    /// Texts for the reader.
    pub messages: Messages,
    /// ISO 4217 code of all amounts.
    pub currency_code: String,
    /// What does not add up.
    pub mismatches: Vec<Mismatch>,
    /// What looks like the same purchase.
    pub twins: Vec<ExpenseRow>,
}

impl ProblemsPart {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.mismatches.is_empty() && self.twins.is_empty()
    }

    /// Whether a twin is in sight; hidden ones are only mentioned.
    fn has_open_twins(&self) -> bool {
        self.twins.iter().any(|twin| !twin.hidden)
    }

    fn kind(&self, mismatch: &Mismatch) -> String {
        match mismatch.kind {
            SumKind::Total => self.messages.text("sums-total"),
            SumKind::LineItems => self.messages.text("sums-line-items"),
            SumKind::Payments => self.messages.text("sums-payments"),
        }
    }

    /// What the receipt says in the place of the sum.
    fn stated(&self, mismatch: &Mismatch) -> String {
        match mismatch.kind {
            SumKind::LineItems => self.messages.text("sums-stated-subtotal"),
            SumKind::Total | SumKind::Payments => self.messages.text("sums-stated-total"),
        }
    }

    /// Label and amount of each addend; none where the sum is the only one.
    fn terms(&self, mismatch: &Mismatch) -> Vec<(String, String)> {
        let terms = mismatch.terms.iter().filter(|_| mismatch.terms.len() > 1);
        let amount = |amount: &str| self.messages.amount(amount, &self.currency_code);
        terms
            .map(|term| (self.term(term.name), amount(&term.amount)))
            .collect()
    }

    /// What the sum is of.
    fn sum(&self, mismatch: &Mismatch) -> String {
        match mismatch.terms.as_slice() {
            [term] => self.term(term.name),
            _ => self.messages.text("sums-sum"),
        }
    }

    fn term(&self, name: TermName) -> String {
        let messages = &self.messages;
        match name {
            TermName::Subtotal => messages.text("sums-subtotal"),
            TermName::Taxes => messages.text("sums-taxes"),
            TermName::Discounts => messages.text("sums-discounts"),
            TermName::LineItems(count) => {
                messages.text_with("sums-line-items-of", [("count", count.into())])
            }
            TermName::Payments(count) => {
                messages.text_with("sums-payments-of", [("count", count.into())])
            }
        }
    }
}
