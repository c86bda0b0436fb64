//! The pages of expenses with made-up content.

use bursar_appcenter::{Fault, Faults};
use bursar_expense::{Change, Changed, ExpenseType, Facets, Source};
use bursar_kernel::{Micros, Uuid};
use bursar_receipts::{Mismatch, mismatches};

use super::samples::{LONG_NAME, frame};
use super::{
    ExpensePage, ExpenseRow, ExpensesPage, LogEntry, LogLevel, OwnPart, ProblemsPart,
    ProcessingState, QuickExpensePage, ViewerPage, Zoom,
};
use crate::list_query::ListQuery;
use crate::totals;

const JSON: &str = r#"{"user":"08bdda1e-0d4f-4261-9f1b-f9b8d9f817d6","dateTime":"2026-11-19T21:14:00+01:00","total":"412.50","subtotal":"385.51","currencyCode":"EUR","receiptType":"hotel","merchant":{"name":"Hotel Lindenhof","location":{"address":"Am Speicher 4","city":"Hamburg","countryCode":"DE","postalCode":"20457"},"taxId":"DE 811 234 567"},"lineItems":[{"description":"Room 214, 2 nights","quantity":2,"unitCost":"180.0","totalAmount":"360.0"},{"description":"Breakfast","quantity":2,"totalAmount":"25.51"}],"taxes":[{"authority":"Finanzamt Hamburg","name":"MwSt","rate":"7.0","amount":"26.99"}],"payments":[{"type":"creditCard","amount":"412.50","creditCard":{"redactedCardNumber":"1881","type":"Visa"}}]}"#;

/// Longer than any amount that somebody pays.
const FORTY: &str = "1234567890123456789012345678901234567890.99";

/// Id, merchant, when, amount, currency, app.
type Row<'a> = (u32, &'a str, &'a str, &'a str, &'a str, &'a str);

/// A week of travel, the newest first.
const WEEK: [Row<'_>; 9] = [
    (
        9,
        "Speicher Taxi",
        "2026-11-20T08:05:00+01:00",
        "34.20",
        "EUR",
        "Fahrt Direct",
    ),
    (
        8,
        "Hotel Lindenhof",
        "2026-11-19T21:14:00+01:00",
        "412.50",
        "EUR",
        "Innkeeper",
    ),
    (
        7,
        "Nordic Air",
        "2026-11-18T06:40:00Z",
        "1284.00",
        "USD",
        "Nordic Air",
    ),
    (
        6,
        "Nordic Air booking fee",
        "2026-11-18T06:40:00Z",
        "18.0",
        "USD",
        "Nordic Air",
    ),
    (
        5,
        "Kanda Soba",
        "2026-11-14T12:31:00+09:00",
        "2860",
        "JPY",
        "Tabetai",
    ),
    (
        4,
        "Shinkansen East",
        "2026-11-14T09:02:00+09:00",
        "14370",
        "JPY",
        "Rail Pass",
    ),
    (
        3,
        "Corner Office Supply",
        "2026-11-12T16:20:00-08:00",
        "-25.99",
        "USD",
        "Scan",
    ),
    (
        2,
        "Bay City Cabs",
        "2026-11-12T07:55:00-08:00",
        "61.75",
        "USD",
        "Bay City",
    ),
    (
        1,
        "Blue Kettle Coffee",
        "2026-11-11",
        "7.85",
        "USD",
        "Blue Kettle",
    ),
];

impl ExpenseRow {
    /// A processed expense.
    pub fn sample((id, merchant, when, amount, currency, app): Row<'_>) -> Self {
        Self {
            id: format!("{id:032x}"),
            merchant: merchant.into(),
            date_time_text: when.into(),
            amount_text: amount.into(),
            currency_code: currency.into(),
            source_app: app.into(),
            expense_type: "Undefined".into(),
            comment: None,
            state: ProcessingState::Processed,
            quick: false,
            has_picture: true,
            hidden: false,
            has_twins: false,
            sums_differ: false,
        }
    }

