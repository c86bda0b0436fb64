//! `bursar gateway`: the partner's side, as configured.

pub mod doctor;
pub mod import;
pub mod legacy;
pub mod operator;
pub mod watch;

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bursar_blobs::{BlobError, BlobId, Blobs};
use bursar_db::{Db, DbError, Location, OpenError};
use bursar_gateway_client::{App as ClientApp, Client, Http, Limits as CallLimits};
use bursar_gateway_connect::pages::{self, Codes, PagesState, Warnings};
use bursar_gateway_connect::{
    App, Apps, Environment, Inactive, KeepAlive, OpenId, OpenIdApp, Revoke, Vault, forget_calls,
};
use bursar_gateway_console::{ConsoleState, Operators};
use bursar_gateway_delivery::{Api, ApiKeys, Deliverer, Outbox, measure, routes};
use bursar_jobs::{Handler, Workers};
use bursar_kernel::{Clock, Rng};
use bursar_mail::{Mailbox, Mailer};
use bursar_secrets::{Passwords, SealingKeys};
use bursar_web::{DataCenter, Door, Limits, Metrics, Readiness, edge, openapi_router, ops_router};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use watch::Watch;

use crate::StartError;
use crate::config::{Config, EnvironmentName, GatewayAppConfig, GatewayConfig, OpenIdConfig};

/// How old a file without an item is before it goes: an item that is on its way has one.
const ORPHANS_KEPT: Duration = Duration::from_hours(24);
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// When sealing by the first key is tried again.
const RESEAL_AGAIN: Duration = Duration::from_mins(1);
/// A user's receipts are looked through in answers of up to 32 MiB.
const ANSWER_MAX: usize = 40 << 20;

/// A sign-in waits for an identity provider no longer, and its answers are small.
const PROVIDER_LIMITS: CallLimits = CallLimits {
    connect_time: Duration::from_secs(5),
    total_time: Duration::from_secs(10),
    response_bytes: 1 << 20,
};

/// A started gateway.
pub struct Gateway {
    here: Arc<DataCenter>,
    socket: TcpListener,
    router: Router,
    db: Db,
    vault: Vault,
    outbox: Outbox,
    workers: Workers,
    tasks: Vec<JoinHandle<()>>,
    stop_delivery: oneshot::Sender<()>,
    delivery: JoinHandle<()>,
}

impl Gateway {
    /// Opens everything, binds its address and starts what runs by itself.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        Self::start_mailing(config, None).await
    }

    /// The same; mail goes into this mailbox, if there is one.
    pub async fn start_mailing(
        config: &Config,
        mailbox: Option<Mailbox>,
    ) -> Result<Self, StartError> {
        let clock = Clock::system();
        let gateway = config.gateway.as_ref().ok_or(StartError::NoGateway)?;
        let metrics = Metrics::install();
        let rng = Rng::system();
        let vault = open_vault(config, &clock).await?;
        let db = vault.db().clone();
        let blobs = Blobs::open(config.data.join("blobs"), clock.clone(), rng.clone())?;
        let (socket, here) = bind(gateway).await?;
        let mailers = mailers(config, gateway, &db, mailbox.as_ref())?;
        let mails = mailers.values().all(sends);
        if !mails && needs_mail(gateway) {
            tracing::warn!(
                "no mail server is configured: nobody can make an account; see `mail.host` and \
                 `gateway.app.openid` in docs/operations.md"
            );
        }
        let workers = Workers::start(
            db.clone(),
            clock.clone(),
            rng.clone(),
            handlers(gateway, &vault, mailers, here.base_uri()),
            config.workers,
        );
        let mut tasks = tend(gateway, &vault);
        let outbox = Outbox::new(
            db.clone(),
            blobs.clone(),
            clock.clone(),
            rng.clone(),
            vault.clone(),
        );
        let (stop_delivery, delivery) = deliver(config, gateway, &outbox).await?;
        let waking = tokio::spawn(wake(outbox.clone()));
        let sweeping = tokio::spawn(sweep(blobs, outbox.clone()));
        let measuring = tokio::spawn(measure(outbox.clone()));
        tasks.extend([waking, sweeping, measuring]);
        tasks.extend(watch_folders(gateway, &outbox)?);
        let documents = [bursar_gateway_delivery::openapi()];
        let router = operations(&db, metrics)
            .merge(all_pages(gateway, &outbox, here.base_uri(), mails))
            .merge(routes(Api::new(outbox.clone(), api_keys(gateway)?)))
            .merge(openapi_router(env!("CARGO_PKG_VERSION"), documents));
        let router = edge(router, rng, clock, &Limits::default());
        Ok(Self {
            here: Arc::new(here),
            socket,
            router,
            db,
            vault,
            workers,
            outbox,
            tasks,
            stop_delivery,
            delivery,
        })
    }

    /// Where it is reached.
    pub fn address(&self) -> &str {
        self.here.base_uri()
    }

    /// The vault, for tests and the demo.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The outbox, for tests and the demo.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Answers until `stop` completes; then finishes what was accepted, and closes everything.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let door = Door {
            socket: self.socket,
            data_center: self.here,
            router: self.router,
            tls: None,
        };
        bursar_web::serve(vec![door], Limits::default(), stop).await;
        for task in self.tasks {
            task.abort();
        }
        // It may have ended by itself.
        self.stop_delivery.send(()).ok();
        drop(self.delivery.await);
        self.workers.stop().await;
        self.db.close().await;
    }
}

