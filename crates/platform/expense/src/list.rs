//! What a traveller's list shows: filter, order, and a place in it.

use bursar_kernel::Uuid;
use jiff::civil::Date;

use crate::keys::{day_number, folded};
use crate::{AvailableExpense, ExpenseType, Source};

/// How many words a search looks for one by one; further ones follow the last in their order.
pub(crate) const WORDS: usize = 3;

/// Which expenses are shown. By default all that are not hidden.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    /// Words, each of which stands in merchant, app, amount, reference or comment.
    pub search: String,
    /// The kind of document.
    pub source: Option<Source>,
    /// The name of the app that sent it.
    pub app: Option<String>,
    /// An expense type's id.
    pub expense_type: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The first day, as documents write theirs.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
    /// Only those that look like duplicates, or do not add up.
    pub problems: bool,
    /// Only hidden ones, in place of the others.
    pub hidden: bool,
}

impl Filter {
    /// First and last day as numbers. What has no day is shown where no day is asked for.
    pub(crate) fn days(&self) -> (i64, i64) {
        let first = self.until.map_or(0, |_| 1);
        (
            self.from.map_or(first, day_number),
            self.until.map_or(i64::MAX, day_number),
        )
    }

    /// What `LIKE` looks for.
    pub(crate) fn patterns(&self) -> [String; WORDS] {
        let search = folded(&self.search);
        let mut words = search.split_whitespace().map(escaped);
        let mut patterns = std::array::from_fn(|_| {
            let word = words.next();
            word.map_or_else(|| "%".to_owned(), |word| format!("%{word}%"))
        });
        for further in words {
            patterns[WORDS - 1].push_str(&further);
            patterns[WORDS - 1].push('%');
        }
        patterns
    }
}

/// A word as `LIKE` takes it to the letter.
fn escaped(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// What a list is ordered by. Alike ones follow in the order in which they arrived.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Sort {
    /// When they arrived.
    #[default]
    Arrival,
    /// The date of the expense.
    Date,
    /// The amount within a currency; currencies by their code.
    Amount,
    /// The merchant's name without its case.
    Merchant,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Arrival, Self::Date, Self::Amount, Self::Merchant];

    /// The name in statements and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::Merchant => "merchant",
        }
    }
}

/// Which part of a list is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// The order.
    pub sort: Sort,
    /// Whether the order is turned round: the latest, the highest, Z first.
    pub descending: bool,
    /// Where it begins, or ends.
    pub place: Place,
    /// How many expenses at most.
    pub limit: usize,
}

/// A place in a list. It is named by an expense: whatever arrives or goes, what stood behind that
/// expense still stands there.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Place {
    /// The beginning.
    #[default]
    Start,
    /// What follows an expense.
    After(Uuid),
    /// What comes before an expense.
    Before(Uuid),
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Page {
    /// In the order that was asked for.
    pub expenses: Vec<AvailableExpense>,
    /// Whether others come before them.
    pub more_before: bool,
    /// Whether others follow.
    pub more_after: bool,
}

/// What a traveller can filter by: what there is among all expenses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Facets {
    /// Kinds of documents.
    pub sources: Vec<Source>,
    /// Names of apps, in order.
    pub apps: Vec<String>,
    /// Currency codes, in order.
    pub currencies: Vec<String>,
    /// Expense types, by name.
    pub expense_types: Vec<ExpenseType>,
    /// Whether any expense is hidden.
    pub hidden: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_looked_for_one_by_one_and_to_the_letter() {
        let patterns = |search: &str| {
            let search = search.to_owned();
            Filter {
                search,
                ..Filter::default()
            }
            .patterns()
        };
        assert_eq!(patterns(""), ["%", "%", "%"]);
        assert_eq!(patterns(" 50% A_B "), ["%50\\%%", "%a\\_b%", "%"]);
        assert_eq!(patterns("a b c d e"), ["%a%", "%b%", "%c%d%e%"]);
    }

    #[test]
    fn what_has_no_day_is_shown_until_a_day_is_asked_for() {
        let day = Some(jiff::civil::date(2026, 11, 19));
        let until = Filter {
            until: day,
            ..Filter::default()
        };
        assert_eq!(Filter::default().days(), (0, i64::MAX));
        assert_eq!(until.days(), (1, 20_261_119));
    }
}
