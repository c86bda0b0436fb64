//! The gateway and the apps that it runs.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bursar_gateway_client::Trust;
use bursar_gateway_connect::{Brand, InactiveLimits, is_safe_address};
use bursar_secrets::is_password_hash;
use bursar_web::{DataCenter, DataCenterError};
use serde::Deserialize;

/// What addresses begin with that are no app's.
const TAKEN: [&str; 6] = ["assets", "console", "health", "metrics", "ready", "v1"];

/// `[gateway]`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// The address to listen on; port 0 takes any free one. Default: 127.0.0.1:8090.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where the merchant's users and systems reach it. Default, on loopback only: the listener's
    /// own address.
    pub base_uri: Option<String>,
    /// The keys that seal tokens, made at first start. Default: `gateway.key` in `data`.
    pub key_file: Option<PathBuf>,
    /// Certificates in PEM of authorities that are trusted beside the system's.
    pub authorities_file: Option<PathBuf>,
    /// How long before its token expires a connection is refreshed, in days.
    #[serde(default = "refresh_ahead_days")]
    pub refresh_ahead_days: u16,
    /// How long calls to the platform are kept, in days.
    #[serde(default = "call_log_days")]
    pub call_log_days: u16,
    /// After how many days a user is inactive, for whom nothing was sent and who was not seen: the
    /// connection is revoked. 0: never.
    #[serde(default = "inactive_days")]
    pub inactive_days: u16,
    /// How many days before that the user is warned by mail.
    #[serde(default = "inactive_warn_days")]
    pub inactive_warn_days: u16,
    /// The apps.
    #[serde(default)]
    pub app: Vec<GatewayAppConfig>,
    /// Who may enter the console.
    #[serde(default)]
    pub operator: Vec<OperatorConfig>,
}

/// `[[gateway.operator]]`: one of the people who run the gateway.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct OperatorConfig {
    /// What they sign in with.
    pub name: String,
    /// The hash of their password, which `bursar gateway hash-password` makes.
    pub password_hash: String,
}

impl fmt::Debug for OperatorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorConfig({})", self.name)
    }
}

/// `[[gateway.app]]`: a merchant's app at the platform.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct GatewayAppConfig {
    /// Its name in addresses and rows: lower-case letters, digits and dashes.
    pub id: String,
    /// What it is for.
    pub environment: EnvironmentName,
    /// Its client id at the platform.
    pub client_id: String,
    /// A file with its secret.
    pub client_secret_file: PathBuf,
    /// The base URI of its geolocation, where tokens are asked for first.
    pub base_uri: String,
    /// Domains below which the platform's other data centers are; the documented ones are known.
    #[serde(default)]
    pub trusted_domains: Vec<String>,
    /// SHA-256, in hexadecimal digits, of the keys that open its API.
    #[serde(default)]
    pub api_key_hashes: Vec<String>,
    /// A folder of its own: CSV and JSON Lines files that are put there go into the outbox.
    pub watched_folder: Option<PathBuf>,
    /// Whether a quick expense whose outcome is unknown is sent again: it may then arrive twice.
    #[serde(default)]
    pub retry_unknown: bool,
    /// How its connect pages call the merchant. Default: the app's id.
    pub brand_name: Option<String>,
    /// How its connect pages call the platform. Default: SAP Concur.
    pub platform_name: Option<String>,
    /// The merchant's terms: an `https` address, as the next two.
    pub terms_url: Option<String>,
    /// What the merchant does with personal data.
    pub privacy_url: Option<String>,
    /// Where people find help.
    pub support_url: Option<String>,
    /// Permissions without which nobody is connected.
    #[serde(default)]
    pub required_scopes: Vec<String>,
    /// Whose accounts may connect a whole company, by what they sign in with.
    #[serde(default)]
    pub company_operators: Vec<String>,
    /// Where its users sign in. Default: they have accounts on its connect pages.
    pub openid: Option<OpenIdConfig>,
}

/// `[gateway.app.openid]`: an identity provider that speaks OpenID Connect.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct OpenIdConfig {
    /// Its address, exactly as its tokens name it.
    pub issuer: String,
    /// The app's client id there.
    pub client_id: String,
    /// A file with its secret; read at each sign-in.
    pub client_secret_file: PathBuf,
    /// The claim that names a user as items do. Default: sub.
    #[serde(default = "user_claim")]
    pub user_claim: String,
    /// What is asked for. Default: openid profile email.
    #[serde(default = "scopes")]
    pub scopes: String,
    /// What the button that leads there says.
    pub label: Option<String>,
}

/// What an app is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentName {
    /// Building and testing.
    Development,
    /// The real thing.
    Production,
}

fn listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 8090))
}

fn refresh_ahead_days() -> u16 {
    30
}

fn user_claim() -> String {
    "sub".to_owned()
}

fn scopes() -> String {
    "openid profile email".to_owned()
}

fn call_log_days() -> u16 {
    90
}

fn inactive_days() -> u16 {
    365
}

fn inactive_warn_days() -> u16 {
    30
}

