//! Signing in by password, and out.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Isolation};
use bursar_directory::{Member, SignInError};
use bursar_pages::session::{csrf_token_matches, from_own_pages, new_token, own_path, sign_in_url};
use bursar_pages::{ErrorKind, form, respond};
use bursar_web::{BodyError, Form, RawBody};
use secrecy::SecretString;
use serde::Deserialize;

use crate::store::NewSession;
use crate::views::{SignInPage, SignInProblem};
use crate::{Asked, authorize, password, store};

/// A user name, a password and a path with what an app asks for.
pub(crate) const FORM_MAX: usize = 16 << 10;

#[derive(Default, Deserialize)]
pub(crate) struct Asks {
    #[serde(default)]
    next: String,
    #[serde(default)]
    moved: String,
}

/// Where to go after sign-in: `next` if it is a path of ours, else a traveller's first page.
pub(crate) fn next_path(next: &str) -> &str {
    own_path(next).unwrap_or("/expenses")
}

/// The sign-in page of the reader's own data center, which says why the reader is there.
fn moved_url(next: &str) -> String {
    format!("{}&moved=1", sign_in_url(next))
}

/// Leads to the sign-in page, and from there to `next`.
pub(crate) fn first(next: &str) -> Response {
    Redirect::to(&sign_in_url(next_path(next))).into_response()
}

pub(crate) async fn show(asked: Asked, query: Result<Query<Asks>, QueryRejection>) -> Response {
    let Query(asks) = query.unwrap_or_default();
    let page = SignInPage {
        moved: asks.moved == "1",
        ..page(&asked, "", &asks.next).await
    };
    respond::page(StatusCode::OK, &page)
}

async fn page(asked: &Asked, user_name: &str, next: &str) -> SignInPage {
    let next = next_path(next).to_owned();
    SignInPage {
        frame: asked.state.frame(&asked.headers, None),
        app_name: authorize::app_name(asked, &next).await,
        user_name: user_name.to_owned(),
        next,
        problem: None,
        moved: false,
    }
}

/// The fields of a form that our own pages posted.
pub(crate) fn own_form<const MAX: usize>(
    asked: &Asked,
    body: Result<RawBody<MAX>, BodyError>,
) -> Option<Form> {
    let form = form::fields(body).ok()?;
    from_own_pages(&asked.headers, asked.here.www_uri()).then_some(form)
}

pub(crate) async fn sign_in(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let Some(form) = own_form(&asked, body) else {
        return asked.refuse(None, ErrorKind::SignedOut);
    };
    let field = |name| form.get(name).unwrap_or_default();
    let (state, user_name, next) = (&asked.state, field("user_name"), next_path(field("next")));
    let password = SecretString::from(field("password"));
    let (db, clock) = (&state.db, &state.clock);
    let entered =
        bursar_directory::sign_in(db, clock, &state.passwords, user_name, &password).await;
    let member = match entered {
        Ok(member) => member,
        Err(SignInError::MustChangePassword) => {
            return password::must(&asked, user_name, next).await;
        }
        Err(error) => return refused(&asked, &error, user_name, next).await,
    };
    if let Some(answer) = elsewhere(&asked, &member, next) {
        return answer;
    }
    let session = new_session(&asked);
    let args = (session.clone(), member.user);
    let beginning = state
        .db
        .write(Isolation::Append, args, |tx, (session, user)| {
            Box::pin(session.begin(tx, user))
        });
    let begun: Result<(), DbError> = beginning.await;
    match begun {
        Ok(()) => signed_in(&asked, &session, next),
        Err(error) => asked.failed(&error),
    }
}

/// The page again, with what can be said of a refusal.
async fn refused(asked: &Asked, error: &SignInError, user_name: &str, next: &str) -> Response {
    let Some(problem) = problem(error) else {
        return asked.failed(error);
    };
    let page = SignInPage {
        problem: Some(problem),
        ..page(asked, user_name, next).await
    };
    respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What a refusal is called on pages; none for a fault of ours.
///
/// A name is locked whether or not anybody has it, and single sign-on is only spoken of to the
/// right password: neither tells a stranger who exists. Who is disabled learns no more than one.
pub(crate) fn problem(error: &SignInError) -> Option<SignInProblem> {
    match error {
        SignInError::Locked => Some(SignInProblem::Locked),
        SignInError::SsoOnly => Some(SignInProblem::SsoOnly),
        SignInError::Incorrect | SignInError::Disabled | SignInError::MustChangePassword => {
            Some(SignInProblem::Incorrect)
        }
        SignInError::Db(_) | SignInError::Password(_) => None,
    }
}

/// The way to the data center where somebody lives, who was let in here and cannot go on here.
///
/// An app's request is answered anywhere: the global zone, where nobody lives, included.
pub(crate) fn elsewhere(asked: &Asked, member: &Member, next: &str) -> Option<Response> {
    if member.company.home == asked.here.id() || authorize::leads_there(next) {
        return None;
    }
    let home = asked.state.data_centers.home(&member.company.home).ok()?;
    Some(Redirect::to(&home.www_url(&moved_url(next))).into_response())
}

/// A session for whoever has just proved who they are.
pub(crate) fn new_session(asked: &Asked) -> NewSession {
    NewSession {
        token: new_token(&asked.state.rng),
        csrf: new_token(&asked.state.rng),
        old: asked.cookie().token(&asked.headers).map(ToOwned::to_owned),
        now: asked.state.clock.now(),
    }
}

/// The answer that signs in.
pub(crate) fn signed_in(asked: &Asked, session: &NewSession, next: &str) -> Response {
    let cookie = asked.cookie().set(&session.token, store::LIFETIME);
    let redirect = Redirect::to(next_path(next));
    ([(header::SET_COOKIE, cookie)], redirect).into_response()
}

pub(crate) async fn sign_out(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let session = match asked.session().await {
        Ok(Some(session)) => session,
        // Signed out already. Nothing to come back to: /signout is no page.
        Ok(None) => return Redirect::to("/signin").into_response(),
        Err(error) => return asked.failed(&error),
    };
    let form = own_form(&asked, body);
    let given = form.as_ref().and_then(|form| form.get("csrf_token"));
    if !csrf_token_matches(&session.csrf, given.unwrap_or_default()) {
        return asked.refuse(Some(&session), ErrorKind::SignedOut);
    }
    let cookie = asked.cookie();
    let token = cookie.token(&asked.headers).unwrap_or_default();
    match store::end(&asked.state.db, token).await {
        Ok(()) => {
            let cookie = [(header::SET_COOKIE, cookie.clear())];
            (cookie, Redirect::to("/signin")).into_response()
        }
        Err(error) => asked.failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_leads_to_our_own_pages() {
        assert_eq!(next_path("/expenses/1?a=b"), "/expenses/1?a=b");
        for elsewhere in ["", "//evil.example", "https://evil.example"] {
            assert_eq!(next_path(elsewhere), "/expenses");
        }
        assert_eq!(moved_url("/a?b=c"), "/signin?next=/a%3Fb%3Dc&moved=1");
    }
}
