//! `GET /receipts/v4/{receiptId}`, its image, and `GET /receipts/v4/users/{userId}`.
//! Source: receipts/endpoints.markdown, "E-Receipts".

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use bursar_blobs::BlobId;
use bursar_db::DbError;
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::Caller;
use bursar_web::DataCenter;
use bytes::Bytes;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::access::{Named, Read};
use crate::error::ReceiptsError;
use crate::model::{AnyReceipt, Receipt};
use crate::post::company;
use crate::{ReceiptsState, store};

/// `Choice:` receipts in one answer; `next` leads to more.
const PAGE: usize = 100;
/// `Choice:` bytes of receipts in one answer, so that large ones do not fill the memory.
const PAGE_BYTES: i64 = 32 << 20;

/// A receipt on the wire, in the documented order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptBody {
    date_time_received: String,
    id: String,
    /// `Inferred:` empty until there is an image, then its URL. The documentation shows it empty,
    /// but says nothing.
    image: String,
    /// The JSON that was posted, to the letter.
    #[schema(value_type = Object)]
    receipt: Box<RawValue>,
    user_id: String,
    validation_schema: String,
    #[serde(rename = "self")]
    own: String,
    template: String,
}

impl ReceiptBody {
    fn new(receipt: Receipt, data_center: &DataCenter) -> Result<Self, ReceiptsError> {
        let id = hex32(&receipt.id);
        let own = data_center.api_url(&format!("/receipts/v4/{id}"));
        let image = receipt.image_blob.as_ref().map(|_| format!("{own}/image"));
        let name = &receipt.receipt_type;
        Ok(Self {
            date_time_received: receipt.received_at.rfc3339(),
            image: image.unwrap_or_default(),
            receipt: RawValue::from_string(receipt.body)
                .map_err(|error| ReceiptsError::Picture(error.to_string()))?,
            user_id: receipt.user_id.to_string(),
            validation_schema: format!("http://schema.concursolutions.com/{name}.schema.json"),
            template: data_center.api_url("/receipts/v4/{receiptId}"),
            own,
            id,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ReceiptList {
    receipts: Vec<ReceiptBody>,
    /// Where the next older ones are. Source: "paginated in the same manner" as image-only
    /// receipts, which show this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One receipt.
#[utoipa::path(get, path = "/receipts/v4/{receiptId}", tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 200, body = ReceiptBody), (status = 403), (status = 404)))]
pub(crate) async fn get_receipt(
    State(state): State<ReceiptsState>,
    caller: Caller<Read>,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Named(receipt_id): Named<String>,
) -> Result<Json<ReceiptBody>, ReceiptsError> {
    let receipt = state.receipt(&caller, &receipt_id).await?;
    Ok(Json(ReceiptBody::new(receipt, &data_center)?))
}

/// A picture and its media type.
pub(crate) type Image = ([(HeaderName, String); 1], Bytes);

/// A receipt's picture.
#[utoipa::path(get, path = "/receipts/v4/{receiptId}/image", tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 200, description = "PDF, PNG, JPEG or GIF", content_type = "*/*",
        body = Vec<u8>), (status = 403), (status = 404)))]
pub(crate) async fn get_image(
    State(state): State<ReceiptsState>,
    caller: Caller<Read>,
    Named(receipt_id): Named<String>,
) -> Result<Image, ReceiptsError> {
    let receipt = state.receipt(&caller, &receipt_id).await?;
    state.image(receipt.image_blob, receipt.image_type).await
}

/// A user's receipts, newest first.
#[utoipa::path(get, path = "/receipts/v4/users/{userId}", tag = "Receipts v4",
    params(("userId" = String, Path, description = "The traveller's UUID")),
    responses((status = 200, body = ReceiptList), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn list_receipts(
    state: State<ReceiptsState>,
    caller: Caller<Read>,
    data_center: Extension<Arc<DataCenter>>,
    Named(user_id): Named<String>,
) -> Result<Json<ReceiptList>, ReceiptsError> {
    list(&state, &caller, &data_center, &user_id, Uuid::max()).await
}

/// Further receipts of a user, at the URL that `next` gave.
#[utoipa::path(get, path = "/receipts/v4/users/{userId}/page/{cursor}", tag = "Receipts v4",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("cursor" = String, Path, description = "Opaque; from `next`"),
    ),
    responses((status = 200, body = ReceiptList), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn list_receipts_page(
    state: State<ReceiptsState>,
    caller: Caller<Read>,
    data_center: Extension<Arc<DataCenter>>,
    Named((user_id, cursor)): Named<(String, String)>,
) -> Result<Json<ReceiptList>, ReceiptsError> {
    let before = from_hex32(&cursor).ok_or(ReceiptsError::NotFound)?;
    list(&state, &caller, &data_center, &user_id, before).await
}

async fn list(
    state: &ReceiptsState,
    caller: &Caller<Read>,
    data_center: &DataCenter,
    user_id: &str,
    before: Uuid,
) -> Result<Json<ReceiptList>, ReceiptsError> {
    let user_id = state.user_in_url(caller, user_id).await?;
    let args = (company(caller)?, user_id, before);
    let (found, more) = state
        .db
        .scan(args, |tx, &place| {
            Box::pin(store::list_before(tx, place, PAGE, PAGE_BYTES))
        })
        .await
        .map_err(ReceiptsError::List)?;
    let last = found
        .last()
        .filter(|_| more)
        .map(|receipt| hex32(&receipt.id));
    let next = last
        .map(|cursor| data_center.api_url(&format!("/receipts/v4/users/{user_id}/page/{cursor}")));
    let receipts = found
        .into_iter()
        .map(|receipt| ReceiptBody::new(receipt, data_center));
    Ok(Json(ReceiptList {
        receipts: receipts.collect::<Result<_, _>>()?,
        next,
    }))
}

/// A receipt's id from a URL: 32 hex digits, and nothing else that a UUID parser takes.
pub(crate) fn from_hex32(text: &str) -> Option<Uuid> {
    (text.len() == 32)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

impl ReceiptsState {
    /// A picture, once there is one.
    pub(crate) async fn image(
        &self,
        blob: Option<String>,
        media_type: Option<String>,
    ) -> Result<Image, ReceiptsError> {
        let (Some(blob), Some(media_type)) = (blob, media_type) else {
            return Err(ReceiptsError::NotFound);
        };
        let blob: BlobId = blob
            .parse()
            .map_err(|_| ReceiptsError::Picture("a bad file id".into()))?;
        let bytes = self.blobs.get(blob).await?;
        Ok(([(CONTENT_TYPE, media_type)], bytes))
    }

    /// The receipt, if it belongs to the caller's company, and to the caller if that is a user.
    /// `Inferred:` others do not exist for this caller.
    pub(crate) async fn receipt<A>(
        &self,
        caller: &Caller<A>,
        receipt_id: &str,
    ) -> Result<Receipt, ReceiptsError> {
        match self.any_receipt(caller, receipt_id).await? {
            AnyReceipt::Data(receipt) => Ok(receipt),
            AnyReceipt::ImageOnly(_) => Err(ReceiptsError::NotFound),
        }
    }

    /// The same for a receipt of either kind.
    pub(crate) async fn any_receipt<A>(
        &self,
        caller: &Caller<A>,
        receipt_id: &str,
    ) -> Result<AnyReceipt, ReceiptsError> {
        let id = from_hex32(receipt_id).ok_or(ReceiptsError::NotFound)?;
        let args = (company(caller)?, id);
        let found: Result<_, DbError> = self
            .db
            .read(args, |tx, &(company_id, id)| {
                Box::pin(store::get_any(tx, company_id, id))
            })
            .await;
        found?
            .filter(|receipt| caller.user_id.is_none_or(|own| own == receipt.user_id()))
            .ok_or(ReceiptsError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        assert!(from_hex32("eed70d8a344e4b8c9d8ad2b7b37c34e2").is_some());
        for text in [
            "",
            "..",
            "eed70d8a-344e-4b8c-9d8a-d2b7b37c34e2",
            "g".repeat(32).as_str(),
        ] {
            assert_eq!(from_hex32(text), None);
        }
    }
}
