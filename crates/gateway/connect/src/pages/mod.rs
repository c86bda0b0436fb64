//! The connect pages: how a merchant's user connects the merchant's account with the platform.
//!
//! Everything is below `/{app}/`; each app has accounts and connections of its own. What the
//! platform's redirect brings is taken out of the address at once and kept, sealed, with the
//! session. Only after the user has signed in and confirmed is it exchanged.
//!
//! Sources: the e-receipts integration guide, "User Connections / Authentication"; the App Center
//! user experience guidelines.

mod account;
mod code;
mod connect;
mod exchange;
mod landing;
mod letter;
mod mail;
mod messages;
mod openid;
mod pending;
mod proof;
mod sign_in;
mod sign_up;
mod store;
pub mod views;
mod visit;
mod warning;
mod web;

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bursar_pages::{Assets, Frame};
use bursar_secrets::Passwords;

use crate::Vault;
pub use letter::Codes;
use visit::Visit;
pub use warning::Warnings;

/// Style sheet and icon of the pages.
pub static ASSETS: LazyLock<Assets> =
    LazyLock::new(|| Assets::new(include_str!("../../assets/connect.css")));

/// What the pages need.
#[derive(Clone)]
pub struct PagesState {
    /// Connections, and the apps that have them.
    pub vault: Vault,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Where browsers see the pages: scheme, host and port.
    pub base_uri: String,
    /// Whether codes can be mailed: without, nobody makes an account here.
    pub mails: bool,
}

/// The pages' routes.
pub fn routes(state: PagesState) -> Router {
    Router::new()
        .route("/{app}/", get(home))
        .route("/{app}/landing", get(landing::land))
        .route("/{app}/otp", get(landing::mailed))
        .route("/{app}/callback", get(web::callback))
        .route("/{app}/connect", get(connect::show).post(connect::confirm))
        .route("/{app}/connect/web", post(web::leave))
        .route("/{app}/connect/mail", post(mail::send))
        .route("/{app}/connect/sent", get(mail::sent))
        .route("/{app}/connected", get(connect::done))
        .route("/{app}/refused", get(connect::refused))
        .route("/{app}/signin", get(sign_in::show).post(sign_in::sign_in))
        .route(
            "/{app}/signin/new",
            get(sign_up::show).post(sign_up::sign_up),
        )
        .route(
            "/{app}/signin/forgot",
            get(sign_up::show_forgot).post(sign_up::forgot),
        )
        .route("/{app}/signin/openid", get(openid::leave))
        .route("/{app}/signin/callback", get(openid::callback))
        .route("/{app}/signin/code", get(code::show).post(code::enter))
        .route("/{app}/signin/code/again", post(code::again))
        .route(
            "/{app}/signin/password",
            get(code::show_password).post(code::set_password),
        )
        .route("/{app}/signout", post(sign_in::sign_out))
        .route("/{app}/account", get(account::show))
        .route(
            "/{app}/account/disconnect",
            get(account::ask_to_disconnect).post(account::disconnect),
        )
        .route(
            "/{app}/account/delete",
            get(account::ask_to_delete).post(account::delete),
        )
        .with_state(state)
        .merge(ASSETS.routes())
}

/// Leads to the account of who is signed in, and else to where people begin.
async fn home(visit: Visit) -> Response {
    let account = visit.session.account().is_some();
    let page = if account { "account" } else { "connect" };
    Redirect::to(&visit.path(page)).into_response()
}

/// Every SQL statement of the pages.
pub(crate) fn statements() -> Vec<&'static bursar_db::Sql> {
    [store::STATEMENTS, store::proof::STATEMENTS].concat()
}

impl Visit {
    /// What surrounds a page of this app.
    fn frame(&self) -> Frame {
        let language = self.headers.get(header::ACCEPT_LANGUAGE);
        let language = language.and_then(|value| value.to_str().ok());
        let messages = messages::CATALOGUES.for_accept_language(language);
        let signed_in = self.session.account().map(|account| {
            let csrf = self.session.csrf();
            views::signed_in(&messages, &self.app.id, &account.name, csrf)
        });
        views::frame(messages, &self.app.id, &self.app.brand, signed_in)
    }
}
