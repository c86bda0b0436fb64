//! Signing in to the merchant's account, making one, signing out.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{Micros, Uuid};
use bursar_pages::session::csrf_token_matches;
use bursar_pages::{ErrorKind, respond};
use bursar_secrets::is_long_enough;
use bursar_web::Form;
use secrecy::SecretString;

use super::mail::is_address;
use super::store;
use super::views::{SignInProblem, SignUpFaults, SignUpPage, StartPage};
use super::visit::{Posted, Visit};
use crate::NewAccount;

/// Wrong passwords in a row that lock a name. Choice: as at the platform.
const ATTEMPTS_MAX: i64 = 5;
/// How long a name stays locked, and how long a failure counts.
const LOCKED_FOR: Duration = Duration::from_mins(15);
/// The longest name.
const NAME_MAX: usize = 100;

/// `GET /{app}/signin`: the page where everybody begins.
pub(super) async fn show(visit: Visit) -> Response {
    visit.to("connect")
}

/// `POST /{app}/signin`.
pub(super) async fn sign_in(visit: Visit, posted: Posted) -> Response {
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
                ..StartPage::new(visit.frame(), &visit.app, visit.pending().is_some())
            };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What a mail address is called in rows.
fn user_ref(email: &str) -> String {
    // Neither engine has texts with NUL, and one refuses to look for them.
    email.trim().replace('\0', "\u{fffd}").to_lowercase()
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
    let key = digest(&SHA256, user_ref.as_bytes()).as_ref().to_vec();
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

/// `GET /{app}/signin/new`.
pub(super) async fn show_new(visit: Visit) -> Response {
    let page = SignUpPage::new(visit.frame(), &visit.app);
    respond::page(StatusCode::OK, &page)
}

/// `POST /{app}/signin/new`: makes an account and signs in.
pub(super) async fn sign_up(visit: Visit, posted: Posted) -> Response {
    let form = match visit.own_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default().trim();
    let faults = faults(&form);
    if !faults.is_empty() {
        return again(&visit, &form, faults);
    }
    let password = SecretString::from(form.get("password").unwrap_or_default());
    let hash = match visit.state.passwords.hash(&password).await {
        Ok(hash) => hash,
        Err(error) => return visit.failed(&error),
    };
    let now = visit.now();
    let new = NewAccount {
        app_id: visit.app.id.clone(),
        id: visit.state.vault.rng().uuid_at(now),
        user_ref: user_ref(field("email")),
        email: Some(field("email").to_owned()),
        name: field("name").to_owned(),
        password_hash: Some(hash),
        at: now,
    };
    let id = new.id;
    match visit.state.vault.account(new).await {
        Ok(account) if account.id == id => visit.sign_in(id).await.unwrap_or_else(|no| no),
        // The account of this address is somebody's, who has another password or none.
        Ok(_) => again(
            &visit,
            &form,
            SignUpFaults {
                taken: true,
                ..SignUpFaults::default()
            },
        ),
        Err(error) => visit.failed(&error),
    }
}

fn faults(form: &Form) -> SignUpFaults {
    let field = |name| form.get(name).unwrap_or_default();
    let name = field("name").trim();
    let fine =
        !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control);
    let password = SecretString::from(field("password"));
    SignUpFaults {
        name: !fine,
        email: !is_address(field("email").trim()),
        short: !is_long_enough(&password),
        taken: false,
    }
}

fn again(visit: &Visit, form: &Form, faults: SignUpFaults) -> Response {
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let page = SignUpPage {
        name: field("name"),
        email: field("email"),
        faults,
        ..SignUpPage::new(visit.frame(), &visit.app)
    };
    respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_name_however_it_is_written() {
        assert_eq!(user_ref(" Ana@Cafe.Example "), "ana@cafe.example");
        assert_eq!(user_ref("a\0@x"), "a\u{fffd}@x");
    }

    #[test]
    fn every_fault_of_a_new_account_is_seen() {
        let form = |text: &str| faults(&Form::parse(text.as_bytes()).unwrap());
        let none = form("");
        assert!(none.name && none.email && none.short && !none.taken);
        let fine = form("name=Ana&email=ana%40cafe.example&password=twelve%20letters");
        assert!(fine.is_empty());
    }
}
