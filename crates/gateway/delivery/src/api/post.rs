//! `POST /v1/items`: one item, as JSON or as a form with the image as a file.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bursar_web::{ContentType, Multipart, RawBody};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::error::ApiError;
use super::{Api, Caller};
use crate::validate::{BODY_MAX, IMAGE_MAX};
use crate::{Accepted, ItemType, NewItem, Refused};

/// An image in base64, the JSON, and what stands around.
const JSON_MAX: usize = IMAGE_MAX / 3 * 4 + BODY_MAX + (1 << 20);
/// The same as a form.
const FORM_MAX: usize = IMAGE_MAX + BODY_MAX + (1 << 20);

/// An item to deliver.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeliveryNewItem)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submitted<'b> {
    /// Your own name of the item: sent again with the same content, it is the same item.
    key: String,
    /// Your own name of the user.
    user: String,
    /// `air`, `car-rental`, `general`, `ground-transport`, `hotel`, `jpt-ic-card`, `rail` or
    /// `quick-expense`.
    #[serde(rename = "type")]
    item_type: String,
    /// The receipt or quick expense, as the platform documents it. Sent to the letter.
    #[serde(borrow)]
    #[schema(value_type = Object)]
    body: &'b RawValue,
    /// Its picture in base64: PNG, JPEG, GIF, TIFF or PDF, at most 25 MB; of quick expenses no
    /// GIF, at most 50 MB.
    image: Option<String>,
}

/// The form of an item.
#[derive(ToSchema)]
#[schema(as = DeliveryItemForm)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct ItemForm {
    /// The item's JSON without the image.
    #[schema(value_type = Object)]
    item: String,
    /// Its picture.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Option<Vec<u8>>,
}

/// An item that was accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAccepted)]
pub(crate) struct AcceptedBody {
    pub(crate) id: i64,
    pub(crate) state: &'static str,
}

impl AcceptedBody {
    pub(crate) fn of(accepted: Accepted) -> (StatusCode, Self) {
        let status = if accepted.again {
            StatusCode::OK
        } else {
            StatusCode::ACCEPTED
        };
        let state = accepted.state.as_str();
        (
            status,
            Self {
                id: accepted.id,
                state,
            },
        )
    }
}

impl Submitted<'_> {
    /// Reads an item.
    pub(crate) fn read(json: &[u8]) -> Result<NewItem, ApiError> {
        let submitted: Submitted<'_> = serde_json::from_slice(json)
            .map_err(|error| ApiError::Unreadable(format!("the item cannot be read: {error}")))?;
        let item_type = ItemType::from_name(&submitted.item_type).ok_or_else(|| {
            Refused::Invalid(vec![crate::Fault {
                path: "type".to_owned(),
                expected: "a type of receipts, or quick-expense".to_owned(),
                got: submitted.item_type.chars().take(64).collect(),
            }])
        })?;
        let image = submitted.image.map(|image| STANDARD.decode(image));
        let image = image
            .transpose()
            .map_err(|error| ApiError::Unreadable(format!("the image is not base64: {error}")))?;
        Ok(NewItem {
            key: submitted.key,
            user: submitted.user,
            item_type,
            body: submitted.body.get().to_owned(),
            image: image.map(Bytes::from),
        })
    }
}

/// Accepts an item: durable when it is answered.
#[utoipa::path(post, path = "/v1/items", tag = "Outbox",
    request_body(content((Submitted<'static> = "application/json"),
        (ItemForm = "multipart/form-data"))),
    responses((status = 202, body = AcceptedBody, description = "Accepted"),
        (status = 200, body = AcceptedBody, description = "It was accepted before"),
        (status = 404, description = "There is no such user"),
        (status = 409, description = "The key is another item's, or the user is not connected")))]
pub(crate) async fn post_item(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<AcceptedBody>), ApiError> {
    let content_type = ContentType::of(request.headers())?;
    let item = match content_type.as_ref().map(ContentType::essence) {
        Some("multipart/form-data") => form(request).await?,
        Some("application/json") => {
            let body = RawBody::<JSON_MAX>::from_request(request, &()).await?;
            Submitted::read(&body.bytes)?
        }
        _ => {
            return Err(ApiError::ContentType(
                "application/json or multipart/form-data",
            ));
        }
    };
    let answers = api.outbox.accept(&caller.app_id, vec![item]).await?;
    let answer = answers.into_iter().next();
    let accepted = answer.unwrap_or(Err(Refused::NoItem))?;
    let (status, body) = AcceptedBody::of(accepted);
    Ok((status, Json(body)))
}

async fn form(request: Request) -> Result<NewItem, ApiError> {
    let mut form = Multipart::of(request, FORM_MAX)?;
    let (mut json, mut image) = (None, None);
    while let Some(part) = form.next().await? {
        let (place, max) = match part.name() {
            "item" => (&mut json, BODY_MAX + (1 << 16)),
            "image" => (&mut image, IMAGE_MAX),
            other => {
                let other: String = other.chars().take(64).collect();
                let text = format!("the part {other:?} is unknown; there are: item, image");
                return Err(ApiError::Unreadable(text));
            }
        };
        if place.replace(part.whole(max).await?).is_some() {
            return Err(ApiError::Unreadable("a part is given twice".to_owned()));
        }
    }
    let json = json.ok_or_else(|| ApiError::Unreadable("the part item is missing".to_owned()))?;
    let item = Submitted::read(&json)?;
    Ok(NewItem {
        image: image.or(item.image),
        ..item
    })
}
