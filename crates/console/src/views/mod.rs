//! One struct a page: plain data, owned by the page, rendered by the template of its name.
//!
//! Texts are shown as they are given; amounts and times are given as documents write them and
//! become the reader's own form in the template.

mod admin;
mod app_samples;
mod approvals;
mod apps;
mod audit;
mod authorize;
mod confirm;
mod connections;
mod error;
mod expense;
mod expense_samples;
mod expenses;
mod fields;
mod letter;
mod mailbox;
mod nav;
mod operator;
mod own;
mod partner;
mod partner_app;
mod partner_samples;
mod password;
mod samples;
mod samples_connect;
mod settings;
mod signin;
mod viewer;

pub use admin::AdminAppsPage;
pub use approvals::ApprovalsPage;
pub use apps::{AppPage, AppsPage, TermsPage};
pub use audit::AuditPage;
pub use authorize::{ConsentPage, NotAskedPage};
pub use confirm::{ConfirmPage, Question};
pub use connections::{ConnectionsPage, DisconnectPage};
pub use error::{ErrorKind, ErrorPage};
pub use expense::{ExpensePage, LogEntry, LogLevel, QuickExpensePage};
pub use expenses::{ExpenseRow, ExpensesPage, ProcessingState};
pub use fields::Field;
pub use letter::{Asker, LetterContent, LetterHtml, LetterText};
pub use mailbox::{MailPage, MailboxPage};
pub use nav::{NavItem, Section};
pub use operator::{OperatorAppsPage, ReviewNotice};
pub use own::{OwnPart, ProblemsPart};
pub use partner::{CredentialsPage, NewAppPage, PartnerAppsPage};
pub use partner_app::{Notice, PartnerAppPage, StageForm};
pub use password::{PasswordPage, PasswordProblem, PasswordReason};
pub use samples::all as samples;
pub use samples_connect::letters as sample_letters;
pub use settings::SettingsTyped;
pub use signin::{LinkPage, LinkSentPage, SignInPage, SignInProblem};
pub use viewer::{ViewerPage, Zoom};

use bursar_directory::Roles;

use crate::messages::Messages;

/// What surrounds every page.
#[derive(Clone)]
pub struct Frame {
    /// Texts, numbers and dates for the reader.
    pub messages: Messages,
    /// The platform's name, from the brand setting.
    pub brand: String,
    /// Who is signed in, if anybody.
    pub signed_in: Option<SignedIn>,
    /// Where the reader is, for the navigation.
    pub current: Option<Section>,
}

/// The reader's session, as pages show it.
#[derive(Clone)]
pub struct SignedIn {
    /// The user's name for reading.
    pub display_name: String,
    /// The session's token, sent back by every form.
    pub csrf_token: String,
    /// What the user may do, which is what the navigation offers.
    pub roles: Roles,
}

impl Frame {
    /// The same on a page of `section`.
    #[must_use]
    pub fn at(mut self, section: Section) -> Self {
        self.current = Some(section);
        self
    }

    /// The session's token for forms; empty when nobody is signed in.
    fn csrf_token(&self) -> &str {
        let signed_in = self.signed_in.as_ref();
        signed_in.map_or("", |signed_in| signed_in.csrf_token.as_str())
    }

    /// The name of a button that the page has several of: what it says, and of what.
    fn label(&self, button: &str, of: &str) -> String {
        let args = [("button", button.into()), ("of", of.into())];
        self.messages.text_with("button-of", args)
    }

    /// A page's title with the platform's name.
    fn title(&self, page: &str) -> String {
        let args = [("page", page.into()), ("brand", self.brand.as_str().into())];
        self.messages.text_with("frame-title", args)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod words;
