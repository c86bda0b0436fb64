//! Every page with made-up content: what tests check and what previews show.

use super::{
    ConsentPage, ErrorKind, ErrorPage, ExpensePage, ExpenseRow, ExpensesPage, Frame, LinkPage,
    LinkSentPage, LogEntry, LogLevel, MailPage, MailboxPage, NotAskedPage, PasswordPage,
    PasswordProblem, PasswordReason, ProcessingState, QuickExpensePage, SignInPage, SignInProblem,
    SignedIn,
};
use bursar_directory::Roles;

use crate::messages::Messages;
use crate::totals;

const JSON: &str = r#"{"user":"08bdda1e-0d4f-4261-9f1b-f9b8d9f817d6","dateTime":"2026-11-19T21:14:00+01:00","total":"412.50","subtotal":"385.51","currencyCode":"EUR","receiptType":"hotel","merchant":{"name":"Hotel Lindenhof","location":{"address":"Am Speicher 4","city":"Hamburg","countryCode":"DE","postalCode":"20457"},"taxId":"DE 811 234 567"},"lineItems":[{"description":"Room 214, 2 nights","quantity":2,"unitCost":"180.0","totalAmount":"360.0"},{"description":"Breakfast","quantity":2,"totalAmount":"25.51"}],"taxes":[{"authority":"Finanzamt Hamburg","name":"MwSt","rate":"7.0","amount":"26.99"}],"payments":[{"type":"creditCard","amount":"412.50","creditCard":{"redactedCardNumber":"1881","type":"Visa"}}]}"#;

pub(super) const LONG_NAME: &str = "The Extraordinarily Hospitable Grand Hotel & Conference Centre of \
     Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch (North Wing, formerly Annex B)";

impl Frame {
    /// With a signed-in traveller.
    pub fn sample() -> Self {
        let signed_in = SignedIn {
            display_name: "Amara Okafor".into(),
            csrf_token: "c2FtcGxlLXRva2VuLW9mLXRoaXMtc2Vzc2lvbg".into(),
            roles: Roles::default(),
        };
        Self {
            signed_in: Some(signed_in),
            ..Self::sample_signed_out()
        }
    }

    /// With nobody signed in.
    pub fn sample_signed_out() -> Self {
        let messages = Messages::for_accept_language(Some("en-US"));
        Self {
            messages,
            brand: "Bursar".into(),
            signed_in: None,
            current: None,
        }
    }
}

impl SignInPage {
    /// Before the first attempt.
    pub fn sample() -> Self {
        Self {
            frame: Frame::sample_signed_out(),
            app_name: None,
            user_name: String::new(),
            next: "/expenses".into(),
            problem: None,
            moved: false,
        }
    }

    /// On the way to an app's request.
    pub fn sample_for_app() -> Self {
        Self {
            app_name: Some("Innkeeper".into()),
            next: "/oauth2/v0/authorize?client_id=1&response_type=code".into(),
            ..Self::sample()
        }
    }

    /// After an attempt that failed.
    pub fn sample_failed(problem: SignInProblem) -> Self {
        Self {
            user_name: "amara@okafor.example".into(),
            problem: Some(problem),
            ..Self::sample()
        }
    }

    /// After a sign-in at another data center.
    pub fn sample_moved() -> Self {
        Self {
            moved: true,
            ..Self::sample()
        }
    }
}

impl PasswordPage {
    /// By own choice, or just done.
    pub fn sample(reason: PasswordReason) -> Self {
        Self {
            frame: Frame::sample(),
            user_name: "amara@okafor.example".into(),
            next: String::new(),
            reason,
            problem: None,
        }
    }

    /// Before the first sign-in.
    pub fn sample_must() -> Self {
        Self {
            frame: Frame::sample_signed_out(),
            next: "/expenses".into(),
            ..Self::sample(PasswordReason::Must)
        }
    }

    /// After an attempt that failed.
    pub fn sample_failed(problem: PasswordProblem) -> Self {
        Self {
            problem: Some(problem),
            ..Self::sample(PasswordReason::Chosen)
        }
    }
}

