//! Every page with made-up content: what tests check and what previews show.

use askama::Template as _;
use bursar_pages::{ErrorKind, ErrorPage, Frame};

use super::{
    AccountPage, Accounts, AskPage, ChoosePage, CodeContent, CodeHtml, CodePage, CodeProblem,
    CodeText, ConfirmPage, ConnectedPage, ForgotPage, PasswordPage, Question, Refusal, RefusedPage,
    SentPage, SignInProblem, SignUpFaults, SignUpPage, Standing, StartPage, WarningContent,
    WarningHtml, WarningText,
};
use crate::Brand;
use crate::pages::messages::CATALOGUES;

/// A page's name and its HTML.
type Sample = (String, askama::Result<String>);

fn brand() -> Brand {
    Brand {
        name: "Bluebird Cafe".into(),
        platform: "Bursar".into(),
        terms_url: "https://cafe.example/terms".into(),
        privacy_url: "https://cafe.example/privacy".into(),
        support_url: "https://cafe.example/help".into(),
    }
}

fn frame_signed_out() -> Frame {
    let messages = CATALOGUES.for_accept_language(Some("en-US"));
    super::frame(messages, "cafe", &brand(), None)
}

fn frame() -> Frame {
    let frame = frame_signed_out();
    let signed_in = super::signed_in(&frame.messages, "cafe", "Ana Reyes", "c2FtcGxlLXRva2Vu");
    Frame {
        signed_in: Some(signed_in),
        ..frame
    }
}

const FAULTS: SignUpFaults = SignUpFaults {
    name: true,
    email: true,
    short: true,
};
const BASE: &str = "/cafe";
const ACCOUNT: &str = "ana@northwind.example";

impl StartPage {
    /// On the way from the App Center.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            base: BASE.into(),
            brand: brand(),
            waits: true,
            accounts: Accounts::Open,
            email: String::new(),
            problem: None,
        }
    }
}

impl SignUpPage {
    /// Before anything was typed.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            base: BASE.into(),
            brand: brand(),
            name: String::new(),
            email: String::new(),
            faults: SignUpFaults::default(),
        }
    }
}

impl ConfirmPage {
    /// For a user.
    pub fn sample() -> Self {
        Self {
            frame: frame(),
            base: BASE.into(),
            brand: brand(),
            account: ACCOUNT.into(),
            company: false,
        }
    }
}

impl ChoosePage {
    /// For the first time.
    pub fn sample() -> Self {
        Self {
            frame: frame(),
            base: BASE.into(),
            brand: brand(),
            lost: false,
            email: ACCOUNT.into(),
            faulty: false,
        }
    }
}

impl AccountPage {
    /// With a connection that stands so.
    pub fn sample(standing: Standing) -> Self {
        Self {
            frame: frame(),
            base: BASE.into(),
            brand: brand(),
            account: ACCOUNT.into(),
            standing,
        }
    }
}

impl RefusedPage {
    /// For this reason.
    pub fn sample(why: Refusal) -> Self {
        let scopes: &[&str] = match why {
            Refusal::Scopes => &["receipts.writeonly", "quickexpense.writeonly"],
            _ => &[],
        };
        Self {
            frame: frame(),
            base: BASE.into(),
            brand: brand(),
            why,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
        }
    }
}

/// Every sample page under the name that a preview shows it at, rendered.
pub fn all() -> Vec<Sample> {
    let mut all: Vec<Sample> = Vec::new();
    let mut add = |name: &str, html| all.push((name.to_owned(), html));
    starting(&mut add);
    proving(&mut add);
    connecting(&mut add);
    for (name, standing) in [
        ("account-none", Standing::None),
        (
            "account-connected",
            Standing::Connected("2026-11-21T09:30:00.000Z".into()),
        ),
        ("account-lost", Standing::Lost),
        ("account-ending", Standing::Ending),
    ] {
        add(name, AccountPage::sample(standing).render());
    }
    for (name, question) in [
        ("ask-disconnect", Question::Disconnect),
        ("ask-delete", Question::Delete),
    ] {
        let page = AskPage {
            frame: frame(),
            base: BASE.into(),
            brand: brand(),
            question,
        };
        add(name, page.render());
    }
    for why in Refusal::all() {
        let name = format!("refused-{}", why.as_str());
        add(&name, RefusedPage::sample(why).render());
    }
    let error = ErrorPage {
        frame: frame_signed_out(),
        kind: ErrorKind::SignedOut,
        correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
    };
    add("error-signed-out", error.render());
    all
}

