//! Signing in: by password, or by a mailed link.

use askama::Template;
use bursar_pages::{Frame, Messages};

/// `GET /signin`, and the answer to a `POST /signin` that failed.
///
/// One form posts `user_name`, `password` and `next`; the other posts `email` and `next` to
/// `/signin/email`.
#[derive(Template)]
#[template(path = "signin.html")]
pub struct SignInPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// The app that the reader is on the way to, if any.
    pub app_name: Option<String>,
    /// The user name to start with: empty, or what was tried.
    pub user_name: String,
    /// The path to go on with, which is ours.
    pub next: String,
    /// Why the last attempt failed, if there was one.
    pub problem: Option<SignInProblem>,
    /// Whether the reader came from another data center, which is not the account's own.
    pub moved: bool,
}

/// Why somebody may not enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignInProblem {
    /// User name and password do not match; or that is what a stranger is told.
    Incorrect,
    /// There were too many wrong passwords for the name, whether or not anybody has it.
    Locked,
    /// The password is right, but the account is for single sign-on.
    SsoOnly,
}

/// The answer to `POST /signin/email`, the same for every address.
#[derive(Template)]
#[template(path = "signin-sent.html")]
pub struct LinkSentPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// The address, as it was typed.
    pub email: String,
    /// The path to go on with.
    pub next: String,
    /// Whether there is a mailbox to look into here, as in the sandbox.
    pub shows_mail: bool,
}

/// `GET /signin/link`: what a mailed link leads to. The form posts `token`.
#[derive(Template)]
#[template(path = "signin-link.html")]
pub struct LinkPage {
    /// What surrounds it; nobody is signed in yet.
    pub frame: Frame,
    /// Whom the link signs in.
    pub display_name: String,
    /// The link's secret; none when the link does not work any more.
    pub token: Option<String>,
    /// The app that the reader is on the way to, if any.
    pub app_name: Option<String>,
}

impl SignInPage {
    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        match self.app_name.as_deref() {
            None => messages.text("signin-lead"),
            Some(app) => messages.text_with("signin-lead-app", [("app", app.into())]),
        }
    }

    /// Whether what was typed is at fault.
    fn is_invalid(&self) -> bool {
        self.problem.is_some_and(SignInProblem::is_typed)
    }

    fn title(&self) -> String {
        let messages = &self.frame.messages;
        match self.problem {
            None => messages.text("signin-title"),
            Some(_) => messages.text("signin-title-failed"),
        }
    }
}

impl SignInProblem {
    /// What happened.
    pub(super) fn title(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("signin-failed"),
            Self::Locked => messages.text("signin-locked"),
            Self::SsoOnly => messages.text("signin-sso"),
        }
    }

    /// What to do about it.
    pub(super) fn advice(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("signin-failed-advice"),
            Self::Locked => messages.text("signin-locked-advice"),
            Self::SsoOnly => messages.text("signin-sso-advice"),
        }
    }

    /// Whether another text in the fields would help.
    fn is_typed(self) -> bool {
        self == Self::Incorrect
    }
}

impl LinkSentPage {
    fn lead(&self) -> String {
        let email = ("email", self.email.as_str().into());
        self.frame.messages.text_with("sent-lead", [email])
    }

    fn back(&self) -> String {
        bursar_pages::session::sign_in_url(&self.next)
    }
}

impl LinkPage {
    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        let name = ("name", self.display_name.as_str().into());
        match self.app_name.as_deref() {
            None => messages.text_with("link-lead", [name]),
            Some(app) => messages.text_with("link-lead-app", [name, ("app", app.into())]),
        }
    }
}
