//! A request for a page of an app, and the session that it belongs to.

use std::time::Duration;

use axum::extract::{FromRequestParts, Path};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{CorrelationId, Micros, Uuid};
use bursar_pages::session::{SessionCookie, csrf_token_matches, from_own_pages, new_token, stored};
use bursar_pages::{ErrorKind, ErrorPage, form, respond};
use bursar_web::Form;

use super::PagesState;
use super::pending::{Pending, open, seal, session_row};
use super::store::{self, Held, NewSession};
use crate::{Account, App};

/// A session without a request ends after this.
const IDLE: Duration = Duration::from_mins(30);
/// And after this in any case: what it is about to connect is worth nothing by then.
const LONGEST: Duration = Duration::from_hours(24);
/// It is prolonged at most this often.
const PROLONGED_EVERY: Duration = Duration::from_mins(1);

/// An exchange takes no longer: four hops of half a minute.
const EXCHANGED_WITHIN: Duration = Duration::from_mins(3);

/// The longest form: a name, an address and a password.
pub(super) const FORM_MAX: usize = 16 << 10;

/// A form's body, as handlers take it.
pub(super) type Posted = form::Posted<FORM_MAX>;

/// A request for a page of an app.
pub(super) struct Visit {
    pub(super) state: PagesState,
    pub(super) app: App,
    pub(super) headers: HeaderMap,
    pub(super) correlation_id: CorrelationId,
    pub(super) session: Session,
}

/// The session of a request; there may be none.
pub(super) struct Session {
    /// The hash of its token.
    key: Vec<u8>,
    held: Option<Held>,
}

impl Session {
    /// Who is signed in.
    pub(super) fn account(&self) -> Option<&Account> {
        self.held.as_ref()?.account.as_ref()
    }

    /// The token of its forms; empty where there is no session.
    pub(super) fn csrf(&self) -> &str {
        self.held.as_ref().map_or("", |held| held.csrf.as_str())
    }
}

impl Visit {
    /// A page of this app.
    pub(super) fn path(&self, page: &str) -> String {
        format!("/{}/{page}", self.app.id)
    }

    /// Its address for others.
    pub(super) fn url(&self, page: &str) -> String {
        format!("{}{}", self.state.base_uri, self.path(page))
    }

    pub(super) fn to(&self, page: &str) -> Response {
        Redirect::to(&self.path(page)).into_response()
    }

    pub(super) fn now(&self) -> Micros {
        self.state.vault.clock().now()
    }

    /// Who is signed in, or the way to where people sign in.
    pub(super) fn account(&self) -> Result<&Account, Response> {
        self.session.account().ok_or_else(|| self.to("connect"))
    }

    /// What is about to be connected.
    pub(super) fn pending(&self) -> Option<Pending> {
        self.sealed_pending().map(|(_, pending)| pending)
    }

    /// The same, with what stands for it in its row.
    pub(super) fn sealed_pending(&self) -> Option<(Vec<u8>, Pending)> {
        let sealed = self.session.held.as_ref()?.pending.as_ref()?;
        let row = session_row(&self.app.id, &self.session.key);
        Some((sealed.clone(), open(&self.state.vault, &row, sealed)?))
    }

    /// The session's key, and the sealed secrets of its sign-in at the identity provider.
    pub(super) fn openid(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let sealed = self.session.held.as_ref()?.openid.clone()?;
        Some((self.session.key.clone(), sealed))
    }

    /// Whether another request of this session is making the connection.
    pub(super) fn is_connecting(&self) -> bool {
        let held = self.session.held.as_ref();
        let until = held.and_then(|held| held.connecting_until);
        until.is_some_and(|until| until > self.now())
    }

    /// A page in place of what was asked for.
    pub(super) fn refuse(&self, kind: ErrorKind) -> Response {
        let page = ErrorPage {
            frame: self.frame(),
            kind,
            correlation_id: self.correlation_id.to_string(),
        };
        respond::page(kind.status(), &page)
    }

    pub(super) fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Response {
        let kind = match error.downcast_ref::<DbError>() {
            Some(
                DbError::Contended { .. }
                | DbError::Pool(_)
                | DbError::Full
                | DbError::Closed
                | DbError::Unknown,
            ) => ErrorKind::Busy,
            _ => ErrorKind::Internal,
        };
        tracing::error!(%error, "a connect page failed");
        self.refuse(kind)
    }

