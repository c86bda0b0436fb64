//! The e-mail flow: the platform mails a link to the user's address there.
//!
//! Source: the e-receipts integration guide, "One Time Password Flow".

use axum::http::StatusCode;
use axum::response::Response;
use bursar_db::{DbError, Isolation};
use bursar_mail::is_address;
use bursar_pages::{ErrorKind, respond};

use super::connect::platform;
use super::exchange::{log, parameters, why};
use super::pending::{MailAsk, ask_row, mail_key, seal};
use super::store::{self, AskKey};
use super::views::{ChoosePage, SentPage};
use super::visit::{Posted, Visit};

/// How long a mailed link is waited for; the platform ends it sooner.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_hours(24);
/// The longest name that goes along.
const NAME_MAX: usize = 100;

/// `POST /{app}/connect/mail`: has the platform send the mail.
pub(super) async fn send(visit: Visit, posted: Posted) -> Response {
    let (account, form) = match visit.form(posted) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let email = form.get("email").unwrap_or_default().trim().to_owned();
    if !is_address(&email) {
        return faulty(&visit, email);
    }
    let ask = MailAsk {
        email,
        name: account.name.chars().take(NAME_MAX).collect(),
        company: visit.app.brand.name.chars().take(NAME_MAX).collect(),
    };
    // Kept before the mail goes out: whoever follows the link at once finds it.
    if let Err(answer) = keep(&visit, account.id, &ask).await {
        return answer;
    }
    let link = visit.url("otp");
    let client = &visit.app.client;
    match client.send_otp(&ask.email, &parameters(&ask, &link)).await {
        Ok(done) => {
            log(&visit, done.exchanges).await;
            visit.to("connect/sent")
        }
        Err(mut failure) => {
            log(&visit, std::mem::take(&mut failure.exchanges)).await;
            if failure.refusal().is_some_and(|no| no.has_code("81")) {
                return faulty(&visit, ask.email);
            }
            tracing::warn!(app_id = visit.app.id, "no mail was sent: {failure}");
            visit.to_refused(why(&failure))
        }
    }
}

async fn keep(
    visit: &Visit,
    account_id: bursar_kernel::Uuid,
    ask: &MailAsk,
) -> Result<(), Response> {
    let vault = &visit.state.vault;
    let key = AskKey {
        app_id: visit.app.id.clone(),
        kind: "mail",
        key: mail_key(account_id),
    };
    let row = ask_row(&visit.app.id, key.kind, &key.key);
    let sealed = seal(vault, &row, ask);
    let sealed = sealed.ok_or_else(|| visit.refuse(ErrorKind::Internal))?;
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
    kept.map_err(|error| visit.failed(&error))
}

/// The form again, which says what is wrong with the address.
fn faulty(visit: &Visit, email: String) -> Response {
    let page = ChoosePage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        lost: false,
        email,
        faulty: true,
    };
    let mut answer = respond::page_leading_to(&platform(visit), &page);
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    answer
}

/// `GET /{app}/connect/sent`: a mail is on its way.
pub(super) async fn sent(visit: Visit) -> Response {
    if let Err(answer) = visit.account() {
        return answer;
    }
    let page = SentPage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
    };
    respond::page(StatusCode::OK, &page)
}
