//! Where operators enter.

use askama::Template;
use bursar_pages::{Frame, Messages};

use super::failed_title;

/// `GET /console/signin`, and the answer to a post that failed.
#[derive(Template)]
#[template(path = "signin.html")]
pub struct SignInPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// The name that was tried.
    pub name: String,
    /// The page to go on at; empty for the first one.
    pub next: String,
    /// Why the last attempt failed, if there was one.
    pub problem: Option<SignInProblem>,
    /// Whether the configuration names no operator.
    pub nobody: bool,
}

/// Why somebody may not enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignInProblem {
    /// Name and password do not match.
    Incorrect,
    /// There were too many wrong passwords for the name.
    Locked,
}

impl SignInPage {
    fn title(&self) -> String {
        let messages = &self.frame.messages;
        let heading = messages.text("signin-heading");
        match self.problem {
            None => heading,
            Some(_) => failed_title(messages, &heading),
        }
    }
}

impl SignInProblem {
    fn title(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("signin-incorrect"),
            Self::Locked => messages.text("signin-locked"),
        }
    }

    fn advice(self, messages: &Messages) -> String {
        match self {
            Self::Incorrect => messages.text("signin-incorrect-advice"),
            Self::Locked => messages.text("signin-locked-advice"),
        }
    }
}