    /// The fields of a form that one of our own pages sent.
    pub(super) fn own_form(&self, posted: Posted) -> Result<Form, Response> {
        let form = form::fields(posted).map_err(|kind| self.refuse(kind))?;
        if from_own_pages(&self.headers, &self.state.base_uri) {
            return Ok(form);
        }
        Err(self.refuse(ErrorKind::SignedOut))
    }

    /// The fields of a form that one of our own pages sent in this session of an account.
    pub(super) fn form(&self, posted: Posted) -> Result<(&Account, Form), Response> {
        let form = self.own_form(posted)?;
        let given = form.get("csrf_token").unwrap_or_default();
        match self.session.account() {
            Some(account) if csrf_token_matches(self.session.csrf(), given) => Ok((account, form)),
            _ => Err(self.refuse(ErrorKind::SignedOut)),
        }
    }

    pub(super) fn cookie(&self) -> SessionCookie {
        cookie(&self.state, &self.app.id)
    }

    /// Signs an account in with a session of its own; what is about to be connected goes along.
    pub(super) async fn sign_in(&self, account_id: Uuid) -> Result<Response, Response> {
        let (_, cookie) = self.begin(Some(account_id), self.pending()).await?;
        Ok((cookie, self.to("connect")).into_response())
    }

    /// Keeps what came with the address, which is not shown again. Answers the cookie of the
    /// session that has it.
    pub(super) async fn keep(&self, pending: Pending) -> Result<HeaderMap, Response> {
        if self.session.held.is_none() {
            let (_, cookie) = self.begin(None, Some(pending)).await?;
            return Ok(cookie);
        }
        self.set_pending(&pending).await?;
        Ok(HeaderMap::new())
    }

    /// Replaces what this session is about to connect; answers what stands for it in its row.
    pub(super) async fn set_pending(&self, pending: &Pending) -> Result<Vec<u8>, Response> {
        let key = self.session.key.clone();
        let sealed = self.sealed(&key, pending)?;
        let args = (self.app.id.clone(), key, sealed.clone());
        let set =
            self.state
                .vault
                .db()
                .write(Isolation::Append, args, |tx, (app_id, key, sealed)| {
                    Box::pin(store::set_pending(tx, app_id, key, sealed))
                });
        let set: Result<(), DbError> = set.await;
        set.map_err(|error| self.failed(&error))?;
        Ok(sealed)
    }

