//! A request for a page, and the session that it belongs to.

use std::ops::Deref;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{Db, DbError, Isolation};
use bursar_gateway_connect::{App, Vault};
use bursar_gateway_delivery::OutboxError;
use bursar_kernel::{CorrelationId, Micros};
use bursar_pages::session::{SessionCookie, csrf_token_matches, from_own_pages, new_token, stored};
use bursar_pages::{ErrorKind, ErrorPage, Frame, form, respond};
use bursar_web::{Form, encode_form};
use subtle::ConstantTimeEq as _;

use crate::messages::CATALOGUES;
use crate::store::{self, Held, NewSession};
use crate::{BASE, ConsoleState, views};

/// A session without a request ends after this.
const IDLE: Duration = Duration::from_hours(1);
/// And after this in any case: a day's work.
const LONGEST: Duration = Duration::from_hours(12);
/// It is prolonged at most this often.
const PROLONGED_EVERY: Duration = Duration::from_mins(1);

/// A request for a page, whoever sends it.
pub(crate) struct Visit {
    pub(crate) state: ConsoleState,
    pub(crate) headers: HeaderMap,
    correlation_id: CorrelationId,
    session: Option<Session>,
    query: Option<String>,
}

/// An operator's session.
struct Session {
    /// The hash of its token.
    key: Vec<u8>,
    held: Held,
}

/// A request of an operator who is signed in.
pub(crate) struct Operator(Visit);

impl Deref for Operator {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl Visit {
    pub(crate) fn vault(&self) -> &Vault {
        self.state.outbox.vault()
    }

    pub(crate) fn db(&self) -> &Db {
        self.vault().db()
    }

    pub(crate) fn now(&self) -> Micros {
        self.vault().clock().now()
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.session.is_some()
    }

    /// Who is signed in; empty for nobody.
    pub(crate) fn name(&self) -> &str {
        let session = self.session.as_ref();
        session.map_or("", |session| session.held.name.as_str())
    }

    /// What surrounds a page.
    pub(crate) fn frame(&self) -> Frame {
        let language = self.headers.get(ACCEPT_LANGUAGE);
        let language = language.and_then(|value| value.to_str().ok());
        let messages = CATALOGUES.for_accept_language(language);
        let signed_in = self
            .session
            .as_ref()
            .map(|session| views::signed_in(&messages, &session.held.name, &session.held.csrf));
        views::frame(messages, signed_in)
    }

    /// A page in place of what was asked for.
    pub(crate) fn refuse(&self, kind: ErrorKind) -> Response {
        let page = ErrorPage {
            frame: self.frame(),
            kind,
            correlation_id: self.correlation_id.to_string(),
        };
        respond::page(kind.status(), &page)
    }

    pub(crate) fn not_found(&self) -> Response {
        self.refuse(ErrorKind::NotFound)
    }

    pub(crate) fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Response {
        tracing::error!(%error, "a page of the console failed");
        self.refuse(kind_of(error))
    }

    /// The parameters of the address.
    pub(crate) fn query(&self) -> Result<Form, Response> {
        let query = self.query.as_deref().unwrap_or_default();
        // No row has such a text, and one engine refuses to look for it.
        let parsed = Form::parse(query.as_bytes()).ok();
        let parsed = parsed.filter(|form| !form.pairs().any(|(_, value)| value.contains('\0')));
        parsed.ok_or_else(|| self.refuse(ErrorKind::Unreadable))
    }

    /// The app that parameters name: without a name the first.
    pub(crate) fn app_of(&self, form: &Form) -> Result<App, Response> {
        if let Some(id) = form.get("app") {
            return self.app(id);
        }
        let first = self.vault().apps().iter().next().cloned();
        first.ok_or_else(|| self.not_found())
    }

    pub(crate) fn app(&self, id: &str) -> Result<App, Response> {
        let app = self.vault().apps().get(id).cloned();
        app.ok_or_else(|| self.not_found())
    }

    /// The fields of a form that one of our own pages sent.
    pub(crate) fn own_form<const MAX: usize>(
        &self,
        posted: form::Posted<MAX>,
    ) -> Result<Form, Response> {
        let form = form::fields(posted).map_err(|kind| self.refuse(kind))?;
        if from_own_pages(&self.headers, &self.state.base_uri) {
            return Ok(form);
        }
        Err(self.refuse(ErrorKind::SignedOut))
    }

    /// The fields of a form that one of our own pages sent in this session.
    pub(crate) fn form<const MAX: usize>(
        &self,
        posted: form::Posted<MAX>,
    ) -> Result<Form, Response> {
        let form = self.own_form(posted)?;
        let given = form.get("csrf_token").unwrap_or_default();
        match &self.session {
            Some(session) if csrf_token_matches(&session.held.csrf, given) => Ok(form),
            _ => Err(self.refuse(ErrorKind::SignedOut)),
        }
    }

    /// Begins the session of an operator; answers its cookie.
    pub(crate) async fn begin(
        &self,
        name: String,
        credential: Vec<u8>,
    ) -> Result<HeaderMap, Response> {
        let (rng, now) = (self.vault().rng(), self.now());
        let token = new_token(rng);
        let new = NewSession {
            key: stored(&token),
            name,
            credential,
            csrf: new_token(rng),
            old: self.session.as_ref().map(|session| session.key.clone()),
            now,
            expires_at: now + IDLE,
        };
        let beginning = self.db().write(Isolation::ReadCommitted, new, |tx, new| {
            Box::pin(store::begin(tx, new))
        });
        let begun: Result<(), DbError> = beginning.await;
        begun.map_err(|error| self.failed(&error))?;
        Ok(set_cookie(&cookie(&self.state).set(&token, LONGEST)))
    }

