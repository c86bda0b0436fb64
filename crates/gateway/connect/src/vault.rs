//! The vault: refresh tokens sealed at rest, access tokens in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bursar_db::{Db, DbError, Isolation};
use bursar_gateway_client::{AccessToken, Exchange, Failure, FailureKind, Granted};
use bursar_kernel::{Clock, Micros, Rng, Uuid};
use bursar_secrets::SealingKeys;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, broadcast};

use crate::calls::{self, Purpose};
use crate::store::{self, Held, NewToken};
use crate::{Apps, ConnectError, Connection, ConnectionState};

/// An access token is not used when it has less left: it could expire on its way.
const MARGIN: Duration = Duration::from_mins(1);
/// Access tokens in memory; beyond, expired ones are thrown out first.
const CACHED_MAX: usize = 100_000;
/// News of connections that a listener may be behind.
const NEWS_MAX: usize = 1_000;

/// The vault. Clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    rng: Rng,
    keys: SealingKeys,
    apps: Apps,
    /// How long before its token expires a connection is refreshed.
    refresh_ahead: Duration,
    slots: Mutex<HashMap<Uuid, Slot>>,
    /// Tells who has just been connected.
    connected: broadcast::Sender<Uuid>,
}

/// Whoever refreshes a connection's token in this process holds its slot.
type Slot = Arc<AsyncMutex<Option<AccessToken>>>;

