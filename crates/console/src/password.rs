//! Changing one's own password, also for those who cannot sign in before.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Isolation};
use bursar_directory::{ChangePasswordError, PasswordChange, api as directory, change_password};
use bursar_pages::session::csrf_token_matches;
use bursar_pages::{ErrorKind, respond};
use bursar_web::{BodyError, Form, RawBody};
use secrecy::SecretString;
use serde::Deserialize;

use crate::sign_in::{FORM_MAX, elsewhere, new_session, next_path, own_form, problem, signed_in};
use crate::store::{NewSession, Session};
use crate::views::{PasswordPage, PasswordProblem, PasswordReason, SignInProblem};
use crate::{Asked, store};

/// Where it is.
const PAGE: &str = "/signin/password";

#[derive(Default, Deserialize)]
pub(crate) struct Asks {
    #[serde(default)]
    next: String,
    #[serde(default)]
    changed: String,
}

pub(crate) async fn show(asked: Asked, query: Result<Query<Asks>, QueryRejection>) -> Response {
    let session = match asked.session().await {
        Ok(session) => session,
        Err(error) => return asked.failed(&error),
    };
    let Query(asks) = query.unwrap_or_default();
    let reason = match &session {
        Some(_) if asks.changed == "1" => PasswordReason::Changed,
        _ => PasswordReason::Chosen,
    };
    let user_name = session.as_ref().map(|session| &*session.user.user_name);
    let page = PasswordPage {
        reason,
        ..page(
            &asked,
            session.as_ref(),
            user_name.unwrap_or_default(),
            &asks.next,
        )
    };
    respond::page(StatusCode::OK, &page)
}

/// The answer to a right password that has to be changed. It signs nobody in; who was signed in
/// in this browser stays so until it is changed.
pub(crate) async fn must(asked: &Asked, user_name: &str, next: &str) -> Response {
    let session = match asked.session().await {
        Ok(session) => session,
        Err(error) => return asked.failed(&error),
    };
    let page = PasswordPage {
        reason: PasswordReason::Must,
        ..page(asked, session.as_ref(), user_name, next)
    };
    respond::page(StatusCode::OK, &page)
}

fn page(asked: &Asked, session: Option<&Session>, user_name: &str, next: &str) -> PasswordPage {
    PasswordPage {
        frame: asked.state.frame(&asked.headers, session),
        user_name: user_name.to_owned(),
        next: match next {
            "" => String::new(),
            next => next_path(next).to_owned(),
        },
        reason: PasswordReason::Chosen,
        problem: None,
    }
}

pub(crate) async fn change(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let session = match asked.session().await {
        Ok(session) => session,
        Err(error) => return asked.failed(&error),
    };
    let own = |form: &Form| match &session {
        Some(session) => {
            csrf_token_matches(&session.csrf, form.get("csrf_token").unwrap_or_default())
        }
        None => true,
    };
    let Some(form) = own_form(&asked, body).filter(own) else {
        return asked.refuse(session.as_ref(), ErrorKind::SignedOut);
    };
    match checked(&asked, &form).await {
        Ok(change) => carry_out(&asked, session.as_ref(), &form, change).await,
        Err(Refused::Because(problem)) => refused(&asked, session.as_ref(), &form, problem),
        Err(Refused::Failed(error)) => asked.failed(&error),
    }
}

enum Refused {
    Because(PasswordProblem),
    Failed(ChangePasswordError),
}

async fn checked(asked: &Asked, form: &Form) -> Result<PasswordChange, Refused> {
    let field = |name| form.get(name).unwrap_or_default();
    let state = &asked.state;
    if field("new") != field("again") {
        return Err(Refused::Because(PasswordProblem::Mismatch));
    }
    let (current, new) = (field("current"), field("new"));
    let (current, new) = (SecretString::from(current), SecretString::from(new));
    let changing = change_password(
        &state.db,
        &state.clock,
        &state.rng,
        &state.passwords,
        field("user_name"),
        &current,
        &new,
    );
    changing.await.map_err(|error| match error {
        ChangePasswordError::TooShort => Refused::Because(PasswordProblem::TooShort),
        ChangePasswordError::Same => Refused::Because(PasswordProblem::Same),
        ChangePasswordError::SignIn(error) => match problem(&error) {
            Some(problem) => Refused::Because(PasswordProblem::SignIn(problem)),
            None => Refused::Failed(error.into()),
        },
    })
}

fn refused(
    asked: &Asked,
    session: Option<&Session>,
    form: &Form,
    problem: PasswordProblem,
) -> Response {
    let field = |name| form.get(name).unwrap_or_default();
    let reason = match field("must") {
        "" => PasswordReason::Chosen,
        _ => PasswordReason::Must,
    };
    let page = PasswordPage {
        reason,
        problem: Some(problem),
        ..page(asked, session, field("user_name"), field("next"))
    };
    respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Sets the password, ends every session of the user, and begins a new one where the user can go
/// on here: all of it or nothing.
async fn carry_out(
    asked: &Asked,
    session: Option<&Session>,
    form: &Form,
    change: PasswordChange,
) -> Response {
    let next = form.get("next").unwrap_or_default();
    let away = elsewhere(asked, change.member(), next_path(next));
    let new = away.is_none().then(|| new_session(asked));
    let args = (change, new.clone());
    let changing = asked
        .state
        .db
        .write(Isolation::Serializable, args, |tx, (change, new)| {
            Box::pin(async move {
                let user = &change.member().user;
                if !directory::set_password(tx, change).await? {
                    return Ok::<_, DbError>(false);
                }
                store::end_all(tx, user).await?;
                if let Some(new) = new {
                    new.begin(tx, user).await?;
                }
                Ok(true)
            })
        });
    match (changing.await, away, new) {
        (Ok(true), None, Some(new)) => changed(asked, &new, next),
        (Ok(true), away, _) => away.unwrap_or_else(|| Redirect::to("/signin").into_response()),
        (Ok(false), ..) => {
            let problem = PasswordProblem::SignIn(SignInProblem::Incorrect);
            refused(asked, session, form, problem)
        }
        (Err(error), ..) => asked.failed(&error),
    }
}

/// Goes on where the reader was on the way to; who was nowhere else is told that it is done.
fn changed(asked: &Asked, session: &NewSession, next: &str) -> Response {
    if !next.is_empty() {
        return signed_in(asked, session, next);
    }
    let cookie = asked.cookie().set(&session.token, store::LIFETIME);
    let done = Redirect::to(&format!("{PAGE}?changed=1"));
    ([(header::SET_COOKIE, cookie)], done).into_response()
}