impl GatewayConfig {
    /// A gateway for these apps on a port of this machine, otherwise by default.
    pub(crate) fn on_loopback(port: u16, app: Vec<GatewayAppConfig>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            base_uri: None,
            key_file: None,
            authorities_file: None,
            refresh_ahead_days: refresh_ahead_days(),
            call_log_days: call_log_days(),
            inactive_days: inactive_days(),
            inactive_warn_days: inactive_warn_days(),
            app,
            operator: Vec::new(),
        }
    }

    /// Where it is, once its listener's address is known.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<DataCenter, DataCenterError> {
        let own = format!("http://{address}");
        let base_uri = self.base_uri.as_deref().unwrap_or(&own);
        DataCenter::new("gateway", base_uri, base_uri)
    }

    /// How long before its token expires a connection is refreshed.
    pub(crate) fn refresh_ahead(&self) -> Duration {
        days(self.refresh_ahead_days)
    }

    /// How long calls to the platform are kept.
    pub(crate) fn call_log_kept(&self) -> Duration {
        days(self.call_log_days)
    }

    /// How long users may be inactive; none: for ever.
    pub(crate) fn inactive(&self) -> Option<InactiveLimits> {
        (self.inactive_days > 0).then(|| InactiveLimits {
            revoked_after: days(self.inactive_days),
            warned_ahead: days(self.inactive_warn_days),
        })
    }

    /// What is wrong with it, if anything.
    pub(super) fn check(&self, tls_terminated_by_proxy: bool) -> Result<(), String> {
        if !self.listen.ip().is_loopback() {
            if self.base_uri.is_none() {
                return Err("[gateway] listens off loopback: give a base_uri".into());
            }
            if !tls_terminated_by_proxy {
                return Err(format!(
                    "[gateway] would serve plain HTTP on {}; put a TLS proxy in front and set \
                     tls_terminated_by_proxy = true, or listen on loopback",
                    self.listen
                ));
            }
        }
        self.at(self.listen)
            .map_err(|error| format!("[gateway] {error}"))?;
        let (revoked, warned) = (self.inactive_days, self.inactive_warn_days);
        if revoked > 0 && !(1..revoked).contains(&warned) {
            return Err(format!(
                "gateway.inactive_warn_days: use 1 to {}, less than gateway.inactive_days; or 0 \
                 there, and nobody is revoked for being inactive",
                revoked.saturating_sub(1).max(1)
            ));
        }
        if self.app.is_empty() {
            return Err("[gateway] has no [[gateway.app]]".into());
        }
        for (index, app) in self.app.iter().enumerate() {
            if self.app[..index].iter().any(|other| other.id == app.id) {
                return Err(format!("[[gateway.app]] {} is given twice", app.id));
            }
            let folder = app.watched_folder.as_ref();
            let same = |other: &&GatewayAppConfig| other.watched_folder.as_ref() == folder;
            if let Some(other) = self.app[..index]
                .iter()
                .find(same)
                .filter(|_| folder.is_some())
            {
                let (one, two) = (&other.id, &app.id);
                return Err(format!(
                    "[[gateway.app]] {one} and {two} watch the same folder"
                ));
            }
            app.check()
                .map_err(|problem| format!("[[gateway.app]] {}: {problem}", app.id))?;
        }
        for (index, operator) in self.operator.iter().enumerate() {
            let name = &operator.name;
            if self.operator[..index]
                .iter()
                .any(|other| other.name == *name)
            {
                return Err(format!("[[gateway.operator]] {name} is given twice"));
            }
            operator
                .check()
                .map_err(|problem| format!("[[gateway.operator]] {name}: {problem}"))?;
        }
        Ok(())
    }
}

impl OperatorConfig {
    fn check(&self) -> Result<(), String> {
        let length = self.name.chars().count();
        let blanks = self.name.trim().len() < self.name.len();
        if !(1..=100).contains(&length) || blanks || self.name.chars().any(char::is_control) {
            return Err("use 1 to 100 characters as the name, without blanks around it".into());
        }
        if !is_password_hash(&self.password_hash) {
            return Err("password_hash: make it with `bursar gateway hash-password`".into());
        }
        Ok(())
    }
}

impl GatewayAppConfig {
    /// How its pages call themselves.
    pub(crate) fn brand(&self) -> Brand {
        let address = |url: &Option<String>| url.clone().unwrap_or_default();
        let platform = self.platform_name.as_deref();
        Brand {
            name: self.brand_name.clone().unwrap_or_else(|| self.id.clone()),
            platform: platform.unwrap_or("SAP Concur").to_owned(),
            terms_url: address(&self.terms_url),
            privacy_url: address(&self.privacy_url),
            support_url: address(&self.support_url),
        }
    }

    fn check(&self) -> Result<(), String> {
        let usable = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(usable) {
            return Err("use 1 to 32 lower-case letters, digits and dashes as its id".into());
        }
        if TAKEN.contains(&self.id.as_str()) {
            let taken = TAKEN.join(", ");
            return Err(format!(
                "use another id; these addresses are taken: {taken}"
            ));
        }
        Trust::new(&self.base_uri, &self.trusted_domains)
            .map_err(|_| "base_uri: write it as https://host".to_owned())?;
        for url in [&self.terms_url, &self.privacy_url, &self.support_url] {
            if url.as_ref().is_some_and(|url| !url.starts_with("https://")) {
                return Err(
                    "terms_url, privacy_url, support_url: write them as https://host/path".into(),
                );
            }
        }
        if let Some(openid) = &self.openid {
            openid.check()?;
        }
        let is_hash =
            |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !self.api_key_hashes.iter().all(is_hash) {
            return Err("api_key_hashes: each is 64 hexadecimal digits".into());
        }
        Ok(())
    }
}

impl OpenIdConfig {
    fn check(&self) -> Result<(), String> {
        if !is_safe_address(&self.issuer) {
            return Err("openid.issuer: write it as https://host/path".into());
        }
        if !self.scopes.split(' ').any(|scope| scope == "openid") {
            return Err("openid.scopes: openid has to be among them".into());
        }
        Ok(())
    }
}

fn days(days: u16) -> Duration {
    Duration::from_hours(24 * u64::from(days))
}
