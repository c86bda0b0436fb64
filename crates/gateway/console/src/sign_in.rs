//! Signing in and out.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use bursar_db::{DbError, Isolation};
use bursar_kernel::Micros;
use bursar_pages::session::own_path;
use bursar_pages::{form, respond};
use secrecy::SecretString;

use crate::BASE;
use crate::store;
use crate::views::{self, SignInPage, SignInProblem};
use crate::visit::{Visit, to};

/// Wrong passwords in a row that lock a name. Choice: as on the connect pages.
const ATTEMPTS_MAX: i64 = 5;
/// How long a name stays locked, and how long a failure counts.
const LOCKED_FOR: Duration = Duration::from_mins(15);

/// The longest form: a name, a password, and where to go on.
type Posted = form::Posted<{ 16 << 10 }>;

/// `GET /console/signin`.
pub(crate) async fn show(visit: Visit) -> Response {
    let query = match visit.query() {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    if visit.is_signed_in() {
        return to("");
    }
    let page = SignInPage {
        frame: visit.frame(),
        name: String::new(),
        next: next(query.get("next")).to_owned(),
        problem: None,
        nobody: visit.state.operators.is_empty(),
    };
    respond::page(StatusCode::OK, &page)
}

/// A page of the console to go on at.
fn next(given: Option<&str>) -> &str {
    let below = |path: &&str| path.starts_with("/console/");
    given.and_then(own_path).filter(below).unwrap_or_default()
}

/// `POST /console/signin`.
pub(crate) async fn sign_in(visit: Visit, posted: Posted) -> Response {
    let form = match visit.own_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let name = form.get("name").unwrap_or_default().trim().to_owned();
    let password = SecretString::from(form.get("password").unwrap_or_default());
    let next = next(form.get("next")).to_owned();
    let entered = match enter(&visit, &name, &password).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match entered {
        Ok(credential) => match visit.begin(name.clone(), credential).await {
            Ok(cookie) => {
                tracing::info!(by = name, "an operator signed in");
                let lead = if next.is_empty() {
                    views::OVERVIEW
                } else {
                    &next
                };
                (cookie, Redirect::to(lead)).into_response()
            }
            Err(answer) => answer,
        },
        Err(problem) => {
            let page = SignInPage {
                frame: visit.frame(),
                name,
                next,
                problem: Some(problem),
                nobody: visit.state.operators.is_empty(),
            };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// The credential of whose name and password these are. An unknown name and a wrong password take
/// the same time and have the same consequences.
async fn enter(
    visit: &Visit,
    name: &str,
    password: &SecretString,
) -> Result<Result<Vec<u8>, SignInProblem>, Response> {
    let operators = &visit.state.operators;
    let hash = operators.hash(name).map(ToOwned::to_owned);
    let correct = visit.state.passwords.verify(password, hash).await;
    let correct = correct.map_err(|error| visit.failed(&error))?;
    let key = digest(&SHA256, name.as_bytes()).as_ref().to_vec();
    // What nobody is called may be a password in the wrong field: it is not written down.
    let by = operators.hash(name).map_or("(nobody’s name)", |_| name);
    // Counted after the check: of many guesses at once, one that is right but comes after the
    // fifth wrong one is refused too.
    let counted = match operators.credential(name) {
        Some(credential) if correct => passed(visit, key).await.map(|locked| {
            if locked {
                tracing::warn!(by, "the right password was refused: the name is locked");
                Err(SignInProblem::Locked)
            } else {
                Ok(credential)
            }
        }),
        _ => failed(visit, key).await.map(|failures| {
            let locked = failures >= ATTEMPTS_MAX;
            tracing::warn!(by, failures, locked, "a sign-in failed");
            Err(if failures > ATTEMPTS_MAX {
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
    let args = (key, visit.now() - LOCKED_FOR);
    let forget = visit.db().write(
        Isolation::ReadCommitted,
        args,
        |tx, (key, since): &(Vec<u8>, Micros)| {
            Box::pin(store::forget_failures(tx, key, ATTEMPTS_MAX, *since))
        },
    );
    forget.await
}

/// Counts a failure, and answers how many there are.
async fn failed(visit: &Visit, key: Vec<u8>) -> Result<i64, DbError> {
    let now = visit.now();
    let args = (key, (now, now - LOCKED_FOR));
    let count = visit.db().write(
        Isolation::ReadCommitted,
        args,
        |tx, (key, times): &(Vec<u8>, (Micros, Micros))| {
            Box::pin(store::count_failure(tx, key, *times, ATTEMPTS_MAX))
        },
    );
    count.await
}

/// `POST /console/signout`.
pub(crate) async fn sign_out(visit: Visit, posted: Posted) -> Response {
    if visit.is_signed_in()
        && let Err(answer) = visit.form(posted)
    {
        return answer;
    }
    match visit.end().await {
        Ok(cookie) => {
            if visit.is_signed_in() {
                tracing::info!(by = visit.name(), "an operator signed out");
            }
            (cookie, Redirect::to(&format!("{BASE}/signin"))).into_response()
        }
        Err(answer) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_console() {
        assert_eq!(next(Some("/console/items?app=a")), "/console/items?app=a");
        for bad in ["//evil.example", "/cafe/account", "https://a", "/consoles"] {
            assert_eq!(next(Some(bad)), "", "{bad}");
        }
        assert_eq!(next(None), "");
    }
}
