//! The list of available expenses.

use askama::Template;
use bursar_expense::{Facets, Filter, Sort, Source};
use bursar_pages::{Field, Frame, Messages};

use crate::list_query::{ListQuery, sort_name, with_query};
use crate::totals::CurrencyTotal;

/// `GET /expenses`: what a traveller can put on a report, filtered and sorted as the address says.
#[derive(Template)]
#[template(path = "expenses.html")]
pub struct ExpensesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What is shown, and in which order.
    pub list: ListQuery,
    /// What there is to filter by; nothing where there are no expenses at all.
    pub facets: Facets,
    /// How many expenses the filter lets through.
    pub found: usize,
    /// Their sums, one for each currency.
    pub totals: Vec<CurrencyTotal>,
    /// The expenses of this part of the list.
    pub rows: Vec<ExpenseRow>,
    /// The part before this one, if there is one.
    pub before: Option<ListQuery>,
    /// The part after this one, if there is one.
    pub after: Option<ListQuery>,
    /// The expense that was just hidden, or shown again.
    pub notice: Option<ExpenseRow>,
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
    /// The traveller's own words.
    pub comment: Option<String>,
    /// How far the receipt is.
    pub state: ProcessingState,
    /// Whether it is a quick expense, which needs no picture.
    pub quick: bool,
    /// Whether `/expenses/{id}/picture.png` and what belongs to it exist.
    pub has_picture: bool,
    /// Whether it is out of sight.
    pub hidden: bool,
    /// Whether others look like the same purchase.
    pub has_twins: bool,
    /// Whether its amounts do not add up.
    pub sums_differ: bool,
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

    pub(super) fn picture_alt(&self, messages: &Messages) -> String {
        let merchant = self.merchant_text(messages);
        messages.text_with("expense-picture-alt", [("merchant", merchant.into())])
    }

    pub(super) fn failed(&self) -> bool {
        self.state == ProcessingState::Failed
    }

    pub(super) fn processed(&self) -> bool {
        self.state == ProcessingState::Processed
    }

    /// Whether anything is to be said beside its name.
    pub(super) fn is_marked(&self) -> bool {
        !self.processed() || self.hidden || self.has_twins || self.sums_differ
    }
}

/// A filter that is on, and the list without it.
pub(super) struct Chip {
    text: String,
    without: String,
}

/// Takes a filter back.
type Undo = fn(&mut Filter);

/// A column, and what sorts by it.
pub(super) struct Column {
    class: &'static str,
    text: String,
    sort: Option<ColumnSort>,
}

/// How a column is sorted now, as `aria-sort` says it, and the list sorted by it.
pub(super) struct ColumnSort {
    now: &'static str,
    href: String,
}

impl ExpensesPage {
    fn count_text(&self, total: &CurrencyTotal) -> String {
        self.counted(total.count)
    }

    fn found_text(&self) -> String {
        self.counted(self.found)
    }

    fn counted(&self, count: usize) -> String {
        let args = [("count", count.into())];
        self.frame.messages.text_with("expenses-count", args)
    }

    fn title(&self) -> String {
        if self.list.filter.hidden {
            self.frame.messages.text("expenses-title-hidden")
        } else {
            self.frame.messages.text("expenses-title")
        }
    }

    /// Whether there is nothing to search in.
    fn nothing_yet(&self) -> bool {
        self.rows.is_empty() && self.facets == Facets::default()
    }

    /// What an expense's address needs to lead back to this part of the list.
    fn back(&self) -> String {
        let query = self.list.query();
        let back = bursar_web::encode_form([("list", query.as_str())]);
        with_query("", if query.is_empty() { "" } else { &back })
    }

    /// The list without any filter, in the same order.
    fn unfiltered(&self) -> String {
        let hidden = self.list.filter.hidden;
        let all = self.list.filtered(|filter| {
            *filter = Filter {
                hidden,
                ..Filter::default()
            };
        });
        all.href()
    }

    /// The other list: the hidden ones, or those that are not.
    fn other_list(&self) -> String {
        let other = self.list.filtered(|filter| filter.hidden = !filter.hidden);
        other.href()
    }

    fn columns(&self) -> [Column; 5] {
        let messages = &self.frame.messages;
        let column = |class, text, sort: Option<Sort>| Column {
            class,
            text,
            sort: sort.map(|sort| self.column_sort(sort)),
        };
        [
            column(
                "col-merchant",
                messages.text("expenses-merchant"),
                Some(Sort::Merchant),
            ),
            column("col-date", messages.text("expenses-date"), Some(Sort::Date)),
            column("col-source", messages.text("expenses-source"), None),
            column("col-type", messages.text("expenses-type"), None),
            column(
                "col-amount",
                messages.text("expenses-amount"),
                Some(Sort::Amount),
            ),
        ]
    }

