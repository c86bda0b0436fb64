//! A mail server, spoken to in SMTP (RFC 5321), one connection a mail.

use std::sync::Arc;
use std::time::Duration;

use bursar_kernel::Micros;
use lettre::address::AddressError;
use lettre::message::{Mailbox, MultiPart, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Encryption, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Mail, MailError};

/// How long one step of the conversation may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which server, and as whom.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// The server's name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Who signs in there, if anybody must.
    pub login: Option<(String, SecretString)>,
    /// The sender's address.
    pub from: String,
    /// The sender's name.
    pub from_name: String,
}

/// How the connection to the server is encrypted. The system's certificates are trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tls {
    /// It begins in plain and must change to TLS before anything is said (port 587).
    StartTls,
    /// It is TLS from the first byte (port 465).
    Implicit,
    /// Plain. For a server on the same machine only.
    None,
}

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The sender's address is none.
    #[error("the sender {0:?} is not an address")]
    From(String, #[source] AddressError),
    /// TLS cannot be set up.
    #[error("TLS to the mail server: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
}

/// A mail server. Clones share it.
#[derive(Clone, Debug)]
pub struct Smtp(Arc<Server>);

#[derive(Debug)]
struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Checks what can be checked without asking the server.
    pub fn new(config: &SmtpConfig) -> Result<Self, SmtpError> {
        let from = sender(&config.from)?;
        let tls = || TlsParameters::new(config.host.clone());
        let encryption = match config.tls {
            Tls::StartTls => Encryption::Required(tls()?),
            Tls::Implicit => Encryption::Wrapper(tls()?),
            Tls::None => Encryption::None,
        };
        // The sender's domain, since this machine's own name may mean nothing elsewhere.
        let hello = ClientId::Domain(from.domain().to_owned());
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(encryption)
            .hello_name(hello)
            .timeout(Some(PATIENCE));
        if let Some((name, password)) = &config.login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(name.clone(), password));
        }
        Ok(Self(Arc::new(Server {
            transport: transport.build(),
            from: Mailbox::new(Some(config.from_name.clone()), from),
        })))
    }

    pub(crate) async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match self.0.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Never(error.to_string())),
            Err(error) => Err(MailError::Later(error.to_string())),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let never = |error: &dyn std::error::Error| MailError::Never(error.to_string());
        let to: Address = mail.to.parse().map_err(|error| never(&error))?;
        let from = &self.0.from;
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .date(system_time(mail.at))
            .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
            // No out-of-office answers (RFC 3834).
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                mail.html.clone(),
            ))
            .map_err(|error| never(&error))
    }
}

/// Whether this can be a sender's address.
pub fn check_sender(text: &str) -> Result<(), SmtpError> {
    sender(text).map(drop)
}

fn sender(text: &str) -> Result<Address, SmtpError> {
    text.parse()
        .map_err(|error| SmtpError::From(text.to_owned(), error))
}

fn system_time(at: Micros) -> std::time::SystemTime {
    let since = Duration::from_micros(u64::try_from(at.0).unwrap_or(0));
    std::time::SystemTime::UNIX_EPOCH + since
}

/// `Auto-Submitted: auto-generated`.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
