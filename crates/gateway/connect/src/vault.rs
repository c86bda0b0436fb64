//! The vault: refresh tokens sealed at rest, access tokens in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bursar_db::{Db, DbError, Isolation};
use bursar_gateway_client::{
    AccessToken, BaseUri, Done, Exchange, Failure, FailureKind, Granted, Refusal,
};
use bursar_kernel::{Clock, Micros, Rng, Uuid};
use bursar_secrets::SealingKeys;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex as AsyncMutex;

use crate::calls::{self, NewCall, Purpose};
use crate::store::{self, Held, NewConnection, NewToken};
use crate::{Account, App, Apps, Connected, Connection, ConnectionState, Kind, NewAccount};

/// An access token is not used when it has less left: it could expire on its way.
const MARGIN: Duration = Duration::from_mins(1);
/// Access tokens in memory; beyond, expired ones are thrown out first.
const CACHED_MAX: usize = 100_000;
/// Times that a refresh starts over because somebody else stored a token meanwhile.
const ATTEMPTS_MAX: usize = 3;

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

/// Why nobody was connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The grant gave no refresh token, or does not say whose it is.
    #[error("the platform's answer lacks {0}")]
    Lacking(&'static str),
    /// The platform's user is connected with another account of this app.
    #[error("that user is connected with another account")]
    TakenByAnother,
    /// The account is connected with another user of the platform.
    #[error("the account is connected with another user")]
    OtherUser,
    /// There is no such app.
    #[error("there is no such app")]
    NoApp,
    /// The token cannot be sealed.
    #[error("the token cannot be sealed")]
    Sealed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a stored token leads to.
enum Refreshed {
    Stored(AccessToken),
    /// Somebody else stored a token meanwhile: look again.
    Overtaken,
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
        }))
    }

    /// The apps that it keeps tokens of.
    pub fn apps(&self) -> &Apps {
        &self.0.apps
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn keys(&self) -> &SealingKeys {
        &self.0.keys
    }

    pub(crate) fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// Makes an account, unless the app has one of this `user_ref`: that one is answered then.
    pub async fn account(&self, new: NewAccount) -> Result<Account, DbError> {
        let make = self.0.db.write(Isolation::Serializable, new, |tx, new| {
            Box::pin(async move {
                store::insert_account(tx, new).await?;
                let found = store::account_by_ref(tx, &new.app_id, &new.user_ref).await?;
                found.ok_or(DbError::Decode { column: 0 })
            })
        });
        make.await
    }

    /// The app's account of this `user_ref`.
    pub async fn find_account(
        &self,
        app_id: &str,
        user_ref: &str,
    ) -> Result<Option<Account>, DbError> {
        let args = (app_id.to_owned(), user_ref.to_owned());
        let find = self.0.db.read(args, |tx, (app_id, user_ref)| {
            Box::pin(store::account_by_ref(tx, app_id, user_ref))
        });
        find.await
    }

    /// The account of this id.
    pub async fn get_account(&self, app_id: &str, id: Uuid) -> Result<Option<Account>, DbError> {
        let args = (app_id.to_owned(), id);
        let find = self.0.db.read(args, |tx, (app_id, id)| {
            Box::pin(store::get_account(tx, app_id, *id))
        });
        find.await
    }

    /// Keeps what a grant gave, for a user's account or for a company (no account). A connection
    /// that is there already, be it lost, gets the new token.
    pub async fn connect(
        &self,
        app_id: &str,
        account_id: Option<Uuid>,
        granted: Done<Granted>,
    ) -> Result<Connected, ConnectError> {
        let Done { value, exchanges } = granted;
        if self.0.apps.get(app_id).is_none() {
            return Err(ConnectError::NoApp);
        }
        let principal_id = value
            .user_id
            .clone()
            .ok_or(ConnectError::Lacking("an id token"))?;
        let refresh = value.refresh_token.as_ref();
        let refresh = refresh.ok_or(ConnectError::Lacking("a refresh token"))?;
        let now = self.0.clock.now();
        let new = NewConnection {
            app_id: app_id.to_owned(),
            id: self.0.rng.uuid_at(now),
            kind: account_id.map_or(Kind::Company, |_| Kind::User),
            account_id,
            principal_id,
            company_id: value.company_id.clone(),
            scopes: value.scopes.join(" "),
        };
        // A connection that is there has an id of its own, which its token is sealed for.
        let id = match self.there(&new).await? {
            Some(there) => there.id,
            None => new.id,
        };
        let token = self.token(app_id, id, refresh, &value, now)?;
        let new = NewConnection { id, ..new };
        let calls = calls::new_calls(&self.0.rng, exchanges);
        let args = (new, token, calls);
        let stored = self.0.db.write(
            Isolation::Serializable,
            args,
            |tx, (new, token, calls): &(NewConnection, NewToken, Vec<NewCall>)| {
                Box::pin(async move {
                    let there = find(tx, new).await?;
                    let again = there.is_some();
                    match there {
                        Some(there) if there.id != new.id => {
                            // Made by a concurrent call: its token is as good.
                            return Ok(Connected {
                                id: there.id,
                                again,
                            });
                        }
                        Some(there) => {
                            let key = (new.app_id.as_str(), there.id);
                            store::reconnect(tx, key, &new.scopes, token).await?;
                        }
                        None => store::insert(tx, new, token).await?,
                    }
                    let purpose = Purpose {
                        app_id: new.app_id.clone(),
                        connection_id: Some(new.id),
                        item_id: None,
                        user_id: Some(new.principal_id.clone()),
                    };
                    calls::keep(tx, &purpose, calls, |_| false).await?;
                    Ok::<_, ConnectError>(Connected { id: new.id, again })
                })
            },
        );
        let connected = stored.await?;
        self.forget_access(connected.id);
        Ok(connected)
    }

    async fn there(&self, new: &NewConnection) -> Result<Option<Connection>, ConnectError> {
        let look = self.0.db.read(new.clone(), |tx, new| {
            Box::pin(async move { find(tx, new).await })
        });
        look.await
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
        let slot = self.slot(id);
        let mut token = slot.lock().await;
        let held = self.held(app_id, id).await?;
        let now = self.0.clock.now();
        if let Some(token) = token
            .as_ref()
            .filter(|token| token.expires_at > now + MARGIN)
        {
            return Ok(Access {
                token: token.clone(),
                principal_id: held.principal_id,
            });
        }
        let principal_id = held.principal_id.clone();
        let fresh = self.refresh(app_id, id, held).await?;
        *token = Some(fresh.clone());
        Ok(Access {
            token: fresh,
            principal_id,
        })
    }

    /// Refreshes a connection's token whether anybody needs it or not.
    pub async fn renew(&self, app_id: &str, id: Uuid) -> Result<(), AccessError> {
        let slot = self.slot(id);
        let mut token = slot.lock().await;
        let held = self.held(app_id, id).await?;
        *token = Some(self.refresh(app_id, id, held).await?);
        Ok(())
    }

    /// Throws an access token out that the platform refused.
    pub async fn refused(&self, id: Uuid, refused: &AccessToken) {
        let slot = self.slot(id);
        let mut token = slot.lock().await;
        // Another may have come meanwhile.
        token.take_if(|token| token.is(refused));
    }

    async fn held(&self, app_id: &str, id: Uuid) -> Result<Held, AccessError> {
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

    /// Gets a fresh token. Another process may do so too: the platform's answer is used only once
    /// a token that lives on is stored, be it the other's.
    async fn refresh(
        &self,
        app_id: &str,
        id: Uuid,
        mut held: Held,
    ) -> Result<AccessToken, AccessError> {
        let app = self.0.apps.get(app_id).ok_or(AccessError::NotConnected)?;
        for _ in 0..ATTEMPTS_MAX {
            let sealed = held.sealed.as_deref().ok_or(AccessError::NotConnected)?;
            let old = self.open(app_id, id, sealed)?;
            let base = base(app, &held.geolocation)?;
            let tried = match app.client.refresh(&old, &base).await {
                Ok(done) => self.refreshed(app_id, id, &held, &old, done).await?,
                Err(failure) => self.not_refreshed(app_id, id, &held, failure).await?,
            };
            match tried {
                Refreshed::Stored(token) => return Ok(token),
                Refreshed::Overtaken => held = self.held(app_id, id).await?,
            }
        }
        Err(AccessError::Later(busy()))
    }

    /// Stores the new token, and the calls that brought it, in one operation.
    async fn refreshed(
        &self,
        app_id: &str,
        id: Uuid,
        held: &Held,
        old: &SecretString,
        done: Done<Granted>,
    ) -> Result<Refreshed, AccessError> {
        let now = self.0.clock.now();
        let granted = done.value;
        // An answer without one leaves the old one in force. Source: RFC 6749 section 6.
        let next = granted.refresh_token.as_ref().unwrap_or(old);
        let token = self
            .token(app_id, id, next, &granted, now)
            .map_err(|_| AccessError::Sealed)?;
        let args = (
            purpose(app_id, id, held),
            held.generation,
            token,
            calls::new_calls(&self.0.rng, done.exchanges),
        );
        let store = self.0.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (purpose, generation, token, calls): &(Purpose, i64, NewToken, Vec<NewCall>)| {
                Box::pin(async move {
                    let id = purpose.connection_id.unwrap_or_default();
                    let key = (purpose.app_id.as_str(), id);
                    let stored = store::refreshed(tx, key, *generation, token).await?;
                    calls::keep(tx, purpose, calls, |_| false).await?;
                    Ok::<_, DbError>(stored)
                })
            },
        );
        Ok(if store.await? {
            Refreshed::Stored(granted.access)
        } else {
            Refreshed::Overtaken
        })
    }

    /// Decides whether the connection is lost. One whose token was replaced meanwhile is not.
    async fn not_refreshed(
        &self,
        app_id: &str,
        id: Uuid,
        held: &Held,
        mut failure: Failure,
    ) -> Result<Refreshed, AccessError> {
        let exchanges = std::mem::take(&mut failure.exchanges);
        let dead = failure.refusal().is_some_and(is_dead);
        let args = (
            purpose(app_id, id, held),
            held.generation,
            failure.to_string(),
            dead,
            calls::new_calls(&self.0.rng, exchanges),
        );
        let note = self.0.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (purpose, generation, trouble, dead, calls)| {
                Box::pin(async move {
                    let id = purpose.connection_id.unwrap_or_default();
                    let key = (purpose.app_id.as_str(), id);
                    calls::keep(tx, purpose, calls, |_| false).await?;
                    if *dead {
                        return store::lost(tx, key, *generation, trouble).await;
                    }
                    store::trouble(tx, key, trouble).await?;
                    Ok::<_, DbError>(true)
                })
            },
        );
        match (dead, note.await?) {
            (true, true) => {
                tracing::warn!(app_id, connection_id = %id, "a connection is lost: {failure}");
                Err(AccessError::Lost(failure.to_string()))
            }
            // Also where it was ending: the next look tells.
            (true, false) if held.state == ConnectionState::Ending => {
                Err(AccessError::Lost(failure.to_string()))
            }
            (true, false) => Ok(Refreshed::Overtaken),
            (false, _) => Err(AccessError::Later(failure)),
        }
    }

    fn token(
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

    fn open(&self, app_id: &str, id: Uuid, sealed: &[u8]) -> Result<SecretString, AccessError> {
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

    /// Throws out the access token of a connection that got new ones.
    fn forget_access(&self, id: Uuid) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&id);
    }
}

