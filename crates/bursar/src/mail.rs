//! Where mail goes, as configured.

use bursar_db::Db;
use bursar_mail::{Mailbox, Mailer, Smtp, SmtpConfig, Tls};
use secrecy::SecretString;

use crate::StartError;
use crate::config::{Config, MAIL_PASSWORD, MailConfig, MailTls};

/// A mail server, whose mails `brand` sends; else, in a sandbox, a mailbox.
pub(crate) fn mailer(config: &Config, brand: &str, db: &Db) -> Result<Mailer, StartError> {
    match &config.mail {
        Some(mail) => Ok(Mailer::Smtp(Smtp::new(&smtp(mail, brand)?)?)),
        None if config.mailbox => Ok(Mailer::Mailbox(Mailbox::new(db.clone()))),
        None => Ok(Mailer::Nowhere),
    }
}

fn smtp(mail: &MailConfig, brand: &str) -> Result<SmtpConfig, StartError> {
    let tls = match mail.tls {
        MailTls::StartTls => Tls::StartTls,
        MailTls::Implicit => Tls::Implicit,
        MailTls::None => Tls::None,
    };
    let login = match &mail.user_name {
        Some(name) => Some((name.clone(), password(mail)?)),
        None => None,
    };
    Ok(SmtpConfig {
        host: mail.host.clone(),
        port: mail.port(),
        tls,
        login,
        from: mail.from.clone(),
        from_name: brand.to_owned(),
    })
}

fn password(mail: &MailConfig) -> Result<SecretString, StartError> {
    let password = match &mail.password_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| StartError::MailPassword(format!("{}: {error}", path.display())))?,
        None => std::env::var(MAIL_PASSWORD).map_err(|_| {
            let advice = format!("give password_file, or set {MAIL_PASSWORD}");
            StartError::MailPassword(advice)
        })?,
    };
    Ok(password.trim_end_matches(['\r', '\n']).into())
}
