//! The token service: `/oauth2/v0/token`, `/oauth2/v0/jwks`, what apps do about their connections
//! and secrets (`/app-mgmt`, `/appmgmt`), and who calls the other APIs.
//!
//! Sources: api-reference/authentication/apidoc.markdown, company-auth.markdown,
//! getting-started.markdown, rotating-secrets.markdown and migrationguide.markdown; the
//! e-receipts integration guide where they differ.
//! Codes: `docs/api/oauth.md`.
//!
//! - [`Oauth`] is the state: made once by [`Oauth::open`], shared by every data center's router.
//! - [`routes`] are the endpoints, and [`openapi`] describes them.
//! - [`Caller`] is how every other slice authorises a request.
//! - [`apps`] makes and changes apps and their secrets, stops them, and turns them off for
//!   companies.
//! - [`api`] issues request tokens for those who send people to a partner, knows and ends
//!   connections, checks and answers what apps ask of people (`/oauth2/v0/authorize`, whose pages
//!   are the console's), and tells what mails say.
//!
//! Quirks: a token is signed by, and only works at, the data center where its principal lives,
//! also when it was obtained elsewhere. A refresh keeps the refresh token's text and moves its
//! expiry, unless the app wants a new text each time. A connection has a generation, and so have
//! its access tokens: those of an earlier one are revoked, however clocks and commits fall. An id
//! token never passes for an access token, though one key signs both.

pub mod api;
mod app_secret;
pub mod apps;
mod authorize;
mod cache;
mod caller;
mod client;
mod code;
mod disconnect;
mod grants;
mod jwks;
mod jwt;
mod key_rotation;
mod keys;
mod legacy;
mod legacy_error;
mod letter;
mod link;
mod manage;
mod model;
mod otp;
mod otp_grant;
mod presumed_home;
mod redirect_uri;
mod refresh;
mod secret;
mod secrets;
mod seed;
mod standing;
mod state;
mod store;
mod token;
mod verify;
mod wire;

pub use api::RequestToken;
pub use caller::{Access, Caller, NotTheirs, Refused};
pub use keys::KeyError;
pub use model::{Connection, ConnectionId, Grant, Kind, Link, Principal, Rotation, Scopes};
pub use redirect_uri::{RedirectUri, RedirectUriError};
pub use secret::Secret;
pub use seed::seed;
pub use state::{Oauth, OpenOauthError};

use axum::Router;
use axum::routing::{delete, get, patch, post};
use utoipa::OpenApi as _;

/// The endpoints of the token service, the same at every data center.
pub fn routes(oauth: Oauth) -> Router {
    Router::new()
        .route("/oauth2/v0/token", post(token::token))
        .route("/oauth2/v0/otp", post(otp::otp))
        .route("/oauth2/v0/jwks", get(jwks::jwks))
        .route("/app-mgmt/v0/connections", delete(disconnect::disconnect))
        .route(
            "/app-mgmt/v4/{appId}/secrets",
            get(secrets::list).post(secrets::create),
        )
        .route(
            "/app-mgmt/v4/{appId}/secrets/{secretId}",
            patch(secrets::change).delete(secrets::delete),
        )
        .route(
            "/appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me",
            post(legacy::exchange),
        )
        .with_state(oauth)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    token::token,
    otp::otp,
    jwks::jwks,
    disconnect::disconnect,
    secrets::list,
    secrets::create,
    secrets::change,
    secrets::delete,
    legacy::exchange,
))]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    [
        store::STATEMENTS,
        store::apps::STATEMENTS,
        store::code::STATEMENTS,
        store::connection::STATEMENTS,
        store::legacy::STATEMENTS,
        store::otp::STATEMENTS,
        store::secret::STATEMENTS,
    ]
    .concat()
}