    /// Takes what is pending, as it stands in its row, to exchange it; false where another request
    /// of this session is at it.
    pub(super) async fn take_pending(&self, sealed: Vec<u8>) -> Result<bool, Response> {
        let now = self.now();
        let times = (now, now + EXCHANGED_WITHIN);
        let args = (self.app.id.clone(), self.session.key.clone(), sealed, times);
        let take = self.state.vault.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (app_id, key, sealed, times)| {
                Box::pin(store::take_pending(tx, (app_id, key), sealed, *times))
            },
        );
        let taken: Result<bool, DbError> = take.await;
        taken.map_err(|error| self.failed(&error))
    }

    /// The exchange is over; what may be exchanged again is put back.
    pub(super) async fn give_back(&self, pending: Option<&Pending>) -> Result<(), Response> {
        let key = self.session.key.clone();
        let sealed = match pending {
            None => None,
            Some(pending) => Some(self.sealed(&key, pending)?),
        };
        let args = (self.app.id.clone(), key, sealed);
        let give = self.state.vault.db().write(
            Isolation::Append,
            args,
            |tx, (app_id, key, sealed): &(String, Vec<u8>, Option<Vec<u8>>)| {
                Box::pin(store::give_back(tx, (app_id, key), sealed.as_ref()))
            },
        );
        let given: Result<(), DbError> = give.await;
        given.map_err(|error| self.failed(&error))
    }

    fn sealed(&self, key: &[u8], pending: &Pending) -> Result<Vec<u8>, Response> {
        let row = session_row(&self.app.id, key);
        let sealed = seal(&self.state.vault, &row, pending);
        sealed.ok_or_else(|| self.refuse(ErrorKind::Internal))
    }

    /// The key of this session, if there is one.
    pub(super) fn session_key(&self) -> Option<&[u8]> {
        self.session
            .held
            .as_ref()
            .map(|_| self.session.key.as_slice())
    }

    /// This session's key, or one of a session that begins, with its cookie.
    pub(super) async fn any_session(&self) -> Result<(Vec<u8>, HeaderMap), Response> {
        match self.session_key() {
            Some(key) => Ok((key.to_vec(), HeaderMap::new())),
            None => self.begin(None, None).await,
        }
    }

    async fn begin(
        &self,
        account_id: Option<Uuid>,
        pending: Option<Pending>,
    ) -> Result<(Vec<u8>, HeaderMap), Response> {
        let (new, cookie) = self.new_session(account_id, pending)?;
        let key = new.key.clone();
        let vault = &self.state.vault;
        let beginning = vault.db().write(Isolation::ReadCommitted, new, |tx, new| {
            Box::pin(store::begin(tx, new))
        });
        let begun: Result<(), DbError> = beginning.await;
        begun.map_err(|error| self.failed(&error))?;
        Ok((key, cookie))
    }

    /// A session to begin in place of this one, and its cookie.
    pub(super) fn new_session(
        &self,
        account_id: Option<Uuid>,
        pending: Option<Pending>,
    ) -> Result<(NewSession, HeaderMap), Response> {
        let vault = &self.state.vault;
        let (token, now) = (new_token(vault.rng()), self.now());
        let key = stored(&token);
        let pending = match pending {
            None => None,
            Some(pending) => Some(self.sealed(&key, &pending)?),
        };
        let old = self.session.held.is_some();
        let new = NewSession {
            app_id: self.app.id.clone(),
            csrf: new_token(vault.rng()),
            account_id,
            pending,
            old: old.then(|| self.session.key.clone()),
            created_at: now,
            expires_at: now + IDLE,
            now,
            key,
        };
        let mut headers = HeaderMap::new();
        if let Ok(cookie) = self.cookie().set(&token, LONGEST).parse() {
            headers.insert(SET_COOKIE, cookie);
        }
        Ok((new, headers))
    }

    /// Ends the session, and has the browser forget it.
    pub(super) async fn end(&self) -> Result<HeaderMap, Response> {
        let args = (self.app.id.clone(), self.session.key.clone());
        let end = self
            .state
            .vault
            .db()
            .write(Isolation::Append, args, |tx, (app_id, key)| {
                Box::pin(store::end(tx, app_id, key))
            });
        let ended: Result<(), DbError> = end.await;
        ended.map_err(|error| self.failed(&error))?;
        let mut headers = HeaderMap::new();
        if let Ok(cookie) = self.cookie().clear().parse() {
            headers.insert(SET_COOKIE, cookie);
        }
        Ok(headers)
    }
}

fn cookie(state: &PagesState, app_id: &str) -> SessionCookie {
    SessionCookie::for_base_uri(&state.base_uri).of(app_id)
}

/// The session of a cookie; one that goes on is prolonged.
async fn session(state: &PagesState, app: &App, headers: &HeaderMap) -> Result<Session, DbError> {
    let Some(token) = cookie(state, &app.id).token(headers).map(stored) else {
        return Ok(Session {
            key: Vec::new(),
            held: None,
        });
    };
    let (db, now) = (state.vault.db(), state.vault.clock().now());
    let args = (app.id.clone(), token.clone(), now);
    let find = db.read(args, |tx, (app_id, key, now)| {
        Box::pin(store::session(tx, app_id, key, *now))
    });
    let held: Option<Held> = find.await?;
    if let Some(held) = &held {
        let until = (now + IDLE).min(held.created_at + LONGEST);
        if until > held.expires_at + PROLONGED_EVERY {
            let args = (app.id.clone(), token.clone(), until);
            let prolong = db.write(Isolation::Append, args, |tx, (app_id, key, until)| {
                Box::pin(store::prolong(tx, app_id, key, *until))
            });
            let prolonged: Result<(), DbError> = prolong.await;
            prolonged?;
        }
    }
    Ok(Session { key: token, held })
}

impl FromRequestParts<PagesState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PagesState) -> Result<Self, Response> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        let app = id.ok().and_then(|Path(id)| state.vault.apps().get(&id));
        // Without an app there is no name to show a page under.
        let app = app.ok_or_else(|| StatusCode::NOT_FOUND.into_response())?;
        let correlation_id = parts.extensions.get::<CorrelationId>().cloned();
        let correlation_id =
            correlation_id.unwrap_or_else(|| CorrelationId::new(state.vault.rng()));
        let mut visit = Self {
            state: state.clone(),
            app: app.clone(),
            headers: parts.headers.clone(),
            correlation_id,
            session: Session {
                key: Vec::new(),
                held: None,
            },
        };
        visit.session = session(state, app, &parts.headers)
            .await
            .map_err(|error| visit.failed(&error))?;
        Ok(visit)
    }
}
