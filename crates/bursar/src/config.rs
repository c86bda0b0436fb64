//! What an operator can set. Precedence: flag, then environment, then file, then default.
//!
//! Every key is documented in `docs/operations.md`; a test holds the two together.

use std::path::{Path, PathBuf};

use bursar_db::{Location, OpenError};
use bursar_directory::DataCentersError;
use bursar_web::{DataCenterError, LogFormat, LoggingError, Strict, UnknownSwitch};
use serde::Deserialize;

mod check;
mod data_center;
mod describe;
mod gateway;
mod mail;
mod strict;

pub use data_center::DataCenterConfig;
pub use gateway::{EnvironmentName, GatewayAppConfig, GatewayConfig, OpenIdConfig, OperatorConfig};
pub use mail::{MailConfig, MailTls, OtpParameter};
use strict::StrictNames;
pub use strict::{strict, switches};

/// The first administrator's password, where no file has it.
pub(crate) const BOOTSTRAP_PASSWORD: &str = "BURSAR_BOOTSTRAP_PASSWORD";
/// The mail server's password, where no file has it.
pub(crate) const MAIL_PASSWORD: &str = "BURSAR_MAIL_PASSWORD";

/// Flags, each with its environment variable. They win over the file.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Flags {
    /// Configuration file (TOML)
    #[arg(long, env = "BURSAR_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Folder for the embedded database, files and the secret key [default: ./data]
    #[arg(long, env = "BURSAR_DATA", global = true)]
    pub data: Option<PathBuf>,
    /// PostgreSQL in place of the embedded database: `postgres://user@host:5432/name`, as a flag
    /// without a password
    #[arg(
        long,
        env = "BURSAR_DATABASE_URL",
        global = true,
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// What to log: a level, or targets with levels [default: info; sandbox and demo: warn]
    #[arg(long, env = "BURSAR_LOG", global = true)]
    pub log: Option<String>,
    /// How to log: human or json [default: human]
    #[arg(long, env = "BURSAR_LOG_FORMAT", global = true)]
    pub log_format: Option<Format>,
    /// Documented rules to enforce where others are taken too: ids of docs/behaviours.md with
    /// commas between them; all of them if none is named
    #[arg(
        long,
        env = "BURSAR_STRICT",
        global = true,
        value_name = "IDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        value_delimiter = ','
    )]
    pub strict: Option<Vec<String>>,
}

/// The look of log lines.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For eyes.
    Human,
    /// For machines: one JSON object a line.
    Json,
}

impl From<Format> for LogFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Json => Self::Json,
        }
    }
}

/// The configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "fields are the documented keys")]
struct File {
    data: Option<PathBuf>,
    database_url: Option<String>,
    database_connections_max: Option<usize>,
    secret_key_file: Option<PathBuf>,
    brand: Option<String>,
    workers: Option<usize>,
    tls_terminated_by_proxy: Option<bool>,
    loopback_partners: Option<bool>,
    #[serde(default)]
    log: LogFile,
    #[serde(default)]
    datacenter: Vec<DataCenterConfig>,
    bootstrap: Option<BootstrapConfig>,
    mail: Option<MailConfig>,
    #[serde(default)]
    otp_parameter: OtpParameter,
    strict: Option<StrictNames>,
    gateway: Option<GatewayConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFile {
    filter: Option<String>,
    format: Option<Format>,
}

/// The first company and its administrator, made when the database is empty.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct BootstrapConfig {
    /// The company's name.
    pub company: String,
    /// The data center where it lives.
    pub home: String,
    /// The administrator's user name.
    pub user_name: String,
    /// The administrator's e-mail address.
    pub email: String,
    /// A file with the first password; without it, `BURSAR_BOOTSTRAP_PASSWORD`.
    pub password_file: Option<PathBuf>,
}

