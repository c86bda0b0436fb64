//! `/_bursar/mailbox`: the sandbox's mail, as pages and as JSON. Routed in the sandbox only.

use axum::Json;
use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bursar_db::DbError;
use bursar_kernel::uuid_from_text;
use bursar_mail::Mail;
use bursar_pages::{ErrorKind, respond};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::views::{MailPage, MailboxPage};
use crate::{Asked, ConsoleState};

/// A mail's own page: its styles are inline, as mail readers want them. It runs nothing, fetches
/// nothing and is nobody's origin; its links work.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; sandbox";

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/_bursar/mailbox", get(list))
        .route("/_bursar/mailbox/{id}", get(show))
        .route("/_bursar/mailbox/{id}/html", get(html))
        .route("/_bursar/mailbox/messages", get(list_json))
}

async fn mails(asked: &Asked, to: Option<&str>) -> Result<Vec<Mail>, DbError> {
    match &asked.state.mailbox {
        Some(mailbox) => mailbox.latest(to).await,
        None => Ok(Vec::new()),
    }
}

async fn list(asked: Asked) -> Response {
    match mails(&asked, None).await {
        Ok(mails) => {
            let frame = asked.state.frame(&asked.headers, None);
            respond::page(StatusCode::OK, &MailboxPage { frame, mails })
        }
        Err(error) => asked.failed(&error),
    }
}

#[derive(Default, Deserialize)]
struct Wanted {
    to: Option<String>,
}

/// The newest mails, the newest first; `?to=` picks those to one address.
async fn list_json(asked: Asked, query: Result<Query<Wanted>, QueryRejection>) -> Response {
    let Query(Wanted { to }) = query.unwrap_or_default();
    match mails(&asked, to.as_deref()).await {
        Ok(mails) => {
            let mails: Vec<Value> = mails.iter().map(in_json).collect();
            let headers = [(header::CACHE_CONTROL, "no-store")];
            (headers, Json(json!({ "messages": mails }))).into_response()
        }
        Err(error) => asked.failed(&error),
    }
}

fn in_json(mail: &Mail) -> Value {
    json!({
        "id": mail.id.to_string(),
        "date": mail.at.rfc3339(),
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
    })
}

async fn one(asked: &Asked, id: Result<Path<String>, PathRejection>) -> Result<Mail, Response> {
    let missing = || asked.refuse(None, ErrorKind::NotFound);
    let id = id.ok().and_then(|Path(id)| uuid_from_text(&id).ok());
    let (Some(id), Some(mailbox)) = (id, &asked.state.mailbox) else {
        return Err(missing());
    };
    match mailbox.one(id).await {
        Ok(mail) => mail.ok_or_else(missing),
        Err(error) => Err(asked.failed(&error)),
    }
}

async fn show(asked: Asked, id: Result<Path<String>, PathRejection>) -> Response {
    match one(&asked, id).await {
        Ok(mail) => {
            let frame = asked.state.frame(&asked.headers, None);
            respond::page(StatusCode::OK, &MailPage { frame, mail })
        }
        Err(answer) => answer,
    }
}

async fn html(asked: Asked, id: Result<Path<String>, PathRejection>) -> Response {
    match one(&asked, id).await {
        Ok(mail) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
                (header::CACHE_CONTROL, "no-store"),
                (header::REFERRER_POLICY, "no-referrer"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, mail.html).into_response()
        }
        Err(answer) => answer,
    }
}
