//! The sandbox's mailbox.

use askama::Template;
use bursar_mail::Mail;
use bursar_pages::Frame;

/// `GET /_bursar/mailbox`.
#[derive(Template)]
#[template(path = "mailbox.html")]
pub struct MailboxPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The newest first.
    pub mails: Vec<Mail>,
}

/// `GET /_bursar/mailbox/{id}`.
#[derive(Template)]
#[template(path = "mailbox-mail.html")]
pub struct MailPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The mail.
    pub mail: Mail,
}
