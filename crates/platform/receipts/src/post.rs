//! `POST /receipts/v4/users/{userId}`. Source: receipts/endpoints.markdown, "Post a Receipt".

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bursar_db::Isolation;
use bursar_kernel::{CorrelationId, Uuid, hex32};
use bursar_oauth::Caller;
use bursar_web::{DataCenter, json};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, LINK, LOCATION};
use utoipa::ToSchema;

use crate::access::{Named, Write};
use crate::error::ReceiptsError;
use crate::link::{described_by, link_header};
use crate::model::NewReceipt;
use crate::schema::ReceiptType;
use crate::{ReceiptsState, store};

/// The most bytes that a receipt's JSON may have. `Choice:` up to 10,000 line items fit with room
/// to spare.
pub const BODY_MAX: usize = 16 << 20;

/// The parts of a receipt with an image.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct ReceiptForm {
    /// The receipt's JSON.
    #[schema(value_type = Object)]
    receipt: String,
    /// PNG, JPEG, GIF, TIFF or PDF, at most 25 MB.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Option<Vec<u8>>,
}

/// Posts a receipt, with an image or without.
#[utoipa::path(post, path = "/receipts/v4/users/{userId}", tag = "Receipts v4",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("Link" = String, Header, description = "The schema, with rel=describedBy"),
    ),
    request_body(content((Object = "application/json"), (ReceiptForm = "multipart/form-data"))),
    responses((status = 201), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 413), (status = 415)))]
pub(crate) async fn post_receipt(
    State(state): State<ReceiptsState>,
    caller: Caller<Write>,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Extension(correlation_id): Extension<CorrelationId>,
    Named(user_id): Named<String>,
    request: Request,
) -> Result<Response, ReceiptsError> {
    let user_id = state.user_in_url(&caller, &user_id).await?;
    let links = request
        .headers()
        .get_all(LINK)
        .iter()
        .map(|value| value.to_str().unwrap_or_default());
    let receipt_type = described_by(links, &state.validators)?;
    let (json, image) = state.sent(request).await?;
    let document = json::parse(&json)?;
    let faults = state.validators.validate(receipt_type, &document);
    if !faults.is_empty() {
        return Err(ReceiptsError::Schema(faults));
    }
    let sent = match image {
        Some(image) => Some(image.keep().await?),
        None => None,
    };
    let received_at = state.clock.now();
    let id = state.rng.uuid_at(received_at);
    let receipt = NewReceipt {
        company_id: company(&caller)?,
        id,
        user_id,
        receipt_type,
        // Parsing has shown that it is UTF-8.
        body: String::from_utf8_lossy(&json).into_owned(),
        app_id: caller.app_id,
        app_name: caller.app_name().to_owned(),
        correlation_id: correlation_id.as_str().to_owned(),
        received_at,
        sent,
    };
    let storing = state.db.write(Isolation::Append, receipt, |tx, receipt| {
        Box::pin(store::insert(tx, receipt))
    });
    storing.await.map_err(ReceiptsError::Save)?;
    Ok(created(&data_center, id, receipt_type))
}

/// 201, an empty body, and where the receipt and its status are.
fn created(data_center: &DataCenter, id: Uuid, receipt_type: ReceiptType) -> Response {
    let id = hex32(&id);
    let status = data_center.api_url(&format!("/receipts/v4/status/{id}"));
    let links = [
        (receipt_type.schema_uri(), "describedBy"),
        (status.as_str(), "processing-status"),
    ];
    let headers = [
        (LINK, link_header(&links)),
        (LOCATION, data_center.api_url(&format!("/receipts/v4/{id}"))),
        (CONTENT_LENGTH, "0".to_owned()),
    ];
    (StatusCode::CREATED, headers).into_response()
}

/// The caller's company. Apps that act for nobody have none, and no access here.
pub(crate) fn company<A>(caller: &Caller<A>) -> Result<Uuid, ReceiptsError> {
    caller.company_id.ok_or(ReceiptsError::NotFound)
}

impl ReceiptsState {
    /// The user whom the URL names, if the caller may act for that user: 401 and 404 otherwise.
    /// Source: receipts/response-codes.markdown.
    pub(crate) async fn user_in_url<A>(
        &self,
        caller: &Caller<A>,
        user_id: &str,
    ) -> Result<Uuid, ReceiptsError> {
        Ok(caller.user_named(&self.db, user_id).await?)
    }
}
