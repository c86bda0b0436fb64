//! Where everybody begins: signing in to the merchant's account, or making one.

use askama::Template;
use bursar_pages::{Frame, Messages};

use super::{names, step};
use crate::pages::visit::Visit;
use crate::{App, Brand};

/// `GET /{app}/connect` for a stranger, and the answer to a `POST /{app}/signin` that failed.
#[derive(Template)]
#[template(path = "start.html")]
pub struct StartPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Whether something waits to be connected.
    pub waits: bool,
    /// Where people have their accounts.
    pub accounts: Accounts,
    /// The mail address that was tried.
    pub email: String,
    /// Why the last attempt failed, if there was one.
    pub problem: Option<SignInProblem>,
}

/// Where people have their accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accounts {
    /// Here, and they make them and set passwords.
    Open,
    /// Here, and somebody else makes them.
    Closed,
    /// At the merchant's identity provider; what the button there says, if that is configured.
    Provider(Option<String>),
}

/// Why somebody may not enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignInProblem {
    /// Address and password do not match.
    Incorrect,
    /// There were too many wrong passwords for the address.
    Locked,
}

/// `GET /{app}/signin/new`, and the answer to a post that failed.
#[derive(Template)]
#[template(path = "signup.html")]
pub struct SignUpPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// The name that was typed.
    pub name: String,
    /// The mail address that was typed.
    pub email: String,
    /// What is wrong.
    pub faults: SignUpFaults,
}

/// What is wrong with a new account.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SignUpFaults {
    /// No name, or too long a one.
    pub name: bool,
    /// No mail address.
    pub email: bool,
    /// Too short a password.
    pub short: bool,
}

impl SignUpFaults {
    /// Whether nothing is wrong.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl StartPage {
    /// Before the first attempt.
    pub(in crate::pages) fn new(visit: &Visit) -> Self {
        Self {
            frame: visit.frame(),
            base: format!("/{}", visit.app.id),
            brand: visit.app.brand.clone(),
            waits: visit.pending().is_some(),
            accounts: match &visit.app.openid {
                Some(openid) => Accounts::Provider(openid.label().map(str::to_owned)),
                None if visit.state.mails => Accounts::Open,
                None => Accounts::Closed,
            },
            email: String::new(),
            problem: None,
        }
    }

    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        messages.text_with("start-heading", names(&self.brand))
    }

    fn title(&self) -> String {
        let heading = self.heading();
        if self.problem.is_none() {
            return heading;
        }
        let heading = [("title", heading.into())];
        self.frame.messages.text_with("connect-failed", heading)
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 1)
    }

    /// What the button that leads to the provider says; none where accounts are here.
    fn provider(&self) -> Option<String> {
        match &self.accounts {
            Accounts::Provider(Some(label)) => Some(label.clone()),
            Accounts::Provider(None) => Some(self.frame.messages.text("start-submit")),
            Accounts::Open | Accounts::Closed => None,
        }
    }

    fn is_open(&self) -> bool {
        self.accounts == Accounts::Open
    }
}

impl SignInProblem {
    /// What happened.
    pub(super) fn title(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("start-incorrect"),
            Self::Locked => messages.text("start-locked"),
        }
    }

    /// What to do about it.
    pub(super) fn advice(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("start-incorrect-advice"),
            Self::Locked => messages.text("start-locked-advice"),
        }
    }
}

impl SignUpPage {
    /// Before anything was typed.
    pub fn new(frame: Frame, app: &App) -> Self {
        Self {
            frame,
            base: format!("/{}", app.id),
            brand: app.brand.clone(),
            name: String::new(),
            email: String::new(),
            faults: SignUpFaults::default(),
        }
    }

    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        messages.text_with("signup-heading", names(&self.brand))
    }

    fn title(&self) -> String {
        let heading = self.heading();
        if self.faults.is_empty() {
            return heading;
        }
        let heading = [("title", heading.into())];
        self.frame.messages.text_with("connect-failed", heading)
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 1)
    }

    fn hint(&self) -> String {
        let min = ("min", bursar_secrets::PASSWORD_MIN.into());
        self.frame.messages.text_with("signup-hint", [min])
    }
}
