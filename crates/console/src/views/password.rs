//! Changing one's own password.

use askama::Template;
use bursar_pages::{Frame, Messages};

use super::SignInProblem;

/// `GET /signin/password`, and the answer to a change that was refused.
///
/// The form posts `user_name`, `current`, `new`, `again`, `next`, and the session's token where
/// there is a session: whoever has to change the password cannot sign in before.
#[derive(Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The user name to start with.
    pub user_name: String,
    /// The path to go on with; empty for one who came to change the password, and stays.
    pub next: String,
    /// Why the reader is here.
    pub reason: PasswordReason,
    /// Why nothing was changed, after an attempt.
    pub problem: Option<PasswordProblem>,
}

/// Why somebody is on the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordReason {
    /// By own choice.
    Chosen,
    /// The password has to be changed before it is good for signing in.
    Must,
    /// It was just changed.
    Changed,
}

/// Why a password was not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordProblem {
    /// The current name and password are not good for signing in.
    SignIn(SignInProblem),
    /// The new password has too few characters.
    TooShort,
    /// The new password was typed in two ways.
    Mismatch,
    /// The new password is the old one.
    Same,
}

impl PasswordPage {
    fn title(&self) -> String {
        let messages = &self.frame.messages;
        match self.problem {
            None => messages.text("password-title"),
            Some(_) => messages.text("password-title-failed"),
        }
    }

    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        match self.reason {
            PasswordReason::Must => messages.text("password-must"),
            PasswordReason::Chosen | PasswordReason::Changed => messages.text("password-lead"),
        }
    }

    fn hint(&self) -> String {
        let min = ("min", bursar_directory::PASSWORD_MIN.into());
        self.frame.messages.text_with("password-hint", [min])
    }

    fn changed(&self) -> bool {
        self.reason == PasswordReason::Changed
    }

    fn must(&self) -> bool {
        self.reason == PasswordReason::Must
    }

    /// Whether the fault is in the name or the current password.
    fn current_is_invalid(&self) -> bool {
        let incorrect = PasswordProblem::SignIn(SignInProblem::Incorrect);
        self.problem == Some(incorrect)
    }

    /// Whether the fault is in the new password.
    fn new_is_invalid(&self) -> bool {
        !matches!(self.problem, None | Some(PasswordProblem::SignIn(_)))
    }
}

impl PasswordProblem {
    fn title(self, messages: &Messages) -> String {
        match self {
            Self::SignIn(problem) => problem.title(messages),
            Self::TooShort => messages.text("password-short"),
            Self::Mismatch => messages.text("password-mismatch"),
            Self::Same => messages.text("password-same"),
        }
    }

    fn advice(self, messages: &Messages) -> String {
        match self {
            Self::SignIn(SignInProblem::SsoOnly) => messages.text("password-sso-advice"),
            Self::SignIn(problem) => problem.advice(messages),
            Self::TooShort | Self::Mismatch | Self::Same => messages.text("password-unchanged"),
        }
    }
}
