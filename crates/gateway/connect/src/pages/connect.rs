//! The way to a connection: who it is, whether they want it, and that it is there.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_pages::respond;

use super::exchange;
use super::landing::parameters;
use super::views::{ChoosePage, ConfirmPage, ConnectedPage, Refusal, RefusedPage, StartPage};
use super::visit::{Posted, Visit};
use crate::ConnectionState;

/// `GET /{app}/connect`: the page that comes next.
pub(super) async fn show(visit: Visit) -> Response {
    let pending = visit.pending();
    let Some(account) = visit.session.account() else {
        let page = StartPage::new(&visit);
        return respond::page(StatusCode::OK, &page);
    };
    if visit.is_connecting() {
        return visit.to_refused(Refusal::UnderWay);
    }
    let app = &visit.app;
    if let Some(pending) = pending {
        let page = ConfirmPage {
            frame: visit.frame(),
            base: format!("/{}", app.id),
            brand: app.brand.clone(),
            account: account.user_ref.clone(),
            company: pending.is_company(),
        };
        return respond::page(StatusCode::OK, &page);
    }
    match visit.state.vault.of_account(&app.id, account.id).await {
        Ok(Some(there)) if there.state == ConnectionState::Connected => visit.to("account"),
        Ok(there) => {
            let page = ChoosePage {
                frame: visit.frame(),
                base: format!("/{}", app.id),
                brand: app.brand.clone(),
                lost: there.is_some_and(|there| there.state == ConnectionState::Lost),
                email: account.email.clone().unwrap_or_default(),
                faulty: false,
            };
            respond::page_leading_to(&platform(&visit), &page)
        }
        Err(error) => visit.failed(&error),
    }
}

/// Where the platform's own pages are: the form that leads there is redirected.
pub(super) fn platform(visit: &Visit) -> String {
    let url = visit.app.client.authorize_url("", "", "");
    let path = url.find("/oauth2").unwrap_or(url.len());
    url[..path].to_owned()
}

/// `POST /{app}/connect`: the user has confirmed; now the token is obtained.
pub(super) async fn confirm(visit: Visit, posted: Posted) -> Response {
    if let Err(answer) = visit.form(posted) {
        return answer;
    }
    match visit.sealed_pending() {
        Some((sealed, pending)) => exchange::finish(visit, sealed, pending).await,
        // Sent twice: the first one was it, or leads to the page that comes next.
        None => visit.to("connected"),
    }
}

/// `GET /{app}/connected`: it is done.
pub(super) async fn done(visit: Visit) -> Response {
    let account = match visit.account() {
        Ok(account) => account,
        Err(answer) => return answer,
    };
    if visit.is_connecting() {
        return visit.to_refused(Refusal::UnderWay);
    }
    match visit
        .state
        .vault
        .of_account(&visit.app.id, account.id)
        .await
    {
        Ok(Some(there)) if there.state == ConnectionState::Connected => {
            let page = ConnectedPage {
                frame: visit.frame(),
                base: format!("/{}", visit.app.id),
                brand: visit.app.brand.clone(),
                account: account.user_ref.clone(),
            };
            respond::page(StatusCode::OK, &page)
        }
        // A company has been connected, which is no account's.
        Ok(_) => visit.to("account"),
        Err(error) => visit.failed(&error),
    }
}

/// `GET /{app}/refused`: why nothing was connected, in plain words.
pub(super) async fn refused(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = parameters(query.as_deref());
    let why = Refusal::parse(query.get("why").unwrap_or_default());
    let named = query.get("scopes").unwrap_or_default();
    let required = visit.app.required_scopes.iter();
    let named = required.filter(|scope| named.split(' ').any(|name| name == *scope));
    let page = RefusedPage {
        why,
        scopes: named.cloned().collect(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        correlation_id: visit.correlation_id.to_string(),
        frame: visit.frame(),
    };
    respond::page(why.status(), &page)
}

impl Visit {
    /// To the page that says why nothing was connected. Its address has nothing of the platform's.
    pub(super) fn to_refused(&self, why: Refusal) -> Response {
        self.to(&format!("refused?why={}", why.as_str()))
    }
}
