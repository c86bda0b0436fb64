//! The one place where a token is obtained.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bursar_db::{DbError, Isolation};
use bursar_gateway_client::{
    AccessToken, CodeGrant, Exchange, Failure, FailureKind, Granted, Refusal as Answer, Result,
};
use bursar_kernel::Uuid;
use bursar_pages::ErrorKind;
use bursar_pages::session::stored;
use bursar_web::encode_form;

use super::pending::{MailAsk, Pending, WebAsk, ask_row, mail_key, open};
use super::store::{self, AskKey, Asked};
use super::views::Refusal;
use super::visit::Visit;
use crate::ConnectError;

/// Exchanges what is pending for the account that is signed in, and connects it. `sealed` is what
/// stands for it in the session: of several requests one takes it. That one goes on when its
/// browser goes away, for the token that comes is nobody's else.
pub(super) async fn finish(visit: Visit, sealed: Vec<u8>, pending: Pending) -> Response {
    let account = match visit.account() {
        Ok(account) => account.clone(),
        Err(answer) => return answer,
    };
    let operators = &visit.app.company_operators;
    if pending.is_company() && !operators.contains(&account.user_ref) {
        return visit.to_refused(Refusal::Company);
    }
    match visit
        .state
        .vault
        .is_revoking(&visit.app.id, account.id)
        .await
    {
        Ok(false) => {}
        Ok(true) => return visit.to_refused(Refusal::Ending),
        Err(error) => return visit.failed(&error),
    }
    match visit.take_pending(sealed).await {
        Ok(true) => {}
        Ok(false) => return visit.to("connected"),
        Err(answer) => return answer,
    }
    let correlation_id = visit.correlation_id.clone();
    let exchanging = tokio::spawn(async move {
        let (answer, again) = exchange(&visit, account.id, &pending).await;
        let given_back = visit.give_back(again.then_some(&pending)).await;
        given_back.err().unwrap_or(answer)
    });
    exchanging.await.unwrap_or_else(|error| {
        tracing::error!(%error, correlation_id = correlation_id.as_str(), "an exchange broke off");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// The answer, and whether the same may be exchanged again.
async fn exchange(visit: &Visit, account_id: Uuid, pending: &Pending) -> (Response, bool) {
    let answer = match pending {
        Pending::AppCenter {
            id, request_token, ..
        } => {
            let token = request_token.as_str().into();
            Ok(visit.app.client.request_token(id, &token).await)
        }
        Pending::Code {
            code,
            geolocation,
            state,
        } => by_code(visit, account_id, code, geolocation.clone(), state).await,
        Pending::Mailed { token } => by_mail(visit, account_id, token).await,
    };
    let account_id = (!pending.is_company()).then_some(account_id);
    match answer {
        Ok(Ok(done)) => {
            let answer = keep(visit, account_id, done.value, done.exchanges).await;
            (answer, false)
        }
        Ok(Err(failure)) => refused(visit, pending, failure).await,
        Err(answer) => answer,
    }
}

async fn by_code(
    visit: &Visit,
    account_id: Uuid,
    code: &str,
    geolocation: Option<String>,
    state: &str,
) -> std::result::Result<Result<Granted>, (Response, bool)> {
    let key = web_key(visit, state);
    let found = asked(visit, &key).await.map_err(kept)?;
    let own = found.filter(|asked| asked.account_id == account_id);
    let row = ask_row(&visit.app.id, key.kind, &key.key);
    let ask: Option<WebAsk> = own.and_then(|own| open(&visit.state.vault, &row, &own.sealed));
    let Some(ask) = ask else {
        return Err((visit.to_refused(Refusal::State), false));
    };
    if !use_ask(visit, &key).await.map_err(kept)? {
        // The same answer came before; the page says what became of it.
        return Err((visit.to("connected"), false));
    }
    let grant = CodeGrant {
        code: code.into(),
        redirect_uri: visit.url("callback"),
        verifier: ask.verifier.into(),
        geolocation,
    };
    Ok(visit.app.client.code(&grant).await)
}

async fn by_mail(
    visit: &Visit,
    account_id: Uuid,
    token: &str,
) -> std::result::Result<Result<Granted>, (Response, bool)> {
    let key = AskKey {
        app_id: visit.app.id.clone(),
        kind: "mail",
        key: mail_key(account_id),
    };
    let asked = asked(visit, &key).await.map_err(kept)?;
    let row = ask_row(&visit.app.id, key.kind, &key.key);
    let ask: Option<MailAsk> = asked.and_then(|own| open(&visit.state.vault, &row, &own.sealed));
    // Another account asked for the mail, or none.
    let Some(ask) = ask else {
        return Err((visit.to_refused(Refusal::NotAsked), true));
    };
    let link = visit.url("otp");
    let parameters = parameters(&ask, &link);
    let client = &visit.app.client;
    Ok(client.otp(&token.into(), &ask.email, &parameters).await)
}

/// Nothing was exchanged.
fn kept(answer: Response) -> (Response, bool) {
    (answer, true)
}

/// What a mail was asked for with, and its token is exchanged with.
pub(super) fn parameters<'a>(ask: &'a MailAsk, link: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("link", link),
        ("name", &ask.name),
        ("company", &ask.company),
    ]
}

pub(super) fn web_key(visit: &Visit, state: &str) -> AskKey {
    AskKey {
        app_id: visit.app.id.clone(),
        kind: "web",
        key: stored(state),
    }
}

/// What was asked for under this key.
pub(super) async fn asked(
    visit: &Visit,
    key: &AskKey,
) -> std::result::Result<Option<Asked>, Response> {
    let args = (key.clone(), visit.now());
    let find = visit
        .state
        .vault
        .db()
        .read(args, |tx, (key, now)| Box::pin(store::asked(tx, key, *now)));
    let found: std::result::Result<_, DbError> = find.await;
    found.map_err(|error| visit.failed(&error))
}

/// Marks a question as answered; false if it was before.
pub(super) async fn use_ask(visit: &Visit, key: &AskKey) -> std::result::Result<bool, Response> {
    let using = visit
        .state
        .vault
        .db()
        .write(Isolation::ReadCommitted, key.clone(), |tx, key| {
            Box::pin(store::use_ask(tx, key))
        });
    let used: std::result::Result<_, DbError> = using.await;
    used.map_err(|error| visit.failed(&error))
}

/// The token is there: it is kept, or it is said why not.
async fn keep(
    visit: &Visit,
    account_id: Option<Uuid>,
    granted: Granted,
    exchanges: Vec<Exchange>,
) -> Response {
    let required = visit.app.required_scopes.iter();
    let missing: Vec<&str> = required
        .filter(|scope| !granted.scopes.contains(scope))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        log(visit, exchanges).await;
        let query = encode_form([("why", "scopes"), ("scopes", &missing.join(" "))]);
        return visit.to(&format!("refused?{query}"));
    }
    let access = granted.access.clone();
    let done = bursar_gateway_client::Done {
        value: granted,
        exchanges: exchanges.clone(),
    };
    let connected = visit.state.vault.connect(&visit.app.id, account_id, done);
    let Err(error) = connected.await else {
        return visit.to("connected");
    };
    log(visit, exchanges).await;
    match error {
        ConnectError::TakenByAnother => visit.to_refused(Refusal::Taken),
        ConnectError::Ending => visit.to_refused(Refusal::Ending),
        ConnectError::OtherUser => {
            // Nobody of ours is that user: what was just allowed there is taken back.
            revoke(visit, &access).await;
            visit.to_refused(Refusal::OtherUser)
        }
        ConnectError::NoAccount => {
            // Deleted meanwhile, and signed out with that.
            revoke(visit, &access).await;
            visit.to("connect")
        }
        ConnectError::Lacking(_) => {
            tracing::error!(%error, app_id = visit.app.id, "nobody was connected");
            visit.to_refused(Refusal::Fault)
        }
        ConnectError::Db(error) => visit.failed(&error),
        ConnectError::NoApp | ConnectError::Sealed => {
            tracing::error!(%error, app_id = visit.app.id, "nobody was connected");
            visit.refuse(ErrorKind::Internal)
        }
    }
}

