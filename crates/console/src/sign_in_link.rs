//! Signing in by a mailed link: asked for, opened, followed.
//!
//! Opening shows a page with a button, and only the button uses the link up: programs that look
//! through mail open every link.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_db::{DbError, Isolation};
use bursar_oauth::api::{SignInLink, link_hash, peek_link, send_link, use_link};
use bursar_pages::{ErrorKind, respond};
use bursar_web::{BodyError, RawBody};
use serde::Deserialize;

use crate::sign_in::{FORM_MAX, new_session, next_path, own_form, signed_in};
use crate::views::{LinkPage, LinkSentPage};
use crate::{Asked, authorize};

/// The page that links lead to.
const PAGE: &str = "/signin/link";

/// Mails a link, if the address is somebody's. The answer is the same for all.
pub(crate) async fn send(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let Some(form) = own_form(&asked, body) else {
        return asked.refuse(None, ErrorKind::SignedOut);
    };
    let email = form.get("email").unwrap_or_default();
    let next = next_path(form.get("next").unwrap_or_default());
    if let Err(error) = mail(&asked, email, next).await {
        return asked.failed(&error);
    }
    let page = LinkSentPage {
        frame: asked.state.frame(&asked.headers, None),
        email: email.to_owned(),
        next: next.to_owned(),
        shows_mail: asked.state.mailbox.is_some(),
    };
    respond::page(StatusCode::OK, &page)
}

/// Source: the e-receipts integration guide: a mail is sent if it is the primary address.
async fn mail(asked: &Asked, email: &str, next: &str) -> Result<(), DbError> {
    if !bursar_mail::is_address(email) {
        return Ok(());
    }
    let state = &asked.state;
    let link = SignInLink::draw(&state.oauth, email, next, &asked.correlation_id);
    // Apps' requests go on where they began; everything else where the reader lives.
    let stay = authorize::leads_there(next).then(|| asked.here.www_url(PAGE));
    let args = (link, stay, state.data_centers.clone());
    let sending = state.db.write(
        Isolation::Serializable,
        args,
        |tx, (link, stay, data_centers)| {
            Box::pin(send_link(tx, link, move |home| {
                let at_home = || data_centers.get(home).map(|home| home.www_url(PAGE));
                stay.clone().or_else(at_home).unwrap_or_default()
            }))
        },
    );
    sending.await
}

#[derive(Default, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

/// Shows whom the link signs in, with the button that does so.
pub(crate) async fn show(asked: Asked, query: Result<Query<Token>, QueryRejection>) -> Response {
    let Query(Token { token }) = query.unwrap_or_default();
    let state = &asked.state;
    let args = (link_hash(&state.oauth, &token), state.clock.now());
    let finding = state
        .db
        .read(args, |tx, (hash, now)| Box::pin(peek_link(tx, hash, *now)));
    let found: Result<_, DbError> = finding.await;
    match found {
        Ok(Some((member, next))) => {
            let name = format!("{} {}", member.user.given_name, member.user.family_name);
            let app_name = authorize::app_name(&asked, &next).await;
            page(&asked, StatusCode::OK, Some((name, token)), app_name)
        }
        Ok(None) => page(&asked, StatusCode::NOT_FOUND, None, None),
        Err(error) => asked.failed(&error),
    }
}

fn page(
    asked: &Asked,
    status: StatusCode,
    link: Option<(String, String)>,
    app_name: Option<String>,
) -> Response {
    let (display_name, token) = link.unzip();
    let page = LinkPage {
        frame: asked.state.frame(&asked.headers, None),
        display_name: display_name.unwrap_or_default(),
        token,
        app_name,
    };
    respond::page(status, &page)
}

/// Uses the link up and signs in.
pub(crate) async fn follow(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let Some(form) = own_form(&asked, body) else {
        return asked.refuse(None, ErrorKind::SignedOut);
    };
    let state = &asked.state;
    let hash = link_hash(&state.oauth, form.get("token").unwrap_or_default());
    let session = new_session(&asked);
    let args = (hash, session.clone());
    let following = state
        .db
        .write(Isolation::Serializable, args, |tx, (hash, session)| {
            Box::pin(async move {
                let Some((member, next)) = use_link(tx, hash, session.now).await? else {
                    return Ok::<_, DbError>(None);
                };
                session.begin(tx, &member.user).await?;
                Ok(Some(next))
            })
        });
    match following.await {
        Ok(Some(next)) => signed_in(&asked, &session, &next),
        Ok(None) => page(&asked, StatusCode::NOT_FOUND, None, None),
        Err(error) => asked.failed(&error),
    }
}