fn starting(add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("start", StartPage::sample().render());
    for (name, problem) in [
        ("start-incorrect", SignInProblem::Incorrect),
        ("start-locked", SignInProblem::Locked),
    ] {
        let page = StartPage {
            problem: Some(problem),
            email: ACCOUNT.into(),
            ..StartPage::sample()
        };
        add(name, page.render());
    }
    let start = StartPage {
        waits: false,
        accounts: Accounts::Closed,
        ..StartPage::sample()
    };
    add("start-empty", start.render());
    let label = Some("Sign in with Bluebird ID".into());
    for (name, label) in [("start-provider", None), ("start-provider-label", label)] {
        let start = StartPage {
            accounts: Accounts::Provider(label),
            ..StartPage::sample()
        };
        add(name, start.render());
    }
    add("signup", SignUpPage::sample().render());
    let signup = SignUpPage {
        faults: FAULTS,
        ..SignUpPage::sample()
    };
    add("signup-failed", signup.render());
}

fn proving(add: &mut impl FnMut(&str, askama::Result<String>)) {
    for (name, faulty) in [("forgot", false), ("forgot-failed", true)] {
        let page = ForgotPage {
            frame: frame_signed_out(),
            base: BASE.into(),
            brand: brand(),
            email: String::new(),
            faulty,
        };
        add(name, page.render());
    }
    for (name, problem) in [
        ("code", None),
        ("code-wrong", Some(CodeProblem::Wrong)),
        ("code-void", Some(CodeProblem::Void)),
        ("code-too-many", Some(CodeProblem::TooMany)),
    ] {
        let page = CodePage {
            frame: frame_signed_out(),
            base: BASE.into(),
            brand: brand(),
            address: ACCOUNT.into(),
            problem,
        };
        add(name, page.render());
    }
    for (name, is_new, faults) in [
        ("password", false, SignUpFaults::default()),
        ("password-new-failed", true, FAULTS),
    ] {
        let page = PasswordPage {
            frame: frame_signed_out(),
            base: BASE.into(),
            brand: brand(),
            address: ACCOUNT.into(),
            is_new,
            name: String::new(),
            faults,
        };
        add(name, page.render());
    }
}

/// Every mail in both forms, HTML first, under the name that a preview shows it at.
pub fn letters() -> Vec<(&'static str, askama::Result<String>, askama::Result<String>)> {
    let rendered = |name, known| {
        let content = CodeContent {
            messages: CATALOGUES.for_accept_language(Some("en-US")),
            brand: brand().name,
            known,
            code: "04213758".into(),
        };
        let text = CodeText(content.clone()).render();
        (name, CodeHtml(content).render(), text)
    };
    let warning = WarningContent {
        messages: CATALOGUES.for_accept_language(Some("en-US")),
        brand: brand().name,
        platform: brand().platform,
        ends_at: "2027-01-15T09:30:00.000Z".into(),
        url: format!("https://connect.example.com{BASE}/account"),
    };
    let text = WarningText(warning.clone()).render();
    vec![
        rendered("mail-new", false),
        rendered("mail-known", true),
        ("mail-warning", WarningHtml(warning).render(), text),
    ]
}

fn connecting(add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("confirm", ConfirmPage::sample().render());
    let company = ConfirmPage {
        company: true,
        ..ConfirmPage::sample()
    };
    add("confirm-company", company.render());
    add("choose", ChoosePage::sample().render());
    let lost = ChoosePage {
        lost: true,
        faulty: true,
        ..ChoosePage::sample()
    };
    add("choose-lost", lost.render());
    let sent = SentPage {
        frame: frame(),
        base: BASE.into(),
        brand: brand(),
    };
    add("sent", sent.render());
    let connected = ConnectedPage {
        frame: frame(),
        base: BASE.into(),
        brand: brand(),
        account: ACCOUNT.into(),
    };
    add("connected", connected.render());
}
