//! Refreshing a connection's token: by one process at a time, and stored before it is used.

use std::time::Duration;

use bursar_db::{DbError, Isolation};
use bursar_gateway_client::{BaseUri, Done, Failure, FailureKind, Granted, Refusal};
use bursar_kernel::{Micros, Uuid};
use secrecy::SecretString;

use crate::calls::{self, NewCall, Purpose};
use crate::store::{self, Held, NewToken};
use crate::vault::not_now;
use crate::{Access, AccessError, App, ConnectionState, Vault};

/// How long a token is ours to refresh: longer than the calls can take, four hops of half a minute.
const LEASE: Duration = Duration::from_mins(3);
/// How often is looked whether another process is done refreshing, and how many times.
const PAUSE: Duration = Duration::from_millis(100);
const LOOKS_MAX: usize = 600;
/// How often a new token is tried to be stored on a full disk, within the lease.
const FULL_PAUSE: Duration = Duration::from_secs(1);
const FULL_MAX: usize = 50;

impl Vault {
    /// Gets a fresh token and stores it before anybody uses it. One process does so at a time:
    /// where each refresh gives a new token, one that was replaced must not come back. Not `needed`
    /// is one that only the schedule asks for.
    pub(crate) async fn refresh(
        &self,
        app_id: &str,
        id: Uuid,
        needed: bool,
    ) -> Result<Access, AccessError> {
        let app = self.apps().get(app_id).ok_or(AccessError::NotConnected)?;
        let held = self.take(app_id, id).await?;
        let sealed = held.sealed.as_deref().ok_or(AccessError::NotConnected)?;
        let refreshed = match self.open(app_id, id, sealed) {
            Ok(old) => match base(app, &held.geolocation) {
                Ok(base) => app
                    .client
                    .refresh(&old, &base)
                    .await
                    .map(|done| (old, done)),
                Err(failure) => Err(failure),
            },
            Err(sealed) => {
                self.release(held, "the stored token cannot be opened")
                    .await?;
                return Err(sealed);
            }
        };
        match refreshed {
            Ok((old, done)) => self.refreshed(held, &old, done, needed).await,
            Err(failure) => self.not_refreshed(held, failure).await,
        }
    }

    /// Waits for the right to refresh a connection's token.
    async fn take(&self, app_id: &str, id: Uuid) -> Result<Held, AccessError> {
        let lease: [u8; 16] = self.rng().bytes();
        for _ in 0..LOOKS_MAX {
            let now = self.clock().now();
            let args = (app_id.to_owned(), id, lease, now);
            let take = self.db().write(
                Isolation::ReadCommitted,
                args,
                |tx, (app_id, id, lease, now): &(String, Uuid, [u8; 16], Micros)| {
                    Box::pin(store::take(tx, (app_id, *id), *lease, (*now, *now + LEASE)))
                },
            );
            let taken: Option<Held> = take.await.map_err(|error: DbError| error)?;
            if let Some(held) = taken {
                return Ok(held);
            }
            // Whether it is connected still, or another process has the token.
            self.held(app_id, id).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Err(AccessError::Later(not_now(
            "another process refreshes the same connection",
        )))
    }

    async fn release(&self, held: Held, trouble: &'static str) -> Result<(), DbError> {
        let release = self.db().write(
            Isolation::ReadCommitted,
            (held, trouble),
            |tx, (held, trouble): &(Held, &'static str)| {
                Box::pin(store::trouble(tx, held, trouble))
            },
        );
        release.await
    }

    /// Stores the new token, and the calls that brought it, in one operation.
    async fn refreshed(
        &self,
        held: Held,
        old: &SecretString,
        done: Done<Granted>,
        needed: bool,
    ) -> Result<Access, AccessError> {
        let now = self.clock().now();
        let granted = done.value;
        // An answer without one leaves the old one in force. Source: RFC 6749 section 6.
        let next = granted.refresh_token.as_ref().unwrap_or(old);
        let token = self
            .token(&held.app_id, held.id, next, &granted, now)
            .map_err(|_| AccessError::Sealed)?;
        let token = NewToken { needed, ..token };
        let principal_id = held.principal_id.clone();
        let calls = calls::new_calls(self.rng(), done.exchanges);
        if self.store(&held, &token, calls).await? {
            let token = granted.access;
            return Ok(Access {
                token,
                principal_id,
            });
        }
        Err(AccessError::Later(not_now(
            "the connection was made anew meanwhile",
        )))
    }

    /// Stores a token, be it without its calls: on a full disk there may be room for that, and the
    /// platform may take the old one no more.
    async fn store(
        &self,
        held: &Held,
        token: &NewToken,
        mut calls: Vec<NewCall>,
    ) -> Result<bool, DbError> {
        for attempt in 0.. {
            let args = (held.clone(), token.clone(), std::mem::take(&mut calls));
            let store = self.db().write(
                Isolation::ReadCommitted,
                args,
                |tx, (held, token, calls): &(Held, NewToken, Vec<NewCall>)| {
                    Box::pin(async move {
                        let stored = store::refreshed(tx, held, token).await?;
                        calls::keep(tx, &held.purpose(), calls, |_| false).await?;
                        Ok::<_, DbError>(stored)
                    })
                },
            );
            match store.await {
                Err(DbError::Full) if attempt < FULL_MAX => {
                    tracing::error!(connection_id = %held.id, "no room for a new token");
                    if attempt > 0 {
                        tokio::time::sleep(FULL_PAUSE).await;
                    }
                }
                stored => return stored,
            }
        }
        Err(DbError::Full)
    }

    /// Decides whether the connection is lost, and lets others try.
    async fn not_refreshed(&self, held: Held, mut failure: Failure) -> Result<Access, AccessError> {
        let exchanges = std::mem::take(&mut failure.exchanges);
        let dead = failure.refusal().is_some_and(is_dead);
        let (app_id, id) = (held.app_id.clone(), held.id);
        let calls = calls::new_calls(self.rng(), exchanges);
        let note = self.db().write(
            Isolation::ReadCommitted,
            (held, failure.to_string(), dead, calls),
            |tx, (held, trouble, dead, calls): &(Held, String, bool, Vec<NewCall>)| {
                Box::pin(async move {
                    calls::keep(tx, &held.purpose(), calls, |_| false).await?;
                    let lost = *dead && store::lost(tx, held, trouble).await?;
                    if !lost {
                        store::trouble(tx, held, trouble).await?;
                    }
                    Ok::<_, DbError>(lost || held.state == ConnectionState::Ending)
                })
            },
        );
        if note.await? && dead {
            tracing::warn!(app_id, connection_id = %id, "a connection is lost: {failure}");
            return Err(AccessError::Lost(failure.to_string()));
        }
        Err(AccessError::Later(failure))
    }
}

impl Held {
    fn purpose(&self) -> Purpose {
        Purpose {
            app_id: self.app_id.clone(),
            connection_id: Some(self.id),
            item_id: None,
            user_id: Some(self.principal_id.clone()),
        }
    }
}

fn base(app: &App, geolocation: &str) -> Result<BaseUri, Failure> {
    let base = app.client.trust().base_uri(geolocation);
    base.map_err(|untrusted| Failure {
        kind: Box::new(FailureKind::Untrusted(untrusted)),
        exchanges: Vec::new(),
    })
}

/// Whether the refresh token is worth nothing any more. Source: authentication/apidoc.markdown,
/// code 108; the guide, "Error 403"; RFC 6749 section 5.2.
fn is_dead(refusal: &Refusal) -> bool {
    refusal.has_code("108") || refusal.error.as_deref() == Some("invalid_grant")
}