    /// One that is still on its way, or never arrives.
    fn in_state(self, state: ProcessingState) -> Self {
        Self {
            state,
            has_picture: false,
            ..self
        }
    }
}

impl ExpensesPage {
    fn with_rows(rows: Vec<ExpenseRow>) -> Self {
        let amounts = rows
            .iter()
            .map(|row| (row.currency_code.as_str(), row.amount_text.as_str()));
        let totals = totals::by_currency(amounts);
        let mut facets = Facets {
            sources: vec![Source::QuickExpense, Source::Receipt],
            apps: rows.iter().map(|row| row.source_app.clone()).collect(),
            currencies: rows.iter().map(|row| row.currency_code.clone()).collect(),
            expense_types: vec![ExpenseType::undefined()],
            hidden: true,
        };
        facets.apps.sort();
        facets.apps.dedup();
        facets.currencies.sort();
        facets.currencies.dedup();
        Self {
            frame: frame(),
            list: ListQuery::default(),
            facets,
            found: rows.len(),
            totals,
            rows,
            before: None,
            after: None,
            notice: None,
        }
    }

    /// A week of travel.
    pub fn sample() -> Self {
        let mut rows = WEEK.map(ExpenseRow::sample);
        let [taxi, hotel, _, fee, _, train, supply, _, coffee] = &mut rows;
        *taxi = taxi.clone().in_state(ProcessingState::Processing);
        *supply = supply.clone().in_state(ProcessingState::Failed);
        hotel.comment = Some("Two nights for the fair, breakfast included".into());
        hotel.expense_type = "Hotel".into();
        fee.has_twins = true;
        train.sums_differ = true;
        (coffee.quick, coffee.has_picture) = (true, false);
        let after = ListQuery::parse("after=00000000000000000000000000000001");
        Self {
            after: Some(after),
            ..Self::with_rows(rows.into())
        }
    }

    /// The first visit.
    pub fn sample_empty() -> Self {
        Self {
            facets: Facets::default(),
            ..Self::with_rows(Vec::new())
        }
    }

    /// One expense, which was just shown again.
    pub fn sample_one() -> Self {
        let row = ExpenseRow::sample(WEEK[8]);
        Self {
            notice: Some(row.clone()),
            ..Self::with_rows(vec![row])
        }
    }

    /// Everything that can be asked for, and a notice.
    pub fn sample_filtered() -> Self {
        let query = "q=nordic+air&source=app%3ANordic+Air&type=UNDEF&currency=USD&from=2026-11-01\
                     &until=2026-11-30&problems=1&sort=amount";
        let mut rows: Vec<_> = WEEK[2..4].iter().copied().map(ExpenseRow::sample).collect();
        for row in &mut rows {
            row.has_twins = true;
        }
        let hidden = ExpenseRow {
            hidden: true,
            ..rows[1].clone()
        };
        Self {
            list: ListQuery::parse(query),
            notice: Some(hidden),
            ..Self::with_rows(rows)
        }
    }

    /// A filter that lets nothing through.
    pub fn sample_nothing_found() -> Self {
        Self {
            list: ListQuery::parse("q=zeppelin&currency=CHF"),
            ..Self::with_rows(Vec::new())
        }
    }

    /// Those that are out of sight.
    pub fn sample_hidden() -> Self {
        let row = ExpenseRow::sample(WEEK[7]);
        let row = ExpenseRow {
            hidden: true,
            ..row
        };
        Self {
            list: ListQuery::parse("hidden=1"),
            ..Self::with_rows(vec![row])
        }
    }

    /// Fifty expenses in nine currencies.
    pub fn sample_fifty() -> Self {
        let currencies = [
            "EUR", "USD", "JPY", "CHF", "GBP", "SEK", "BRL", "INR", "KWD",
        ];
        let row = |id: u32| {
            let at = (id as usize * 7) % WEEK.len();
            let currency = currencies[(id as usize * 5) % currencies.len()];
            let (_, merchant, when, amount, _, app) = WEEK[at];
            ExpenseRow::sample((id, merchant, when, amount, currency, app))
        };
        Self {
            before: Some(ListQuery::default()),
            after: Some(ListQuery::default()),
            ..Self::with_rows((1..=50).map(row).collect())
        }
    }

