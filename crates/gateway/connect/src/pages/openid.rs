//! Signing in at the merchant's identity provider, where the app has one.
//!
//! State, nonce and the secret of PKCE are bound to the session of the browser that asked, and
//! used once.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use bursar_db::{DbError, Isolation};
use bursar_pages::ErrorKind;
use bursar_pages::session::new_token;

use super::landing::{parameters, value};
use super::pending::{SignInAsk, open, openid_row, seal};
use super::store::{self, NewSession};
use super::views::Refusal;
use super::visit::Visit;
use crate::openid::{Identity, OpenIdError, Secrets, TokenError};
use crate::{NewAccount, OpenId};

/// Where the provider sends people back to, below the app.
const BACK: &str = "signin/callback";

/// `GET /{app}/signin/openid`: off to the provider.
pub(super) async fn leave(visit: Visit) -> Response {
    let left = async {
        let Some(openid) = visit.app.openid.as_ref() else {
            return Ok(visit.to("connect"));
        };
        let rng = visit.state.vault.rng();
        let ask = SignInAsk {
            state: new_token(rng),
            nonce: new_token(rng),
            verifier: new_token(rng),
        };
        let target = openid.sign_in_url(&secrets(&ask), &visit.url(BACK)).await;
        let target = target.map_err(|error| visit.no_identity(&error))?;
        let cookie = keep(&visit, &ask).await?;
        let headers = [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ];
        Ok((cookie, headers, Redirect::to(&target)).into_response())
    };
    left.await.unwrap_or_else(|no: Response| no)
}

async fn keep(visit: &Visit, ask: &SignInAsk) -> Result<HeaderMap, Response> {
    let (key, cookie) = visit.any_session().await?;
    let vault = &visit.state.vault;
    let sealed = seal(vault, &openid_row(&visit.app.id, &key), ask);
    let sealed = sealed.ok_or_else(|| visit.refuse(ErrorKind::Internal))?;
    let args = (visit.app.id.clone(), key, sealed);
    let set = vault
        .db()
        .write(Isolation::Append, args, |tx, (app_id, key, sealed)| {
            Box::pin(store::set_openid(tx, app_id, key, sealed))
        });
    let set: Result<(), DbError> = set.await;
    set.map_err(|error| visit.failed(&error))?;
    Ok(cookie)
}

/// `GET /{app}/signin/callback`: the provider's answer.
pub(super) async fn callback(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let signed_in = async {
        let Some(openid) = visit.app.openid.clone() else {
            return Ok(visit.to("connect"));
        };
        let query = parameters(query.as_deref());
        let ask = take(&visit, value(&query, "state").as_deref()).await?;
        let own = openid.is_own(value(&query, "iss").as_deref()).await;
        match own {
            Ok(true) => {}
            Ok(false) => return Ok(visit.to_refused(Refusal::SignInState)),
            Err(error) => return Ok(visit.no_identity(&error)),
        }
        let Some(code) = long_value(&query, "code") else {
            return Ok(visit.to_refused(match query.get("error") {
                Some("access_denied") => Refusal::SignInDeclined,
                Some("temporarily_unavailable" | "server_error") => Refusal::SignInUnreachable,
                _ => Refusal::SignInFault,
            }));
        };
        let identity = identity(&visit, openid, code, ask).await;
        let identity = identity.map_err(|error| visit.no_identity(&error))?;
        sign_in(&visit, identity).await
    };
    signed_in.await.unwrap_or_else(|no: Response| no)
}

/// Codes of some providers are tokens themselves.
fn long_value(query: &bursar_web::Form, name: &str) -> Option<String> {
    let value = query.get(name)?;
    let fit = value.len() <= 4096 && value.bytes().all(|byte| byte.is_ascii_graphic());
    fit.then(|| value.to_owned())
}

fn secrets(ask: &SignInAsk) -> Secrets<'_> {
    Secrets {
        state: &ask.state,
        nonce: &ask.nonce,
        verifier: &ask.verifier,
    }
}

async fn identity(
    visit: &Visit,
    openid: OpenId,
    code: String,
    ask: SignInAsk,
) -> Result<Identity, OpenIdError> {
    openid
        .identity(&code, &secrets(&ask), &visit.url(BACK))
        .await
}

/// What this session asked with this state, once.
async fn take(visit: &Visit, state: Option<&str>) -> Result<SignInAsk, Response> {
    let refused = || visit.to_refused(Refusal::SignInState);
    let (key, sealed) = visit.openid().ok_or_else(refused)?;
    let vault = &visit.state.vault;
    let ask: Option<SignInAsk> = open(vault, &openid_row(&visit.app.id, &key), &sealed);
    let ask = ask.ok_or_else(refused)?;
    let state = state.unwrap_or_default().as_bytes();
    verify_slices_are_equal(state, ask.state.as_bytes()).map_err(|_| refused())?;
    let args = (visit.app.id.clone(), key, sealed);
    let take = vault.db().write(
        Isolation::ReadCommitted,
        args,
        |tx, (app_id, key, sealed)| Box::pin(store::take_openid(tx, app_id, key, sealed)),
    );
    let taken: Result<bool, DbError> = take.await;
    if taken.map_err(|error| visit.failed(&error))? {
        return Ok(ask);
    }
    Err(refused())
}

async fn sign_in(visit: &Visit, identity: Identity) -> Result<Response, Response> {
    let (vault, now) = (&visit.state.vault, visit.now());
    let account = NewAccount {
        app_id: visit.app.id.clone(),
        id: vault.rng().uuid_at(now),
        user_ref: identity.user_ref,
        email: identity.email,
        name: identity.name,
        password_hash: None,
        at: now,
    };
    let (session, cookie) = visit.new_session(None, visit.pending())?;
    let sign_in = vault.db().write(
        Isolation::Serializable,
        (account, session),
        |tx, (account, session): &(NewAccount, NewSession)| {
            Box::pin(store::sign_in_by_provider(tx, account, session))
        },
    );
    let signed_in: Result<(), DbError> = sign_in.await;
    signed_in.map_err(|error| visit.failed(&error))?;
    Ok((cookie, visit.to("connect")).into_response())
}

impl Visit {
    /// The page that says why the provider signed nobody in. What it said goes into the log only.
    fn no_identity(&self, error: &OpenIdError) -> Response {
        tracing::warn!(%error, app_id = self.app.id, "nobody was signed in by the provider");
        self.to_refused(match error {
            OpenIdError::Unreachable(_) => Refusal::SignInUnreachable,
            OpenIdError::Code => Refusal::SignInState,
            OpenIdError::Token(TokenError::Unverified) => Refusal::Unverified,
            OpenIdError::Unusable(_) | OpenIdError::Token(_) => Refusal::SignInFault,
        })
    }
}