/// What calls the platform for a connection.
#[derive(Clone, Debug)]
pub struct Access {
    /// The token.
    pub token: AccessToken,
    /// Who that is on the platform: `userId` in addresses.
    pub principal_id: String,
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no such app or connection, or it ended.
    #[error("there is no such connection")]
    NotConnected,
    /// The platform takes the refresh token no more. Its user has to reconnect.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// Not now: worth another attempt.
    #[error("no token now: {0}")]
    Later(#[source] Failure),
    /// The token cannot be opened: the key that sealed it is missing.
    #[error("the stored token cannot be opened; is its key still in the key file?")]
    Sealed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Vault {
    /// A vault over the database. Connections are refreshed `refresh_ahead` of their expiry.
    pub fn new(
        db: Db,
        clock: Clock,
        rng: Rng,
        keys: SealingKeys,
        apps: Apps,
        refresh_ahead: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            rng,
            keys,
            apps,
            refresh_ahead,
            slots: Mutex::default(),
            connected: broadcast::Sender::new(NEWS_MAX),
        }))
    }

    /// The apps that it keeps tokens of.
    pub fn apps(&self) -> &Apps {
        &self.0.apps
    }

    /// Tells of each connection that is made here, or made anew. Who is too slow misses some.
    pub fn news(&self) -> broadcast::Receiver<Uuid> {
        self.0.connected.subscribe()
    }

    /// The database under it.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The time that it goes by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn keys(&self) -> &SealingKeys {
        &self.0.keys
    }

    /// Its chance.
    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// Logs calls that led to no connection.
    pub async fn log(&self, app_id: &str, exchanges: Vec<Exchange>) -> Result<(), DbError> {
        let purpose = Purpose {
            app_id: app_id.to_owned(),
            ..Purpose::default()
        };
        self.keep(purpose, exchanges).await
    }

    async fn keep(&self, purpose: Purpose, exchanges: Vec<Exchange>) -> Result<(), DbError> {
        if exchanges.is_empty() {
            return Ok(());
        }
        let args = (purpose, calls::new_calls(&self.0.rng, exchanges));
        let keep = self
            .0
            .db
            .write(Isolation::Append, args, |tx, (purpose, calls)| {
                Box::pin(calls::keep(tx, purpose, calls, |_| false))
            });
        keep.await
    }

    /// The connection of the app's user.
    pub async fn of_ref(
        &self,
        app_id: &str,
        user_ref: &str,
    ) -> Result<Option<Connection>, DbError> {
        let args = (app_id.to_owned(), user_ref.to_owned());
        let find = self.0.db.read(args, |tx, (app_id, user_ref)| {
            Box::pin(store::of_ref(tx, app_id, user_ref))
        });
        find.await
    }

    /// The connection of an account.
    pub async fn of_account(
        &self,
        app_id: &str,
        account_id: Uuid,
    ) -> Result<Option<Connection>, DbError> {
        let args = (app_id.to_owned(), account_id);
        let find = self.0.db.read(args, |tx, (app_id, account_id)| {
            Box::pin(store::of_account(tx, app_id, *account_id))
        });
        find.await
    }

    /// A connection.
    pub async fn get(&self, app_id: &str, id: Uuid) -> Result<Option<Connection>, DbError> {
        let args = (app_id.to_owned(), id);
        let find = self.0.db.read(args, |tx, (app_id, id)| {
            Box::pin(store::get(tx, app_id, *id))
        });
        find.await
    }

    /// Where the connections of an app live.
    pub async fn geolocations(&self, app_id: &str) -> Result<Vec<String>, DbError> {
        let places = self.0.db.scan(app_id.to_owned(), |tx, app_id| {
            Box::pin(store::geolocations(tx, app_id))
        });
        places.await
    }

    /// Connections of an app before one, newest first; `Uuid::max()` begins.
    pub async fn list(
        &self,
        app_id: &str,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<Connection>, DbError> {
        let args = (app_id.to_owned(), before, limit);
        let list = self.0.db.scan(args, |tx, (app_id, before, limit)| {
            Box::pin(store::list(tx, app_id, *before, *limit))
        });
        list.await
    }

    /// An access token that works for a while: from memory, or fresh from the platform.
    pub async fn access(&self, app_id: &str, id: Uuid) -> Result<Access, AccessError> {
        let slot = self.slot(id).lock_owned().await;
        let held = self.held(app_id, id).await?;
        let now = self.0.clock.now();
        if let Some(token) = slot
            .as_ref()
            .filter(|token| token.expires_at > now + MARGIN)
        {
            return Ok(Access {
                token: token.clone(),
                principal_id: held.principal_id,
            });
        }
        self.fresh(app_id, id, slot, true).await
    }

    /// Refreshes a connection's token though nobody needs it. The access token is not kept: that
    /// somebody asks for one shows that the connection is active.
    pub async fn renew(&self, app_id: &str, id: Uuid) -> Result<(), AccessError> {
        let slot = self.slot(id).lock_owned().await;
        self.fresh(app_id, id, slot, false).await.map(drop)
    }

    /// A caller that goes away does not cut the refresh: the platform's new token is stored.
    async fn fresh(
        &self,
        app_id: &str,
        id: Uuid,
        mut slot: OwnedMutexGuard<Option<AccessToken>>,
        needed: bool,
    ) -> Result<Access, AccessError> {
        let (vault, app_id) = (self.clone(), app_id.to_owned());
        let refreshing = tokio::spawn(async move {
            let access = vault.refresh(&app_id, id, needed).await?;
            if needed {
                *slot = Some(access.token.clone());
            }
            Ok(access)
        });
        let gone = |_| AccessError::Later(not_now("the refresh broke off"));
        refreshing.await.map_err(gone)?
    }

    /// Throws an access token out that the platform refused.
    pub async fn refused(&self, id: Uuid, refused: &AccessToken) {
        let slot = self.slot(id);
        let mut token = slot.lock().await;
        // Another may have come meanwhile.
        token.take_if(|token| token.is(refused));
    }

    pub(crate) async fn held(&self, app_id: &str, id: Uuid) -> Result<Held, AccessError> {
        let args = (app_id.to_owned(), id);
        let held: Result<_, DbError> = self
            .0
            .db
            .read(args, |tx, (app_id, id)| {
                Box::pin(store::held(tx, app_id, *id))
            })
            .await;
        let held = held?.ok_or(AccessError::NotConnected)?;
        match held.state {
            ConnectionState::Connected | ConnectionState::Ending => Ok(held),
            ConnectionState::Lost => Err(AccessError::Lost("its user has to reconnect".into())),
            ConnectionState::Ended => Err(AccessError::NotConnected),
        }
    }

    pub(crate) fn token(
        &self,
        app_id: &str,
        id: Uuid,
        refresh: &SecretString,
        granted: &Granted,
        now: Micros,
    ) -> Result<NewToken, ConnectError> {
        let plain = refresh.expose_secret().as_bytes();
        let sealed = self.0.keys.seal(&row(app_id, id), plain);
        Ok(NewToken {
            sealed: sealed.map_err(|_| ConnectError::Sealed)?,
            geolocation: granted.access.geolocation().clone(),
            expires_at: granted.refresh_expires_at,
            due_at: granted
                .refresh_expires_at
                .map(|expires_at| self.due(now, expires_at)),
            at: now,
            needed: true,
        })
    }

    /// Some time before the expiry, spread over an eighth of what is left until then, so that
    /// connections that were made together are not refreshed together.
    fn due(&self, now: Micros, expires_at: Micros) -> Micros {
        let ahead = self.0.refresh_ahead;
        let latest = (expires_at - ahead).max(now);
        let room = u64::try_from((latest - now).as_micros() / 8).unwrap_or(0);
        latest - Duration::from_micros(self.0.rng.below(room))
    }

    pub(crate) fn open(
        &self,
        app_id: &str,
        id: Uuid,
        sealed: &[u8],
    ) -> Result<SecretString, AccessError> {
        let plain = self.0.keys.open(&row(app_id, id), sealed);
        let plain = plain.map_err(|_| AccessError::Sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| AccessError::Sealed)?;
        Ok(text.into())
    }

    fn slot(&self, id: Uuid) -> Slot {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= CACHED_MAX {
            let now = self.0.clock.now();
            slots.retain(|_, slot| {
                let idle = slot.try_lock();
                idle.map_or(true, |token| {
                    token.as_ref().is_some_and(|token| token.expires_at > now)
                })
            });
        }
        Arc::clone(slots.entry(id).or_default())
    }

    /// Throws out the access token of a connection that got new ones, and tells of it.
    pub(crate) fn renewed(&self, id: Uuid) {
        // Nobody may be listening.
        self.0.connected.send(id).ok();
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&id);
    }
}

/// What a sealed token belongs to.
pub(crate) fn row(app_id: &str, id: Uuid) -> String {
    format!("connect_connection/{app_id}/{id}")
}

pub(crate) fn not_now(why: &str) -> Failure {
    Failure {
        kind: Box::new(FailureKind::NotSent(why.to_owned())),
        exchanges: Vec::new(),
    }
}
