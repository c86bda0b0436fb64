//! Image-only receipts. Source: receipts/endpoints.markdown, "Image-Only Receipts".

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bursar_db::Isolation;
use bursar_kernel::{CorrelationId, Uuid, hex32};
use bursar_oauth::Caller;
use bursar_web::DataCenter;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, LINK, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Named, Read, Write};
use crate::error::ReceiptsError;
use crate::link::link_header;
use crate::model::{AnyReceipt, ImageReceipt, NewImageReceipt};
use crate::post::company;
use crate::read::{Image, from_hex32};
use crate::{ReceiptsState, store};

/// `Choice:` as many as receipts in one answer; `next` leads to more.
const PAGE: usize = 100;

/// The part of an image-only receipt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct ImageForm {
    /// PNG, JPEG, GIF, TIFF or PDF, at most 25 MB.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
}

/// An image-only receipt on the wire, in the documented order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageReceiptBody {
    /// As JavaScript prints dates.
    date_time_received: String,
    id: String,
    /// `Inferred:` empty until there is an image, as that of a receipt with data.
    image: String,
    user_id: String,
}

impl ImageReceiptBody {
    fn new(receipt: &ImageReceipt, data_center: &DataCenter) -> Self {
        let id = hex32(&receipt.id);
        let url = || data_center.api_url(&format!("/receipts/v4/image-only-receipts/{id}/image"));
        Self {
            date_time_received: receipt.received_at.script_date(),
            image: receipt
                .image_blob
                .as_ref()
                .map(|_| url())
                .unwrap_or_default(),
            user_id: receipt.user_id.to_string(),
            id,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageReceiptList {
    receipts_images: Vec<ImageReceiptBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Posts an image-only receipt.
#[utoipa::path(post, path = "/receipts/v4/users/{userId}/image-only-receipts",
    tag = "Receipts v4",
    params(("userId" = String, Path, description = "The traveller's UUID")),
    request_body(content = ImageForm, content_type = "multipart/form-data"),
    responses((status = 202), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 413), (status = 415)))]
pub(crate) async fn post_image(
    State(state): State<ReceiptsState>,
    caller: Caller<Write>,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Extension(correlation_id): Extension<CorrelationId>,
    Named(user_id): Named<String>,
    request: Request,
) -> Result<Response, ReceiptsError> {
    let user_id = state.user_in_url(&caller, &user_id).await?;
    let image = state.form(request, &["image"]).await?.image;
    let sent = image.ok_or(ReceiptsError::NoPart("image"))?.keep().await?;
    let received_at = state.clock.now();
    let id = state.rng.uuid_at(received_at);
    let receipt = NewImageReceipt {
        company_id: company(&caller)?,
        id,
        user_id,
        app_id: caller.app_id,
        app_name: caller.app_name().to_owned(),
        correlation_id: correlation_id.as_str().to_owned(),
        received_at,
        sent,
    };
    let storing = state.db.write(Isolation::Append, receipt, |tx, receipt| {
        Box::pin(store::insert_image(tx, receipt))
    });
    storing.await.map_err(ReceiptsError::Save)?;
    Ok(accepted(&data_center, id))
}

/// 202, an empty body, and where the receipt and its status are.
fn accepted(data_center: &DataCenter, id: Uuid) -> Response {
    let id = hex32(&id);
    let status = data_center.api_url(&format!("/receipts/v4/status/{id}"));
    // Source: the documents answer `/v4/images/{id}`, and list this endpoint instead. The other
    // one redirects here.
    let own = data_center.api_url(&format!("/receipts/v4/image-only-receipts/{id}"));
    let headers = [
        (LINK, link_header(&[(status.as_str(), "processing-status")])),
        (LOCATION, own),
        (CONTENT_LENGTH, "0".to_owned()),
    ];
    (StatusCode::ACCEPTED, headers).into_response()
}

/// An image-only receipt by its id.
#[utoipa::path(get, path = "/receipts/v4/image-only-receipts/{receiptId}", tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 200, body = ImageReceiptBody), (status = 403), (status = 404)))]
pub(crate) async fn get_image_receipt(
    State(state): State<ReceiptsState>,
    caller: Caller<Read>,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Named(receipt_id): Named<String>,
) -> Result<Json<ImageReceiptBody>, ReceiptsError> {
    let receipt = state.image_receipt(&caller, &receipt_id).await?;
    Ok(Json(ImageReceiptBody::new(&receipt, &data_center)))
}

/// An image-only receipt's image.
#[utoipa::path(get, path = "/receipts/v4/image-only-receipts/{receiptId}/image",
    tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 200, description = "PDF, PNG, JPEG or GIF", content_type = "*/*",
        body = Vec<u8>), (status = 403), (status = 404)))]