/// What runs the jobs.
fn handlers(
    gateway: &GatewayConfig,
    vault: &Vault,
    mailers: BTreeMap<String, Mailer>,
    base_uri: &str,
) -> Vec<Arc<dyn Handler>> {
    let mut handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(Revoke::new(vault.clone())),
        Arc::new(Codes::new(vault.clone(), mailers.clone())),
    ];
    if let Some(limits) = gateway.inactive() {
        let warnings = Warnings::new(vault.clone(), limits, mailers, base_uri);
        handlers.push(Arc::new(warnings));
    }
    handlers
}

/// Starts what looks after the vault.
fn tend(gateway: &GatewayConfig, vault: &Vault) -> Vec<JoinHandle<()>> {
    let mut tasks = vec![
        tokio::spawn(KeepAlive::new(vault.clone()).run()),
        tokio::spawn(forget_calls(vault.clone(), gateway.call_log_kept())),
        tokio::spawn(reseal(vault.clone())),
    ];
    if let Some(limits) = gateway.inactive() {
        tasks.push(tokio::spawn(Inactive::new(vault.clone(), limits).run()));
    }
    tasks
}

/// What sends each app's mail, in the name of its brand.
fn mailers(
    config: &Config,
    gateway: &GatewayConfig,
    db: &Db,
    mailbox: Option<&Mailbox>,
) -> Result<BTreeMap<String, Mailer>, StartError> {
    let mailers = gateway.app.iter().map(|app| {
        let mailer = match mailbox {
            Some(mailbox) => Mailer::Mailbox(mailbox.clone()),
            None => crate::mail::mailer(config, &app.brand().name, db)?,
        };
        Ok((app.id.clone(), mailer))
    });
    mailers.collect()
}

/// Whether some accounts are made on the connect pages.
fn needs_mail(gateway: &GatewayConfig) -> bool {
    gateway.app.iter().any(|app| app.openid.is_none())
}

fn sends(mailer: &Mailer) -> bool {
    !matches!(mailer, Mailer::Nowhere)
}

/// The vault over the configured database, with the configured apps.
async fn open_vault(config: &Config, clock: &Clock) -> Result<Vault, StartError> {
    let gateway = config.gateway.as_ref().ok_or(StartError::NoGateway)?;
    // First, since it makes the folder that the key goes into.
    let db = crate::platform::open_database(config).await?;
    let keys = SealingKeys::load_or_create(&key_file(config, gateway), &Rng::system())?;
    vault_over(db, gateway, clock, keys)
}

/// The same over a database that is open, with these keys.
fn vault_over(
    db: Db,
    gateway: &GatewayConfig,
    clock: &Clock,
    keys: SealingKeys,
) -> Result<Vault, StartError> {
    let rng = Rng::system();
    let apps = apps(gateway, clock, &rng)?;
    let ahead = gateway.refresh_ahead();
    Ok(Vault::new(db, clock.clone(), rng, keys, apps, ahead))
}

