//! The platform as one process: stores, slices, workers, listeners.

use std::collections::HashSet;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bursar_appcenter::{AppCenter, Urls};
use bursar_blobs::{BlobError, BlobId, Blobs};
use bursar_console::{ConsoleState, Letters};
use bursar_db::{Db, DbError, Isolation, Location, MIGRATIONS, OpenError, Options};
use bursar_directory::{
    Bootstrap, BootstrapError, DataCenters, DataCentersError, Edition, Passwords, Products, Seed,
    SeedError,
};
use bursar_expense::{ExpenseState, QuickPictures};
use bursar_jobs::Workers;
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_mail::{Mailbox, Mailer, SmtpError};
use bursar_oauth::api::issue_request_token;
use bursar_oauth::{Oauth, OpenOauthError, Principal, RequestToken};
use bursar_profile::ProfileState;
use bursar_receipts::api::PictureError;
use bursar_receipts::{Process, ReceiptsState};
use bursar_secrets::{SealingKeysError, ServerKey, ServerKeyError};
use bursar_web::{
    DataCenter, DataCenterError, Door, Limits, Metrics, Readiness, Strict, edge, openapi_router,
    ops_router,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ServerConfig;

use crate::admin::Admin;
use crate::config::{BOOTSTRAP_PASSWORD, BootstrapConfig, Config, DataCenterConfig};
use crate::control::{Control, ControlError};
use crate::tls::TlsError;

/// Files that no row names go after this long.
const ORPHANS_KEPT: Duration = Duration::from_hours(1);
/// The pause between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// A started platform: everything is open and bound; [`Platform::serve`] answers.
pub struct Platform {
    listeners: Vec<(SocketAddr, TcpListener, Arc<DataCenter>)>,
    router: Router,
    tls: Option<Arc<ServerConfig>>,
    control: Option<Control>,
    admin: Admin,
    db: Db,
    mailbox: Option<Mailbox>,
    oauth: Oauth,
    app_center: AppCenter,
    workers: Workers,
    sweeper: JoinHandle<()>,
}

/// Why the platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file store.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The server key.
    #[error(transparent)]
    ServerKey(#[from] ServerKeyError),
    /// The token service.
    #[error(transparent)]
    Oauth(#[from] OpenOauthError),
    /// The seed file.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The first company.
    #[error("[bootstrap] {0}")]
    Bootstrap(#[from] BootstrapError),
    /// The first administrator's password.
    #[error("[bootstrap] no first password: {0}")]
    Password(String),
    /// The mail server.
    #[error("[mail] {0}")]
    Mail(#[from] SmtpError),
    /// The mail server's password.
    #[error("[mail] no password: {0}")]
    MailPassword(String),
    /// A data center's addresses.
    #[error("[[datacenter]] {id}: {source}")]
    DataCenter {
        /// Its id.
        id: String,
        /// What is wrong.
        source: DataCenterError,
    },
    /// The data centers together.
    #[error(transparent)]
    DataCenters(#[from] DataCentersError),
    /// There is nothing to serve.
    #[error("no [[datacenter]] is configured; see docs/operations.md, or run `bursar sandbox`")]
    NoDataCenter,
    /// The control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The configuration has no gateway.
    #[error("the configuration has no [gateway]; see docs/operations.md")]
    NoGateway,
    /// A file of the gateway, or an app's address.
    #[error("[gateway] {0}")]
    Gateway(String),
    /// The keys that seal tokens.
    #[error(transparent)]
    SealingKeys(#[from] SealingKeysError),
    /// The sandbox's own certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Signals cannot be caught.
    #[error("cannot catch Ctrl-C and SIGTERM: {0}")]
    Signals(std::io::Error),
    /// An address is taken, or not this machine's.
    #[error("cannot listen on {address} for data center {id}: {source}; choose another address")]
    Listen {
        /// The data center.
        id: String,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Platform {
    /// Applies pending migrations and closes the database.
    pub async fn migrate(config: &Config) -> Result<(), StartError> {
        open_database(config).await?.close().await;
        Ok(())
    }

    /// Opens everything, applies the seed, binds every address and starts the workers.
    pub async fn start(config: Config, seed: Option<&str>) -> Result<Self, StartError> {
        Self::start_at(config, seed, Clock::system()).await
    }

    /// The same by any clock.
    pub async fn start_at(
        config: Config,
        seed: Option<&str>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        if config.datacenters.is_empty() {
            return Err(StartError::NoDataCenter);
        }
        let metrics = Metrics::install();
        let (sockets, parts) = Parts::open(&config, clock).await?;
        parts.populate(&config, seed).await?;
        bursar_receipts::api::key_expenses(&parts.db)
            .await
            .map_err(OpenError::from)?;

        if let Location::Folder(_) = config.location {
            // The folder is ours alone: whoever held a lease in it is dead.
            bursar_jobs::expire_leases(&parts.db)
                .await
                .map_err(OpenError::from)?;
        }
        let receipts = parts.receipts();
        let workers = parts.workers(&config, &receipts);
        let listeners = sockets.into_iter().zip(parts.data_centers.iter());
        let listeners = listeners
            .map(|((address, socket), data_center)| (address, socket, Arc::clone(data_center)));
        let sweeper = tokio::spawn(sweep(parts.db.clone(), parts.blobs.clone()));
        Ok(Self {
            listeners: listeners.collect(),
            router: parts.router(receipts, &config.brand, metrics),
            tls: None,
            control: Control::bind(&config.data)?,
            admin: parts.admin(),
            mailbox: parts.mailbox(),
            db: parts.db,
            oauth: parts.oauth,
            app_center: parts.app_center,
            workers,
            sweeper,
        })
    }

    /// Makes every listener speak TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: Arc<ServerConfig>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What administrators can tell it to do.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Issues a token that the app exchanges for its first tokens: the end of connecting, for as
    /// long as no page offers that.
    pub async fn request_token(
        &self,
        app_id: Uuid,
        principal: Principal,
    ) -> Result<String, DbError> {
        let token = RequestToken::draw(&self.oauth, app_id, principal);
        let issue = self.db.write(Isolation::Append, token, |tx, token| {
            Box::pin(async move {
                issue_request_token(tx, token).await?;
                Ok(token.text().to_owned())
            })
        });
        issue.await
    }

    /// Each data center's id and base URI, in the configured order.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, &str)> {
        self.listeners
            .iter()
            .map(|(.., data_center)| (data_center.id(), data_center.base_uri()))
    }

    /// Each data center's id and the address that it listens on.
    pub fn sockets(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.listeners
            .iter()
            .map(|(address, _, data_center)| (data_center.id(), *address))
    }

    /// A data center's base URI.
    pub fn address(&self, id: &str) -> Option<String> {
        self.addresses()
            .find(|(known, _)| *known == id)
            .map(|(_, address)| address.to_owned())
    }

    /// The App Center.
    pub fn app_center(&self) -> &AppCenter {
        &self.app_center
    }

    /// The mailbox, where mail goes into one.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.mailbox.as_ref()
    }

    /// Answers until `stop` completes; then finishes what was accepted, and closes everything.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let listeners = self.listeners.into_iter();
        let doors = listeners.map(|(_, socket, data_center)| Door {
            socket,
            data_center,
            router: self.router.clone(),
            tls: self.tls.clone(),
        });
        let control = self.control.map(|control| control.serve(self.admin));
        bursar_web::serve(doors.collect(), Limits::default(), stop).await;
        drop(control);
        self.sweeper.abort();
        self.workers.stop().await;
        self.db.close().await;
    }
}

/// What the slices share.
struct Parts {
    strict: Strict,
    db: Db,
    blobs: Blobs,
    clock: Clock,
    rng: Rng,
    passwords: Passwords,
    data_centers: DataCenters,
    oauth: Oauth,
    app_center: AppCenter,
    mailer: Mailer,
}

impl Parts {
    async fn open(config: &Config, clock: Clock) -> Result<(Sockets, Self), StartError> {
        let rng = Rng::system();
        let db = open_database(config).await?;
        let blobs = Blobs::open(config.data.join("blobs"), clock.clone(), rng.clone())?;
        let server_key = ServerKey::load_or_create(&config.secret_key_file, &rng)?;
        let (sockets, data_centers) = bind(&config.datacenters).await?;
        let passwords = Passwords::new(rng.clone());
        let oauth = Oauth::open(
            db.clone(),
            clock.clone(),
            rng.clone(),
            data_centers.clone(),
            passwords.clone(),
            server_key,
        )
        .await?;
        let app_center = AppCenter::new(
            db.clone(),
            blobs.clone(),
            clock.clone(),
            rng.clone(),
            oauth.clone(),
            data_centers.clone(),
            partner_urls(config),
        );
        let mailer = crate::mail::mailer(config, &config.brand, &db)?;
        if let Mailer::Nowhere = mailer {
            tracing::warn!("no mail server is configured: nobody can sign in by mail");
        }
        let parts = Self {
            strict: config.strict.clone(),
            db,
            blobs,
            clock,
            rng,
            passwords,
            data_centers,
            oauth,
            app_center,
            mailer,
        };
        Ok((sockets, parts))
    }

    /// Companies, people and apps: the sandbox's from its seed, else the first company.
    async fn populate(&self, config: &Config, seed: Option<&str>) -> Result<(), StartError> {
        if let Some(text) = seed {
            let mut seed = Seed::parse(text)?;
            let (clock, data_centers) = (&self.clock, &self.data_centers);
            bursar_directory::seed(&self.db, clock, &self.passwords, data_centers, &mut seed)
                .await?;
            bursar_oauth::seed(&self.oauth, &mut seed).await?;
            bursar_appcenter::seed(&self.app_center, &mut seed).await?;
            bursar_expense::seed(&self.db, &mut seed).await?;
            seed.finish()?;
        }
        // The password is asked for only when it is needed: its file may go after the first start.
        if let Some(wanted) = &config.bootstrap
            && !bursar_directory::any_company(&self.db).await?
        {
            let wanted = first_company(wanted)?;
            let created = bursar_directory::bootstrap(
                &self.db,
                &self.clock,
                &self.rng,
                &self.passwords,
                &self.data_centers,
                &wanted,
            );
            if let Some(created) = created.await? {
                tracing::info!(
                    company = wanted.company,
                    company_id = %created.company_id,
                    administrator = wanted.user_name,
                    user_id = %created.user_id,
                    "made the first company"
                );
            }
        }
        Ok(())
    }

    fn admin(&self) -> Admin {
        Admin {
            db: self.db.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            data_centers: self.data_centers.clone(),
            oauth: self.oauth.clone(),
        }
    }

    fn receipts(&self) -> ReceiptsState {
        ReceiptsState::new(
            self.db.clone(),
            self.blobs.clone(),
            self.clock.clone(),
            self.rng.clone(),
            self.oauth.clone(),
            self.strict.clone(),
        )
    }

    fn expense(&self) -> ExpenseState {
        ExpenseState::new(
            self.db.clone(),
            self.blobs.clone(),
            self.clock.clone(),
            self.rng.clone(),
            self.oauth.clone(),
            self.strict.clone(),
        )
    }

    /// Starts those who do the jobs.
    fn workers(&self, config: &Config, receipts: &ReceiptsState) -> Workers {
        let letters = Letters::new(
            self.oauth.clone(),
            self.mailer.clone(),
            self.clock.clone(),
            config.brand.clone(),
            config.otp_parameter.name().to_owned(),
        );
        Workers::start(
            self.db.clone(),
            self.clock.clone(),
            self.rng.clone(),
            vec![
                Arc::new(Process::new(receipts)),
                Arc::new(QuickPictures::new(&self.expense())),
                Arc::new(letters),
            ],
            config.workers,
        )
    }

    /// The mailbox, where mail goes into one.
    fn mailbox(&self) -> Option<Mailbox> {
        match &self.mailer {
            Mailer::Mailbox(mailbox) => Some(mailbox.clone()),
            Mailer::Smtp(_) | Mailer::Nowhere => None,
        }
    }

    /// What answers at every data center.
    fn router(&self, receipts: ReceiptsState, brand: &str, metrics: Metrics) -> Router {
        let console = ConsoleState {
            db: self.db.clone(),
            blobs: self.blobs.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            passwords: self.passwords.clone(),
            data_centers: self.data_centers.clone(),
            app_center: self.app_center.clone(),
            oauth: self.oauth.clone(),
            mailbox: self.mailbox(),
            brand: brand.to_owned(),
        };
        let db = self.db.clone();
        let readiness = Readiness::default().check("database", move || {
            let db = db.clone();
            async move { db.ping().await.map_err(|error: DbError| error.to_string()) }
        });
        let profile = ProfileState {
            db: self.db.clone(),
            oauth: self.oauth.clone(),
        };
        let documents = [
            bursar_console::openapi(),
            bursar_expense::openapi(),
            bursar_oauth::openapi(),
            bursar_profile::openapi(),
            bursar_receipts::openapi(),
        ];
        let router = Router::new()
            .merge(bursar_oauth::routes(self.oauth.clone()))
            .merge(bursar_profile::routes(profile))
            .merge(bursar_receipts::routes(receipts))
            .merge(bursar_expense::routes(self.expense()))
            .merge(bursar_console::routes(console))
            .merge(ops_router(readiness, metrics))
            .merge(openapi_router(env!("CARGO_PKG_VERSION"), documents));
        let (rng, clock) = (self.rng.clone(), self.clock.clone());
        edge(router, rng, clock, &Limits::default())
    }
}

/// Which addresses partners may give for their pages.
fn partner_urls(config: &Config) -> Urls {
    if config.loopback_partners {
        Urls::HttpsOrLoopback
    } else {
        Urls::Https
    }
}

pub(crate) async fn open_database(config: &Config) -> Result<Db, OpenError> {
    let options = Options {
        connections_max: config.database_connections_max,
        ..Options::new(config.location.clone())
    };
    if let Location::Url(_) = config.location {
        // Files and the key are on disk even when rows are not.
        bursar_db::create_folder(&config.data).map_err(|source| OpenError::Folder {
            path: config.data.clone(),
            source,
        })?;
    }
    Db::open(options, MIGRATIONS).await
}

type Sockets = Vec<(SocketAddr, TcpListener)>;

/// Binds every address first: with port 0 the base URI is known only then.
async fn bind(configs: &[DataCenterConfig]) -> Result<(Sockets, DataCenters), StartError> {
    let (mut sockets, mut data_centers) = (Vec::new(), Vec::new());
    for config in configs {
        let failed = |source| StartError::Listen {
            id: config.id.clone(),
            address: config.listen,
            source,
        };
        let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let data_center = config
            .at(address)
            .map_err(|source| StartError::DataCenter {
                id: config.id.clone(),
                source,
            })?;
        sockets.push((address, socket));
        data_centers.push(data_center);
    }
    Ok((sockets, DataCenters::new(data_centers)?))
}

fn first_company(config: &BootstrapConfig) -> Result<Bootstrap, StartError> {
    let password = match &config.password_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| StartError::Password(format!("{}: {error}", path.display())))?,
        None => std::env::var(BOOTSTRAP_PASSWORD).map_err(|_| {
            let advice = format!("give password_file, or set {BOOTSTRAP_PASSWORD}");
            StartError::Password(advice)
        })?,
    };
    Ok(Bootstrap {
        company: config.company.clone(),
        edition: Edition::Professional,
        products: Products::new(["expense"]),
        home: config.home.clone(),
        user_name: config.user_name.clone(),
        email: config.email.clone(),
        password: password.trim_end_matches(['\r', '\n']).into(),
    })
}

/// Removes files that a crash left without a row: at once, and then again and again.
async fn sweep(db: Db, blobs: Blobs) {
    loop {
        let named = |old| named_blobs(&db, old);
        match blobs.sweep(ORPHANS_KEPT, named).await {
            Ok(0) => {}
            Ok(orphans) => tracing::info!(orphans, "swept the file store"),
            Err(error) => tracing::warn!(%error, "the file store was not swept"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Those of `blobs` that any row names.
async fn named_blobs(db: &Db, blobs: Vec<BlobId>) -> Result<HashSet<BlobId>, PictureError> {
    let mut named = bursar_receipts::api::named_blobs(db, blobs.clone()).await?;
    named.extend(bursar_expense::api::named_blobs(db, blobs.clone()).await?);
    named.extend(bursar_appcenter::api::named_blobs(db, blobs).await?);
    Ok(named)
}
