//! The HTTP API for a merchant's own systems. A key sees its own app only.

mod batch;
mod error;
mod post;
mod read;
mod replay;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{get, post as posting};
use bursar_web::bearer;
use http::StatusCode;
use http::request::Parts;

use crate::{ApiKeys, Outbox};
use error::ApiError;

/// What the endpoints need.
#[derive(Clone)]
pub struct Api {
    outbox: Outbox,
    keys: ApiKeys,
}

impl Api {
    /// The API of an outbox, for whoever has a key.
    pub fn new(outbox: Outbox, keys: ApiKeys) -> Self {
        Self { outbox, keys }
    }
}

/// Whose key a request has.
pub(crate) struct Caller {
    pub(crate) app_id: String,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let key = bearer(&parts.headers).map_err(|_| ApiError::NoKey)?;
        let app_id = api.keys.app(key).ok_or(ApiError::NoKey)?;
        Ok(Self {
            app_id: app_id.to_owned(),
        })
    }
}

/// The routes of this API.
pub fn routes(api: Api) -> Router {
    Router::new()
        .route("/v1/items", posting(post::post_item).get(read::list_items))
        .route("/v1/items/batch", posting(batch::post_batch))
        .route("/v1/items/{id}", get(read::get_item))
        .route("/v1/items/{id}/replay", posting(replay::replay_item))
        .with_state(api)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        post::post_item,
        batch::post_batch,
        read::get_item,
        read::list_items,
        replay::replay_item,
    ),
    components(schemas(error::Refusal))
)]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = <Document as utoipa::OpenApi>::openapi();
    bursar_web::describe_refusals(
        &mut document,
        &[
            StatusCode::UNAUTHORIZED,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::SERVICE_UNAVAILABLE,
        ],
        &[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ],
        |_| &[("application/json", Some("DeliveryRefusal"))],
    );
    document
}