/// Everything that a start needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where files and the secret key are.
    pub data: PathBuf,
    /// Where rows are.
    pub location: Location,
    /// Connections to PostgreSQL, at most.
    pub database_connections_max: usize,
    /// The 32-byte server key, made at first start.
    pub secret_key_file: PathBuf,
    /// The platform's name on pages.
    pub brand: String,
    /// Jobs that run at a time.
    pub workers: usize,
    /// Plain HTTP off loopback is refused unless a proxy in front ends TLS.
    pub tls_terminated_by_proxy: bool,
    /// Partners may give pages on this machine, by plain HTTP: for a sandbox.
    pub loopback_partners: bool,
    /// What to log, if anybody said.
    pub log_filter: Option<String>,
    /// How to log.
    pub log_format: Format,
    /// The data centers.
    pub datacenters: Vec<DataCenterConfig>,
    /// The first company, for a start that is not a sandbox.
    pub bootstrap: Option<BootstrapConfig>,
    /// The mail server, if there is one.
    pub mail: Option<MailConfig>,
    /// Where there is no mail server, mail is kept for everybody to read. For sandboxes.
    pub mailbox: bool,
    /// What links in mails call a one-time password.
    pub otp_parameter: OtpParameter,
    /// Which documented rules hold in place of lenient ones.
    pub strict: Strict,
    /// The gateway, where this is one.
    pub gateway: Option<GatewayConfig>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what is documented.
    #[error("{path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, and what is wrong there.
        message: String,
    },
    /// Two data centers have one id, or a value makes no sense.
    #[error("{0}")]
    Value(String),
    /// The database's URL is none.
    #[error("database_url: {0}")]
    Database(#[from] OpenError),
    /// A data center's id or addresses.
    #[error("[[datacenter]] {id}: {source}")]
    DataCenter {
        /// Its id.
        id: String,
        /// What is wrong.
        source: DataCenterError,
    },
    /// The data centers together.
    #[error("[[datacenter]] {0}")]
    DataCenters(#[from] DataCentersError),
    /// What to log.
    #[error("log.filter: {0}")]
    Log(#[from] LoggingError),
    /// A stricter rule that there is not.
    #[error("strict: {0}")]
    Strict(#[from] UnknownSwitch),
}

impl Config {
    /// Reads the file that the flags name, if any, and lays the flags over it.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let file = match &flags.config {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                    path: path.clone(),
                    source,
                })?;
                parse(path, &text)?
            }
        };
        Self::layer(flags, file)
    }

    fn layer(flags: &Flags, file: File) -> Result<Self, ConfigError> {
        let data = flags
            .data
            .clone()
            .or(file.data)
            .unwrap_or_else(|| "data".into());
        let url = flags.database_url.clone().or(file.database_url);
        let location = url.map_or_else(|| Location::Folder(data.clone()), Location::Url);
        let names = file.strict.map(StrictNames::into_vec);
        let config = Self {
            location,
            database_connections_max: file.database_connections_max.unwrap_or(16),
            secret_key_file: file
                .secret_key_file
                .unwrap_or_else(|| data.join("secret.key")),
            brand: file.brand.unwrap_or_else(|| "Bursar".into()),
            workers: file.workers.unwrap_or_else(default_workers),
            tls_terminated_by_proxy: file.tls_terminated_by_proxy.unwrap_or(false),
            loopback_partners: file.loopback_partners.unwrap_or(false),
            log_filter: flags.log.clone().or(file.log.filter),
            log_format: flags
                .log_format
                .or(file.log.format)
                .unwrap_or(Format::Human),
            datacenters: file.datacenter,
            bootstrap: file.bootstrap,
            mail: file.mail,
            mailbox: false,
            otp_parameter: file.otp_parameter,
            strict: strict(flags.strict.clone().or(names).as_deref())?,
            gateway: file.gateway,
            data,
        };
        config.check()?;
        Ok(config)
    }
}

fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Parse {
        path: path.to_owned(),
        message: explain(text, &error),
    })
}

/// Where it is, and what is wrong there. The error's own text would show the line, and with it a
/// password that stands there.
fn explain(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().replace('\n', ", ");
    let before = error.span().and_then(|span| text.get(..span.start));
    let Some(before) = before else {
        return what;
    };
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    format!("line {line}, column {column}: {what}")
}

/// A job waits for the disk several times, and those that wait together share its flushes.
fn default_workers() -> usize {
    16 * std::thread::available_parallelism().map_or(2, usize::from)
}

#[cfg(test)]
mod tests;
