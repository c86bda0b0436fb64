//! `GET /oauth2/v0/jwks`: the public keys that verify tokens (RFC 7517).
//!
//! Source: api-reference/authentication/apidoc.markdown, "Verifying an `id_token`".

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bursar_web::DataCenter;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::state::Oauth;
use crate::wire::{Jwk, Jwks};

/// This data center's public keys; at the global zone those of all.
#[utoipa::path(
    get,
    path = "/oauth2/v0/jwks",
    responses((status = 200, description = "The keys of this data center", body = Jwks))
)]
pub(crate) async fn jwks(
    State(oauth): State<Oauth>,
    Extension(here): Extension<Arc<DataCenter>>,
) -> Response {
    let ring = oauth.current_keys(Instant::now()).await;
    let shown = ring.public(here.id(), oauth.clock().now());
    let keys: Vec<Jwk> = shown.into_iter().cloned().collect();
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, Jwks { keys }.json()).into_response()
}
