//! What an account sees of its connection, and how it ends.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bursar_db::{DbError, Isolation};
use bursar_pages::respond;

use super::store;
use super::views::{AccountPage, AskPage, Question, Standing};
use super::visit::{Posted, Visit};
use crate::{Account, Connection, ConnectionState};

/// `GET /{app}/account`.
pub(super) async fn show(visit: Visit) -> Response {
    let account = match visit.account() {
        Ok(account) => account,
        Err(answer) => return answer,
    };
    let standing = match connection(&visit, account).await {
        Ok(None) => Standing::None,
        Ok(Some(there)) => match there.state {
            ConnectionState::Connected => Standing::Connected(there.connected_at.rfc3339()),
            ConnectionState::Lost => Standing::Lost,
            ConnectionState::Ending => Standing::Ending,
            ConnectionState::Ended => Standing::None,
        },
        Err(answer) => return answer,
    };
    let page = AccountPage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        account: account.user_ref.clone(),
        standing,
    };
    respond::page(StatusCode::OK, &page)
}

async fn connection(visit: &Visit, account: &Account) -> Result<Option<Connection>, Response> {
    let found = visit.state.vault.of_account(&visit.app.id, account.id);
    found.await.map_err(|error| visit.failed(&error))
}

/// `GET /{app}/account/disconnect`.
pub(super) async fn ask_to_disconnect(visit: Visit) -> Response {
    ask(&visit, Question::Disconnect)
}

/// `GET /{app}/account/delete`.
pub(super) async fn ask_to_delete(visit: Visit) -> Response {
    ask(&visit, Question::Delete)
}

fn ask(visit: &Visit, question: Question) -> Response {
    if let Err(answer) = visit.account() {
        return answer;
    }
    let page = AskPage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        question,
    };
    respond::page(StatusCode::OK, &page)
}

/// `POST /{app}/account/disconnect`.
pub(super) async fn disconnect(visit: Visit, posted: Posted) -> Response {
    let account = match visit.form(posted) {
        Ok((account, _)) => account,
        Err(answer) => return answer,
    };
    let there = match connection(&visit, account).await {
        Ok(Some(there)) => there,
        Ok(None) => return visit.to("account"),
        Err(answer) => return answer,
    };
    match visit.state.vault.disconnect(&visit.app.id, there.id).await {
        Ok(_) => visit.to("account"),
        Err(error) => visit.failed(&error),
    }
}

/// `POST /{app}/account/delete`: disconnects too, so that nothing is left that acts for nobody.
pub(super) async fn delete(visit: Visit, posted: Posted) -> Response {
    let account = match visit.form(posted) {
        Ok((account, _)) => account,
        Err(answer) => return answer,
    };
    let args = (visit.app.id.clone(), account.id, visit.now());
    let delete =
        visit
            .state
            .vault
            .db()
            .write(Isolation::Serializable, args, |tx, (app_id, id, now)| {
                Box::pin(store::delete_account(tx, app_id, *id, *now))
            });
    let deleted: Result<(), DbError> = delete.await;
    if let Err(error) = deleted {
        return visit.failed(&error);
    }
    match visit.end().await {
        Ok(cookie) => (cookie, visit.to("connect")).into_response(),
        Err(answer) => answer,
    }
}
