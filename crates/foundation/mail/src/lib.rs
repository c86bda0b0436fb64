//! Mail on its way out: by SMTP, or into a mailbox of the sandbox.
//!
//! Nothing here runs in a request: a slice enqueues a job inside its operation, and the job's
//! handler calls [`Mailer::send`]. A handler that was cut off sends again, so the same mail may
//! arrive twice; its `Message-ID` is the same then, and the mailbox keeps one.

mod mailbox;
mod smtp;

use bursar_db::DbError;
use bursar_kernel::{Micros, Uuid};

pub use mailbox::Mailbox;
pub use smtp::{Smtp, SmtpConfig, SmtpError, Tls, check_sender};

/// A mail to one person, in both forms.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Tells it from all others: its `Message-ID`.
    pub id: Uuid,
    /// When it was written.
    pub at: Micros,
    /// The address.
    pub to: String,
    /// The subject, one line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// A whole HTML document that fetches nothing.
    pub html: String,
}

/// Mails carry secrets and addresses.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({})", self.id)
    }
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// To a mail server.
    Smtp(Smtp),
    /// Into the sandbox's mailbox; nothing leaves the machine.
    Mailbox(Mailbox),
    /// Nowhere: none is configured.
    Nowhere,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt.
    #[error("the mail was not taken yet: {0}")]
    Later(String),
    /// No attempt can succeed.
    #[error("the mail is refused: {0}")]
    Never(String),
    /// The mailbox's database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Mailer {
    /// Sends one mail. Once this is `Ok`, somebody else is responsible for it.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Mailbox(mailbox) => Ok(mailbox.keep(mail).await?),
            Self::Nowhere => {
                let advice = "no mail server is configured; see `mail.host` in docs/operations.md";
                Err(MailError::Never(advice.into()))
            }
        }
    }
}

/// Whether a text is the address of one mailbox: `name@host`.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

/// Every SQL statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    mailbox::STATEMENTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_mailbox() {
        for good in ["ana@northwind.example.com", "a+b@x.test", "o'neil@x.test"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "ana",
            "@x.test",
            "ana@",
            "a b@x.test",
            "a@x.test,b@x.test",
            "<a@x.test>",
            "a@x.test\r\nbcc: b@x.test",
            "Ana <a@x.test>",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_mail_shows_nothing_of_itself() {
        let mail = Mail {
            id: Uuid::nil(),
            at: Micros(0),
            to: "ana@x.test".into(),
            subject: "Sign in".into(),
            text: "token".into(),
            html: "token".into(),
        };
        assert_eq!(format!("{mail:?}"), format!("Mail({})", Uuid::nil()));
    }
}