async fn revoke(visit: &Visit, access: &AccessToken) {
    let exchanges = match visit.app.client.revoke(access).await {
        Ok(done) => done.exchanges,
        Err(failure) => failure.exchanges,
    };
    log(visit, exchanges).await;
}

/// There is no token. Where another attempt may bring one, what it takes is kept.
async fn refused(visit: &Visit, pending: &Pending, mut failure: Failure) -> (Response, bool) {
    log(visit, std::mem::take(&mut failure.exchanges)).await;
    let why = why(&failure);
    tracing::warn!(app_id = visit.app.id, "nobody was connected: {failure}");
    let again = why == Refusal::Unreachable;
    if let (true, Pending::Code { state, .. }) = (again, pending) {
        let key = web_key(visit, state);
        let db = visit.state.vault.db();
        let reopen = db.write(Isolation::Append, key, |tx, key| {
            Box::pin(store::reopen_ask(tx, key))
        });
        let reopened: std::result::Result<(), DbError> = reopen.await;
        if let Err(error) = reopened {
            return (visit.failed(&error), again);
        }
    }
    (visit.to_refused(why), again)
}

/// Logs exchanges that led to no connection. The user has done nothing wrong where that fails.
pub(super) async fn log(visit: &Visit, exchanges: Vec<Exchange>) {
    if let Err(error) = visit.state.vault.log(&visit.app.id, exchanges).await {
        tracing::error!(%error, "a call was not logged");
    }
}

/// What a failure is called on pages.
pub(super) fn why(failure: &Failure) -> Refusal {
    match &*failure.kind {
        FailureKind::NotSent(_) | FailureKind::Unknown(_) => Refusal::Unreachable,
        FailureKind::Refused(answer) => why_refused(answer),
        FailureKind::Undocumented(_) | FailureKind::Untrusted(_) => Refusal::Fault,
    }
}

/// Source: authentication/apidoc.markdown, "Response Codes".
fn why_refused(answer: &Answer) -> Refusal {
    let later = answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
    match answer.code.as_deref() {
        _ if later => Refusal::Unreachable,
        Some("136" | "105") => Refusal::OtherApp,
        // The request token or code is unknown, used up or expired; so is a one-time password, or
        // it was asked for with other words.
        Some("5" | "19" | "83" | "84" | "85" | "100" | "103" | "108") => Refusal::Expired,
        Some("53") => Refusal::TurnedOff,
        Some("10" | "11" | "13" | "14" | "21" | "123" | "139") => Refusal::Disabled,
        Some("82") => Refusal::TooMany,
        _ => Refusal::Fault,
    }
}
