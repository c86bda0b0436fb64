//! Proving an address: the page that takes the code, the one that takes a password, the mail.

use askama::Template;
use bursar_pages::{Frame, Messages};

use super::{SignUpFaults, names, step};
use crate::{App, Brand};

/// `GET /{app}/signin/forgot`, and the answer to a post that failed.
#[derive(Template)]
#[template(path = "forgot.html")]
pub struct ForgotPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// The mail address that was typed.
    pub email: String,
    /// Whether it was none.
    pub faulty: bool,
}

/// `GET /{app}/signin/code`, and the answer to a code that was not taken.
#[derive(Template)]
#[template(path = "code.html")]
pub struct CodePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Where the code was mailed.
    pub address: String,
    /// Why the last attempt failed, if there was one.
    pub problem: Option<CodeProblem>,
}

/// Why a code was not taken, or none was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeProblem {
    /// It is another one.
    Wrong,
    /// It has expired, or too many were tried.
    Void,
    /// No more are sent for now.
    TooMany,
}

/// `GET /{app}/signin/password`, and the answer to a post that failed.
#[derive(Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// The address that was proved.
    pub address: String,
    /// Whether it has no account yet: one is made then.
    pub is_new: bool,
    /// The name that was typed.
    pub name: String,
    /// What is wrong.
    pub faults: SignUpFaults,
}

/// The content of a mail with a code.
#[derive(Clone)]
pub struct CodeContent {
    /// Texts for the addressee.
    pub messages: Messages,
    /// The merchant's name.
    pub brand: String,
    /// Whether the address has an account already.
    pub known: bool,
    /// The code.
    pub code: String,
}

/// The HTML form.
#[derive(Template)]
#[template(path = "code-mail.html")]
pub struct CodeHtml(pub CodeContent);

/// The text form.
#[derive(Template)]
#[template(path = "code-mail.txt")]
pub struct CodeText(pub CodeContent);

impl ForgotPage {
    /// Before anything was typed.
    pub fn new(frame: Frame, app: &App) -> Self {
        Self {
            frame,
            base: format!("/{}", app.id),
            brand: app.brand.clone(),
            email: String::new(),
            faulty: false,
        }
    }

    fn title(&self) -> String {
        title(&self.frame.messages, "forgot-heading", self.faulty)
    }
}

impl CodePage {
    fn title(&self) -> String {
        title(&self.frame.messages, "code-heading", self.problem.is_some())
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 1)
    }
}

impl CodeProblem {
    fn title(self, messages: &Messages) -> String {
        match self {
            Self::Wrong => messages.text("code-wrong"),
            Self::Void => messages.text("code-void"),
            Self::TooMany => messages.text("code-too-many"),
        }
    }

    fn advice(self, messages: &Messages) -> String {
        match self {
            Self::Wrong => messages.text("code-wrong-advice"),
            Self::Void => messages.text("code-void-advice"),
            Self::TooMany => messages.text("code-too-many-advice"),
        }
    }
}

impl PasswordPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        if self.is_new {
            messages.text_with("signup-heading", names(&self.brand))
        } else {
            messages.text_with("password-heading", names(&self.brand))
        }
    }

    fn title(&self) -> String {
        let heading = self.heading();
        if self.faults.is_empty() {
            return heading;
        }
        let heading = [("title", heading.into())];
        self.frame.messages.text_with("connect-failed", heading)
    }

    fn hint(&self) -> String {
        let min = ("min", bursar_secrets::PASSWORD_MIN.into());
        self.frame.messages.text_with("signup-hint", [min])
    }
}

fn title(messages: &Messages, key: &str, failed: bool) -> String {
    let heading = messages.text(key);
    if !failed {
        return heading;
    }
    messages.text_with("connect-failed", [("title", heading.into())])
}

impl CodeContent {
    /// The mail's subject.
    pub fn subject(&self) -> String {
        self.messages.text_with("code-mail-subject", self.brand())
    }

    fn brand(&self) -> [(&'static str, bursar_pages::FluentValue<'_>); 1] {
        [("brand", self.brand.as_str().into())]
    }

    fn reason(&self) -> String {
        if self.known {
            self.messages.text_with("code-mail-known", self.brand())
        } else {
            self.messages.text_with("code-mail-new", self.brand())
        }
    }

    fn warning(&self) -> String {
        self.messages.text_with("code-mail-warning", self.brand())
    }

    fn text(&self, key: &str) -> String {
        self.messages.text(key)
    }
}
