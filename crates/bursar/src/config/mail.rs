//! The mail server, and what mails say.

use std::path::PathBuf;

use serde::Deserialize;

/// The mail server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The server's name.
    pub host: String,
    /// Its port. Default: 587, or 465 where `tls` is `implicit`.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: MailTls,
    /// Who signs in there.
    pub user_name: Option<String>,
    /// A file with the password; without it, `BURSAR_MAIL_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// The sender's address.
    pub from: String,
}

impl MailConfig {
    /// What is wrong with it, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let here = ["localhost", "127.0.0.1", "::1"].contains(&self.host.as_str());
        if self.tls == MailTls::None && !here {
            return Err("mail.tls = \"none\" is for a mail server on this machine only".into());
        }
        bursar_mail::check_sender(&self.from).map_err(|error| format!("mail.from: {error}"))
    }

    /// The server's port.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::StartTls => 587,
            MailTls::Implicit => 465,
            MailTls::None => 25,
        })
    }
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Plain at first, and TLS before anything is said.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// Plain; on loopback only.
    None,
}

/// What links in mails call a one-time password.
///
/// Source: the e-receipts integration guide says `token`, the older recipe `otl`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OtpParameter {
    /// As the integration guide has it.
    #[default]
    Token,
    /// As the recipe has it.
    Otl,
}

impl OtpParameter {
    /// The parameter's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Otl => "otl",
        }
    }
}
