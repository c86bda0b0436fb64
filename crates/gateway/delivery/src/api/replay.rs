//! `POST /v1/items/{id}/replay`: a parked item is sent again, with a corrected body or as it is.

use axum::Json;
use axum::extract::{Path, State};
use bursar_web::{BodyError, RawBody};
use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::error::ApiError;
use super::post::AcceptedBody;
use super::read::item_id;
use super::{Api, Caller};
use crate::State as ItemState;
use crate::validate::BODY_MAX;

const MAX: usize = BODY_MAX + (1 << 16);

/// What to send in place of the item's JSON.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = DeliveryReplay)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The corrected JSON; without one the item is sent as it is.
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
}

/// Sends a parked item again.
#[utoipa::path(post, path = "/v1/items/{id}/replay", tag = "Outbox",
    params(("id" = i64, Path, description = "The item's id")),
    request_body(content = Option<Replay>),
    responses((status = 202, body = AcceptedBody), (status = 404),
        (status = 409, description = "It is not parked, or its user is not connected")))]
pub(crate) async fn replay_item(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Result<RawBody<MAX>, BodyError>,
) -> Result<(StatusCode, Json<AcceptedBody>), ApiError> {
    let id = item_id(&id)?;
    let sent = sent?.bytes;
    let replay = if sent.trim_ascii().is_empty() {
        Replay::default()
    } else {
        serde_json::from_slice(&sent)
            .map_err(|error| ApiError::Unreadable(format!("the body cannot be read: {error}")))?
    };
    let body = replay.body.map(|body| body.get().to_owned());
    api.outbox.replay(&caller.app_id, id, body).await??;
    let state = ItemState::Waiting.as_str();
    Ok((StatusCode::ACCEPTED, Json(AcceptedBody { id, state })))
}