impl ExpenseRow {
    /// A processed expense.
    pub fn sample(id: u32, merchant: &str, when: &str, amount: (&str, &str), app: &str) -> Self {
        Self {
            id: format!("{id:032x}"),
            merchant: merchant.into(),
            date_time_text: when.into(),
            amount_text: amount.0.into(),
            currency_code: amount.1.into(),
            source_app: app.into(),
            expense_type: "Undefined".into(),
            state: ProcessingState::Processed,
            has_picture: true,
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
        Self {
            frame: Frame::sample(),
            totals,
            rows,
            newer: None,
            older: None,
        }
    }

    /// A week of travel.
    pub fn sample() -> Self {
        let row = ExpenseRow::sample;
        let rows = vec![
            row(
                9,
                "Speicher Taxi",
                "2026-11-20T08:05:00+01:00",
                ("34.20", "EUR"),
                "Fahrt Direct",
            )
            .in_state(ProcessingState::Processing),
            row(
                8,
                "Hotel Lindenhof",
                "2026-11-19T21:14:00+01:00",
                ("412.50", "EUR"),
                "Innkeeper",
            ),
            row(
                7,
                "Nordic Air",
                "2026-11-18T06:40:00Z",
                ("1284.00", "USD"),
                "Nordic Air",
            ),
            row(
                6,
                "Nordic Air booking fee",
                "2026-11-18T06:40:00Z",
                ("18.0", "USD"),
                "Nordic Air",
            ),
            row(
                5,
                "Kanda Soba",
                "2026-11-14T12:31:00+09:00",
                ("2860", "JPY"),
                "Tabetai",
            ),
            row(
                4,
                "Shinkansen East",
                "2026-11-14T09:02:00+09:00",
                ("14370", "JPY"),
                "Rail Pass",
            ),
            row(
                3,
                "Corner Office Supply",
                "2026-11-12T16:20:00-08:00",
                ("-25.99", "USD"),
                "Scan",
            )
            .in_state(ProcessingState::Failed),
            row(
                2,
                "Bay City Cabs",
                "2026-11-12T07:55:00-08:00",
                ("61.75", "USD"),
                "Bay City",
            ),
            row(
                1,
                "Blue Kettle Coffee",
                "2026-11-11",
                ("7.85", "USD"),
                "Blue Kettle",
            ),
        ];
        Self {
            older: Some("eyJpZCI6MX0=".into()),
            ..Self::with_rows(rows)
        }
    }

    /// The first visit.
    pub fn sample_empty() -> Self {
        Self::with_rows(Vec::new())
    }

    /// Texts and amounts of unusual length and script, in the middle of the list.
    pub fn sample_long() -> Self {
        let row = ExpenseRow::sample;
        let forty = "1234567890123456789012345678901234567890.99";
        let mut typed = row(
            23,
            "مطعم الواحة",
            "2026-11-10T20:00:00+03:00",
            ("95", "SAR"),
            "تطبيق",
        );
        typed.expense_type =
            "Meals with customers and colleagues, incl. Bewirtungsaufwendungen".into();
        let rows = vec![
            row(
                24,
                LONG_NAME,
                "2026-11-10T23:59:59.999+05:45",
                (forty, "USD"),
                LONG_NAME,
            ),
            typed,
            row(22, "", "yesterday", ("0", "XTS"), "App").in_state(ProcessingState::Accepted),
            row(
                21,
                "株式会社とても長い名前の旅館と温泉",
                "2026-11-09T01:00",
                ("180.0", "USD"),
                "宿",
            ),
        ];
        let ends = (Some("bmV3ZXI=".into()), Some("b2xkZXI=".into()));
        Self {
            newer: ends.0,
            older: ends.1,
            ..Self::with_rows(rows)
        }
    }

    /// A page past the end of the list.
    pub fn sample_past_the_end() -> Self {
        Self {
            newer: Some("bmV3ZXI=".into()),
            ..Self::with_rows(Vec::new())
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
        let when = "2026-11-19T21:14:00+01:00";
        Self {
            frame: Frame::sample(),
            expense: ExpenseRow::sample(8, "Hotel Lindenhof", when, ("412.50", "EUR"), "Innkeeper"),
            merchant_address: Some("Am Speicher 4, 20457 Hamburg, DE".into()),
            reference: Some("LH-2026-11873".into()),
            receipt_id: "c559ab367ff8436d1d0c4ffe917664a3".into(),
            received_text: "2026-11-19T20:14:07.125Z".into(),
            log: vec![
                entry(
                    LogLevel::Info,
                    "Receipt accepted. Queued for processing.",
                    "2026-11-19T20:14:07Z",
                ),
                entry(
                    LogLevel::Info,
                    "Initiated receipt processing.",
                    "2026-11-19T20:14:07Z",
                ),
                entry(
                    LogLevel::Warning,
                    "Error from Imaging service. Queued for reprocessing.",
                    "2026-11-19T20:14:08Z",
                ),
                entry(
                    LogLevel::Info,
                    "Receipt image generated.",
                    "2026-11-19T20:14:18Z",
                ),
                entry(
                    LogLevel::Info,
                    "Processing finished.",
                    "2026-11-19T20:14:18Z",
                ),
            ],
            json: JSON.into(),
        }
    }

    /// Just taken in: no picture, nothing logged, no optional facts.
    pub fn sample_accepted() -> Self {
        let sample = Self::sample();
        Self {
            expense: sample.expense.clone().in_state(ProcessingState::Accepted),
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
        let amount = ("120.00", "USD");
        let row = ExpenseRow::sample(31, "Bay City Diner", "2026-11-12", amount, "Bay City");
        Self {
            frame: Frame::sample(),
            expense: ExpenseRow {
                expense_type: "Entertainment - Clients".into(),
                has_picture: false,
                ..row
            },
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
            expense: rows.swap_remove(0),
            comment: Some(LONG_NAME.into()),
            entry_details: None,
            location: None,
            payment_type_id: None,
            ..Self::sample()
        }
    }
}

impl ErrorPage {
    /// For a reader who is signed in, unless that is the trouble.
    pub fn sample(kind: ErrorKind) -> Self {
        let frame = match kind {
            ErrorKind::SignedOut => Frame::sample_signed_out(),
            _ => Frame::sample(),
        };
        Self {
            frame,
            kind,
            correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
        }
    }
}

/// Every sample page under the path that a preview shows it at, rendered.
pub fn all() -> Vec<(&'static str, askama::Result<String>)> {
    use askama::Template as _;
    let mut all = vec![
        ("signin-sent", LinkSentPage::sample().render()),
        ("signin-link", LinkPage::sample().render()),
        ("signin-link-gone", LinkPage::sample_gone().render()),
        ("consent", ConsentPage::sample().render()),
        ("consent-long", ConsentPage::sample_long().render()),
        ("not-asked", NotAskedPage::sample().render()),
        ("mailbox", MailboxPage::sample().render()),
        ("mailbox-empty", MailboxPage::sample_empty().render()),
        ("mailbox-mail", MailPage::sample().render()),
        ("expenses", ExpensesPage::sample().render()),
        ("expenses-empty", ExpensesPage::sample_empty().render()),
        ("expenses-long", ExpensesPage::sample_long().render()),
        (
            "expenses-past-the-end",
            ExpensesPage::sample_past_the_end().render(),
        ),
        ("expense", ExpensePage::sample().render()),
        ("expense-accepted", ExpensePage::sample_accepted().render()),
        (
            "expense-failed-long",
            ExpensePage::sample_failed_long().render(),
        ),
        ("quick-expense", QuickExpensePage::sample().render()),
        (
            "quick-expense-long",
            QuickExpensePage::sample_long().render(),
        ),
        (
            "error-not-found",
            ErrorPage::sample(ErrorKind::NotFound).render(),
        ),
        (
            "error-signed-out",
            ErrorPage::sample(ErrorKind::SignedOut).render(),
        ),
        (
            "error-forbidden",
            ErrorPage::sample(ErrorKind::Forbidden).render(),
        ),
        (
            "error-unreadable",
            ErrorPage::sample(ErrorKind::Unreadable).render(),
        ),
        (
            "error-too-large",
            ErrorPage::sample(ErrorKind::TooLarge).render(),
        ),
        ("error-busy", ErrorPage::sample(ErrorKind::Busy).render()),
        (
            "error-internal",
            ErrorPage::sample(ErrorKind::Internal).render(),
        ),
    ];
    all.extend(sign_in());
    all.extend(super::app_samples::all());
    all.extend(super::partner_samples::all());
    all
}

/// Signing in, and changing the password that does so.
fn sign_in() -> Vec<(&'static str, askama::Result<String>)> {
    use askama::Template as _;
    let failed = |problem| PasswordPage::sample_failed(problem).render();
    let incorrect = PasswordProblem::SignIn(SignInProblem::Incorrect);
    vec![
        ("signin", SignInPage::sample().render()),
        (
            "signin-failed",
            SignInPage::sample_failed(SignInProblem::Incorrect).render(),
        ),
        (
            "signin-locked",
            SignInPage::sample_failed(SignInProblem::Locked).render(),
        ),
        (
            "signin-sso",
            SignInPage::sample_failed(SignInProblem::SsoOnly).render(),
        ),
        ("signin-moved", SignInPage::sample_moved().render()),
        ("signin-for-app", SignInPage::sample_for_app().render()),
        (
            "password",
            PasswordPage::sample(PasswordReason::Chosen).render(),
        ),
        (
            "password-changed",
            PasswordPage::sample(PasswordReason::Changed).render(),
        ),
        ("password-must", PasswordPage::sample_must().render()),
        ("password-failed", failed(incorrect)),
        ("password-short", failed(PasswordProblem::TooShort)),
        ("password-mismatch", failed(PasswordProblem::Mismatch)),
    ]
}
