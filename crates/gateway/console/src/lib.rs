//! The operators' console: how a merchant's people run the gateway, below `/console/`.
//!
//! They see what needs them, items, connections and calls to the platform; they replay and correct
//! items, end connections, and take the file for a support case. Operators come from the
//! configuration: one who is taken out of it is signed out.
//!
//! [`views`] holds one struct a page, rendered by a template of the same name.

mod calls;
mod case;
mod connections;
mod item;
mod items;
mod messages;
mod operators;
mod overview;
mod replay;
mod sign_in;
mod store;
pub mod views;
mod visit;

pub use operators::Operators;

use std::sync::LazyLock;

use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use bursar_gateway_delivery::Outbox;
use bursar_pages::Assets;
use bursar_secrets::Passwords;

use visit::Operator;

/// The path that all is below.
const BASE: &str = "/console";

/// Style sheet and icon of the pages.
pub static ASSETS: LazyLock<Assets> =
    LazyLock::new(|| Assets::below(BASE, include_str!("../assets/console.css")));

/// What the pages need.
#[derive(Clone)]
pub struct ConsoleState {
    /// Items, and with its vault connections and calls.
    pub outbox: Outbox,
    /// Who may enter.
    pub operators: Operators,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Where browsers see the pages: scheme, host and port.
    pub base_uri: String,
}

/// The pages' routes.
pub fn routes(state: ConsoleState) -> Router {
    Router::new()
        .route("/console", get(home))
        .route("/console/", get(overview::show))
        .route("/console/signin", get(sign_in::show).post(sign_in::sign_in))
        .route("/console/signout", post(sign_in::sign_out))
        .route("/console/items", get(items::list))
        .route("/console/items/replay", get(replay::ask).post(replay::all))
        .route("/console/items/{app}/{id}", get(item::show))
        .route("/console/items/{app}/{id}/body.json", get(item::body))
        .route("/console/items/{app}/{id}/image", get(item::image))
        .route("/console/items/{app}/{id}/replay", post(replay::one))
        .route("/console/connections", get(connections::list))
        .route("/console/connections/{app}/{id}", get(connections::show))
        .route(
            "/console/connections/{app}/{id}/disconnect",
            get(connections::ask).post(connections::disconnect),
        )
        .route("/console/calls", get(calls::list))
        .route("/console/calls/{app}/case.txt", get(case::text))
        .route("/console/calls/{app}/case.json", get(case::json))
        .route("/console/calls/{app}/{id}", get(calls::show))
        .route("/console/calls/{app}/{id}/request", get(calls::request))
        .route("/console/calls/{app}/{id}/response", get(calls::response))
        .route("/console/{*path}", get(nowhere))
        .with_state(state)
        .merge(ASSETS.routes())
}

/// The address without its slash.
async fn home() -> Redirect {
    Redirect::to("/console/")
}

/// No such page. Who is not signed in does not learn which there are.
async fn nowhere(operator: Operator) -> Response {
    operator.not_found()
}

/// Every SQL statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    store::STATEMENTS
}