    fn column_sort(&self, sort: Sort) -> ColumnSort {
        let now = match (sort == self.list.sort, self.list.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        let href = self.list.resorted(sort).href();
        ColumnSort { now, href }
    }

    fn chips(&self) -> Vec<Chip> {
        let chip = |(text, undo): (String, Undo)| Chip {
            text,
            without: self.list.filtered(undo).href(),
        };
        self.filters_on().into_iter().map(chip).collect()
    }

    /// Each filter that is on, in words, and what takes it back.
    fn filters_on(&self) -> Vec<(String, Undo)> {
        let (messages, filter) = (&self.frame.messages, &self.list.filter);
        let words = |label: String, value: &str| {
            let args = [("label", label.into()), ("value", value.into())];
            messages.text_with("expenses-chip", args)
        };
        let mut on: Vec<(String, Undo)> = Vec::new();
        if !filter.search.is_empty() {
            let text = words(messages.text("expenses-search"), &filter.search);
            on.push((text, |filter| filter.search.clear()));
        }
        let source = filter.source.map(|source| source_text(messages, source));
        if let Some(source) = filter.app.clone().or(source) {
            let text = words(messages.text("expenses-source"), &source);
            on.push((text, |filter| (filter.app, filter.source) = (None, None)));
        }
        if let Some(id) = &filter.expense_type {
            let known = self.facets.expense_types.iter().find(|one| one.id == *id);
            let name = known.map_or(id, |one| &one.name);
            let text = words(messages.text("expense-type"), name);
            on.push((text, |filter| filter.expense_type = None));
        }
        if let Some(code) = &filter.currency {
            let text = words(messages.text("expenses-currency"), code);
            on.push((text, |filter| filter.currency = None));
        }
        if let Some(day) = filter.from {
            let day = messages.date(&day.to_string());
            let text = words(messages.text("expenses-from"), &day);
            on.push((text, |filter| filter.from = None));
        }
        if let Some(day) = filter.until {
            let day = messages.date(&day.to_string());
            let text = words(messages.text("expenses-until"), &day);
            on.push((text, |filter| filter.until = None));
        }
        if filter.problems {
            let text = messages.text("expenses-problems");
            on.push((text, |filter| filter.problems = false));
        }
        on
    }

    /// The fields beside the search, in order.
    fn fields(&self) -> Vec<Field> {
        let (messages, filter) = (&self.frame.messages, &self.list.filter);
        let field = |name, label, value: &str| Field::line("find", name, label, value);
        let day =
            |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let kind = filter.expense_type.as_deref().unwrap_or_default();
        let currency = filter.currency.as_deref().unwrap_or_default();
        let sort = sort_name(self.list.sort, self.list.descending);
        vec![
            field(
                "source",
                messages.text("expenses-source"),
                &self.list.source(),
            )
            .choice(self.source_options()),
            field("type", messages.text("expense-type"), kind).choice(self.type_options(kind)),
            field("currency", messages.text("expenses-currency"), currency)
                .choice(self.currency_options(currency)),
            field("from", messages.text("expenses-from"), &day(filter.from)).day(),
            field("until", messages.text("expenses-until"), &day(filter.until)).day(),
            field("sort", messages.text("expenses-sort"), &sort).choice(sort_options(messages)),
        ]
    }

    fn source_options(&self) -> Vec<(String, String)> {
        let messages = &self.frame.messages;
        let mut options = vec![(String::new(), messages.text("expenses-any"))];
        for source in &self.facets.sources {
            options.push((source.as_str().to_owned(), source_text(messages, *source)));
        }
        let mut apps = self.facets.apps.clone();
        apps.extend(
            self.list
                .filter
                .app
                .clone()
                .filter(|app| !apps.contains(app)),
        );
        options.extend(
            apps.into_iter()
                .map(|app| (ListQuery::app_source(&app), app)),
        );
        options
    }

    fn type_options(&self, chosen: &str) -> Vec<(String, String)> {
        let known = self.facets.expense_types.iter();
        let known = known.map(|one| (one.id.clone(), one.name.clone()));
        self.options(chosen, known)
    }

    fn currency_options(&self, chosen: &str) -> Vec<(String, String)> {
        let known = self.facets.currencies.iter();
        self.options(chosen, known.map(|code| (code.clone(), code.clone())))
    }

    /// Anything, what there is, and what was chosen even if there is none of it.
    fn options(
        &self,
        chosen: &str,
        known: impl Iterator<Item = (String, String)>,
    ) -> Vec<(String, String)> {
        let mut options = vec![(String::new(), self.frame.messages.text("expenses-any"))];
        options.extend(known);
        if options.iter().all(|(value, _)| value != chosen) {
            options.push((chosen.to_owned(), chosen.to_owned()));
        }
        options
    }

    /// How many filters are on beside the search, which is always in sight.
    fn further_filters(&self) -> usize {
        self.chips().len() - usize::from(!self.list.filter.search.is_empty())
    }
}

fn source_text(messages: &Messages, source: Source) -> String {
    match source {
        Source::Receipt => messages.text("expenses-receipts"),
        Source::QuickExpense => messages.text("expenses-quick"),
    }
}

/// Every order, in both directions, as a parameter and in words.
fn sort_options(messages: &Messages) -> Vec<(String, String)> {
    let orders = [
        (Sort::Arrival, true, messages.text("expenses-newest")),
        (Sort::Arrival, false, messages.text("expenses-oldest")),
        (Sort::Date, true, messages.text("expenses-latest")),
        (Sort::Date, false, messages.text("expenses-earliest")),
        (Sort::Amount, true, messages.text("expenses-highest")),
        (Sort::Amount, false, messages.text("expenses-lowest")),
        (Sort::Merchant, false, messages.text("expenses-a-to-z")),
        (Sort::Merchant, true, messages.text("expenses-z-to-a")),
    ];
    let option = |(sort, descending, text)| (sort_name(sort, descending), text);
    orders.into_iter().map(option).collect()
}