    /// Ends the session, and has the browser forget it.
    pub(crate) async fn end(&self) -> Result<HeaderMap, Response> {
        if let Some(session) = &self.session {
            let end = self
                .db()
                .write(Isolation::Append, session.key.clone(), |tx, key| {
                    Box::pin(store::end(tx, key))
                });
            let ended: Result<(), DbError> = end.await;
            ended.map_err(|error| self.failed(&error))?;
        }
        Ok(set_cookie(&cookie(&self.state).clear()))
    }
}

/// What a failure means for whoever looks.
fn kind_of(error: &(dyn std::error::Error + 'static)) -> ErrorKind {
    let database = match error.downcast_ref::<OutboxError>() {
        Some(error) if error.is_full() => return ErrorKind::Full,
        Some(OutboxError::Db(error)) => Some(error),
        _ => error.downcast_ref::<DbError>(),
    };
    match database {
        Some(DbError::Full) => ErrorKind::Full,
        Some(DbError::Contended { .. } | DbError::Pool(_) | DbError::Closed | DbError::Unknown) => {
            ErrorKind::Busy
        }
        _ => ErrorKind::Internal,
    }
}

fn set_cookie(cookie: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(cookie) = cookie.parse() {
        headers.insert(SET_COOKIE, cookie);
    }
    headers
}

/// No app is called `console`: nobody else's cookie has this name.
fn cookie(state: &ConsoleState) -> SessionCookie {
    SessionCookie::for_base_uri(&state.base_uri).of("console")
}

/// The session of a cookie, if its operator is one still; one that goes on is prolonged.
async fn session(state: &ConsoleState, headers: &HeaderMap) -> Result<Option<Session>, DbError> {
    let Some(key) = cookie(state).token(headers).map(stored) else {
        return Ok(None);
    };
    let vault = state.outbox.vault();
    let (db, now) = (vault.db(), vault.clock().now());
    let find = db.read((key.clone(), now), |tx, (key, now)| {
        Box::pin(store::session(tx, key, *now))
    });
    let held: Option<Held> = find.await?;
    let Some(held) = held else {
        return Ok(None);
    };
    let credential = state.operators.credential(&held.name);
    let same = credential.is_some_and(|now| bool::from(now.ct_eq(&held.credential)));
    if !same {
        return Ok(None);
    }
    let until = (now + IDLE).min(held.created_at + LONGEST);
    if until > held.expires_at + PROLONGED_EVERY {
        let prolong = db.write(
            Isolation::Append,
            (key.clone(), until),
            |tx, (key, until)| Box::pin(store::prolong(tx, key, *until)),
        );
        let prolonged: Result<(), DbError> = prolong.await;
        // What can be read is shown, also where nothing can be written: on a full disk most of all.
        if let Err(error) = prolonged {
            tracing::warn!(%error, "an operator's session was not prolonged");
        }
    }
    Ok(Some(Session { key, held }))
}

impl FromRequestParts<ConsoleState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let correlation_id = parts.extensions.get::<CorrelationId>().cloned();
        let mut visit = Self {
            state: state.clone(),
            headers: parts.headers.clone(),
            correlation_id: correlation_id
                .unwrap_or_else(|| CorrelationId::new(state.outbox.vault().rng())),
            session: None,
            query: parts.uri.query().map(ToOwned::to_owned),
        };
        visit.session = session(state, &parts.headers)
            .await
            .map_err(|error| visit.failed(&error))?;
        Ok(visit)
    }
}

impl FromRequestParts<ConsoleState> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await?;
        if visit.is_signed_in() {
            return Ok(Self(visit));
        }
        if parts.method != Method::GET {
            return Err(visit.refuse(ErrorKind::SignedOut));
        }
        let next = parts.uri.to_string();
        let query = encode_form([("next", next.as_str())]).replace("%2F", "/");
        Err(to(&format!("signin?{query}")))
    }
}

/// To a page below the console: `items?app=cafe`.
pub(crate) fn to(page: &str) -> Response {
    Redirect::to(&format!("{BASE}/{page}")).into_response()
}

/// A file to be saved, and not to be opened here.
pub(crate) fn file(bytes: Vec<u8>, media_type: &str, name: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_what_can_be_done_about_it() {
        let full = || DbError::Full;
        let busy = || DbError::Contended { attempts: 3 };
        let errors: [(Box<dyn std::error::Error>, ErrorKind); 6] = [
            (Box::new(full()), ErrorKind::Full),
            (Box::new(OutboxError::Db(full())), ErrorKind::Full),
            (Box::new(busy()), ErrorKind::Busy),
            (Box::new(OutboxError::Db(busy())), ErrorKind::Busy),
            (Box::new(DbError::Over), ErrorKind::Internal),
            (Box::new(std::fmt::Error), ErrorKind::Internal),
        ];
        for (error, kind) in errors {
            assert_eq!(kind_of(error.as_ref()), kind, "{error:?}");
        }
    }
}