fn key_file(config: &Config, gateway: &GatewayConfig) -> PathBuf {
    let named = gateway.key_file.clone();
    named.unwrap_or_else(|| config.data.join("gateway.key"))
}

fn operations(db: &Db, metrics: Metrics) -> Router {
    let db = db.clone();
    let readiness = Readiness::default().check("database", move || {
        let db = db.clone();
        async move { db.ping().await.map_err(|error: DbError| error.to_string()) }
    });
    ops_router(readiness, metrics)
}

/// Where the merchant's users connect, and where its people run the gateway.
fn all_pages(config: &GatewayConfig, outbox: &Outbox, base_uri: &str, mails: bool) -> Router {
    let vault = outbox.vault().clone();
    let passwords = Passwords::new(Rng::system());
    let operators = config.operator.iter();
    let operators = operators.map(|one| (one.name.clone(), one.password_hash.clone()));
    let console = bursar_gateway_console::routes(ConsoleState {
        outbox: outbox.clone(),
        operators: Operators::new(operators),
        passwords: passwords.clone(),
        base_uri: base_uri.to_owned(),
    });
    let connect = pages::routes(PagesState {
        vault,
        passwords,
        base_uri: base_uri.to_owned(),
        mails,
    });
    connect.merge(console)
}

/// Starts delivering.
async fn deliver(
    config: &Config,
    gateway: &GatewayConfig,
    outbox: &Outbox,
) -> Result<(oneshot::Sender<()>, JoinHandle<()>), StartError> {
    let retry = gateway.app.iter().filter(|app| app.retry_unknown);
    let retry = retry.map(|app| app.id.clone()).collect();
    let deliverer = Deliverer::new(outbox.clone(), retry);
    if let Location::Folder(_) = config.location {
        // The folder is ours alone: whoever held a lease in it is dead.
        deliverer.expire_leases().await.map_err(OpenError::from)?;
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let delivery = tokio::spawn(deliverer.run(async { drop(stopped.await) }));
    Ok((stop, delivery))
}

/// Puts a new key first in the gateway's key file; answers which file that is.
pub fn rotate_key(config: &Config) -> Result<PathBuf, StartError> {
    let gateway = config.gateway.as_ref().ok_or(StartError::NoGateway)?;
    let path = key_file(config, gateway);
    SealingKeys::add_key(&path, &Rng::system())?;
    Ok(path)
}

/// Seals what an older key sealed by the first one.
async fn reseal(vault: Vault) {
    loop {
        match vault.reseal().await {
            Ok(0) => return,
            Ok(done) => return tracing::info!(done, "sealed tokens by the first key"),
            Err(error) => tracing::warn!(%error, "some tokens are sealed by an older key still"),
        }
        tokio::time::sleep(RESEAL_AGAIN).await;
    }
}

/// Goes on with what waits for a connection as soon as its user has reconnected.
async fn wake(outbox: Outbox) {
    let mut news = outbox.vault().news();
    loop {
        match news.recv().await {
            Ok(connection_id) => {
                if let Err(error) = outbox.wake(connection_id).await {
                    tracing::warn!(%error, %connection_id, "its items wait a little longer");
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "some items wait a little longer");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Removes files that a crash left without an item, again and again.
async fn sweep(blobs: Blobs, outbox: Outbox) {
    loop {
        let named = |old| named_blobs(&outbox, old);
        match blobs.sweep(ORPHANS_KEPT, named).await {
            Ok(0) => {}
            Ok(orphans) => tracing::info!(orphans, "swept the file store"),
            Err(error) => tracing::warn!(%error, "the file store was not swept"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Those of `blobs` that any item names.
async fn named_blobs(outbox: &Outbox, blobs: Vec<BlobId>) -> Result<HashSet<BlobId>, SweepError> {
    let mut named = HashSet::new();
    for blob in blobs {
        if outbox.names_blob(&blob.to_string()).await? {
            named.insert(blob);
        }
    }
    Ok(named)
}

/// Why orphans were not swept.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Begins to watch the folders of the apps that have one.
fn watch_folders(
    config: &GatewayConfig,
    outbox: &Outbox,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let mut watches = Vec::new();
    for app in &config.app {
        let Some(folder) = &app.watched_folder else {
            continue;
        };
        let watch = Watch::new(folder, outbox.clone(), &app.id)
            .map_err(|error| StartError::Gateway(format!("{}: {error}", folder.display())))?;
        watches.push(tokio::spawn(watch.run()));
    }
    Ok(watches)
}

/// Each app's keys.
fn api_keys(config: &GatewayConfig) -> Result<ApiKeys, StartError> {
    let keys = config.app.iter().flat_map(|app| {
        let hashes = app.api_key_hashes.iter();
        hashes.map(|hash| (app.id.as_str(), hash.as_str()))
    });
    ApiKeys::new(keys).map_err(|error| StartError::Gateway(error.to_string()))
}

async fn bind(config: &GatewayConfig) -> Result<(TcpListener, DataCenter), StartError> {
    let failed = |source| StartError::Listen {
        id: "gateway".to_owned(),
        address: config.listen,
        source,
    };
    let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address: SocketAddr = socket.local_addr().map_err(failed)?;
    let here = config
        .at(address)
        .map_err(|source| StartError::DataCenter {
            id: "gateway".to_owned(),
            source,
        })?;
    Ok((socket, here))
}

/// What calls platforms.
fn http(config: &GatewayConfig) -> Result<Http, StartError> {
    let limits = CallLimits {
        response_bytes: ANSWER_MAX,
        ..CallLimits::default()
    };
    trusting(config, limits)
}

/// What calls others, trusting the configured authorities.
fn trusting(config: &GatewayConfig, limits: CallLimits) -> Result<Http, StartError> {
    let Some(path) = &config.authorities_file else {
        return Ok(Http::new(limits));
    };
    let wrong = |error: String| StartError::Gateway(format!("{}: {error}", path.display()));
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Http::trusting(limits, &pem).map_err(|error| wrong(error.to_string()))
}

/// The configured apps, each with a client of its own over connections that they share.
fn apps(config: &GatewayConfig, clock: &Clock, rng: &Rng) -> Result<Apps, StartError> {
    let http = http(config)?;
    let provider_http = trusting(config, PROVIDER_LIMITS)?;
    let apps = config.app.iter().map(|app| {
        let client = Client::new(http.clone(), clock.clone(), rng.clone(), client_app(app)?);
        Ok(App {
            id: app.id.clone(),
            environment: match app.environment {
                EnvironmentName::Development => Environment::Development,
                EnvironmentName::Production => Environment::Production,
            },
            client: client.map_err(|error| StartError::Gateway(error.to_string()))?,
            brand: app.brand(),
            required_scopes: app.required_scopes.clone(),
            company_operators: app.company_operators.clone(),
            openid: app.openid.as_ref().map(|openid| {
                let (clock, rng) = (clock.clone(), rng.clone());
                OpenId::new(openid_app(openid), provider_http.clone(), clock, rng)
            }),
        })
    });
    Ok(Apps::new(apps.collect::<Result<Vec<_>, StartError>>()?))
}

fn openid_app(openid: &OpenIdConfig) -> OpenIdApp {
    OpenIdApp {
        issuer: openid.issuer.clone(),
        client_id: openid.client_id.clone(),
        client_secret_file: openid.client_secret_file.clone(),
        user_claim: openid.user_claim.clone(),
        scopes: openid.scopes.clone(),
        label: openid.label.clone(),
    }
}

fn client_app(app: &GatewayAppConfig) -> Result<ClientApp, StartError> {
    let path = &app.client_secret_file;
    let secret = std::fs::read_to_string(path)
        .map_err(|error| StartError::Gateway(format!("{}: {error}", path.display())))?;
    Ok(ClientApp {
        client_id: app.client_id.clone(),
        client_secret: SecretString::from(secret.trim_end().to_owned()),
        base_uri: app.base_uri.clone(),
        trusted_domains: app.trusted_domains.clone(),
    })
}
