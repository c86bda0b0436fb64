//! Signing in and out.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_directory::SignInError;
use bursar_web::{BodyError, DataCenter, Form, RawBody};
use secrecy::SecretString;
use serde::Deserialize;

use crate::session::{SessionCookie, csrf_token_matches, from_own_pages, new_token, next_path};
use crate::views::{ErrorKind, SignInPage};
use crate::{Asked, respond, store};

/// A user name, a password and a path.
const FORM_MAX: usize = 16 << 10;

#[derive(Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) async fn show(asked: Asked, query: Result<Query<Next>, QueryRejection>) -> Response {
    let Query(query) = query.unwrap_or_default();
    page(&asked, StatusCode::OK, String::new(), &query.next, false)
}

fn page(
    asked: &Asked,
    status: StatusCode,
    user_name: String,
    next: &str,
    failed: bool,
) -> Response {
    let next = next_path(next).to_owned();
    let frame = asked.state.frame(&asked.headers, None);
    respond::page(
        status,
        &SignInPage {
            frame,
            user_name,
            next,
            failed,
        },
    )
}

pub(crate) async fn sign_in(
    asked: Asked,
    Extension(here): Extension<Arc<DataCenter>>,
    body: Result<RawBody<FORM_MAX>, BodyError>,
) -> Response {
    let form = body.ok().and_then(|body| Form::parse(&body.bytes).ok());
    let Some(form) = form.filter(|_| from_own_pages(&asked.headers, here.www_uri())) else {
        return asked.refuse(None, ErrorKind::SignedOut);
    };
    let field = |name| form.get(name).unwrap_or_default();
    let state = &asked.state;
    let password = SecretString::from(field("password"));
    let user_name = field("user_name");
    let (db, clock) = (&state.db, &state.clock);
    let entered =
        bursar_directory::sign_in(db, clock, &state.passwords, user_name, &password).await;
    let member = match entered {
        Ok(member) => member,
        Err(error @ (SignInError::Db(_) | SignInError::Password(_))) => {
            return asked.failed(&error);
        }
        // Whoever may not enter learns no more than a stranger.
        Err(_) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return page(&asked, status, user_name.to_owned(), field("next"), true);
        }
    };
    if member.company.home != here.id()
        && let Ok(home) = state.data_centers.home(&member.company.home)
    {
        return Redirect::to(&home.www_url("/signin")).into_response();
    }
    let (token, csrf) = (new_token(&state.rng), new_token(&state.rng));
    if let Err(error) = store::begin(&state.db, &token, csrf, &member.user, state.clock.now()).await
    {
        return asked.failed(&error);
    }
    let cookie = SessionCookie::for_base_uri(here.www_uri()).set(&token, store::LIFETIME);
    (
        [(header::SET_COOKIE, cookie)],
        Redirect::to(next_path(field("next"))),
    )
        .into_response()
}

pub(crate) async fn sign_out(
    asked: Asked,
    Extension(here): Extension<Arc<DataCenter>>,
    body: Result<RawBody<FORM_MAX>, BodyError>,
) -> Response {
    let secure = SessionCookie::for_base_uri(here.www_uri());
    let session = match asked.session(secure).await {
        Ok(session) => session,
        // Signed out already. Nothing to come back to: /signout is no page.
        Err(answer) if answer.status().is_redirection() => {
            return Redirect::to("/signin").into_response();
        }
        Err(answer) => return answer,
    };
    let form = body.ok().and_then(|body| Form::parse(&body.bytes).ok());
    let given = form
        .as_ref()
        .and_then(|form| form.get("csrf_token"))
        .unwrap_or_default();
    let own = from_own_pages(&asked.headers, here.www_uri());
    if !own || !csrf_token_matches(&session.csrf, given) {
        return asked.refuse(Some(&session), ErrorKind::SignedOut);
    }
    let token = secure.token(&asked.headers).unwrap_or_default();
    match store::end(&asked.state.db, token).await {
        Ok(()) => {
            let cookie = [(header::SET_COOKIE, secure.clear())];
            (cookie, Redirect::to("/signin")).into_response()
        }
        Err(error) => asked.failed(&error),
    }
}