    /// Texts and amounts of unusual length and script, in the middle of the list.
    pub fn sample_long() -> Self {
        let row = ExpenseRow::sample;
        let mut long = row((
            24,
            LONG_NAME,
            "2026-11-10T23:59:59.999+05:45",
            FORTY,
            "USD",
            LONG_NAME,
        ));
        long.comment = Some(LONG_NAME.repeat(4));
        (long.hidden, long.has_twins, long.sums_differ) = (true, true, true);
        let mut typed = row((
            23,
            "مطعم الواحة",
            "2026-11-10T20:00:00+03:00",
            "95",
            "SAR",
            "تطبيق",
        ));
        typed.expense_type =
            "Meals with customers and colleagues, incl. Bewirtungsaufwendungen".into();
        let nameless = row((22, "", "yesterday", "0", "XTS", "App"));
        let inn = "株式会社とても長い名前の旅館と温泉";
        let rows = vec![
            long,
            typed,
            nameless.in_state(ProcessingState::Accepted),
            row((21, inn, "2026-11-09T01:00", "180.0", "USD", "宿")),
        ];
        let ends = ["before", "after"].map(|end| format!("{end}={:032x}", 21));
        let [before, after] = ends.map(|query| Some(ListQuery::parse(&query)));
        Self {
            before,
            after,
            list: ListQuery::parse(&format!("currency=USD&q={}", "w".repeat(120))),
            ..Self::with_rows(rows)
        }
    }

    /// A page past the end of the list.
    pub fn sample_past_the_end() -> Self {
        Self {
            before: Some(ListQuery::default()),
            ..Self::with_rows(Vec::new())
        }
    }
}

fn change(what: Changed, was: Option<&str>, became: Option<&str>) -> Change {
    Change {
        by: "Amara Okafor".into(),
        at: Micros(1_795_253_400_000_000),
        what,
        was: was.map(Into::into),
        became: became.map(Into::into),
    }
}

impl OwnPart {
    /// With a history.
    pub fn sample() -> Self {
        let comment = "Two nights for the fair, breakfast included";
        Self {
            messages: frame().messages,
            csrf_token: "c2FtcGxlLXRva2VuLW9mLXRoaXMtc2Vzc2lvbg".into(),
            id: format!("{:032x}", 8),
            list: "currency=EUR".into(),
            version: 2,
            types: ["Undefined", "Airfare", "Hotel", "Taxi"]
                .map(|name| ExpenseType {
                    id: name.to_uppercase(),
                    name: name.into(),
                })
                .into(),
            expense_type: "HOTEL".into(),
            comment: comment.into(),
            faults: Faults::new(),
            overtaken_by: None,
            hidden: false,
            changes: vec![
                change(Changed::Type, Some("Undefined"), Some("Hotel")),
                change(Changed::Comment, None, Some(comment)),
                change(Changed::Hidden, None, Some("yes")),
                change(Changed::Hidden, Some("yes"), None),
            ],
        }
    }

    /// Typed badly.
    fn sample_refused() -> Self {
        let faults = [
            ("comment", Fault::TooLong(2000)),
            ("expense_type", Fault::NotOffered),
        ];
        Self {
            faults: faults.into(),
            comment: LONG_NAME.repeat(12),
            hidden: true,
            ..Self::sample()
        }
    }

    /// Typed while somebody else did.
    fn sample_overtaken() -> Self {
        Self {
            overtaken_by: Some(("Airfare".into(), LONG_NAME.into())),
            ..Self::sample()
        }
    }
}

/// Mismatches of every kind.
fn odd_sums() -> Vec<Mismatch> {
    mismatches(&serde_json::json!({
        "currencyCode": "EUR", "total": "412.50", "subtotal": "400.00", "taxesTotal": "26.99",
        "discountsTotal": "-10.00", "payments": [{"amount": "300.00"}, {"amount": "100.00"}],
        "lineItems": [{"total": "360.00"}, {"total": "25.51"}],
    }))
}

