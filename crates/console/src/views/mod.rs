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
mod expense;
mod expense_samples;
mod expenses;
mod faults;
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
pub use expense::{ExpensePage, LogEntry, LogLevel, QuickExpensePage};
pub use expenses::{ExpenseRow, ExpensesPage, ProcessingState};
pub use letter::{Asker, LetterContent, LetterHtml, LetterText};
pub use mailbox::{MailPage, MailboxPage};
pub use nav::Section;
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
use bursar_pages::{Frame, Link, Messages, SignedIn};

/// What surrounds every page; `brand` is the platform's name, from the brand setting.
pub fn frame(messages: Messages, brand: String, signed_in: Option<SignedIn>) -> Frame {
    Frame {
        footer: messages.text("frame-footer"),
        footer_links: Vec::new(),
        messages,
        assets: &crate::ASSETS,
        base: String::new(),
        brand,
        signed_in,
        current: None,
    }
}

/// The session of a user, as pages show it.
pub fn signed_in(
    messages: &Messages,
    display_name: &str,
    csrf_token: &str,
    roles: &Roles,
) -> SignedIn {
    SignedIn {
        display_name: display_name.to_owned(),
        csrf_token: csrf_token.to_owned(),
        nav: nav::links(messages, roles),
        account: vec![Link {
            href: "/signin/password".into(),
            text: messages.text("frame-password"),
        }],
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod words;