/// The connection that a grant belongs to, or why it may not be made.
async fn find(
    tx: &mut bursar_db::Tx,
    new: &NewConnection,
) -> Result<Option<Connection>, ConnectError> {
    let of_principal = store::of_principal(tx, &new.app_id, &new.principal_id).await?;
    if let Some(there) = of_principal {
        if there.account_id == new.account_id {
            return Ok(Some(there));
        }
        return Err(ConnectError::TakenByAnother);
    }
    let Some(account_id) = new.account_id else {
        return Ok(None);
    };
    match store::of_account(tx, &new.app_id, account_id).await? {
        Some(_) => Err(ConnectError::OtherUser),
        None => Ok(None),
    }
}

fn purpose(app_id: &str, id: Uuid, held: &Held) -> Purpose {
    Purpose {
        app_id: app_id.to_owned(),
        connection_id: Some(id),
        item_id: None,
        user_id: Some(held.principal_id.clone()),
    }
}

/// What a sealed token belongs to.
fn row(app_id: &str, id: Uuid) -> String {
    format!("connect_connection/{app_id}/{id}")
}

fn base(app: &App, geolocation: &str) -> Result<BaseUri, AccessError> {
    let base = app.client.trust().base_uri(geolocation);
    base.map_err(|untrusted| {
        AccessError::Later(Failure {
            kind: Box::new(FailureKind::Untrusted(untrusted)),
            exchanges: Vec::new(),
        })
    })
}

/// Whether the refresh token is worth nothing any more. Source: authentication/apidoc.markdown,
/// code 108; the guide, "Error 403"; RFC 6749 section 5.2.
fn is_dead(refusal: &Refusal) -> bool {
    refusal.has_code("108") || refusal.error.as_deref() == Some("invalid_grant")
}

fn busy() -> Failure {
    let text = "others refresh the same connection".to_owned();
    Failure {
        kind: Box::new(FailureKind::NotSent(text)),
        exchanges: Vec::new(),
    }
}