impl ProblemsPart {
    /// Nothing to say.
    pub fn sample_none() -> Self {
        Self {
            messages: frame().messages,
            currency_code: "EUR".into(),
            mismatches: Vec::new(),
            twins: Vec::new(),
        }
    }

    /// Everything that can be wrong.
    pub fn sample() -> Self {
        let mut twins = [WEEK[1], WEEK[2]].map(ExpenseRow::sample);
        twins[1].hidden = true;
        Self {
            mismatches: odd_sums(),
            twins: twins.into(),
            ..Self::sample_none()
        }
    }
}

fn entry(level: LogLevel, message: &str, date_time_text: &str) -> LogEntry {
    LogEntry {
        level,
        message: message.into(),
        date_time_text: date_time_text.into(),
    }
}

impl ExpensePage {
    /// A processed hotel receipt.
    pub fn sample() -> Self {
        let info = |message, when| entry(LogLevel::Info, message, when);
        let again = "Error from Imaging service. Queued for reprocessing.";
        Self {
            frame: frame(),
            expense: ExpenseRow {
                expense_type: "Hotel".into(),
                ..ExpenseRow::sample(WEEK[1])
            },
            list_href: "/expenses?currency=EUR".into(),
            saved: true,
            problems: ProblemsPart::sample_none(),
            own: Some(OwnPart::sample()),
            merchant_address: Some("Am Speicher 4, 20457 Hamburg, DE".into()),
            reference: Some("LH-2026-11873".into()),
            receipt_id: "c559ab367ff8436d1d0c4ffe917664a3".into(),
            received_text: "2026-11-19T20:14:07.125Z".into(),
            log: vec![
                info(
                    "Receipt accepted. Queued for processing.",
                    "2026-11-19T20:14:07Z",
                ),
                info("Initiated receipt processing.", "2026-11-19T20:14:07Z"),
                entry(LogLevel::Warning, again, "2026-11-19T20:14:08Z"),
                info("Receipt image generated.", "2026-11-19T20:14:18Z"),
                info("Processing finished.", "2026-11-19T20:14:18Z"),
            ],
            json: JSON.into(),
        }
    }

    /// With everything that can be wrong with it.
    pub fn sample_problems() -> Self {
        let sample = Self::sample();
        Self {
            expense: ExpenseRow {
                has_twins: true,
                sums_differ: true,
                ..sample.expense
            },
            saved: false,
            problems: ProblemsPart::sample(),
            own: Some(OwnPart::sample_overtaken()),
            ..sample
        }
    }

    /// Just taken in: no picture, nothing logged, no optional facts, nothing to change.
    pub fn sample_accepted() -> Self {
        let sample = Self::sample();
        Self {
            expense: sample.expense.clone().in_state(ProcessingState::Accepted),
            saved: false,
            own: None,
            merchant_address: None,
            reference: None,
            log: Vec::new(),
            ..sample
        }
    }

    /// Given up, with texts of unusual length.
    pub fn sample_failed_long() -> Self {
        let sample = Self::sample();
        let mut rows = ExpensesPage::sample_long().rows;
        Self {
            expense: rows.swap_remove(0).in_state(ProcessingState::Failed),
            saved: false,
            own: Some(OwnPart::sample_refused()),
            merchant_address: Some(format!("{LONG_NAME}, {LONG_NAME}")),
            reference: Some("A".repeat(120)),
            log: vec![entry(
                LogLevel::Error,
                "Processing failed.",
                "2026-11-19T20:14:18Z",
            )],
            json: format!(
                r#"{{"note":"{}","total":"1e{}"}}"#,
                "long ".repeat(80),
                "9".repeat(90)
            ),
            ..sample
        }
    }
}

