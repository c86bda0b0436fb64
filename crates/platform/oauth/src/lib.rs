//! The token service: `/oauth2/v0/token`, `/oauth2/v0/jwks`, and who calls the other APIs.
//!
//! Sources: api-reference/authentication/apidoc.markdown, company-auth.markdown and
//! getting-started.markdown; the e-receipts integration guide where they differ.
//! Codes: `docs/api/oauth.md`.
//!
//! - [`Oauth`] is the state: made once by [`Oauth::open`], shared by every data center's router.
//! - [`routes`] are the endpoints, and [`openapi`] describes them.
//! - [`Caller`] is how every other slice authorises a request.
//! - [`apps`] makes and changes apps, and turns them off for companies.
//! - [`api`] issues request tokens for those who send people to a partner.
//!
//! Quirks: a token is signed by, and only works at, the data center where its principal lives,
//! also when it was obtained elsewhere. A refresh keeps the refresh token's text and moves its
//! expiry. An id token never passes for an access token, though one key signs both.

pub mod api;
pub mod apps;
mod cache;
mod caller;
mod grants;
mod jwks;
mod jwt;
mod keys;
mod model;
mod seed;
mod server_key;
mod standing;
mod state;
mod store;
mod token;
mod verify;
mod wire;

pub use api::RequestToken;
pub use caller::{Access, Caller, Refused};
pub use model::{Grant, Kind, Principal, Scopes};
pub use seed::seed;
pub use server_key::{Hash, Secret, ServerKey, ServerKeyError};
pub use state::{Oauth, OpenOauthError};

use axum::Router;
use axum::routing::{get, post};
use utoipa::OpenApi as _;

/// The endpoints of the token service, the same at every data center.
pub fn routes(oauth: Oauth) -> Router {
    Router::new()
        .route("/oauth2/v0/token", post(token::token))
        .route("/oauth2/v0/jwks", get(jwks::jwks))
        .with_state(oauth)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(token::token, jwks::jwks))]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    [store::STATEMENTS, store::apps::STATEMENTS].concat()
}