pub(crate) async fn get_image_of(
    State(state): State<ReceiptsState>,
    caller: Caller<Read>,
    Named(receipt_id): Named<String>,
) -> Result<Image, ReceiptsError> {
    let receipt = state.image_receipt(&caller, &receipt_id).await?;
    state.image(receipt.image_blob, receipt.image_type).await
}

/// The documented `Location` of an image-only receipt, which no endpoint is listed for.
#[utoipa::path(get, path = "/receipts/v4/images/{receiptId}", tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 301), (status = 403), (status = 404)))]
pub(crate) async fn redirect(
    State(state): State<ReceiptsState>,
    caller: Caller<Read>,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Named(receipt_id): Named<String>,
) -> Result<Response, ReceiptsError> {
    let id = hex32(&state.image_receipt(&caller, &receipt_id).await?.id);
    let own = data_center.api_url(&format!("/receipts/v4/image-only-receipts/{id}"));
    Ok((StatusCode::MOVED_PERMANENTLY, [(LOCATION, own)]).into_response())
}

/// A user's image-only receipts, newest first.
#[utoipa::path(get, path = "/receipts/v4/users/{userId}/image-only-receipts",
    tag = "Receipts v4",
    params(("userId" = String, Path, description = "The traveller's UUID")),
    responses((status = 200, body = ImageReceiptList), (status = 401), (status = 403),
        (status = 404)))]
pub(crate) async fn list_images(
    state: State<ReceiptsState>,
    caller: Caller<Read>,
    data_center: Extension<Arc<DataCenter>>,
    Named(user_id): Named<String>,
) -> Result<Json<ImageReceiptList>, ReceiptsError> {
    list(&state, &caller, &data_center, &user_id, Uuid::max()).await
}

/// Further image-only receipts of a user, at the URL that `next` gave.
#[utoipa::path(get, path = "/receipts/v4/users/{userId}/image-only-receipts/page/{cursor}",
    tag = "Receipts v4",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("cursor" = String, Path, description = "Opaque; from `next`"),
    ),
    responses((status = 200, body = ImageReceiptList), (status = 401), (status = 403),
        (status = 404)))]
pub(crate) async fn list_images_page(
    state: State<ReceiptsState>,
    caller: Caller<Read>,
    data_center: Extension<Arc<DataCenter>>,
    Named((user_id, cursor)): Named<(String, String)>,
) -> Result<Json<ImageReceiptList>, ReceiptsError> {
    let before = from_hex32(&cursor).ok_or(ReceiptsError::NotFound)?;
    list(&state, &caller, &data_center, &user_id, before).await
}

async fn list(
    state: &ReceiptsState,
    caller: &Caller<Read>,
    data_center: &DataCenter,
    user_id: &str,
    before: Uuid,
) -> Result<Json<ImageReceiptList>, ReceiptsError> {
    let user_id = state.user_in_url(caller, user_id).await?;
    let args = (company(caller)?, user_id, before);
    let mut found = state
        .db
        .scan(args, |tx, &place| {
            let one_more = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            Box::pin(store::list_images_before(tx, place, one_more))
        })
        .await
        .map_err(ReceiptsError::List)?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let own = format!("/receipts/v4/users/{user_id}/image-only-receipts");
    let last = found.last().filter(|_| more).map(|last| hex32(&last.id));
    let next = last.map(|cursor| data_center.api_url(&format!("{own}/page/{cursor}")));
    let bodies = found
        .iter()
        .map(|receipt| ImageReceiptBody::new(receipt, data_center));
    Ok(Json(ImageReceiptList {
        receipts_images: bodies.collect(),
        next,
    }))
}

impl ReceiptsState {
    /// The image-only receipt, if it is there for this caller.
    async fn image_receipt<A>(
        &self,
        caller: &Caller<A>,
        receipt_id: &str,
    ) -> Result<ImageReceipt, ReceiptsError> {
        match self.any_receipt(caller, receipt_id).await? {
            AnyReceipt::ImageOnly(receipt) => Ok(receipt),
            AnyReceipt::Data(_) => Err(ReceiptsError::NotFound),
        }
    }
}