impl QuickExpensePage {
    /// With everything that one can say.
    pub fn sample() -> Self {
        let row = (
            31,
            "Bay City Diner",
            "2026-11-12",
            "120.00",
            "USD",
            "Bay City",
        );
        Self {
            frame: frame(),
            expense: ExpenseRow {
                expense_type: "Entertainment - Clients".into(),
                quick: true,
                has_picture: false,
                ..ExpenseRow::sample(row)
            },
            list_href: "/expenses".into(),
            saved: false,
            problems: ProblemsPart::sample_none(),
            own: Some(OwnPart {
                changes: Vec::new(),
                ..OwnPart::sample()
            }),
            shows_picture: false,
            comment: Some("Lunch after the meeting".into()),
            entry_details: Some("two guests".into()),
            location: Some("Diner, Bellevue, US-WA, US".into()),
            payment_type_id: Some("CASHX".into()),
            quick_expense_id: "506CF67C85BA436097F434F39CAE7DD8".into(),
            received_text: "2026-11-12T20:14:07.125Z".into(),
            json: r#"{"expenseTypeId":"BUSML","transactionDate":"2026-11-12"}"#.into(),
        }
    }

    /// With what is required, and texts of unusual length.
    pub fn sample_long() -> Self {
        let mut rows = ExpensesPage::sample_long().rows;
        Self {
            expense: ExpenseRow {
                quick: true,
                ..rows.swap_remove(0)
            },
            shows_picture: true,
            comment: Some(LONG_NAME.into()),
            entry_details: None,
            location: None,
            payment_type_id: None,
            own: Some(OwnPart::sample_refused()),
            ..Self::sample()
        }
    }
}

impl ViewerPage {
    /// The second of three pages, as wide as there is room.
    pub fn sample() -> Self {
        Self {
            frame: frame(),
            id: Uuid::from_u128(8).simple().to_string(),
            merchant: "Hotel Lindenhof".into(),
            list: "currency=EUR".into(),
            pages: 3,
            page: 2,
            zoom: Zoom::Fit,
            is_document: true,
        }
    }

    /// A photo, larger than it is.
    pub fn sample_large() -> Self {
        Self {
            merchant: LONG_NAME.into(),
            list: String::new(),
            pages: 1,
            page: 1,
            zoom: Zoom::Percent(200),
            is_document: false,
            ..Self::sample()
        }
    }

    /// What cannot be drawn.
    pub fn sample_undrawable() -> Self {
        Self {
            pages: 0,
            ..Self::sample()
        }
    }
}

/// Every sample page of expenses under the path that a preview shows it at, rendered.
pub(super) fn all() -> Vec<(&'static str, askama::Result<String>)> {
    use askama::Template as _;
    let list = |page: ExpensesPage| page.render();
    let one = |page: ExpensePage| page.render();
    let viewer = |page: ViewerPage| page.render();
    vec![
        ("expenses", list(ExpensesPage::sample())),
        ("expenses-empty", list(ExpensesPage::sample_empty())),
        ("expenses-one", list(ExpensesPage::sample_one())),
        ("expenses-fifty", list(ExpensesPage::sample_fifty())),
        ("expenses-filtered", list(ExpensesPage::sample_filtered())),
        (
            "expenses-nothing",
            list(ExpensesPage::sample_nothing_found()),
        ),
        ("expenses-hidden", list(ExpensesPage::sample_hidden())),
        ("expenses-long", list(ExpensesPage::sample_long())),
        (
            "expenses-past-the-end",
            list(ExpensesPage::sample_past_the_end()),
        ),
        ("expense", one(ExpensePage::sample())),
        ("expense-problems", one(ExpensePage::sample_problems())),
        ("expense-accepted", one(ExpensePage::sample_accepted())),
        (
            "expense-failed-long",
            one(ExpensePage::sample_failed_long()),
        ),
        ("quick-expense", QuickExpensePage::sample().render()),
        (
            "quick-expense-long",
            QuickExpensePage::sample_long().render(),
        ),
        ("viewer", viewer(ViewerPage::sample())),
        ("viewer-large", viewer(ViewerPage::sample_large())),
        ("viewer-undrawable", viewer(ViewerPage::sample_undrawable())),
    ]
}
