//! `bursar gateway doctor`: whether the gateway could do its work now, and what to do if not.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use bursar_db::{Location, OpenError};
use bursar_gateway_client::FailureKind;
use bursar_gateway_connect::{App, Vault};
use bursar_kernel::{Clock, CorrelationId, Micros, Rng};
use bursar_outbound::{Client, OutboundError, Request};
use bursar_secrets::{SealingKeys, SealingKeysError};
use http::Method;
use http::header::DATE;

use super::{apps, key_file, needs_mail, vault_over};
use crate::StartError;
use crate::config::{Config, GatewayConfig};

/// A clock that is further off makes tokens seem expired, or not yet valid.
const CLOCK_OFF_MAX: Duration = Duration::from_mins(1);

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What.
    pub what: String,
    /// What is wrong and what to do; none where it is fine.
    pub problem: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            None => write!(f, "ok      {}", self.what),
            Some(problem) => write!(f, "PROBLEM {}: {problem}", self.what),
        }
    }
}

/// Looks at everything, and changes nothing but a file that it removes again.
pub async fn examine(config: &Config) -> Result<Vec<Finding>, StartError> {
    let gateway = config.gateway.as_ref().ok_or(StartError::NoGateway)?;
    let (clock, rng) = (Clock::system(), Rng::system());
    let http = super::http(gateway)?;
    let path = key_file(config, gateway);
    let missing = !path.exists();
    let (keys, unfit) = match keys(&path, missing, &rng) {
        Ok(keys) => (Some(keys), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let opened = match keys {
        Some(keys) if !is_new(config) => Some(open(config, gateway, &clock, keys).await),
        _ => None,
    };
    let mut findings = vec![disk(config)];
    let mut vault = None;
    match opened {
        None => {}
        Some(Ok(opened)) => vault = Some(opened),
        Some(Err(error)) => {
            let problem = format!("{error}; where the gateway runs on SQLite, stop it first");
            findings.push(finding("the database", Some(problem)));
        }
    }
    let sealed = missing && is_sealed(vault.as_ref()).await?;
    findings.push(key_finding(&path, missing, sealed, unfit));
    if needs_mail(gateway) {
        findings.push(mail(config));
    }
    let configured = apps(gateway, &clock, &rng)?;
    for app in configured.iter() {
        findings.push(credentials(app).await);
        findings.extend(issuer(app).await);
        let mut places = vec![app.client.home().to_string()];
        if let Some(vault) = &vault {
            places.extend(vault.geolocations(&app.id).await.map_err(OpenError::from)?);
            findings.push(tokens(vault, &app.id).await?);
        }
        places.sort();
        places.dedup();
        for place in places {
            findings.push(reach(&http, &clock, &rng, &place).await);
        }
    }
    Ok(findings)
}

fn finding(what: impl Into<String>, problem: Option<String>) -> Finding {
    Finding {
        what: what.into(),
        problem,
    }
}

/// Whether a file in the data folder can be written and synced.
fn disk(config: &Config) -> Finding {
    let written = || -> std::io::Result<()> {
        bursar_db::create_folder(&config.data)?;
        let path = config.data.join(".doctor");
        let mut file = std::fs::File::create(&path)?;
        let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
        std::fs::remove_file(&path)?;
        written
    };
    let what = format!("the data folder {}", config.data.display());
    finding(what, written().err().map(|error| error.to_string()))
}

async fn open(
    config: &Config,
    gateway: &GatewayConfig,
    clock: &Clock,
    keys: SealingKeys,
) -> Result<Vault, StartError> {
    let db = crate::platform::open_database(config).await?;
    vault_over(db, gateway, clock, keys)
}

/// Whether nothing was ever stored: there is no file that opening would find.
fn is_new(config: &Config) -> bool {
    match &config.location {
        Location::Folder(folder) => !folder.join("bursar.db").exists(),
        Location::Url(_) => false,
    }
}

/// The keys of the file. Where there is none, none is made: one that opens nothing stands in.
fn keys(path: &Path, missing: bool, rng: &Rng) -> Result<SealingKeys, SealingKeysError> {
    if !missing {
        return SealingKeys::load_or_create(path, rng);
    }
    let digits = [rng.uuid(), rng.uuid()].map(|half| half.simple().to_string());
    SealingKeys::from_lines(&digits.concat())
}

/// Whether the key file is there and fit. Before anybody is connected none has to be: a gateway
/// with stored tokens must not begin with another key.
fn key_finding(path: &Path, missing: bool, sealed: bool, unfit: Option<String>) -> Finding {
    let what = format!("the key file {}", path.display());
    match (missing, sealed) {
        (true, true) => {
            let problem = "there is none, but tokens were sealed by it; restore it from its backup";
            finding(what, Some(problem.to_owned()))
        }
        (true, false) => finding(format!("{what}: none yet; the first start makes it"), unfit),
        (false, _) => finding(what, unfit),
    }
}

/// Whether a connection of any app has a stored token.
async fn is_sealed(vault: Option<&Vault>) -> Result<bool, StartError> {
    let Some(vault) = vault else {
        return Ok(false);
    };
    for app in vault.apps().iter() {
        let sealing = vault.sealing(&app.id).await.map_err(OpenError::from)?;
        if sealing.all() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the connect pages can mail codes.
fn mail(config: &Config) -> Finding {
    let problem = "none is configured: nobody can make an account, or set a new password";
    let problem = config.mail.is_none().then(|| problem.to_owned());
    finding("the mail server", problem)
}

/// Whether the platform takes the app's id and secret.
async fn credentials(app: &App) -> Finding {
    let what = format!("{}: the app's credentials", app.id);
    let problem = match app.client.client_credentials().await {
        Ok(_) => None,
        // An app that may not act for itself has shown a good secret all the same.
        Err(failure) => match &*failure.kind {
            FailureKind::Refused(refusal) if refusal.has_code("60") => None,
            kind => Some(kind.to_string()),
        },
    };
    finding(what, problem)
}

/// Whether the app's identity provider says what a sign-in needs, and the secret is there. Whether
/// the provider takes it shows with a code only.
async fn issuer(app: &App) -> Option<Finding> {
    let openid = app.openid.as_ref()?;
    let problem = openid.examine().await.err();
    Some(finding(
        format!("{}: the identity provider", app.id),
        problem.map(|problem| problem.to_string()),
    ))
}

/// Whether the stored tokens can be opened, and need no older key.
async fn tokens(vault: &Vault, app_id: &str) -> Result<Finding, StartError> {
    let sealing = vault.sealing(app_id).await.map_err(OpenError::from)?;
    let all = sealing.all();
    let problem = match (sealing.closed, sealing.older) {
        (0, 0) => None,
        (0, older) => Some(format!(
            "{older} are sealed by an older key; keep it, and start the gateway: it seals them anew"
        )),
        (closed, _) => Some(format!(
            "{closed} of {all} cannot be opened; is their key in the key file?"
        )),
    };
    Ok(finding(format!("{app_id}: {all} stored tokens"), problem))
}

/// Whether a data center answers, and whether its clock and ours agree.
async fn reach(http: &Client, clock: &Clock, rng: &Rng, base: &str) -> Finding {
    let url = format!("{base}/oauth2/v0/jwks");
    let request = Request::new(Method::GET, url, CorrelationId::new(rng));
    let problem = match http.request(request).await {
        Err(error) => Some(told(&error)),
        Ok(response) => {
            let date = response.headers.get(DATE);
            let date = date.and_then(|value| jiff::fmt::rfc2822::parse(value.to_str().ok()?).ok());
            date.and_then(|date| {
                let theirs = Micros(date.timestamp().as_microsecond());
                let ours = clock.now();
                let off = (theirs - ours).max(ours - theirs);
                (off > CLOCK_OFF_MAX)
                    .then(|| format!("its clock and ours are {} s apart", off.as_secs()))
            })
        }
    };
    finding(format!("the data center {base}"), problem)
}

fn told(error: &OutboundError) -> String {
    use std::error::Error as _;
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
