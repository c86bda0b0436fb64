//! `GET /v1/items/{id}` with the calls that explain it, and `GET /v1/items`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use bursar_db::DbError;
use bursar_gateway_connect::calls::{self, Call, Summary};
use bursar_kernel::Micros;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::error::ApiError;
use super::{Api, Caller};
use crate::{Item, OutboxError, Refused, State as ItemState};

/// `Choice:` items of one answer.
const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 500;
/// Calls that are shown with an item.
const CALLS: i64 = 100;

/// An item.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryItem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemBody {
    id: i64,
    key: String,
    user: String,
    #[serde(rename = "type")]
    item_type: &'static str,
    /// `waiting`, `sending`, `delivered` or `parked`.
    state: &'static str,
    attempts: i64,
    /// Whether the platform may have it though it is not known to.
    doubtful: bool,
    accepted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// Its id on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    /// Why it waits or is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// An item with its JSON and its calls.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryWholeItem)]
pub(crate) struct WholeItem {
    #[serde(flatten)]
    item: ItemBody,
    /// The JSON, to the letter.
    #[schema(value_type = Object)]
    body: Box<RawValue>,
    /// The calls to the platform for it, in order.
    calls: Vec<CallBody>,
}

/// A call to the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryCall)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallBody {
    started_at: String,
    took_micros: i64,
    method: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// Why no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
    correlation_id: String,
}

/// Items, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryItemList)]
pub(crate) struct ItemList {
    items: Vec<ItemBody>,
    /// `before` of the next older ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Which items.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only those in this state.
    state: Option<String>,
    /// Only those with a smaller id.
    before: Option<i64>,
    /// 1 to 500; 50 if not given.
    limit: Option<i64>,
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            id: item.id,
            key: item.key,
            user: item.user_ref,
            item_type: item.item_type.name(),
            state: item.state.as_str(),
            attempts: item.attempts,
            doubtful: item.doubtful,
            accepted_at: item.accepted_at.rfc3339(),
            first_attempt_at: item.first_attempt_at.map(Micros::rfc3339),
            due_at: item.due_at.map(Micros::rfc3339),
            ended_at: item.ended_at.map(Micros::rfc3339),
            remote_id: item.remote_id,
            location: item.location,
            correlation_id: item.correlation_id,
            reason: item.reason,
        }
    }
}

impl From<Summary> for CallBody {
    fn from(call: Summary) -> Self {
        Self {
            started_at: call.started_at.rfc3339(),
            took_micros: call.took_micros,
            method: call.method,
            url: call.url,
            status: call.status,
            problem: call.problem,
            error_code: call.error_code,
            error_description: call.error_description,
            correlation_id: call.correlation_id,
        }
    }
}

/// An item, with its JSON and the calls that were made for it.
#[utoipa::path(get, path = "/v1/items/{id}", tag = "Outbox",
    params(("id" = i64, Path, description = "The item's id")),
    responses((status = 200, body = WholeItem), (status = 404)))]
pub(crate) async fn get_item(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<WholeItem>, ApiError> {
    let id = item_id(&id)?;
    let item = api.outbox.get(&caller.app_id, id).await?;
    let item = item.ok_or(Refused::NoItem)?;
    let body = api.outbox.body(&caller.app_id, id).await?;
    let body = RawValue::from_string(body.unwrap_or_default());
    let body = body.map_err(|_| OutboxError::Db(DbError::Decode { column: 0 }))?;
    let args = (caller.app_id, id);
    let calls = api.outbox.db().scan(args, |tx, (app_id, id)| {
        Box::pin(calls::by_item(tx, app_id, *id, CALLS))
    });
    let calls: Vec<Call> = calls.await.map_err(OutboxError::Db)?;
    Ok(Json(WholeItem {
        item: item.into(),
        body,
        calls: calls.into_iter().map(|call| call.summary.into()).collect(),
    }))
}

/// The app's items, newest first.
#[utoipa::path(get, path = "/v1/items", tag = "Outbox", 
    params(
        ("state" = Option<String>, Query, description = "Only those in this state"),
        ("before" = Option<i64>, Query, description = "Only those with a smaller id"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 if not given"),
    ),
    responses((status = 200, body = ItemList), (status = 400)))]
pub(crate) async fn list_items(
    State(api): State<Api>,
    caller: Caller,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<ItemList>, ApiError> {
    let Query(filter) = filter.map_err(|error| ApiError::Unreadable(error.body_text()))?;
    let state = filter.state.as_deref().map(|text| {
        let known = "state is one of: waiting, sending, delivered, parked";
        ItemState::parse(text).ok_or_else(|| ApiError::Unreadable(known.to_owned()))
    });
    let state = state.transpose()?;
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let text = format!("limit is a number from 1 to {LIMIT_MAX}");
        return Err(ApiError::Unreadable(text));
    }
    let before = filter.before.unwrap_or(i64::MAX);
    let listed = api
        .outbox
        .list(&caller.app_id, state, before, limit)
        .await?;
    let full = i64::try_from(listed.len()) == Ok(limit);
    let next = listed.last().filter(|_| full).map(|item| item.id);
    let items = listed.into_iter().map(ItemBody::from).collect();
    Ok(Json(ItemList { items, next }))
}

/// What is no number is no item's.
pub(crate) fn item_id(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| Refused::NoItem.into())
}
