//! Signing in to the merchant's account, and out.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{Micros, Uuid};
use bursar_pages::session::csrf_token_matches;
use bursar_pages::{ErrorKind, respond};
use secrecy::SecretString;

use super::proof::address_key;
use super::store;
use super::views::{SignInProblem, StartPage};
use super::visit::{Posted, Visit};
use crate::model::user_ref;

/// Wrong passwords in a row that lock a name. Choice: as at the platform.
const ATTEMPTS_MAX: i64 = 5;
/// How long a name stays locked, and how long a failure counts.
const LOCKED_FOR: Duration = Duration::from_mins(15);

/// `GET /{app}/signin`: the page where everybody begins.
pub(super) async fn show(visit: Visit) -> Response {
    visit.to("connect")
}

/// `POST /{app}/signin`.
pub(super) async fn sign_in(visit: Visit, posted: Posted) -> Response {
    if visit.app.openid.is_some() {
        // Nobody has a password here.
        return visit.to("connect");
    }
    let form = match visit.own_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default();
    let user_ref = user_ref(field("email"));
    let password = SecretString::from(field("password"));
    let entered = match enter(&visit, &user_ref, &password).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match entered {
        Ok(account_id) => visit.sign_in(account_id).await.unwrap_or_else(|no| no),
        Err(problem) => {
            let page = StartPage {
                email: field("email").to_owned(),
                problem: Some(problem),
                ..StartPage::new(&visit)
            };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Whose name and password these are. An unknown name and a wrong password take the same time and
/// have the same consequences.
async fn enter(
    visit: &Visit,
    user_ref: &str,
    password: &SecretString,
) -> Result<Result<Uuid, SignInProblem>, Response> {
    let found = visit.state.vault.find_account(&visit.app.id, user_ref);
    let found = found.await.map_err(|error| visit.failed(&error))?;
    let hash = found
        .as_ref()
        .and_then(|account| account.password_hash.clone());
    let correct = visit.state.passwords.verify(password, hash).await;
    let correct = correct.map_err(|error| visit.failed(&error))?;
    let key = address_key(user_ref);
    // Counted after the check: of many guesses at once, one that is right but comes after the
    // fifth wrong one is refused too.
    let counted = match found {
        Some(account) if correct => passed(visit, key).await.map(|locked| {
            if locked {
                Err(SignInProblem::Locked)
            } else {
                Ok(account.id)
            }
        }),
        _ => failed(visit, key).await.map(|count| {
            Err(if count > ATTEMPTS_MAX {
                SignInProblem::Locked
            } else {
                SignInProblem::Incorrect
            })
        }),
    };
    counted.map_err(|error| visit.failed(&error))
}

/// Forgets failures, unless they have locked the name.
async fn passed(visit: &Visit, key: Vec<u8>) -> Result<bool, DbError> {
    let args = (visit.app.id.clone(), key, visit.now() - LOCKED_FOR);
    let db = visit.state.vault.db();
    let forget = db.write(
        Isolation::ReadCommitted,
        args,
        |tx, (app_id, key, since): &(String, Vec<u8>, Micros)| {
            Box::pin(store::forget_failures(
                tx,
                (app_id, key),
                ATTEMPTS_MAX,
                *since,
            ))
        },
    );
    forget.await
}

/// Counts a failure, and answers how many there are.
async fn failed(visit: &Visit, key: Vec<u8>) -> Result<i64, DbError> {
    let now = visit.now();
    let args = (visit.app.id.clone(), key, (now, now - LOCKED_FOR));
    let db = visit.state.vault.db();
    let count = db.write(
        Isolation::ReadCommitted,
        args,
        |tx, (app_id, key, times): &(String, Vec<u8>, (Micros, Micros))| {
            Box::pin(store::count_failure(
                tx,
                (app_id, key),
                *times,
                ATTEMPTS_MAX,
            ))
        },
    );
    count.await
}

/// `POST /{app}/signout`.
pub(super) async fn sign_out(visit: Visit, posted: Posted) -> Response {
    if visit.session.account().is_none() {
        // Signed out already.
        return visit.to("connect");
    }
    let form = match visit.own_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let given = form.get("csrf_token").unwrap_or_default();
    if !csrf_token_matches(visit.session.csrf(), given) {
        return visit.refuse(ErrorKind::SignedOut);
    }
    match visit.end().await {
        Ok(cookie) => (cookie, visit.to("connect")).into_response(),
        Err(answer) => answer,
    }
}
