//! `GET /receipts/`: the service index. Source: receipts/endpoints.markdown, "Service Index".

use std::sync::Arc;

use axum::{Extension, Json};
use bursar_oauth::Caller;
use bursar_web::DataCenter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Any;

#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceIndex {
    links: Vec<IndexLink>,
}

#[derive(Serialize, ToSchema)]
struct IndexLink {
    rel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    href: String,
}

/// Where everything is. The safest practice is to ask before every request.
#[utoipa::path(get, path = "/receipts/", tag = "Receipts v4",
    responses((status = 200, body = ServiceIndex), (status = 403)))]
pub(crate) async fn get_index(
    _caller: Caller<Any>,
    Extension(data_center): Extension<Arc<DataCenter>>,
) -> Json<ServiceIndex> {
    let link = |rel, method, path| IndexLink {
        rel,
        method,
        href: data_center.api_url(path),
    };
    Json(ServiceIndex {
        links: vec![
            link("self", None, "/receipts/v4"),
            link("receipt-get", Some("GET"), "/receipts/v4/{receiptId}"),
            link("receipt-post", Some("POST"), "/receipts/v4/users/{userId}"),
            link(
                "receipts-get-user",
                Some("GET"),
                "/receipts/v4/users/{userId}",
            ),
            link("schemas-get", Some("GET"), "/receipts/schemas"),
        ],
    })
}
