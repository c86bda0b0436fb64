//! The web flow: the user signs in at the platform, which sends a code back.
//!
//! Source: the e-receipts integration guide, "Web Flow"; authentication/apidoc.markdown,
//! "Authorization grant".

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_db::{DbError, Isolation};
use bursar_pages::ErrorKind;
use bursar_pages::session::new_token;

use super::exchange::{asked, finish, use_ask, web_key};
use super::landing::{go_on, parameters, value};
use super::pending::{Pending, WebAsk, ask_row, seal};
use super::store;
use super::views::Refusal;
use super::visit::{Posted, Visit};
use crate::ConnectionState;

/// How long somebody may take to sign in there.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_hours(1);

/// `POST /{app}/connect/web`: off to the platform.
pub(super) async fn leave(visit: Visit, posted: Posted) -> Response {
    let account_id = match visit.form(posted) {
        Ok((account, _)) => account.id,
        Err(answer) => return answer,
    };
    let vault = &visit.state.vault;
    let (state, verifier) = (new_token(vault.rng()), new_token(vault.rng()));
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let key = web_key(&visit, &state);
    let row = ask_row(&visit.app.id, key.kind, &key.key);
    let Some(sealed) = seal(vault, &row, &WebAsk { verifier }) else {
        return visit.refuse(ErrorKind::Internal);
    };
    let now = visit.now();
    let args = (key, account_id, sealed, (now, now + ANSWERED_WITHIN));
    let keep = vault.db().write(
        Isolation::ReadCommitted,
        args,
        |tx, (key, account_id, sealed, times)| {
            Box::pin(store::ask(tx, key, *account_id, sealed, *times))
        },
    );
    let kept: Result<(), DbError> = keep.await;
    if let Err(error) = kept {
        return visit.failed(&error);
    }
    let redirect_uri = visit.url("callback");
    let target = visit
        .app
        .client
        .authorize_url(&redirect_uri, &state, &challenge);
    let headers = [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ];
    (headers, Redirect::to(&target)).into_response()
}

/// `GET /{app}/callback`: the platform's answer. It counts for the account that asked, once.
pub(super) async fn callback(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = parameters(query.as_deref());
    let Some(state) = value(&query, "state") else {
        return visit.to_refused(Refusal::State);
    };
    let key = web_key(&visit, &state);
    let found = match asked(&visit, &key).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.to_refused(Refusal::State),
        Err(answer) => return answer,
    };
    let account_id = visit.session.account().map(|account| account.id);
    if account_id.is_some_and(|id| id != found.account_id) {
        return visit.to_refused(Refusal::State);
    }
    if found.used {
        return again(&visit).await;
    }
    let Some(code) = value(&query, "code") else {
        let no = query.get("error_code").or_else(|| query.get("error"));
        return match use_ask(&visit, &key).await {
            Ok(_) => visit.to_refused(why(no.unwrap_or_default())),
            Err(answer) => answer,
        };
    };
    let pending = Pending::Code {
        code,
        geolocation: value(&query, "geolocation"),
        state,
    };
    if account_id.is_none() {
        // The session that asked is over: its account signs in first.
        return go_on(&visit, pending).await;
    }
    match visit.set_pending(&pending).await {
        // Who asked has confirmed by asking.
        Ok(sealed) => finish(visit, sealed, pending).await,
        Err(answer) => answer,
    }
}

/// An answer that comes again changes nothing.
async fn again(visit: &Visit) -> Response {
    let Some(account) = visit.session.account() else {
        return visit.to_refused(Refusal::State);
    };
    if visit.is_connecting() {
        return visit.to("connected");
    }
    match visit
        .state
        .vault
        .of_account(&visit.app.id, account.id)
        .await
    {
        Ok(Some(there)) if there.state == ConnectionState::Connected => visit.to("connected"),
        Ok(_) => visit.to_refused(Refusal::State),
        Err(error) => visit.failed(&error),
    }
}

/// Why the platform sent no code.
fn why(error_code: &str) -> Refusal {
    match error_code {
        "access_denied" => Refusal::Declined,
        "53" => Refusal::TurnedOff,
        "temporarily_unavailable" | "server_error" => Refusal::Unreachable,
        _ => Refusal::Fault,
    }
}
